"""Step sizes: many learning rates at once go as each would alone, and three kinds of them are told apart."""

from dataclasses import replace

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, REASONS, Landscape, Run, record, step_sizes, sweepable

PAIRS = [
    (entry.id, name)
    for name, place in LANDSCAPES.items()
    for entry in OPTIMIZERS.values()
    if sweepable(entry, place.make())
]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_rate_goes_as_it_would_alone(optimizer, landscape):
    run = Run.suggested(optimizer, landscape, steps=120)
    sweep = step_sizes(run, 16, 1e-4, 2.0)
    assert sweep.fx.shape == (121, 16)
    left_out = 0
    for i in range(16):
        single = replace(run, knobs=dict(run.knobs) | {"learning_rate": float(sweep.rates[i])})
        alone, near = (record(replace(single, start=tuple(x + hair for x in run.start))) for hair in (0, 1e-13))
        if len(alone) != len(near) or not np.allclose(alone.fx, near.fx, rtol=1e-7, atol=1e-10):
            left_out += 1  # from a start a hair away it goes elsewhere: rounding decides
            continue
        assert (REASONS[sweep.reason[i]], sweep.steps[i]) == (alone.stop.reason, alone.stop.step), sweep.rates[i]
        path = np.append(alone.fx, np.full(121 - len(alone), alone.fx[-1]))
        np.testing.assert_allclose(sweep.fx[:, i], path, rtol=1e-6, atol=1e-9)
    assert left_out <= 11


def test_rates_span_five_decades_up_to_the_highest_and_other_knobs_stay():
    run = Run("momentum", "bowl", {"learning_rate": 0.5, "beta": 0.7}, steps=20)
    sweep = step_sizes(run)
    assert len(sweep.rates) == 201
    np.testing.assert_allclose(sweep.rates[[0, -1]], [2e-5, 2.0])
    other = step_sizes(Run("momentum", "bowl", {"learning_rate": 0.01, "beta": 0.7}, steps=20))
    np.testing.assert_array_equal(sweep.fx, other.fx)
    assert not np.array_equal(sweep.fx, step_sizes(Run("momentum", "bowl", {"beta": 0.1}, steps=20)).fx)


@pytest.mark.parametrize("condition", [4.0, 10.0, 100.0])
def test_on_a_bowl_the_regimes_are_known_and_true(condition):
    run = Run("gradient_descent", "bowl", {}, {"condition": condition}, steps=400)
    sweep = step_sizes(run, 401)
    kinds = sweep.regimes
    assert kinds.known
    assert kinds.formulas == ("1/L", "2/L")
    assert (kinds.overshoots, kinds.diverges) == (1 / condition, 2 / condition)
    assert not sweep.ended("diverged")[sweep.rates < kinds.diverges].any()
    assert sweep.ended("diverged")[sweep.rates > 1.1 * kinds.diverges].all()
    assert (sweep.turns[sweep.rates < kinds.overshoots] == 0).all()
    assert sweep.rates[sweep.best] == pytest.approx(2 / (1 + condition), rel=0.06)  # Polyak's fastest rate, 2/(L + l)


def test_momentum_swings_from_its_own_limit_on():
    run = Run("momentum", "quadratic", {"beta": 0.64}, steps=300)
    sweep = step_sizes(run, 301)
    kinds = sweep.regimes
    assert kinds.known
    assert kinds.overshoots == pytest.approx((1 - 0.8) ** 2 / 2)
    assert (sweep.turns[sweep.rates < 0.98 * kinds.overshoots] == 0).all()
    between = (sweep.rates > 1.5 * kinds.overshoots) & (sweep.rates < 0.97 * kinds.diverges)
    assert (sweep.turns[between] > 0).all()
    assert not sweep.ended("diverged")[between].any()


def test_elsewhere_the_regimes_are_measured():
    sweep = step_sizes(Run("gradient_descent", "himmelblau", steps=100))
    kinds = sweep.regimes
    assert not kinds.known
    lost = sweep.ended("diverged")
    assert kinds.diverges == sweep.rates[lost][0]
    assert kinds.overshoots is None or kinds.overshoots < kinds.diverges
    assert sweep.rates[sweep.best] < kinds.diverges
    calm = step_sizes(Run("adam", "himmelblau", steps=100)).regimes
    assert calm.diverges is None
    assert not step_sizes(Run("gradient_descent", "rastrigin", steps=10)).regimes.known  # L is only the largest there
    assert not step_sizes(Run("gradient_descent", "saddle", steps=10)).regimes.known  # f falls without end


def test_the_best_of_rates_that_all_arrive_is_there_first():
    sweep = step_sizes(Run("gradient_descent", "quadratic", steps=200), 401)
    assert sweep.rates[sweep.best] == pytest.approx(0.5, rel=0.03)  # one step, straight to the minimum


def test_what_cannot_be_swept_is_refused_by_name():
    with pytest.raises(ValueError, match=r"Newton.* cannot try many learning rates .*gradient_descent"):
        step_sizes(Run("newton", "bowl"))
    with pytest.raises(ValueError, match="too much"):
        step_sizes(Run("gradient_descent", "bowl", steps=10_000), 401)
    with pytest.raises(ValueError, match="low > 0"):
        step_sizes(Run("gradient_descent", "bowl"), low=0.0)


def test_a_landscape_of_your_own_can_be_swept():
    bowl = Landscape("Mine", value=lambda x: (x**2).sum(-1), gradient=lambda x: 2 * x, low=(-1, -1), high=(1, 1))
    sweep = step_sizes(Run("gradient_descent", bowl, steps=10), 11)
    assert sweep.fx.shape == (11, 11)


def test_noise_and_mini_batches_are_those_of_a_single_run():
    knobs = {"learning_rate": 0.02}
    for ground in ({"batch_size": 16}, {}):
        run = Run("gradient_descent", "linear_regression", knobs, ground, steps=40, seed=3)
        sweep = step_sizes(run, 5, 0.005, 0.08)
        alone = record(replace(run, knobs=knobs | {"learning_rate": float(sweep.rates[2])}))
        np.testing.assert_allclose(sweep.fx[:, 2], alone.fx, rtol=1e-9)


def test_a_schedule_is_passed_on_and_makes_the_limit_unknown():
    run = Run("gradient_descent", "bowl", {"schedule": "warmup", "schedule_steps": 50}, steps=60)
    sweep = step_sizes(run, 21)
    assert not sweep.regimes.known
    alone = record(replace(run, knobs=dict(run.knobs) | {"learning_rate": float(sweep.rates[10])}))
    np.testing.assert_allclose(sweep.fx[:, 10], alone.fx, rtol=1e-9)


def test_nesterov_is_smooth_up_to_its_own_limit():
    run = Run("nesterov", "quadratic", {"beta": 0.6}, steps=300)
    sweep = step_sizes(run, 301)
    assert sweep.regimes.known
    assert sweep.regimes.overshoots == pytest.approx((0.4 / 1.6) ** 2 / 2)
    assert (sweep.turns[sweep.rates < 0.98 * sweep.regimes.overshoots] == 0).all()
    assert (
        sweep.turns[(sweep.rates > 1.5 * sweep.regimes.overshoots) & (sweep.rates < sweep.regimes.diverges)] > 0
    ).all()
