"""A run on a set of cities: the tour of every frame, what a step changed in it, and where the ants' pheromone lies."""

from typing import Any

import numpy as np

from algorithms.landscape import Landscape
from algorithms.trace import Trace, following
from dashboard.charts import exchanges, memory, pheromone, rounds, tour_words
from dashboard.charts import theme as look
from dashboard.charts.marks import color_of
from dashboard.charts.outcomes import tries_moves
from dashboard.charts.picture import KeyEntry, Picture, Readout
from dashboard.charts.searches import goes_in_rounds, remembers, tenure
from dashboard.charts.sketch import Sketch, line, sign
from dashboard.charts.sketch import words as lettering
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import number

SQUARE = 100.0  # the side of the square that maps lie in
MARGIN = 0.045  # of the longer side of what is shown, around it
ROOMY = 0.07  # the same where cities are few and have numbers, for the names beside them
NOTCH = 10.0  # by which the frame of cities that can be moved grows
LEAST = 50.0  # that a frame of such cities shows
FRAME = np.array([596.0, 430.0])  # pixels of the frame on a desk, for what is measured in pixels
NAMED = 15  # cities that carry their numbers
WRITTEN = 8  # cities without a map whose distances can be written on the edges
EDITED = 60  # cities that fit into a link
SIDES, ASIDE, ROOM = 16, 14, 17  # where a small number may stand, and pixels: from its city, and to another sign
READ = 12_000  # cities in all frames whose numbers can be read by hovering


def positions(land: Landscape) -> np.ndarray:
    """Return where the cities are drawn (n, 2): on the map, or on a circle where no map has these distances."""
    cities = getattr(land, "cities", None)
    if cities is not None:
        return np.asarray(cities, float)
    turn = 2 * np.pi * np.arange(land.dimension) / land.dimension
    return SQUARE / 2 + 0.42 * SQUARE * np.stack([np.sin(turn), np.cos(turn)], axis=-1)


def distances(land: Landscape) -> np.ndarray:
    """Return the distances between the cities (n, n)."""
    return np.asarray(land.distances, float)  # type: ignore[attr-defined]


def has_map(land: Landscape) -> bool:
    """Return whether the cities lie in a plane, so that lengths can be seen."""
    return getattr(land, "cities", None) is not None


def extent(land: Landscape) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (low, high) of what is shown at least: all cities and, where they can move, some room."""
    at = positions(land)
    low, high = at.min(axis=0), at.max(axis=0)
    if "cities" in land.knobs:  # in notches, for a city that is moved shall not move the map
        low, high = NOTCH * np.floor(low / NOTCH), NOTCH * np.ceil(high / NOTCH)
        low, high = np.maximum(low, 0), np.minimum(high, SQUARE)
        short = np.maximum(LEAST - (high - low), 0)
        low = np.clip(low - short / 2, 0, SQUARE - LEAST)
        high = np.maximum(high, low + LEAST)
    side = max(float((high - low).max()), 1e-9)
    air = (ROOMY if land.dimension <= NAMED else MARGIN) * side
    return low - air, high + air


def pixel(land: Landscape) -> float:
    """Return about how long a pixel is on the map."""
    low, high = extent(land)
    return float(((high - low) / FRAME).max())


def indices(tours: np.ndarray) -> np.ndarray:
    """Return tours (T, n) in as few bytes as they need."""
    return np.asarray(tours).astype(np.uint8 if tours.shape[-1] <= 256 else np.uint16)


def tour(trace: Trace, view: View, theme: Theme, ghost: Trace | None = None) -> Picture:
    """Return the map of a run: one tour and what changed in it, or a colony's pheromone with its best tour."""
    land = trace.landscape
    at = positions(land)
    sketch = Sketch(theme)
    add_ground(sketch, land)
    if "pheromone" in trace.fields:
        pheromone.add_pheromone(sketch, trace, at)
    elif trace.x.ndim == 3:
        _add_crowd(sketch, trace, at)
    _add_ghost(sketch, trace, ghost, at)
    if trace.x.ndim == 3:
        _add_population(sketch, trace, view, at)
    else:
        _add_single(sketch, trace, at)
    add_cities(sketch, land)
    if remembers(trace) and tenure(trace) and NAMED < land.dimension <= EDITED:
        _add_names(sketch, trace, at)
    if "visited" in trace.fields:
        _add_reached(sketch, trace, at)
    if "pheromone" in trace.fields and land.dimension > NAMED:
        _add_told_edge(sketch, trace, at)
    title, detail = tour_words.title(trace, ghost)
    many = trace.x.ndim == 3
    word = tour_words.member(trace)
    of = f" of {trace.x.shape[1]}" if many else ""
    offered = {"follow": tuple((str(i), f"{word} {i + 1}{of}") for i in range(trace.x.shape[1]))} if many else {}
    editable = has_map(land) and land.dimension <= EDITED
    return Picture(
        id="tour",
        figure={"data": sketch.data, "layout": layout(land, theme)},
        tracks=tuple(sketch.tracks),
        title=title,
        subtitle=detail if has_map(land) else f"{detail} · not to scale",
        alt=tour_words.alternative(trace),
        key=tuple(sketch.key),
        readout=readout(at, len(trace)),
        cities=at if editable else None,
        choices=offered,
        chosen={"follow": str(view.follow)} if many else {},
    )


