"""Adam."""

import numpy as np

from algorithms.knob import Beta1, Beta2, Epsilon, Rate
from algorithms.registry import optimizer
from algorithms.schedules import Length, Schedule, rate, rates
from algorithms.state import State


def effective_rate(t):
    """The learning rate (T, d) of each coordinate in the step to come, without the bias correction of m."""
    return t.rate[:, None] / (np.sqrt(t.next.v_hat) + t.epsilon)


def growth(beta, t, array):
    """1 − βᵏ, shaped to divide an array (T, …)."""
    return (1 - beta**t.k).reshape(-1, *[1] * (array.ndim - 1))


MOMENTS = (  # the last lines of the rule, after the one that moves x and the one that corrects the means
    r"<m'> = <beta1>\,<m> + (1 - <beta1>)\,<gradient>",
    r"<v'> = <beta2>\,<v> + (1 - <beta2>)\,<gradient>^2",
)
CORRECTED = r"\text{where } <m_hat'> = \frac{<m'>}{1 - <beta1>^{<k'>}},\; <v_hat'> = \frac{<v'>}{1 - <beta2>^{<k'>}}"
DERIVED = {
    "rate": rate,
    "m_hat": lambda t: t.m / growth(t.beta1, t, t.m),
    "v_hat": lambda t: t.v / growth(t.beta2, t, t.v),
    "effective_rate": effective_rate,
}
ARROWS = {  # together they are the step
    "momentum": lambda t: -t.effective_rate * t.beta1 * t.m / growth(t.beta1, t.next, t.m),
    "gradient": lambda t: -t.effective_rate * (1 - t.beta1) * t.gradient / growth(t.beta1, t.next, t.m),
    "step": lambda t: t.step,
}


@optimizer(
    "Adam",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    reference="Kingma and Ba 2014, Adam: a method for stochastic optimization, algorithm 1, arXiv:1412.6980",
    color="green",
    rule=(r"<x'> = <x> - <rate>\,<m_hat'> / (\sqrt{<v_hat'>} + <epsilon>)", CORRECTED, *MOMENTS),
    derived=DERIVED,
    arrows=ARROWS,
)
def adam(
    f,
    x,
    rng,
    *,
    learning_rate: Rate = 0.05,
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    schedule: Schedule = "constant",
    schedule_steps: Length = 100,
):
    """Step by the mean gradient over the root of the mean squared gradient, each coordinate for itself.

    Kingma and Ba 2014, algorithm 1. No decay of the learning rate unless a schedule is chosen.
    """
    m = v = np.zeros_like(x)
    for k, eta in enumerate(rates(learning_rate, schedule, schedule_steps), 1):
        yield State(x, m=m, v=v)
        g = f.gradient(x)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**k)
        v_hat = v / (1 - beta2**k)
        x = x - eta * m_hat / (np.sqrt(v_hat) + epsilon)
