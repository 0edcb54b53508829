"""Landscapes on which a gradient says little: saddles, plateaus and noise."""

from typing import Annotated

import numpy as np

from algorithms.knob import Knob
from algorithms.landscape import Landscape, Minimum
from algorithms.registry import landscape

Noise = Annotated[
    float,
    Knob(
        0,
        5,
        symbol="σ",
        help="Standard deviation of the noise that every gradient and value carries for the optimizer; "
        "the picture shows f without it.",
    ),
]


@landscape(
    "Saddle",
    group="saddles and plateaus",
    suggest={
        "gradient_descent": {"learning_rate": 0.02, "steps": 100},
        "momentum": {"learning_rate": 0.005, "beta": 0.6, "steps": 150},
        "adam": {"learning_rate": 0.025, "steps": 100},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 2.0, "steps": 100},
        "particle_swarm": {"steps": 40},
        "genetic_algorithm": {"steps": 30},
    },
)
def saddle() -> Landscape:
    """A pass between two hills: the way down to it ends on a knife's edge, and falls away to both sides."""

    def value(p):
        x, y = p.T
        return (x**2 - y**2).T

    return Landscape(
        name="Saddle",
        value=value,
        gradient=lambda p: p * [2.0, -2.0],
        hessian=lambda p: np.broadcast_to([[2.0, 0.0], [0.0, -2.0]], (*p.shape, 2)),
        low=[-3, -3],
        high=[3, 3],
        start=[2.5, 0.05],
        saddles=((0.0, 0.0),),
        latex=r"f(x, y) = x^2 - y^2",
        curvature=2.0,
        note="Unbounded below: there is no minimum, and f falls without end along the second coordinate.",
    )


@landscape(
    "Plateau",
    group="saddles and plateaus",
    suggest={
        "gradient_descent": {"learning_rate": 0.2, "steps": 200},
        "momentum": {"learning_rate": 0.2, "beta": 0.9, "steps": 200},
        "adam": {"learning_rate": 0.2},
        "newton": {"steps": 20, "start": (2.6, 1.3)},
        "simulated_annealing": {"initial_temperature": 1.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 40},
    },
)
def plateau() -> Landscape:
    """A broad plateau that is almost level, and one valley in it: only who keeps going gets across."""
    center, weights = np.array([2.0, 1.0]), np.array([1.0, 3.0])

    def value(p):
        u = p - center
        return -5 * np.expm1(-(weights * u**2).sum(axis=-1) / 8) + (u**2).sum(axis=-1) / 400

    def gradient(p):
        u = p - center
        well = np.exp(-(weights * u**2).sum(axis=-1, keepdims=True) / 8)
        return 5 / 4 * well * weights * u + u / 200

    def hessian(p):
        u = p - center
        well, slope, one = np.exp(-(weights * u**2).sum(axis=-1) / 8)[..., None, None], weights * u / 4, np.eye(2)
        return 5 * well * (weights / 4 * one - slope[..., None] * slope[..., None, :]) + one / 200

    return Landscape(
        name="Plateau",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=[-7, -5],
        high=[6, 6],
        start=[-5.5, -2],
        minima=(Minimum((2.0, 1.0), 0.0),),
        latex=r"\begin{aligned} f(x, y) &= 5\left(1 - e^{-(u^2 + 3v^2)/8}\right) + \frac{u^2 + v^2}{400}, \\"
        r" u &= x - 2, \quad v = y - 1 \end{aligned}",
        curvature=15 / 4 + 1 / 200,
        note="Out on the plateau the slope is about a hundredth of what it is on the valley's side.",
    )


@landscape(
    "Noisy quadratic",
    group="noise and data",
    suggest={
        "gradient_descent": {"learning_rate": 0.1, "steps": 100},
        "momentum": {"learning_rate": 0.02, "beta": 0.9},
        "adam": {"learning_rate": 0.2},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 5.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 40},
    },
)
def noisy_quadratic(*, noise: Noise = 1.0) -> Landscape:
    """A mild bowl seen through noise: every gradient and value is a little wrong, and no two are wrong alike."""
    center = np.array([1.0, -0.5])

    def value(p):
        x, y = (p - center).T
        return (x**2 / 2 + 2 * y**2).T

    return Landscape(
        name="Noisy quadratic",
        value=value,
        gradient=lambda p: (p - center) * [1.0, 4.0],
        hessian=lambda p: np.broadcast_to([[1.0, 0.0], [0.0, 4.0]], (*p.shape, 2)),
        low=[-5, -5],
        high=[5, 5],
        start=[-4, 3],
        minima=(Minimum((1.0, -0.5), 0.0),),
        latex=r"f(x, y) = \tfrac{1}{2}(x - 1)^2 + 2\,(y + \tfrac{1}{2})^2",
        curvature=4.0,
        noise=noise,
        gradient_noise=noise,
    )
