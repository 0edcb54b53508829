"""Nonlinear conjugate gradients."""

import numpy as np

from algorithms.line_search import THERE, level, strong_wolfe, stuck
from algorithms.registry import optimizer
from algorithms.state import State


@optimizer(
    "Conjugate gradient",
    family="second order",
    needs="gradient",
    reference="Hestenes and Stiefel 1952; Polak and Ribière 1969; Nocedal and Wright 2006, algorithm 5.4 and eq. 5.44",
    color="orange",
    rule=(
        r"<direction'> = -<gradient> + <conjugacy'>\,<direction>",
        r"<x'> = <x> + <step_length'>\,<direction'>",
    ),
    arrows={
        "gradient": lambda t: -t.next.step_length[:, None] * t.gradient,
        "direction": lambda t: (t.next.step_length * t.next.conjugacy)[:, None] * t.direction,
        "step": lambda t: t.step,
    },
)
def conjugate_gradient(f, x, rng):
    """Search along −∇f plus a share of the last direction, so that earlier searches are not undone.

    Nocedal and Wright 2006, algorithm 5.4, with the Polak–Ribière share, never below 0 (eq. 5.44 and 5.45). The search
    is nearly exact, so that a quadratic in d dimensions takes at most d steps.
    """
    fx, g = f(x), f.gradient(x)
    length, trials, p, beta = 1.0, x[None], np.zeros_like(x), 0.0
    last, slope = g, -g @ g * min(1.0, 1 / abs(g).sum())  # so that the first length tried is not far
    while True:
        yield State(x, fx=fx, direction=p, conjugacy=beta, step_length=length, trials=trials)
        if level(g):
            return THERE
        beta = max(0.0, g @ (g - last) / (last @ last))
        if g @ (-g + beta * p) >= 0:  # not downhill: start afresh
            beta = 0.0
        p = -g + beta * p
        found = strong_wolfe(f, x, fx, g, p, length * slope / (g @ p), c2=0.1, refine=True)
        length, trials = found.length, found.trials
        if length == 0:
            return stuck(fx, p @ g)
        last, slope = g, g @ p
        x, fx, g = found.x, found.fx, found.g
