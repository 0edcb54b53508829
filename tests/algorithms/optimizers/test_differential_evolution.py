"""Differential evolution."""

from collections import Counter

import numpy as np
import pytest

from algorithms import Landscape, Run, record
from algorithms.optimizers.differential_evolution import crossings, three_others

WAYS = [(strategy, updating) for strategy in ("rand/1/bin", "best/1/bin") for updating in ("immediate", "deferred")]
each = pytest.mark.parametrize(("strategy", "updating"), WAYS)


def evolve(landscape="sphere", steps=30, seed=0, places=(), **knobs):
    return record(Run("differential_evolution", landscape, knobs, dict(places), steps=steps, seed=seed))


def median(seeds, **knobs):
    runs = [evolve(steps=100, seed=seed, places={"dimension": 10}, **knobs) for seed in range(seeds)]
    return np.median([trace.best_fx[-1] for trace in runs])


def test_sphere_in_ten_dimensions_over_thirty_seeds():
    assert median(30) <= 4.0e-4
    assert 5e-4 < median(30, updating="deferred") < 1.6e-3, "who is better has to wait for its turn"


def test_the_best_member_as_the_base_is_faster():
    assert median(30, updating="deferred", strategy="best/1/bin") <= 1e-5
    assert median(5, strategy="best/1/bin") <= 1e-5


def replayed(trace):
    """Every trial of a run by the textbook, one member after another: yields (k, i, members now, their values)."""
    deferred = dict(trace.run.knobs)["updating"] == "deferred"
    for k in range(1, len(trace)):
        x, fx = trace.x[k - 1].copy(), trace.fx[k - 1].copy()
        for i in range(x.shape[0]):
            yield k, i, x, fx
            if not deferred:
                x[i], fx[i] = trace.x[k, i], trace.fx[k, i]


@each
def test_every_trial_by_the_textbook(strategy, updating):
    trace = evolve("rastrigin", strategy=strategy, updating=updating, population=12, F=1.2, CR=0.6)
    low, high = trace.landscape.low, trace.landscape.high
    outside = 0
    for k, i, x, fx in replayed(trace):
        a, b, c = trace.donors[k, i]
        if strategy == "best/1/bin":
            assert fx[a] == fx.min()
            assert len({b, c, i}) == 3
        else:
            assert len({a, b, c, i}) == 4
        mutant = x[a] + 1.2 * (x[b] - x[c])
        inside = mutant.copy()
        for j in range(2):
            while not low[j] <= inside[j] <= high[j]:
                inside[j] = 2 * (low[j] if inside[j] < low[j] else high[j]) - inside[j]
        outside += bool((inside != mutant).any())
        trial = trace.trial[k, i]
        from_mutant = np.isclose(trial, inside, rtol=0, atol=1e-12)
        assert (from_mutant | (trial == x[i])).all()
        assert from_mutant.any()
        assert trace.trial_fx[k, i] == pytest.approx(trace.landscape.value(trial), rel=1e-12)
        better = trace.trial_fx[k, i] <= fx[i]
        assert trace.accepted[k, i] == better
        assert np.array_equal(trace.x[k, i], trial if better else x[i])
    assert outside > 5, "some mutants were reflected at the walls"


@each
def test_donors_and_mutant_can_be_shown_to_the_last_bit(strategy, updating):
    trace = evolve("rastrigin", strategy=strategy, updating=updating, population=15, places={"dimension": 3})
    at_once = trace.value("mutant")[1:] if updating == "deferred" else trace.value("mutant")[1:].reshape(-1, 3)
    mutant = np.reshape([trace.landscape.moves.reflect(each) for each in at_once], trace.trial[1:].shape)
    trial, target = trace.trial[1:], trace.x[:-1]
    assert ((trial == mutant) | (trial == target)).all()
    assert (trial == mutant).any(axis=-1).all()
    assert np.isnan(trace.value("mutant")[0]).all()
    for k, i, x, _ in replayed(trace):
        for which, name in enumerate(("donor_a", "donor_b", "donor_c")):
            assert np.array_equal(trace.value(name)[k, i], x[trace.donors[k, i, which]])
    assert np.array_equal(trace.value("difference"), trace.value("donor_b") - trace.value("donor_c"), equal_nan=True)


def test_nobody_gets_worse_and_every_trial_is_one_evaluation():
    trace = evolve("rastrigin", steps=25, population=9)
    assert (np.diff(trace.fx, axis=0) <= 0).all()
    assert trace.evaluations["values"].tolist() == [9 * (k + 1) for k in range(26)]
    assert not trace.accepted[0].any()
    assert (trace.donors[0] == -1).all()
    assert 0.1 < trace.accepted[1:].mean() < 0.9


def test_a_trial_that_is_as_good_is_taken():
    flat = Landscape("Flat", value=lambda x: 0 * x[..., 0], low=(-1, -1), high=(1, 1))
    trace = record(Run("differential_evolution", flat, {"population": 6}, steps=5))
    assert trace.accepted[1:].all()
    assert np.array_equal(trace.x[1:], trace.trial[1:])


def test_without_scale_or_crossover_nothing_new_comes_in():
    copies = evolve(F=0.0, CR=1.0, population=8, updating="deferred")
    assert {tuple(x) for x in copies.x[-1]} <= {tuple(x) for x in copies.x[0]}, "the mutant is the base itself"
    one = evolve(CR=0.0, places={"dimension": 5}, population=8)
    assert (np.sum(one.trial[1:] != one.x[:-1], axis=-1) <= 1).all(), "one coordinate is always taken"


def test_an_explicit_start_is_the_first_member():
    run = Run("differential_evolution", "sphere", {"population": 7}, start=(1.5, -2.5), steps=1)
    assert record(run).x[0, 0].tolist() == [1.5, -2.5]


def test_three_others_are_drawn_evenly():
    draws = three_others(5, np.random.default_rng(0))
    seen = Counter(tuple(row) for _ in range(6000) for row in [next(draws)[2].tolist()])
    assert len(seen) == 4 * 3 * 2
    assert all(2 not in triple for triple in seen)
    expected = 6000 / 24
    assert sum((count - expected) ** 2 / expected for count in seen.values()) < 45, "χ² of 23 degrees, 0.4 %"


def test_coordinates_cross_over_as_often_as_said():
    rng = np.random.default_rng(1)
    masks = crossings(50, 10, 0.7, rng)
    taken = np.array([next(masks) for _ in range(400)])
    assert taken.any(axis=-1).all()
    assert taken.mean() == pytest.approx(0.7 + 0.3 / 10, abs=0.005)
