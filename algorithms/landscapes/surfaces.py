"""Surfaces: landscapes of two coordinates, some of them of any number.

`x, y = p.T` takes the coordinates of one point or of many alike, and costs a point less than `p[..., 0]`; a result is
transposed back.
"""

from typing import Annotated

import numpy as np

from algorithms.knob import Knob
from algorithms.landscape import Landscape, Minimum
from algorithms.registry import landscape

Dimension = Annotated[int, Knob(2, 100, symbol="d", help="Number of coordinates.")]
Condition = Annotated[
    float, Knob(1, 1000, log=True, symbol="κ", help="How much steeper the valley is across than along: L = κ.")
]
Rotation = Annotated[float, Knob(0, 180, step=1, symbol="θ", help="Angle of the valley to the first axis, in degrees.")]


@landscape(
    "Bowl",
    suggest={
        "gradient_descent": {"learning_rate": 0.18, "steps": 80},
        "momentum": {"learning_rate": 0.03, "beta": 0.85},
        "adam": {"learning_rate": 0.2},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 5.0},
        "particle_swarm": {"steps": 60},
    },
)
def bowl(*, condition: Condition = 10.0, rotation: Rotation = 30.0) -> Landscape:
    """A quadratic valley, as narrow and as turned as you like: the model of every smooth minimum seen closely."""
    angle = np.deg2rad(rotation)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    A = turn.T @ np.diag([1.0, condition]) @ turn
    (a, b), (_, d) = A.tolist()

    def value(p):  # not by a matrix product: its last bits differ from one processor to another
        x, y = p.T
        u, v = x - 1, y - 0.5
        return (0.5 * (u * (a * u + b * v) + v * (b * u + d * v))).T

    def gradient(p):
        x, y = p.T
        u, v = x - 1, y - 0.5
        return np.array([a * u + b * v, b * u + d * v]).T

    return Landscape(
        name="Bowl",
        value=value,
        gradient=gradient,
        hessian=lambda x: np.broadcast_to(A, (*x.shape, 2)),
        low=[-5, -5],
        high=[5, 5],
        start=[-4, 2],
        minima=(Minimum((1.0, 0.5), 0.0),),
        latex=r"f(x) = \tfrac{1}{2}\,(u^2 + \kappa\,v^2), \quad (u, v) = R_\theta\,(x - c), \quad c = (1, 0.5)",
        curvature=condition,
    )


@landscape(
    "Sphere",
    suggest={
        "gradient_descent": {"learning_rate": 0.1, "steps": 60},
        "momentum": {"learning_rate": 0.02, "beta": 0.9},
        "adam": {"learning_rate": 0.2},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 5.0},
        "particle_swarm": {"steps": 60},
    },
)
def sphere(*, dimension: Dimension = 2) -> Landscape:
    """The sum of squares: equally steep in every direction, so the gradient points straight at the minimum."""
    return Landscape(
        name="Sphere",
        value=lambda x: (x**2).sum(axis=-1),
        gradient=lambda x: 2 * x,
        hessian=lambda x: np.broadcast_to(2 * np.eye(dimension), (*x.shape, dimension)),
        low=np.full(dimension, -5.12),
        high=np.full(dimension, 5.12),
        start=np.resize([-4.0, 3.0], dimension),
        minima=(Minimum((0.0,) * dimension, 0.0),),
        latex=r"f(x) = \sum_{i=1}^{d} x_i^2",
        curvature=2.0,
    )


