"""Evolution strategy with covariance matrix adaptation, CMA-ES."""

from itertools import count
from typing import Annotated, NamedTuple

import numpy as np

from algorithms.knob import Knob
from algorithms.registry import optimizer
from algorithms.state import State, Stop

Size = Annotated[
    float,
    Knob(0.001, 1.0, log=True, symbol="σ₀", words="initial step size",
         help="Standard deviation of the first members around the center, as a share of the domain."),
]  # fmt: skip
Population = Annotated[
    int, Knob(4, 200, symbol="λ", help="Members drawn in every generation; usual are 4 + 3 ln d, at least.")
]
Active = Annotated[bool, Knob(help="The worse half counts too: the shape shrinks in the directions that led there.")]
Walls = Annotated[bool, Knob(help="Members that leave the domain are moved to its edge.")]
STEPS = {  # that make a good first picture
    30: ("quadratic", "cubic", "double_well", "forrester", "shelf", "formula"),
    40: ("himmelblau", "three_hump_camel", "branin", "hartmann_3", "saddle", "plateau", "linear_regression"),
    60: ("bowl", "sphere", "ellipsoid", "booth", "rosenbrock", "beale", "noisy_quadratic"),
}
RUGGED = ("rastrigin", "ackley", "griewank", "styblinski_tang")  # where more members see more of the whole
SMALL = 1e-12  # of the first step size: a smaller distribution is a point
FLATTEST = 1e14  # condition of a covariance at most, beyond which its small eigenvalues are rounding


def constants(t):
    """The weights, how many are positive, how many equal ones these are worth, and the rates of a run."""
    return weights(t.population, t.x.shape[-1], t.active)


def arrived(array):
    """What belongs to the steps that leave each frame (T, …) as it belongs to those that led to it; NaN at first."""
    return np.concatenate((np.full_like(array[:1], np.nan), array[:-1]))


def selected_step(t):
    """The weighted mean step of the better members (T, d), in units of σ, that moved the center to each frame."""
    return (t.mean - t.last.mean) / t.last.sigma[:, None]


def steady(t):
    """Whether the evolution path took the step that led to each frame (T,), or only decayed: 1 or 0."""
    _, _, mu, c = constants(t)
    push = np.sqrt(c.path * (2 - c.path) * mu) * selected_step(t)
    taken = t.path - (1 - c.path) * t.last.path
    return 1.0 * ((taken * push).sum(axis=-1) > (push**2).sum(axis=-1) / 2)


def path_gain(t):
    """What the evolution path takes of the step that led to each frame (T,)."""
    _, _, mu, c = constants(t)
    return steady(t) * np.sqrt(c.path * (2 - c.path) * mu)


def kept(t):
    """The share of the covariance (T,) that the step which led to each frame kept."""
    w, _, _, c = constants(t)
    return 1 - c.one * (1 - (1 - steady(t)) * c.path * (2 - c.path)) - c.mu * w.sum()


def rank_one(t):
    """What the evolution path added to the covariance (T, d, d) in the step that led to each frame."""
    return constants(t)[3].one * t.path[:, :, None] * t.path[:, None]


def rank_mu(t):
    """What the members added to the covariance (T, d, d) by then; the worse half takes away where it is active."""
    w, _, _, c = constants(t)
    ranked = t.fx.argsort(axis=1, kind="stable")[..., None]
    y = (np.take_along_axis(t.x, ranked, axis=1) - t.mean[:, None]) / t.sigma[:, None, None]
    whitened = (y @ np.linalg.inv(t.covariance) * y).sum(axis=-1)
    bent = np.where(w < 0, w * y.shape[-1] / np.maximum(whitened, 1e-300), w)
    return arrived(c.mu * (y.swapaxes(1, 2) * bent[:, None]) @ y)


