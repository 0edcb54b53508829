"""What a run did, measured from its trace: where it ended, how it went there. No words, and no algorithm's name."""

from dataclasses import dataclass

import numpy as np

from algorithms.knob import Knob
from algorithms.landscape import Minimum
from algorithms.trace import Trace

BLOCK = 2e6  # distances held at once

NEAR = 0.01  # of the domain's diagonal: close enough to a minimum to say that it is this one
THERE = 1e-4  # of the domain's diagonal: the reader sees no gap any more
SETTLED = 1e-3  # of the domain's longest side: a path that stays this near to a minimum has settled there
FEW = 5  # steps of which nobody can say that they fade
ROUNDING = 1e-12  # of the domain's diagonal, or of f: less than this is rounding


def is_tour(trace: Trace) -> bool:
    """Return whether positions are tours: permutations of cities, between which there is no direction."""
    return trace.landscape.kind == "tours"


@dataclass(frozen=True, eq=False)
class Excess:
    """A knob above its optimizer's stability limit."""

    knob: Knob
    value: float
    formula: str  # "2/L"
    most: float
    certain: bool  # f is quadratic wherever the run was, so that beyond the limit it grows without bound


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Measurements of one run; positions are those of the point that speaks for it (the best one of a search)."""

    steps: int
    searching: bool  # the best point speaks for it: a population, or random draws
    path: np.ndarray  # (T, d)
    values: np.ndarray  # (T,) f along the path
    width: float  # the domain's diagonal
    nearest: Minimum | None  # to the last point: the bottom of its own valley, else the nearest known one
    distance: float  # to it
    lowest: float  # the lowest known value, NaN where none is known
    reach: float  # the distance within which a path has settled: SETTLED, to one digit
    arrival: int | None  # the step from which on the path stays within reach; None where it has not settled
    turns: float  # share of steps that turn back by more than 90 degrees; 0 where noise or a simplex makes them
    climbs: int  # steps that end higher than they began, by more than rounding
    grown: bool  # f ends far above its start, or beyond the limit above its lowest value, and the path has not settled
    excess: Excess | None
    visited: tuple[Minimum, ...]  # minima passed within 5 % of the width, in order
    first_width: float  # of a population, 0 for a single point
    last_width: float
    below: bool  # only a local minimum is known, and f ends below it
    stationary: str  # "maximum" or "saddle" where the path ends flat, but at no minimum
    fading: bool  # at its last pace the run would need more than ten times its steps to arrive


def _distances(path: np.ndarray, minima: tuple[Minimum, ...]) -> np.ndarray:
    """Return the distance of every point of a path (T, d) to every minimum: (T, M)."""
    places = np.array([np.asarray(m.x, float) for m in minima])
    return np.linalg.norm(path[:, None] - places, axis=-1)


def _turns(path: np.ndarray) -> float:
    """Return the share of steps that turn back by more than 90 degrees."""
    step = np.diff(path, axis=0)
    length = np.linalg.norm(step, axis=1)
    step = step[length > 1e-9 * max(length.max(initial=0.0), 1e-300)]
    if len(step) < 4:
        return 0.0
    return float(np.mean(np.sum(step[1:] * step[:-1], axis=1) < 0))


def _stationary(trace: Trace, x: np.ndarray, width: float) -> str:
    """Name a point with (almost) no slope that is no minimum: "maximum", "saddle" or "" for neither."""
    landscape = trace.landscape
    if landscape.gradient is None or landscape.hessian is None:
        return ""
    bend = np.linalg.eigvalsh(np.atleast_2d(landscape.hessian(x)))
    slope = np.linalg.norm(landscape.gradient(x))
    if not slope < THERE * width * np.abs(bend).max() or bend.min() >= 0:
        return ""
    return "maximum" if bend.max() < 0 else "saddle"


def _bottom(trace: Trace, x: np.ndarray, width: float) -> Minimum | None:
    """Return the bottom of the valley that x lies in, found by short Newton steps; None where they find none."""
    landscape = trace.landscape
    if landscape.gradient is None or landscape.hessian is None:
        return None
    for _ in range(80):
        slope, bends = landscape.gradient(x), np.atleast_2d(landscape.hessian(x))
        bend, axes = np.linalg.eigh(bends)
        step = -axes @ ((axes.T @ slope) / np.maximum(np.abs(bend), 1e-12 * (1 + np.abs(bend).max())))
        length = float(np.linalg.norm(step))
        if not np.isfinite(length):
            return None
        if length < 1e-9 * width:
            fx, around = float(landscape.value(x)), x + THERE * width * np.concatenate([axes.T, -axes.T])
            lowest = bend.min() > 0 and (landscape.value(around) > fx - ROUNDING * (1 + abs(fx))).all()  # else a shelf
            return Minimum(tuple(map(float, x)), fx, "local") if lowest else None
        x = x + step * min(1.0, 0.02 * width / length)
    return None


def _visited(away: np.ndarray, minima: tuple[Minimum, ...], width: float) -> tuple[Minimum, ...]:
    """Return the minima that the path passes within 5 % of the width, in order, without repeats in a row."""
    near = away.argmin(axis=1)[away.min(axis=1) < 0.05 * width]
    order = [int(m) for i, m in enumerate(near) if i == 0 or m != near[i - 1]]
    return tuple(minima[m] for m in order)


def diameter(trace: Trace) -> np.ndarray:
    """Return the largest distance between two members in each frame, (T,); it stays with the trace."""
    kept = vars(trace)
    if "diameter" not in kept:
        with np.errstate(all="ignore"):
            x = trace.x - trace.x.mean(axis=1, keepdims=True)
            block = max(1, int(BLOCK // x.shape[1] ** 2))
            kept["diameter"] = np.concatenate([_widest(x[i : i + block]) for i in range(0, len(x), block)])
    return kept["diameter"]


def _widest(x: np.ndarray) -> np.ndarray:
    square = np.sum(x**2, axis=-1)
    between = square[:, :, None] + square[:, None, :] - 2 * x @ x.swapaxes(1, 2)
    return np.sqrt(np.maximum(between.max(axis=(1, 2)), 0))


def rises(values: np.ndarray) -> np.ndarray:
    """Tell for each step (T - 1,) whether f ends higher than it began, by more than rounding."""
    values = np.asarray(values, float)
    with np.errstate(all="ignore"):
        first = abs(values[0]) if np.isfinite(values[0]) else 0.0
        return np.diff(values) > ROUNDING * np.maximum(np.abs(values[:-1]), first)


def excess(trace: Trace, path: np.ndarray) -> Excess | None:
    """Return by how much a run exceeds the limit that its optimizer declares; None where it does not."""
    limit, landscape, knobs = trace.optimizer.limit, trace.landscape, dict(trace.run.knobs)
    if limit is None or not landscape.curvature:
        return None
    value, most = knobs[limit.knob], limit(landscape.curvature, knobs)
    if not value > most:
        return None
    certain = False
    steady = knobs.get("schedule", "constant") == "constant"  # else the knob's value holds only for a while
    if landscape.hessian is not None and steady:
        some = path[np.linspace(0, len(path) - 1, 9).astype(int)]
        bends = landscape.hessian(np.vstack([some, (landscape.low + landscape.high) / 2]))
        certain = bool(np.allclose(bends, bends[:1], rtol=1e-9, atol=ROUNDING * landscape.curvature))
    return Excess(trace.optimizer.knobs[limit.knob], value, limit.text, most, certain)


def _grown(values: np.ndarray, lowest: float, beyond: Excess | None) -> bool:
    """Tell whether f ends more than twice as high as it began, or beyond the limit higher than it once was."""
    first, last = float(values[0]), float(values[-1])
    rounding = ROUNDING * max(abs(first), abs(last))
    if beyond is not None and beyond.certain and last - values.min() > rounding:
        return True
    height = first - lowest if np.isfinite(lowest) else abs(first)
    return last - first > max(height, rounding)


def diagnose(trace: Trace) -> Diagnosis:
    """Measure a run; what was found stays with the trace, since every picture's words ask for it."""
    kept = vars(trace)
    if "diagnosis" not in kept:
        kept["diagnosis"] = _measured(trace)
    return kept["diagnosis"]


