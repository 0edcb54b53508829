"""RMSProp."""

from typing import Annotated

import numpy as np

from algorithms.knob import Epsilon, Knob, Rate
from algorithms.registry import optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State

Memory = Annotated[
    float, Knob(0.0, 0.999, symbol="ρ", words="memory of v", help="Memory of the mean squared gradient.")
]


def effective_rate(t):
    """The learning rate (T, d) of each coordinate in the step to come."""
    return t.rate[:, None] / (np.sqrt(t.next.v) + t.epsilon)


@optimizer(
    "RMSProp",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    reference="Tieleman and Hinton 2012, Neural networks for machine learning, lecture 6.5",
    color="orange",
    rule=(
        r"<v'> = <rho>\,<v> + (1 - <rho>)\,<gradient>^2",
        r"<x'> = <x> - <rate>\,<gradient> / (\sqrt{<v'>} + <epsilon>)",
    ),
    derived={"rate": rate, "effective_rate": effective_rate},
    arrows={"gradient": lambda t: -t.effective_rate * t.gradient, "step": lambda t: t.step},
)
def rmsprop(
    f,
    x,
    rng,
    *,
    learning_rate: Rate = 0.05,
    rho: Memory = 0.9,
    epsilon: Epsilon = 1e-8,
    schedule: Schedule = "constant",
    schedule_steps: Length = 100,
):
    """Divide each coordinate's step by the root of a running mean of its squared gradients.

    Tieleman and Hinton 2012, lecture 6.5, with ε outside of the root.
    """
    v = np.zeros_like(x)
    for eta in rates(learning_rate, schedule, schedule_steps):
        yield State(x, v=v)
        g = f.gradient(x)
        v = rho * v + (1 - rho) * g**2
        x = x - eta * g / (np.sqrt(v) + epsilon)
