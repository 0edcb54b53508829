"""What a run tried on its way: moves refused or taken although they lead up, points of a line search, branches."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.picture import Bookmark
from dashboard.charts.wording import counted, number

NOTES = 5  # branches that are marked at most
EVENTS = ("aspiration", "restart", "kick")  # notes that are marked whenever they come
REPEATED = 3  # marks of one of these at most
PATIENT = 5  # refusals in a row that deserve a mark


def worse(trace: Trace) -> list[Bookmark]:
    """Mark the three largest moves that were accepted although they lead uphill."""
    if "accepted" not in trace.fields or trace.fx.ndim != 1:
        return []
    rise = np.diff(np.asarray(trace.fx, float))
    frames = np.argsort(-np.nan_to_num(rise, nan=-1.0), kind="stable")[:3] + 1
    what = "longer, by" if is_tour(trace) else "worse, f up by"
    return [
        Bookmark(int(k), f"accepted although {what} {number(rise[k - 1])}", "triangle")
        for k in frames
        if rise[k - 1] > 0
    ]


def refused(trace: Trace) -> list[Bookmark]:
    """Mark the first move that was tried and not taken, and where most of them are refused in a row."""
    if "accepted" not in trace.fields or trace.fx.ndim != 1 or trace.value("accepted").shape != (len(trace),):
        return []
    no = ~np.asarray(trace.value("accepted"), bool)
    no[0] = False
    if not no.any():
        return []
    k = int(no.argmax())
    by = ""
    if "trial_fx" in trace.fields:
        rise = float(np.asarray(trace.value("trial_fx"), float)[k] - trace.fx[k])
        by = f", {'longer' if is_tour(trace) else 'f up'} by {number(rise)}" if np.isfinite(rise) and rise > 0 else ""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], no, [False]]).astype(int)))
    begins, counts = edges[::2], edges[1::2] - edges[::2]
    longest = int(counts.argmax())
    marks = [Bookmark(k, f"first move refused{by}", "x")]
    if counts[longest] >= PATIENT and len(begins) > 1:
        row = f"refusals begin, {int(counts[longest]):,} in a row"
        marks.insert(0, Bookmark(int(begins[longest]), row, "x"))
    return marks


def searches(trace: Trace) -> list[Bookmark]:
    """Mark the step on whose way most points were rejected, and the first one with any; the last tried was taken."""
    if "trials" not in trace.fields or trace.fx.ndim != 1:
        return []
    trials = np.asarray(trace.value("trials"), float)
    if trials.ndim != 3:
        return []
    rejected = np.isfinite(trials).all(axis=2).sum(axis=1) - 1
    some = np.flatnonzero(rejected > 0)
    if not len(some):
        return []
    most, first = int(rejected.argmax()), int(some[0])
    marks = [Bookmark(most, f"most points rejected, {int(rejected[most])} before this step", "x")]
    if first != most:
        marks.append(Bookmark(first, f"first point rejected, {counted(int(rejected[first]), 'point')} in all", "x"))
    return marks


def events(trace: Trace) -> list[Bookmark]:
    """Mark the turns of a search that its notes tell of, such as a restart; of many, some spread over the run."""
    marks = []
    for event in EVENTS:
        frames = [k for k, note in enumerate(_notes(trace)) if k and event in note]
        some = np.unique(np.linspace(0, len(frames) - 1, min(REPEATED, len(frames))).round().astype(int))
        for i in some:
            which = event if len(frames) == 1 else f"{event} {i + 1:,} of {len(frames):,}"
            marks.append(Bookmark(frames[i], which, "triangle"))
    return marks


def _notes(trace: Trace) -> list[str]:
    """Return the note of every frame, or none where a run has no notes."""
    if "note" not in trace.fields or trace.value("note").shape != (len(trace),):
        return []
    return [str(note or "") for note in trace.value("note")]


def branches(trace: Trace) -> list[Bookmark]:
    """Mark the first time that each branch is taken, the rarest branches first; the only one is no news."""
    notes = _notes(trace)
    named = [note for note in notes[1:] if note]
    if len(set(named)) < 2 and len(named) == len(notes) - 1:
        return []
    others = {note for note in named if not any(event in note for event in EVENTS)}
    rarest = sorted(others, key=lambda note: (named.count(note), notes.index(note, 1)))
    return [Bookmark(notes.index(note, 1), f"first “{note.replace('_', ' ')}”", "triangle") for note in rarest[:NOTES]]
