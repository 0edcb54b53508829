"""Schedules: how a learning rate, or the size of something else, changes from step to step."""

from collections.abc import Iterator
from itertools import count, repeat
from math import cos, pi
from typing import Annotated, Any, Literal

import numpy as np

from algorithms.knob import Knob

Schedule = Annotated[
    Literal["constant", "step", "inverse", "cosine", "warmup"],
    Knob(
        aside=True,
        help="How η changes: not at all; halved every τ steps; as 1/(1 + k/τ); by half a cosine down to 0 at step τ; "
        "or warmed up from η/τ to η in τ steps.",
    ),
]
Length = Annotated[
    int,
    Knob(1, 10_000, log=True, symbol="τ", words="schedule length", idle="schedule=constant", aside=True,
         help="Steps after which a schedule has halved the rate, ended, or warmed up."),
]  # fmt: skip

SHARES = {  # the share, of the learning rate or of what else it is, at step k
    "constant": lambda k, length: 1.0,
    "step": lambda k, length: 0.5 ** (k // length),
    "inverse": lambda k, length: length / (length + k),
    "cosine": lambda k, length: (1 + cos(pi * min(k / length, 1))) / 2,
    "warmup": lambda k, length: min((k + 1) / length, 1.0),
    "linear": lambda k, length: max(1 - k / length, 0.0),
    "quadratic": lambda k, length: max(1 - k / length, 0.0) ** 2,
}


def shares(schedule: str, length: int) -> Iterator[float]:
    """The share that is left at each step, without end."""
    return (SHARES[schedule](k, length) for k in count())


def rates(learning_rate: Any, schedule: str, length: int) -> Iterator[Any]:
    """The learning rate of each step, without end: constant, halved every `length` steps, 1/t, cosine or warm-up.

    1/t after Robbins and Monro 1951; cosine after Loshchilov and Hutter 2017 (one cycle, eq. 5); warm-up after Goyal
    and others 2017.
    """
    if schedule == "constant":
        return repeat(learning_rate)
    return (learning_rate * share for share in shares(schedule, length))


def rate(t: Any) -> np.ndarray:
    """The learning rate (T,) of the step that leaves each frame: for the rule and the arrows."""
    share = SHARES[t.schedule]
    return t.learning_rate * np.array([share(k, t.schedule_steps) for k in range(len(t.x))])
