"""The inner state of a run as things on the plot, each of which the learner can switch off.

A layer is chosen by the fields and quantities that a trace has, and drawn around the current point: where the gradient
is taken, how far a slope leads in each coordinate, the quadratic model, the curvature learned, the simplex, the points
that a line search tries.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.trace import Trace, following
from dashboard.charts import theme as look
from dashboard.charts.marks import Place, color_of
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.view import View

NESTED = (0, 0.36, 0.68)  # by how much smaller the model's level lines are than the one through the current point
RADIUS, WIDEST = 55, 170  # pixels: of an ellipse that stands for a curvature, and of its longest half axis
SMALLER_LARGER = (0.5, 2.0)  # by how much the ellipse of rates is drawn smaller or larger than usual at most
REACH, FARTHEST = 46, 150  # pixels: typical half axis of the ellipse of rates, and its longest
SHOWN = 4  # points dropped on one line that are drawn
TARGETS = ("model", "simplex", "look-ahead", "trials")  # layers that show where the step leads
EDGES = 45  # of a simplex: more would be a thicket


@dataclass(frozen=True)
class Ground:
    """Where a layer is drawn: the run, its view, how points become plot coordinates, and the length of a pixel."""

    trace: Trace
    view: View
    place: Place
    unit: np.ndarray
    times: np.ndarray  # (T,) how many times as long as they are arrows are drawn

    @property
    def pair(self) -> list[int]:
        """The coordinates that are seen."""
        return list(self.view.pair) if self.flat else [0]

    @property
    def flat(self) -> bool:
        """Whether a plane is seen, not a curve."""
        return self.trace.x.shape[-1] > 1

    @property
    def at(self) -> np.ndarray:
        """The current point (T, 2) in plot coordinates."""
        place = self.place(self.trace.x, self.trace.fx)
        return np.stack([place["x"], place["y"]], axis=-1)

    def block(self, matrix: np.ndarray) -> np.ndarray:
        """The part (T, 2, 2) of matrices (T, d, d) that belongs to the coordinates seen."""
        return matrix[:, self.pair][..., self.pair]


@dataclass(frozen=True)
class Layer:
    """What a layer is called, in which traces it can be seen, and what draws it."""

    label: str
    known: Callable[[Trace], bool]
    draw: Callable[[Sketch, Ground], None]


def has(name: str) -> Callable[[Trace], bool]:
    """Return a test for traces with a field or derived quantity of this name."""
    return lambda trace: name in trace.fields or name in trace.optimizer.derived


def offered(trace: Trace) -> dict[str, str]:
    """Return the layers of a run: id -> label, its arrows first; those of a population are its own."""
    if trace.landscape.kind == "tours":
        return {}
    if trace.x.ndim == 3:
        return {id: label for id, (label, known) in POPULATION.items() if known(trace)}
    if {"trial", "neighbors"} & trace.fields.keys():
        return {}
    roles = {role: role.replace("-", " ") for role in trace.optimizer.arrows}
    return roles | {id: layer.label for id, layer in LAYERS.items() if layer.known(trace)}


def at_true_length(trace: Trace, view: View) -> np.ndarray:
    """Return in which frames (T,) a layer shows where the step leads, so that an arrow may not point past it."""
    shown = [id for id in TARGETS if LAYERS[id].known(trace) and id not in view.hide]
    if shown == ["trials"]:
        return np.asarray(np.isfinite(tries(trace)[0]).any(axis=(1, 2)))
    return np.full(len(trace), bool(shown))


def add_layers(
    sketch: Sketch, trace: Trace, view: View, place: Place, unit: np.ndarray, times: np.ndarray | None = None
) -> None:
    """Add every layer that the run has and that is not switched off; arrows are drawn `times` (T,) their length."""
    ground = Ground(trace, view, place, unit, np.ones(len(trace)) if times is None else times)
    for id, layer in LAYERS.items():
        if layer.known(trace) and id not in view.hide:
            with np.errstate(all="ignore"):
                layer.draw(sketch, ground)


def oval(
    sketch: Sketch,
    name: str,
    kind: str,
    style: dict[str, Any],
    center: np.ndarray,
    half: np.ndarray,
    haloed: bool = False,
    **more: Any,
) -> None:
    """Add an ellipse or hyperbola around `center` (T, 2), whose half axes are the columns of `half` (T, 2, 2)."""
    one, other = center + half[:, :, 0], center + half[:, :, 1]
    ends = {"x2": one[:, 0], "y2": one[:, 1], "x3": other[:, 0], "y3": other[:, 1]}
    add = sketch.haloed if haloed else sketch.move
    add(name, kind, style, x=center[:, 0], y=center[:, 1], **ends, **more)


def _look_ahead(sketch: Sketch, ground: Ground) -> None:
    """Draw where the velocity alone would lead: the gradient is taken there."""
    there = ground.place(ground.trace.value("look_ahead"))
    tip = np.stack([there["x"], there["y"]], axis=-1)
    far = np.linalg.norm((tip - ground.at) / ground.unit, axis=-1) >= look.NOW
    tip = np.where(far[:, None], tip, np.nan)
    ends = {"x": ground.at[:, 0], "y": ground.at[:, 1], "x2": tip[:, 0], "y2": tip[:, 1]}
    sketch.haloed("way to the look-ahead", "segments", line(sketch.theme.line("velocity"), 2, "3px,4px"), **ends)
    ring = sign("circle", sketch.theme.halo, 12, sketch.theme.line("velocity"), 3)
    sketch.move("look-ahead", "point", ring, x=tip[:, 0], y=tip[:, 1])
    sketch.entry("circle", "halo", "look-ahead", outline=sketch.theme.line("velocity"))


def _rates(sketch: Sketch, ground: Ground) -> None:
    """Draw an ellipse whose half axes are to each other as the learning rates of the two coordinates."""
    if not ground.flat:
        return
    rate = ground.trace.value("effective_rate")[:, ground.pair] / ground.unit
    size = np.sqrt(np.prod(rate, axis=-1))
    known = np.isfinite(size) & (size > 0)
    middle = np.median(size[known]) if known.any() else np.nan
    # the proportion of the two is true; of the size only its fourth root, or it would soon fill the picture or vanish
    half = REACH * rate / size[:, None] * ((size / middle) ** 0.25).clip(*SMALLER_LARGER)[:, None]
    half = half * np.minimum(1, FARTHEST / half.max(axis=1, keepdims=True)) * ground.unit
    style = line(sketch.theme.line("rate"), 2.4, "6px,4px")
    oval(sketch, "rates", "ellipse", style, ground.at, half[:, :, None] * np.eye(2), haloed=True)
    top = ground.at + half * [0, 1]
    sketch.label("rates", "rate", top, "top center")


def _model(sketch: Sketch, ground: Ground) -> None:
    """Draw the local quadratic model: its level lines around the point where it is flat, one of them through here."""
    if not ground.flat:
        return
    trace = ground.trace
    H, g = ground.block(trace.value("hessian_used")), trace.value("gradient")[:, ground.pair]
    sound = np.isfinite(H).all(axis=(1, 2)) & np.isfinite(g).all(axis=1)
    values, axes = np.linalg.eigh(np.where(sound[:, None, None], H, np.eye(2)))
    along = np.einsum("tij,ti->tj", axes, g) / np.where(abs(values) > 0, values, np.nan)  # x − center, in these axes
    along[~sound] = np.nan
    center = ground.at - np.einsum("tij,tj->ti", axes, along)
    up, down = (np.asarray(each.all(axis=1)) for each in (values > 0, values < 0))
    bowl = up | down
    height = (values * along**2).sum(axis=1)  # twice that of the model's level through here
    half = axes * np.sqrt(np.abs(height[:, None] / values))[:, None]  # half axes, in columns
    first = height * values[:, 0] > 0  # where it is open: the branch through here crosses the first axis
    half *= np.where(bowl[:, None], 1, np.sign(along))[:, None]
    half = np.where((bowl | first)[:, None, None], half, half[:, :, ::-1])
    theme = sketch.theme
    for kind, which in (("ellipse", bowl), ("hyperbola", np.logical_not(bowl))):
        if not which.any():
            continue
        middle = np.where(which[:, None], center, np.nan)
        for inner in NESTED:
            style = line(theme.line("model"), 1.5 if inner else 2.4, "solid" if inner else "7px,4px")
            oval(sketch, "local quadratic", kind, style, middle, half, inner=inner)
    kinds: dict[str, np.ndarray] = {"minimum": up, "maximum": down, "saddle": np.logical_not(bowl)}
    signs = {"minimum": ("circle", 11), "maximum": ("triangle-up", 12), "saddle": ("cross", 13)}
    for kind, which in kinds.items():
        if not which.any():
            continue
        spot = np.where(which[:, None], center, np.nan)
        symbol, size = signs[kind]
        fill = theme.line("model") if symbol == "cross" else theme.halo
        sketch.move(
            f"model's {kind}", "point", sign(symbol, fill, size, theme.line("model"), 2.6), x=spot[:, 0], y=spot[:, 1]
        )
        away = np.linalg.norm((spot - ground.at) / ground.unit, axis=-1)
        named = np.where((away > RADIUS)[:, None], spot, np.nan)
        sketch.label(f"model's {kind}", "model", named, "bottom center")
    sketch.entry("dash", "model", "local quadratic")


def _estimate(sketch: Sketch, ground: Ground) -> None:
    """Draw the curvature that the method has learned as an ellipse, and the true one beside it at the same level.

    Both are {p: pᵀBp = c}, with B the inverse of the estimate and the true Hessian; c makes them easy to see.
    """
    if not ground.flat:
        return
    trace = ground.trace
    inverse = trace.value("inverse_hessian")
    sound = np.isfinite(inverse).all(axis=(1, 2))
    learned = ground.block(np.linalg.inv(np.where(sound[:, None, None], inverse, np.eye(inverse.shape[-1]))))
    shapes = {"estimate": learned}
    if trace.has("hessian"):
        shapes["true Hessian"] = ground.block(trace.value("hessian"))
    ellipses, sizes = {}, []
    for name, matrix in shapes.items():
        fine = np.isfinite(matrix).all(axis=(1, 2)) & sound
        values, axes = np.linalg.eigh(np.where(fine[:, None, None], matrix, np.eye(2)))
        fine &= values[:, 0] > 0
        half = np.where(fine[:, None], 1 / np.sqrt(np.where(values > 0, values, np.nan)), np.nan)
        ellipses[name] = half, axes
        sizes.append(half)
    pixel = ground.unit.mean()
    true = np.where(np.isfinite(sizes[-1]), sizes[-1], sizes[0])
    scale = RADIUS * pixel / np.sqrt(np.prod(true, axis=1))
    scale = np.minimum(scale, WIDEST * pixel / np.nanmax(np.concatenate(sizes, axis=1), axis=1))
    labels = []
    for name, role, width, dash, end in (
        ("true Hessian", "ink", 2.0, "5px,4px", -1),
        ("estimate", color_of(trace), 2.8, "solid", 1),
    ):
        if name not in ellipses:
            continue
        half, axes = ellipses[name]
        half = axes * (scale[:, None] * half)[:, None]
        oval(sketch, name, "ellipse", line(sketch.theme.line(role), width, dash), ground.at, half, haloed=True)
        reach = np.linalg.norm(half[:, 1], axis=1, keepdims=True)  # the highest point is at the angle of the second row
        top = ground.at + end * np.einsum("tij,tj->ti", half, half[:, 1]) / reach
        labels.append((name, role, top, "top center" if end > 0 else "bottom center"))
    for name, role, where, side in labels:  # above both lines
        sketch.label(name, role, where, side)


def tries(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return the points that the step from each frame tries: those it drops (T, K, d), and the one it keeps (T, d).

    Kept is the next point, or a new corner of the simplex. Of many dropped ones the last SHOWN are returned.
    """
    kept = trace.value("simplex") if "simplex" in trace.fields else trace.x[:, None]
    tried = trace.value("trials")
    taken = (tried[:, :, None] == kept[:, None]).all(axis=-1).any(axis=-1)
    one = np.where(taken.any(axis=1)[:, None], tried[np.arange(len(tried)), taken.argmax(axis=1)], np.nan)
    dropped = np.where(taken[..., None], np.nan, tried)
    last = np.argsort(np.isfinite(dropped[..., 0]), axis=1, kind="stable")[:, -SHOWN:]  # NaN first
    dropped = np.take_along_axis(dropped, last[..., None], axis=1)
    dropped = dropped[:, np.isfinite(dropped[1:, :, 0]).any(axis=0)]
    return following(dropped), following(one)


