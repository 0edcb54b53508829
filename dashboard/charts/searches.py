"""What a search with a memory, or one that goes in rounds, did: measured from its trace, and said in a sentence."""

import numpy as np

from algorithms.moves import edges
from algorithms.trace import Trace
from dashboard.charts.diagnosis import NEAR, is_tour, rises
from dashboard.charts.landmarks import width
from dashboard.charts.picture import Bookmark
from dashboard.charts.wording import counted


def marks(trace: Trace) -> list[Bookmark]:
    """Mark where such a search does what others do not; nothing of any other run."""
    if len(trace) < 2:
        return []
    return _turning_points(trace) if remembers(trace) else _kicks(trace) if goes_in_rounds(trace) else []


def _turning_points(trace: Trace) -> list[Bookmark]:
    """Mark the first step that goes uphill after one that went down, the first aspiration and the first block."""
    said, found = notes(trace), []
    if len(climbs := escapes(trace)):
        found.append(Bookmark(int(climbs[0]), "first step uphill: every open neighbor is higher", "triangle"))
    if "aspiration" in said:
        what = "aspiration: tabu, but the best so far"
        found.append(Bookmark(int(np.argmax(said == "aspiration")), what, "triangle"))
    if "blocked" in said:
        found.append(Bookmark(int(np.argmax(said == "blocked")), "blocked: every neighbor is tabu", "x"))
    return found


def _kicks(trace: Trace) -> list[Bookmark]:
    """Mark the first kicks that lead to a better minimum and that fall back, and where the search starts anew."""
    rounds = {
        "kicked to a better one": (better(trace), "triangle"),
        "the kick falls back": (same(trace), "x"),
        "restart, somewhere else": (notes(trace) == "restart", "fork"),
    }
    return [Bookmark(int(np.argmax(which)), label, sign) for label, (which, sign) in rounds.items() if which.any()]


def remembers(trace: Trace) -> bool:
    """Return whether a run tries neighbors, some of which its memory forbids."""
    return "forbidden" in trace.fields and "tabu" in trace.fields


def goes_in_rounds(trace: Trace) -> bool:
    """Return whether a step of the run is a round: a kick and a way down."""
    return "kicked" in trace.fields and "descent" in trace.fields


def told(trace: Trace) -> str:
    """Say how such a search went; "" of any other run."""
    return _walk(trace) if remembers(trace) else _kicked(trace) if goes_in_rounds(trace) else ""


def tenure(trace: Trace) -> int:
    """Return for how many steps what is given up may not come back."""
    return int(np.asarray(trace.value("tabu")).shape[1])


def notes(trace: Trace) -> np.ndarray:
    """Return what each step was, (T,) words."""
    return np.array([str(note or "") for note in trace.value("note")])


def uphill(trace: Trace) -> np.ndarray:
    """Return which steps led uphill, (T,); the start did not."""
    return np.append(False, rises(trace.fx))


def share_forbidden(trace: Trace) -> np.ndarray:
    """Return which share of the neighbors tried by each step was tabu, (T,), NaN for the start."""
    return np.append(np.nan, np.asarray(trace.value("forbidden"), float)[1:].mean(axis=1))


def escapes(trace: Trace) -> np.ndarray:
    """Return the steps that begin a climb out of where the search went down to, by number."""
    up = uphill(trace)
    return np.flatnonzero(up[1:] & ~up[:-1] & (np.arange(1, len(up)) > 1)) + 1


def _walk(trace: Trace) -> str:
    """Say how the search went: "143 of 300 steps led uphill, 12 were blocked: every neighbor was tabu"."""
    said, steps = notes(trace)[1:], len(trace) - 1
    climbs, blocked, aspired = (
        int(uphill(trace).sum()),
        int((said == "blocked").sum()),
        int((said == "aspiration").sum()),
    )
    parts = [
        f"{climbs:,} of {counted(steps, 'step')} led uphill"
        if climbs
        else f"None of {counted(steps, 'step')} led uphill"
    ]
    if aspired:
        parts.append(f"{aspired:,} taken by aspiration")
    if blocked:
        parts.append(f"{blocked:,} blocked, every neighbor tabu")
    what = "where the search had just been" if not is_tour(trace) else "what it had just taken out"
    return "; ".join(parts) if tenure(trace) else f"{parts[0]}; nothing forbids it {what}"


def taken(trace: Trace) -> np.ndarray:
    """Return whether the minimum that each round came to was kept, (T,)."""
    return np.asarray(trace.value("accepted"), float) == 1


def kicks(trace: Trace) -> np.ndarray:
    """Return which rounds began with a kick from a minimum, (T,)."""
    return np.array([str(note) == "kick" for note in trace.value("note")])


def same(trace: Trace) -> np.ndarray:
    """Return which kicks fell back into the minimum they came from, (T,).

    In a box that is where the way down ends within NEAR of the domain's diagonal of it, of tours the very same tour.
    """
    home, found = preceding_x(trace), np.asarray(trace.value("trial"))
    if is_tour(trace):
        back = (np.sort(edges(home.astype(int)), axis=1) == np.sort(edges(found.astype(int)), axis=1)).all(axis=1)
    else:
        back = np.linalg.norm(found - home, axis=1) <= NEAR * width(trace)
    return np.asarray(back & kicks(trace))


def better(trace: Trace) -> np.ndarray:
    """Return which kicks led to a better minimum, by more than falling back does, (T,)."""
    lower = np.append(False, np.asarray(trace.value("trial_fx"), float)[1:] < np.asarray(trace.fx, float)[:-1])
    return lower & kicks(trace) & ~same(trace)


def preceding_x(trace: Trace) -> np.ndarray:
    """Return the minimum that each round began from, (T, d); of the start it is the start."""
    return np.concatenate([trace.x[:1], trace.x[:-1]])


def _kicked(trace: Trace) -> str:
    """Say where the kicks led: "23 of 99 kicks fell back into the same minimum, 12 led to a better one"."""
    n = int(kicks(trace).sum())
    if not n:
        return f"No kick in {counted(len(trace) - 1, 'round')}"
    what = "tour" if is_tour(trace) else "minimum"
    fell, up = int(same(trace).sum()), int(better(trace).sum())
    return f"{fell:,} of {counted(n, 'kick')} fell back into the same {what}, {up:,} led to a better one"
