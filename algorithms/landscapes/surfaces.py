"""Surfaces with one minimum: bowls and valleys of two coordinates, some of them of any number.

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
Stretch = Annotated[
    float, Knob(1, 1e6, log=True, symbol="κ", help="How much steeper the last direction is than the first: L = 2κ.")
]
Turn = Annotated[
    float,
    Knob(
        0, 180, step=1, symbol="θ", help="Angle by which each pair of neighboring axes is turned, in degrees; 0: none."
    ),
]


@landscape(
    "Bowl",
    group="bowls and valleys",
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
    group="bowls and valleys",
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
    "Ellipsoid",
    group="bowls and valleys",
    suggest={
        "gradient_descent": {"steps": 300},
        "momentum": {"beta": 0.9},
        "adam": {"learning_rate": 0.2},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 50.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 60},
    },
)
def ellipsoid(*, dimension: Dimension = 2, condition: Stretch = 100.0, rotation: Turn = 30.0) -> Landscape:
    """A quadratic valley in any number of dimensions, from wide to narrow in even ratios: a test of rotated methods."""
    angle = np.deg2rad(rotation)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    weights = (condition ** np.linspace(0, 1, dimension)).tolist()
    center = np.resize([1.0, -0.5], dimension)

    def turned(u):  # by steps in one pair of axes each: a matrix product's last bits depend on the processor
        y, carry = [], u[0]
        for each in u[1:]:
            y.append(cos * carry + sin * each)
            carry = cos * each - sin * carry
        return [*y, carry]

    def turned_back(y):
        u, carry = [], y[-1]
        for each in y[-2::-1]:
            u.append(sin * each + cos * carry)
            carry = cos * each - sin * carry
        return [carry, *u[::-1]]

    def value(x):
        return sum(weight * y**2 for weight, y in zip(weights, turned((x - center).T))).T

    def gradient(x):
        y = turned((x - center).T)
        return np.array(turned_back([2 * weight * each for weight, each in zip(weights, y)])).T

    A = sum(2 * weight * np.multiply.outer(row, row) for weight, row in zip(weights, turned(np.eye(dimension))))

    return Landscape(
        name="Ellipsoid",
        value=value,
        gradient=gradient,
        hessian=lambda x: np.broadcast_to(A, (*x.shape, dimension)),
        low=np.full(dimension, -5.0),
        high=np.full(dimension, 5.0),
        start=np.resize([-4.0, 2.0], dimension),
        minima=(Minimum(tuple(center.tolist()), 0.0),),
        latex=r"f(x) = \sum_{i=1}^{d} \kappa^{\frac{i - 1}{d - 1}}\, y_i^2, \quad y = R_\theta\,(x - c), "
        r"\quad c = (1, -\tfrac{1}{2}, 1, \dots)",
        curvature=2 * condition,
    )


@landscape(
    "Booth",
    group="bowls and valleys",
    suggest={
        "gradient_descent": {"learning_rate": 0.09, "steps": 80},
        "momentum": {"learning_rate": 0.02, "beta": 0.85},
        "adam": {"learning_rate": 0.4},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 50.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 40},
    },
)
def booth() -> Landscape:
    """A slanting bowl, nine times as steep across as along: the squared misfit of two linear equations."""

    def value(p):
        x, y = p.T
        return ((x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2).T

    def gradient(p):
        x, y = p.T
        return np.array([10 * x + 8 * y - 34, 8 * x + 10 * y - 38]).T

    return Landscape(
        name="Booth",
        value=value,
        gradient=gradient,
        hessian=lambda p: np.broadcast_to([[10.0, 8.0], [8.0, 10.0]], (*p.shape, 2)),
        low=[-10, -10],
        high=[10, 10],
        start=[-7, 8],
        minima=(Minimum((1.0, 3.0), 0.0),),
        latex=r"f(x, y) = (x + 2y - 7)^2 + (2x + y - 5)^2",
        curvature=18.0,
    )


@landscape(
    "Rosenbrock",
    group="bowls and valleys",
    suggest={
        "gradient_descent": {"learning_rate": 0.0015, "steps": 1000},
        "momentum": {"learning_rate": 0.0008, "beta": 0.9, "steps": 500},
        "adam": {"learning_rate": 0.2, "steps": 300},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 5.0, "steps": 500},
        "particle_swarm": {"steps": 60},
    },
)
def rosenbrock(*, dimension: Dimension = 2) -> Landscape:
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

    if dimension == 2:
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

    def chain_value(p):
        x, y = p[..., :-1], p[..., 1:]
        return ((1 - x) ** 2 + 100 * (y - x**2) ** 2).sum(axis=-1)

    def chain_gradient(p):
        x, a = p[..., :-1], p[..., 1:] - p[..., :-1] ** 2
        g = np.zeros(p.shape)
        g[..., :-1] = -2 * (1 - x) - 400 * x * a
        g[..., 1:] += 200 * a
        return g

    def chain_hessian(p):
        x, y, i = p[..., :-1], p[..., 1:], np.arange(dimension - 1)
        H = np.zeros((*p.shape, dimension))
        H[..., i, i] = 2 - 400 * (y - 3 * x**2)
        H[..., i + 1, i + 1] += 200
        H[..., i, i + 1] = H[..., i + 1, i] = -400 * x
        return H

    return Landscape(
        name="Rosenbrock",
        value=chain_value,
        gradient=chain_gradient,
        hessian=chain_hessian,
        low=np.full(dimension, -2.0),
        high=np.full(dimension, 2.0),
        start=np.resize([-1.2, 1.0], dimension),
        minima=(Minimum((1.0,) * dimension, 0.0),),
        latex=r"f(x) = \sum_{i=1}^{d-1} \left((1 - x_i)^2 + 100\,(x_{i+1} - x_i^2)^2\right)",
        note="From four coordinates on there is a local minimum near (−1, 1, 1, …) too." if dimension > 3 else "",
    )


@landscape(
    "Beale",
    group="bowls and valleys",
    suggest={
        "gradient_descent": {"learning_rate": 0.01, "steps": 300},
        "momentum": {"learning_rate": 0.004, "beta": 0.9, "steps": 300},
        "adam": {"learning_rate": 0.1, "steps": 300},
        "newton": {"steps": 20, "start": (2.2, 0.2)},
        "simulated_annealing": {"initial_temperature": 5.0, "steps": 400},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 60},
    },
)
def beale() -> Landscape:
    """Steep walls in the corners around two long flat valleys, only one of which leads to the minimum."""
    targets = (1.5, 2.25, 2.625)

    def value(p):
        x, y = p.T
        return sum((t - x + x * y**k) ** 2 for k, t in enumerate(targets, 1)).T

    def gradient(p):
        x, y = p.T
        terms = [(t - x + x * y**k, y**k - 1, k * x * y ** (k - 1)) for k, t in enumerate(targets, 1)]
        return 2 * np.array([sum(r * rx for r, rx, _ in terms), sum(r * ry for r, _, ry in terms)]).T

    def hessian(p):
        x, y = p.T
        xx = xy = yy = 0.0 * x
        for k, t in enumerate(targets, 1):
            r, rx, ry = t - x + x * y**k, y**k - 1, k * x * y ** (k - 1)
            xx, xy = xx + rx**2, xy + rx * ry + r * k * y ** (k - 1)
            yy = yy + ry**2 + (r * k * (k - 1) * x * y ** (k - 2) if k > 1 else 0)
        return 2 * symmetric(xx, xy, yy)

    return Landscape(
        name="Beale",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=[-4.5, -4.5],
        high=[4.5, 4.5],
        start=[1, 1.5],
        minima=(Minimum((3.0, 0.5), 0.0),),
        saddles=((0.0, 1.0), (0.10053793732415836, -2.644513585023125)),
        latex=r"f(x, y) = \sum_{k=1}^{3} (c_k - x + x y^k)^2, \quad c = (1.5, 2.25, 2.625)",
        note="To the left along x₂ = 1 the floor of a second valley sinks without end and never below 0.45.",
    )


def symmetric(xx, xy, yy):
    """The symmetric 2 × 2 matrices (…, 2, 2) with these entries, which come from transposed points `x, y = p.T`."""
    return np.array([[xx, xy], [xy, yy]]).T
