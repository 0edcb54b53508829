"""How a run goes, in one sentence with its evidence: it creeps, zigzags, diverges, sits on a saddle, freezes …

Measured from positions, values and what the landscape tells; no algorithm is asked for its name.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import shapes
from dashboard.charts.diagnosis import FEW, NEAR, ROUNDING, Diagnosis, diagnose, is_tour
from dashboard.charts.rate_of_convergence import Rate, digits, rate
from dashboard.charts.search_course import search, searches
from dashboard.charts.wording import counted, number

RECENT = 20  # steps from which the present manner is taken
STRAIGHT = 0.95  # a mean cosine of successive steps that go nearly the same way
LEVEL = 0.05  # of the fall that is left: what the slope here would bring on flat ground
SMALL = 0.02  # of the domain's diagonal: so near to a saddle the path is about it
FLOOR = 1e-13  # of the domain's diagonal: errors below this are rounding
SWINGS = 0.25  # share of steps uphill from which a path swings
SLOW = 0.98  # a factor above which a path that has not arrived creeps
RESTLESS = 20  # frames of a noisy path from which a mean says something
NEARING = 2.5  # times its scatter: a noisy path whose distance falls by more in its second half is still on its way
ALONG, ROUND = 10, 1.5  # degrees within which an ellipse lies along a valley; below what ratio neither has a direction
EVEN = (0.9, 1.02)  # by which factors a creeping path's steps shrink or grow


@dataclass(frozen=True)
class Course:
    """`kind` is "" where nothing can be said for certain; `words` the sentence; `rate` that of the errors."""

    kind: str = ""
    words: str = ""
    rate: Rate | None = None
    level: float = np.nan  # with noise: the mean distance from the minimum in the last quarter


def course(trace: Trace) -> Course:
    """Return how the path of a run of one point goes; it stays with the trace."""
    kept = vars(trace)
    if "course" not in kept:
        kept["course"] = _found(trace)
    return kept["course"]


def _found(trace: Trace) -> Course:
    if trace.stop.reason in ("memory", "cancelled"):
        return Course()
    if searches(trace):
        found = Course(*search(trace))
        own = _differing(trace) if "donors" in trace.fields else _shaped(trace)
        return own if own.kind == "stagnant" or (own.words and found.kind in ("", "gathered", "wide")) else found
    if is_tour(trace):
        return Course()
    if trace.stop.reason in ("singular", "no descent"):
        return Course("stuck")  # the reason why it ended says all
    seen = diagnose(trace)
    with np.errstate(all="ignore"):
        if len(seen.path) < 2:  # no step was taken: perhaps there is no slope to go down
            stays = trace.stop.reason == "converged" and seen.arrival is None
            return (stays and (_flat(trace, seen) or _saddle(trace, seen))) or Course()
        steps = np.diff(seen.path, axis=0)
        length = np.linalg.norm(steps, axis=1)
        if trace.stop.reason == "diverged" or (seen.grown and seen.excess and seen.excess.certain):
            return _diverging(length)
        if trace.run.stochastic:
            return _restless(seen)
        shrinking = rate(errors(trace, seen), FLOOR * seen.width)
        if shrinking is None and seen.arrival is None:
            return _flat(trace, seen) or _saddle(trace, seen) or _moving(seen, steps, length)
        return _saddle(trace, seen) or (_at_once(seen) if shrinking is None else _converging(seen, shrinking))


def _differing(trace: Trace) -> Course:
    """Return the course of a population that steps by its differences: they go with its spread, or there are none."""
    if shapes.alike(trace):
        return Course("stagnant", "All members are alike: with no difference b − c left, nothing moves any more.")
    times = shapes.times_spread(trace)
    if not np.isfinite(times) or len(trace) <= FEW:
        return Course()
    return Course("differing", f"The spread sets the step: b − c is about {_ratio(times)} times the spread.")


def _shaped(trace: Trace) -> Course:
    """Return the course of a population that a normal distribution is learned for: its shape beside the valley's."""
    if "covariance" not in trace.fields or trace.x.shape[-1] < 2 or trace.stop.reason == "diverged":
        return Course()
    long, true, off = shapes.elongation(trace)[-1], shapes.valley_elongation(trace)[-1], shapes.off_valley(trace)
    if not np.isfinite(long):
        return Course()
    turned = f", {off:.0f}° off the valley" if off > ALONG else ", along the valley"
    known = np.isfinite(true) and np.isfinite(off) and min(long, true) > ROUND
    return Course("shaped", f"The ellipse ends {_ratio(long)} times as long as it is wide{turned if known else ''}.")


def _ratio(times: float) -> str:
    return number(float(f"{times:.2g}"))


def errors(trace: Trace, seen: Diagnosis) -> np.ndarray:
    """Return the distances (T,) to the minimum a run comes to; the lengths of its steps where that is not known.

    Steps shrink as errors do. They are taken only from a run that converged: others may shrink them for other reasons.
    """
    if seen.nearest is not None and seen.distance < NEAR * seen.width:
        return np.linalg.norm(seen.path - _goal(trace, seen), axis=1)
    if trace.stop.reason != "converged":
        return np.zeros(0)
    return np.linalg.norm(np.diff(seen.path, axis=0), axis=1)


