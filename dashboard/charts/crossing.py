"""The large picture of one mating: two members of a generation, the child they make, and where it ends up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.landscape import Landscape
from algorithms.moves import BLEND
from algorithms.trace import Trace
from dashboard.charts import curve, landscape, pheromone, tour
from dashboard.charts import theme as look
from dashboard.charts.contour import pixel
from dashboard.charts.generations import elites, faded, parent_roles, rim
from dashboard.charts.landscape import Slice
from dashboard.charts.marks import color_of
from dashboard.charts.offspring import (
    ARRIVAL,
    CROSSOVER,
    MUTATION,
    POPULATION,
    SELECTION,
    Mating,
    captions,
    edges,
    finding,
    gene,
    listed,
    survivor,
)
from dashboard.charts.picture import KeyEntry, Picture
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.theme import Theme
from dashboard.charts.view import View

Spot = Callable[[np.ndarray], np.ndarray]  # where points (…, d) lie in the picture: (…, 2)
LEVEL = 26  # pixels: what differs less in height lies side by side
LONG = 70  # pixels: on a shorter line there is no room for a name
SHORT = 5  # pixels: a shorter mutation is not drawn as an arrow
CLOSER = (10_000.0, 5000.0, 2000.0, 1000.0, 500.0, 200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0)  # times
FAMILY = 0.5  # of the width: what a family takes that is seen closer
AIR = 0.06  # of the width, to the left and to the right on a curve, and half of what is above a map for the words
PALE = 0.45  # of the run's color: what is left of those who were not chosen


def picture(one: Mating, view: View, theme: Theme, title: str, subtitle: str) -> Picture:
    """Return the large picture of a mating: on a curve in one dimension, else on contour lines."""
    sketch = Sketch(theme)
    if one.tours:
        land = one.trace.landscape
        _add_crossed_tours(sketch, one)
        low, high = tour.extent(land)
        layout, times = tour.layout(land, theme), 1.0
        high = high + np.array([0, 2 * AIR * (high[1] - low[1])])  # for the words, which else lay on the upper cities
        layout["yaxis"]["range"][1] = float(high[1])
    elif one.child.size == 1:
        land, (low, high, times) = one.trace.landscape, window(one, [0])
        low, high = curve.frame_of(one.trace) if times == 1 else framed(land, low, high)
        unit = (high - low) / curve.FRAME
        curve.add_curve(sketch, land, low[0], high[0])
        curve.add_minima(sketch, land)
        layout = curve.layout(theme, land, low, high)

        def place(x: np.ndarray) -> np.ndarray:
            return np.stack([x[..., 0], curve.values(land, x)], axis=-1)

        _add_stages(sketch, one, place, unit, view)
        layout["uirevision"] += f"-{one.k}-{one.who}"  # another mating is seen from where it happens
    else:
        whole = landscape.slice_of(one.trace, view)
        low, high, times = window(one, list(view.pair))
        plane = whole if times == 1 else Window(whole.landscape, whole.pair, whole.anchor, (low, high))
        ground = landscape.grid(plane, View(scale=view.scale))
        sketch.fixed(landscape.contour(ground, theme))
        landscape.add_domain(sketch, whole)
        landscape.add_minima(sketch, plane)
        layout = landscape.plane_layout(plane, theme)
        layout["uirevision"] += f"-{one.k}-{one.who}"  # another mating is seen from where it happens
        low, high = landscape.extent(plane)
        _add_stages(sketch, one, lambda x: x[..., list(view.pair)], pixel(plane), view)
        landscape.add_hits(sketch, plane)
        sketch.key.append(landscape.scale_entry(ground, theme))
    add_captions(sketch, captions(one, times), np.array([(low[0] + high[0]) / 2, high[1]]))
    taken = elites(one.trace)[one.k]
    names = {str(i): f"child {i + 1} of {len(taken)}{f', {survivor(one)}' * bool(taken[i])}" for i in range(len(taken))}
    return Picture(
        id="tour" if one.tours else "landscape",  # as in the run's own picture, so that the zoom is kept
        figure={"data": sketch.data, "layout": layout},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=subtitle,
        alt=_alternative(one),
        key=sketch.ordered_key,
        choices={"follow": tuple(names.items())},
        chosen={"follow": str(one.who)},
    )


@dataclass(frozen=True, eq=False)
class Window(Slice):
    """A part of a slice, for what happens in a corner of the domain."""

    corners: tuple[np.ndarray, np.ndarray]

    @property
    def domain(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners (low, high) of the part, each (2,)."""
        return self.corners


