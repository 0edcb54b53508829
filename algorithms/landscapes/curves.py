"""Curves: landscapes of one coordinate."""

import numpy as np

from algorithms.landscape import Landscape, Minimum
from algorithms.registry import landscape


@landscape(
    "Quadratic",
    group="curves",
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
    group="curves",
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


@landscape(
    "Double well",
    group="curves",
    suggest={
        "gradient_descent": {"learning_rate": 0.03, "steps": 60},
        "momentum": {"learning_rate": 0.02, "beta": 0.9},
        "adam": {"learning_rate": 0.1},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 2.0},
        "particle_swarm": {"steps": 40},
        "genetic_algorithm": {"population": 20, "steps": 30},
    },
)
def double_well() -> Landscape:
    """Two wells with a hump between them: who comes from the right reaches the shallow one first."""

    def value(p):
        x = p[..., 0]
        return (x + 1) ** 2 * (3 * x**2 - 7 * x + 5) / 3

    return Landscape(
        name="Double well",
        value=value,
        gradient=lambda x: 4 * x**3 - x**2 - 4 * x + 1,
        hessian=lambda x: (12 * x**2 - 2 * x - 4)[..., None],
        low=[-1.8],
        high=[1.8],
        start=[1.7],
        minima=(Minimum((-1.0,), 0.0), Minimum((1.0,), 4 / 3, "local")),
        latex=r"f(x) = \tfrac{1}{3}\,(x + 1)^2\,(3x^2 - 7x + 5)",
    )


@landscape(
    "Forrester",
    group="curves",
    suggest={
        "gradient_descent": {"learning_rate": 0.001, "steps": 60},
        "momentum": {"learning_rate": 0.0005, "beta": 0.85, "steps": 100},
        "adam": {"learning_rate": 0.02, "steps": 100},
        "newton": {"steps": 20, "start": (0.7,)},
        "simulated_annealing": {"initial_temperature": 5.0},
        "particle_swarm": {"steps": 40},
        "genetic_algorithm": {"population": 20, "steps": 30},
    },
)
def forrester() -> Landscape:
    """A shallow dip, a shelf and a deep dip: the curve on which searches with few evaluations are tried."""

    def value(p):
        t = 12 * p[..., 0] - 4
        return t**2 / 4 * np.sin(t)

    def gradient(x):
        t = 12 * x - 4
        return 6 * t * np.sin(t) + 3 * t**2 * np.cos(t)

    def hessian(x):
        t = 12 * x - 4
        return ((72 - 36 * t**2) * np.sin(t) + 144 * t * np.cos(t))[..., None]

    return Landscape(
        name="Forrester",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=[0],
        high=[1],
        start=[0.48],
        minima=(
            Minimum((0.7572487578418559,), -6.0207400557670825),
            Minimum((0.14258918932471631,), -0.9863254063210815, "local"),
        ),
        latex=r"f(x) = (6x - 2)^2 \sin(12x - 4)",
        note="At x = 1/3 the curve is level without a minimum: Newton's model has no lowest point there.",
    )


@landscape(
    "Shelf",
    group="curves",
    suggest={
        "gradient_descent": {"learning_rate": 0.1, "steps": 120},
        "momentum": {"learning_rate": 0.05, "beta": 0.8, "steps": 120},
        "adam": {"learning_rate": 0.1},
        "newton": {"steps": 20, "start": (-2.0,)},
        "simulated_annealing": {"initial_temperature": 1.0},
        "particle_swarm": {"steps": 40},
        "genetic_algorithm": {"population": 20, "steps": 30},
    },
)
def shelf() -> Landscape:
    """A slope that is interrupted by a shelf, almost level: plain descent creeps along it, momentum slides across."""

    def value(p):
        x = p[..., 0]
        return (x + 1) ** 2 * ((3 * x**2 - 10 * x + 11) / 12 + 1 / 200)

    return Landscape(
        name="Shelf",
        value=value,
        gradient=lambda x: (x + 1) * ((x - 1) ** 2 + 1 / 100),
        hessian=lambda x: (3 * x**2 - 2 * x - 1 + 1 / 100)[..., None],
        low=[-2.2],
        high=[2.4],
        start=[2.2],
        minima=(Minimum((-1.0,), 0.0),),
        latex=r"f(x) = (x + 1)^2 \left(\frac{3x^2 - 10x + 11}{12} + \frac{1}{200}\right)",
        note="On the shelf, at x = 1, the slope is 0.02; it is nowhere 0 but at the minimum.",
    )
