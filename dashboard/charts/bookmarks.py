"""Frames worth jumping to, found in a trace by its fields."""

from itertools import pairwise

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.diagnosis import diameter, is_tour
from dashboard.charts.picture import Bookmark
from dashboard.charts.wording import number, place
from dashboard.charts.words import frame_word

MOST = 12
VISIBLE = 1e-6  # of all that was gained: a gain that deserves a mark
APART = 0.01  # of the domain's diagonal: the distance at which two runs have parted, or a swarm has collapsed


def bookmarks(trace: Trace, ghost: Trace | None = None) -> tuple[Bookmark, ...]:
    """Return at most MOST bookmarks in the order of their frames, one a frame."""
    first = [*_parting(trace, ghost), *_ending(trace), *_lowest(trace)]
    plane = [] if is_tour(trace) else [*_collapse(trace), *_leaps(trace), *_climb(trace)]
    rare = [*first, *plane, *_worse(trace)]
    taken: dict[int, Bookmark] = {}
    for mark in [*rare, *_bests(trace, MOST - len(rare))]:
        taken.setdefault(mark.frame, mark)
    return tuple(sorted(list(taken.values())[:MOST], key=lambda mark: mark.frame))


def _width(trace: Trace) -> float:
    return float(np.linalg.norm(np.subtract(trace.landscape.high, trace.landscape.low)))


def _single(trace: Trace) -> bool:
    """Tell whether the trace is one point's path, on which every move was taken."""
    return trace.fx.ndim == 1 and "accepted" not in trace.fields


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


def _climb(trace: Trace) -> list[Bookmark]:
    """Mark the top of the longest climb of a path that should go down."""
    if not _single(trace) or trace.stop.reason == "diverged":
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


def _worse(trace: Trace) -> list[Bookmark]:
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


def _ending(trace: Trace) -> list[Bookmark]:
    """Mark the step at which a run diverges or has no next step."""
    last = len(trace) - 1
    if trace.stop.reason == "diverged":
        return [Bookmark(last, "diverges", "cross")]
    if trace.stop.reason == "undefined":
        return [Bookmark(last, "the next step is where f is undefined" if last else "f is undefined here", "cross")]
    return [Bookmark(last, "no next step from here", "cross")] if trace.stop.reason == "singular" else []


def _leaps(trace: Trace) -> list[Bookmark]:
    """Mark the ridge between two minima that a path passes closely, one after the other."""
    minima = trace.landscape.minima
    if not _single(trace) or len(minima) < 2:
        return []
    away = np.linalg.norm(trace.x[:, None] - np.array([m.x for m in minima], float), axis=-1)
    close = np.flatnonzero(np.nan_to_num(away.min(axis=1), nan=np.inf) < 0.05 * _width(trace))
    found = []
    for before, after in pairwise(close):
        if away[before].argmin() != away[after].argmin():
            k = int(before + np.argmax(trace.fx[before : after + 1]))
            target = place(minima[int(away[after].argmin())].x, _width(trace))
            found.append(Bookmark(k, f"crosses over to the minimum at {target}", "triangle"))
    return found[:3]


def _collapse(trace: Trace) -> list[Bookmark]:
    """Mark the frame from which on all members are within a hundredth of the domain's width."""
    if trace.x.ndim != 3 or trace.x.shape[1] < 2:
        return []
    wide = np.flatnonzero(diameter(trace) > APART * _width(trace))
    k = int(wide[-1]) + 1 if len(wide) else 0
    return [Bookmark(k, "all within 1 % of the width", "cross")] if k < len(trace) else []


def _parting(trace: Trace, ghost: Trace | None) -> list[Bookmark]:
    """Mark the first frame at which the run and its ghost are more than a hundredth of the width apart."""
    if ghost is None or trace.x.shape[1:] != ghost.x.shape[1:]:
        return []
    common = min(len(trace), len(ghost))
    with np.errstate(all="ignore"):
        apart = np.linalg.norm(trace.x[:common] - ghost.x[:common], axis=-1).reshape(common, -1).max(axis=1)
    parted = np.flatnonzero(~(apart <= (0 if is_tour(trace) else APART * _width(trace))))
    if not len(parted):
        return []
    return [Bookmark(int(parted[0]), "here the two runs part", "fork")]
