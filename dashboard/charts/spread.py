"""How widely a run searches, and how near to the best it has found: of a population, or of the last steps of one point.

In a box both are distances; of tours they are shares of edges.
"""

import numpy as np

from algorithms.moves import edges
from algorithms.trace import Trace
from dashboard.charts.diagnosis import ROUNDING, diameter, is_tour
from dashboard.charts.exchanges import lacking
from dashboard.charts.landmarks import width
from dashboard.charts.outcomes import walks

LAST = 20  # positions of one point that its spread is measured over
COLLAPSED = 0.01  # of the domain's diagonal, or of the edges: members that differ by less are together
BLOCK = 4_000_000  # cities held at once


def explores(trace: Trace) -> bool:
    """Return whether a run searches by chance moves that may lead away from its best: with members, or one point."""
    if trace.x.ndim == 3:
        return trace.x.shape[1] > 1 and "parents" not in trace.fields
    return "moves" in trace.optimizer.needs and walks(trace)


def diversity(trace: Trace) -> np.ndarray:
    """Return how different the members of each frame are, (T,); it stays with the trace.

    In a box the mean distance to their center; of tours the mean share of edges that two members do not share.
    """
    kept = vars(trace)
    if "diversity" not in kept:
        with np.errstate(all="ignore"):
            kept["diversity"] = _unshared(np.asarray(trace.x, int)) if is_tour(trace) else _to_center(trace.x)
    return np.asarray(kept["diversity"])


def spread(trace: Trace) -> np.ndarray:
    """Return how widely each frame searches (T,): the diversity of a population, or that of one point's last steps."""
    if trace.x.ndim == 3:
        return diversity(trace)
    kept = vars(trace)
    if "spread" not in kept:
        with np.errstate(all="ignore"):
            wide = _tours_lately(trace) if is_tour(trace) else _lately(trace.x)
            least = 0.0 if is_tour(trace) else ROUNDING * width(trace)
            kept["spread"] = np.where(wide <= least, 0.0, wide)
    return np.asarray(kept["spread"])


def to_best(trace: Trace) -> np.ndarray:
    """Return how far the members are from the best so far on average, or the one point is (T,)."""
    kept = vars(trace)
    if "to_best" not in kept:
        best = trace.best_x if trace.x.ndim == 2 else trace.best_x[:, None]
        with np.errstate(all="ignore"):
            if is_tour(trace):
                away = lacking(np.asarray(best, int), np.asarray(trace.x, int)).mean(axis=-1)
            else:
                away = np.linalg.norm(trace.x - best, axis=-1)
            kept["to_best"] = away if away.ndim == 1 else away.mean(axis=1)
    return np.asarray(kept["to_best"])


def collapse(trace: Trace) -> int | None:
    """Return the frame from which on all members are together, within a hundredth; None where they never are."""
    if trace.x.ndim != 3 or trace.x.shape[1] < 2:
        return None
    wide, most = (diversity(trace), COLLAPSED) if is_tour(trace) else (diameter(trace), COLLAPSED * width(trace))
    apart = np.flatnonzero(~(wide <= most))
    k = int(apart[-1]) + 1 if len(apart) else 0
    return k if k < len(trace) else None


def _to_center(x: np.ndarray) -> np.ndarray:
    center = x.mean(axis=1, keepdims=True)
    return np.asarray(np.linalg.norm(x - center, axis=-1).mean(axis=1))


def _unshared(tours: np.ndarray) -> np.ndarray:
    """Return which share of their edges two members of tours (T, P, n) do not share on average, (T,)."""
    _, P, n = tours.shape
    users = (np.bincount(frame.ravel(), minlength=n * n) for frame in edges(tours))
    shared = np.array([float(np.sum(count * (count - 1))) for count in users])
    return 1 - shared / max(P * (P - 1) * n, 1)


def _lately(x: np.ndarray) -> np.ndarray:
    """Return how far the last positions of one point are from their center on average (T,)."""
    early = np.array(
        [np.linalg.norm(x[: k + 1] - x[: k + 1].mean(axis=0), axis=1).mean() for k in range(len(x))[:LAST]]
    )
    if len(x) <= LAST:
        return early
    windows = np.lib.stride_tricks.sliding_window_view(x, LAST, axis=0)[1:]  # (T − LAST, d, LAST)
    away = windows - windows.mean(axis=-1, keepdims=True)
    return np.concatenate([early, np.linalg.norm(away, axis=1).mean(axis=-1)])


def _tours_lately(trace: Trace) -> np.ndarray:
    """Return which share of their edges the last tours do not share with the present one on average (T,)."""
    tours = np.asarray(trace.x, int)
    block = max(1, BLOCK // (LAST * tours.shape[1]))
    parts = []
    for first in range(0, len(tours), block):
        now = np.arange(first, min(first + block, len(tours)))
        before = np.maximum(now[:, None] - np.arange(LAST), 0)
        share = lacking(tours[now][:, None], tours[before]).mean(axis=-1)
        counted = now[:, None] >= np.arange(LAST)
        parts.append((share * counted).sum(axis=1) / counted.sum(axis=1))
    return np.concatenate(parts)
