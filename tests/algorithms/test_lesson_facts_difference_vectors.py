"""What the lesson on difference vectors claims: every number it prints, run again."""

from functools import cache

import numpy as np
import pytest
from lesson_runs import FEW, SEEDS, best, median, run


def evolve(seed, landscape="sphere", dimension=10, steps=100, population=50, F=0.5, CR=0.7, **knobs):
    on = {"dimension": dimension}
    return run(
        "differential_evolution",
        landscape,
        steps=steps,
        seed=seed,
        on=on,
        population=population,
        F=F,
        CR=CR,
        **{"strategy": "rand/1/bin", "updating": "immediate"} | knobs,
    )


def flat(seed, steps=60, population=20, **knobs):
    return evolve(seed, dimension=2, steps=steps, population=population, **knobs)


def step_lengths(trace, F):
    """How long a typical step F (b − c) was on the way to each generation but the first."""
    return np.median(np.linalg.norm(F * trace.value("difference")[1:], axis=-1), axis=1)


def spread(x):
    """The mean distance from the middle of the members (…, P, d)."""
    return np.linalg.norm(x - x.mean(axis=-2, keepdims=True), axis=-1).mean(axis=-1)


def test_steps_shrink_with_the_population_though_their_factor_stays():
    runs = [flat(seed) for seed in SEEDS]
    lengths = np.array([step_lengths(trace, 0.5) for trace in runs])
    assert np.median(lengths[:, 0]) == pytest.approx(2.3, abs=0.05)
    assert np.median(lengths[:, 39]) == pytest.approx(0.00003, rel=0.15)
    assert 50_000 < np.median(lengths[:, 0] / lengths[:, 39]) < 150_000
    assert (lengths[:, 39] < lengths[:, 0] / 1000).all()
    assert median(runs) == pytest.approx(1.5e-16, rel=0.1)
    assert runs[0].evaluations.values[-1] == 1220


def test_the_factor_sets_how_fast_they_shrink():
    far = np.array([step_lengths(flat(seed, F=1.0), 1.0) for seed in FEW])
    assert (far[:, 39] < far[:, 0] / 100).all()
    assert (far[:, 39] > 100 * 0.00003).all()
    none = [flat(seed, F=0.0) for seed in FEW]
    assert all(np.isin(trace.x[-1], trace.x[0]).all() for trace in none)  # coordinates are only exchanged


def test_too_small_a_factor_contracts_before_it_arrives():
    runs = [flat(seed, F=0.1) for seed in SEEDS]
    assert runs[0].best_fx[-1] == pytest.approx(0.41, abs=0.006)
    assert spread(runs[0].x[-1]) < 1e-6
    assert max(spread(trace.x[-1]) for trace in runs) < 1e-5
    assert median(runs) == pytest.approx(0.03, abs=0.003)
    assert flat(0, steps=600, F=0.1).best_fx[-1] == pytest.approx(runs[0].best_fx[-1], rel=1e-6)
    assert median([flat(seed, population=100, F=0.1) for seed in FEW]) < 1e-6


def test_five_members_are_too_few_and_fifty_are_slow():
    fifty = [evolve(seed) for seed in SEEDS]
    assert fifty[0].evaluations.values[-1] == 5050
    assert median(fifty) == pytest.approx(0.0002, rel=0.05)
    five = [evolve(seed, steps=1000, population=5) for seed in SEEDS]
    assert (median(five), best(five).min()) == pytest.approx((11.4, 2.3), abs=0.05)
    assert five[0].evaluations.values[-1] == 5005
    gathered = np.median([np.argmax(spread(trace.x) < 1e-3) for trace in five])
    assert 24 <= gathered <= 100
    twenty = [evolve(seed, steps=250, population=20) for seed in SEEDS]
    assert median(twenty) == pytest.approx(2.5e-13, rel=0.05)
    ten = best([evolve(seed, steps=500, population=10) for seed in FEW])
    assert ten.max() > 0.1


@cache
def both_updates():
    return [[evolve(seed, updating=updating) for seed in SEEDS] for updating in ("immediate", "deferred")]


def test_winners_that_take_their_place_at_once_are_ahead():
    immediate, deferred = both_updates()
    assert {trace.evaluations.values[-1] for trace in immediate + deferred} == {5050}
    assert (median(immediate), median(deferred)) == pytest.approx((0.0002, 0.0009), rel=0.05)
    assert 4 < median(deferred) / median(immediate) < 4.5
    reached = [np.argmax(trace.best_fx <= median(deferred)) for trace in immediate]
    assert 100 - np.median(reached) == pytest.approx(10, abs=1)


def test_the_best_base_is_quick_and_the_first_to_be_stuck():
    greedy = [evolve(seed, strategy="best/1/bin") for seed in FEW]
    assert 1e-20 < median(greedy) < 1e-18
    dimples = {
        strategy: [evolve(seed, "rastrigin", steps=1000, population=20, strategy=strategy) for seed in FEW]
        for strategy in ("best/1/bin", "rand/1/bin")
    }
    at = {
        (strategy, k): float(np.median([trace.best_fx[k] for trace in traces]))
        for strategy, traces in dimples.items()
        for k in (250, 1000)
    }
    assert 5 < at["best/1/bin", 250] < at["rand/1/bin", 250] < 25
    assert at["best/1/bin", 1000] == pytest.approx(at["best/1/bin", 250], abs=1e-3)
    assert at["rand/1/bin", 1000] < 2
    assert np.median([np.argmax(spread(trace.x) < 1e-3) for trace in dimples["best/1/bin"]]) < 150


def valley(seed, rotation, CR, steps=60):
    on = {"condition": 100, "rotation": rotation}
    return run("differential_evolution", "bowl", steps=steps, seed=seed, on=on, population=20, F=0.5, CR=CR)


def evaluations_to(traces, goal=1e-8):
    """The median of the evaluations after which the runs are at `goal`; infinite where most are not."""
    reached = [np.flatnonzero(trace.best_fx <= goal) for trace in traces]
    return float(
        np.median(
            [
                trace.evaluations.values[first[0]] if first.size else np.inf
                for trace, first in zip(traces, reached, strict=True)
            ]
        )
    )


def test_crossover_ties_the_method_to_the_axes():
    assert evaluations_to([valley(seed, 0, 0.2) for seed in SEEDS]) == pytest.approx(730, abs=20)
    assert evaluations_to([valley(seed, 45, 0.2, 150) for seed in SEEDS]) == pytest.approx(2370, abs=40)
    assert [evaluations_to([valley(seed, rotation, 1.0) for seed in SEEDS]) for rotation in (0, 45)] == pytest.approx(
        [620] * 2, abs=20
    )
    assert min(valley(seed, 45, 0.0, 300).best_fx[-1] for seed in FEW) > 1e-8
    assert evaluations_to([valley(seed, 0, 0.0) for seed in FEW]) < 900


def test_differences_point_along_the_valley():
    along = np.array([1, 1]) / np.sqrt(2)
    for seed in FEW:
        difference = valley(seed, 45, 1.0).value("difference")[10:40].reshape(-1, 2)
        assert np.mean(abs(difference @ along) > abs(difference @ [-along[1], along[0]])) > 0.8
