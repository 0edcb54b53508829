"""Nearest neighbor."""

import numpy as np

from algorithms.registry import optimizer
from algorithms.state import State, Stop


def here(t):
    """The city (T,) that was settled last."""
    return np.take_along_axis(t.x, t.visited.astype(int)[:, None] - 1, axis=1)[:, 0]


def way(t):
    """The length (T,) of the way from the city before to the one that was settled last."""
    return np.append(np.nan, t.landscape.distances[here(t)[:-1], here(t)[1:]])


@optimizer(
    "Nearest neighbor",
    family="construction and local search",
    needs="distances",
    reference="Flood 1956, The traveling-salesman problem",
    color="green",
    rule=(
        r"<nearest'> = \operatorname{argmin}_{j \text{ not visited}} d(<here>, j)",
        r"d(<here>, <nearest'>) = <way'> \text{, the shortest of } <left>",
    ),
    derived={"here": here, "nearest": here, "way": way, "left": lambda t: t.x.shape[1] - t.visited},
)
def nearest_neighbor(f, x, rng):
    """From the first city of the start go on, again and again, to the nearest city not yet visited.

    Flood 1956. The first `visited` cities of x are settled; the others follow in their old order.
    """
    visited = 1
    while True:
        yield State(x, fx=f(x), visited=visited)
        if visited == x.size:
            return Stop("finished", f"Finished: all {visited} cities are visited, and the tour closes.")
        nearest = visited + f.distances[x[visited - 1], x[visited:]].argmin()
        x = np.insert(np.delete(x, nearest), visited, x[nearest])
        visited = visited + 1
