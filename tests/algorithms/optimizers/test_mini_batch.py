"""Gradients from some examples, and noisy ones: right on average, spread as they should be, and counted."""

import dataclasses

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from algorithms import LANDSCAPES, OPTIMIZERS, Run, record
from algorithms.counted import Sampled

N = 442
WAYS = [{"parameters": p, "standardized": s} for p in (1, 2) for s in (False, True)]
ways = pytest.mark.parametrize("on", WAYS, ids=str)
NOISY = [id for id, entry in LANDSCAPES.items() if "gradient_noise" in entry.knobs and id != "formula"]


def regression(**on):
    return LANDSCAPES["linear_regression"].make(**on)


def run(optimizer, on=(), steps=200, seed=0, landscape="linear_regression", **knobs):
    return record(Run(optimizer, landscape, knobs, on, steps=steps, seed=seed))


@ways
def test_the_mean_of_all_single_gradients_is_the_full_one(on):
    landscape = regression(**on)
    for x in np.random.default_rng(0).uniform(landscape.low, landscape.high, (20, landscape.dimension)):
        single = [landscape.gradient_over(x, np.array([i])) for i in range(N)]
        assert np.mean(single, axis=0) == pytest.approx(landscape.gradient(x), rel=1e-12, abs=1e-12)


@ways
@pytest.mark.parametrize("size", [N, 10_000])
def test_a_batch_of_all_examples_is_gradient_descent_to_the_last_bit(on, size):
    whole = run("gradient_descent", on, steps=60, learning_rate=0.03)
    batch = run("mini_batch", on, steps=60, learning_rate=0.03, batch_size=size)
    assert len(whole) == 61
    assert np.array_equal(whole.x, batch.x)
    assert np.array_equal(whole.evaluations, batch.evaluations)
    assert (batch.batch[1:] == np.arange(N)).all()


@pytest.mark.parametrize("b", [1, 4, 16, 64, 221, 441])
def test_the_variance_of_a_gradient_falls_as_one_over_its_examples(b):
    """Without replacement it is σ²/b · (n − b)/(n − 1), with σ² the variance of the gradients at one example."""
    landscape, x = regression(), np.array([-1.0, 3.0])
    single = np.array([landscape.gradient_over(x, np.array([i])) for i in range(N)])
    expected = single.var(axis=0) / b * (N - b) / (N - 1)

    def gradients(optimizer, landscape, **knobs):
        f = Sampled(landscape, np.random.default_rng(1))
        states = OPTIMIZERS[optimizer].function(f, x, f.rng, learning_rate=0.0, **knobs)
        next(states)
        found = []
        for _ in range(4000):
            next(states)
            found.append(f.estimate)
        return np.array(found)

    draws = [gradients("mini_batch", landscape, batch_size=b), gradients("adam", regression(batch_size=b))]
    for drawn in draws + ([gradients("sgd", landscape)] if b == 1 else []):
        assert drawn.var(axis=0) == pytest.approx(expected, rel=0.12)
        assert abs(drawn.mean(axis=0) - landscape.gradient(x)).max() < 4 * np.sqrt(expected.max() / 4000)


