"""AdaGrad."""

import numpy as np

from algorithms.knob import Epsilon, Rate
from algorithms.registry import optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State


def effective_rate(t):
    """The learning rate (T, d) of each coordinate in the step to come."""
    return t.rate[:, None] / (np.sqrt(t.next.sum_squares) + t.epsilon)


@optimizer(
    "AdaGrad",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    reference="Duchi, Hazan and Singer 2011, Adaptive subgradient methods, JMLR 12, figure 1",
    color="purple",
    rule=(
        r"<sum_squares'> = <sum_squares> + <gradient>^2",
        r"<x'> = <x> - <rate>\,<gradient> / (\sqrt{<sum_squares'>} + <epsilon>)",
    ),
    derived={"rate": rate, "effective_rate": effective_rate},
    arrows={"gradient": lambda t: -t.effective_rate * t.gradient, "step": lambda t: t.step},
)
def adagrad(
    f,
    x,
    rng,
    *,
    learning_rate: Rate = 0.5,
    epsilon: Epsilon = 1e-10,
    schedule: Schedule = "constant",
    schedule_steps: Length = 100,
):
    """Divide each coordinate's step by the root of the sum of all its squared gradients so far.

    Duchi, Hazan and Singer 2011, the diagonal form. The sum only grows, so the steps die out.
    """
    G = np.zeros_like(x)
    for eta in rates(learning_rate, schedule, schedule_steps):
        yield State(x, sum_squares=G)
        g = f.gradient(x)
        G = G + g**2
        x = x - eta * g / (np.sqrt(G) + epsilon)
