"""Nearest neighbor."""

import numpy as np

from algorithms.registry import optimizer
from algorithms.state import State, Stop


@optimizer(
    "Nearest neighbor",
    family="construction and local search",
    needs="distances",
    reference="Flood 1956, The traveling-salesman problem",
    color="green",
    rule=(r"x_{<visited>+1} = \operatorname{argmin}_{j \text{ not visited}} d(x_{<visited>}, j)",),
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
