"""Landscapes with many minima, the lowest of which is easily missed.

`x, y = p.T` takes the coordinates of one point or of many alike; a result is transposed back.
"""

from itertools import product
from math import pi, sqrt

import numpy as np

from algorithms.landscape import Landscape, Minimum
from algorithms.landscapes.surfaces import Dimension, symmetric
from algorithms.registry import landscape


@landscape(
    "Himmelblau",
    group="many minima",
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
        saddles=(
            (-3.0730257507643897, -0.08135304428796751),
            (-0.12796134673068008, -1.9537149802445763),
            (0.08667750455539636, 2.884254701174776),
            (3.385154183607021, 0.07385187983774928),
        ),
        latex=r"f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    )


@landscape(
    "Rastrigin",
    group="many minima",
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
    "Ackley",
    group="many minima",
    suggest={
        "gradient_descent": {"learning_rate": 0.02, "steps": 60},
        "momentum": {"learning_rate": 0.02, "beta": 0.9},
        "adam": {"learning_rate": 0.4},
        "newton": {"steps": 20, "start": (-2.95, 1.95)},
        "simulated_annealing": {"initial_temperature": 3.0, "steps": 400},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 60},
    },
)
def ackley(*, dimension: Dimension = 2) -> Landscape:
    """A funnel with ripples: far out it looks like a plateau of dimples, at its middle it is a sharp point."""

    def parts(p):
        r = np.sqrt((p**2).mean(axis=-1, keepdims=True))
        return r, 4 * np.exp(-r / 5), np.exp(np.cos(2 * np.pi * p).mean(axis=-1, keepdims=True))

    def value(p):
        r = np.sqrt((p**2).mean(axis=-1))
        return -20 * np.expm1(-r / 5) - np.e * np.expm1(np.cos(2 * np.pi * p).mean(axis=-1) - 1)

    def gradient(p):
        r, funnel, ripples = parts(p)
        tip = r == 0  # there the funnel has a kink, and its share is left out
        slope = np.where(tip, 0, funnel / np.where(tip, 1, r))
        return (slope * p + 2 * np.pi * ripples * np.sin(2 * np.pi * p)) / dimension

    def hessian(p):
        r, funnel, ripples = parts(p)
        tip, one = r == 0, np.eye(dimension)
        slope = np.where(tip, 0, funnel / np.where(tip, 1, r))[..., None]
        u, s = p / np.where(tip, 1, r), np.sin(2 * np.pi * p)
        bend = slope * (one - (1 + r / 5)[..., None] * u[..., None] * u[..., None, :] / dimension)
        wave = np.cos(2 * np.pi * p)[..., None] * one - s[..., None] * s[..., None, :] / dimension
        return (bend + 4 * np.pi**2 * ripples[..., None] * wave) / dimension

    return Landscape(
        name="Ackley",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=np.full(dimension, -5.0),
        high=np.full(dimension, 5.0),
        start=np.resize([-3.3, 2.4], dimension),
        minima=(Minimum((0.0,) * dimension, 0.0),),
        latex=r"\begin{aligned} f(x) &= 20\,(1 - e^{-r/5}) + e - e^{w}, \\"
        r" r &= \sqrt{\tfrac{1}{d}\textstyle\sum_i x_i^2}, \quad w = \tfrac{1}{d}\textstyle\sum_i \cos 2\pi x_i"
        r" \end{aligned}",
        note="The minimum is a sharp point, at which f has no gradient: there the gradient counts as 0.",
    )


@landscape(
    "Griewank",
    group="many minima",
    suggest={
        "gradient_descent": {"learning_rate": 0.5, "steps": 60},
        "momentum": {"learning_rate": 0.1, "beta": 0.9},
        "adam": {"learning_rate": 0.3},
        "newton": {"steps": 20, "start": (-3.6, 4.9)},
        "simulated_annealing": {"initial_temperature": 0.5, "steps": 400},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 60},
    },
)
def griewank(*, dimension: Dimension = 2) -> Landscape:
    """A product of waves on a wide and shallow bowl: the dimples are nearly equally deep."""
    root = np.sqrt(np.arange(1, dimension + 1))
    ring = (*mirrored((3.1400226338955397, 4.438444480920714)), *mirrored((6.280045279379904, 0.0)))
    depth = 0.007396040334115082, 0.009864672061006214

    def value(p):
        return (p**2).sum(axis=-1) / 4000 - np.cos(p / root).prod(axis=-1) + 1

    def gradient(p):
        return p / 2000 + np.sin(p / root) / root * others(np.cos(p / root))

    def hessian(p):
        c, s, one = np.cos(p / root), np.sin(p / root), np.eye(dimension, dtype=bool)
        row = np.where(one, s[..., None], c[..., None, :])  # the factors of the slope along each coordinate
        H = -others(row) * s[..., None, :] / (root[:, None] * root)
        return np.where(one, 1 / 2000 + (c.prod(axis=-1)[..., None] / root**2)[..., None], H)

    return Landscape(
        name="Griewank",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=np.full(dimension, -8.0),
        high=np.full(dimension, 8.0),
        start=np.resize([-5.0, 6.0], dimension),
        minima=(
            Minimum((0.0,) * dimension, 0.0),
            *(Minimum(x, depth[0.0 in x], "local") for x in ring if dimension == 2),
        ),
        latex=r"f(x) = 1 + \sum_{i=1}^{d} \frac{x_i^2}{4000} - \prod_{i=1}^{d} \cos \frac{x_i}{\sqrt{i}}",
        curvature=1 + 1 / 2000,
        note="Often searched on −600 … 600, where there are thousands of dimples; here you see those in the middle.",
    )


