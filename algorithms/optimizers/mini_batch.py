"""Mini-batch gradient descent."""

from typing import Annotated

import numpy as np

from algorithms.knob import Knob, Rate
from algorithms.registry import Limit, optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State

Batch = Annotated[
    int,
    Knob(
        1, 10_000, log=True, symbol="b", words="batch size", help="Examples of each step; n of n is the full gradient."
    ),
]


@optimizer(
    "Mini-batch gradient",
    family="first order",
    needs=("gradient", "data"),
    stochastic=True,
    elementwise=True,
    limit=Limit("2/L", lambda L, knobs: 2 / L),
    reference="Bottou, Curtis and Nocedal 2018, Optimization methods for large-scale machine learning, section 4.2",
    color="orange",
    like="gradient_descent",
    rule=(r"<x'> = <x> - <rate>\,<batch_gradient>",),
    derived={"rate": rate, "batch_gradient": lambda t: t.gradient},
    arrows={"gradient": lambda t: -t.rate[:, None] * t.gradient, "step": lambda t: t.step},
)
def mini_batch(
    f,
    x,
    rng,
    *,
    learning_rate: Rate = 0.05,
    batch_size: Batch = 16,
    schedule: Schedule = "constant",
    schedule_steps: Length = 100,
):
    """Step by the mean gradient over b examples, drawn anew for each step: b times less spread for b times the work.

    Bottou, Curtis and Nocedal 2018, section 4.2; no example is drawn twice for one step.
    """
    b = min(batch_size, f.examples)
    batch = np.full(b, -1)  # none yet
    for eta in rates(learning_rate, schedule, schedule_steps):
        yield State(x, batch=batch)
        batch = np.sort(rng.choice(f.examples, b, replace=False))
        x = x - eta * f.gradient(x, batch=batch)
