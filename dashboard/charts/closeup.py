"""A population seen always equally large: what its members do once they are only a speck on the map."""

from collections.abc import Callable
from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import theme as look
from dashboard.charts.generations import rim
from dashboard.charts.marks import color_of
from dashboard.charts.naming import frame_word, group, member, members
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.sketch import Sketch, sign, words
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number
from dashboard.charts.words import unmoved

ROOM, WIDER = 1.15, 2.2  # of the farthest member's distance: what is seen up and down, and how much more sideways
LEAST = 1e-15  # of the domain: a population that is smaller is a point
SHORT = 6  # pixels: a shorter arrow would only be a blot


def can_be_seen(trace: Trace) -> bool:
    """Return whether a run has a population in a plane, of which no other chart shows the shape."""
    return (
        trace.x.ndim == 3 and trace.x.shape[-1] > 1 and trace.x.dtype.kind == "f" and "covariance" not in trace.fields
    )


def closeup(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the members around their center, magnified in each frame so that the farthest is always as far away."""
    sketch, color, pair = Sketch(theme), color_of(trace), list(view.pair)
    x = trace.x[..., pair]
    center = x.mean(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        size = ROOM * np.abs(x - center).max(axis=(1, 2))
        least = LEAST * float(np.max(np.subtract(trace.landscape.high, trace.landscape.low)))
        size = np.where(np.isfinite(size), np.maximum(size, least), np.nan)

        def near(point: np.ndarray) -> np.ndarray:
            """Return points (T, …, 2) in the window's own units, NaN where they lie outside it."""
            room = (len(trace),) + (1,) * (point.ndim - 1)
            at = (point - center.reshape(len(trace), *(1,) * (point.ndim - 2), 2)) / size.reshape(room)
            inside = (np.abs(at) <= [WIDER, 1.0]).all(axis=-1, keepdims=True)
            return np.where(inside, at, np.nan)

        at, lower = near(x), trace.fx <= np.median(trace.fx, axis=1, keepdims=True)
        best, own = near(trace.best_x[:, pair]), at[:, view.follow]
    for name, which, fill in (("worse half", ~lower, theme.halo), ("better half", lower, theme.mark(color))):
        edge = (theme.line(color), 1.5) if name == "worse half" else (theme.halo, 1)
        sketch.move(name, "point", sign("circle", fill, 8, *edge), x=np.where(which, at[..., 0], np.nan), y=at[..., 1])
    if "donors" in trace.fields:
        _add_trial(sketch, trace, view, near)
    for minimum in trace.landscape.minima:
        if minimum.kind == "global":
            spot = near(np.broadcast_to(np.asarray(minimum.x, float)[pair], (len(trace), 2)))
            style = sign("star", theme.mark("minimum"), 15, theme.rim("minimum"), 1.2)
            sketch.move("minimum", "point", style, x=spot[:, 0], y=spot[:, 1])
    diamond = sign("diamond", theme.mark("best"), 11, theme.rim("best"), 1.4)
    sketch.move("best so far", "point", diamond, x=best[:, 0], y=best[:, 1])
    followed = sign("circle", theme.mark(color), 10, theme.text, 2)
    sketch.move("followed", "point", followed, x=own[:, 0], y=own[:, 1])
    told = tuple(f"{number(float(f'{2 * each:.2g}'))} across" if np.isfinite(each) else "" for each in size)
    corner: dict[str, Any] = {"x": np.full(len(trace), -0.98 * WIDER), "y": np.full(len(trace), 0.86)}
    sketch.move("size", "text", words(theme, "", theme.text, "middle right"), words=told, **corner)
    margin = {side: round(v * theme.size / 14) for side, v in {"l": 8, "r": 8, "t": 4, "b": 6}.items()}
    bare = {"showticklabels": False, "ticks": "", "constrain": "range"}
    xaxis = look.axis(theme, "", range=[-WIDER, WIDER], **bare)
    yaxis = look.axis(theme, "", range=[-1, 1], scaleanchor="x", scaleratio=1, **bare)
    first, last = (number(float(f"{2 * each:.2g}")) for each in size[[0, -1]])
    title = unmoved(trace) or f"From {first} to {last} across"
    key = (
        KeyEntry("circle", theme.mark(color), "better half", outline=rim(theme, color)),
        KeyEntry("circle", theme.halo, "worse half", outline=theme.line(color)),
        KeyEntry("circle", theme.mark(color), f"{member(trace)} {view.follow + 1}", outline=theme.text),
    )
    return Picture(
        id="close-up",
        figure={"data": sketch.data, "layout": look.layout(theme, xaxis, yaxis, "close-up", margin=margin)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=f"magnified: all {members(trace)} around their center",
        alt=f"The {group(trace)} always equally large, over {counted(len(trace) - 1, frame_word(trace))}. {title}.",
        key=key,
    )


def _add_trial(sketch: Sketch, trace: Trace, view: View, near: Callable[[np.ndarray], np.ndarray]) -> None:
    """Add how the followed member's next mutant is made: the difference where it is, and scaled at its base."""
    a, b, c, v = (
        near(following(np.asarray(trace.value(name), float)[:, view.follow][:, list(view.pair)]))
        for name in ("donor_a", "donor_b", "donor_c", "mutant")
    )
    for name, tail, tip, width in (("difference", c, b, look.ARROW - 1), ("scaled difference", a, v, look.ARROW)):
        sketch.arrow(name, "difference", width, tail, tip, least=SHORT)
    style = sign("circle", sketch.theme.halo, 8, sketch.theme.line("mutant"), 2.4)
    sketch.move("mutant", "point", style, x=v[:, 0], y=v[:, 1])