def _goal(trace: Trace, seen: Diagnosis) -> np.ndarray:
    """Return the nearest minimum to the last digit; it stays with the trace."""
    kept = vars(trace)
    if "goal" not in kept:
        assert seen.nearest is not None
        kept["goal"] = _exact(trace, np.array(seen.nearest.x, float), seen.width)
    return kept["goal"]


def _exact(trace: Trace, x: np.ndarray, width: float) -> np.ndarray:
    """Return a minimum to the last digit, from one that may be listed with few: three Newton steps."""
    gradient, hessian = trace.landscape.gradient, trace.landscape.hessian
    if gradient is None or hessian is None:
        return x
    better = x
    for _ in range(3):
        bends = np.atleast_2d(hessian(better))
        if not (np.isfinite(bends).all() and np.linalg.eigvalsh(bends)[0] > 0):
            return x
        better = better - np.linalg.solve(bends, gradient(better))
    return better if np.linalg.norm(better - x) < 1e-3 * width else x


def least(trace: Trace) -> float:
    """Return the value of the minimum that a path of one point comes to; NaN where it comes to none that is known."""
    seen = diagnose(trace)
    if is_tour(trace) or seen.searching or seen.nearest is None or not seen.distance < NEAR * seen.width:
        return np.nan
    return float(trace.landscape.value(_goal(trace, seen)))


def falls(trace: Trace) -> Rate | None:
    """Return how f falls to that value; None where it is not known, or no rate can be measured."""
    lowest = least(trace)
    if not np.isfinite(lowest):
        return None
    f = np.asarray(trace.fx, float)
    floor = 1e3 * np.finfo(float).eps * max(abs(lowest), 1e-20 * abs(float(f[0])))
    with np.errstate(all="ignore"):
        return rate(f - lowest, floor)


def _diverging(length: np.ndarray) -> Course:
    recent = length[-RECENT:]
    recent = recent[recent > 0]
    words = "Diverges."
    if len(recent) > 2 and recent[-1] > recent[0]:
        factor = (recent[-1] / recent[0]) ** (1 / (len(recent) - 1))
        words = f"Diverges: each step is {number(factor)} times as long as the last."
    return Course("diverging", words)


def _saddle(trace: Trace, seen: Diagnosis) -> Course | None:
    """Return the course of a path that ends, or lingers, by a point without slope that is no minimum."""
    landscape, x = trace.landscape, seen.path[-1]
    if landscape.gradient is None or landscape.hessian is None or seen.distance < NEAR * seen.width:
        return None
    slope = np.asarray(landscape.gradient(x), float)
    bends = np.atleast_2d(landscape.hessian(x))
    if not (np.isfinite(bends).all() and np.isfinite(slope).all()):
        return None
    bend, axes = np.linalg.eigh(bends)
    least = np.abs(bend).min()
    if bend[0] >= 0 or not least > 1e-9 * np.abs(bend).max():
        return None
    away = float(np.linalg.norm((axes.T @ slope) / bend))  # to where the quadratic model has no slope
    if not away < SMALL * seen.width or not _lingers(seen, away):
        return None
    steep = number(float(np.linalg.norm(slope)))
    if bend[-1] < 0:
        return Course("maximum", f"Stuck on a maximum: slope {steep}, curvature {_both(bend)}.")
    return Course("saddle", f"Stuck by a saddle: slope {steep}, curvatures {_both(bend)}.")


def _lingers(seen: Diagnosis, away: float) -> bool:
    """Tell whether the path is not only passing by: its last steps are far shorter than it was before."""
    length = np.linalg.norm(np.diff(seen.path, axis=0), axis=1)
    return bool(not len(length) or length[-1] < 0.005 * seen.width or away < 1e-4 * seen.width)


def _both(bend: np.ndarray) -> str:
    return number(float(bend[0])) if len(bend) == 1 else f"{number(float(bend[0]))} and {number(float(bend[-1]))}"


def _flat(trace: Trace, seen: Diagnosis) -> Course | None:
    """Return the course of a path on flat ground: the slope, all the way to the minimum, would bring next to nothing.

    On convex ground it would bring at least what f is above the minimum.
    """
    landscape, x = trace.landscape, seen.path[-1]
    if landscape.gradient is None or seen.nearest is None or seen.arrival is not None:
        return None
    left = seen.values[-1] - seen.nearest.fx
    slope = float(np.linalg.norm(landscape.gradient(x)))
    if not (left > 0 and slope * seen.distance < LEVEL * left and seen.distance > NEAR * seen.width):
        return None
    if landscape.hessian is None:
        return Course("flat", f"On flat ground: slope {number(slope)}, {number(seen.distance)} from the minimum.")
    bend = float(np.abs(np.linalg.eigvalsh(np.atleast_2d(landscape.hessian(x)))).max())
    if not 0.5 * bend * seen.distance**2 < 4 * LEVEL * left:
        return None
    return Course("flat", f"On flat ground: slope {number(slope)}, curvature {number(bend)} at most.")


