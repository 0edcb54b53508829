"""Gradient descent, momentum and Adam against published and hand-worked numbers."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Counted, Landscape, Run, record

SURFACES = [id for id, entry in LANDSCAPES.items() if entry.kind == "surface"]


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
@pytest.mark.parametrize(("optimizer", "beta"), [("gradient_descent", 0.0), ("momentum", 0.5), ("momentum", 0.9)])
def test_the_stability_limit_is_where_it_is_declared(optimizer, beta, condition):
    entry = OPTIMIZERS[optimizer]
    others = {"beta": beta} if optimizer == "momentum" else {}
    limit = entry.limit(condition, others)
    assert limit == pytest.approx(2 * (1 + beta) / condition)

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
def test_momentum_without_memory_is_gradient_descent(landscape):
    rate = dict(Run.suggested("gradient_descent", landscape).knobs)["learning_rate"]
    plain = record(Run("gradient_descent", landscape, {"learning_rate": rate}))
    heavy = record(Run("momentum", landscape, {"learning_rate": rate, "beta": 0.0}))
    assert np.array_equal(plain.x, heavy.x)
    assert plain.stop == heavy.stop


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


def test_arrows_of_momentum_and_adam_add_up_to_the_step():
    heavy, adam = (record(Run.suggested(id, "himmelblau", steps=30)) for id in ("momentum", "adam"))
    for trace, parts in ((heavy, ("velocity", "gradient")), (adam, ("momentum", "gradient"))):
        total = sum(trace.arrow(part) for part in parts)
        assert np.allclose(total[:-1], trace.value("step")[:-1], atol=1e-12)


@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum", "adam", "newton"])
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
