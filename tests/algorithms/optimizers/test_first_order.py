"""First-order methods against the papers' formulas in plain floats, and against published and hand-worked numbers."""

from itertools import islice
from math import cos, radians, sin, sqrt

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Counted, Landscape, Run, record

SURFACES = [id for id, entry in LANDSCAPES.items() if entry.kind == "surface"]
ELEMENTWISE = [id for id, entry in OPTIMIZERS.items() if entry.elementwise and "data" not in entry.needs]


def rosenbrock(x, y):
    return [2 * (x - 1) + 400 * x * (x * x - y), 200 * (y - x * x)]


def himmelblau(x, y):
    first, second = x * x + y - 11, x + y * y - 7
    return [4 * x * first + 2 * second, 2 * first + 4 * y * second]


def tilted_bowl(x, y):
    """Half of (along² + 20 across²), along a line through (1, 0.5) at 25°."""
    c, s = cos(radians(25)), sin(radians(25))
    along, across = c * (x - 1) + s * (y - 0.5), c * (y - 0.5) - s * (x - 1)
    return [c * along - 20 * s * across, s * along + 20 * c * across]


def cauchy(slope, x, eta):
    while True:
        yield x
        x = [a - eta * g for a, g in zip(x, slope(*x))]


def polyak(slope, x, eta, beta):
    """Polyak 1964, eq. 9: without a velocity, from the last two points."""
    last = x
    while True:
        yield x
        x, last = [a - eta * g + beta * (a - b) for a, b, g in zip(x, last, slope(*x))], x


def nesterov(slope, x, eta, beta):
    """Nesterov 1983: a gradient step from y, then on by a share of what x has moved; no velocity."""
    y = x
    while True:
        yield x
        last, x = x, [a - eta * g for a, g in zip(y, slope(*y))]
        y = [a + beta * (a - b) for a, b in zip(x, last)]


def duchi(slope, x, eta, epsilon):
    squares = [0.0] * len(x)
    while True:
        yield x
        gradient = slope(*x)
        squares = [G + g * g for G, g in zip(squares, gradient)]
        x = [a - eta / (sqrt(G) + epsilon) * g for a, G, g in zip(x, squares, gradient)]


def hinton(slope, x, eta, rho, epsilon):
    mean = [0.0] * len(x)
    while True:
        yield x
        gradient = slope(*x)
        mean = [rho * v + (1 - rho) * g * g for v, g in zip(mean, gradient)]
        x = [a - eta * g / (sqrt(v) + epsilon) for a, v, g in zip(x, mean, gradient)]


def kingma(slope, x, eta, beta1, beta2, epsilon, decay=0.0):
    """Kingma and Ba 2014, with the means as sums over all gradients so far; decay as in Loshchilov and Hutter 2019."""
    gradients = []
    while True:
        yield x
        gradients.append(slope(*x))
        t, moved = len(gradients), []
        for i, a in enumerate(x):
            m = (1 - beta1) * sum(beta1 ** (t - 1 - j) * g[i] for j, g in enumerate(gradients))
            v = (1 - beta2) * sum(beta2 ** (t - 1 - j) * g[i] ** 2 for j, g in enumerate(gradients))
            moved.append((1 - eta * decay) * a - eta * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + epsilon))
        x = moved


GROUNDS = {  # slope, landscape knobs, starts, step length of the plain methods, step length of the scaled ones
    "rosenbrock": (rosenbrock, {}, [(-1.2, 1.0), (0.3, 1.9), (1.7, 2.4)], 4e-4, 0.03),
    "himmelblau": (himmelblau, {}, [(-0.7, 2.3), (3.9, -3.1), (-4.4, -1.2)], 2e-3, 0.04),
    "bowl": (tilted_bowl, {"condition": 20.0, "rotation": 25.0}, [(-4.0, 2.0), (2.7, -3.3), (0.4, 4.1)], 0.03, 0.2),
}
RULES = {  # formula, its knobs after the learning rate, whether gradients are scaled
    "gradient_descent": (cauchy, {}, False),
    "momentum": (polyak, {"beta": 0.85}, False),
    "nesterov": (nesterov, {"beta": 0.85}, False),
    "adagrad": (duchi, {"epsilon": 1e-6}, True),
    "rmsprop": (hinton, {"rho": 0.92, "epsilon": 1e-3}, True),
    "adam": (kingma, {"beta1": 0.8, "beta2": 0.97, "epsilon": 1e-3}, True),
    "adamw": (kingma, {"beta1": 0.8, "beta2": 0.97, "epsilon": 1e-3, "weight_decay": 0.3}, True),
}


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("optimizer", RULES)
def test_paths_are_those_of_the_papers_formulas(optimizer, ground):
    slope, on, starts, plain, scaled = GROUNDS[ground]
    formula, knobs, is_scaled = RULES[optimizer]
    eta = scaled if is_scaled else plain
    for start in starts:
        trace = record(Run(optimizer, ground, {"learning_rate": eta} | knobs, on, start, steps=50))
        expected = list(islice(formula(slope, list(start), eta, *knobs.values()), 51))
        assert len(trace) == 51
        assert abs(trace.x - expected).max() < 1e-9
        assert abs(trace.x[-1] - start).max() > 0.05, "far enough to tell formulas apart"