@optimizer(
    "CMA-ES",
    family="evolutionary",
    needs=("value", "moves"),
    stochastic=True,
    population="population",
    reference="Hansen and Ostermeier 2001, Completely derandomized self-adaptation in evolution strategies; "
    "active update by Jastrebski and Arnold 2006; as in Hansen 2016, The CMA evolution strategy: a tutorial",
    color="vermillion",
    rule=(
        r"x_i \sim <mean> + <sigma>\, N(0,\; <covariance>)",
        r"<mean'> = <mean> + <sigma>\,<selected_step'>",
        r"<path'> = <path_kept>\,<path> + <path_gain'>\,<selected_step'>",
        r"<covariance'> = <covariance_kept'>\,<covariance> + <rank_one'> + <rank_mu'>",
        r"<sigma'> = <sigma>\,<growth'>",
    ),
    derived={
        "selected_step": selected_step,
        "path_kept": lambda t: np.full(len(t.sigma), 1 - constants(t)[3].path),
        "path_gain": path_gain,
        "covariance_kept": kept,
        "rank_one": rank_one,
        "rank_mu": rank_mu,
        "growth": lambda t: t.sigma / t.last.sigma,
    },
    suggest={id: {"steps": steps} for steps, places in STEPS.items() for id in places}
    | {id: {"population": 20, "steps": 50} for id in RUGGED},
    like="genetic_algorithm",
)
def evolution_strategy(
    f, x, rng, *, sigma: Size = 0.3, population: Population = 10, active: Active = True, walls: Walls = True
):
    """Draw members from a normal distribution, and turn, stretch and move it to where the better ones lie.

    Hansen 2016, arXiv 1604.00772, figure 6 and table 1. An explicit start is the first center.
    """
    d, width = f.low.size, f.high - f.low
    w, half, mu, c = weights(population, d, active)
    typical = np.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d**2))  # mean length of N(0, I)
    mean = f.moves.sample(rng) if x is None else x
    C, path, path_sigma, first = np.diag(width**2), np.zeros(d), np.zeros(d), sigma
    for k in count(1):
        lengths, axes = np.linalg.eigh(C)
        if sigma * np.sqrt(lengths[-1]) < SMALL * first * width.max():
            return Stop("converged", f"Converged after {k - 1:,} steps: all members are drawn at one point.")
        if lengths[0] * FLATTEST < lengths[-1]:
            return Stop("finished", f"Finished after {k - 1:,} steps: the ellipse has become too thin to compute with.")
        root = axes * np.sqrt(lengths) @ axes.T
        x = mean + sigma * rng.standard_normal((population, d)) @ root
        if walls:
            x = x.clip(f.low, f.high)
        fx = f(x)
        yield State(x, fx=fx, mean=mean, sigma=sigma, covariance=C, path=path)
        y = (x[fx.argsort(kind="stable")] - mean) / sigma  # steps, the best first
        z = y @ (axes / np.sqrt(lengths) @ axes.T)  # the same as if C were I
        step = w[:half] @ y[:half]
        mean = mean + sigma * step
        path_sigma = (1 - c.sigma) * path_sigma + np.sqrt(c.sigma * (2 - c.sigma) * mu) * w[:half] @ z[:half]
        speed = np.linalg.norm(path_sigma) / typical  # above 1: the center's moves point the same way
        steady = speed < (1.4 + 2 / (d + 1)) * np.sqrt(1 - (1 - c.sigma) ** (2 * k))
        path = (1 - c.path) * path + steady * np.sqrt(c.path * (2 - c.path) * mu) * step
        kept = 1 - c.one * (1 - (1 - steady) * c.path * (2 - c.path)) - c.mu * w.sum()
        bent = np.where(w < 0, w * d / np.maximum((z**2).sum(axis=1), 1e-300), w)  # no worse member bends C too far
        C = kept * C + c.one * np.outer(path, path) + c.mu * (y.T * bent) @ y
        sigma = sigma * np.exp(c.sigma / c.damping * (speed - 1))


class Rates(NamedTuple):
    """Learning rates: of the step size's path and of the shape's path, of their updates, and the damping of σ."""

    sigma: float
    path: float
    one: float
    mu: float
    damping: float


def weights(population, d, active):
    """Weights (P,) by rank, how many are positive, how many equal ones these are worth, and the learning rates.

    Hansen 2016, equations 49-58. The worse half weighs less than nothing where that is `active`, else nothing.
    """
    raw = np.log((population + 1) / 2) - np.log(np.arange(1, population + 1))
    half = population // 2
    better, worse = raw[:half], raw[half:]
    mu = better.sum() ** 2 / (better**2).sum()
    mu_worse = worse.sum() ** 2 / (worse**2).sum()
    c_sigma = (mu + 2) / (d + mu + 5)
    damping = 1 + 2 * max(0.0, np.sqrt((mu - 1) / (d + 1)) - 1) + c_sigma
    c_path = (4 + mu / d) / (d + 4 + 2 * mu / d)
    one = 2 / ((d + 1.3) ** 2 + mu)
    many = min(1 - one, 2 * (0.25 + mu + 1 / mu - 2) / ((d + 2) ** 2 + mu))
    least = min(1 + one / many, 1 + 2 * mu_worse / (mu + 2), (1 - one - many) / (d * many))
    worse = active * least * worse / -worse.sum()
    return np.concatenate((better / better.sum(), worse)), half, mu, Rates(c_sigma, c_path, one, many, damping)
