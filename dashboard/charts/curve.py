"""A run on a curve: the points visited, the tangent or the parabola that the next step comes from, and the step."""

from typing import Any

import numpy as np

from algorithms.landscape import Landscape
from algorithms.trace import Trace, following
from dashboard.charts import arrows, generations, layers, marks, memory, rounds, words
from dashboard.charts import theme as look
from dashboard.charts.landscape import keep, limits
from dashboard.charts.picture import KeyEntry, Picture, Readout
from dashboard.charts.searches import goes_in_rounds, remembers
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.swarm import add_members
from dashboard.charts.theme import Theme
from dashboard.charts.view import View

FRAME = np.array([550.0, 430.0])  # pixels of the plot area on a desk
POINTS = 600
NEAR = 0.5  # of the domain's width: a run that strays no farther is kept in the frame
NOTCH = 0.25  # the frame grows by so much at a time, so that it is the same for most settings of a knob
RAIL = 24  # pixels from the point up to the arrow of its step, and from there to those of its parts
FOOT = 8  # pixels from the lower edge to what is said of intervals
TANGENT = 75  # pixels to either side
PARABOLA = 33  # points of a local model


def curve(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the picture of a run in one dimension."""
    land = trace.landscape
    low, high = frame_of(trace)
    unit = np.array([high[0] - low[0], high[1] - low[1]]) / FRAME
    sketch = Sketch(theme)
    add_undefined(sketch, land, low, high)
    add_curve(sketch, land, low[0], high[0], high[1] - low[1])
    add_minima(sketch, land)

    def place(points: np.ndarray, fx: Any = None) -> dict[str, Any]:
        f = values(land, points) if fx is None else np.asarray(fx, float)
        return {"x": points[..., 0], "y": np.where(np.isfinite(f), f, np.nan)}

    marks.add_ghost(sketch, trace, ghost, place)
    if trace.x.ndim == 3:
        add_members(sketch, trace, view, place)
    else:
        _add_single(sketch, trace, view, place, unit, low[0], high[0])
    add_minima(sketch, land, hits=True)
    marks.add_ghost_name(sketch, trace, ghost, place, unit, (low, high))
    at = place(trace.x, trace.fx)
    first = trace.landscape.start if trace.run.start is None else np.array(trace.run.start)
    populated = trace.x.ndim == 3
    return Picture(
        id="landscape",
        figure={"data": sketch.data, "layout": layout(theme, land, low, high)},
        tracks=tuple(sketch.tracks),
        title=words.title(trace, ghost)[0],
        subtitle=words.title(trace, ghost)[1],
        alt=words.alternative(trace),
        key=sketch.ordered_key,
        readout=Readout(at["x"], at["y"], {"x": at["x"], "f(x)": at["y"]}, words.member(trace) if populated else ""),
        start=None if populated and trace.run.start is None else (float(first[0]), float(values(land, first))),
        start_axes="x",
        layers=layers.offered(trace),
        **generations.choices(trace, view),
    )


def values(land: Landscape, points: np.ndarray) -> np.ndarray:
    """Return f at points (…, 1), NaN where it is not finite."""
    with np.errstate(all="ignore"):
        f = np.asarray(land.value(points), float)
    return np.where(np.isfinite(f), f, np.nan)


def frame_of(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the frame: the domain, wider where the run strays a little, and the values in it."""
    left, right = float(trace.landscape.low[0]), float(trace.landscape.high[0])
    width = right - left
    x = np.ravel(trace.x)
    near = x[np.isfinite(x) & (x > left - NEAR * width) & (x < right + NEAR * width)]
    beyond = max(0.0, left - near.min(initial=left)), max(0.0, near.max(initial=right) - right)
    grown = [0.04 * width + NOTCH * width * np.ceil(round(b / (NOTCH * width), 9)) for b in beyond]
    at, cell = np.linspace(left, right, POINTS)[:, None], np.array([width / (POINTS - 1)])
    lowest, highest = limits(at, values(trace.landscape, at), cell, lambda points: values(trace.landscape, points), 1.0)
    air = 0.07 * (highest - lowest) or 1.0
    low = np.array([left - grown[0], lowest - 1.6 * air])
    return low, np.array([right + grown[1], highest + air])


def add_undefined(sketch: Sketch, land: Landscape, low: np.ndarray, high: np.ndarray) -> None:
    """Shade where f is no finite number, from below to above the frame."""
    x = np.linspace(low[0], high[0], 2 * POINTS)
    lost = np.isnan(values(land, x[:, None]))
    edge = np.diff(np.pad(lost, 1).astype(int))
    first, last = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1
    bands = [(x[a], x[b]) for a, b in zip(first, last, strict=True) if b > a]
    if not bands:
        return
    bottom, top = low[1] - 20 * (high[1] - low[1]), high[1] + 20 * (high[1] - low[1])
    corners = [(x, y) for a, b in bands for x, y in ((a, bottom), (a, top), (b, top), (b, bottom), (None, None))][:-1]
    style = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "fill": "toself"}
    pattern = {
        "shape": "/",
        "size": 10,
        "solidity": 0.12,
        "fgcolor": sketch.theme.border,
        "bgcolor": sketch.theme.panel,
    }
    shape = {"x": [x for x, _ in corners], "y": [y for _, y in corners], "fillpattern": pattern}
    sketch.fixed(shape | style | {"name": "undefined"})
    sketch.key.append(KeyEntry("hatch", sketch.theme.border, "undefined", outline=sketch.theme.panel))


