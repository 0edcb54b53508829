"""How f goes down: the current value, the best so far and the previous run, over steps, evaluations or seconds."""

from dataclasses import replace

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import tour_words
from dashboard.charts.chart import Line, chart, is_log, limits
from dashboard.charts.course import course, falls, least
from dashboard.charts.diagnosis import diagnose, rises
from dashboard.charts.generations import fitness
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.rate_of_convergence import digits
from dashboard.charts.theme import Theme
from dashboard.charts.view import CHOICES, LABELS, View
from dashboard.charts.wording import counted, growth
from dashboard.charts.words import frame_word, ghost_label, number, unmoved

BESIDE = 0.05  # of the upright axis: how far a guide lies above the curve
SAME = 1e-12  # of f: two values that differ by less are one
WIDE = 20  # times the smallest gap: a largest one that asks for a log axis
COUNTED = {"values": "values", "gradients": "gradients", "hessians": "Hessians"}


def convergence(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the convergence chart of a run; of a population the best and the mean are drawn."""
    if tour_words.is_tour(trace):
        return _gaps(trace, view, theme, ghost)
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
    elif log and ghost is None:  # beside two curves it would be one line too many
        lines += _guide(trace, x, lines, shift)
    found = _found(trace.best_fx)
    picture = chart(
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
        choices={"axis": _axes(trace)},
        chosen={"axis": _axis(trace, view)},
    )
    return replace(picture, subtitle=picture.subtitle + _digits(trace))


def _guide(trace: Trace, x: np.ndarray, lines: list[Line], shift: float) -> list[Line]:
    """Return a straight line beside the end of the curve: the factor by which f was measured to fall in a step."""
    fall = falls(trace)
    if fall is None or fall.kind != "linear" or abs(least(trace) - shift) > SAME * (1 + abs(shift)):
        return []
    k = np.arange(fall.first, fall.last + 1)
    low, high = limits([each.y for each in lines], True)
    with np.errstate(all="ignore"):
        height = np.log10(np.maximum(trace.fx[k] - shift, 1e-300))
        slope = np.log10(fall.factor)
        above = float(np.max(height - slope * (k - k[0]))) + BESIDE * (high - low)  # it touches no crest
        y = 10 ** (above + slope * (k - k[0]))
    words = f"× {number(fall.factor)} a {frame_word(trace)}"
    guide = Line("steady rate", y, "ghost", x[k], "dash", still=True, width=1.5, words=words)
    return [guide] if np.isfinite(y).all() and np.ptp(x[k]) > 0 else []


def _digits(trace: Trace) -> str:
    """Return how many decimals of x were right at last, where their number about doubles: "; 2, 4, 8 digits right"."""
    seen = course(trace)
    if seen.kind != "quadratic" or seen.rate is None:
        return ""
    return f"; {', '.join(map(str, digits(seen.rate.tail)[-3:]))} digits right"


def _gaps(trace: Trace, view: View, theme: Theme, ghost: Trace | None) -> Picture:
    """Return how far the tours are above the optimum or, where it is unknown, above a bound no tour falls below."""
    if "visited" in trace.fields:
        return _built(trace, view, theme, ghost)
    x, axis = _abscissa(trace, view.axis)
    color, best = str(trace.optimizer.color), tour_words.gap(trace, trace.best_fx)
    if trace.fx.ndim == 2:
        mean = tour_words.gap(trace, np.mean(trace.fx, axis=1))
        who = {"child": "all members"}.get(tour_words.member(trace), f"all {tour_words.member(trace)}s")
        lines = [Line("best so far", best, color), Line(f"{who}, mean", mean, "ghost", dash="dash", dot=False)]
        if "parents" in trace.fields:
            worst = tour_words.gap(trace, np.max(trace.fx, axis=1))
            lines.append(Line("worst", worst, "rejected", dash="dot", dot=False))
    elif np.array_equal(trace.fx, trace.best_fx):
        lines = [Line("tour", best, color)]
    else:
        now = Line("tour", tour_words.gap(trace, trace.fx), color)
        lines = [Line("best so far", best, "best", dash="dash", dot=False, ahead=False), now]
    if ghost is not None:
        before = tour_words.gap(trace, ghost.best_fx)
        name = ghost_label(trace, ghost) or "last run"
        lines.append(Line(name, before, "ghost", _abscissa(ghost, view.axis)[0], "dot", still=True))
    found = _found(trace.best_fx)
    what = "above the optimum" if tour_words.known(trace) else "above a lower bound"
    return chart(
        "convergence",
        _gap_headline(trace, best),
        what,
        _gap_alt(trace),
        theme,
        trace,
        lines,
        x=x,
        axis=axis,
        log=_is_wide(lines),
        unit=" %",
        best=(x[found], best),
        key=_key(lines, theme),
        choices={"axis": _axes(trace)},
        chosen={"axis": _axis(trace, view)},
    )


def _built(trace: Trace, view: View, theme: Theme, ghost: Trace | None) -> Picture:
    """Return how the way through the settled cities grows up to the closed tour, beside the shortest length."""
    x, axis = _abscissa(trace, view.axis)
    way, least = tour_words.built(trace), tour_words.yardstick(trace)
    name = "the shortest tour" if tour_words.known(trace) else "lower bound of all tours"
    bound = np.full(2, least)
    lines = [
        Line("built so far", way, str(trace.optimizer.color)),
        Line(name, bound, "ghost", np.array([0.0, float(x[-1]) or 1.0]), "dash", still=True),
    ]
    if ghost is not None and "visited" in ghost.fields:
        label = ghost_label(trace, ghost) or "last run"
        lines.append(Line(label, tour_words.built(ghost), "ghost", _abscissa(ghost, view.axis)[0], "dot", still=True))
    title = unmoved(trace) or f"The way grows to {number(way[-1])}"
    alt = f"The way over {counted(len(trace) - 1, frame_word(trace))}: {title}, against {number(least)} of {name}."
    return chart(
        "convergence",
        title,
        "length built so far, closed at the end",
        alt,
        theme,
        trace,
        lines,
        x=x,
        axis=axis,
        log=False,
        key=_key(lines, theme),
        choices={"axis": _axes(trace)},
        chosen={"axis": _axis(trace, view)},
    )


def _is_wide(lines: list[Line]) -> bool:
    """Return whether gaps span so much that the small ones, which matter, could not be told apart on an even axis."""
    every = np.concatenate([each.y for each in lines])
    positive = every[every > 0]
    return positive.size > 0.5 * every.size and bool(positive.max() > WIDE * positive.min())


def _gap_headline(trace: Trace, best: np.ndarray) -> str:
    """Return how the gap of the best tour went."""
    if only := unmoved(trace):
        return only
    if best[-1] == 0:
        k = tour_words.result(trace)[0]
        return f"The gap closes at {frame_word(trace)} {k:,}" if k else "There is no gap from the start"
    if best[-1] == best[0]:
        return f"The gap stays at {tour_words.percent(best[-1])}"
    return f"The gap falls from {tour_words.percent(best[0])} to {tour_words.percent(best[-1])}"


def _gap_alt(trace: Trace) -> str:
    return (
        f"Convergence over {counted(len(trace) - 1, frame_word(trace))}: the tour is {number(np.min(trace.fx[0]))} "
        f"long at the start; one {number(tour_words.result(trace)[1])} long is found at {frame_word(trace)} "
        f"{tour_words.result(trace)[0]:,}, {tour_words.above(trace)}."
    )


def _lines(trace: Trace, shift: float) -> list[Line]:
    """Return the lines of this run: f itself, and the best so far where it differs."""
    color = str(trace.optimizer.color)
    best = _finite(trace.best_fx - shift)
    if "parents" in trace.fields:
        return fitness(trace, shift)
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
    if axis == "examples" and trace.evaluations["examples"][-1]:
        return np.asarray(trace.evaluations["examples"], float), "examples seen"
    return np.arange(len(trace), dtype=float), "step"


def _finite(y: np.ndarray) -> np.ndarray:
    """Return values with NaN where they are not finite, and zero where rounding made them a hair negative."""
    y = np.asarray(y, float)
    return np.where(np.isfinite(y), np.where((y < 0) & (y > -1e-12), 0, y), np.nan)


def _axes(trace: Trace) -> tuple[tuple[str, str], ...]:
    """Return what the chart may be drawn over; examples only where they are what gradients are made from."""
    offered = [axis for axis in CHOICES["axis"] if axis != "examples" or trace.evaluations["examples"][-1]]
    return tuple((axis, LABELS[axis]) for axis in offered)


def _axis(trace: Trace, view: View) -> str:
    """Return what the chart is drawn over: what was chosen, or steps where that is not offered."""
    return view.axis if view.axis in dict(_axes(trace)) else "steps"


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
    if trace.run.stochastic and number(f[-1]) != best:
        return f"f falls to {best} at best, to {number(f[-1])} at last"
    return f"f falls to {best}, rising {counted(climbs, 'time')}"


def _alt(trace: Trace) -> str:
    first = np.asarray(trace.best_fx)[0]
    found = int(_found(np.asarray(trace.best_fx))[-1])
    return (
        f"Convergence over {counted(len(trace) - 1, frame_word(trace))}: f starts at {number(first)}; "
        f"the best, {number(trace.best_fx[-1])}, is found at {frame_word(trace)} {found}."
    )


def _key(lines: list[Line], theme: Theme) -> tuple[KeyEntry, ...]:
    signs = {"solid": "line", "dash": "dash", "dot": "dot"}
    named = tuple(KeyEntry(signs[each.dash], theme.line(each.role), each.name) for each in lines)
    return named if len(named) > 1 else ()
