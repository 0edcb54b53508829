"""How f goes down: the current value, the best so far and the previous run, over steps, evaluations or seconds."""

from dataclasses import replace

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.chart import Line, chart, is_log
from dashboard.charts.diagnosis import diagnose, rises
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.theme import Theme
from dashboard.charts.view import CHOICES, LABELS, View
from dashboard.charts.wording import counted, growth
from dashboard.charts.words import ghost_label, number, unmoved

COUNTED = {"values": "values", "gradients": "gradients", "hessians": "Hessians"}


def convergence(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the convergence chart of a run; of a population the best and the mean are drawn."""
    lowest, what = _shift(trace, ghost)
    shift = lowest
    x, axis = _abscissa(trace, view.axis)
    lines = _lines(trace, shift)
    if ghost is not None:
        before = _finite((ghost.best_fx if ghost.fx.ndim == 2 else ghost.fx) - shift)
        name = ghost_label(trace, ghost) or "last run"
        lines.append(Line(name, before, "ghost", _abscissa(ghost, view.axis)[0], "dot", still=True))
    log = is_log(*[each.y for each in lines])
    if not log and shift:
        shift, what = 0.0, "f(x)"
        lines = [replace(each, y=each.y + lowest) for each in lines]
    found = _found(trace.best_fx)
    return chart(
        "convergence",
        headline(trace),
        what,
        _alt(trace),
        theme,
        trace,
        lines,
        x=x,
        axis=axis,
        log=log,
        best=(x[found], _finite(trace.best_fx - shift)),
        key=_key(lines, theme),
        choices={"axis": tuple((value, LABELS[value]) for value in CHOICES["axis"])},
        chosen={"axis": view.axis},
    )


def _lines(trace: Trace, shift: float) -> list[Line]:
    """Return the lines of this run: f itself, and the best so far where it differs."""
    color = str(trace.optimizer.color)
    best = _finite(trace.best_fx - shift)
    if trace.fx.ndim == 2:
        own = trace.fields.get("personal_best_fx", trace.fx)
        word = "mean of own bests" if "personal_best_fx" in trace.fields else "mean"
        with np.errstate(all="ignore"):
            mean = _finite(np.asarray(own).mean(axis=1) - shift)
        return [Line("best so far", best, color), Line(word, mean, "ghost", dash="dash", dot=False)]
    current = Line("f(x)", _finite(trace.fx - shift), color)
    if np.array_equal(trace.fx, trace.best_fx, equal_nan=True):
        return [current]
    return [Line("best so far", best, "best", dash="dash", dot=False, ahead=False), current]


def _shift(trace: Trace, ghost: Trace | None) -> tuple[float, str]:
    """Return what is subtracted from f before it is drawn, and what is drawn then."""
    known = [m.fx for m in trace.landscape.minima if m.kind == "global"]
    every = [np.ravel(t.fx) for t in (trace, ghost) if t is not None]
    lowest = min((np.nanmin(v, initial=np.inf, where=np.isfinite(v)) for v in every), default=np.inf)
    if not known or min(known) == 0 or lowest < min(known) - 1e-9 * (1 + abs(min(known))):
        return 0.0, "f(x)"
    return min(known), "f(x) − f*, above the lowest value"


def _abscissa(trace: Trace, axis: str) -> tuple[np.ndarray, str]:
    """Return x (T,) and the title of its axis, which says what is counted."""
    if axis == "seconds":
        return np.asarray(trace.seconds, float), "seconds"
    if axis == "evaluations":
        used = [name for name in COUNTED if trace.evaluations[name][-1]]
        total = sum((trace.evaluations[name].astype(float) for name in used), np.zeros(len(trace)))
        return total, "evaluations: " + (" + ".join(COUNTED[name] for name in used) or "none")
    return np.arange(len(trace), dtype=float), "step"


def _finite(y: np.ndarray) -> np.ndarray:
    """Return values with NaN where they are not finite, and zero where rounding made them a hair negative."""
    y = np.asarray(y, float)
    return np.where(np.isfinite(y), np.where((y < 0) & (y > -1e-12), 0, y), np.nan)


def _found(best: np.ndarray) -> np.ndarray:
    """Return for each frame the frame in which its best value was found."""
    new = np.append(True, best[1:] < best[:-1])
    return np.maximum.accumulate(np.where(new, np.arange(len(best)), 0))


def headline(trace: Trace) -> str:
    """Return the finding of the chart: how f went, and what it came to."""
    best, f = number(trace.best_fx[-1]), np.asarray(trace.fx, float)
    if only := unmoved(trace):
        return only
    if trace.stop.reason == "diverged":
        return "f grows without end" if f.ndim != 1 or not f[-1] < f[0] else "f falls without end"
    if f.ndim == 2:
        return f"Best f so far falls to {best}" if trace.best_fx[-1] < trace.best_fx[0] else f"Best f stays at {best}"
    climbs, falls = int(np.sum(rises(f))), int(np.sum(np.diff(f) < 0))
    seen = diagnose(trace)
    if seen.grown:
        return f"f grows {growth(f[0], f[-1])}" if f[-1] > f[0] else f"f falls to {best}, then grows to {number(f[-1])}"
    if trace.best_fx[-1] == f[0]:
        return f"f never falls below its start, {best}" if climbs else f"f stays at {best}"
    if not climbs and falls < 0.5 * (len(f) - 1):
        return f"f falls {counted(falls, 'time')}, to {best}"
    if not climbs:
        there = seen.arrival is not None and seen.nearest is not None and seen.nearest.kind == "global"
        return f"f falls all the way to {best}" if there else f"f falls from {number(f[0])} to {best}"
    return f"f falls to {best}, rising {counted(climbs, 'time')}"


def _alt(trace: Trace) -> str:
    first = np.asarray(trace.best_fx)[0]
    found = int(_found(np.asarray(trace.best_fx))[-1])
    return (
        f"Convergence over {counted(len(trace) - 1, 'step')}: f starts at {number(first)}; "
        f"the best, {number(trace.best_fx[-1])}, is found at step {found}."
    )


def _key(lines: list[Line], theme: Theme) -> tuple[KeyEntry, ...]:
    signs = {"solid": "line", "dash": "dash", "dot": "dot"}
    named = tuple(KeyEntry(signs[each.dash], theme.line(each.role), each.name) for each in lines)
    return named if len(named) > 1 else ()
