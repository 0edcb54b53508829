"""Line searches: how far to go along a direction."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from algorithms.state import Stop

MOST = 20  # points tried along one line
EXACT = 1e-6  # of the slope at first: less is none
LEVEL = 1e-6  # a gradient is as good as zero when no component is larger
THERE = Stop("converged", "Converged: every component of the gradient is at most 0.000001.")
ROUNDING = 1e-9  # of f: a fall that the slope promises, and that rounding may hide


@dataclass(frozen=True, eq=False)
class Found:
    """Where a line search ended: step length α, the point x (d,) with its value and gradient, and all points tried.

    `trials` is (K, d), the point taken last. α is 0 where no point tried is low enough.
    """

    length: float
    x: np.ndarray
    fx: Any
    g: Any
    trials: np.ndarray


def backtracking(f: Any, x: np.ndarray, fx: float, slope: float, p: np.ndarray, c1: float = 1e-4) -> Found:
    """Halve the step along p until f falls by the share c1 of what the slope pᵀ∇f promises.

    Armijo 1966; Nocedal and Wright 2006, algorithm 3.1, with ½ for ρ.
    """
    length, trials = 1.0, []
    for _ in range(MOST):
        trials.append(x + length * p)
        value = f(trials[-1])
        if value <= fx + c1 * length * slope:
            return Found(length, trials[-1], value, None, np.array(trials))
        length /= 2
    return Found(0.0, x, fx, None, np.array(trials))


def strong_wolfe(
    f: Any,
    x: np.ndarray,
    fx: float,
    g: np.ndarray,
    p: np.ndarray,
    length: float,
    c1: float = 1e-4,
    c2: float = 0.9,
    refine: bool = False,
) -> Found:
    """A step along p after which f is low enough and its slope small: the strong Wolfe conditions.

    Nocedal and Wright 2006, algorithms 3.5 and 3.6, cubic interpolation by eq. 3.59. `length` is the first one tried;
    none goes farther than the domain is wide. To `refine` is to take no point before one that is the lowest of an
    interpolation, which makes the search exact where f is quadratic.
    """
    slope0 = float(p @ g)
    farthest = float((f.high - f.low).max() / max(abs(p).max(), 1e-300))
    length = min(length, farthest)
    low = last = (0.0, float(fx), slope0)  # step length, value and slope of the best point known, and of the last one
    high: tuple[float, float, float] | None = None  # beyond it the line rises: a good point lies between low and high
    at_low: tuple[Any, Any, Any] = (x, fx, g)
    trials, aimed = [], not refine
    for _ in range(MOST):
        point = x + length * p
        trials.append(point)
        value, gradient = f(point), f.gradient(point)
        slope = float(p @ gradient)
        here = (length, float(value), slope)
        too_high = value > fx + c1 * length * slope0 or value >= low[1]
        if too_high or not np.isfinite([value, slope]).all():
            high = here
        elif abs(slope) <= -(c2 if aimed else EXACT) * slope0 or (slope < 0 and length >= farthest):
            return Found(length, point, value, gradient, np.array(trials))
        else:
            if slope * ((high[0] if high else length + 1) - low[0]) >= 0:
                high = low
            low, at_low = here, (point, value, gradient)
        if high and high[0] == low[0]:  # noise alone can bring them together
            break
        wanted = _cubic(low, high) if high else _cubic(last, here)
        length = _between(low, high, wanted) if high else min(_beyond(here, wanted), farthest)
        aimed = aimed or length == wanted
        last = here
    return Found(low[0], *at_low, np.array(trials))


def _cubic(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Where the cubic with these values and slopes at two ends is lowest (eq. 3.59); NaN where it has no minimum."""
    d1 = a[2] + b[2] - 3 * (a[1] - b[1]) / (a[0] - b[0])
    square = d1 * d1 - a[2] * b[2]
    if not square >= 0:
        return np.nan
    d2 = sqrt(square) * (1 if b[0] > a[0] else -1)
    bottom = b[2] - a[2] + 2 * d2
    return b[0] - (b[0] - a[0]) * (b[2] + d2 - d1) / bottom if bottom else np.nan


def _between(low: tuple[float, float, float], high: tuple[float, float, float], wanted: float) -> float:
    """The length that is wanted, but not too near to either end; the middle where none is known."""
    width = high[0] - low[0]
    share = (wanted - low[0]) / width if width else np.nan
    if 0.02 <= share <= 0.98:
        return wanted
    return low[0] + width * (min(max(share, 0.02), 0.98) if np.isfinite(share) else 0.5)


def _beyond(here: tuple[float, float, float], wanted: float) -> float:
    """The length that is wanted where the line still falls, but farther, and at most 10 times as far."""
    return min(max(wanted, 1.02 * here[0]), 10 * here[0]) if np.isfinite(wanted) else 4 * here[0]


def level(g: np.ndarray) -> bool:
    """Whether a gradient is as good as zero. A small step alone does not tell: it may lead across a valley."""
    return bool(abs(g).max() <= LEVEL)


def stuck(fx: float, slope: float) -> Stop:
    """Why a method ends where no point along its direction is lower: it is there, or it cannot go on."""
    if abs(slope) <= ROUNDING * (1 + abs(fx)):
        return Stop("converged", "Converged: no point along the direction is lower, to within rounding.")
    return Stop("no descent", f"No lower point was found along the direction, in {MOST} tries.")
