"""A population drawn from a normal distribution: its ellipse now and next, the members by rank, its mean on its way.

Drawn are one and two standard deviations; of more than two coordinates, those of the two that are seen.
"""

from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import shapes
from dashboard.charts import theme as look
from dashboard.charts.chart import Line, chart
from dashboard.charts.diagnosis import diagnose
from dashboard.charts.generations import curve_pixel, faded, rim
from dashboard.charts.layers import oval
from dashboard.charts.marks import Place, color_of
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.placing import Drawn, add_names, stars
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number
from dashboard.charts.words import frame_word, unmoved

LAYERS = {
    "weights": "weights of the better half",
    "next": "next distribution",
    "evolution-path": "evolution path",
    "valley": "shape of the valley",
}
BOLD = 6  # lines to the best members; those to the others would be too thin to see
THICK = 4.5  # pixels, of the line to the best one
SHORT = 14  # pixels: a shorter arrow would only be a blot
ROUND = 21  # points of an ellipse on a surface
BELL = np.linspace(-3, 3, 25)  # standard deviations at which a bell is drawn
HIGH = 0.2  # of the height of a curve: how high a bell is
SEEN, WIDER = (2.0, 4.5), 2.6  # mean half axes that are seen up and down, and how many times as far to the sides


def offered(trace: Trace) -> dict[str, str]:
    """Return what can be switched off in the picture of a distribution: id -> label; nothing for other runs."""
    if "covariance" not in trace.fields or trace.x.shape[-1] < 2:
        return {}
    return {id: label for id, label in LAYERS.items() if id != "valley" or _known(trace)}


def _known(trace: Trace) -> bool:
    """Return whether the true curvature can be compared: in most frames f is about quadratic across the ellipse."""
    inverse = shapes.valley(trace)
    return inverse is not None and bool(np.isfinite(inverse).all(axis=(1, 2)).mean() > 0.5)