def _moving(seen: Diagnosis, steps: np.ndarray, length: np.ndarray) -> Course:
    """Return the course of a path that has not arrived: it creeps, or zigzags."""
    if seen.turns > 0.5:
        share = f"{100 * seen.turns:.0f} %"
        left = f"; {number(seen.distance)} is left" if np.isfinite(seen.distance) else ""
        return Course("zigzagging", f"Zigzags: {share} of the steps turn back{left}.")
    if len(steps) >= FEW and seen.climbs > SWINGS * len(steps):
        rises = f"f rises in {seen.climbs:,} of {counted(len(steps), 'step')}"
        left = f"; {number(seen.distance)} is left" if np.isfinite(seen.distance) else ""
        return Course("swinging", f"Swings past the minimum: {rises}{left}.")
    if len(steps) < FEW or not np.isfinite(seen.distance) or not length.min() > 0:
        return Course()
    cosine = np.sum(steps[1:] * steps[:-1], axis=1) / (length[1:] * length[:-1])
    recent = float(np.mean(cosine[-RECENT:]))
    n = min(RECENT, len(length)) - 1
    even = float((length[-1] / length[-1 - n]) ** (1 / n))
    if not (recent > STRAIGHT and EVEN[0] < even < EVEN[1]):
        return Course()
    ahead = seen.distance / float(np.mean(length[-5:]))  # steps that the rest would take at this pace, or more
    if ahead < len(steps) / 4 or length[-5:].mean() > NEAR * seen.width:
        return Course()
    same = f"cosine {number(recent)}" if recent < 0.9995 else "cosine 1.000"
    words = f"Creeps: {number(float(length[-1]))} a step, all the same way ({same}), {number(seen.distance)} left."
    return Course("creeping", words)


def _at_once(seen: Diagnosis) -> Course:
    """Return the course of a path that has arrived, where no rate was measured: perhaps one step was enough."""
    if seen.arrival == 1 and seen.nearest is not None and seen.distance < ROUNDING * seen.width:
        first = float(np.linalg.norm(seen.path[0] - np.array(seen.nearest.x, float)))
        return Course("exact", f"One step brings the error from {number(first)} down to rounding.")
    return Course("arrived")


def _restless(seen: Diagnosis) -> Course:
    """Return the course of a path with noise: how far from the minimum it stays on average."""
    if seen.nearest is None or len(seen.path) < RESTLESS:
        return Course()
    away = np.linalg.norm(seen.path - np.asarray(seen.nearest.x), axis=1)
    last = float(np.array_split(away, 4)[3].mean())
    if last <= ROUNDING * seen.width:
        return Course()
    half = away[len(away) // 2 :]
    k = np.arange(len(half)) / len(half)
    slope, level = np.polyfit(k, half, 1)
    scatter = float(np.std(half - slope * k - level))
    if -slope > NEARING * scatter:  # it falls by more than it strays
        return Course("nearing", f"Still comes nearer: on average {number(last)} away in the last quarter.", level=last)
    words = f"Noise keeps it moving: on average {number(last)} from the minimum in the last quarter."
    return Course("restless", words, level=last)


def _converging(seen: Diagnosis, shrinking: Rate) -> Course:
    """Return the course of a path that comes to a minimum, with the rate that was measured."""
    if shrinking.kind == "quadratic" and _double(shrinking.tail):
        count = ", ".join(map(str, digits(shrinking.tail)[-3:]))
        return Course("quadratic", f"Converges quadratically: correct digits about double, {count}.", shrinking)
    if shrinking.kind in ("quadratic", "superlinear"):
        factors = ", ".join(number(float(f"{f:.2g}")) for f in np.divide(shrinking.tail[1:], shrinking.tail[:-1]))
        return Course("superlinear", f"Converges superlinearly: steps leave {factors} of the error.", shrinking)
    factor = number(shrinking.factor)
    if seen.turns > 0.5:
        share = f"{100 * seen.turns:.0f} %"
        words = f"Zigzags: {share} of steps turn back; the error shrinks by a factor {factor} a step."
        return Course("zigzagging", words, shrinking)
    if seen.arrival is None and shrinking.factor > SLOW and not shrinking.swings:
        words = f"Creeps: the error shrinks by a factor {factor} a step, and {number(seen.distance)} is left."
        return Course("creeping", words, shrinking)
    what = "its swings shrink" if shrinking.swings else "the error shrinks"
    return Course("linear", f"Converges linearly: {what} by a factor {factor} a step.", shrinking)


def _double(tail: tuple[float, ...]) -> bool:
    """Tell whether the number of right decimals about doubles at last, and before never grew less."""
    right = [-float(np.log10(each)) for each in tail if each < 0.1]
    return len(right) > 1 and all(1.6 * a <= b for a, b in pairwise(right)) and right[-1] <= 2.6 * right[-2]