@pytest.mark.parametrize(
    ("optimizer", "knobs", "on", "each_step", "at_first"),
    [
        ("sgd", {}, {}, 1, 0),
        ("sgd", {}, {"batch_size": 16}, 1, 0),
        ("mini_batch", {"batch_size": 16}, {}, 16, 0),
        ("gradient_descent", {}, {}, N, 0),
        ("momentum", {}, {"batch_size": 5}, 5, 0),
        ("adam", {}, {"batch_size": 16}, 16, 0),
        ("newton", {}, {"batch_size": 16}, N + 16, 0),
        ("random_search", {}, {}, N, N),
    ],
)
def test_examples_are_counted_where_they_are_used(optimizer, knobs, on, each_step, at_first):
    trace = run(optimizer, on, steps=1 if optimizer == "newton" else 12, **knobs)
    expected = at_first + each_step * np.arange(len(trace))
    landscape, used = regression(**on), []

    def whole(function):
        return lambda x: used.append(N * (x.size // 2)) or function(x)

    def over(x, batch):
        used.append(len(batch))
        return landscape.gradient_over(x, batch)

    spied = {name: whole(getattr(landscape, name)) for name in ("value", "gradient", "hessian")}
    f = Sampled(dataclasses.replace(landscape, gradient_over=over, **spied), np.random.default_rng(0))
    states = OPTIMIZERS[optimizer](f, np.array(trace.run.start), f.rng, **knobs)
    for k in range(len(trace)):
        next(states)
        assert sum(used) == f.examples_seen == trace.evaluations["examples"][k] == expected[k]


@pytest.mark.parametrize("optimizer", ["sgd", "mini_batch", "adam"])
def test_the_batch_that_is_shown_is_the_one_that_was_used(optimizer):
    on = {"batch_size": 7} if optimizer == "adam" else {}
    trace, landscape = run(optimizer, on, steps=30), regression()
    assert np.isnan(trace.estimate[0]).all()
    if optimizer == "adam":  # the landscape draws, and shows only the gradient
        rng = np.random.default_rng(0)
        batches = [rng.choice(N, 7, replace=False) for _ in range(30)]
        assert np.allclose(np.diff(trace.m, axis=0), 0.1 * (trace.estimate[1:] - trace.m[:-1]))
    else:
        batches = trace.batch[1:]
        assert (trace.batch[0] == -1).all()
        assert np.allclose(trace.value("step")[:-1], -trace.value("rate")[:-1, None] * trace.estimate[1:])
        assert [len(set(batch)) for batch in batches.tolist()] == [batches.shape[1]] * 30
    for x, batch, estimate in zip(trace.x, batches, trace.estimate[1:]):
        assert estimate == pytest.approx(landscape.gradient_over(x, np.asarray(batch)), rel=1e-12)
    assert not np.allclose(trace.estimate[1:], landscape.gradient(trace.x[:-1]), rtol=0.01)
    assert np.array_equal(trace.fx, landscape.value(trace.x)), "what is shown is over all examples"


def from_the_minimum(optimizer, seeds=24, steps=1600, **knobs):
    """Median distances to the minimum around step 200 and around the last one."""
    on = {"standardized": True}
    best = regression(**on).minima[0].x
    paths = np.array([run(optimizer, on, steps, seed, **knobs).x for seed in range(seeds)])
    far = np.sqrt(((paths - best) ** 2).sum(axis=-1))
    return np.median(far[:, 150:251]), np.median(far[:, -101:])


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 0.05), ("mini_batch", 0.3)])
def test_a_constant_rate_never_settles_and_a_falling_one_does(optimizer, rate):
    early, late = from_the_minimum(optimizer, learning_rate=rate)
    assert 0.85 < late / early < 1.15
    early_too, late_too = from_the_minimum(optimizer, learning_rate=rate, schedule="inverse", schedule_steps=50)
    assert late_too < 0.6 * early_too
    assert late_too < 0.4 * late


def test_a_constant_rate_keeps_a_ball_as_wide_as_theory_has_it():
    """Of x ← x − η(Hx + noise), with H = 2: the variance is that of the noise times η² / (1 − (1 − 2η)²)."""
    on, b, rate = {"standardized": True}, 8, 0.1
    landscape = regression(**on)
    best = np.array(landscape.minima[0].x)
    noise = np.var([landscape.gradient_over(best, np.array([i])) for i in range(N)], axis=0) / b * (N - b) / (N - 1)
    paths = [run("mini_batch", on, 1500, seed, learning_rate=rate, batch_size=b).x[100:] for seed in range(20)]
    spread = np.mean((np.array(paths) - best) ** 2, axis=(0, 1))
    assert spread == pytest.approx(noise * rate**2 / (1 - (1 - 2 * rate) ** 2), rel=0.25)


