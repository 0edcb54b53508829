"""What a colony has learned: pheromone as classes of edges on a map, and as a matrix in best-tour order."""

from functools import lru_cache

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.chart import Line, chart
from dashboard.charts.marks import color_of
from dashboard.charts.picture import KeyEntry, Picture, Track
from dashboard.charts.sketch import Sketch
from dashboard.charts.theme import Theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, number

CLASSES = len(look.EDGES)
FAINT = 0.06  # of the strongest edge: what stands out by less is left out
MOST = 1500  # edges on a map
BYTES = 300_000  # of all classes in all frames: long runs keep fewer edges
CROWDED = 3  # edges a city: where more than so many stand out, only the strongest of them are drawn, and thinner
MATRICES = 100  # key frames
LARGEST = 50  # cities whose matrix can be read
HUGS = 2 / 3  # of all pheromone: what lies on the best tour, which is the diagonal, where it hugs it
SETTLED = 3.0  # edges a city: two belong to its tour, so this is little more than one tour


def pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the two cities of every edge, the first one lower: each (n (n − 1) / 2,)."""
    return np.triu_indices(n, 1)


def kept(trace: Trace, name: str = "pheromone") -> tuple[np.ndarray, np.ndarray]:
    """Return a field at the frames that were kept (K, n, n), and which of them every frame shows (T,)."""
    field, frames = trace.fields[name], trace.kept.get(name)
    every = np.arange(len(trace))
    return field, every if frames is None else np.searchsorted(frames, every, side="right") - 1


def excess(weight: np.ndarray) -> np.ndarray:
    """Return by how much edges (…, M) outweigh the least one of their frame, as a share of the largest.

    While all edges weigh the same, as at the start, nothing is to be seen: only differences guide an ant.
    """
    most, least = weight.max(axis=-1, keepdims=True), weight.min(axis=-1, keepdims=True)
    return np.asarray((weight - least) / np.maximum(most, 1e-300))


def classes(share: np.ndarray) -> np.ndarray:
    """Return the class 1 … 8 of shares 0 … 1, in even steps; 0 for what is too faint."""
    level = 1 + np.floor((share - FAINT) / (1 - FAINT) * CLASSES)
    return np.where(share < FAINT, 0, np.clip(level, 1, CLASSES)).astype(np.uint8)


def thinned(level: np.ndarray, weight: np.ndarray, n: int) -> tuple[np.ndarray, bool]:
    """Return classes (K, M) without the weaker edges of frames in which too many stand out, and whether any was one.

    Ants that ignore the distances spread their pheromone over all edges; drawn whole it would hide every tour.
    """
    most = CROWDED * n
    level = level.copy()
    crowded = np.flatnonzero((level > 1).sum(axis=1) > most)
    for k in crowded:
        level[k, np.argsort(-weight[k], kind="stable")[most:]] = 0
    return level, crowded.size > 0


def ever_seen(level: np.ndarray, frames: int) -> np.ndarray:
    """Return which edges of classes (K, M) are drawn in some frame, the strongest where they are too many."""
    peak = level.max(axis=0).astype(float)
    rank = peak + level.mean(axis=0) / (CLASSES + 1)
    most = min(MOST, max(BYTES // frames, 1))
    chosen = np.argsort(-rank, kind="stable")[:most]
    return np.sort(chosen[peak[chosen] > 0])


def add_classes(
    sketch: Sketch, name: str, weight: np.ndarray, at: np.ndarray, which: np.ndarray, colors: tuple[str, ...]
) -> bool:
    """Add the edges between `at` (n, 2) by their weight (K, M), in eight widths and shades; frame k shows which[k].

    Return whether weaker edges were left out of some frame, for want of room.
    """
    level, crowded = thinned(classes(weight), weight, len(at))
    seen = ever_seen(level, len(which))
    level = np.ascontiguousarray(level[:, seen][which])
    i, j = (ends[seen] for ends in pairs(len(at)))
    ends = {"x": at[i, 0], "y": at[i, 1], "x2": at[j, 0], "y2": at[j, 1]}
    for only, (width, color) in enumerate(zip(widths(len(at), crowded), colors, strict=True), 1):
        style = {"mode": "lines", "line": {"color": color, "width": width, "dash": "solid"}}
        sketch.move(f"{name} {only}", "edges", style, **ends, level=level, only=only)
    return crowded


def widths(n: int, crowded: bool = False) -> list[float]:
    """Return the eight widths in pixels; among many cities edges are short, and thinner."""
    share = float(np.clip(np.sqrt(44 / n), 0.55, 1)) * (0.5 if crowded else 1)
    return [round(width * share, 2) for width in look.EDGES]


def add_pheromone(sketch: Sketch, trace: Trace, at: np.ndarray) -> None:
    """Add the pheromone of every frame."""
    i, j = pairs(len(at))
    field, which = kept(trace)
    add_key(sketch, add_classes(sketch, "pheromone", excess(field[:, i, j]), at, which, sketch.theme.pheromone))


def add_key(sketch: Sketch, crowded: bool = False) -> None:
    """Add the key's entry."""
    colors = sketch.theme.pheromone
    label = "pheromone, strongest edges" if crowded else "pheromone"
    sketch.key.append(KeyEntry("scale", colors[-1], label, colors=colors))