def test_the_points_looked_ahead_to_are_the_iterates_of_torch():
    """torch.optim.SGD(nesterov=True): b ← βb + g, then p ← p − η(g + βb)."""
    eta, beta, start = 4e-3, 0.9, (-0.7, 2.3)
    trace = record(Run("nesterov", "himmelblau", {"learning_rate": eta, "beta": beta}, start=start, steps=50))
    p, buffer = list(start), [0.0, 0.0]
    for looked in trace.look_ahead:
        assert looked == pytest.approx(p, abs=1e-9)
        g = himmelblau(*p)
        buffer = [beta * b + each for b, each in zip(buffer, g)]
        p = [a - eta * (each + beta * b) for a, each, b in zip(p, g, buffer)]
    assert abs(trace.look_ahead - trace.x).max() > 0.1


def test_gradient_descent_on_the_parabola_to_the_last_digit():
    trace = record(Run("gradient_descent", "quadratic", {"learning_rate": 0.1}, start=(5,), steps=50))
    assert trace.x[-1, 0] == 7.136238463529802e-05
    assert len(trace) == 51
    assert trace.stop.reason == "step limit"
    assert trace.evaluations.gradients.tolist() == list(range(51))
    assert trace.evaluations["values"].max() == 0, "values for display are not counted"


def test_a_run_ends_before_its_first_small_step():
    trace = record(Run("gradient_descent", "quadratic", {"learning_rate": 0.1}, start=(5,), steps=200))
    assert trace.stop.reason == "converged"
    taken = abs(np.diff(trace.x[:, 0]))
    assert (taken > 1e-6).all()
    assert abs(0.1 * 2 * trace.x[-1, 0]) <= 1e-6
    assert f"after {len(trace) - 1} steps" in trace.stop.message


@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum", "adam", "newton"])
def test_a_start_at_the_minimum_converges_without_a_step(optimizer):
    trace = record(Run(optimizer, "rosenbrock", start=(1, 1)))
    assert (len(trace), trace.stop.reason) == (1, "converged")
    assert "after 0 steps" in trace.stop.message


def test_three_regimes_of_the_step_size():
    def path(rate):
        return record(Run("gradient_descent", "quadratic", {"learning_rate": rate}, start=(5,), steps=40))

    creeping, zigzag, growing = path(0.2), path(0.9), path(1.05)
    assert (creeping.x > 0).all()
    assert (zigzag.x[:-1] * zigzag.x[1:] < 0).all()
    assert abs(zigzag.x[-1, 0]) < abs(zigzag.x[0, 0])
    assert (np.diff(abs(growing.x[:, 0])) > 0).all()


@pytest.mark.parametrize("condition", [4.0, 100.0])
@pytest.mark.parametrize(
    ("optimizer", "others", "limit_times_L"),
    [
        ("gradient_descent", {}, 2),
        ("momentum", {"beta": 0.5}, 3),
        ("momentum", {"beta": 0.9}, 3.8),
        ("nesterov", {"beta": 0.5}, 1.5),
        ("nesterov", {"beta": 0.9}, 3.8 / 2.8),
    ],
)
def test_the_stability_limit_is_where_it_is_declared(optimizer, others, limit_times_L, condition):
    entry = OPTIMIZERS[optimizer]
    limit = entry.limit(condition, others)
    assert limit == pytest.approx(limit_times_L / condition)

    def end(rate):
        knobs = others | {"learning_rate": rate}
        return record(Run(optimizer, "bowl", knobs, {"condition": condition}, steps=4000))

    assert end(0.98 * limit).stop.reason in ("converged", "step limit")
    assert end(0.98 * limit).fx[-1] < 1e-3
    beyond = end(1.02 * limit)
    assert beyond.stop.reason == "diverged"
    assert f"exceeds {entry.limit.text} = {limit:.4g} on this bowl" in beyond.stop.message
    assert f"step {len(beyond) - 1:,}" in beyond.stop.message
    assert np.isfinite(beyond.fx).all()
    assert beyond.fx[-1] > 1e6 * (1 + beyond.fx[0])
    assert (beyond.fx[:-1] <= 1e6 * (1 + beyond.fx[0])).all()


