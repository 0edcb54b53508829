"""A run on the landscape as a surface in three dimensions: a switch beside the contour lines, never the only view."""

from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import landscape, marks, words
from dashboard.charts import theme as look
from dashboard.charts.contour import choices, subtitle
from dashboard.charts.landscape import Grid, Slice, coordinate
from dashboard.charts.outcomes import walks
from dashboard.charts.picture import Picture
from dashboard.charts.sketch import Sketch
from dashboard.charts.swarm import add_members
from dashboard.charts.theme import Theme
from dashboard.charts.view import View

CAMERA = {"eye": {"x": -0.8, "y": -1.1, "z": 1.85}, "center": {"x": 0, "y": 0, "z": -0.1}}
LIFT = 0.012  # of the height: marks lie a little above the surface, which would swallow half of them


def surface(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the 3-D picture of a run in two dimensions or of two of its coordinates."""
    plane = landscape.slice_of(trace, view)
    ground = landscape.grid(plane, view)
    lift = LIFT * (ground.top - ground.bottom)
    sketch = Sketch(theme, solid=True)
    sketch.fixed(_surface(ground, theme))

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        # in a valley narrower than the grid the surface lies above the true height, and would hide the mark
        return np.fmax(ground.height(plane.value(x, y)), ground.drawn(x, y)) + lift

    def place(points: np.ndarray, _: Any = None) -> dict[str, Any]:
        x, y = points[..., view.pair[0]], points[..., view.pair[1]]
        return {"x": x, "y": y, "z": height(x, y)}

    landscape.add_saddles(sketch, plane, height)
    landscape.add_minima(sketch, plane, height)
    marks.add_ghost(sketch, trace, ghost, place)
    if trace.x.ndim == 3:
        add_members(sketch, trace, view, place)
    else:
        cloud = "trial" in trace.fields and not walks(trace)
        if not cloud:
            marks.add_path(sketch, trace, place, (ground.x[-1] - ground.x[0]) / 500 * np.ones(2))
        marks.add_trials(sketch, trace, place)
        marks.add_best(sketch, trace, place)
        marks.add_start(sketch, trace, place)
        marks.add_now(sketch, trace, place)
    sketch.key.append(landscape.scale_entry(ground, theme))
    return Picture(
        id="surface",
        figure={"data": sketch.data, "layout": _layout(plane, ground, theme)},
        tracks=tuple(sketch.tracks),
        title=words.title(trace, ghost)[0],
        subtitle=subtitle(trace, view, ghost),
        alt=words.alternative(trace),
        key=sketch.ordered_key,
        **choices(trace, view),
    )


def _surface(ground: Grid, theme: Theme) -> dict[str, Any]:
    """Return the surface trace, with contour lines drawn on it."""
    levels = {"start": ground.bottom + ground.spacing, "end": ground.top, "size": ground.spacing}
    return {
        "type": "surface",
        "x": ground.x,
        "y": ground.y,
        "z": np.minimum(ground.z, np.float32(ground.top)),
        "cmin": ground.bottom,
        "cmax": ground.top,
        "colorscale": theme.scale,
        "showscale": False,
        "contours": {"z": {"show": True, "color": theme.contour, "width": 1} | levels},
        "lighting": {"ambient": 0.75, "diffuse": 0.5, "specular": 0.05, "roughness": 0.9},
        "hoverinfo": "skip",
        "name": "landscape",
    }


def _ticks(ground: Grid) -> dict[str, Any]:
    """Return two or three ticks of the height, none near the bottom, where those of the plane are."""
    span = ground.top - ground.bottom
    step = 10 ** np.floor(np.log10(span / 2))
    step *= max(n for n in (1, 2, 4) if n * step <= span / 2)
    return {"tickvals": [v for v in (step * np.arange(-4, 5)).tolist() if v >= ground.bottom + 0.15 * span]}


def _layout(plane: Slice, ground: Grid, theme: Theme) -> dict[str, Any]:
    low, high = plane.domain
    span = ground.top - ground.bottom
    bare = {"showbackground": False, "showspikes": False}
    axes = [look.axis(theme, coordinate(i), range=[a, b], nticks=5) for i, a, b in zip(plane.pair, low, high)]
    title = "f (log)" if ground.scale == "log" else "f"
    axes.append(
        look.axis(theme, title, range=[ground.bottom - 0.02 * span, ground.top + 0.04 * span], **_ticks(ground))
    )
    for axis in axes:
        axis.update(bare)
        axis["title"] = {name: value for name, value in axis["title"].items() if name != "standoff"}
        axis["tickfont"] = {"color": theme.quiet, "size": max(12, theme.size - 2)}
    keep = landscape.keep(plane.landscape)
    scene = {"xaxis": axes[0], "yaxis": axes[1], "zaxis": axes[2], "camera": CAMERA, "uirevision": keep}
    scene |= {"aspectmode": "manual", "aspectratio": {"x": 1, "y": 1, "z": 0.6}, "bgcolor": theme.page}
    return {
        "scene": scene,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": theme.page,
        "font": {"family": look.FAMILY, "size": theme.size, "color": theme.text},
        "showlegend": False,
        "hovermode": False,
        "uirevision": keep,
    }