def readout(at: np.ndarray, frames: int, **values: np.ndarray) -> Readout | None:
    """Return what hovering over a city reads: its number; None where that would weigh more than the run."""
    if frames * len(at) > READ:
        return None
    return Readout(at[:, 0], np.tile(at[:, 1], (frames, 1)), values, member="city", first=0)


def layout(land: Landscape, theme: Theme) -> dict[str, Any]:
    """Return the layout of a map: equal units, a frame, and no axes, for only the lengths between cities count."""
    low, high = extent(land)
    bare = {"showticklabels": False, "ticks": "", "mirror": True, "constrain": "range"}
    xaxis = look.axis(theme, "", range=[float(low[0]), float(high[0])], **bare)
    yaxis = look.axis(theme, "", range=[float(low[1]), float(high[1])], scaleanchor="x", scaleratio=1, **bare)
    margin = dict.fromkeys("lrtb", 2)
    keep = f"map-{land.id or land.name}"
    return look.layout(theme, xaxis, yaxis, keep, margin=margin, plot_bgcolor=theme.ground)


def add_ground(sketch: Sketch, land: Landscape) -> None:
    """Add every edge of a few cities that have no map, for the distances to stand on."""
    if has_map(land) or land.dimension > WRITTEN:
        return
    at, (i, j) = positions(land), pheromone.pairs(land.dimension)
    gap = np.full(len(i), np.nan)
    x, y = (np.stack([at[i, axis], at[j, axis], gap], axis=-1).ravel() for axis in (0, 1))
    sketch.fixed({"type": "scatter", "name": "edges", "x": x, "y": y} | line(sketch.theme.hairline, 1.2))


def add_distances(sketch: Sketch, land: Landscape) -> None:
    """Write the distances on the edges of a few cities that have no map."""
    if has_map(land) or land.dimension > WRITTEN:
        return
    theme, at, (i, j) = sketch.theme, positions(land), pheromone.pairs(land.dimension)
    share = 0.5 if land.dimension % 2 else 0.4  # an even number of cities has edges that cross in their middles
    middle = (1 - share) * at[i] + share * at[j]
    style = lettering(theme, "", theme.text, "middle center")
    style["text"] = [number(float(d)) for d in distances(land)[i, j]]
    sketch.move("distances", "still", style, x=middle[:, 0], y=middle[:, 1])