@pytest.mark.parametrize("landscape", ["quadratic", "cubic", *SURFACES])
def test_without_memory_momentum_and_nesterov_are_gradient_descent(landscape):
    rate = dict(Run.suggested("gradient_descent", landscape).knobs)["learning_rate"]
    plain = record(Run("gradient_descent", landscape, {"learning_rate": rate}))
    for optimizer in ("momentum", "nesterov"):
        heavy = record(Run(optimizer, landscape, {"learning_rate": rate, "beta": 0.0}))
        assert np.array_equal(plain.x, heavy.x)
        assert plain.stop == heavy.stop


@pytest.mark.parametrize("landscape", ["quadratic", "cubic", *SURFACES])
def test_without_decay_adamw_is_adam(landscape):
    plain, decayed = (
        record(Run(id, landscape, {"learning_rate": 0.1} | more, steps=100))
        for id, more in (("adam", {}), ("adamw", {"weight_decay": 0.0}))
    )
    for name in ("x", "m", "v"):
        assert np.array_equal(getattr(plain, name), getattr(decayed, name)), name
    assert plain.stop == decayed.stop


@pytest.mark.parametrize(("rate", "beta"), [(0.05, 0.8), (0.05, 0.9), (0.2, 0.9), (0.02, 0.97)])
def test_nesterov_rings_less_than_momentum(rate, beta):
    """On x², of curvature L = 2, every swing shrinks √(1 − ηL) times as much in a step."""
    heavy, nimble = (
        record(Run(id, "quadratic", {"learning_rate": rate, "beta": beta}, start=(5,), steps=120)).x[:, 0]
        for id in ("momentum", "nesterov")
    )
    assert heavy.min() < nimble.min() < 0, "both overshoot"
    assert abs(np.diff(nimble)).sum() < 0.9 * abs(np.diff(heavy)).sum()
    for path, shrinking in ((heavy, beta), (nimble, beta * (1 - 2 * rate))):
        area = path[1:-1] ** 2 - path[:-2] * path[2:]  # of a swing that shrinks r times a step: r² times a step
        assert area[1:40] / area[:39] == pytest.approx(np.full(39, shrinking))


def slope(steepness=1.0):
    """f = sx: the gradient is the same everywhere."""
    return Landscape(
        "slope", lambda x: steepness * x[..., 0], [-9], [9], gradient=lambda x: np.full(x.shape, steepness)
    )


def test_the_steps_of_adagrad_die_out():
    trace = record(Run("adagrad", slope(3.0), {"learning_rate": 0.5}, start=(5,), steps=400))
    assert -trace.value("step")[:-1, 0] == pytest.approx(0.5 / np.sqrt(np.arange(1, 401)))


def test_the_steps_of_rmsprop_do_not_die_out():
    trace = record(Run("rmsprop", slope(3.0), {"learning_rate": 0.01}, start=(5,), steps=400))
    assert -trace.value("step")[200:-1, 0] == pytest.approx(np.full(200, 0.01))


def test_rmsprop_makes_a_valley_round():
    """Seen through its rates, a valley 100 times as steep across as along is as steep along: the path is straight."""
    center = np.array([1.0, 0.5])
    narrow, even = (
        record(Run("rmsprop", "bowl", (), {"condition": condition, "rotation": 0.0}, center + 3, steps=150))
        for condition in (100.0, 1.0)
    )
    rates = narrow.value("effective_rate")[:60]
    assert rates[:, 0] / rates[:, 1] == pytest.approx(np.full(60, 100), rel=1e-4)
    assert narrow.x == pytest.approx(even.x, abs=1e-4)
    plain = record(
        Run("gradient_descent", "bowl", {"learning_rate": 0.019}, dict(narrow.run.landscape_knobs), center + 3)
    )
    assert abs(narrow.x[100] - center).max() < 0.1 < abs(plain.x[100] - center).max()