def branching(pheromone: np.ndarray, share: float = 0.05) -> np.ndarray:
    """Return how many edges a city still has to choose from, on average: (…, n, n) -> (…).

    The λ-branching factor of Gambardella and Dorigo 1995, Ant-Q: an edge counts if its pheromone is at least that of
    the city's least edge plus `share`, λ, of the distance from there to its largest. A settled tour has 2.
    """
    n = pheromone.shape[-1]
    apart = ~np.eye(n, dtype=bool)
    tau = pheromone[..., apart].reshape(*pheromone.shape[:-2], n, n - 1)
    least, most = tau.min(axis=-1, keepdims=True), tau.max(axis=-1, keepdims=True)
    return np.asarray((tau >= least + share * (most - least)).sum(axis=-1).mean(axis=-1))


def told_edge(trace: Trace) -> tuple[int, int]:
    """Return the two cities of the edge whose numbers are told, the first one lower.

    It has the most pheromone in the end, of those so long that its cities lie apart on the map.
    """
    land = trace.landscape
    i, j = pairs(land.dimension)
    apart = land.distances[i, j] >= trace.best_fx[-1] / land.dimension  # type: ignore[attr-defined]
    best = int(np.argmax(np.where(apart, trace.fields["pheromone"][-1][i, j], -1)))
    return int(i[best]), int(j[best])


def finding(trace: Trace, frame: int = -1) -> tuple[str, str]:
    """Return what the pheromone says at a frame, and the number behind it."""
    field, which = kept(trace)
    tau = field[which[frame]]
    n, order = len(tau), np.asarray(trace.best_x[-1], int)
    i, j = pairs(n)
    if np.ptp(tau[i, j]) <= 1e-9 * tau[i, j].max():
        return "Every edge has the same pheromone", f"all {n - 1} edges of a city count alike"
    left = float(branching(tau))
    share = float(tau[order, np.roll(order, -1)].sum() / tau[i, j].sum())
    spread = f"{number(round(left, 1))} edges a city count"
    if share >= HUGS:
        return "Pheromone hugs the diagonal", spread
    if left <= SETTLED:
        return f"About {counted(round(left), 'edge')} a city are left", spread
    return f"Pheromone is still spread over {left:.0f} edges a city", f"{100 * share:.0f} % lies on the best tour"


