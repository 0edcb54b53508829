"""Genetic algorithm."""

from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.registry import optimizer
from algorithms.schedules import shares
from algorithms.state import State

Population = Annotated[int, Knob(10, 200, symbol="P", help="Number of members in every generation.")]
Selection = Annotated[
    Literal["tournament", "truncation", "roulette"],
    Knob(help="Who may be a parent: the best of three drawn; anyone of the better half; slices as large as the lead."),
]
Crossover = Annotated[
    Literal["one_point", "uniform", "blend", "order"],
    Knob(offered="crossovers", help="How two parents make a child."),
]
Rate = Annotated[
    float,
    Knob(0.0, 1.0, step=0.01, symbol="pₘ", help="Probability of a mutation: of each coordinate, or of a whole tour."),
]
Size = Annotated[
    float, Knob(0.001, 1.0, log=True, symbol="s", help="Typical mutation, as a share of the domain or of the tour.")
]
Elites = Annotated[int, Knob(0, 5, symbol="e", idle="survival=plus", help="So many of the best live on unchanged.")]
Survival = Annotated[
    Literal["generational", "plus"],
    Knob(aside=True, help="Who lives on: the children and the elites, or the best of parents and children together."),
]
Schedule = Annotated[
    Literal["constant", "quadratic"],
    Knob(aside=True, help="Whether mutations stay as large, or shrink as (1 − k/τ)²: first wide search, then near."),
]
Length = Annotated[
    int,
    Knob(1, 10_000, log=True, symbol="τ", words="schedule length", idle="mutation_schedule=constant", aside=True,
         help="Generations after which mutations have shrunk to nothing or, of tours, to the shortest reversal."),
]  # fmt: skip
TOURS = {"population": 100, "mutation_rate": 0.3, "mutation_size": 0.5, "elites": 2}  # what most tours take


def parent(t, which, name):
    """The parents' `name` (T, P, …), looked up in the generation before; NaN at first."""
    before = np.asarray(getattr(t, name), float)
    found = [before[k - 1][t.parents[k, :, which]] for k in range(1, len(before))]
    return np.array([np.full(before.shape[1:], np.nan), *found])


@optimizer(
    "Genetic algorithm",
    family="evolutionary",
    needs="moves",
    stochastic=True,
    population="population",
    reference="Holland 1975, Adaptation in natural and artificial systems; Goldberg 1989, Genetic algorithms",
    color="purple",
    rule=(
        r"<crossed'> = <crossover>(<parent_a'>, <parent_b'>)",
        r"<x'> = \text{mutate}(<crossed'>, <mutation_rate>)",
    ),
    derived={
        "parent_a": lambda t: parent(t, 0, "x"),
        "parent_b": lambda t: parent(t, 1, "x"),
        "parent_a_fx": lambda t: parent(t, 0, "fx"),
        "parent_b_fx": lambda t: parent(t, 1, "fx"),
        "crossed_fx": lambda t: t.landscape.value(t.crossed),
    },
    suggest={
        "quadratic": {"population": 20, "steps": 30},
        "cubic": {"population": 20, "steps": 30},
        "bowl": {"steps": 40},
        "sphere": {"steps": 40},
        "rastrigin": {"steps": 60},
        "rosenbrock": {"steps": 60},
        "himmelblau": {"steps": 40},
        "five_cities": {"population": 10, "mutation_rate": 0.3, "mutation_size": 0.5, "steps": 30},
        "random_cities": TOURS | {"steps": 200},
        "circle_cities": TOURS | {"steps": 100},
        "clustered_cities": TOURS | {"steps": 200},
        "placed_cities": TOURS | {"steps": 100},
    },
    presets={"as in the article": {}, "recommended": {"selection": "roulette", "survival": "plus"}},
)
def genetic_algorithm(
    f,
    x,
    rng,
    *,
    population: Population = 50,
    selection: Selection = "tournament",
    crossover: Crossover = "blend",
    mutation_rate: Rate = 0.05,
    mutation_size: Size = 0.1,
    elites: Elites = 1,
    survival: Survival = "generational",
    mutation_schedule: Schedule = "constant",
    mutation_steps: Length = 100,
):
    """Good members are crossed in pairs; their children mutate and are the next generation, with a few elites.

    Holland 1975, Goldberg 1989. Unlike there, members are points or tours, not strings of bits, and all pairs cross.
    Plus: the best of parents and children live on (Rechenberg 1973, Schwefel 1975).
    """
    x = f.moves.sample(rng, population, first=x)
    fx = f(x)
    parents, crossed, elite = np.full((population, 2), -1), x, np.zeros(population, bool)
    elders, bred = (population, population) if survival == "plus" else (elites, population - elites)
    kept = np.arange(elders + bred) < elders
    for share in shares(mutation_schedule, mutation_steps):
        yield State(x, fx=fx, parents=parents, crossed=crossed, elite=elite)
        best = fx.argsort(kind="stable")[:elders]
        pairs = SELECTIONS[selection](fx, (2, bred), rng)
        a, b = x.take(pairs, axis=0)
        children = f.moves.crossover(a, b, rng, crossover)
        mutants = f.moves.mutate(children, rng, mutation_rate, share * mutation_size)
        parents = np.concatenate((best, pairs[0], best, pairs[1])).reshape(2, -1).T  # an elder is its own parents
        oldest, elite = x.take(best, axis=0), kept
        crossed = np.concatenate((oldest, children))
        x = np.concatenate((oldest, mutants))
        fx = np.concatenate((fx[best], f(mutants)))
        if survival == "plus":
            fit = np.sort(fx.argsort(kind="stable")[:population])  # elders first, as ever
            x, fx, parents, crossed, elite = x[fit], fx[fit], parents[fit], crossed[fit], kept[fit]


def tournament(fx, shape, rng):
    """The indices of members, each the best of three drawn at random. Goldberg and Deb 1991."""
    rank = fx.size * rng.random((3, *shape)).min(axis=0)
    return fx.argsort(kind="stable")[rank.astype(int)]


def truncation(fx, shape, rng):
    """The indices of members drawn evenly from the better half. Mühlenbein and Schlierkamp-Voosen 1993."""
    rank = fx.size // 2 * rng.random(shape)
    return fx.argsort(kind="stable")[rank.astype(int)]


def roulette(fx, shape, rng):
    """The indices of members drawn in proportion to their lead over the worst one. Goldberg 1989, chapter 3."""
    lead = np.nan_to_num(fx.max() - fx, posinf=1.0)  # where the worst is infinite, all others are as likely
    wheel = np.maximum(lead, 1e-300).cumsum()  # and where all are alike, everyone
    drawn = np.searchsorted(wheel, wheel[-1] * rng.random(shape), side="right")
    return np.minimum(drawn, fx.size - 1)  # no draw lies beyond the wheel, even where its sum overflows


SELECTIONS = {"tournament": tournament, "truncation": truncation, "roulette": roulette}
