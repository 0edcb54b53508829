"""Iterated local search."""

from itertools import count
from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.moves import Move
from algorithms.registry import optimizer
from algorithms.state import State, Stop

PATIENCE = 5  # kicks in a row that may fail before a restart
Kick = Annotated[
    float,
    Knob(0.001, 1.0, log=True, symbol="p", words="perturbation size",
         help="Typical length of a kick, as a share of the domain or of the tour."),
]  # fmt: skip
Local = Annotated[int, Knob(1, 2000, log=True, symbol="n", help="Random moves that every descent tries.")]
Rounds = Annotated[int, Knob(1, 1000, log=True, symbol="R", help="Descents in all, each but the first after a kick.")]
Acceptance = Annotated[
    Literal["better", "always", "restart"],
    Knob(help="From where the next kick starts: the best of the two minima, the new one, or the better one until "
         f"{PATIENCE} kicks in a row have failed, then anywhere."),
]  # fmt: skip
Size = Annotated[
    float,
    Knob(
        0.001,
        1.0,
        log=True,
        symbol="s",
        help="Typical first move of a descent, as a share of the domain; it shrinks to 0 in the course of it.",
    ),
]
TOURS = {"perturbation_size": 0.2, "local_steps": 500, "rounds": 30, "step_size": 1.0}


@optimizer(
    "Iterated local search",
    family="metaheuristic",
    needs="moves",
    stochastic=True,
    reference="Lourenço, Martin and Stützle 2003, Iterated local search; the kick of tours by Martin, Otto and "
    "Felten 1991",
    color="green",
    work=lambda landscape, knobs: knobs["local_steps"] + 1,
    rule=(
        r"<kicked'> = \text{kick}(<x>, <perturbation_size>)",
        r"<trial'> = \text{descend}(<kicked'>)",
        r"<x'> = <trial'> \text{ if accepted: } <trial_fx'> \text{ for } <fx>",
    ),
    derived={"kicked_fx": lambda t: t.landscape.value(t.kicked)},
    arrows={"step": lambda t: t.step},
    suggest={
        "himmelblau": {"perturbation_size": 0.25, "rounds": 50},
        "rastrigin": {"rounds": 60},
        "ackley": {"rounds": 60},
        "five_cities": {"perturbation_size": 1.0, "local_steps": 20, "rounds": 20, "step_size": 1.0},
        "random_cities": TOURS,
        "circle_cities": TOURS,
        "clustered_cities": TOURS,
        "placed_cities": TOURS | {"perturbation_size": 1.0, "local_steps": 200},
    },
    like="simulated_annealing",
)
def iterated_local_search(
    f,
    x,
    rng,
    *,
    perturbation_size: Kick = 0.1,
    local_steps: Local = 100,
    rounds: Rounds = 100,
    acceptance: Acceptance = "better",
    step_size: Size = 0.02,
    move: Move = "gaussian",
):
    """Descend to a local minimum, kick it, descend again, and keep the better of the two minima.

    Lourenço, Martin and Stützle 2003. A step is a round, a kick with its descent; the first one has no kick.
    """
    fx = f(x)
    kicked, way, trial, trial_fx, accepted, note, failed = x, [x], x, fx, True, "start", 0
    for k in count():
        descent = np.array(way)
        yield State(
            x, fx=fx, kicked=kicked, descent=descent, trial=trial, trial_fx=trial_fx, accepted=accepted, note=note
        )
        if k == rounds:
            return Stop("finished", f"Finished after {rounds:,} rounds.")
        note = "restart" if acceptance == "restart" and failed == PATIENCE else "kick" if k else "descent"
        if k:
            kicked = f.moves.sample(rng) if note == "restart" else f.moves.kick(x, rng, perturbation_size)
        way, trial, trial_fx = [kicked], kicked, f(kicked) if k else fx
        for i in range(local_steps):
            tried = f.moves.neighbor(trial, rng, step_size * (1 - i / local_steps), move)  # finer and finer
            tried_fx = f(tried)
            if tried_fx < trial_fx:
                trial, trial_fx = tried, tried_fx
                way.append(trial)
        accepted = bool(trial_fx < fx) or acceptance == "always" or note == "restart"
        failed = 0 if accepted else failed + 1
        if accepted:
            x, fx = trial, trial_fx