@landscape(
    "Rastrigin",
    suggest={
        "gradient_descent": {"learning_rate": 0.002, "steps": 60},
        "momentum": {"learning_rate": 0.008, "beta": 0.85},
        "adam": {"learning_rate": 0.7},
        "newton": {"steps": 20, "start": (-2.9, 2.1)},
        "simulated_annealing": {"initial_temperature": 10.0, "steps": 500},
        "particle_swarm": {"steps": 100},
    },
)
def rastrigin(*, dimension: Dimension = 2) -> Landscape:
    """A bowl covered with regular dimples: millions of local minima once there are many coordinates."""

    def value(x):
        return 10 * dimension + (x**2 - 10 * np.cos(2 * np.pi * x)).sum(axis=-1)

    return Landscape(
        name="Rastrigin",
        value=value,
        gradient=lambda x: 2 * x + 20 * np.pi * np.sin(2 * np.pi * x),
        hessian=lambda x: (2 + 40 * np.pi**2 * np.cos(2 * np.pi * x))[..., None] * np.eye(dimension),
        low=np.full(dimension, -5.12),
        high=np.full(dimension, 5.12),
        start=np.resize([-3.3, 2.7], dimension),
        minima=(Minimum((0.0,) * dimension, 0.0),),
        latex=r"f(x) = 10\,d + \sum_{i=1}^{d} \left(x_i^2 - 10 \cos 2\pi x_i\right)",
        curvature=2 + 40 * np.pi**2,
        note="One dimple near every point of whole numbers; only the one at 0 is the global minimum.",
    )


@landscape(
    "Rosenbrock",
    suggest={
        "gradient_descent": {"learning_rate": 0.0015, "steps": 1000},
        "momentum": {"learning_rate": 0.0008, "beta": 0.9, "steps": 500},
        "adam": {"learning_rate": 0.2, "steps": 300},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 5.0, "steps": 500},
        "particle_swarm": {"steps": 60},
    },
)
def rosenbrock() -> Landscape:
    """A curved valley with a nearly flat floor: easy to enter, slow to follow."""

    def value(p):
        x, y = p.T
        return ((1 - x) ** 2 + 100 * (y - x**2) ** 2).T

    def gradient(p):
        x, y = p.T
        a = y - x**2
        return np.array([-2 * (1 - x) - 400 * x * a, 200 * a]).T

    def hessian(p):
        x, y = p.T
        return symmetric(2 - 400 * (y - 3 * x**2), -400 * x, np.full_like(x, 200))

    return Landscape(
        name="Rosenbrock",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=[-2, -1],
        high=[2, 3],
        start=[-1.2, 1],
        minima=(Minimum((1.0, 1.0), 0.0),),
        latex=r"f(x, y) = (1 - x)^2 + 100\,(y - x^2)^2",
    )


@landscape(
    "Himmelblau",
    suggest={
        "gradient_descent": {"learning_rate": 0.01, "steps": 100},
        "momentum": {"learning_rate": 0.005, "beta": 0.9},
        "adam": {"learning_rate": 0.1},
        "newton": {"steps": 20, "start": (4.5, 4.5)},
        "simulated_annealing": {"initial_temperature": 50.0},
        "particle_swarm": {"steps": 60},
    },
)
def himmelblau() -> Landscape:
    """Four minima of the same depth: which one is found depends on where you start."""

    def value(p):
        x, y = p.T
        return ((x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2).T

    def gradient(p):
        x, y = p.T
        a, b = x**2 + y - 11, x + y**2 - 7
        return np.array([4 * x * a + 2 * b, 2 * a + 4 * y * b]).T

    def hessian(p):
        x, y = p.T
        return symmetric(12 * x**2 + 4 * y - 42, 4 * (x + y), 12 * y**2 + 4 * x - 26)

    return Landscape(
        name="Himmelblau",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=[-5, -5],
        high=[5, 5],
        start=[0, -4],
        minima=tuple(
            Minimum(at, 0.0)
            for at in (
                (3.0, 2.0),
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.283185991286170),
                (3.584428340330492, -1.848126526964404),
            )
        ),
        latex=r"f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    )


def symmetric(xx, xy, yy):
    """The symmetric 2 × 2 matrices (…, 2, 2) with these entries, which come from transposed points `x, y = p.T`."""
    return np.array([[xx, xy], [xy, yy]]).T
