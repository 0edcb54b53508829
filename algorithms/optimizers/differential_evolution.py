"""Differential evolution."""

from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.registry import optimizer
from algorithms.state import State

Population = Annotated[int, Knob(5, 200, symbol="P", help="Number of members.")]
Scale = Annotated[
    float,
    Knob(0.0, 2.0, step=0.01, symbol="F", words="scale factor", help="Share of the difference b − c added to a."),
]
Rate = Annotated[
    float,
    Knob(0.0, 1.0, step=0.01, symbol="CR", words="crossover rate",
         help="Share of coordinates that the trial takes from the mutant; one is always taken."),
]  # fmt: skip
Strategy = Annotated[
    Literal["rand/1/bin", "best/1/bin"],
    Knob(help="What the difference is added to: a member drawn at random, or the best one."),
]
Updating = Annotated[
    Literal["immediate", "deferred"],
    Knob(help="When a better trial takes its parent's place: at once, or when the whole generation has been tried."),
]

FEW = {"population": 20, "steps": 40}  # what is enough where there are one or two coordinates
AHEAD = 32  # generations whose random numbers are drawn at once, which is quicker


def donor(t, which):
    """Where donor `which` of every trial (T, P, d) was when it was used; NaN at first."""
    members, was = t.donors[1:, :, which], t.x[:-1]
    at = np.take_along_axis(was, members[..., None], axis=1)
    if t.updating == "immediate":  # members that come earlier had been replaced already
        new = np.take_along_axis(t.x[1:], members[..., None], axis=1)
        at = np.where((members < np.arange(members.shape[1]))[..., None], new, at)
    return np.concatenate((np.full_like(t.x[:1], np.nan), at))


@optimizer(
    "Differential evolution",
    family="evolutionary",
    needs=("value", "moves"),
    stochastic=True,
    population="population",
    reference="Storn and Price 1997, Differential evolution: a simple and efficient heuristic",
    color="green",
    rule=(
        r"<mutant'> = <donor_a'> + <F>\,(<donor_b'> - <donor_c'>)",
        r"<challenger'> = <landed'> \text{ with chance } <CR>, \text{ else } <x>",
        r"<x'> = <challenger'> \text{ if } <challenger_fx'> \le <fx>, \text{ else } <x>",
    ),
    derived={
        "donor_a": lambda t: donor(t, 0),
        "donor_b": lambda t: donor(t, 1),
        "donor_c": lambda t: donor(t, 2),
        "difference": lambda t: t.donor_b - t.donor_c,
        "mutant": lambda t: t.donor_a + t.F * t.difference,
        "landed": lambda t: t.landscape.moves.reflect(t.mutant),
        "challenger": lambda t: t.trial,
        "challenger_fx": lambda t: t.trial_fx,
    },
    suggest={
        **dict.fromkeys(("quadratic", "cubic", "double_well", "forrester", "shelf", "formula"), FEW | {"steps": 30}),
        **dict.fromkeys(("bowl", "sphere", "ellipsoid", "booth", "himmelblau", "rastrigin", "rosenbrock"), FEW),
        **dict.fromkeys(("beale", "ackley", "griewank", "styblinski_tang", "three_hump_camel", "branin"), FEW),
        **dict.fromkeys(("saddle", "plateau", "noisy_quadratic", "linear_regression", "hartmann_3"), FEW),
    },
    like="genetic_algorithm",
    presets={"as in the article": {}, "recommended": {"strategy": "best/1/bin"}},
)
def differential_evolution(
    f,
    x,
    rng,
    *,
    population: Population = 50,
    F: Scale = 0.5,
    CR: Rate = 0.7,
    strategy: Strategy = "rand/1/bin",
    updating: Updating = "immediate",
):
    """Add the difference of two members, scaled, to a third; a member gives way to its trial where that is no worse.

    Storn and Price 1997. A mutant that leaves the domain is reflected at its walls.
    """
    x = f.moves.sample(rng, population, first=x)
    fx = f(x)
    donors, trial, trial_fx, accepted = np.full((population, 3), -1), x, fx, np.zeros(population, bool)
    triples, masks = three_others(population, rng), crossings(population, f.low.size, CR, rng)
    turns = range(population) if updating == "immediate" else [slice(None)]  # one after another, or all at once
    while True:
        yield State(x, fx=fx, donors=donors, trial=trial, trial_fx=trial_fx, accepted=accepted)
        x, fx, accepted = x.copy(), fx.copy(), np.empty_like(accepted)
        trial, trial_fx = np.empty_like(x), np.empty_like(fx)
        donors, mutated = next(triples), next(masks)
        for i in turns:
            if strategy == "best/1/bin":
                donors[i, 0] = fx.argmin()
            a, b, c = x.take(donors[i].T, axis=0)
            mutant = f.moves.reflect(a + F * (b - c))
            trial[i] = np.where(mutated[i], mutant, x[i])
            trial_fx[i] = f(trial[i])
            accepted[i] = better = trial_fx[i] <= fx[i]
            np.copyto(x[i], trial[i], where=better[..., None])
            fx[i] = np.minimum(trial_fx[i], fx[i])


def three_others(population, rng):
    """Yield for each member three others (P, 3), drawn evenly, all different from one another and from it."""
    me = np.arange(population)
    while True:
        a, b, c = (rng.integers(population - k, size=(AHEAD, population)) for k in (1, 2, 3))
        a += a >= me  # each counts the members that are not yet taken: step over those that are, the lowest first
        low, high = np.minimum(me, a), np.maximum(me, a)
        b += b >= low
        b += b >= high
        first, last = np.minimum(low, b), np.maximum(high, b)
        c += c >= first
        c += c >= low + high + b - first - last
        c += c >= last
        yield from np.stack((a, b, c), axis=-1)


def crossings(population, d, CR, rng):
    """Yield which coordinates (P, d) the trials take from their mutants: each with probability CR, one always."""
    while True:
        always = rng.integers(d, size=(AHEAD, population, 1)) == np.arange(d)
        yield from (rng.random(always.shape) < CR) | always