def _trials(sketch: Sketch, ground: Ground) -> None:
    """Draw the points that the next step tries: those it drops as ×, the one it keeps as a ring."""
    trace, theme = ground.trace, sketch.theme
    dropped, kept = tries(trace)
    if dropped.size:
        style = sign("x", theme.mark("rejected"), 10, "", 2.6)
        sketch.move("tried and dropped", "point", style, **ground.place(dropped))
        sketch.entry("x", "rejected", "tried, dropped")
    if dropped.size or "simplex" in trace.fields:  # else every first try was kept: the next dot of the path says so
        style = sign("circle", theme.halo, 11, theme.line(color_of(trace)), 2.6)
        sketch.move("tried and kept", "point", style, **ground.place(kept))
    if "simplex" not in trace.fields and ground.flat and dropped.size:
        where = ground.place(np.concatenate([dropped, kept[:, None]], axis=1))
        way = np.stack([where["x"], where["y"]], axis=-1)
        away = np.linalg.norm((way - ground.at[:, None]) / ground.unit, axis=-1)
        tip = way[np.arange(len(way)), np.argmax(np.nan_to_num(away), axis=1)]
        ends = {"x": ground.at[:, 0], "y": ground.at[:, 1], "x2": tip[:, 0], "y2": tip[:, 1]}
        sketch.move("line searched", "segments", line(theme.line("rejected"), 1.6, "3px,4px"), **ends)


