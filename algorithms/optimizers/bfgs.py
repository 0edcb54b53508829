"""BFGS."""

import numpy as np

from algorithms.line_search import THERE, level, strong_wolfe, stuck
from algorithms.registry import optimizer
from algorithms.state import State


@optimizer(
    "BFGS",
    family="second order",
    needs="gradient",
    reference="Broyden, Fletcher, Goldfarb and Shanno 1970; Nocedal and Wright 2006, algorithm 6.1",
    color="green",
    rule=(
        r"<x'> = <x> - <step_length'>\,<inverse_hessian>\,<gradient>",
        r"\text{where } H \leftarrow V H V^T + \rho\,s s^T,",
        r"\text{where } V = I - \rho\,s y^T,\; \rho = 1 / y^T s,",
        r"\text{where } s = \Delta x,\; y = \Delta \nabla f,",
        r"<inverse_hessian'>\,<change'> = <step>",
    ),
    derived={"change": lambda t: t.gradient - t.last.gradient},
    arrows={"step": lambda t: t.step},
)
def bfgs(f, x, rng):
    """Learn the inverse Hessian H from how the gradient changes, and search along −H∇f.

    Nocedal and Wright 2006, algorithm 6.1, whose H this is; before the first update it is scaled by eq. 6.20.
    """
    H = one = np.eye(x.size)
    fx, g = f(x), f.gradient(x)
    length, trials, p = 1.0, x[None], np.zeros_like(x)
    while True:
        yield State(x, fx=fx, inverse_hessian=H, direction=p, step_length=length, trials=trials)
        if level(g):
            return THERE
        p = -H @ g
        found = strong_wolfe(f, x, fx, g, p, min(1.0, 1 / abs(g).sum()) if H is one else 1.0)
        length, trials = found.length, found.trials
        if length == 0:
            return stuck(fx, p @ g)
        s, y = found.x - x, found.g - g
        x, fx, g = found.x, found.fx, found.g
        if s @ y > 0:
            H = H * (s @ y) / (y @ y) if H is one else H
            V = one - np.outer(s, y) / (s @ y)
            H = V @ H @ V.T + np.outer(s, s) / (s @ y)