@lru_cache(maxsize=8)
def _upper(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.triu_indices(n)


def bytes_of(tau: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return matrices (K, n, n) in the order of a tour as bytes of each one's largest: (K, n (n + 1) / 2)."""
    n = len(order)
    some = tau[:, order[:, None], order]
    some = np.where(np.eye(n, dtype=bool), 0, some)
    share = some / np.maximum(some.max(axis=(1, 2), keepdims=True), 1e-300)
    return np.round(255 * share[:, *_upper(n)]).astype(np.uint8)


def picture(trace: Trace, view: View, theme: Theme) -> Picture:
    """Return the pheromone as a matrix, or how many edges a city has left where the matrix would be too fine."""
    if trace.landscape.dimension > LARGEST:
        return branches(trace, theme)
    field, which = kept(trace)
    used = np.unique(which)
    chosen = used[np.unique(np.linspace(0, len(used) - 1, min(MATRICES, len(used))).round().astype(int))]
    at = np.searchsorted(chosen, which, side="right") - 1
    title, detail = finding(trace)
    return matrix(field[chosen], at.astype(np.uint8), trace, theme, title, f"in best-tour order · {detail}")


def matrix(
    tau: np.ndarray,
    at: np.ndarray,
    trace: Trace,
    theme: Theme,
    title: str,
    subtitle: str,
    row: np.ndarray | None = None,
) -> Picture:
    """Return matrices tau (K, n, n) as a heat map; frame k shows at[k], and outlines the row of the city row[k]."""
    order = np.asarray(trace.best_x[-1], int)
    n = len(order)
    z = bytes_of(tau, order)
    sketch = Sketch(theme)
    track = Track(0, "matrix", np.zeros(0), np.zeros(0), z=z, at=at, half=True)
    colors = (theme.ground, *theme.pheromone)
    scale = [[i / CLASSES, color] for i, color in enumerate(colors)]
    heat = {"type": "heatmap", "name": "pheromone", "colorscale": scale, "zmin": 0, "zmax": 255, "showscale": False}
    whole = np.zeros((n, n), np.uint8)
    whole[_upper(n)] = z[at[0]]
    sketch.data.append(heat | {"hoverinfo": "skip", "showlegend": False, "z": np.maximum(whole, whole.T)})
    sketch.tracks.append(track)
    key = [KeyEntry("scale", colors[-1], "0–most", colors=colors)]
    if row is not None:
        place = np.argsort(order)[row].astype(float)
        x = np.tile([-0.5, n - 0.5, n - 0.5, -0.5, -0.5], (len(place), 1))
        y = place[:, None] + np.array([-0.5, -0.5, 0.5, 0.5, -0.5])
        outline = {"mode": "lines", "line": {"color": theme.line("vermillion"), "width": 2.2, "dash": "solid"}}
        sketch.move("the ant's row", "polyline", outline, x=x, y=y)
    ends = [-0.5, n - 0.5]
    bare = {"showticklabels": False, "ticks": "", "showline": False, "constrain": "domain"}
    xaxis = look.axis(theme, "", range=ends, **bare)
    yaxis = look.axis(theme, "", range=ends[::-1], scaleanchor="x", scaleratio=1, **bare)
    margin = {"l": 2, "r": 2, "t": 4, "b": 2}
    layout = look.layout(theme, xaxis, yaxis, f"pheromone-{n}", margin=margin)
    first, last = (float(branching(tau[k])) for k in (0, -1))
    alt = (
        f"Pheromone between {n} cities as a matrix, in the order of the best tour. "
        f"Edges that count: {number(round(first, 1))} a city in the first frame, {number(round(last, 1))} in the last."
    )
    figure = {"data": sketch.data, "layout": layout}
    return Picture("pheromone", figure, tuple(sketch.tracks), title, alt, subtitle=subtitle, key=tuple(key))


def branches(trace: Trace, theme: Theme) -> Picture:
    """Return how many edges a city has left to choose from, over the steps."""
    field, which = kept(trace)
    left = branching(field)[which]
    title, _ = finding(trace)
    title = "Pheromone settles on few edges" if title.startswith("Pheromone hugs") else title
    over = counted(len(trace) - 1, "step")
    alt = f"Edges a city that count, over {over}: {number(left[0])} at the start, {number(left[-1])} at the end."
    lines = [Line("edges a city", left, color_of(trace))]
    return chart("pheromone", title, "edges a city that still count", alt, theme, trace, lines)
