"""Nesterov's accelerated gradient."""

import numpy as np

from algorithms.knob import Momentum, Rate
from algorithms.registry import Limit, optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State


def look_ahead_gradient(t):
    """The gradient (T, d) that each step was given: the one at its look-ahead point."""
    return t.gradient_at(t.look_ahead)


@optimizer(
    "Nesterov",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    limit=Limit(
        "2(1+β)/((1+2β)L)",
        lambda L, knobs: 2 * (1 + knobs["beta"]) / ((1 + 2 * knobs["beta"]) * L),
        smooth=lambda L, knobs: ((1 - knobs["beta"]) / (1 + knobs["beta"])) ** 2 / L,
        smooth_text="((1−β)/(1+β))²/L",
    ),
    reference="Nesterov 1983, A method of solving a convex programming problem; written as Sutskever and others 2013",
    color="sky",
    like="momentum",
    rule=(
        r"<look_ahead> = <x> - <rate>\,<beta>\,<velocity>",
        r"<velocity'> = <beta>\,<velocity> + <look_ahead_gradient>",
        r"<x'> = <x> - <rate>\,<velocity'>",
    ),
    derived={"rate": rate, "look_ahead_gradient": look_ahead_gradient},
    arrows={
        "velocity": lambda t: -t.rate[:, None] * t.beta * t.velocity,
        "gradient": lambda t: -t.rate[:, None] * t.look_ahead_gradient,
        "step": lambda t: t.step,
    },
)
def nesterov(
    f,
    x,
    rng,
    *,
    learning_rate: Rate = 0.02,
    beta: Momentum = 0.9,
    schedule: Schedule = "constant",
    schedule_steps: Length = 100,
):
    """Momentum that looks ahead: the gradient is taken where the velocity alone would lead.

    Nesterov 1983, in the form of Sutskever and others 2013, eq. 3 and 4, with a constant β.
    """
    v = np.zeros_like(x)
    for eta in rates(learning_rate, schedule, schedule_steps):
        look_ahead = x - eta * beta * v
        yield State(x, velocity=v, look_ahead=look_ahead)
        v = beta * v + f.gradient(look_ahead)
        x = x - eta * v
