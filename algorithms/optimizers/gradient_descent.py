"""Gradient descent."""

from algorithms.knob import Rate
from algorithms.registry import Limit, optimizer
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
    rule=(r"<x'> = <x> - <learning_rate>\,<gradient>",),
    arrows={"gradient": lambda t: -t.learning_rate * t.gradient, "step": lambda t: t.step},
)
def gradient_descent(f, x, rng, *, learning_rate: Rate = 0.1):
    """Step downhill: x ← x − ηg, with g the gradient at x.

    Cauchy 1847. The step length is fixed; Cauchy searched along the line for the best one.
    """
    while True:
        yield State(x)
        x = x - learning_rate * f.gradient(x)
