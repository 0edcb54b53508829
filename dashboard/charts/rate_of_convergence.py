"""How fast errors shrink, from the numbers alone: linearly, superlinearly or quadratically, and with which rate.

Definitions as in Nocedal and Wright 2006, Numerical Optimization, page 619: the errors e shrink linearly where
e' / e tends to a factor below 1, superlinearly where it tends to 0, and quadratically where e' / e² stays bounded.
"""

from dataclasses import dataclass

import numpy as np

FEWEST = 8  # errors from which a factor is measured
FALL = 4.0  # times: so far they must fall where it is measured
CLOSE = 0.25  # by which share the factors of two halves may differ, as logarithms, and still be one
QUADRATIC = (1.75, 2.6)  # orders that are called quadratic: few steps, so no precise number
STEEP = 0.1  # a factor below this, and falling, tends to 0


@dataclass(frozen=True)
class Rate:
    """How errors shrink over the steps first … last; `factor` is that of one step, on average over these."""

    kind: str  # "linear", "superlinear", "quadratic"
    factor: float
    order: float
    first: int
    last: int
    swings: bool = False  # errors rise between times: the factor is that of their envelope
    tail: tuple[float, ...] = ()  # the last errors, of what is faster than linear


def above(errors: np.ndarray, floor: float) -> int:
    """Return how many errors come before the first that is no more than rounding, or not a number."""
    usable = np.isfinite(errors) & (errors > floor)
    return len(errors) if usable.all() else int(usable.argmin())


def rate(errors: np.ndarray, floor: float = 0.0) -> Rate | None:
    """Return how errors (T,) shrink in the last part above `floor`, what is below being rounding; None if unclear."""
    errors = np.asarray(errors, float)
    with np.errstate(all="ignore"):
        count = above(errors, floor)
        return faster(errors[:count]) or linear(errors[:count])


def faster(errors: np.ndarray) -> Rate | None:
    """Return the rate of errors that shrink faster than by any factor; they get there in a few steps."""
    if len(errors) < 4:
        return None
    ratio = errors[1:] / errors[:-1]
    tail = ratio[-3:]
    if not (tail[-1] < STEEP and (np.diff(tail) < 0).all()):
        return None
    fall = -np.log(tail)  # of the errors' logarithm: in an order p it grows by the factor p with every step
    order = float((fall[-1] / fall[0]) ** (1 / (len(tail) - 1))) if fall[0] > 0 else np.nan
    quadratic = QUADRATIC[0] <= order <= QUADRATIC[1] and errors[-1] < 1e-3 * errors.max()
    if not quadratic and not tail[0] > 4 * tail[-1]:
        return None
    first = len(errors) - 1 - len(tail)
    factor = float((errors[-1] / errors[first]) ** (1 / len(tail)))
    kept = tuple(map(float, errors[first:]))
    return Rate("quadratic" if quadratic else "superlinear", factor, order, first, len(errors) - 1, tail=kept)


def linear(errors: np.ndarray) -> Rate | None:
    """Return the factor by which errors shrink in a step, if it is the same in two halves of their last part.

    Of errors that swing, those count that none after them exceeds: their envelope.
    """
    if len(errors) < FEWEST:
        return None
    height = np.log(errors)
    fallen = np.flatnonzero(np.maximum.accumulate(height[::-1])[::-1] <= height[0] - np.log(FALL))
    for begin in (len(errors) // 2, int(fallen[0]) if len(fallen) else 0, 2 * len(errors) // 3):
        found = _slope(height, begin)
        if found is not None:
            slope, last, swings = found
            return Rate("linear", float(np.exp(slope)), 1.0, begin, last, swings)
    return None


def _slope(height: np.ndarray, begin: int) -> tuple[float, int, bool] | None:
    """Return the slope of logarithms from `begin` on, where it ends, and whether they swing."""
    part = height[begin:]
    if len(part) < FEWEST:
        return None
    top = np.maximum.accumulate(part[::-1])[::-1]
    at = np.flatnonzero(part >= top)
    swings = len(at) < len(part)
    if swings:  # what falls after the last crest is a part of a swing
        crests = at[(at > 0) & (at + 1 < len(part))]
        crests = crests[(part[crests] > part[crests - 1]) & (part[crests] > part[crests + 1])]
        if len(crests) < 3:
            return None
        at = crests
    middle = len(at) // 2
    early, late = _line(at[: middle + 1], part), _line(at[middle:], part)
    slope = _line(at, part)
    if not slope < 0 or not part[at[0]] - part[at[-1]] >= np.log(FALL):
        return None
    if abs(early - late) > CLOSE * abs(slope):
        return None
    return slope, begin + int(at[-1]), swings


def _line(at: np.ndarray, height: np.ndarray) -> float:
    """Return the slope of the line through points that is nearest to them in the least squares."""
    away = at - at.mean()
    return float(np.sum(away * height[at]) / np.sum(away**2))


def digits(errors: tuple[float, ...]) -> list[int]:
    """Return how many decimals are right at each of the errors: 2, 4, 8."""
    return [max(0, round(-float(np.log10(max(e, 1e-300))))) for e in errors]