def _simplex(sketch: Sketch, ground: Ground) -> None:
    """Draw the simplex, and what becomes of its worst corner in a word."""
    trace, theme, color = ground.trace, sketch.theme, color_of(ground.trace)
    where = ground.place(trace.value("simplex"))
    corners = np.stack([where["x"], where["y"]], axis=-1)
    n = corners.shape[1]
    edges = [(i, j) for i in range(n) for j in range(i)]
    if len(edges) > EDGES:
        return
    gap = np.full((len(corners), 1, 2), np.nan)
    outline = np.concatenate([part for i, j in edges for part in (corners[:, [i, j]], gap)], axis=1)
    sketch.haloed("simplex", "polyline", line(theme.line(color), 2.8), x=outline[..., 0], y=outline[..., 1])
    style = sign("circle", theme.mark(color), 8, theme.halo, 1.4)
    sketch.move("corners", "point", style, x=corners[..., 0], y=corners[..., 1])
    sketch.entry("line", color, "simplex")
    if "note" in trace.fields and ground.flat:
        notes = np.append(trace.value("note")[1:], "")
        spot = corners[:, -1]  # the worst corner is the one that moves
        for note in sorted({str(each) for each in notes} - {"", "start"}):
            at = np.where((notes == note)[:, None], spot, np.nan)
            sketch.label(note, color, at, "bottom center")


