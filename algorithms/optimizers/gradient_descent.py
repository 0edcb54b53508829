"""Gradient descent."""

from algorithms.knob import Rate
from algorithms.registry import Limit, optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State


@optimizer(
    "Gradient descent",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    limit=Limit("2/L", lambda L, knobs: 2 / L, smooth=lambda L, knobs: 1 / L, smooth_text="1/L"),
    reference="Cauchy 1847, Méthode générale pour la résolution des systèmes d'équations simultanées",
    color="blue",
    rule=(r"<x'> = <x> - <rate>\,<gradient>",),
    derived={"rate": rate},
    arrows={"gradient": lambda t: -t.rate[:, None] * t.gradient, "step": lambda t: t.step},
)
def gradient_descent(
    f, x, rng, *, learning_rate: Rate = 0.1, schedule: Schedule = "constant", schedule_steps: Length = 100
):
    """Step downhill: x ← x − ηg, with g the gradient at x.

    Cauchy 1847. The step length follows a schedule, by default a constant; Cauchy searched along the line for the best.
    """
    for eta in rates(learning_rate, schedule, schedule_steps):
        yield State(x)
        x = x - eta * f.gradient(x)