def window(one: Mating, which: list[int]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the corners of what is shown of some coordinates, and how many times closer it is than the domain."""
    kin = np.array([one.a, one.b, one.crossed, one.child], float)
    return around(one.trace.landscape, kin[:, which], one.trace.x[one.k - 1][:, which], which)


def around(
    land: Landscape, kin: np.ndarray, crowd: np.ndarray, which: list[int]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the corners of what holds all `kin` (n, m), and how many times closer it is than the domain.

    Where they are all at one place, it is as wide as the `crowd` (P, m). `which` are the m coordinates.
    """
    low, high = (np.asarray(end, float)[which] for end in (land.low, land.high))
    width, kin = high - low, kin[np.isfinite(kin).all(axis=1)]
    if not len(kin):
        return low, high, 1.0
    share = float((np.ptp(kin, axis=0) / width).max())
    if not share > 0:  # all at one place: what is around them
        with np.errstate(all="ignore"):
            away = np.abs(crowd - kin[0]) / width
        share = float(np.median(away[np.isfinite(away)])) if np.isfinite(away).any() else 0.0
    times = next((n for n in CLOSER if n * share <= FAMILY), 1.0) if share > 0 else 1.0
    half = width / times / 2
    center = np.clip((kin.min(axis=0) + kin.max(axis=0)) / 2, low + half, high - half)
    return center - half, center + half, times


def framed(land: Landscape, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a curve's frame from `low` to `high`, (1,) each."""
    low, high = low - AIR * (high - low), high + AIR * (high - low)
    f = curve.values(land, np.linspace(low, high, curve.POINTS))
    f = f[np.isfinite(f)] if np.isfinite(f).any() else np.zeros(1)
    air = 0.07 * np.ptp(f) or 1.0
    return np.append(low, f.min() - 1.6 * air), np.append(high, f.max() + 3 * air)


def _alternative(one: Mating) -> str:
    """Return a text that stands for the picture."""
    title, how = finding(one)
    text = f"How child {one.who + 1} of generation {one.k:,} came to be. {title}. {how}."
    if not one.elite:
        text += f" Its parents are members {one.parents[0] + 1} and {one.parents[1] + 1} of generation {one.k - 1:,}."
    return text


def placed(points: np.ndarray, frames: int, *stages: int) -> dict[str, Any]:
    """Return points (…, 2) as x, y of a track that shows them in some stages and is NaN in the others."""
    shown = np.full((frames, *points.shape), np.nan)
    shown[[stage for stage in stages if stage < frames]] = points
    return {"x": shown[..., 0], "y": shown[..., 1]}


def _add_stages(sketch: Sketch, one: Mating, place: Spot, unit: np.ndarray, view: View) -> None:
    """Add what moves: the generations, the parents, the child on its way, and the words of every stage."""
    theme, color, frames = sketch.theme, color_of(one.trace), one.frames
    last = frames - 1
    old, new = (np.asarray(place(np.asarray(one.trace.x[k], float))) for k in (one.k - 1, one.k))
    bold = sign("circle", theme.mark(color), look.PARTICLE, rim(theme, color), 1.4)
    halo = sign("circle", theme.halo, look.PARTICLE + 4)
    quiet = sign("circle", faded(theme, color, PALE), look.PARTICLE - 2)
    sketch.move("not chosen", "point", quiet, **placed(old, frames, *range(1, last)))
    sketch.move("parents' generation halo", "point", halo, **placed(old, frames, POPULATION))
    sketch.move("parents' generation", "point", bold, **placed(old, frames, POPULATION))
    sketch.move("child's generation halo", "point", halo, **placed(new, frames, last))
    sketch.move("child's generation", "point", bold, **placed(new, frames, last))
    sketch.entry("circle", color, "member", outline=rim(theme, color))
    a, b, crossed, child = (np.asarray(place(np.asarray(x, float))) for x in (one.a, one.b, one.crossed, one.child))
    if one.elite:
        _add_parent(sketch, one, 0, a, survivor(one).split()[-1], "bottom center")
        _add_disc(sketch, one, child, (last,), unit)
    else:
        if one.child.size > 1:
            _add_possible(sketch, one, a, b)
        for i, at in enumerate((a, b)):
            _add_line(sketch, one, i, at, crossed, view)
        tip = child if np.linalg.norm((child - crossed) / unit) >= SHORT else np.full(2, np.nan)
        sketch.entry("arrow", "step", "mutation")
        for i, at in enumerate((a, b)):
            _add_parent(sketch, one, i, at, f"parent {'ab'[i]}", _beside((at - crossed) / unit, i))
        for i, at in enumerate((a, b)):
            _add_handed(sketch, one, i, (at + crossed) / 2, float(np.linalg.norm((crossed - at) / unit)), view)
        hollow = sign("circle", theme.halo, look.FOLLOWED - 1, theme.line(color), 3)
        sketch.move("crossed", "point", hollow, **placed(crossed, frames, CROSSOVER, MUTATION, ARRIVAL))
        way = placed(np.stack([crossed, tip]), frames, MUTATION, ARRIVAL)
        tail, head = (np.stack([way["x"][:, i], way["y"][:, i]], axis=-1) for i in (0, 1))
        sketch.arrow("mutation", "step", look.STEP, tail, head, least=SHORT)
        _add_disc(sketch, one, child, (MUTATION, ARRIVAL), unit)


def add_captions(sketch: Sketch, texts: list[str], top: np.ndarray) -> None:
    """Add the words of every stage at the upper edge."""
    theme = sketch.theme
    for stage, text in enumerate(texts):
        style = {
            "mode": "text",
            "text": text,
            "textposition": "bottom center",
            "textfont": {"color": theme.text, "size": theme.size + 2, "family": look.FAMILY, "weight": 600},
            "meta": {"background": theme.halo},
        }
        sketch.move(f"stage {stage}", "text", style, **placed(top, len(texts), stage))


def _add_possible(sketch: Sketch, one: Mating, a: np.ndarray, b: np.ndarray) -> None:
    """Add where crossover can put a child: at the corners between the parents, or anywhere in a wider rectangle."""
    blended = bool((one.origin == "new").any())
    reach = BLEND * (b - a) * blended
    first, last = a - reach, b + reach
    x, y = first[0] + (last[0] - first[0]) * np.array([0, 1, 1, 0, 0]), [first[1], first[1], last[1], last[1], first[1]]
    edge = placed(np.stack([x, y], axis=-1), 5, SELECTION, CROSSOVER)
    style = line(sketch.theme.text, 1.6, "5px,4px")
    sketch.haloed("possible children", "polyline", style, **edge)
    if blended:
        sketch.entry("dash", "step", "a child may lie inside")
        return
    corners = placed(np.array([[a[0], b[1]], [b[0], a[1]]]), 5, SELECTION, CROSSOVER)
    sketch.move("corners", "point", sign("circle", sketch.theme.halo, 9, sketch.theme.text, 1.8), **corners)
    sketch.key.append(KeyEntry("circle-open", sketch.theme.text, "possible children"))


def _add_line(sketch: Sketch, one: Mating, i: int, parent: np.ndarray, crossed: np.ndarray, view: View) -> None:
    """Add the line from a parent to the child, with what it hands on."""
    theme, role = sketch.theme, parent_roles(one.trace)[i]
    ends = placed(np.stack([parent, crossed]), 5, CROSSOVER, MUTATION, ARRIVAL)
    style = line(theme.line(role), look.PATH)
    pairs = {"x": ends["x"][:, 0], "y": ends["y"][:, 0], "x2": ends["x"][:, 1], "y2": ends["y"][:, 1]}
    sketch.haloed(f"from {'ab'[i]}", "segments", style, **pairs)


def _add_handed(sketch: Sketch, one: Mating, i: int, middle: np.ndarray, length: float, view: View) -> None:
    """Name the shown genes that a parent hands on, on its line where that is long enough."""
    which = (0,) if one.child.size == 1 else view.pair
    own = [gene(one, j) for j in which if one.origin[j] == "ab"[i]]
    if own and length >= LONG:
        at = placed(middle, 5, CROSSOVER)
        role = parent_roles(one.trace)[i]
        sketch.label(listed(own), role, np.stack([at["x"], at["y"]], axis=-1), "middle center")


def _add_parent(sketch: Sketch, one: Mating, i: int, at: np.ndarray, name: str, side: str) -> None:
    """Add a parent, ringed, with its name on one side."""
    theme, role = sketch.theme, parent_roles(one.trace)[i]
    shown = range(SELECTION, one.frames)
    sketch.move(
        f"{name} halo", "point", sign("circle", theme.halo, look.FOLLOWED + 6), **placed(at, one.frames, *shown)
    )
    disc = sign("circle", theme.mark(role), look.FOLLOWED, theme.text, 2)
    sketch.move(name, "point", disc, **placed(at, one.frames, *shown))
    label = placed(at, one.frames, *shown)
    sketch.label(name, role, np.stack([label["x"], label["y"]], axis=-1), side)


def _beside(away: np.ndarray, i: int) -> str:
    """Return on which side of a parent its name stands: away from the child, which lies `away` pixels behind it."""
    across, up = (float(v) for v in np.nan_to_num(away))
    if max(abs(across), abs(up)) < LEVEL:
        return "middle left" if i == 0 else "middle right"
    if abs(up) < LEVEL:
        return "middle left" if across < 0 else "middle right"
    return "top center" if up > 0 else "bottom center"


def _add_disc(sketch: Sketch, one: Mating, at: np.ndarray, stages: tuple[int, ...], unit: np.ndarray) -> None:
    """Add the child: larger than all others, ringed, with its number."""
    theme, color, frames = sketch.theme, color_of(one.trace), one.frames
    disc = sign("circle", theme.mark(color), look.FOLLOWED + 2, theme.text, 2.6)
    sketch.move("child halo", "point", sign("circle", theme.halo, look.FOLLOWED + 8), **placed(at, frames, *stages))
    sketch.move("child", "point", disc, head=True, **placed(at, frames, *stages))
    label = placed(at, frames, *stages)
    sketch.label(f"child {one.who + 1}", color, np.stack([label["x"], label["y"]], axis=-1), "top center")


def _add_crossed_tours(sketch: Sketch, one: Mating) -> None:
    """Add the map, what the generations agree on, the parents' tours, and the child's edges by where they come from."""
    theme, land, frames, last = sketch.theme, one.trace.landscape, one.frames, one.frames - 1
    at, color, roles = tour.positions(land), color_of(one.trace), parent_roles(one.trace)
    tour.add_ground(sketch, land)
    shared = [_shared(one.trace, k) for k in (one.k - 1, one.k)]
    weight = np.stack([shared[0], np.zeros_like(shared[0]), shared[1]])
    which = np.array([0] + [1] * (frames - 2) + [2])
    pheromone.add_classes(sketch, "shared", weight, at, which, theme.crowd)
    shared_by = KeyEntry("scale", theme.crowd[-1], "shared, few–all", colors=theme.crowd)
    for i, (name, order) in enumerate(zip("ab", (one.a, one.b), strict=True)):
        if one.elite and i:
            break
        way = placed(at[np.append(order, order[0])], frames, SELECTION)
        style = line(theme.line(roles[i]), look.PATH)
        sketch.move(
            f"the {survivor(one).split()[-1]}" if one.elite else f"parent {name}", "polyline", style, beside=3.0, **way
        )
        sketch.entry("line", roles[i], f"the {survivor(one).split()[-1]}" if one.elite else name)
    if not one.elite:
        kinds = {"a": (roles[0], "solid"), "b": (roles[1], "solid"), "both": ("ghost", "solid")}
        kinds |= {"new": ("vermillion", "6px,4px")}
        fresh = one.mutated
        for kind, (role, dash) in kinds.items():
            name = {"a": "from a", "b": "from b", "both": "both", "new": "new"}[kind]
            ends = _ways(at, frames, [(CROSSOVER, one.crossed, one.origin == kind)])
            mutated = _ways(at, frames, [(MUTATION, one.child, (one.source(one.child) == kind) & ~fresh)])
            ends = {axis: np.fmax(values, mutated[axis]) for axis, values in ends.items()}
            sketch.haloed(name, "segments", line(theme.line(role), look.PATH + 1, dash), **ends)
            if kind == "both" or (kind == "new" and (one.origin == "new").any()):
                sketch.entry("dash" if kind == "new" else "line", role, name)
        lost = ~np.isin(edges(one.crossed), edges(one.child))
        cut = _ways(at, frames, [(MUTATION, one.crossed, lost)])
        sketch.move("taken out", "segments", line(theme.mark("rejected"), 2.2, "3px,4px"), **cut)
        put = _ways(at, frames, [(MUTATION, one.child, fresh)])
        sketch.haloed("put in", "segments", line(theme.mark("step"), look.PATH + 2), **put)
        if fresh.any():
            sketch.entry("line", "step", "mutation")
            sketch.entry("dot", "rejected", "taken out")
    whole = placed(at[np.append(one.child, one.child[0])], frames, last)
    sketch.move("child halo", "polyline", line(theme.halo, look.PATH + 2 * look.HALO), **whole)
    sketch.move("child", "polyline", line(theme.line(color), look.PATH), **whole)
    sketch.entry("line", color, f"child {one.who + 1}")
    sketch.key.append(shared_by)
    tour.add_cities(sketch, land)


def _ways(at: np.ndarray, frames: int, shown: list[tuple[int, np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Return the marked edges of a tour as segments of one stage: (stage, tour (n,), which of its edges (n,))."""
    ends = {name: np.full((frames, len(at)), np.nan) for name in ("x", "y", "x2", "y2")}
    for stage, order, which in shown:
        for suffix, cities in (("", order), ("2", np.roll(order, -1))):
            for axis, name in enumerate("xy"):
                ends[name + suffix][stage] = np.where(which, at[cities, axis], np.nan)
    return ends


def _shared(trace: Trace, k: int) -> np.ndarray:
    """Return the share of generation k that uses each edge (M,), 0 for what one member does alone."""
    tours = np.asarray(trace.x[k], int)
    i, j = pheromone.pairs(tours.shape[-1])
    used = np.bincount(np.concatenate([edges(x) for x in tours]), minlength=tours.shape[-1] ** 2)
    share = used[i * tours.shape[-1] + j] / len(tours)
    return np.where(share < 2 / len(tours), 0, share)
