"""A run in the plane: contour lines, the path, the arrows of the update rule, trials, and the previous run."""

from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import arrows, difference, distribution, landscape, layers, marks, memory, rounds, words
from dashboard.charts.landscape import Slice, coordinate
from dashboard.charts.outcomes import walks
from dashboard.charts.picture import Picture, Readout
from dashboard.charts.searches import goes_in_rounds, remembers
from dashboard.charts.sketch import Sketch
from dashboard.charts.swarm import add_members
from dashboard.charts.theme import Theme
from dashboard.charts.view import LABELS, View

FRAME = np.array([560.0, 440.0])  # pixels of the plot area on a desk, for what is measured in pixels
PAIRS = 45  # more pairs of coordinates than this are not offered


def contour(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the flat picture of a run in two dimensions or of two of its coordinates."""
    plane = landscape.slice_of(trace, view)
    ground = landscape.grid(plane, view)
    sketch = Sketch(theme)
    sketch.fixed(landscape.contour(ground, theme))
    landscape.add_undefined(sketch, plane, ground, pixel(plane))
    if bounded(trace):
        landscape.add_domain(sketch, plane)
    landscape.add_saddles(sketch, plane)
    landscape.add_minima(sketch, plane)

    def place(points: np.ndarray, _: Any = None) -> dict[str, Any]:
        return {"x": points[..., view.pair[0]], "y": points[..., view.pair[1]]}

    unit = pixel(plane)
    marks.add_ghost(sketch, trace, ghost, place)
    if trace.x.ndim == 3:
        add_members(sketch, trace, view, place, unit)
    else:
        add_single(sketch, trace, view, place, unit)
    landscape.add_hits(sketch, plane)
    marks.add_ghost_name(sketch, trace, ghost, place, unit, landscape.reach(plane, "flat"))
    sketch.key.append(landscape.scale_entry(ground, theme))
    return Picture(
        id="landscape",
        figure={"data": sketch.data, "layout": landscape.plane_layout(plane, theme, not np.isnan(ground.z).any())},
        tracks=tuple(sketch.tracks),
        title=words.title(trace, ghost)[0],
        subtitle=subtitle(trace, view, ghost),
        alt=words.alternative(trace),
        key=sketch.ordered_key,
        readout=readout(trace, view),
        layers=layers.offered(trace) | difference.offered(trace) | distribution.offered(trace),
        **start(trace, view),
        **choices(trace, view),
    )


def add_single(sketch: Sketch, trace: Trace, view: View, place: marks.Place, unit: np.ndarray) -> None:
    """Add the signs of a run that moves one point."""
    if remembers(trace) or goes_in_rounds(trace):
        _add_search(sketch, trace, view, place, unit)
        return
    cloud = "trial" in trace.fields and not walks(trace)
    if not cloud:
        marks.add_path(sketch, trace, place, unit)
    marks.add_trials(sketch, trace, place)
    marks.add_next_trial(sketch, trace, place)
    shown = None if "trial" in trace.fields else terms(trace, view)
    layers.add_layers(sketch, trace, view, place, unit, shown.scale if shown else np.ones(len(trace)))
    at = trace.x[:, list(view.pair)]
    marks.add_best(sketch, trace, place)
    marks.add_start(sketch, trace, place)
    if shown is not None:
        arrows.add_arrows(sketch, at, shown, unit)
    marks.add_now(sketch, trace, place)


def _add_search(sketch: Sketch, trace: Trace, view: View, place: marks.Place, unit: np.ndarray) -> None:
    """Add the signs of a search that remembers where it was, or that goes round by round."""
    if remembers(trace):
        width = np.subtract(trace.landscape.high, trace.landscape.low)[list(view.pair)]
        memory.add_memory(sketch, trace, place, float(trace.value("reach")[0]) * width, unit)
    else:
        rounds.add_rounds(sketch, trace, place, unit)
    marks.add_best(sketch, trace, place)
    marks.add_start(sketch, trace, place)
    marks.add_now(sketch, trace, place, memory.NOW, glide=remembers(trace))


def bounded(trace: Trace) -> bool:
    """Return whether the run draws its points from the domain, so that the domain's edge means something."""
    return trace.x.ndim == 3 or "moves" in trace.optimizer.needs


def pixel(plane: Slice) -> np.ndarray:
    """Return the length of a pixel in plot coordinates (2,), for a frame of the usual size."""
    low, high = landscape.extent(plane)
    size = (high - low) / FRAME
    return np.full(2, size.max()) if landscape.equal_units(plane) else size


def terms(trace: Trace, view: View) -> arrows.Arrows:
    """Return the arrows of a run that moves one point, as they are drawn."""
    plane = landscape.slice_of(trace, view)
    true = layers.at_true_length(trace, view)
    return arrows.arrows(trace, view.pair, pixel(plane), *landscape.extent(plane), hide=view.hide, true=true)


def arrow_note(trace: Trace, view: View) -> tuple[str, np.ndarray | None]:
    """Return what the arrows of a run are, "" where there are none, and how many times as long they are drawn (T,)."""
    if trace.x.ndim == 3 or view.shape == "surface" or "trial" in trace.fields or remembers(trace):
        return "", None
    if trace.x.shape[-1] == 1:
        roles = arrows.terms(trace, (0,), view.hide)
        return arrows.Arrows(roles, arrows.names(trace, roles, (0,)), np.ones(len(trace))).note, None
    shown = terms(trace, view)
    return shown.note, shown.scale if "{times}" in shown.note else None


def subtitle(trace: Trace, view: View, ghost: Trace | None = None) -> str:
    """Return what the title leaves open; in more than two dimensions what plane is seen."""
    dimension = trace.x.shape[-1]
    if dimension == 2:
        return words.title(trace, ghost)[1]
    first, second = (coordinate(i) for i in view.pair)
    return f"{first} and {second} of {dimension} coordinates: a slice through the best point, the run projected onto it"


def readout(trace: Trace, view: View) -> Readout:
    """Return what hovering reads: the two coordinates and f."""
    x, y = (trace.x[..., i] for i in view.pair)
    values = {coordinate(view.pair[0]): x, coordinate(view.pair[1]): y, "f(x)": trace.fx}
    return Readout(x, y, values, member=words.member(trace) if trace.x.ndim == 3 else "")


def start(trace: Trace, view: View) -> dict[str, Any]:
    """Return where the start is, in plot coordinates, and that both of them can be chosen."""
    given = trace.run.start
    if given is None and trace.x.ndim == 3:  # drawn from the domain; a click still makes a member start there
        return {"start": None, "start_axes": "xy"}
    chosen = trace.landscape.start if given is None else given
    return {"start": tuple(float(chosen[i]) for i in view.pair), "start_axes": "xy"}


def choices(trace: Trace, view: View) -> dict[str, Any]:
    """Return what the learner can switch in the picture, and what is switched on."""
    offered = {key: tuple((value, LABELS[value]) for value in values) for key, values in _SWITCHES.items()}
    chosen = {"scale": view.scale, "shape": view.shape}
    dimension = trace.x.shape[-1]
    if dimension > 2:
        pairs = [(i, j) for i in range(dimension) for j in range(i + 1, dimension)]
        if len(pairs) > PAIRS:
            pairs = sorted({(i, i + 1) for i in range(dimension - 1)} | {view.pair})
        if view.pair not in pairs:
            pairs.append(view.pair)
        offered["pair"] = tuple((f"{i},{j}", f"{coordinate(i)}, {coordinate(j)}") for i, j in pairs)
        chosen["pair"] = f"{view.pair[0]},{view.pair[1]}"
    if trace.x.ndim == 3 and view.shape == "flat" and "covariance" not in trace.fields:  # whose members live one step
        of = f"of {trace.x.shape[1]}"
        offered["follow"] = tuple((str(i), f"{words.member(trace)} {i + 1} {of}") for i in range(trace.x.shape[1]))
        chosen["follow"] = str(view.follow)
    return {"choices": offered, "chosen": chosen}


_SWITCHES = {"scale": ("log", "linear"), "shape": ("flat", "surface")}
