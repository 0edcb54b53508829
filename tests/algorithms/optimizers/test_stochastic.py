"""Random search and simulated annealing."""

import numpy as np
import pytest

from algorithms import Run, record
from algorithms.moves import Box


def anneal(landscape="rastrigin", steps=2000, seed=0, **knobs):
    return record(Run("simulated_annealing", landscape, knobs, steps=steps, seed=seed))


def test_random_search_keeps_the_best_of_its_samples():
    trace = record(Run("random_search", "himmelblau", steps=500))
    assert (np.diff(trace.fx) <= 0).all()
    assert np.array_equal(trace.fx, np.minimum.accumulate(trace.trial_fx))
    assert np.array_equal(trace.accepted, np.append(True, trace.trial_fx[1:] < trace.fx[:-1]))
    assert trace.evaluations["values"].tolist() == list(range(1, 502)), "one step is one sample"


def test_random_search_samples_the_whole_domain_evenly():
    trial = record(Run("random_search", "rosenbrock", steps=4000)).trial[1:]
    share = (trial - [-2, -1]) / [4, 4]
    assert share.mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.02)
    assert share.var(axis=0) == pytest.approx([1 / 12, 1 / 12], abs=0.005)


@pytest.mark.parametrize("cooling", ["geometric", "linear"])
def test_a_cold_start_accepts_no_worse_move(cooling):
    trace = anneal(initial_temperature=1e-6, cooling=cooling)
    assert (trace.trial_fx[1:][trace.accepted[1:]] <= trace.fx[:-1][trace.accepted[1:]]).all()
    assert (np.diff(trace.fx) <= 0).all()
    assert not trace.accepted.all()


@pytest.mark.parametrize("temperature", [2.0, 20.0])
def test_worse_moves_are_accepted_with_probability_exp_minus_delta_over_t(temperature):
    trace = anneal("himmelblau", initial_temperature=temperature, cooling_rate=1.0, steps=10_000)
    assert (trace.temperature == temperature).all()
    delta = trace.trial_fx[1:] - trace.fx[:-1]
    worse = delta > 0
    probability = np.exp(-delta[worse] / temperature)
    assert np.allclose(probability, trace.value("probability")[1:][worse])
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        inside = (low <= probability) & (probability < high)
        p, taken = probability[inside], trace.accepted[1:][worse][inside]
        assert inside.sum() > 40
        assert abs(taken.sum() - p.sum()) < 4 * np.sqrt((p * (1 - p)).sum())
    assert trace.accepted[1:][~worse].all()


def test_the_three_coolings():
    geometric = anneal(initial_temperature=8.0, cooling="geometric", cooling_rate=0.9, steps=50).temperature
    assert geometric == pytest.approx(8 * 0.9 ** np.arange(51))
    linear = anneal(initial_temperature=8.0, cooling="linear", cooling_rate=0.9, steps=50).temperature
    assert linear == pytest.approx(8 * np.maximum(0, 1 - 0.1 * np.arange(51)))
    logarithmic = anneal(initial_temperature=8.0, cooling="logarithmic", steps=50).temperature
    assert logarithmic == pytest.approx(8 / np.log(np.e + np.arange(51)))


def test_a_rejected_move_stays_in_the_trace_and_the_point_stays():
    trace = anneal(steps=200)
    rejected = ~trace.accepted[1:]
    assert rejected.any()
    assert np.array_equal(trace.x[1:][rejected], trace.x[:-1][rejected])
    assert (trace.trial[1:][rejected] != trace.x[1:][rejected]).any(axis=1).all()
    assert np.array_equal(trace.x[1:][~rejected], trace.trial[1:][~rejected])


def test_annealing_finds_the_right_dimple_more_often_than_hill_climbing():
    warm = [anneal(initial_temperature=10.0, cooling_rate=0.98, steps=800, seed=seed).best_fx[-1] for seed in range(15)]
    cold = [anneal(initial_temperature=1e-6, steps=800, step_size=0.03, seed=seed).best_fx[-1] for seed in range(15)]
    assert np.median(warm) < 2 < np.median(cold)


def test_moves_stay_in_the_box_and_go_both_ways_alike():
    box, rng = Box(np.array([1.0, -2.0]), np.array([3.0, 7.0])), np.random.default_rng(0)
    x = box.sample(rng, 1000)
    for operator in box.operators:
        moved = box.neighbor(x, rng, 0.5, operator)
        assert ((moved >= box.low) & (moved <= box.high)).all()
        assert (moved != x).any(axis=1).all()
    edge = np.full((20_000, 2), [1.0, 7.0])
    step = abs(box.neighbor(edge, rng, 0.01) - edge) / box.width
    assert step.mean(axis=0) == pytest.approx([0.01 * np.sqrt(2 / np.pi)] * 2, rel=0.03)
    first = box.sample(rng, 3, first=np.array([2.0, 2.0]))
    assert first[0].tolist() == [2, 2]
    with pytest.raises(ValueError, match="a box knows the moves gaussian, uniform"):
        box.neighbor(x, rng, 0.1, "swap")


@pytest.mark.parametrize("landscape", ["himmelblau", "random_cities"])
def test_the_number_drawn_decides_on_a_worse_move_and_only_there(landscape):
    trace = anneal(landscape, initial_temperature=20.0, cooling="linear", cooling_rate=0.99, steps=150)
    rise, heat = trace.trial_fx[1:] - trace.fx[:-1], trace.temperature[:-1]
    drawn = np.isfinite(trace.draw[1:])
    assert np.array_equal(drawn, (rise > 0) & (heat > 0))
    assert (heat == 0).any()
    assert np.array_equal(trace.accepted[1:][drawn], trace.draw[1:][drawn] < np.exp(-rise[drawn] / heat[drawn]))
    assert trace.accepted[1:][~drawn & (heat > 0)].all()


def test_numbers_are_drawn_in_the_order_of_the_textbook():
    trace = anneal("himmelblau", steps=200)
    land, rng = trace.landscape, np.random.default_rng(trace.run.seed)
    x, T = trace.x[0], 10.0
    for k in range(200):
        trial = land.moves.neighbor(x, rng, 0.1, "gaussian")
        delta = land.value(trial) - land.value(x)
        if delta <= 0 or rng.random() < np.exp(-delta / T):
            x = trial
        T = 10.0 * dict(trace.run.knobs)["cooling_rate"] ** (k + 1)
        assert np.array_equal(x, trace.x[k + 1])
