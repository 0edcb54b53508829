"""AdamW."""

from typing import Annotated

import numpy as np

from algorithms.knob import Beta1, Beta2, Epsilon, Knob, Rate
from algorithms.optimizers.adam import ARROWS, CORRECTED, DERIVED, MOMENTS
from algorithms.registry import optimizer
from algorithms.schedules import Length, Schedule, rates
from algorithms.state import State

Decay = Annotated[
    float,
    Knob(0.0, 2.0, step=0.01, symbol="λ", words="weight decay", help="Pull of every step towards 0; 0 makes it Adam."),
]


@optimizer(
    "AdamW",
    family="first order",
    needs="gradient",
    stops="small step",
    elementwise=True,
    reference="Loshchilov and Hutter 2019, Decoupled weight decay regularization, algorithm 2, arXiv:1711.05101",
    color="vermillion",
    like="adam",
    rule=(
        r"<x'> = <x> - <rate>\,<weight_decay>\,<x> - <rate>\,<m_hat'> / (\sqrt{<v_hat'>} + <epsilon>)",
        CORRECTED,
        *MOMENTS,
    ),
    derived=DERIVED,
    arrows={"decay": lambda t: -t.rate[:, None] * t.weight_decay * t.x} | ARROWS,
)
def adamw(
    f,
    x,
    rng,
    *,
    learning_rate: Rate = 0.05,
    weight_decay: Decay = 0.1,
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    schedule: Schedule = "constant",
    schedule_steps: Length = 100,
):
    """Adam whose weight decay acts on x itself, outside of the gradient's means.

    Loshchilov and Hutter 2019, algorithm 2, but with λ times the learning rate, as in PyTorch. The decay pulls towards
    0, away from a minimum elsewhere.
    """
    m = v = np.zeros_like(x)
    for k, eta in enumerate(rates(learning_rate, schedule, schedule_steps), 1):
        yield State(x, m=m, v=v)
        g = f.gradient(x)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**k)
        v_hat = v / (1 - beta2**k)
        x = x - eta * weight_decay * x - eta * m_hat / (np.sqrt(v_hat) + epsilon)