def _measured(trace: Trace) -> Diagnosis:
    landscape = trace.landscape
    searching = trace.x.ndim == 3 or "moves" in trace.optimizer.needs
    path, values = (trace.best_x, trace.best_fx) if searching else (trace.x, trace.fx)
    path, values = (np.asarray(a, float) for a in (path, values))
    finite = np.isfinite(path).all(axis=1) & np.isfinite(values)
    if not finite.any():  # f is nowhere a number: the start is all that can be said
        finite[:1], path = True, np.nan_to_num(path)
    path, values = path[finite], values[finite]
    width = float(np.linalg.norm(np.subtract(landscape.high, landscape.low)))
    reach = float(f"{SETTLED * float(np.max(np.subtract(landscape.high, landscape.low))):.0e}")
    minima = tuple(landscape.minima)
    lowest = min((m.fx for m in minima if m.kind == "global"), default=np.nan)
    nearest: Minimum | None = None
    distance: float = np.nan
    arrival: int | None = None
    visited: tuple[Minimum, ...] = ()
    if minima:
        away = _distances(path, minima)
        visited = () if searching else _visited(away, minima, width)
        which = int(away[-1].argmin())
        nearest, gap = minima[which], away[:, which]
        own = _bottom(trace, path[-1], width) if trace.stop.reason != "diverged" and np.isfinite(lowest) else None
        if own is not None and own.fx > lowest + THERE * (1 + abs(lowest)):  # a valley of its own, perhaps not listed
            nearest, gap = own, np.linalg.norm(path - np.array(own.x), axis=1)
        distance = float(gap[-1])
        outside = np.flatnonzero(gap > reach)
        first = int(outside[-1]) + 1 if len(outside) else 0
        arrival = first if first < len(path) else None
    beyond = None if searching else excess(trace, path)
    grown = not searching and _grown(values, lowest, beyond)
    pace = float(np.linalg.norm(path[-1] - path[-6 if len(path) > 6 else 0])) / min(5, max(len(path) - 1, 1))
    widths = tuple(map(float, diameter(trace)[[0, -1]])) if trace.x.ndim == 3 else (0.0, 0.0)
    return Diagnosis(
        steps=len(trace) - 1,
        searching=searching,
        path=path,
        values=values,
        width=width,
        nearest=nearest,
        distance=distance,
        lowest=lowest,
        reach=reach,
        arrival=arrival,
        turns=0.0 if searching or trace.run.stochastic or "simplex" in trace.fields else _turns(path),
        climbs=int(np.sum(rises(values))),
        grown=grown and (arrival is None or bool(beyond and beyond.certain)),
        excess=beyond,
        visited=visited,
        first_width=widths[0],
        last_width=widths[1],
        below=bool(nearest and not np.isfinite(lowest) and values[-1] < nearest.fx - NEAR * (1 + abs(nearest.fx))),
        stationary="" if searching or distance < NEAR * width else _stationary(trace, path[-1], width),
        fading=bool(trace.stop.reason != "converged" and len(path) > FEW and distance > 10 * (len(path) - 1) * pace),
    )