def add_curve(sketch: Sketch, land: Landscape, left: float, right: float, height: float = np.inf) -> None:
    """Add the curve itself, farther to both sides than the frame shows, with a gap at each pole.

    Between two samples that lie more than the frame's `height` apart is a pole, unless the curve passes between them.
    """
    x = np.linspace(left - (right - left), right + (right - left), 2 * POINTS)  # farther, for whoever zooms out
    y = values(land, x[:, None])
    jumps = np.flatnonzero(abs(np.diff(y)) > height)
    between = values(land, (x[jumps] + x[jumps + 1])[:, None] / 2)
    passes = (between >= np.minimum(y[jumps], y[jumps + 1])) & (between <= np.maximum(y[jumps], y[jumps + 1]))
    gaps = jumps[~passes] + 1
    x, y = np.insert(x, gaps, np.nan), np.insert(y, gaps, np.nan)
    sketch.fixed({"type": "scatter", "x": x, "y": y, "name": land.name} | line(sketch.theme.curve, 3))
    sketch.data[-1]["line"]["simplify"] = False


def add_minima(sketch: Sketch, land: Landscape, hits: bool = False) -> None:
    """Add stars at the minima; with `hits` only their outlines, which lie above all marks."""
    for m in land.minima:
        whole = m.kind == "global"
        if hits and whole:
            marks.add_hit(sketch, [m.x[0]], [m.fx])
        if hits:
            continue
        fill, size = (sketch.theme.mark("minimum"), look.STAR) if whole else (sketch.theme.halo, look.STAR - 3)
        rim = "#1B1F24" if whole else sketch.theme.ink("yellow")
        name = "minimum" if whole else "local minimum"
        sketch.fixed({"type": "scatter", "x": [m.x[0]], "y": [m.fx], "name": name} | sign("star", fill, size, rim, 1.6))
        if all(entry.label != name for entry in sketch.key):
            sketch.key.append(KeyEntry("star", fill, name, outline=rim))


def _add_single(
    sketch: Sketch, trace: Trace, view: View, place: marks.Place, unit: np.ndarray, left: float, right: float
) -> None:
    """Add the signs of a run that moves one point."""
    searching, foot = "trial" in trace.fields, frame_of(trace)[0][1] + FOOT * unit[1]
    if remembers(trace):
        half = float(trace.value("reach")[0]) * float(np.subtract(trace.landscape.high, trace.landscape.low)[0])
        memory.add_memory(sketch, trace, place, np.array([half, foot]), unit)
    elif goes_in_rounds(trace):
        rounds.add_rounds(sketch, trace, place, unit)
    elif searching:
        marks.add_trials(sketch, trace, place)
        marks.add_next_trial(sketch, trace, place)
    else:
        marks.add_path(sketch, trace, place, unit, thin=True)
        if "hessian" in trace.optimizer.needs and "model" not in view.hide:
            _add_parabola(sketch, trace, place, left, right)
        elif "gradient" in trace.optimizer.needs:
            _add_tangent(sketch, trace, place, unit)
        layers.add_layers(sketch, trace, view, place, unit)
    marks.add_best(sketch, trace, place)
    marks.add_start(sketch, trace, place)
    if not searching and not remembers(trace):
        _add_steps(sketch, trace, view, place, unit)
    marks.add_now(sketch, trace, place, glide=not goes_in_rounds(trace))


