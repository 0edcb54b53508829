"""2-opt."""

from typing import Annotated, Literal

import numpy as np

from algorithms.knob import Knob
from algorithms.registry import optimizer
from algorithms.state import State, Stop

Choice = Annotated[
    Literal["best", "first"], Knob(help="Take the reversal that shortens the tour most, or the first that does.")
]
ROUNDING = 1e-12  # share of the length below which a gain is none


def lengths(t, edges):
    """The length (T,) of the two edges (T, 2, 2) of each frame together; NaN where there are none."""
    apart = t.landscape.distances[edges[..., 0], edges[..., 1]].sum(axis=-1)
    return np.where(edges[:, 0, 0] < 0, np.nan, apart)


@optimizer(
    "2-opt",
    family="construction and local search",
    needs="distances",
    reference="Croes 1958, A method for solving traveling-salesman problems",
    color="sky",
    rule=(r"<fx'> = <fx> - <taken_out'> + <put_in'>",),
    derived={"taken_out": lambda t: lengths(t, t.removed), "put_in": lambda t: lengths(t, t.added)},
)
def two_opt(f, x, rng, *, choice: Choice = "best"):
    """Take out two edges and reverse the way between them, as long as that shortens the tour.

    Croes 1958. One step is one reversal.
    """
    removed = added = np.full((2, 2), -1)
    while True:
        fx = f(x)
        yield State(x, fx=fx, removed=removed, added=added)
        d = f.distances[x[:, None], x]  # in the order of the tour
        edge = np.roll(d, -1, axis=1).diagonal()
        gain = np.triu(edge[:, None] + edge - d - np.roll(d, -1, axis=(0, 1)), 1)
        better = gain > ROUNDING * fx
        if not better.any():
            return Stop("finished", "Finished: the tour is 2-optimal, no reversal shortens it.")
        i, j = np.unravel_index((gain if choice == "best" else better).argmax(), gain.shape)
        a, b, c, e = x[i], x[i + 1], x[j], x[(j + 1) % x.size]
        removed, added = np.array([[a, b], [c, e]]), np.array([[a, c], [b, e]])
        x = np.concatenate([x[: i + 1], x[i + 1 : j + 1][::-1], x[j + 1 :]])
