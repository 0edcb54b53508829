"""A small chart over the steps: the whole line faint, its past bold, a cursor and a dot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.picture import KeyEntry, Picture, Readout
from dashboard.charts.sketch import Sketch, line, sign, words
from dashboard.charts.theme import Theme
from dashboard.charts.wording import SUPER

DECADES = 2  # values that span this many are drawn on a log axis
DEEPEST = 32  # decades that a log axis shows


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a chart: values (T,), the role that colors it, and how it is drawn."""

    name: str
    y: np.ndarray
    role: str
    x: np.ndarray | None = None  # for a line that is not over the chart's own x
    dash: str = "solid"
    still: bool = False  # drawn whole in every frame: the previous run
    dot: bool = True
    ahead: bool = True  # what is to come is drawn faint
    width: float = 2  # of what is not the solid line
    words: str = ""  # written above the middle of a line that is drawn whole


@dataclass(frozen=True, eq=False)
class Dots:
    """Marks of single steps that appear as the run reaches them; NaN is no mark."""

    name: str
    y: np.ndarray
    symbol: str
    role: str
    size: float = 7


def is_log(*values: np.ndarray) -> bool:
    """Return whether values are never negative and span so many decades that only a log axis shows them."""
    every = np.concatenate([np.ravel(v) for v in values])
    every = every[np.isfinite(every)]
    positive = every[every > 0]
    if every.size == 0 or every.min() < 0 or positive.size < 0.5 * every.size:
        return False
    return bool(positive.max() >= 10**DECADES * max(positive.min(), 1e-300))


def limits(values: Sequence[np.ndarray], log: bool) -> tuple[float, float]:
    """Return finite ends of an axis that hold all values, with some air; for a log axis they are powers of ten."""
    every = np.concatenate([np.ravel(v) for v in values])
    every = every[np.isfinite(every) & (every > 0 if log else True)]
    if every.size == 0:
        return (-1.0, 1.0)
    low, high = (float(end) for end in (every.min(), every.max()))
    if log:
        top = np.log10(high)
        bottom = max(np.log10(low), top - DEEPEST)
        air = max(0.06 * (top - bottom), 0.1)
        return float(bottom - air), float(top + air)
    air = 0.08 * (high - low) or 0.5 * abs(high) or 1.0
    return max(low - air, -1e300), min(high + air, 1e300)


def log_ticks(low: float, high: float, most: int = 5) -> dict[str, Any]:
    """Return ticks at powers of ten: 0.01, 1, 100, and beyond a thousand as 10⁴; at 1, 2 and 5 where they are few."""
    every = max(1, int(np.ceil((high - low) / most)))
    exponents = [e for e in range(int(np.ceil(low)), int(np.floor(high)) + 1) if e % every == 0]
    if len(exponents) < 2:
        between = [m * 10.0**e for e in range(int(np.floor(low)), int(np.ceil(high)) + 1) for m in (1, 2, 5)]
        between = [value for value in between if low <= np.log10(value) <= high]
        if len(between) < 2 or not 1e-3 <= between[0] <= between[-1] < 1e4:
            return {"nticks": 3, "exponentformat": "power"}
        return {"tickmode": "array", "tickvals": between, "ticktext": [f"{value:,g}" for value in between]}
    texts = [f"{10.0**e:,g}" if -2 <= e <= 3 else "10" + str(e).translate(SUPER) for e in exponents]
    return {"tickmode": "array", "tickvals": [10.0**e for e in exponents], "ticktext": texts}