@landscape(
    "Styblinski–Tang",
    group="many minima",
    suggest={
        "gradient_descent": {"learning_rate": 0.01, "steps": 80},
        "momentum": {"learning_rate": 0.006, "beta": 0.9},
        "adam": {"learning_rate": 0.15},
        "newton": {"steps": 20, "start": (4.4, -4.6)},
        "simulated_annealing": {"initial_temperature": 20.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 40},
    },
)
def styblinski_tang(*, dimension: Dimension = 2) -> Landscape:
    """A double well in every coordinate: each choice between two is easy, but with d of them there are 2ᵈ valleys."""
    deep, top, shallow = -2.903534027771177, 0.1567312567803401, 2.746802770990837  # where the slope is 0

    def value(x):
        return (x**4 - 16 * x**2 + 5 * x).sum(axis=-1) / 2

    valleys = product((deep, shallow), repeat=dimension) if dimension <= 3 else [(deep,) * dimension]
    passes = product((deep, top, shallow), repeat=2) if dimension == 2 else []
    return Landscape(
        name="Styblinski–Tang",
        value=value,
        gradient=lambda x: 2 * x**3 - 16 * x + 2.5,
        hessian=lambda x: (6 * x**2 - 16)[..., None] * np.eye(dimension),
        low=np.full(dimension, -5.0),
        high=np.full(dimension, 5.0),
        start=np.resize([4.2, 0.6], dimension),
        minima=tuple(Minimum(x, float(value(np.array(x))), "local" if shallow in x else "global") for x in valleys),
        saddles=tuple(x for x in passes if x.count(top) == 1),
        latex=r"f(x) = \frac{1}{2} \sum_{i=1}^{d} \left(x_i^4 - 16 x_i^2 + 5 x_i\right)",
        note="" if dimension <= 3 else f"Beside the global minimum there are 2^{dimension} − 1 local ones.",
    )


@landscape(
    "Three-hump camel",
    group="many minima",
    suggest={
        "gradient_descent": {"learning_rate": 0.05, "steps": 100},
        "momentum": {"learning_rate": 0.02, "beta": 0.9},
        "adam": {"learning_rate": 0.1},
        "newton": {"steps": 20, "start": (2.3, 1.2)},
        "simulated_annealing": {"initial_temperature": 2.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 40},
    },
)
def three_hump_camel() -> Landscape:
    """Three hollows in a row, the middle one the deepest, and a saddle on the way from each to the next."""
    inner, outer = sqrt(2.1 - sqrt(0.91)), sqrt(2.1 + sqrt(0.91))

    def value(p):
        x, y = p.T
        return (2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2).T

    def gradient(p):
        x, y = p.T
        return np.array([4 * x - 4.2 * x**3 + x**5 + y, x + 2 * y]).T

    def hessian(p):
        x, y = p.T
        return symmetric(4 - 12.6 * x**2 + 5 * x**4, np.ones_like(x), np.full_like(y, 2))

    return Landscape(
        name="Three-hump camel",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=[-2.5, -2.5],
        high=[2.5, 2.5],
        start=[-2.2, 2],
        minima=(
            Minimum((0.0, 0.0), 0.0),
            Minimum((-outer, outer / 2), 0.2986384422368598, "local"),
            Minimum((outer, -outer / 2), 0.2986384422368598, "local"),
        ),
        saddles=((-inner, inner / 2), (inner, -inner / 2)),
        latex=r"f(x, y) = 2x^2 - 1.05x^4 + \tfrac{1}{6}x^6 + xy + y^2",
    )


