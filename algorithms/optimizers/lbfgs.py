"""Limited-memory BFGS."""

from typing import Annotated

import numpy as np

from algorithms.knob import Knob
from algorithms.line_search import THERE, level, strong_wolfe, stuck
from algorithms.registry import optimizer
from algorithms.state import State

Pairs = Annotated[
    int, Knob(1, 30, symbol="m", words="memory", help="Steps remembered, each with its change of gradient.")
]


def inverse_hessian(t):
    """The inverse Hessian (T, d, d) that the remembered pairs stand for; it is never formed while the method runs."""
    d = t.x.shape[-1]
    return np.array(
        [
            np.array([two_loop(e, pairs(s, y)) for e in np.eye(d)]).T if d <= 10 else np.full((d, d), np.nan)
            for s, y in zip(t.pair_steps, t.pair_slopes)
        ]
    )


def pairs(S, Y):
    """The remembered pairs (s, y) of one frame, without the padding."""
    return [(s, y) for s, y in zip(S, Y) if np.isfinite(s).all()]


@optimizer(
    "L-BFGS",
    family="second order",
    needs="gradient",
    reference="Nocedal 1980; Liu and Nocedal 1989; Nocedal and Wright 2006, algorithms 7.4 and 7.5",
    color="sky",
    rule=(
        r"<x'> = <x> + <step_length'>\,<direction'>",
        r"<direction'> = -<inverse_hessian>\,<gradient>",
        r"\text{where } <inverse_hessian> \text{ comes from the last } <memory> \text{ pairs of }"
        r" s = \Delta x,\; y = \Delta \nabla f",
    ),
    derived={"inverse_hessian": inverse_hessian},
    arrows={"step": lambda t: t.step},
)
def lbfgs(f, x, rng, *, memory: Pairs = 10):
    """BFGS that remembers only its last m steps: 2md numbers in place of d².

    Liu and Nocedal 1989; the product −H∇f by Nocedal and Wright 2006, algorithm 7.4, scaled by eq. 7.20.
    """
    fx, g = f(x), f.gradient(x)
    length, trials, p = 1.0, x[None], np.zeros_like(x)
    known: list[tuple] = []
    while True:
        S, Y = (
            np.reshape([pair[0] for pair in known], (-1, x.size)),
            np.reshape([pair[1] for pair in known], (-1, x.size)),
        )
        yield State(x, fx=fx, direction=p, step_length=length, trials=trials, pair_steps=S, pair_slopes=Y)
        if level(g):
            return THERE
        p = -two_loop(g, known)
        found = strong_wolfe(f, x, fx, g, p, 1.0 if known else min(1.0, 1 / abs(g).sum()))
        length, trials = found.length, found.trials
        if length == 0:
            return stuck(fx, p @ g)
        s, y = found.x - x, found.g - g
        x, fx, g = found.x, found.fx, found.g
        if s @ y > 0:
            known = [*known, (s, y)][-memory:]


def two_loop(q, known):
    """H q (d,) from the pairs (s, y), the oldest first; q itself where there are none."""
    shares = []
    for s, y in reversed(known):
        shares.append((s @ q) / (y @ s))
        q = q - shares[-1] * y
    if known:
        s, y = known[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), share in zip(known, reversed(shares)):
        q = q + (share - (y @ q) / (y @ s)) * s
    return q