def chart(
    id: str,
    title: str,
    subtitle: str,
    alt: str,
    theme: Theme,
    trace: Trace,
    lines: Sequence[Line],
    *,
    dots: Sequence[Dots] = (),
    x: np.ndarray | None = None,
    axis: str = "step",
    log: bool | None = None,
    unit: str = "",
    best: tuple[np.ndarray, np.ndarray] | None = None,
    key: Sequence[KeyEntry] = (),
    **more: Any,
) -> Picture:
    """Return a small chart of `lines` over the steps, or over x (T,); `best` adds the diamond of the best so far.

    `unit` follows every number of the upright axis.
    """
    steps = np.arange(len(trace), dtype=float)
    x = steps if x is None else x
    everything = [*[each.y for each in lines], *[each.y for each in dots]]
    log = is_log(*everything) if log is None else log
    low, high = limits(everything, log)
    sketch = Sketch(theme)
    for each in lines:
        if each.still:
            _add_still(sketch, each, x, low, log)
    for each in lines:
        if not each.still:
            _add_line(sketch, each, x, low, log)
    for mark in dots:
        color = theme.line(mark.role)
        rim, width = (color, 1.6) if mark.symbol == "x" else (theme.halo, 0.8)
        style = sign(mark.symbol, color, mark.size, rim, width)
        sketch.move(mark.name, "path", style, x=x, y=_held(mark.y, low, log))
    sketch.move("cursor", "cursor", line(theme.text, look.CURSOR), x=x, y=np.zeros_like(x), glide=True)
    sketch.data[-1] |= {"x": [], "y": []}
    for each in lines:
        if not each.still and each.dot:
            style = sign("circle", theme.line(each.role), 10, theme.halo, 1.6)
            sketch.move(f"{each.name} now", "point", style, x=x, y=_held(each.y, low, log))
    if best is not None:
        style = sign("diamond", theme.mark("best"), 13, theme.rim("best"), 1.4)
        sketch.move("best so far", "point", style, x=best[0], y=_held(best[1], low, log))
    first = next(each for each in lines if not each.still)
    return Picture(
        id=id,
        figure={"data": sketch.data, "layout": _layout(theme, id, x, lines, axis, (low, high), log, unit)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=subtitle + (f", log scale{_cut(everything, low)}" if log else ""),
        alt=alt,
        key=tuple(key),
        readout=Readout(x, _held(first.y, low, log), {first.name: first.y}),
        **more,
    )


def _cut(values: Sequence[np.ndarray], low: float) -> str:
    """Return what to say where a log axis does not reach down to the smallest of the values."""
    every = np.concatenate([np.ravel(v) for v in values])
    cut = np.any((every > 0) & (every < 10**low))
    return f", below 10{str(int(np.ceil(low))).translate(SUPER)} not shown" if cut else ""


def _held(y: np.ndarray, low: float, log: bool) -> np.ndarray:
    """Return values as drawn: on a log axis what is zero, or below the axis, lies on its lower edge."""
    y = np.where(np.isfinite(y), y, np.nan)
    return np.maximum(y, 10**low) if log else y


def _add_still(sketch: Sketch, each: Line, x: np.ndarray, low: float, log: bool) -> None:
    style = line(sketch.theme.line(each.role), each.width, each.dash if each.dash != "solid" else "dot")
    x, y = x if each.x is None else each.x, _held(each.y, low, log)
    sketch.move(each.name, "still", style, x=x, y=y)
    if each.words:
        label, middle = words(sketch.theme, each.words, sketch.theme.ink(each.role), "top right"), len(x) // 2
        at = {"x": x[middle : middle + 1], "y": y[middle : middle + 1]}
        sketch.fixed({"type": "scatter", "name": each.words} | at | label)


def _add_line(sketch: Sketch, each: Line, x: np.ndarray, low: float, log: bool) -> None:
    color, y = sketch.theme.line(each.role), _held(each.y, low, log)
    if each.ahead:
        sketch.move(f"{each.name} ahead", "still", line(color, look.FUTURE, each.dash), opacity=look.FAINT, x=x, y=y)
    width = look.CHART if each.dash == "solid" else each.width
    sketch.move(each.name, "path", line(color, width, each.dash), x=x, y=y, glide=each.dash == "solid")


def _layout(
    theme: Theme,
    id: str,
    x: np.ndarray,
    lines: Sequence[Line],
    axis: str,
    ends: tuple[float, float],
    log: bool,
    unit: str,
) -> dict[str, Any]:
    finite = np.concatenate([x, *[each.x for each in lines if each.x is not None]])
    finite = finite[np.isfinite(finite)]
    right = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    named = "" if axis == "step" else axis  # steps go without saying; the panel has no line to spare
    xaxis = look.axis(theme, named, range=[0, right * 1.015], nticks=5)
    yaxis = look.axis(theme, "", range=list(ends), showgrid=True)
    if log:
        yaxis |= {"type": "log"} | log_ticks(*ends)
    else:
        yaxis |= {"nticks": 5}
    if unit:
        yaxis["ticksuffix"] = unit
        if "ticktext" in yaxis:
            yaxis["ticktext"] = [text + unit for text in yaxis["ticktext"]]
    room = theme.size / 14
    margin = {"l": 46 + 5 * len(unit), "r": 8, "t": 6, "b": 44 if named else 26}
    return look.layout(theme, xaxis, yaxis, id, margin={side: round(v * room) for side, v in margin.items()})
