"""Adam."""

from itertools import count
from typing import Annotated

import numpy as np

from algorithms.knob import Knob, Rate
from algorithms.registry import optimizer
from algorithms.state import State

Beta1 = Annotated[float, Knob(0.0, 0.999, symbol="β₁", words="memory of m", help="Memory of the mean gradient.")]
Beta2 = Annotated[
    float, Knob(0.0, 0.9999, symbol="β₂", words="memory of v", help="Memory of the mean squared gradient.")
]
Epsilon = Annotated[float, Knob(1e-12, 0.1, log=True, symbol="ε", help="Keeps the division from dividing by zero.")]


def rate(t):
    """The rate of the step to come, one number a coordinate, without the bias correction of m."""
    return t.learning_rate / (np.sqrt(t.next.v_hat) + t.epsilon)


def growth(beta, t, array):
    """1 − βᵏ, shaped to divide an array (T, …)."""
    return (1 - beta**t.k).reshape(-1, *[1] * (array.ndim - 1))


@optimizer(
    "Adam",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    reference="Kingma and Ba 2014, Adam: a method for stochastic optimization, algorithm 1, arXiv:1412.6980",
    color="green",
    rule=(
        r"<m'> = <beta1>\,<m> + (1 - <beta1>)\,<gradient>",
        r"<v'> = <beta2>\,<v> + (1 - <beta2>)\,<gradient>^2",
        r"<x'> = <x> - <learning_rate>\,<m_hat'> / (\sqrt{<v_hat'>} + <epsilon>)",
        r"\text{where } <m_hat'> = \frac{<m'>}{1 - <beta1>^{<k'>}},\; <v_hat'> = \frac{<v'>}{1 - <beta2>^{<k'>}}",
    ),
    derived={
        "m_hat": lambda t: t.m / growth(t.beta1, t, t.m),
        "v_hat": lambda t: t.v / growth(t.beta2, t, t.v),
        "effective_rate": rate,
    },
    arrows={  # together they are the step
        "momentum": lambda t: -rate(t) * t.beta1 * t.m / growth(t.beta1, t.next, t.m),
        "gradient": lambda t: -rate(t) * (1 - t.beta1) * t.gradient / growth(t.beta1, t.next, t.m),
        "step": lambda t: t.step,
    },
)
def adam(f, x, rng, *, learning_rate: Rate = 0.05, beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8):
    """Step by the mean gradient over the root of the mean squared gradient, each coordinate for itself.

    Kingma and Ba 2014, algorithm 1. No decay of the learning rate.
    """
    m = v = np.zeros_like(x)
    for k in count(1):
        yield State(x, m=m, v=v)
        g = f.gradient(x)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**k)
        v_hat = v / (1 - beta2**k)
        x = x - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