def _add_tangent(sketch: Sketch, trace: Trace, place: marks.Place, unit: np.ndarray) -> None:
    """Add the tangent at the current point, equally long in pixels whatever its slope."""
    at = place(trace.x, trace.fx)
    slope = trace.value("gradient")[:, 0]
    with np.errstate(all="ignore"):
        run = TANGENT * unit[0] / np.sqrt(1 + (slope * unit[0] / unit[1]) ** 2)
    ends = {"x": at["x"] - run, "y": at["y"] - slope * run, "x2": at["x"] + run, "y2": at["y"] + slope * run}
    sketch.move("tangent", "segments", line(sketch.theme.line("gradient"), 2.4), **ends)
    sketch.entry("line", "gradient", "slope")


def _add_parabola(sketch: Sketch, trace: Trace, place: marks.Place, left: float, right: float) -> None:
    """Add the quadratic model at the current point, and where it is flat: there the next step leads."""
    at = place(trace.x, trace.fx)
    x, f = at["x"][:, None], at["y"][:, None]
    slope, bend = trace.value("gradient")[:, :1], trace.value("hessian")[:, 0, :1]
    with np.errstate(all="ignore"):
        flat = x - slope / bend
        flat = np.where(np.isfinite(flat), flat, np.nan)
        aim = np.where(np.isnan(flat), x, flat)
        reach = np.maximum(0.9 * np.abs(aim - x), 0.12 * (right - left))
        first = np.clip(np.minimum(x, aim) - reach, 2 * left - right, right)
        last = np.clip(np.maximum(x, aim) + reach, left, 2 * right - left)
        grid = first + (last - first) * np.linspace(0, 1, PARABOLA)
        model = f + slope * (grid - x) + bend / 2 * (grid - x) ** 2
        low = (f + slope * (flat - x) / 2)[:, 0]
    sketch.move("local parabola", "polyline", line(sketch.theme.line("gradient"), 2.4, "7px,4px"), x=grid, y=model)
    drop = {"x": flat[:, 0], "y": low, "x2": following(at["x"]), "y2": following(at["y"])}
    sketch.move("drop", "segments", line(sketch.theme.mark("step"), 1.6, "3px,3px"), **drop)
    style = sign("circle", sketch.theme.halo, 11, sketch.theme.line("gradient"), 2.6)
    sketch.move("flat point of the parabola", "point", style, x=flat[:, 0], y=low)
    sketch.entry("dash", "gradient", "local parabola")


def _add_steps(sketch: Sketch, trace: Trace, view: View, place: marks.Place, unit: np.ndarray) -> None:
    """Add the terms of the next step as level arrows at true length above the point, and the drop to where it lands."""
    roles = arrows.terms(trace, (0,), view.hide)
    names = arrows.names(trace, roles, (0,))
    at = place(trace.x, trace.fx)
    here = np.stack([at["x"], at["y"]], axis=-1)
    up, across = np.array([0, RAIL * unit[1]]), np.array([1, 0])
    tail = here + up if len(roles) == 1 else here + 2 * up  # the parts lie tip to tail, above the step
    for role in sorted(roles, key=lambda role: role == "step"):
        start = here + up if role == "step" else tail
        tail = start + roles[role] * across
        sketch.arrow(role, role, look.STEP if role == "step" else look.ARROW, start, tail, least=6)
        sketch.entry("arrow", role, names[role])
    if "hessian" not in trace.optimizer.needs:
        landed = following(here)
        drop = {"x": landed[:, 0], "y": here[:, 1] + RAIL * unit[1], "x2": landed[:, 0], "y2": landed[:, 1]}
        sketch.move("drop", "segments", line(sketch.theme.mark("step"), 1.6, "3px,3px"), **drop)


def layout(theme: Theme, land: Landscape, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """Return the layout of a curve between two corners of the frame."""
    xaxis = look.axis(theme, "x", range=[low[0], high[0]])
    yaxis = look.axis(theme, "f(x)", range=[low[1], high[1]], showgrid=True, nticks=7)
    return look.layout(theme, xaxis, yaxis, f"{keep(land)}-{low[0]:.6g}-{high[0]:.6g}")
