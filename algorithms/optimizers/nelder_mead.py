"""The Nelder–Mead simplex."""

from typing import Annotated

import numpy as np

from algorithms.knob import Knob
from algorithms.registry import optimizer
from algorithms.state import State, Stop

Size = Annotated[
    float, Knob(0.001, 0.5, log=True, symbol="s", help="Size of the first simplex, as a share of the domain's width.")
]


@optimizer(
    "Nelder–Mead",
    family="direct search",
    needs="value",
    reference="Nelder and Mead 1965, A simplex method for function minimization, The Computer Journal 7",
    color="vermillion",
    rule=(
        r"<reflected'> = 2\,<centroid> - <worst>",
        r"\text{where } <centroid>\text{: mean of the others},\; <worst>\text{: worst}",
    ),
    derived={
        "centroid": lambda t: t.simplex[:, :-1].mean(axis=1),
        "worst": lambda t: t.simplex[:, -1],
        "reflected": lambda t: t.trials[:, 0],
    },
    arrows={"step": lambda t: t.step},
)
def nelder_mead(f, x, rng, *, initial_size: Size = 0.1):
    """Move the worst corner of a simplex through the opposite side; stretch, shorten or shrink as that turns out.

    Nelder and Mead 1965, with factors 1, 2, ½ and ½. Knows only which corner is higher, no slope.
    """
    simplex = np.vstack([x, x + initial_size * np.diag(f.high - f.low)])
    fs, trials, note = f(simplex), x[None], "start"
    order = np.argsort(fs, kind="stable")
    yield State(x, fx=fs[0], simplex=simplex[order], trials=trials, note=note)
    simplex, fs = simplex[order], fs[order]
    while abs(simplex[1:] - simplex[0]).max() > 1e-6:
        centroid, worst = simplex[:-1].mean(axis=0), simplex[-1]
        point = 2 * centroid - worst
        value, trials, note = f(point), [point], "reflect"
        if value < fs[0]:
            farther = 3 * centroid - 2 * worst
            farther_value = f(farther)
            trials.append(farther)
            if farther_value < value:
                point, value, note = farther, farther_value, "expand"
        elif value >= fs[-2]:
            outside = value < fs[-1]
            nearer = 1.5 * centroid - 0.5 * worst if outside else 0.5 * centroid + 0.5 * worst
            nearer_value = f(nearer)
            trials.append(nearer)
            if nearer_value <= value if outside else nearer_value < fs[-1]:
                point, value, note = nearer, nearer_value, "contract"
            else:
                note = "shrink"
        if note == "shrink":
            simplex = simplex[0] + 0.5 * (simplex - simplex[0])
            fs = np.append(fs[0], f(simplex[1:]))
        else:
            simplex, fs = np.vstack([simplex[:-1], point]), np.append(fs[:-1], value)
        order = np.argsort(fs, kind="stable")
        simplex, fs = simplex[order], fs[order]
        yield State(simplex[0], fx=fs[0], simplex=simplex, trials=np.array(trials), note=note)
    return Stop("converged", "Every corner of the simplex is within 0.000001 of the best one.")