def add_cities(sketch: Sketch, land: Landscape, numbered: bool = True) -> None:
    """Add the cities as rings, with their numbers where they are few, and the distances where there is no map."""
    theme, at = sketch.theme, positions(land)
    add_distances(sketch, land)
    few = numbered and land.dimension <= NAMED
    size = look.NUMBERED if few else look.CITY if land.dimension <= 60 else look.CITY - 2
    ring = sign("circle", theme.halo, size, theme.text, 1.8)
    sketch.move("cities", "still", ring, x=at[:, 0], y=at[:, 1])
    if few:
        style = lettering(theme, "", theme.text, "middle center")
        style |= {"text": [str(i) for i in range(len(at))]}
        del style["meta"]
        sketch.move("city numbers", "still", style, x=at[:, 0], y=at[:, 1])


def add_numbers(sketch: Sketch, at: np.ndarray, shown: np.ndarray) -> None:
    """Add the numbers of those cities that a frame speaks of: shown (T, n); they stand in discs of look.NUMBERED.

    A text track cannot change its words, so every city that is ever spoken of has a place of its own in it.
    """
    ever = np.flatnonzero(shown.any(axis=0))
    style = lettering(sketch.theme, "", sketch.theme.text, "middle center") | {"text": [str(i) for i in ever]}
    del style["meta"]
    x, y = (np.where(shown[:, ever], at[ever, axis], np.nan) for axis in (0, 1))
    sketch.move("numbers", "text", style, x=x, y=y)


