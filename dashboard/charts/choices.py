"""What one ant of one iteration weighed, and what it drew."""

import numpy as np

from algorithms.optimizers.ant_colony import CLOSEST, attraction, weigh
from algorithms.trace import Trace
from dashboard.charts import pheromone, tour

SHOWN = 3  # cities to go to, the likeliest ones
VISIBLE = 0.005  # a chance that is not rounded to 0 %


def can_be_seen(trace: Trace) -> bool:
    """Return whether a run's iterations can be seen from inside: its members choose by pheromone and distance."""
    return "pheromone" in trace.fields and {"alpha", "beta"} <= trace.optimizer.knobs.keys() and len(trace) > 1


def probabilities(
    tau: np.ndarray, distances: np.ndarray, alpha: float, beta: float, order: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how likely each city is to come next, at every step of a tour (n,): (n − 1, n), and 1/d as weighed.

    p ∝ τ^α (1/d)^β over the cities not yet visited. Dorigo, Maniezzo and Colorni 1996, equation 4.
    """
    with np.errstate(all="ignore"):
        weight = weigh(tau, alpha, attraction(distances, beta))
        nearness = 1 / np.maximum(distances, CLOSEST * distances.max())
    n = len(order)
    rank = np.empty(n, int)
    rank[order] = np.arange(n)
    free = rank > np.arange(n - 1)[:, None]  # still to be visited after step j
    chances = weight[order[:-1]] * free
    return chances / chances.sum(axis=1, keepdims=True), nearness


class Walk:
    """What one ant of one iteration weighed and drew; row j is the choice it makes once j + 1 cities are visited."""

    def __init__(self, trace: Trace, iteration: int, ant: int) -> None:
        knobs = dict(trace.run.knobs)
        field, which = pheromone.kept(trace)
        self.trace, self.iteration, self.ant = trace, iteration, ant
        self.tau = np.asarray(field[which[iteration - 1]], float)  # what this iteration's ants found on their way
        self.distances = tour.distances(trace.landscape)
        self.order = np.asarray(trace.x[iteration, ant], int)
        self.chances, self.nearness = probabilities(self.tau, self.distances, knobs["alpha"], knobs["beta"], self.order)
        self.n = len(self.order)
        step = np.arange(self.n - 1)
        self.drawn = self.chances[step, self.order[1:]]
        self.likeliest = np.argsort(-self.chances, axis=1, kind="stable")
        self.rank = 1 + (self.chances > self.drawn[:, None]).sum(axis=1)

    @property
    def choices(self) -> int:
        """How often the ant could choose: the last city is the only one left."""
        return max(self.n - 2, 0)

    @property
    def passed_over(self) -> np.ndarray:
        """The choices at which a likelier city was passed over."""
        return np.flatnonzero(self.rank > 1)

    @property
    def length(self) -> np.ndarray:
        """The length of the way (n,), closed with the last city."""
        legs = self.distances[self.order, np.roll(self.order, -1)]
        way = np.concatenate([[0.0], np.cumsum(legs[:-1])])
        way[-1] += legs[-1]
        return way

    def shown(self) -> np.ndarray:
        """The likeliest cities, whose chances are shown, (n − 1, 3): −1 where there are fewer."""
        cities = np.full((self.n - 1, SHOWN), -1)
        top = self.likeliest[:, :SHOWN]
        cities[:, : top.shape[1]] = np.where(np.take_along_axis(self.chances, top, axis=1) >= VISIBLE, top, -1)
        return cities
