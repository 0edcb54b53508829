"""Landscapes made from data: the loss of a model over its parameters."""

from typing import Annotated

import numpy as np

from algorithms.examples import Fit
from algorithms.knob import Knob
from algorithms.landscape import Landscape, Minimum
from algorithms.registry import landscape

PATIENTS = 442
Parameters = Annotated[
    int, Knob(1, 2, symbol="p", help="1: a line through the means, only its slope is sought. 2: slope and intercept.")
]
Batch = Annotated[
    int,
    Knob(1, PATIENTS, log=True, symbol="b", words="batch size", aside=True,
         help="Examples behind every gradient, drawn anew each time; all 442 give the true one."),
]  # fmt: skip
Standardized = Annotated[
    bool, Knob(help="Measure both from their means, in standard deviations: the valley becomes a round bowl.")
]


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Body mass index / 10 and disease progression / 100 (442,) each, of the data by Efron and others 2004."""
    from sklearn.datasets import load_diabetes  # a second to import, and only this landscape needs it

    data = load_diabetes(scaled=False)
    return data.data[:, data.feature_names.index("bmi")] / 10, data.target / 100


@landscape(
    "Linear regression",
    group="noise and data",
    suggest={
        "gradient_descent": {"learning_rate": 0.1, "steps": 200},
        "momentum": {"learning_rate": 0.05, "beta": 0.9},
        "adam": {"learning_rate": 0.05},
        "sgd": {"learning_rate": 0.03, "steps": 200},
        "mini_batch": {"learning_rate": 0.05, "steps": 200},
        "newton": {"steps": 20},
        "simulated_annealing": {"initial_temperature": 1.0},
        "particle_swarm": {"steps": 60},
    },
)
def linear_regression(
    *, parameters: Parameters = 2, standardized: Standardized = True, batch_size: Batch = PATIENTS
) -> Landscape:
    """The mean squared error of a line through 442 patients: their body mass index and how a disease went on."""
    bmi, progress = diabetes()
    if standardized or parameters == 1:
        bmi, progress = (each - each.mean() for each in (bmi, progress))
    if standardized:
        bmi, progress = (each / each.std() for each in (bmi, progress))
    X = np.stack([bmi, np.ones_like(bmi)][:parameters], axis=-1)
    n = len(X)
    H = 2 / n * X.T @ X
    best = np.linalg.lstsq(X, progress, rcond=None)[0]
    rest = float(((X @ best - progress) ** 2).mean())

    def value(x):  # the mean of (x Xᵀ − y)², without a number for every patient: a picture asks at 200 000 points
        away = x - best
        return rest + (away @ H * away).sum(axis=-1) / 2

    def gradient(x):
        return 2 / n * ((x @ X.T - progress) @ X)

    def gradient_over(x, batch):
        some = X[batch]
        return 2 / len(batch) * ((x @ some.T - progress[batch]) @ some)

    low, high, start = AREAS[parameters, standardized]
    unknown, model = (("w", "w x_i"), ("w, c", "w x_i + c"))[parameters - 1]
    less = ", both standardized" if standardized else ", both less their means" if parameters == 1 else ""
    return Fit(
        name="Linear regression",
        value=value,
        gradient=gradient,
        hessian=lambda x: np.broadcast_to(H, (*x.shape, parameters)),
        low=low,
        high=high,
        start=start,
        minima=(Minimum(tuple(best.tolist()), rest),),
        latex=rf"f({unknown}) = \tfrac{{1}}{{n}} \sum_{{i=1}}^{{n}} \left({model} - y_i\right)^2",
        curvature=float(np.linalg.eigvalsh(H)[-1]),
        note=f"Diabetes data by Efron, Hastie, Johnstone and Tibshirani 2004: x is the body mass index / 10, y the "
        f"progression / 100{less}.",
        inputs=bmi,
        targets=progress,
        gradient_over=gradient_over,
        predict=lambda x, inputs: x[..., :1] * inputs + (x[..., 1:] if parameters == 2 else 0),
        batch_size=batch_size,
        input_name="body mass index / 10",
        target_name="progression / 100",
    )


AREAS = {  # parameters, standardized: domain and start
    (1, False): ([-2], [4], [-1.2]),
    (1, True): ([-1], [2], [-0.7]),
    (2, False): ([-2, -4], [4, 4], [-1, 3]),
    (2, True): ([-1, -1.5], [2, 1.5], [-0.6, 1.1]),
}