def test_momentum_by_hand():
    """f = x², start 1, η = .1, β = .5: v = 2, x = .8; v = 1 + 1.6 = 2.6, x = .54."""
    trace = record(Run("momentum", "quadratic", {"learning_rate": 0.1, "beta": 0.5}, start=(1,), steps=2))
    assert trace.x[:, 0] == pytest.approx([1, 0.8, 0.54])
    assert trace.velocity[:, 0] == pytest.approx([0, 2, 2.6])


def test_momentum_with_the_best_pair_beats_gradient_descent_on_a_valley():
    L, mu = 100.0, 1.0
    root = np.sqrt(L / mu)
    pair = {"learning_rate": (2 / (np.sqrt(L) + np.sqrt(mu))) ** 2, "beta": ((root - 1) / (root + 1)) ** 2}
    heavy = record(Run("momentum", "bowl", pair, {"condition": L}, steps=100))
    plain = record(Run("gradient_descent", "bowl", {"learning_rate": 2 / (L + mu)}, {"condition": L}, steps=100))
    assert heavy.fx[-1] < 1e-6 * plain.fx[-1]


def test_the_first_step_of_adam_is_the_learning_rate():
    for landscape in SURFACES:
        trace = record(Run("adam", landscape, {"learning_rate": 0.03}, steps=1))
        assert trace.value("step")[0] == pytest.approx(-0.03 * np.sign(trace.value("gradient")[0]), rel=1e-6)


def test_adam_takes_the_same_path_on_a_thousandfold_objective():
    bowl = LANDSCAPES["bowl"].make()
    steep = Landscape(
        "steep bowl", lambda x: 1000 * bowl.value(x), bowl.low, bowl.high, gradient=lambda x: 1000 * bowl.gradient(x)
    )
    knobs = {"learning_rate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    plain = record(Run("adam", bowl, knobs, start=(-4, 2), steps=200))
    scaled = record(Run("adam", steep, knobs, start=(-4, 2), steps=200))
    assert len(plain) == len(scaled) == 201
    assert np.allclose(plain.x, scaled.x, rtol=0, atol=1e-8)


def test_adam_by_hand():
    """f = x², start 1, η = .1: g = 2, m = .2, v = .004, both corrected to 2 and 4, so the step is .1 · 2 / 2."""
    trace = record(Run("adam", "quadratic", {"learning_rate": 0.1}, start=(1,), steps=2))
    assert trace.m[1, 0] == pytest.approx(0.2)
    assert trace.v[1, 0] == pytest.approx(0.004)
    assert trace.value("m_hat")[1, 0] == pytest.approx(2)
    assert trace.value("v_hat")[1, 0] == pytest.approx(4)
    assert trace.x[1, 0] == pytest.approx(0.9)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("optimizer", RULES)
def test_the_arrows_add_up_to_the_step(optimizer, schedule):
    rate = {"learning_rate": 0.005 if not RULES[optimizer][2] else 0.1}
    run = Run(optimizer, "himmelblau", rate | {"schedule": schedule, "schedule_steps": 40}, start=(-0.7, 2.3), steps=30)
    trace = record(run)
    total = sum(trace.arrow(part) for part in trace.optimizer.arrows if part != "step")
    assert len(trace) == 31
    assert np.allclose(total[:-1], trace.value("step")[:-1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("optimizer", [*ELEMENTWISE, "newton"])
def test_many_starts_at_once_equal_one_after_the_other(optimizer):
    """What maps of basins rest on: the same text runs on any leading axes."""
    landscape = LANDSCAPES["himmelblau"].make()
    starts = np.random.default_rng(0).uniform(-4, 4, (3, 5, 2))
    entry, knobs = OPTIMIZERS[optimizer], dict(Run.suggested(optimizer, "himmelblau").knobs)

    def after(x, steps=25):
        states = entry.function(Counted(landscape), x, None, **knobs)
        return [next(states) for _ in range(steps)][-1].x

    batch = after(starts)
    for index in np.ndindex(3, 5):
        assert np.allclose(batch[index], after(starts[index]), rtol=1e-9)
