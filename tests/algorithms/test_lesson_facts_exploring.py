"""What the lesson on exploring and exploiting claims: every number it prints, run again."""

import numpy as np
import pytest
from lesson_runs import FEW, SEEDS, median, run

from algorithms import LANDSCAPES

TEN = {"dimension": 10}
MAP = {"number": 40, "seed": 0}


def spread(x):
    """The mean distance from the middle of the members (…, P, d)."""
    return np.linalg.norm(x - x.mean(axis=-2, keepdims=True), axis=-1).mean(axis=-1)


def blind(seed, steps=2999, dimension=10):
    return run("random_search", "rastrigin", steps=steps, seed=seed, on={"dimension": dimension})


def downhill(seed, size=0.01):
    knobs = {"initial_temperature": 1e-6, "cooling_rate": 1.0, "step_size": size}
    return run("simulated_annealing", "rastrigin", steps=2999, seed=seed, on=TEN, **knobs)


def swarm(seed, w, steps=99):
    return run("particle_swarm", "rastrigin", steps=steps, seed=seed, on=TEN, particles=30, w=w, c1=1.5, c2=1.5)


def kicked(seed, size):
    knobs = {"perturbation_size": size, "local_steps": 99, "rounds": 30, "step_size": 0.02, "acceptance": "better"}
    return run("iterated_local_search", "rastrigin", steps=30, seed=seed, on=TEN, **knobs)


def bred(seed, rate):
    knobs = {"population": 50, "crossover": "uniform", "mutation_rate": rate, "mutation_size": 0.1, "elites": 1}
    return run("genetic_algorithm", "rastrigin", steps=60, seed=seed, on=TEN, selection="tournament", **knobs)


def cooled(seed, temperature, rate):
    knobs = {"cooling": "geometric", "step_size": 0.5, "move": "two_opt"}
    knobs |= {"initial_temperature": temperature, "cooling_rate": rate}
    return run("simulated_annealing", "random_cities", steps=4999, seed=seed, on=MAP, **knobs)


def test_all_methods_have_the_same_evaluations():
    runs = [blind(0), downhill(0), swarm(0, 0.7), kicked(0, 0.1)]
    assert {trace.evaluations.values[-1] for trace in runs} == {3000}
    assert bred(0, 0.05).evaluations.values[-1] == 2990
    assert swarm(0, 0.7, 999).evaluations.values[-1] == 30_000
    assert cooled(0, 30.0, 0.999).evaluations.values[-1] == 5000


def test_only_exploring_and_only_exploiting_end_alike():
    rastrigin = LANDSCAPES["rastrigin"].make(dimension=10)
    drawn = rastrigin.value(np.random.default_rng(0).uniform(-5.12, 5.12, (100_000, 10)))
    assert np.mean(drawn) == pytest.approx(185, abs=1)
    assert rastrigin.value(rastrigin.start) == pytest.approx(222, abs=0.5)
    runs = [blind(seed) for seed in SEEDS]
    assert (runs[0].best_fx[-1], median(runs)) == pytest.approx((79.7, 78.4), abs=0.05)
    assert 1 < median([blind(seed, 999, 2) for seed in SEEDS]) < 2.5
    assert 60 < median([blind(seed, 9_999) for seed in FEW]) < 78
    walkers = [downhill(seed) for seed in SEEDS]
    assert median(walkers) == pytest.approx(87.9, abs=0.1)
    assert median([downhill(seed, 0.1) for seed in FEW]) < 65


def test_a_swarm_is_best_where_it_gathers_late():
    runs = {w: [swarm(seed, w) for seed in SEEDS] for w in (0.0, 0.6, 0.7, 0.8, 0.9, 1.0)}
    medians = [median(traces) for traces in runs.values()]
    assert medians == pytest.approx([23, 13.9, 10.6, 27.8, 62.1, 81.3], rel=0.01)
    ends = {w: np.median([spread(trace.x[-1]) for trace in traces]) for w, traces in runs.items()}
    assert np.median([spread(trace.x[0]) for trace in runs[0.7]]) == pytest.approx(9.1, abs=0.05)
    assert ends[0.0] == pytest.approx(1e-6, rel=0.5)
    assert (ends[0.7], ends[0.9]) == pytest.approx((0.7, 7), abs=0.05)


def test_more_time_asks_for_more_inertia():
    longer = [median([swarm(seed, w, 999) for seed in SEEDS]) for w in (0.6, 0.7, 0.8)]
    assert longer == pytest.approx([12.9, 7.0, 2.99], rel=0.02)
    assert median([swarm(seed, 0.9, 999) for seed in FEW]) > 15


def test_a_kick_is_best_in_the_middle():
    runs = {size: [kicked(seed, size) for seed in SEEDS] for size in (0.01, 0.1, 1.0)}
    assert [median(traces) for traces in runs.values()] == pytest.approx([88, 29, 47], abs=0.5)
    falls = [np.all(trace.trial[2:].round() == trace.x[1:-1].round(), axis=1).mean() for trace in runs[0.01]]
    assert np.median(falls) == 1
    moved = abs(0.1 * 10.24 * np.random.default_rng(0).standard_normal(100_000)).round()
    assert np.mean(moved > 0) == pytest.approx(0.62, abs=0.02)
    assert np.mean(moved[moved > 0] == 1) > 0.7
    tabu = [
        run("tabu_search", "rastrigin", steps=150, seed=seed, on=TEN, neighbors=20, tenure=20, step_size=0.03)
        for seed in SEEDS
    ]
    assert tabu[0].evaluations.values[-1] == 3001
    assert 40 < median(tabu) < 50


def test_mutation_is_best_in_the_middle():
    medians = [median([bred(seed, rate) for seed in SEEDS]) for rate in (0.0, 0.01, 0.05, 0.1, 1.0)]
    assert medians == pytest.approx([28.8, 7.9, 2.7, 3.4, 55.5], rel=0.02)
    assert np.median([spread(bred(seed, 0.0).x[15]) for seed in SEEDS]) == pytest.approx(0.05, abs=0.005)
    assert np.median([spread(bred(seed, 1.0).x[-1]) for seed in SEEDS]) == pytest.approx(6, abs=0.2)


def test_a_schedule_need_not_know_the_right_temperature():
    frozen, *held = (median([cooled(seed, T, 1.0) for seed in FEW]) for T in (1e-6, 2.0, 10.0, 30.0, 100.0))
    assert held == pytest.approx([580, 712, 1142, 1498], rel=0.03)
    assert frozen == pytest.approx(592, rel=0.03)
    falling = [median([cooled(seed, T, 0.999) for seed in FEW]) for T in (10.0, 30.0, 100.0)]
    assert falling == pytest.approx([583, 588, 597], rel=0.04)
    assert max(falling) < held[1] - 80
    assert median([cooled(seed, 300.0, 0.999) for seed in FEW]) > max(falling)
