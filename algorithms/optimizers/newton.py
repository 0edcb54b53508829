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
            return Stop("singular", "The Hessian is singular here to within rounding, so there is no Newton step.")
        x = x - step


def solve(H, g):
    """H⁻¹g for any leading axes, NaN where H is singular or not finite, and where it is singular.

    Singular means to within rounding: a condition number above 10¹⁴ once every row of H is scaled to 1.
    """
    one, finite = np.eye(g.shape[-1]), np.isfinite(H).all(axis=(-2, -1))
    H = np.where(finite[..., None, None], H, one)
    largest = abs(H).max(axis=-1, keepdims=True)
    singular = np.linalg.cond(H / np.where(largest > 0, largest, 1)) > 1e14
    sound = (finite & ~singular)[..., None]
    return np.where(sound, np.linalg.solve(np.where(sound[..., None], H, one), g[..., None])[..., 0], np.nan), singular
