"""Stochastic gradient descent."""

import numpy as np

from algorithms.knob import Rate
from algorithms.registry import Limit, optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State


@optimizer(
    "Stochastic gradient",
    family="first order",
    needs=("gradient", "data"),
    stochastic=True,
    elementwise=True,
    limit=Limit("2/L", lambda L, knobs: 2 / L),
    reference="Robbins and Monro 1951, A stochastic approximation method",
    color="vermillion",
    like="gradient_descent",
    rule=(r"<x'> = <x> - <rate>\,<example_gradient>",),
    derived={"rate": rate, "example_gradient": lambda t: t.gradient},
    arrows={"gradient": lambda t: -t.rate[:, None] * t.gradient, "step": lambda t: t.step},
)
def sgd(f, x, rng, *, learning_rate: Rate = 0.02, schedule: Schedule = "constant", schedule_steps: Length = 100):
    """Step by the gradient at one example drawn at random: right on average, and n times cheaper than all of them.

    Robbins and Monro 1951; examples are drawn with replacement.
    """
    batch = np.array([-1])  # none yet
    for eta in rates(learning_rate, schedule, schedule_steps):
        yield State(x, batch=batch)
        batch = rng.integers(f.examples, size=1)
        x = x - eta * f.gradient(x, batch=batch)