def _exact(sketch: Sketch, ground: Ground) -> None:
    """Draw where the full, noiseless gradient would have led, beside the one that the step went by."""
    trace = ground.trace
    if "gradient" not in trace.optimizer.arrows or not ground.flat:
        return
    exact = ground.times[:, None] * trace.arrow("gradient", exact=True)[:, ground.pair]
    exact = np.where(np.isfinite(trace.value("step")[:, ground.pair]), exact, np.nan)
    length = np.linalg.norm(exact / ground.unit, axis=-1, keepdims=True)
    tip = ground.at + exact * np.minimum(1, WIDEST / np.maximum(length, 1e-300))
    style = line(sketch.theme.line("gradient"), 2, "3px,3px")
    ends = {"x": ground.at[:, 0], "y": ground.at[:, 1], "x2": tip[:, 0], "y2": tip[:, 1]}
    sketch.haloed("true gradient", "segments", style, arrow=True, **ends)
    sketch.entry("dot", "gradient", "full gradient" if "data" in trace.landscape.offers else "gradient without noise")


def on_ring(trace: Trace) -> bool:
    """Return whether each member knows only its two neighbors, not the best of all."""
    return dict(trace.run.knobs).get("topology") == "ring"


def flies(trace: Trace) -> bool:
    """Return whether members fly from each position to the next; row i of one generation is not row i of another."""
    return "velocity" in trace.fields


POPULATION: dict[str, tuple[str, Callable[[Trace], bool]]] = {  # drawn by the pictures of populations
    "velocities": ("next moves", flies),
    "own-bests": ("own bests", has("personal_best")),
    "pulls": ("pulls of the followed", lambda trace: flies(trace) and "social" in trace.optimizer.arrows),
    "links": ("who follows whom", has("leader")),
    "earlier": ("earlier generations", has("parents")),
    "family": ("parents of the followed", has("parents")),
}
LAYERS = {
    "rates": Layer("rate of each coordinate", has("effective_rate"), _rates),
    "model": Layer("local quadratic", has("hessian_used"), _model),
    "estimate": Layer("curvature learned", has("inverse_hessian"), _estimate),
    "simplex": Layer("simplex", has("simplex"), _simplex),
    "exact": Layer("gradient without noise", has("estimate"), _exact),
    "look-ahead": Layer("look-ahead", has("look_ahead"), _look_ahead),
    "trials": Layer("points tried", lambda trace: bool(np.size(trace.fields.get("trials", ()))), _trials),
}
