"""What a path of one point meets on its way: steps uphill, turns, zigzags, ridges, the basin that it stays in."""

from itertools import pairwise

import numpy as np

from algorithms.landscape import Minimum
from algorithms.trace import Trace
from dashboard.charts.diagnosis import diagnose, rises
from dashboard.charts.picture import Bookmark
from dashboard.charts.wording import number, place

TINY = 1e-4  # of the longest step: shorter ones are not seen to turn
STEEP = 1e-3  # of all that f fell: a step uphill that deserves a mark
FEWEST = 4  # reversals in a row that make a zigzag
BLOCK = 64  # frames whose way down is followed at once
PATIENCE = 600  # short steps down, after which a basin remains unknown
CATCH = 0.01  # of the domain's diagonal: so near to a minimum a way down has come to it


def is_single(trace: Trace) -> bool:
    """Return whether the trace is one point's path, on which every move was taken."""
    return trace.fx.ndim == 1 and "accepted" not in trace.fields


def width(trace: Trace) -> float:
    """Return the domain's diagonal."""
    return float(np.linalg.norm(np.subtract(trace.landscape.high, trace.landscape.low)))


def climb(trace: Trace) -> list[Bookmark]:
    """Mark the top of the longest climb of a path that should go down."""
    if not is_single(trace) or trace.stop.reason == "diverged":
        return []
    rising = np.concatenate([[False], np.diff(trace.fx) > 0, [False]])
    edges = np.flatnonzero(rising[1:] != rising[:-1])
    if not len(edges):
        return []
    foot, top = edges[::2], edges[1::2]
    high = trace.fx[top] - trace.fx[foot] > 1e-9 * (1 + abs(trace.fx[0]))
    if not high.any():
        return []
    k = int(top[np.argmax((top - foot) * high)])
    return [Bookmark(k, f"top of the longest climb, f = {number(trace.fx[k])}", "triangle")]


def uphill(trace: Trace) -> list[Bookmark]:
    """Mark the largest and the first visible step uphill of a path that should go down, at the point they lead to."""
    if not is_single(trace) or len(trace) < 2:
        return []
    f = np.asarray(trace.fx, float)
    with np.errstate(all="ignore"):
        rise = np.where(rises(f) & np.isfinite(np.diff(f)), np.diff(f), 0.0)
        fall = float(f[0] - np.nanmin(f)) if np.isfinite(f[0]) else 0.0
        rise[rise < STEEP * fall] = 0
    up = np.flatnonzero(rise)
    if not len(up):
        return []
    largest, first = int(rise.argmax()), int(up[0])
    word = "only" if np.sum(rises(f)) == 1 else "largest"
    marks = [(word, largest)] if largest == first else [(word, largest), ("first", first)]
    return [Bookmark(k + 1, f"{word} step uphill, f up by {number(rise[k])}", "triangle") for word, k in marks]


def turns(trace: Trace) -> list[Bookmark]:
    """Mark where the longest zigzag begins and ends, and the first step that turns back by more than 90 degrees.

    A mark stands at the point in which the path turns.
    """
    if not is_single(trace) or len(trace) < 3:
        return []
    cosine, visible = cosines(trace.x)
    back = np.append(cosine < 0, False)
    if not (back[:-1] & visible).any():
        return []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], back, [False]]).astype(int)))
    begins, ends = edges[::2], edges[1::2] - 1
    longest = int(np.argmax(ends - begins))
    begin, end = int(begins[longest]), int(ends[longest])
    marks, first = [], int(np.argmax(back[:-1] & visible))
    if end - begin + 1 >= FEWEST:
        marks.append(Bookmark(begin + 1, f"zigzag begins, {end - begin + 1:,} turns in a row", "triangle"))
        if end + 1 < len(cosine) and visible[end + 1]:
            marks.append(Bookmark(end + 1, f"zigzag ends, after {end - begin + 1:,} turns", "triangle"))
    angle = f"{np.degrees(np.arccos(np.clip(cosine[first], -1, 1))):.0f}"
    return [*marks, Bookmark(first + 1, f"first turn back, by {angle}°", "triangle")]


