"""Tours: closed ways through every city once, on maps in the square 0 … 100."""

from typing import Annotated, Any

import numpy as np

from algorithms.knob import Knob, Points
from algorithms.landscape import Landscape, Minimum
from algorithms.registry import landscape
from algorithms.tours import Tours, between

Number = Annotated[int, Knob(5, 100, symbol="n", help="Number of cities.")]
Map = Annotated[int, Knob(0, 9999, words="map", help="Another number, another map.")]
Clusters = Annotated[int, Knob(1, 10, help="Number of towns in which the cities lie together.")]
Cities = Annotated[Points, Knob(0, 100, least=3, most=60, help="Where the cities lie, written x,y;x,y;…")]
Suggestions = dict[str, dict[str, Any]]
SIDE = 100.0
SPREAD = 6.0  # standard deviation of the cities of a town
CANDIDATES = 20
APART = 2.0  # two cities nearer than this would be drawn on top of each other

FEW: Suggestions = {
    "nearest_neighbor": {"steps": 20},
    "two_opt": {"steps": 50},
    "random_search": {"steps": 60},
    "simulated_annealing": {"initial_temperature": 5.0, "cooling_rate": 0.95, "step_size": 1.0, "steps": 100},
}
MANY: Suggestions = {
    "nearest_neighbor": {"steps": 100},
    "two_opt": {"steps": 300},
    "random_search": {"steps": 300},
    "simulated_annealing": {"initial_temperature": 20.0, "cooling_rate": 0.998, "step_size": 1.0, "steps": 3000},
}


@landscape("Five cities", group="cities", suggest=FEW)
def five_cities() -> Landscape:
    """Five cities whose distances fit no map: some detours are shorter than the straight way. The optimum is 13."""
    distances = [[0, 2, 2, 5, 7], [2, 0, 4, 8, 2], [2, 4, 0, 1, 3], [5, 8, 1, 0, 6], [7, 2, 3, 6, 0]]
    return Tours(
        name="Five cities",
        distances=distances,
        note="No map has these distances: from 1 to 3 it is 8, but only 5 by way of 0 and 2. Not to scale.",
    )


@landscape("Random cities", group="cities", suggest=MANY)
def random_cities(*, number: Number = 40, seed: Map = 0) -> Landscape:
    """Cities strewn evenly over a square."""
    rng = np.random.default_rng(seed)
    return Tours(name="Random cities", cities=_different(rng.uniform(0, SIDE, (2 * number, 2)), number))


@landscape("Cities on a circle", group="cities", suggest=MANY)
def circle_cities(*, number: Number = 20) -> Landscape:
    """Cities on a circle, numbered at random: the shortest tour is the polygon, and every crossing shows."""
    place = np.random.default_rng(0).permutation(number)
    angle = 2 * np.pi * place / number
    cities = SIDE / 2 + 0.45 * SIDE * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    polygon = np.argsort(place)
    length = between(cities)[polygon, np.roll(polygon, -1)].sum()
    minimum = Minimum(tuple(polygon.tolist()), float(length))
    return Tours(name="Cities on a circle", cities=cities, minima=(minimum,))


@landscape("Clustered cities", group="cities", suggest=MANY)
def clustered_cities(*, number: Number = 40, clusters: Clusters = 5, seed: Map = 0) -> Landscape:
    """Cities that lie together in towns: short ways within each, and the question in which order to visit them."""
    rng = np.random.default_rng(seed)
    cities = _towns(rng, clusters)[np.arange(4 * number) % clusters] + rng.normal(0, SPREAD, (4 * number, 2))
    inside = ((cities >= 0) & (cities <= SIDE)).all(axis=1)
    return Tours(name="Clustered cities", cities=_different(cities[inside], number))


PLACED = (  # twelve, so that the optimum is proven; nearest neighbor and 2-opt both miss it
    (73.0, 42.0), (24.0, 50.0), (40.0, 84.0), (70.0, 60.0), (42.0, 48.0), (24.0, 10.0),
    (72.0, 22.0), (44.0, 24.0), (86.0, 49.0), (12.0, 66.0), (83.0, 84.0), (64.0, 14.0),
)  # fmt: skip


@landscape("Cities of your own", group="cities", suggest=MANY)
def placed_cities(*, cities: Cities = PLACED) -> Landscape:
    """Cities where you put them: click on the map to add one, drag to move it."""
    return Tours(name="Cities of your own", cities=cities)


def _towns(rng: np.random.Generator, clusters: int) -> np.ndarray:
    """The middles (clusters, 2) of towns that keep apart: each is the best of many drawn (Mitchell 1991)."""
    towns = rng.uniform(2 * SPREAD, SIDE - 2 * SPREAD, (1, 2))
    while len(towns) < clusters:
        drawn = rng.uniform(2 * SPREAD, SIDE - 2 * SPREAD, (CANDIDATES, 2))
        away = np.linalg.norm(drawn[:, None] - towns, axis=-1).min(axis=1)
        towns = np.vstack([towns, drawn[away.argmax()]])
    return towns


def _different(cities: np.ndarray, number: int) -> np.ndarray:
    """The first `number` of the cities that keep apart, on a grid of one decimal, which a link holds exactly.

    Where too few do, those nearest to others come last; no two are ever at the same place.
    """
    grid = cities.round(1)
    _, first = np.unique(grid, axis=0, return_index=True)
    grid = grid[np.sort(first)]
    crowded = np.tril(between(grid) < APART, -1).any(axis=1)
    return grid[np.argsort(crowded, kind="stable")[:number]]