@landscape(
    "Branin",
    group="many minima",
    suggest={
        "gradient_descent": {"learning_rate": 0.02, "steps": 100},
        "momentum": {"learning_rate": 0.01, "beta": 0.9},
        "adam": {"learning_rate": 0.3},
        "newton": {"steps": 20, "start": (4.5, 3.0)},
        "simulated_annealing": {"initial_temperature": 20.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 40},
    },
)
def branin() -> Landscape:
    """Three minima of the same depth along a curved valley: a favorite test of Bayesian optimization."""
    b, c, s = 5.1 / (4 * pi**2), 5 / pi, 10 * (1 - 1 / (8 * pi))

    def value(p):
        x, y = p.T
        return ((y - b * x**2 + c * x - 6) ** 2 + s * np.cos(x) + 10).T

    def gradient(p):
        x, y = p.T
        a = y - b * x**2 + c * x - 6
        return np.array([2 * a * (c - 2 * b * x) - s * np.sin(x), 2 * a]).T

    def hessian(p):
        x, y = p.T
        a, slope = y - b * x**2 + c * x - 6, c - 2 * b * x
        return symmetric(2 * slope**2 - 4 * a * b - s * np.cos(x), 2 * slope, np.full_like(x, 2))

    return Landscape(
        name="Branin",
        value=value,
        gradient=gradient,
        hessian=hessian,
        low=[-5, 0],
        high=[10, 15],
        start=[-3, 4],
        minima=tuple(Minimum(at, 10 / (8 * pi)) for at in ((-pi, 12.275), (pi, 2.275), (3 * pi, 2.475))),
        saddles=((0.0, 6.0), (2 * pi, 1.1)),
        latex=r"f(x, y) = \left(y - \frac{5.1}{4\pi^2}x^2 + \frac{5}{\pi}x - 6\right)^2"
        r" + 10\left(1 - \frac{1}{8\pi}\right)\cos x + 10",
    )


@landscape(
    "Hartmann 3-D",
    group="many minima",
    suggest={
        "gradient_descent": {"learning_rate": 0.01, "steps": 150},
        "momentum": {"learning_rate": 0.003, "beta": 0.9},
        "adam": {"learning_rate": 0.03},
        "newton": {"steps": 20, "start": (0.2, 0.58, 0.86)},
        "simulated_annealing": {"initial_temperature": 1.0},
        "particle_swarm": {"steps": 60},
        "genetic_algorithm": {"steps": 60},
    },
)
def hartmann_3() -> Landscape:
    """Four wells of different depth and shape in a cube, flat between them: a small search in three coordinates."""
    depth = np.array([1.0, 1.2, 3.0, 3.2])
    A = np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]])
    P = np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]) / 10_000

    def wells(x):
        away = x[..., None, :] - P
        return depth * np.exp(-(A * away**2).sum(axis=-1)), A * away

    def gradient(x):
        w, slope = wells(x)
        return 2 * (w[..., None] * slope).sum(axis=-2)

    def hessian(x):
        w, slope = wells(x)
        each = A[:, None] * np.eye(3) - 2 * slope[..., None] * slope[..., None, :]
        return 2 * (w[..., None, None] * each).sum(axis=-3)

    return Landscape(
        name="Hartmann 3-D",
        value=lambda x: -wells(x)[0].sum(axis=-1),
        gradient=gradient,
        hessian=hessian,
        low=[0, 0, 0],
        high=[1, 1, 1],
        start=[0.5, 0.3, 0.6],
        minima=(
            Minimum((0.11458887665506896, 0.55564889461693, 0.8525469846866774), -3.8627797873326624),
            Minimum((0.10933747837181026, 0.8605242257018716, 0.5641231666105351), -3.0897641343826483, "local"),
            Minimum((0.3687227270693186, 0.11756162882466425, 0.26757374301517134), -1.0008168635606354, "local"),
        ),
        latex=r"f(x) = -\sum_{i=1}^{4} \alpha_i\, e^{-\sum_{j=1}^{3} A_{ij} (x_j - P_{ij})^2},"
        r"\quad \alpha = (1, 1.2, 3, 3.2)",
        note="Each well has a depth αᵢ, a middle Pᵢ, and in every coordinate a steepness Aᵢⱼ of its own.",
    )


def mirrored(at):
    """The point (x, y) and its mirror images in both axes."""
    return sorted(
        {tuple(sign * end for sign, end in zip(signs, at, strict=True)) for signs in product((1, -1), repeat=2)}
    )


def others(factors):
    """For each of the factors on the last axis the product of all the others, which may hold zeros."""
    one = np.ones_like(factors[..., :1])
    before = np.concatenate([one, factors[..., :-1]], axis=-1).cumprod(axis=-1)
    behind = np.concatenate([one, factors[..., :0:-1]], axis=-1).cumprod(axis=-1)[..., ::-1]
    return before * behind
