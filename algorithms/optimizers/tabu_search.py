"""Tabu search."""

from typing import Annotated

import numpy as np

from algorithms.knob import Knob
from algorithms.moves import Move
from algorithms.registry import optimizer
from algorithms.state import State

Tenure = Annotated[
    int, Knob(0, 100, symbol="τ", help="Steps for which what a move gave up may not come back; 0 forbids nothing.")
]
Neighbors = Annotated[int, Knob(1, 100, symbol="m", help="Neighbors tried in every step.")]
Aspiration = Annotated[bool, Knob(help="A tabu neighbor may be taken if it is better than everything before.")]
Size = Annotated[
    float,
    Knob(0.001, 1.0, log=True, symbol="s",
         help="Typical move, as a share of the domain. Within half of it around a point that was left, all is tabu."),
]  # fmt: skip
REACH = 0.5  # radius of a tabu ball, in typical moves
TOURS = {"tenure": 10, "neighbors": 50, "step_size": 1.0}


@optimizer(
    "Tabu search",
    family="metaheuristic",
    needs="moves",
    stochastic=True,
    reference="Glover 1989, Tabu search, part I; in a box as by Chelouah and Siarry 2000",
    color="blue",
    work=lambda landscape, knobs: knobs["neighbors"],
    rule=(
        r"<x'> = n, \text{ best of } <open'> \text{ open of } <neighbors>",
        r"\text{open: not tabu, or } f(n) < <threshold>",
        r"<delta'> = <chosen_fx'> - <fx>",
    ),
    derived={
        "open": lambda t: ((t.forbidden == 0) | (t.neighbors_fx < t.last.threshold[:, None])).sum(axis=1),
        "threshold": lambda t: t.best_fx if t.aspiration else np.full(len(t.fx), -np.inf),
        "chosen_fx": lambda t: t.fx,
        "delta": lambda t: np.append(np.nan, np.diff(t.fx)),
        "reach": lambda t: np.full(len(t.fx), REACH * t.step_size),
    },
    arrows={"step": lambda t: t.step},
    suggest={
        "rastrigin": {"tenure": 12, "neighbors": 14, "move": "uniform", "steps": 150},
        "ackley": {"tenure": 12, "neighbors": 14, "move": "uniform", "steps": 150},
        "himmelblau": {"tenure": 12, "steps": 100},
        "double_well": {"tenure": 8, "steps": 60},
        "linear_regression": {"neighbors": 10},
        "five_cities": {"tenure": 2, "neighbors": 10, "step_size": 1.0, "steps": 40},
        "random_cities": TOURS | {"steps": 400},
        "circle_cities": TOURS | {"steps": 200},
        "clustered_cities": TOURS | {"steps": 400},
        "placed_cities": TOURS | {"tenure": 6, "steps": 100},
    },
    like="simulated_annealing",
)
def tabu_search(
    f,
    x,
    rng,
    *,
    tenure: Tenure = 20,
    neighbors: Neighbors = 12,
    aspiration: Aspiration = True,
    step_size: Size = 0.05,
    move: Move = "gaussian",
):
    """Go to the best neighbor, even uphill, but never back to what a move gave up lately.

    Glover 1989. In a box that is a ball around every point left, of tours every edge taken out.
    """
    fx = best = f(x)
    around, around_fx, forbidden = np.repeat(x[None], neighbors, 0), np.full(neighbors, fx), np.zeros(neighbors, bool)
    tabu, note = f.moves.blank(tenure), "start"
    while True:
        yield State(x, fx=fx, neighbors=around, neighbors_fx=around_fx, forbidden=forbidden, tabu=tabu, note=note)
        around = f.moves.neighbor(np.repeat(x[None], neighbors, 0), rng, step_size, move)
        around_fx = f(around)
        forbidden = f.moves.returns(x, around, tabu, REACH * step_size)
        allowed = np.flatnonzero(~forbidden | (aspiration & (around_fx < best)))
        given_up, note = f.moves.blank(1), "blocked"
        if allowed.size:
            i = allowed[around_fx[allowed].argmin()]
            note = "aspiration" if forbidden[i] else "descent" if around_fx[i] < fx else "uphill"
            given_up[0] = f.moves.given_up(x, around[i])
            x, fx = around[i], around_fx[i]
            best = min(best, fx)
        tabu = np.concatenate((given_up, tabu))[:tenure]
