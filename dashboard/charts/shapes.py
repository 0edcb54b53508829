"""How long the differences of a population are, and the shape of the distribution that it is drawn from."""

import numpy as np

from algorithms.landscape import in_floats
from algorithms.trace import Trace, following
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.spread import spread

ROUNDING = 1e-15  # of f
MANY = 30  # coordinates: for more, the true curvature along a run is too much work


def differences(trace: Trace) -> np.ndarray:
    """Return the median length (T,) of the difference vectors of the step that each frame leads into."""
    with np.errstate(all="ignore"):
        length = np.linalg.norm(trace.value("difference"), axis=-1)
        return following(np.median(length, axis=1))


def times_spread(trace: Trace) -> float:
    """Return how many times the spread a difference is long, the median over the run; NaN where nothing is spread."""
    with np.errstate(all="ignore"):
        times = differences(trace) / spread(trace)
    times = times[np.isfinite(times)]
    return float(np.median(times)) if times.size else np.nan


def alike(trace: Trace, share: float = 1e-12) -> bool:
    """Return whether all members lie at one point in the end, but for a `share` of the domain's width."""
    width = np.subtract(trace.landscape.high, trace.landscape.low)
    return bool(not is_tour(trace) and (np.ptp(trace.x[-1], axis=0) <= share * width).all())


def axes(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return the half axes (T, d) of the distribution, the shortest first, and their directions (T, d, d) in columns.

    They stay with the trace.
    """
    kept = vars(trace)
    if "axes" not in kept:
        values, ways = np.linalg.eigh(np.asarray(trace.value("covariance"), float))
        sigma = np.asarray(trace.value("sigma"), float)
        kept["axes"] = sigma[:, None] * np.sqrt(np.maximum(values, 0)), ways
    return kept["axes"]


def valley(trace: Trace) -> np.ndarray | None:
    """Return the inverse of the true Hessian (T, d, d) at the mean: a distribution of this shape follows level lines.

    NaN where f does not curve up in all directions, or not as the Hessian says across the longest and the shortest
    axis of the distribution. None where it is not known or too much work.
    """
    kept = vars(trace)
    if "valley" not in kept:
        kept["valley"] = _valley(trace)
    return kept["valley"]


def _valley(trace: Trace) -> np.ndarray | None:
    land = trace.landscape
    if land.hessian is None or land.dimension > MANY:
        return None
    with np.errstate(all="ignore"):
        bends = np.array(in_floats(land.hessian(np.asarray(trace.value("mean"), float))))
    sound = np.isfinite(bends).all(axis=(1, 2))
    values = np.linalg.eigvalsh(np.where(sound[:, None, None], bends, np.eye(land.dimension)))
    sound &= (values[:, 0] > 1e-12 * values[:, -1]) & _holds(trace, bends)
    inverse = np.linalg.inv(np.where(sound[:, None, None], bends, np.eye(land.dimension)))
    return np.where(sound[:, None, None], inverse, np.nan)


def _holds(trace: Trace, bends: np.ndarray) -> np.ndarray:
    """Tell where (T,) f bends along the longest and the shortest axis as Hessians (T, d, d) say, but for a half."""
    mean, (length, ways) = np.asarray(trace.value("mean"), float), axes(trace)
    fine = np.ones(len(mean), bool)
    with np.errstate(all="ignore"):
        here = np.asarray(trace.landscape.value(mean), float)
        for end in (0, -1):
            away = length[:, end, None] * ways[:, :, end]
            both = [np.asarray(trace.landscape.value(mean + sign * away), float) for sign in (1, -1)]
            said = np.einsum("ti,tij,tj->t", away, bends, away)
            rounding = ROUNDING * (abs(both[0]) + abs(both[1]) + 2 * abs(here))
            fine &= abs(both[0] + both[1] - 2 * here - said) <= said / 2 + rounding
    return fine


def elongation(trace: Trace) -> np.ndarray:
    """Return how many times as long as wide the distribution is (T,): its longest half axis over its shortest."""
    length = axes(trace)[0]
    with np.errstate(all="ignore"):
        return np.asarray(length[:, -1] / length[:, 0])


def valley_elongation(trace: Trace) -> np.ndarray:
    """Return how many times as long as wide the level lines at the mean are (T,), NaN where that is not known."""
    inverse = valley(trace)
    if inverse is None:
        return np.full(len(trace), np.nan)
    sound = np.isfinite(inverse).all(axis=(1, 2))
    values = np.linalg.eigvalsh(np.where(sound[:, None, None], inverse, np.eye(inverse.shape[-1])))
    return np.where(sound, np.sqrt(values[:, -1] / values[:, 0]), np.nan)


def off_valley(trace: Trace) -> float:
    """Return by how many degrees the longest axis is turned away from the valley's in the end; NaN where unknown."""
    inverse = valley(trace)
    if inverse is None or not np.isfinite(inverse[-1]).all() or inverse.shape[-1] < 2:
        return np.nan
    along = np.linalg.eigh(inverse[-1])[1][:, -1]
    cosine = abs(float(along @ axes(trace)[1][-1][:, -1]))
    return float(np.rad2deg(np.arccos(min(cosine, 1.0))))