def cosines(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cosine between every two steps in a row (T − 2,), NaN at rounding, and whether both can be seen."""
    with np.errstate(all="ignore"):
        step = np.diff(np.asarray(path, float), axis=0)
        length = np.linalg.norm(step, axis=1)
        longest = length[np.isfinite(length)].max(initial=0.0)
        length[~(length > 1e-12 * longest)] = np.nan
        step = step / length[:, None]
        seen = length > TINY * longest
        return np.sum(step[1:] * step[:-1], axis=1), seen[1:] & seen[:-1]


def leaps(trace: Trace) -> list[Bookmark]:
    """Mark the ridge between two minima that a path passes closely, one after the other."""
    minima = trace.landscape.minima
    if not is_single(trace) or len(minima) < 2:
        return []
    away = np.linalg.norm(trace.x[:, None] - np.array([m.x for m in minima], float), axis=-1)
    close = np.flatnonzero(np.nan_to_num(away.min(axis=1), nan=np.inf) < 0.05 * width(trace))
    found = []
    for before, after in pairwise(close):
        if away[before].argmin() != away[after].argmin():
            k = int(before + np.argmax(trace.fx[before : after + 1]))
            target = place(minima[int(away[after].argmin())].x, width(trace))
            found.append(Bookmark(k, f"crosses over to the minimum at {target}", "triangle"))
    return found[:3]


def basin(trace: Trace) -> list[Bookmark]:
    """Mark the frame from which on the path stays in the basin of the minimum that it ends in.

    A point is in the basin of a minimum if short steps straight down lead from it there.
    """
    kept = vars(trace)
    if "basin" not in kept:
        kept["basin"] = _entered(trace)
    return kept["basin"]


def _entered(trace: Trace) -> list[Bookmark]:
    if not is_single(trace) or trace.run.stochastic or trace.landscape.gradient is None:
        return []
    seen = diagnose(trace)
    if seen.nearest is None or seen.arrival is None or len(seen.path) != len(trace):
        return []
    if seen.nearest in trace.landscape.minima and len(trace.landscape.minima) < 2:
        return []
    for last in range(len(trace), 0, -BLOCK):
        first = max(0, last - BLOCK)
        outside = np.flatnonzero(~leads_to(trace, np.asarray(trace.x[first:last], float), seen.nearest))
        if len(outside):
            k = first + int(outside[-1]) + 1
            if k >= len(trace):
                return []
            return [Bookmark(k, f"basin entered, of the minimum at {place(seen.nearest.x, width(trace))}", "cross")]
    return []


def leads_to(trace: Trace, x: np.ndarray, minimum: Minimum) -> np.ndarray:
    """Return whether the way straight down from points (N, d), in short steps, leads to a minimum: (N,)."""
    landscape, wide = trace.landscape, width(trace)
    gradient, goal = landscape.gradient, np.asarray(minimum.x, float)
    assert gradient is not None
    x, alive = x.copy(), np.ones(len(x), bool)
    inside = np.linalg.norm(x - goal, axis=1) < CATCH * wide
    others = [np.asarray(m.x, float) for m in landscape.minima if not np.allclose(m.x, goal, atol=CATCH * wide)]
    stride = np.full(len(x), CATCH * wide / 2)
    alive &= ~inside
    with np.errstate(all="ignore"):
        slope, height = np.asarray(gradient(x), float), np.asarray(landscape.value(x), float)
        for _ in range(PATIENCE):
            if not alive.any():
                break
            at = np.flatnonzero(alive)
            steep = np.linalg.norm(slope[at], axis=1)
            there = x[at] - stride[at, None] * slope[at] / np.maximum(steep, 1e-300)[:, None]
            new = np.asarray(landscape.value(there), float)
            down = new < height[at]  # a step that leads up is tried again at half the length
            stride[at] = np.where(down, np.minimum(1.3 * stride[at], CATCH * wide / 2), stride[at] / 2)
            moved = at[down]
            x[moved], height[moved] = there[down], new[down]
            if len(moved):
                slope[moved] = gradient(x[moved])
            inside |= np.linalg.norm(x - goal, axis=1) < CATCH * wide
            alive &= ~inside & (stride > 1e-9 * wide)
            for other in others:
                alive &= ~(np.linalg.norm(x - other, axis=1) < CATCH * wide)
    return inside
