"""Curves: landscapes of one coordinate."""

import numpy as np

from algorithms.landscape import Landscape, Minimum
from algorithms.registry import landscape


@landscape(
    "Quadratic",
    suggest={
        "gradient_descent": {"learning_rate": 0.1, "steps": 50},
        "momentum": {"learning_rate": 0.02, "beta": 0.9},
        "adam": {"learning_rate": 0.3},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 5.0},
        "particle_swarm": {"steps": 40},
    },
)
def quadratic() -> Landscape:
    """The parabola x²: the simplest valley, on which every step can be worked out by hand."""
    return Landscape(
        name="Quadratic",
        value=lambda x: x[..., 0] ** 2,
        gradient=lambda x: 2 * x,
        hessian=lambda x: np.full((*x.shape, 1), 2.0),
        low=[-6],
        high=[6],
        start=[5],
        minima=(Minimum((0.0,), 0.0),),
        latex=r"f(x) = x^2",
        curvature=2.0,
    )


@landscape(
    "Cubic",
    suggest={
        "gradient_descent": {"learning_rate": 0.05, "steps": 100},
        "momentum": {"learning_rate": 0.02, "beta": 0.6, "steps": 100},
        "adam": {"learning_rate": 0.1},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 2.0},
        "particle_swarm": {"steps": 40},
    },
)
def cubic() -> Landscape:
    """A cubic with one local minimum and one local maximum, falling without end on the left."""
    return Landscape(
        name="Cubic",
        value=lambda x: x[..., 0] ** 3 - 2 * x[..., 0] ** 2 + 2,
        gradient=lambda x: 3 * x**2 - 4 * x,
        hessian=lambda x: (6 * x - 4)[..., None],
        low=[-1.2],
        high=[3.2],
        start=[3],
        minima=(Minimum((4 / 3,), 22 / 27, "local"),),
        latex=r"f(x) = x^3 - 2x^2 + 2",
        note="Unbounded below: its minimum is only local, and far enough to the left f falls without end.",
    )
