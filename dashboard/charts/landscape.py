"""The still ground of a picture: contour lines or a surface, minima, saddle points and the domain."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import numpy as np

from algorithms.landscape import Landscape
from algorithms.trace import Trace
from dashboard.charts import marks
from dashboard.charts import theme as look
from dashboard.charts.picture import KeyEntry
from dashboard.charts.sketch import Sketch, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import subscript

POINTS = 14_000  # of the grid
COARSE = 2  # times as far apart are the grid's lines where only a wide window shows them
FINE, SPREAD = 3, 0.8  # nodes of the finer grid behind one, and the standard deviation of their mean, in cells
LEVELS = 16
PADDING = 0.05  # of the domain's width, on each side
TALL, WIDE = 1.0, 3.0  # width to height of the frames that the grid fills
WIDER = 4.0  # the widest where f is not defined everywhere: the color beyond the grid is then that of no height
SIMILAR = 2.5  # widths within this ratio get equal units
MANY = 12  # more local minima or saddle points than this would hide the landscape
KEPT = 24  # grids
TAIL, CLOSER = 0.05, 21  # share of the values beyond what a picture with a pole shows; points of a closer look at it
HATCH = 14  # pixels between two lines of a hatching


def coordinate(i: int) -> str:
    """Return the name of coordinate i, counted from 0: x₁, x₂ …"""
    return f"x{subscript(i + 1)}"


@dataclass(frozen=True, eq=False)
class Slice:
    """A plane through the landscape: two coordinates vary, the others keep the values they have in `anchor`."""

    landscape: Landscape
    pair: tuple[int, int]
    anchor: np.ndarray

    def value(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return f at plane coordinates x, y of any one shape; NaN where it is not finite."""
        points = np.broadcast_to(self.anchor, (*np.shape(x), self.anchor.size)).copy()
        points[..., self.pair[0]], points[..., self.pair[1]] = x, y
        with np.errstate(all="ignore"):
            f = np.asarray(self.landscape.value(points), float)
        return np.where(np.isfinite(f), f, np.nan)

    @property
    def domain(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends (low, high) of the two axes' domains, each (2,)."""
        low, high = np.asarray(self.landscape.low, float), np.asarray(self.landscape.high, float)
        return low[list(self.pair)], high[list(self.pair)]


@dataclass(frozen=True, eq=False)
class Grid:
    """The heights of a slice on a grid: z is log(1 + f − base) or f, levels are even in z."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray  # (y, x), float32
    base: float
    top: float  # of the heights inside the frame
    scale: str

    def height(self, f: np.ndarray) -> np.ndarray:
        """Return the height at which a value f is drawn."""
        return np.log1p(np.maximum(f - self.base, 0)) if self.scale == "log" else np.asarray(f, float)

    def drawn(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the height of the grid's own surface at points inside it, between its nodes linear; else NaN."""
        i = np.clip(np.searchsorted(self.x, x) - 1, 0, self.x.size - 2)
        j = np.clip(np.searchsorted(self.y, y) - 1, 0, self.y.size - 2)
        u = (x - self.x[i]) / (self.x[i + 1] - self.x[i])
        v = (y - self.y[j]) / (self.y[j + 1] - self.y[j])
        lower = (1 - u) * self.z[j, i] + u * self.z[j, i + 1]
        upper = (1 - u) * self.z[j + 1, i] + u * self.z[j + 1, i + 1]
        inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
        return np.where(inside, (1 - v) * lower + v * upper, np.nan)

    @property
    def bottom(self) -> float:
        """Return the height of the lowest point."""
        return float(self.height(np.array(self.base)))

    @property
    def spacing(self) -> float:
        """Return the distance between two levels."""
        return (self.top - self.bottom) / LEVELS


def slice_of(trace: Trace, view: View) -> Slice:
    """Return the plane that a picture of `trace` shows; in more than two dimensions it goes through the best point."""
    best = np.asarray(trace.best_x, float)[-1]
    return Slice(trace.landscape, view.pair, np.where(np.isfinite(best), best, trace.landscape.start))


def equal_units(plane: Slice) -> bool:
    """Return whether both axes measure alike, so that one unit is as long to the right as upward."""
    low, high = plane.domain
    width, height = high - low
    return bool(1 / SIMILAR <= width / height <= SIMILAR)


def extent(plane: Slice) -> tuple[np.ndarray, np.ndarray]:
    """Return what the frame shows at least: the domain and a margin around it, as (low, high), each (2,)."""
    low, high = plane.domain
    return low - PADDING * (high - low), high + PADDING * (high - low)


def reach(plane: Slice, shape: str, wide: float = WIDE) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the grid: a surface's at the domain, else where equal units may let Plotly widen the frame."""
    if shape == "surface":
        return plane.domain
    low, high = extent(plane)
    if not equal_units(plane):
        return low, high
    width, height = high - low
    more = np.array([max(wide * height - width, 0), max(width / TALL - height, 0)]) / 2
    return low - more, high + more


_grids: dict[tuple, tuple[Landscape, Grid]] = {}
_lock = Lock()


def grid(plane: Slice, view: View) -> Grid:
    """Return the grid of a slice; the last few are kept, each as long as the landscape is the same object or equal."""
    land = plane.landscape
    rest = np.delete(plane.anchor, plane.pair)
    name = (land.id or id(land), land.name, tuple(sorted(land.knobs.items())), plane.pair, rest.tobytes())
    key = (*name, view.scale, view.shape, *map(tuple, plane.domain))
    with _lock:
        if key not in _grids:
            while len(_grids) >= KEPT:
                del _grids[next(iter(_grids))]
            _grids[key] = land, _compute(plane, view)  # the landscape is kept so that its id is not given to another
        return _grids[key][1]


def _compute(plane: Slice, view: View, wide: float = WIDE) -> Grid:
    low, high = reach(plane, view.shape, wide)
    ends = extent(plane)
    inside = np.minimum((ends[1] - ends[0]) / (high - low), 1)
    points = POINTS / np.prod(inside + (1 - inside) / COARSE)  # of an even grid, which is thinned in the end
    across = np.sqrt(points * (high[0] - low[0]) / (high[1] - low[1])) if equal_units(plane) else np.sqrt(points)
    columns = int(np.clip(across, 50, 100 * wide))
    rows = int(points) // columns
    x, y = np.linspace(low[0], high[0], columns), np.linspace(low[1], high[1], rows)
    f = plane.value(*np.meshgrid(x, y))
    if wide == WIDE and view.shape == "flat" and equal_units(plane) and np.isnan(f).any():
        return _compute(plane, view, WIDER)
    framed = f[np.ix_((y >= ends[0][1]) & (y <= ends[1][1]), (x >= ends[0][0]) & (x <= ends[1][0]))]
    known = [m.fx for m in plane.landscape.minima] if plane.landscape.dimension == 2 else []
    here = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    here = here[((here >= ends[0]) & (here <= ends[1])).all(axis=1)]
    cell = np.array([x[1] - x[0], y[1] - y[0]])
    lowest, highest = limits(here, framed.ravel(), cell, lambda at: plane.value(at[:, 0], at[:, 1]))
    base = float(min([*known, lowest]))
    rough = Grid(x, y, f, base, 0.0, view.scale)
    top = max(float(rough.height(np.array(highest))), rough.bottom + 1e-9)
    z = rough.height(f)
    if view.shape == "flat":
        z = _smooth(plane, rough, top)
    z = np.clip(z, -1e38, 1e38).astype(np.float32)  # what a single float can hold
    i, j = (_thinned(line, ends[0][axis], ends[1][axis]) for axis, line in enumerate((x, y)))
    return Grid(x[i], y[j], z[np.ix_(j, i)], base, top, view.scale)


def limits(
    at: np.ndarray, f: np.ndarray, cell: np.ndarray, value: Callable[[np.ndarray], Any], more: float = 0.25
) -> tuple[float, float]:
    """Return the lowest and the highest of the finite values f (n,) at points (n, d), or 0 and 0.

    An end that a closer look, within a cell of it, finds to be far deeper, or to stand quite alone, is a pole, of which
    a grid shows a height by chance. In its place stands what most of the values span, and a share `more` of it.
    """
    known = np.isfinite(f)
    if not known.any():
        return 0.0, 0.0
    at, f = at[known], f[known]
    low, middle, high = np.quantile(f, [TAIL, 0.5, 1 - TAIL])
    ends = []
    for side, end, usual in ((1, f.min(), low - more * (high - low)), (-1, f.max(), high + more * (high - low))):
        offsets = np.stack(np.meshgrid(*[np.linspace(-1, 1, CLOSER)] * at.shape[1]), axis=-1).reshape(-1, at.shape[1])
        finer = side * value(at[(side * f).argmin()] + cell * offsets)
        finer = finer[np.isfinite(finer)]
        far = 0.5 * abs(end - middle)
        pole = finer.min() < side * end - far or np.median(finer) > side * end + far
        ends.append(float(side * max(side * end, side * usual) if pole else end))
    return ends[0], ends[1]


def _thinned(line: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return which coordinates of a grid stay: all from low to high, and of those beyond every COARSE-th."""
    first, last = (int(i) for i in np.flatnonzero((line >= low) & (line <= high))[[0, -1]])
    before, behind = np.arange(first, 0, -COARSE)[1:], np.arange(last, len(line) - 1, COARSE)[1:]
    return np.unique(np.concatenate([[0], before, np.arange(first, last + 1), behind, [len(line) - 1]]))


def _smooth(plane: Slice, rough: Grid, top: float) -> np.ndarray:
    """Return at every node the mean height around it, weighted by a bell as wide as a cell.

    A valley narrower than a cell (a bowl of condition 1000, Rosenbrock's) is met by some nodes and missed by their
    neighbors, and contour lines through such heights break into a row of islands that are not there. The mean over
    a cell varies slowly enough for the grid to carry it, so lines run along the valley and levels below what the grid
    resolves are left out. Where f is smooth across a cell the mean differs from f by far less than a level.
    """
    reach = int(np.ceil(3 * SPREAD * FINE))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (SPREAD * FINE)) ** 2)

    def finer(ends: np.ndarray) -> np.ndarray:
        step = (ends[-1] - ends[0]) / (len(ends) - 1) / FINE
        return np.asarray(ends[0] + step * np.arange(-reach, FINE * (len(ends) - 1) + reach + 1))

    def mean(values: np.ndarray) -> np.ndarray:
        """Return the weighted sums around every FINE-th column, transposed."""
        windows = np.lib.stride_tricks.sliding_window_view(values, len(bell), axis=1)[:, ::FINE]
        return np.asarray((windows @ bell).T)

    f = plane.value(*np.meshgrid(finer(rough.x), finer(rough.y)))
    span = top - rough.bottom
    z = np.clip(rough.height(f), rough.bottom - span, top + span)  # one huge height would lift all around it
    known = np.isfinite(z)
    with np.errstate(all="ignore"):
        z = mean(mean(np.where(known, z, 0.0))) / mean(mean(known.astype(float)))
    return np.where(np.isfinite(rough.z), z, np.nan)


def contour(ground: Grid, theme: Theme) -> dict[str, Any]:
    """Return the contour trace."""
    levels = {"start": ground.bottom + ground.spacing, "end": ground.top - ground.spacing / 2, "size": ground.spacing}
    return {
        "type": "contour",
        "x": ground.x,
        "y": ground.y,
        "z": ground.z,
        "zauto": False,
        "zmin": ground.bottom,
        "zmax": ground.top,
        "autocontour": False,
        "contours": {"coloring": "fill"} | levels,
        "colorscale": theme.scale,
        "line": {"width": 0.6, "color": theme.contour, "smoothing": 1},
        "showscale": False,
        "hoverinfo": "skip",
        "name": "landscape",
    }


def scale_entry(ground: Grid, theme: Theme) -> KeyEntry:
    """Return the color scale's entry of the key."""
    steps = " (log)" if ground.scale == "log" else ""
    return KeyEntry("scale", theme.landscape[-1], f"f, low–high{steps}", colors=theme.landscape)


def add_minima(sketch: Sketch, plane: Slice, height: Any = None) -> None:
    """Add stars at the known minima, smaller and hollow at local ones; onto a slice they are projected."""
    theme, land = sketch.theme, plane.landscape
    kinds: tuple[Literal["global", "local"], ...] = ("local", "global")
    for kind in kinds:
        here = [np.asarray(m.x, float)[list(plane.pair)] for m in land.minima if m.kind == kind]
        if not here or (kind == "local" and len(here) > MANY):
            continue
        x, y = np.unique(np.round(here, 12), axis=0).T
        whole = kind == "global"
        fill, size = (theme.mark("minimum"), look.STAR) if whole else (theme.halo, look.STAR - 4)
        rim = "#1B1F24" if whole else theme.ink("yellow")
        marker = {"symbol": "star", "color": fill, "size": size, "opacity": 1, "line": {"color": rim, "width": 1.6}}
        trace: dict[str, Any] = {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": marker}
        if height is not None:
            star = {"mode": "text", "text": ["★"] * len(x), "textposition": "middle center"}  # 3-D has no such marker
            trace = {"type": "scatter3d", "x": x, "y": y, "z": height(x, y)} | star
            sketch.fixed(trace | {"name": f"{kind} minimum rim", "textfont": {"color": rim, "size": look.STAR + 8}})
            trace["textfont"] = {"color": fill, "size": look.STAR - 2}
        sketch.fixed(trace | {"name": f"{kind} minimum"})
        name = ("minimum" if whole else "local minimum") + (" (projected)" if land.dimension > 2 else "")
        sketch.key.append(KeyEntry("star", fill, name, outline=rim))


def add_saddles(sketch: Sketch, plane: Slice, height: Any = None) -> None:
    """Add crosses at the known saddle points; onto a slice none, where what is a saddle may look like anything."""
    theme, land = sketch.theme, plane.landscape
    if not 0 < len(land.saddles) <= MANY or land.dimension > 2:
        return
    x, y = np.array(land.saddles, float)[:, list(plane.pair)].T
    color = theme.text
    for name, ink, width in (("saddle rim", theme.halo, look.STROKE + 2 * look.HALO), ("saddle", color, look.STROKE)):
        trace = {"type": "scatter", "x": x, "y": y} | sign("cross-thin-open", ink, look.SADDLE, width=width)
        if height is not None:  # 3-D has no thin cross
            trace = {"type": "scatter3d", "x": x, "y": y, "z": height(x, y)} | sign("cross", ink, 5.5 + width / 2)
        sketch.fixed(trace | {"name": name})
    sketch.key.append(KeyEntry("cross", color, "saddle"))


def add_hits(sketch: Sketch, plane: Slice) -> None:
    """Outline the global minima above all marks, so that a ball that lies on one does not hide it."""
    land = plane.landscape
    here = [np.asarray(m.x, float)[list(plane.pair)] for m in land.minima if m.kind == "global"]
    if here:
        marks.add_hit(sketch, *np.unique(np.round(here, 12), axis=0).T)


def add_domain(sketch: Sketch, plane: Slice) -> None:
    """Dim what lies outside of the domain and outline the domain with dashes."""
    theme, (low, high) = sketch.theme, plane.domain
    far = 20 * (high - low)
    (a, b), (c, d) = low, high
    (A, B), (C, D) = low - far, high + far
    outside = {"x": [A, C, C, A, A, a, a, c, c, a, A], "y": [B, B, D, D, B, b, d, d, b, b, B]}  # a ring with a seam
    style = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "fill": "toself", "fillcolor": theme.outside}
    sketch.fixed(outside | style | {"name": "outside of the domain"})
    edge = {"type": "scatter", "mode": "lines", "line": {"color": theme.border, "width": 1.4, "dash": "8px,5px"}}
    sketch.fixed({"x": [a, c, c, a, a], "y": [b, b, d, d, b], "name": "domain"} | edge)


def add_undefined(sketch: Sketch, plane: Slice, ground: Grid, unit: np.ndarray) -> None:
    """Hatch where f is no finite number, which the contour lines leave out; `unit` is the length of a pixel."""
    if not np.isnan(ground.z).any():
        return
    low, high = np.array([ground.x[0], ground.y[0]]), np.array([ground.x[-1], ground.y[-1]])
    width, height = (high - low) / unit
    step = max(2.0, (width + height) / 2000)
    across = np.arange(-height, width, max(HATCH, (width + height) / 200))[
        :, None
    ]  # where a line crosses the lower edge
    up = np.arange(0, height, step)[None, :]
    x, y = low[0] + (across + up) * unit[0], low[1] + (up + 0 * across) * unit[1]
    lost = np.isnan(plane.value(x, y)) & (x >= low[0]) & (x <= high[0])
    edge = np.diff(np.pad(lost, ((0, 0), (1, 1))).astype(int), axis=1)
    first, last = np.argwhere(edge == 1), np.argwhere(edge == -1) - [0, 1]
    long = last[:, 1] > first[:, 1]
    first, last = first[long], last[long]
    if not len(first):
        return
    gap = np.full(len(first), np.nan)
    ends = [np.stack([a[tuple(first.T)], a[tuple(last.T)], gap], axis=-1).ravel() for a in (x, y)]
    style = {"type": "scatter", "mode": "lines", "line": {"color": sketch.theme.border, "width": 1}, "opacity": 0.55}
    sketch.fixed({"x": ends[0], "y": ends[1], "name": "undefined"} | style)
    sketch.key.append(KeyEntry("hatch", sketch.theme.border, "undefined", outline=sketch.theme.track))


def plane_layout(plane: Slice, theme: Theme, whole: bool = True) -> dict[str, Any]:
    """Return the layout of a flat picture; both axes have fixed ranges, widened only to keep equal units.

    Where f is not defined everywhere, not `whole`, what is left out has a color that no height has.
    """
    ground = theme.landscape[-1] if whole else theme.track
    low, high = extent(plane)
    names = [coordinate(i) for i in plane.pair]
    xaxis = look.axis(theme, names[0], range=[low[0], high[0]])
    yaxis = look.axis(theme, names[1], range=[low[1], high[1]])
    if equal_units(plane):
        yaxis |= {"scaleanchor": "x", "scaleratio": 1, "constrain": "range"}
        xaxis |= {"constrain": "range"}
    return look.layout(theme, xaxis, yaxis, f"{keep(plane.landscape)}-{plane.pair}", plot_bgcolor=ground)


def keep(land: Landscape) -> str:
    """Return a text that stays the same as long as the landscape does, so that zoom and camera are kept."""
    return f"{land.id or land.name}-{sorted(land.knobs.items())}"
