"""Newton's method."""

from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.line_search import backtracking
from algorithms.registry import optimizer
from algorithms.state import State, Stop

Repair = Annotated[
    Literal["none", "damped", "modified"],
    Knob(
        help="None: the full step. Damped: halve the step until f falls. Modified: turn negative curvature round, "
        "so that the step leads downhill, and halve it until f falls."
    ),
]


def hessian_used(t):
    """The Hessian (T, d, d) as each step uses it: made positive definite where that is asked for."""
    return (
        positive(t.hessian, t.gradient, np.ptp([t.landscape.low, t.landscape.high], axis=0).max())
        if t.repair == "modified"
        else t.hessian
    )


@optimizer(
    "Newton",
    family="second order",
    needs=("gradient", "hessian"),
    stops="small step",
    reference="Newton 1685 and Raphson 1690; Nocedal and Wright 2006, Numerical Optimization, eq. 2.15 and section 3.4",
    color="purple",
    rule=(r"<x'> = <x> - <step_length'> \left(<hessian_used>\right)^{-1} <gradient>",),
    derived={
        "hessian_used": hessian_used,
        "newton_step": lambda t: -solve(t.hessian_used, t.gradient)[0],
    },
    arrows={"step": lambda t: t.step},
)
def newton(f, x, rng, *, repair: Repair = "none"):
    """Jump to where the gradient of the local quadratic model is zero: x ← x − H⁻¹g.

    Nocedal and Wright 2006, eq. 2.15. The plain step may lead to a maximum or a saddle of the model; the repairs halve
    it until f falls (algorithm 3.1), and before that make H positive definite (section 3.4).
    """
    length, trials, fx = 1.0, np.empty((0, x.shape[-1])), None
    while True:
        yield State(x, step_length=length, trials=trials)
        H, g = f.hessian(x), f.gradient(x)
        step, singular = solve(positive(H, g, (f.high - f.low).max()) if repair == "modified" else H, g)
        if singular.all():
            return Stop("singular", "The Hessian is singular here to within rounding, so there is no Newton step.")
        if repair == "none":
            x = x - step
            continue
        if g @ step < 0 and abs(step).max() > 1e-6:
            return Stop("no descent", "The Newton step leads uphill from here. Try the modified Hessian.")
        found = backtracking(f, x, f(x) if fx is None else fx, -g @ step, -step)
        length, trials, fx = found.length, found.trials, found.fx
        if length == 0 and abs(step).max() > 1e-6:
            return Stop("no descent", "No share of the Newton step was found to lower f from here.")
        x = found.x


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


def positive(H, g, width):
    """H (…, d, d) with |λ| for every eigenvalue λ, large enough that the step goes at most `width` along each axis."""
    finite = np.isfinite(H).all(axis=(-2, -1)) & np.isfinite(g).all(axis=-1)
    finite = finite[..., None, None]
    values, axes = np.linalg.eigh(np.where(finite, H, np.eye(g.shape[-1])))
    size = np.maximum(abs(values), 1e-12 + abs(np.einsum("...ji,...j->...i", axes, g)) / width)
    return np.where(finite, (axes * size[..., None, :]) @ np.swapaxes(axes, -1, -2), H)