def test_per_example_seen_small_batches_win_early():
    """After as many examples as one step by all of them takes."""
    on = {"standardized": True}
    least = regression(**on).minima[0].fx
    full = run("gradient_descent", on, 1, learning_rate=0.05).fx[-1] - least
    some = np.median([run("mini_batch", on, N // 16, seed, learning_rate=0.05).fx[-1] for seed in range(20)]) - least
    one = np.median([run("sgd", on, N, seed, learning_rate=0.02).fx[-1] for seed in range(20)]) - least
    assert max(some, one) < full / 20


@ways
def test_the_line_is_that_of_numpys_least_squares(on):
    data = load_diabetes(scaled=False)
    x, y = data.data[:, data.feature_names.index("bmi")] / 10, data.target / 100
    if on["standardized"] or on["parameters"] == 1:
        x, y = x - x.mean(), y - y.mean()
    if on["standardized"]:
        x, y = x / x.std(), y / y.std()
    best = np.linalg.lstsq(np.stack([x, np.ones(N)], axis=-1)[:, : on["parameters"]], y)[0]
    for optimizer in ("newton", "bfgs", "lbfgs", "conjugate_gradient"):
        assert run(optimizer, on).x[-1] == pytest.approx(best, abs=1e-8), optimizer
    landscape = regression(**on)
    start = np.array(landscape.start)
    for optimizer, rate in {"gradient_descent": 1.8, "momentum": 1.8, "nesterov": 1.2}.items():
        knobs = {
            "learning_rate": min(rate / landscape.curvature, 2.0)
        }  # pulled on after steps that a run takes for none
        states = OPTIMIZERS[optimizer](Sampled(landscape, np.random.default_rng(0)), start, None, **knobs)
        for _ in range(9000):
            state = next(states)
        assert state.x == pytest.approx(best, abs=1e-8), optimizer
        settled = run(optimizer, on, 3000, **knobs)
        assert settled.stop.reason == "converged"
        assert settled.fx[-1] == pytest.approx(landscape.minima[0].fx, abs=1e-8)


@pytest.mark.parametrize("landscape", NOISY)
def test_the_noise_of_gradients_is_as_declared(landscape):
    sigma, steps = 0.3, 2000
    on = {"gradient_noise": sigma}
    trace = run("gradient_descent", on, steps, 5, landscape, learning_rate=1e-4)
    assert len(trace) == steps + 1
    exact = LANDSCAPES[landscape].make()
    noise = trace.estimate[1:] - exact.gradient(trace.x[:-1])
    assert abs(noise.mean(axis=0)).max() < 4 * sigma / np.sqrt(steps)
    assert noise.std(axis=0) == pytest.approx(np.full(exact.dimension, sigma), rel=4 / np.sqrt(2 * steps))
    assert abs(np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1]) < 4 / np.sqrt(noise[1:].size)
    if exact.dimension > 1:
        assert abs(np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]) < 4 / np.sqrt(steps), "each component for itself"
    assert np.array_equal(trace.fx, exact.value(trace.x)), "what is shown carries no noise"
    assert np.array_equal(trace.value("gradient"), exact.gradient(trace.x))


@pytest.mark.parametrize("optimizer", [e.id for e in OPTIMIZERS.values() if "gradient" in e.needs])
def test_the_seed_fixes_the_noise(optimizer):
    place = "linear_regression" if "data" in OPTIMIZERS[optimizer].needs else "himmelblau"
    first, again, other = (run(optimizer, {"gradient_noise": 0.5}, 30, seed, place) for seed in (3, 3, 4))
    assert first == again
    assert first.run.stochastic
    assert not np.array_equal(first.x[:2], other.x[:2])
    assert np.array_equal(first.x[0], other.x[0])


def test_noise_on_values_and_gradients_is_drawn_for_each_point():
    trace = run("random_search", {"noise": 0.5}, 3000, landscape="noisy_quadratic")
    exact = LANDSCAPES["noisy_quadratic"].make()
    noise = trace.trial_fx - exact.value(trace.trial)
    assert noise.mean() == pytest.approx(0, abs=4 * 0.5 / np.sqrt(3001))
    assert noise.std() == pytest.approx(0.5, rel=4 / np.sqrt(6000))
    assert np.array_equal(trace.fx, exact.value(trace.x))
