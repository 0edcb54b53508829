"""Gradient descent with momentum."""

import numpy as np

from algorithms.knob import Momentum, Rate
from algorithms.registry import Limit, optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State


@optimizer(
    "Momentum",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    limit=Limit(
        "2(1+β)/L",
        lambda L, knobs: 2 * (1 + knobs["beta"]) / L,
        smooth=lambda L, knobs: (1 - knobs["beta"] ** 0.5) ** 2 / L,
        smooth_text="(1−√β)²/L",
    ),
    reference="Polyak 1964, Some methods of speeding up the convergence of iteration methods, eq. 9",
    color="vermillion",
    rule=(
        r"<velocity'> = <beta>\,<velocity> + <gradient>",
        r"<x'> = <x> - <rate>\,<velocity'>",
    ),
    derived={"rate": rate},
    arrows={
        "velocity": lambda t: -t.rate[:, None] * t.beta * t.velocity,
        "gradient": lambda t: -t.rate[:, None] * t.gradient,
        "step": lambda t: t.step,
    },
)
def momentum(
    f,
    x,
    rng,
    *,
    learning_rate: Rate = 0.02,
    beta: Momentum = 0.9,
    schedule: Schedule = "constant",
    schedule_steps: Length = 100,
):
    """Keep a velocity: v ← βv + g, x ← x − ηv, like a heavy ball rolling through honey.

    Polyak 1964, eq. 9, written with a velocity that starts at 0.
    """
    v = np.zeros_like(x)
    for eta in rates(learning_rate, schedule, schedule_steps):
        yield State(x, velocity=v)
        v = beta * v + f.gradient(x)
        x = x - eta * v
