"""Newton's method."""

import numpy as np

from algorithms.registry import optimizer
from algorithms.state import State, Stop


@optimizer(
    "Newton",
    family="second order",
    needs=("gradient", "hessian"),
    stops="small step",
    reference="Newton 1685 and Raphson 1690; Nocedal and Wright 2006, Numerical Optimization, eq. 2.15",
    color="purple",
    rule=(r"<x'> = <x> - \left(<hessian>\right)^{-1} <gradient>",),
    arrows={"step": lambda t: t.step},
)
def newton(f, x, rng):
    """Jump to where the gradient of the local quadratic model is zero: x ← x − H⁻¹g.

    Nocedal and Wright 2006, eq. 2.15, with full steps and no repair: the model may have a maximum or a saddle there.
    """
    while True:
        yield State(x)
        step, singular = solve(f.hessian(x), f.gradient(x))
        if singular.all():
            return Stop("singular", "The Hessian is singular here (its determinant is 0), so there is no Newton step.")
        x = x - step


def solve(H, g):
    """H⁻¹g for any leading axes, NaN in the rows where H is singular, and which rows those are."""
    singular = np.linalg.slogdet(H)[0] == 0
    H = np.where(singular[..., None, None], np.eye(g.shape[-1]), H)
    return np.where(singular[..., None], np.nan, np.linalg.solve(H, g[..., None])[..., 0]), singular