def ranked(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return the members (T, P) by rank, as their numbers, and which of them (T, P) are in the better half."""
    order = np.argsort(np.asarray(trace.fx), axis=1, kind="stable")
    better = np.zeros(order.shape, bool)
    np.put_along_axis(better, order[:, : order.shape[1] // 2], True, axis=1)
    return order, better


def add_distribution(sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray | None) -> None:
    """Add the distribution of every frame, the members drawn from it, and the mean on its way."""
    theme, color = sketch.theme, color_of(trace)
    if sketch.solid:
        _add_over(sketch, trace, view, place)
    elif unit is not None:
        _add_ellipses(sketch, trace, view)
        if "weights" not in view.hide:
            _add_weights(sketch, trace, view)
    else:
        _add_bell(sketch, trace, place)
    _add_members(sketch, trace, place)
    best = place(trace.best_x, trace.best_fx)
    diamond = sign("diamond", theme.mark("best"), look.BEST - 2, theme.rim("best"), 1.6)
    sketch.move("swarm best", "point", diamond, **best)
    sketch.entry("diamond", "best", "best", outline=theme.rim("best"))
    if unit is not None:
        _add_mean(sketch, trace, view, unit)
    elif not sketch.solid:
        at = place(np.asarray(trace.value("mean"), float))
        _add_cross(sketch, at)
    sketch.key.append(KeyEntry("cross", theme.text, "mean m, its way" if unit is not None else "mean m"))
    sketch.entry("line", color, "1 σ" if sketch.solid else "distribution" if unit is None else "1 σ, 2 σ")


def _add_members(sketch: Sketch, trace: Trace, place: Place) -> None:
    """Add all members hollow, and the better half of them filled."""
    theme, color = sketch.theme, color_of(trace)
    at = place(trace.x, trace.fx)
    better = ranked(trace)[1]
    hollow = sign("circle", theme.halo, look.PARTICLE - 2, theme.line(color), 1.8)
    disc = sign("circle", theme.mark(color), look.PARTICLE, rim(theme, color), 1.4)
    chosen: dict[str, Any] = {
        axis: np.where(better, values, np.nan) if axis == "x" else values for axis, values in at.items()
    }
    sketch.move("members", "point", hollow, **at)
    sketch.move("better half", "point", disc, **chosen)
    sketch.entry("circle", color, "better half", outline=rim(theme, color))
    sketch.key.append(KeyEntry("circle", theme.halo, "worse half", outline=theme.line(color)))


def _ellipse(trace: Trace, view: View, matrix: np.ndarray) -> np.ndarray:
    """Return the half axes (T, 2, 2), in columns, of the part of covariances (T, d, d) that is seen; NaN where none."""
    pair = list(view.pair)
    block = matrix[:, pair][..., pair]
    sound = np.isfinite(block).all(axis=(1, 2))
    values, ways = np.linalg.eigh(np.where(sound[:, None, None], block, np.eye(2)))
    return np.where(sound[:, None, None], ways * np.sqrt(np.maximum(values, 0))[:, None], np.nan)


def _drawn(trace: Trace, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Return the center (T, 2) and the half axes (T, 2, 2) of the ellipse of one standard deviation."""
    sigma = np.asarray(trace.value("sigma"), float)
    half = sigma[:, None, None] * _ellipse(trace, view, np.asarray(trace.value("covariance"), float))
    return np.asarray(trace.value("mean"), float)[:, list(view.pair)], half


def _edge(center: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return points (T, ROUND, 2) on the ellipse of two standard deviations."""
    turn = np.linspace(0, 2 * np.pi, ROUND)[:, None]
    ring = half[:, None, :, 0] * np.cos(turn) + half[:, None, :, 1] * np.sin(turn)
    return np.asarray(center[:, None] + 2 * ring)


def _add_ellipses(sketch: Sketch, trace: Trace, view: View) -> None:
    """Add the ellipses of one and two standard deviations, fainter the next one, and the valley's own shape."""
    theme, color = sketch.theme, color_of(trace)
    center, half = _drawn(trace, view)
    if "next" not in view.hide:
        style = line(theme.line(color), 1.8, "3px,4px")
        oval(sketch, "next 1 σ", "ellipse", style, following(center), following(half), opacity=0.9)
        sketch.entry("dot", color, "next")
    oval(sketch, "2 σ", "ellipse", line(theme.line(color), 1.6), center, 2 * half, opacity=0.65)
    if "valley" not in view.hide and _known(trace):
        inverse = shapes.valley(trace)
        assert inverse is not None
        true = _ellipse(trace, view, inverse)
        with np.errstate(all="ignore"):
            area = np.sqrt(np.abs(np.linalg.det(half)) / np.abs(np.linalg.det(true)))
        oval(sketch, "valley", "ellipse", line(theme.line("ink"), 1.8, "7px,5px"), center, area[:, None, None] * true)
        sketch.entry("dash", "ink", "valley")
    oval(sketch, "1 σ", "ellipse", line(theme.line(color), 3), center, half, haloed=True)


def _add_weights(sketch: Sketch, trace: Trace, view: View) -> None:
    """Add lines from the mean to the best members, as thick as they weigh."""
    order, pair = ranked(trace)[0], list(view.pair)
    center, P = np.asarray(trace.value("mean"), float)[:, pair], order.shape[1]
    weight = np.log((P + 1) / 2) - np.log(np.arange(1, P // 2 + 1))
    style_of = sketch.theme.line(color_of(trace))
    for rank in range(min(BOLD, P // 2)):
        tip = np.take_along_axis(trace.x, order[:, rank, None, None], axis=1)[:, 0, pair]
        ends = {"x": center[:, 0], "y": center[:, 1], "x2": tip[:, 0], "y2": tip[:, 1]}
        width = max(0.6, THICK * float(weight[rank] / weight[0]))
        sketch.move(f"weight of rank {rank + 1}", "segments", line(style_of, width), opacity=0.4, **ends)
    pale = faded(sketch.theme, color_of(trace), 0.5)
    sketch.key.append(KeyEntry("line", pale, "weights"))


def _add_cross(sketch: Sketch, at: dict[str, Any]) -> None:
    theme = sketch.theme
    sketch.move("mean halo", "point", sign("cross", theme.halo, look.NOW + 4, "", 7), **at)
    sketch.move("mean", "point", sign("cross", theme.text, look.NOW, "", 3), head=True, **at)


def _add_mean(sketch: Sketch, trace: Trace, view: View, unit: np.ndarray) -> None:
    """Add the mean's way, its next step and the evolution path as arrows, and their names."""
    theme, pair = sketch.theme, list(view.pair)
    at = np.asarray(trace.value("mean"), float)[:, pair]
    way: dict[str, Any] = {"x": at[:, 0], "y": at[:, 1]}
    sketch.move("way of the mean ahead", "still", line(theme.text, 1.2), opacity=look.FAINT, **way)
    sketch.move("way of the mean halo", "path", line(theme.halo, 4), **way)
    sketch.move("way of the mean", "path", line(theme.text, 1.6), **way)
    points, names, ways = {"m": at}, {"m": "m"}, []
    if "evolution-path" not in view.hide:
        push = np.asarray(trace.value("sigma"), float)[:, None] * np.asarray(trace.value("path"), float)[:, pair]
        sketch.arrow("evolution path", "path", look.ARROW, at, at + push, least=SHORT)
        sketch.entry("arrow", "path", "path p")
        with np.errstate(all="ignore"):
            long = np.linalg.norm(push / unit, axis=1, keepdims=True) >= 2 * SHORT
        points["p"], names["p"] = np.where(long, at + push, np.nan), "p"
        ways.append((at, points["p"]))
    sketch.arrow("step of the mean", "step", look.STEP - 0.6, at, following(at), least=SHORT)
    sketch.entry("arrow", "step", "step")
    ways.append((at, following(at)))
    _add_cross(sketch, way)
    ends = np.asarray(trace.landscape.low, float)[pair], np.asarray(trace.landscape.high, float)[pair]
    roles = {"m": "step", "p": "path"}
    seen = points | {"best": np.asarray(trace.best_x, float)[:, pair]} | stars(trace, lambda x: x[:, pair])
    edge = _edge(*_drawn(trace, view))
    crowd = np.concatenate([np.asarray(trace.x, float)[..., pair], edge], axis=1)
    ways.append((np.concatenate([at[:1], at[:-1]]), at))
    add_names(sketch, names, roles, Drawn(unit, theme.size / 14, ends, seen, ways, crowd))


def _add_bell(sketch: Sketch, trace: Trace, place: Place) -> None:
    """Add the distribution on a curve: a bell that stands below it, and the next one."""
    theme, color = sketch.theme, color_of(trace)
    unit = curve_pixel(trace, place)
    across = np.linspace(trace.landscape.low, trace.landscape.high, 200)
    f = place(across)["y"]
    foot = float(np.nanmin(f)) - 30 * float(unit[1])
    deviation = np.asarray(trace.value("sigma"), float) * np.sqrt(np.asarray(trace.value("covariance"), float)[:, 0, 0])
    mean = np.asarray(trace.value("mean"), float)[:, 0]
    x = mean[:, None] + deviation[:, None] * BELL
    y = np.tile(foot + HIGH * float(np.ptp(f[np.isfinite(f)])) * np.exp(-(BELL**2) / 2), (len(trace), 1))
    sketch.move("next bell", "polyline", line(theme.line(color), 1.8, "3px,4px"), x=following(x), y=y)
    sketch.haloed("bell", "polyline", line(theme.line(color), 3), x=x, y=y)
    ends: dict[str, Any] = {
        "x": mean - deviation,
        "y": np.full(len(trace), foot),
        "x2": mean + deviation,
        "y2": np.full(len(trace), foot),
    }
    sketch.haloed("1 σ", "segments", line(theme.line(color), 4), **ends)
    sketch.entry("dot", color, "next")


def _add_over(sketch: Sketch, trace: Trace, view: View, place: Place) -> None:
    """Add the ellipse and the mean's way on a surface."""
    theme, color, pair = sketch.theme, color_of(trace), list(view.pair)
    center, half = _drawn(trace, view)
    turn = np.linspace(0, 2 * np.pi, ROUND)
    edge = np.tile(np.asarray(trace.value("mean"), float)[:, None], (1, ROUND, 1))
    ring = half[:, None, :, 0] * np.cos(turn)[:, None] + half[:, None, :, 1] * np.sin(turn)[:, None]
    edge[..., pair] = center[:, None] + ring
    low, high = (np.asarray(end, float) for end in (trace.landscape.low, trace.landscape.high))
    edge = np.where(((edge >= low) & (edge <= high))[..., pair].all(axis=-1, keepdims=True), edge, np.nan)
    sketch.move("1 σ", "polyline", line(theme.line(color), 3), **place(edge))
    at = place(np.asarray(trace.value("mean"), float))
    sketch.move("way of the mean", "path", line(theme.text, 2), **at)
    sketch.move("mean", "point", sign("cross", theme.text, look.NOW, "", 3), **at)


def shape_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the ellipse seen always equally large, with the members around the mean and the valley's own shape."""
    sketch, color, pair = Sketch(theme), color_of(trace), list(view.pair)
    center, half = _drawn(trace, view)
    with np.errstate(all="ignore"):
        size = np.sqrt(np.abs(np.linalg.det(half)))[:, None]
        at = (trace.x[..., pair] - center[:, None]) / size[..., None]
        tall = np.linalg.norm(half / size[..., None], axis=2)[:, 1]
    at = np.where(np.isfinite(at), at, np.nan)
    seen = float(np.clip(1.2 * np.nanmax(tall, initial=0), *SEEN))
    middle = np.zeros((len(trace), 2))
    if _known(trace):
        inverse = shapes.valley(trace)
        assert inverse is not None
        level = _ellipse(trace, view, inverse)
        with np.errstate(all="ignore"):
            level = level / np.sqrt(np.abs(np.linalg.det(level)))[:, None, None]
        oval(sketch, "valley", "ellipse", line(theme.line("ink"), 1.8, "7px,5px"), middle, level)
    oval(sketch, "1 σ", "ellipse", line(theme.line(color), 2.8), middle, half / size[..., None])
    worse = np.where(ranked(trace)[1], np.nan, at[..., 0])
    better = np.where(ranked(trace)[1], at[..., 0], np.nan)
    hollow = sign("circle", theme.halo, 6, theme.line(color), 1.5)
    sketch.move("worse half", "point", hollow, x=worse, y=at[..., 1])
    sketch.move("better half", "point", sign("circle", theme.mark(color), 7, theme.halo, 1), x=better, y=at[..., 1])
    long, known = shapes.elongation(trace), _known(trace)
    across = {"range": [-seen * WIDER, seen * WIDER], "nticks": 5, "constrain": "range"}
    xaxis = look.axis(theme, "", **across)
    up = {"scaleanchor": "x", "scaleratio": 1, "constrain": "range", "nticks": 3}
    yaxis = look.axis(theme, "", range=[-seen, seen], **up)
    room = theme.size / 14
    margin = {"l": round(30 * room), "r": round(8 * room), "t": round(6 * room), "b": round(26 * room)}
    true = shapes.valley_elongation(trace)[-1]
    title = unmoved(trace) or f"Ends {_times(long[-1])} as long as wide"
    if known and np.isfinite(true) and len(trace) > 1:
        title = f"Ellipse {_to_one(long[-1])} in the end, valley {_to_one(true)}"
    key = [KeyEntry("line", theme.line(color), "1 σ")]
    key += [KeyEntry("dash", theme.line("ink"), "valley")] if known else []
    key.append(KeyEntry("circle", theme.mark(color), "better half"))
    return Picture(
        id="shape",
        figure={"data": sketch.data, "layout": look.layout(theme, xaxis, yaxis, "shape", margin=margin)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle="magnified: around m, in mean half axes",
        alt=f"The ellipse always equally large, over {counted(len(trace) - 1, frame_word(trace))}. {title}.",
        key=tuple(key),
    )


def axes_chart(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the longest and the shortest half axis of the distribution, and how far its mean is from the minimum."""
    length, color = shapes.axes(trace)[0], color_of(trace)
    one = length.shape[1] == 1
    lines = [Line("longest axis", length[:, -1], color)]
    if not one:
        lines.append(Line("shortest axis", length[:, 0], color, dash="dash", dot=False))
    nearest = diagnose(trace).nearest
    if nearest is not None:
        away = np.linalg.norm(np.asarray(trace.value("mean"), float) - np.asarray(nearest.x, float), axis=1)
        lines.append(Line("m to the minimum", away, "ghost", dash="dot", dot=False))
    first, last = float(length[0, -1]), float(length[-1, -1])
    what = "The deviation" if one else "The longest axis"
    verb = "shrinks" if last < first else "grows"
    title = unmoved(trace) or f"{what} {verb} from {number(first)} to {number(last)}"
    alt = f"Half axes of the distribution over {counted(len(trace) - 1, frame_word(trace))}. {title}."
    signs = {"solid": "line", "dash": "dash", "dot": "dot"}
    names = {
        "longest axis": "deviation" if one else "longest",
        "shortest axis": "shortest",
        "m to the minimum": "m to minimum",
    }
    key = tuple(KeyEntry(signs[each.dash], theme.line(each.role), names.get(each.name, each.name)) for each in lines)
    subtitle = "standard deviation" if one else "half axes of the ellipse, 1 σ"
    return chart("axes", title, subtitle, alt, theme, trace, lines, key=key)


def _to_one(ratio: float) -> str:
    return f"{number(float(f'{ratio:.3g}'))} : 1"


def _times(ratio: float) -> str:
    return f"{number(float(f'{ratio:.3g}'))} times" if ratio < 1000 else f"{float(f'{ratio:.2g}'):,.0f} times"
