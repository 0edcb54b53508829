"""Simulated annealing."""

from itertools import count
from math import e, exp, log, nan
from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.moves import Move
from algorithms.registry import optimizer
from algorithms.state import State

Temperature = Annotated[
    float,
    Knob(1e-6, 1e3, log=True, symbol="T₀", help="Temperature at the start: rises of f this large are often taken."),
]
Cooling = Annotated[
    Literal["geometric", "linear", "logarithmic"],
    Knob(help="How T falls: by a factor a step, by a fixed amount a step down to 0, or as 1 / log k."),
]
Rate = Annotated[
    float,
    Knob(0.5, 1.0, symbol="α", help="Geometric: T times α a step. Linear: T₀ (1 − α) less a step. At 1 neither cools."),
]
Size = Annotated[float, Knob(0.001, 1.0, log=True, symbol="s", help="Typical move, as a share of the domain.")]


@optimizer(
    "Simulated annealing",
    family="stochastic search",
    needs="moves",
    stochastic=True,
    reference="Kirkpatrick, Gelatt and Vecchi 1983, Optimization by simulated annealing",
    color="orange",
    rule=(
        r"<delta'> = <trial_fx'> - <fx>",
        r"<probability'> = \min\left(1,\; e^{-<delta'> / <temperature>}\right)",
        r"<x'> = <trial'> \text{ with probability } <probability'>, \text{ else } <x>",
    ),
    derived={
        "delta": lambda t: np.append(np.nan, t.trial_fx[1:] - t.fx[:-1]),
        "probability": lambda t: np.append(
            np.nan, np.exp(-np.maximum(t.delta[1:], 0) / np.maximum(t.temperature[:-1], 1e-300))
        ),
    },
    arrows={"step": lambda t: t.step},
)
def simulated_annealing(
    f,
    x,
    rng,
    *,
    initial_temperature: Temperature = 10.0,
    cooling: Cooling = "geometric",
    cooling_rate: Rate = 0.98,
    step_size: Size = 0.1,
    move: Move = "gaussian",
):
    """Try a random move; take it if it leads down, and with probability exp(−Δ/T) if it leads up, as T falls.

    Kirkpatrick, Gelatt and Vecchi 1983; acceptance by Metropolis 1953; logarithmic cooling after Geman and Geman 1984.
    """
    fx = f(x)
    trial, trial_fx, accepted, draw, T = x, fx, True, nan, initial_temperature
    for k in count(1):
        yield State(x, fx=fx, trial=trial, trial_fx=trial_fx, accepted=accepted, draw=draw, temperature=T)
        trial = f.moves.neighbor(x, rng, step_size, move)
        trial_fx = f(trial)
        delta = trial_fx - fx
        draw = nan if trial_fx <= fx or T == 0 else rng.random()
        accepted = trial_fx <= fx or (T > 0 and draw < exp(-delta / T))
        if accepted:
            x, fx = trial, trial_fx
        T = initial_temperature * COOLED[cooling](k, cooling_rate)


COOLED = {  # the share of T₀ left after k steps
    "geometric": lambda k, rate: rate**k,
    "linear": lambda k, rate: max(0.0, 1 - (1 - rate) * k),
    "logarithmic": lambda k, rate: 1 / log(e + k),
}
