"""Ant colony optimization."""

from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.registry import optimizer
from algorithms.state import State

Ants = Annotated[int, Knob(1, 100, symbol="m", help="Number of ants: each builds one tour in every iteration.")]
Alpha = Annotated[
    float,
    Knob(0.0, 5.0, step=0.1, symbol="α", words="weight of pheromone", help="How much ants follow pheromone; 0: never."),
]
Beta = Annotated[
    float,
    Knob(0.0, 10.0, step=0.1, symbol="β", words="weight of nearness", help="How much ants prefer near cities; 0: not."),
]
Evaporation = Annotated[
    float,
    Knob(0.0, 1.0, step=0.01, symbol="ρ", words="evaporation", help="Share of the pheromone lost in an iteration."),
]
Amount = Annotated[
    float,
    Knob(0.01, 1000.0, log=True, symbol="Q", words="pheromone laid", help="An ant lays Q / length on all its edges."),
]
Variant = Annotated[
    Literal["ant_system", "elitist", "max_min"],
    Knob(help="What gets pheromone: all tours; also the best one so far, as often as there are ants; that one alone."),
]
CLOSEST = 1e-6  # of the largest distance: cities at the same place count as this far apart
FAINTEST = 1e-12  # of the strongest pheromone: no edge is lost forever, even where all of it evaporates
SLOWEST = 0.01  # evaporation: with less, the upper limit Q / (ρ length) would be out of sight
P_BEST = 0.05  # probability that an ant repeats the best tour once all else has faded to the lower limit


def deposit(t):
    """The pheromone (T, n, n) laid in each iteration."""
    laid = [lay(t.x[k], t.fx[k], t.best_x[k], t.best_fx[k], t.q, t.variant) for k in range(1, len(t.x))]
    return np.array([np.full(t.pheromone.shape[1:], np.nan), *laid])


def work(landscape, knobs):
    """How many evaluations an iteration is worth: each choice of a city looks at all cities. Measured."""
    n = landscape.dimension
    return 5 + 0.6 * n + knobs["ants"] * n**2 / 3000


@optimizer(
    "Ant colony",
    family="swarm",
    needs="distances",
    stochastic=True,
    population="ants",
    work=work,
    reference="Dorigo, Maniezzo and Colorni 1996, Ant system; max–min by Stützle and Hoos 2000",
    color="blue",
    rule=(
        r"p_{ij} \propto <pheromone>^{<alpha>} \, (1 / d_{ij})^{<beta>}",
        r"<pheromone'> = (1 - <rho>)\,<pheromone> + <deposit'>",
    ),
    derived={"deposit": deposit},
    suggest={
        "five_cities": {"steps": 60},
        "random_cities": {"steps": 100},
        "circle_cities": {"beta": 2.0, "steps": 60},
        "clustered_cities": {"steps": 100},
        "placed_cities": {"beta": 2.0, "steps": 60},
    },
)
def ant_colony(
    f,
    x,
    rng,
    *,
    ants: Ants = 10,
    alpha: Alpha = 1.0,
    beta: Beta = 5.0,
    rho: Evaporation = 0.1,
    q: Amount = 10.0,
    variant: Variant = "ant_system",
):
    """Ants build tours, drawn to near cities and to pheromone, which short tours get more of and which evaporates.

    Dorigo, Maniezzo and Colorni 1996, ant-cycle, also with elitist ants; max–min ant system by Stützle and Hoos 2000.
    At first every edge has as much pheromone as if all ants had come along on the best of the first, random tours; in
    the max–min ant system, as much as it may have.
    """
    d, nearness = f.distances, attraction(f.distances, beta)
    tours = f.moves.sample(rng, ants, first=x)
    length = f(tours)
    best, shortest = tours[length.argmin()], length.min()
    tau = np.full(d.shape, limits(q, rho, shortest, len(d))[1] if variant == "max_min" else ants * amount(q, shortest))
    while True:
        yield State(tours, fx=length, pheromone=tau)
        tours = walk(weigh(tau, alpha, nearness), ants, rng)
        length = f(tours)
        if length.min() < shortest:
            best, shortest = tours[length.argmin()], length.min()
        tau = (1 - rho) * tau + lay(tours, length, best, shortest, q, variant)
        tau = np.maximum(tau, FAINTEST * tau.max())
        if variant == "max_min":
            tau = tau.clip(*limits(q, rho, shortest, len(d)))


def attraction(distances, beta):
    """(1/d)^β (n, n) up to a factor: only ratios count, and these cannot overflow."""
    d = np.maximum(distances, CLOSEST * (distances.max() or 1))
    return (d.min() / d) ** beta


def weigh(tau, alpha, nearness):
    """τ^α (1/d)^β (n, n) up to a factor; where all of it is 0, all cities are as likely."""
    return np.maximum((tau / tau.max()) ** alpha * nearness, 1e-300)


def walk(weight, ants, rng):
    """Tours (ants, n): from a random city on, the next is drawn from those not yet visited in proportion to weight."""
    n, ant = len(weight), np.arange(ants)
    tours = np.empty((n, ants), int)
    free = np.ones((ants, n))
    draw = rng.random((n, ants, 1))
    here = tours[0] = rng.integers(n, size=ants)
    for k in range(1, n):
        free[ant, here] = 0
        wheel = (weight[here] * free).cumsum(axis=1)
        here = tours[k] = (wheel > draw[k] * wheel[:, -1:]).argmax(axis=1)
    return tours.T


def lay(tours, length, best, shortest, q, variant):
    """The pheromone (n, n) laid in one iteration, the same in both directions."""
    if variant == "max_min":
        return trail(best, amount(q, shortest))
    laid = trail(tours, amount(q, length))
    return laid + len(tours) * trail(best, amount(q, shortest)) if variant == "elitist" else laid


def trail(tours, each):
    """The matrix (n, n) that has `each` (…) on every edge of `tours` (…, n), summed over the tours."""
    n = tours.shape[-1]
    edges = tours * n + np.roll(tours, -1, axis=-1)
    laid = np.bincount(edges.ravel(), np.repeat(each, n), minlength=n * n).reshape(n, n)
    return laid + laid.T


def amount(q, length):
    """What an ant lays on each edge of its tour; a tour that leads nowhere counts as very short."""
    return q / np.maximum(length, 1e-100)


def limits(q, rho, shortest, n):
    """The least and most pheromone on an edge in the max–min ant system. Stützle and Hoos 2000, section 3.2."""
    most = amount(q, shortest) / max(rho, SLOWEST)
    p = P_BEST ** (1 / n)
    return min(most, most * (1 - p) / ((n / 2 - 1) * p)), most