def _add_names(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Add the numbers of many cities, small and each on that side of its city where other signs are least in the way.

    The list of what is tabu names edges by these numbers.
    """
    theme = sketch.theme
    style = lettering(theme, "", theme.text, "middle center") | {"text": [str(i) for i in range(len(at))]}
    style["textfont"] = style["textfont"] | {"size": theme.size - 2}
    del style["meta"]
    spots = beside(at, np.asarray(trace.x, int), pixel(trace.landscape), extent(trace.landscape))
    sketch.move("city names", "still", style, x=spots[:, 0], y=spots[:, 1])


def beside(at: np.ndarray, tours: np.ndarray, unit: float, corners: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return a place beside each city (n, 2), on the side that other cities and the edges of the tours leave free."""
    n = len(at)
    pairs = np.sort(np.stack([tours, np.roll(tours, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    edges, times = np.unique(pairs @ [n, 1], return_counts=True)
    begin, end = at[edges // n], at[edges % n]
    turn = 2 * np.pi * np.arange(SIDES) / SIDES
    spots = at[:, None] + ASIDE * unit * np.stack([np.cos(turn), np.sin(turn)], axis=-1)  # (n, SIDES, 2)
    way = end - begin
    share = ((spots[:, :, None] - begin) * way).sum(axis=-1) / np.maximum((way**2).sum(axis=-1), 1e-12)
    nearest = begin + np.clip(share, 0, 1)[..., None] * way
    away = np.linalg.norm(spots[:, :, None] - nearest, axis=-1) / unit
    crossed = ((away < ASIDE * 0.6) * times).sum(axis=-1) / len(tours)
    gaps = np.linalg.norm(spots[:, :, None] - at, axis=-1) / unit
    crowded = np.maximum(0, ROOM - gaps).sum(axis=-1) / 4  # a number over a city is worse than one over an edge
    low, high = (end + way * ROOM / 2 * unit for end, way in zip(corners, (1, -1), strict=True))
    crowded += 8 * ((spots < low) | (spots > high)).any(axis=-1)
    taken: list[np.ndarray] = []
    for i in range(n):
        clash = sum((np.linalg.norm(spots[i] - spot, axis=-1) < ROOM * unit).astype(float) * 4 for spot in taken)
        taken.append(spots[i, np.argmin(crossed[i] + crowded[i] + clash)])
    return np.array(taken)


def _add_told_edge(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Number the two cities of the edge that the update rule is shown for."""
    ends = np.array(pheromone.told_edge(trace))
    disc = sign("circle", sketch.theme.halo, look.NUMBERED - 2, sketch.theme.text, 1.8)
    disc["meta"] = {"worded": True}  # a ground for the numbers, and nothing without them
    sketch.move("told edge", "still", disc, x=at[ends, 0], y=at[ends, 1])
    shown = np.zeros((len(trace), len(at)), bool)
    shown[:, ends] = True
    add_numbers(sketch, at, shown)


def add_tour(sketch: Sketch, name: str, style: dict[str, Any], at: np.ndarray, order: np.ndarray, **more: Any) -> None:
    """Add a closed tour in the order (T, n) of every frame."""
    sketch.move(name, "tour", style, x=at[:, 0], y=at[:, 1], order=indices(order), **more)


def add_thin_tour(sketch: Sketch, name: str, color: str, at: np.ndarray, order: np.ndarray) -> None:
    """Add a thin tour with a narrow halo, which reads on pheromone."""
    halo = line(sketch.theme.halo, look.TOUR + 2 * look.TOUR_HALO)
    add_tour(sketch, f"{name} halo", halo, at, order)
    add_tour(sketch, name, line(color, look.TOUR), at, order)


def _add_crowd(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Add every edge by the share of the members that use it."""
    T, P, n = trace.x.shape
    i, j = pheromone.pairs(n)
    number_of = np.zeros((n, n), int)
    number_of[i, j] = number_of[j, i] = np.arange(len(i))
    share = np.zeros((T, len(i)), np.float32)
    for k in range(T):
        used = number_of[trace.x[k], np.roll(trace.x[k], -1, axis=-1)]
        share[k] = np.bincount(used.ravel(), minlength=len(i)) / P
    share[share < 2 / P] = 0  # what one member does alone is no agreement
    colors = sketch.theme.crowd
    pheromone.add_classes(sketch, "shared", share, at, np.arange(T), colors)
    label = f"edges that {tour_words.plural(trace)} share, few–all"
    sketch.key.append(KeyEntry("scale", colors[-1], label, colors=colors))


def _add_ghost(sketch: Sketch, trace: Trace, ghost: Trace | None, at: np.ndarray) -> None:
    """Add the best tour of the previous run, dotted."""
    if ghost is None or ghost.best_x.shape[-1] != len(at):
        return
    order = np.asarray(ghost.best_x[-1], int)
    order = np.append(order, order[:1])
    style = line(sketch.theme.mark("ghost"), 2, "dot")
    sketch.move("last run", "still", style, x=at[order, 0], y=at[order, 1])
    sketch.entry("dot", "ghost", "last run's best")


def _add_population(sketch: Sketch, trace: Trace, view: View, at: np.ndarray) -> None:
    """Add the best tour so far, and that of the member that is followed, beside its edges."""
    theme, color = sketch.theme, color_of(trace)
    add_thin_tour(sketch, "best tour", theme.line(color), at, trace.best_x)
    sketch.entry("line", color, "best tour")
    walk = line(theme.mark("step"), look.WALK - 0.8, "dash")  # quieter than the one walk that is seen from inside
    add_tour(sketch, "followed", walk, at, trace.x[:, view.follow], beside=look.BESIDE, opacity=0.7)
    sketch.entry("dash", "step", f"tour of {tour_words.member(trace)} {view.follow + 1} of {trace.x.shape[1]}")


def _add_single(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Add the tour of every frame, the best so far where it differs, and what a step changes or tries."""
    theme, color = sketch.theme, color_of(trace)
    if "visited" in trace.fields:
        _add_built(sketch, trace, at)
        return
    if goes_in_rounds(trace):
        rounds.add_tours(sketch, trace, at, extent(trace.landscape))
        return
    if remembers(trace):
        memory.add_tabu_edges(sketch, trace, at)
    best = "dot" if remembers(trace) else "dash"  # what is tabu is dashed
    improves = np.array_equal(trace.fx, trace.best_fx)
    if not improves:
        add_tour(sketch, "best so far", line(theme.line("best"), 2, best), at, trace.best_x)
    tours, tries = np.asarray(trace.x), tries_moves(trace)
    changed = exchanges.tried(trace) if tries else exchanges.made(trace)
    if tries and changed is None:  # a whole new tour
        tried = following(np.asarray(trace.value("trial"), float))
        tried = np.where(np.isfinite(tried), tried, tours)
        add_tour(sketch, "tried", line(theme.mark("rejected"), 2.2, "dash"), at, tried)
    elif changed is not None and not tries and not remembers(trace):  # else what was taken out is tabu
        # The last tour lies below this one, so that of it only those edges are seen in which they differ.
        last = np.concatenate([tours[:1], tours[:-1]])
        add_tour(sketch, "not kept", line(theme.mark("rejected"), 2.2, "dash"), at, last)
    halo = line(theme.halo, look.PATH + 2 * look.HALO)
    add_tour(sketch, "tour halo", halo, at, tours)
    add_tour(sketch, "tour", line(theme.line(color), look.PATH), at, tours)
    sketch.entry("line", color, "tour")
    if changed is not None and tries:
        exchanges.add_tried(sketch, trace, at, changed)
    elif changed is not None:
        sketch.move("added", "segments", line(theme.mark("step"), look.PATH + 2), **exchanges.ends(at, changed.added))
        if (changed.added >= 0).any():
            sketch.entry("line", "step", "put in")
        if remembers(trace):
            memory.add_aspired_edges(sketch, trace, exchanges.ends(at, changed.added))
        else:
            sketch.entry("dash", "rejected", "taken out")
    elif tries:
        sketch.entry("dash", "rejected", "tried next")
    if not improves:
        sketch.entry(best, "best", "best so far")


def _add_built(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Add the part of a tour in the making that is settled, closed once all of it is."""
    color = color_of(trace)
    sketch.haloed("built", "polyline", line(sketch.theme.line(color), look.PATH), **_settled(trace, at))
    sketch.entry("line", color, "built so far")


def _settled(trace: Trace, at: np.ndarray) -> dict[str, Any]:
    """Return the way through the settled cities, x and y (T, n + 1); NaN behind its end."""
    visited, n = np.asarray(trace.value("visited"), int), trace.x.shape[1]
    round_trip = np.concatenate([trace.x, trace.x[:, :1]], axis=1).astype(int)
    known = (np.arange(n + 1) < visited[:, None]) | (visited >= n)[:, None]
    return {name: np.where(known, at[round_trip, axis], np.nan) for axis, name in enumerate("xy")}


def _add_reached(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Fill the cities that are settled, and add a disc where the tour has got to."""
    theme, (T, n) = sketch.theme, trace.x.shape
    if n <= NAMED:
        return  # the numbers stand there
    sketch.move("settled", "polyline", sign("circle", theme.text, look.CITY - 1), **_settled(trace, at))
    sketch.entry("circle", "ink", "settled")
    last = trace.x[np.arange(T), np.maximum(np.asarray(trace.value("visited"), int) - 1, 0)].astype(int)
    nearest = np.append(last[1:], last[-1:])
    for name, which, rim, width in (("next", nearest, theme.text, 1.8), ("now", last, theme.line("vermillion"), 4)):
        disc = sign("circle", theme.halo, look.NUMBERED - 2, rim, width)
        sketch.move(name, "point", disc, x=at[which, 0], y=at[which, 1])
    shown = np.zeros((T, n), bool)
    shown[np.arange(T), last] = shown[np.arange(T), nearest] = True
    add_numbers(sketch, at, shown)
    sketch.key.append(KeyEntry("circle-open", theme.line("vermillion"), "last one settled"))
    sketch.key.append(KeyEntry("circle-open", theme.text, "the nearest"))
