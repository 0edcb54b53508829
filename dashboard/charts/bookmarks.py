"""Frames worth jumping to, found in a trace by its fields and by the shape of its path."""

from dataclasses import replace

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import attempts, landmarks, searches, tour_words
from dashboard.charts.diagnosis import diagnose, is_tour
from dashboard.charts.landmarks import width
from dashboard.charts.naming import frame_word, group
from dashboard.charts.picture import Bookmark
from dashboard.charts.spread import collapse
from dashboard.charts.wording import counted, number

MOST = 12
VISIBLE = 1e-6  # of all that was gained: a gain that deserves a mark
PATIENT, LONG = 10, 0.1  # steps, and share of the run, without a new best that deserve a mark
SAME = 1e-9  # of f: so near to the lowest value nothing better can be seen
APART = 0.01  # of the domain's diagonal: the distance at which two runs have parted


def bookmarks(trace: Trace, ghost: Trace | None = None) -> tuple[Bookmark, ...]:
    """Return at most MOST bookmarks in the order of their frames, one a frame: the most telling ones."""
    rounds = searches.goes_in_rounds(trace)  # each begins with a kick: those that did something are marked
    events = [mark for mark in attempts.events(trace) if not (rounds and mark.label.startswith("kick"))]
    telling = [*_parting(trace, ghost), *_ending(trace), *_lowest(trace), *searches.marks(trace), *_collapse(trace)]
    telling += [*_stagnation(trace), *attempts.worse(trace)]
    if not is_tour(trace):
        uphill = landmarks.uphill(trace)
        telling += [*landmarks.basin(trace), *landmarks.leaps(trace), *uphill[:1]]
        telling += [*landmarks.turns(trace), *landmarks.climb(trace), *uphill[1:]]
    telling += [*attempts.searches(trace), *attempts.refused(trace)]
    if not searches.told(trace):  # else every step is a branch of its own
        telling += attempts.branches(trace)
    taken = {mark.frame: mark for mark in events}
    for mark in telling:
        event = taken.get(mark.frame)
        if event in events and mark.sign == "diamond":  # the best may be found by one
            taken[mark.frame] = replace(mark, label=f"{mark.label}, {event.label}")
        taken.setdefault(mark.frame, mark)
    for mark in _bests(trace, MOST - len(taken)):
        taken.setdefault(mark.frame, mark)
    return tuple(sorted(list(taken.values())[:MOST], key=lambda mark: mark.frame))


def _lowest(trace: Trace) -> list[Bookmark]:
    """Mark the best step of the whole run."""
    k = int(np.argmin(trace.best_fx))
    if len(trace) == 1 or "visited" in trace.fields:  # half a tour, completed in any order, is no achievement
        return []
    what = "best tour" if is_tour(trace) else "lowest f"
    return [Bookmark(k, f"{what}, {frame_word(trace)} {k:,}", "diamond")]


def _bests(trace: Trace, most: int) -> list[Bookmark]:
    """Mark the end of every streak of new bests; of too many, those with the largest gains."""
    if "visited" in trace.fields:
        return []
    best = np.asarray(trace.best_fx, float)
    better = np.flatnonzero(best[1:] < best[:-1]) + 1
    ends = [int(k) for i, k in enumerate(better) if i + 1 == len(better) or better[i + 1] != k + 1]
    starts = [int(k) for i, k in enumerate(better) if i == 0 or better[i - 1] != k - 1]
    streaks = [(k, best[first - 1] - best[k]) for first, k in zip(starts, ends, strict=True)]
    if len(streaks) == 1 and streaks[0][0] == len(trace) - 1:
        return []  # f falls with every step: the end is no news
    worth = [(gain, k) for k, gain in streaks if gain > VISIBLE * (best[0] - best[-1])]
    worth = [item for item in worth if best[item[1]] > best[-1]]  # the lowest has a mark of its own
    kept = [k for _, k in sorted(worth, key=lambda item: (-item[0], item[1]))[: max(most, 0)]]
    f = "length" if is_tour(trace) else "f ="
    marks = {f"new best, {f} {number(best[k])}": k for k in sorted(kept, reverse=True)}
    return [Bookmark(k, label, "diamond") for label, k in reversed(marks.items())]


def _ending(trace: Trace) -> list[Bookmark]:
    """Mark the step at which a run diverges, and since when it was lost; or the one that has no next step."""
    last = len(trace) - 1
    if trace.stop.reason == "diverged":
        return [Bookmark(last, "diverges", "cross"), *_lost(trace)]
    if trace.stop.reason == "undefined":
        return [Bookmark(last, "the next step is where f is undefined" if last else "f is undefined here", "cross")]
    return [Bookmark(last, "no next step from here", "cross")] if trace.stop.reason == "singular" else []


def _lost(trace: Trace) -> list[Bookmark]:
    """Mark the frame from which on f stays above its start."""
    if not landmarks.is_single(trace) or not np.isfinite(trace.fx[0]):
        return []
    low = np.flatnonzero(trace.fx <= trace.fx[0])
    k = int(low[-1]) + 1
    return [Bookmark(k, "above its start, f stays so from here on", "cross")] if k < len(trace) - 1 else []


def _collapse(trace: Trace) -> list[Bookmark]:
    """Mark the frame from which on all members are within a hundredth of the width, or share nearly all edges."""
    k = collapse(trace)
    if k is None:
        return []
    how = "all share 99 % of their edges" if is_tour(trace) else "all within 1 % of the width"
    return [Bookmark(k, f"the {group(trace)} collapses: {how}", "cross")]


def _stagnation(trace: Trace) -> list[Bookmark]:
    """Mark where the longest stretch of a search begins in which it finds no new best, unless none can be found."""
    if not diagnose(trace).searching or "visited" in trace.fields:
        return []
    best = np.asarray(trace.best_fx, float)
    known = [m.fx for m in trace.landscape.minima if m.kind == "global"]
    lowest = tour_words.yardstick(trace) if is_tour(trace) else min(known, default=-np.inf)
    ends = np.append(np.flatnonzero(best[1:] < best[:-1]) + 1, len(best))
    begins = np.append(0, ends[:-1])
    long = np.where(best[begins] > lowest + SAME * (1 + abs(lowest)), ends - begins - 1, 0)
    longest = int(long.argmax())
    if long[longest] < max(PATIENT, LONG * (len(best) - 1)):
        return []
    return [
        Bookmark(int(begins[longest]) + 1, f"no new best for {counted(int(long[longest]), frame_word(trace))}", "x")
    ]


def _parting(trace: Trace, ghost: Trace | None) -> list[Bookmark]:
    """Mark the first frame at which the run and its ghost are more than a hundredth of the width apart."""
    if ghost is None or trace.x.shape[1:] != ghost.x.shape[1:]:
        return []
    common = min(len(trace), len(ghost))
    with np.errstate(all="ignore"):
        apart = np.linalg.norm(trace.x[:common] - ghost.x[:common], axis=-1).reshape(common, -1).max(axis=1)
    parted = np.flatnonzero(~(apart <= (0 if is_tour(trace) else APART * width(trace))))
    if not len(parted):
        return []
    return [Bookmark(int(parted[0]), "here the two runs part", "fork")]
