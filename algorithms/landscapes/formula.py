"""The learner's own formula: what was typed becomes a landscape with exact derivatives."""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np

from algorithms.formula import Formula, parse
from algorithms.formula_latex import latex
from algorithms.knob import Knob
from algorithms.landscape import Landscape
from algorithms.registry import landscape

Text = Annotated[
    str,
    Knob(
        symbol="f",
        words="formula",
        help="For example x**2 + 3*sin(5*x) + y**2. With x alone it is a curve, with x and y a surface; x1 to x5 are "
        "coordinates as well, x1 the same as x and x2 as y. It may use + − * / **, parentheses, pi, e, sin, cos, tan, "
        "asin, acos, atan, sinh, cosh, tanh, exp, log, log10, sqrt, cbrt, abs, sign, floor, min and max.",
    ),
]
Low = Annotated[float, Knob(-1000, 999, words="domain from", below="high", bare=True, help="Where each axis begins.")]
High = Annotated[float, Knob(-999, 1000, words="to", bare=True, help="Where each axis ends.")]

USUAL = 0.9  # of the places looked at are curved less than what first step lengths are made for


@dataclass(frozen=True, eq=False)
class Typed(Landscape):
    """A landscape made of a formula; it can say what is wrong at a point where it is undefined."""

    formula: Any = None

    def trouble(self, x: np.ndarray) -> str:
        """What keeps f from being a finite number at x (d,), in words; "" where nothing does."""
        return self.formula.trouble(x)

    @cached_property
    def usual_curvature(self) -> float | None:
        """The largest curvature in most of the domain, from a look at some of its points."""
        hessian = self.formula.hessian(looked_at(self.low, self.high))
        known = hessian[np.isfinite(hessian).all(axis=(1, 2))]
        if not len(known):
            return None
        return float(np.quantile(abs(np.linalg.eigvalsh(known)).max(axis=1), USUAL)) or None


@landscape(
    "Your own formula",
    group="your own",
    suggest={
        "gradient_descent": {"steps": 100},
        "adam": {"learning_rate": 0.1},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 5.0},
        "particle_swarm": {"steps": 60},
    },
)
def formula(*, expression: Text = "x**2 + 3*sin(5*x) + y**2", low: Low = -3.0, high: High = 3.0) -> Landscape:
    """What you type: a curve in x or a surface in x and y, with its exact slopes. Its minima are for you to find."""
    read = parse(expression)
    ends = np.full(read.dimension, low), np.full(read.dimension, high)
    points = looked_at(*ends)
    values = read.value(points)
    unknown = float(np.isnan(values).mean())
    return Typed(
        name="Your own formula",
        formula=read,
        value=read.value,
        gradient=read.gradient,
        hessian=read.hessian,
        low=ends[0],
        high=ends[1],
        start=first_start(read, *ends, points),
        latex=latex(read),
        note=f"Undefined in {share(unknown)} of the domain, where no run can go on." if unknown else "",
    )


def looked_at(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Some points (n, d) all over the domain, the same ones every time."""
    d = len(low)
    if d <= 2:
        axes = [np.linspace(0, 1, 402 if d == 1 else 34)] * d
        shares = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, d)
    else:
        shares = np.random.default_rng(0).random((1500, d))
    return low + (high - low) * shares


def first_start(read: Formula, low: np.ndarray, high: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A quarter of the way through the domain or, where f has no slope there, at another place where it has one."""
    d = len(low)
    corners = np.array([*itertools.product((0.25, 0.75), repeat=d), (0.5,) * d])
    wanted = low + (high - low) * corners
    near = points[np.argsort(np.linalg.norm(points - wanted[0], axis=1), kind="stable")]
    tried = np.vstack([wanted, near])
    sound = np.isfinite(read.value(tried)) & np.isfinite(read.gradient(tried)).all(axis=1)
    return tried[int(sound.argmax())]  # the first one where there is none at all


def share(part: float) -> str:
    """A share in words: "about 50 %", "all"."""
    if part == 1:
        return "all"
    return f"about {max(1, min(99, round(100 * part)))} %"
