from functools import cache

import numpy as np
import pytest

from algorithms import Run, Trace, record

PLACES = ["rastrigin", "himmelblau", "random_cities"]


@cache
def searched(landscape: str, seed: int = 0, rounds: int = 25, **knobs) -> Trace:
    tour = {"step_size": 1.0, "perturbation_size": 0.3} if "cities" in landscape else {}
    return record(Run("iterated_local_search", landscape, tour | knobs | {"rounds": rounds}, steps=rounds, seed=seed))


def test_the_sphere_in_ten_dimensions_as_in_the_article():
    runs = [Run("iterated_local_search", "sphere", landscape_knobs={"dimension": 10}, seed=s) for s in range(30)]
    assert dict(runs[0].knobs)["local_steps"] == dict(runs[0].knobs)["rounds"] == 100
    assert np.median([record(run).best_fx[-1] for run in runs]) <= 0.0267


@pytest.mark.parametrize("landscape", PLACES)
def test_a_round_costs_its_steps_and_the_look_at_where_the_kick_led(landscape):
    trace = searched(landscape, local_steps=30)
    counts = trace.evaluations["values"]
    assert counts[0] == 1
    assert counts[1] == 1 + 30
    assert (np.diff(counts[1:]) == 31).all()


@pytest.mark.parametrize("landscape", PLACES)
def test_the_last_round_is_the_last_that_is_paid_for(landscape):
    tour = {"step_size": 1.0, "perturbation_size": 0.3} if "cities" in landscape else {}
    knobs = tour | {"local_steps": 30, "rounds": 6}
    trace = record(Run("iterated_local_search", landscape, knobs, steps=50))
    assert (trace.stop.reason, len(trace)) == ("finished", 7)
    assert trace.evaluations["values"][-1] == 1 + 30 + 5 * 31


def way(trace: Trace, k: int) -> np.ndarray:
    """The points of the descent of round k, without its padding."""
    points = np.asarray(trace.descent[k], float)
    if trace.landscape.kind == "tours":
        return points[points[:, 0] >= 0].astype(int)
    return points[np.isfinite(points).all(axis=1)]


@pytest.mark.parametrize("landscape", PLACES)
def test_a_descent_only_falls_and_leads_from_the_kick_to_the_minimum_tried(landscape):
    falls = 0
    for seed in range(3):
        trace = searched(landscape, seed)
        for k in range(1, len(trace)):
            points = way(trace, k)
            f = trace.landscape.value(points)
            assert (np.diff(f) < 0).all()
            falls += len(f) - 1
            assert np.array_equal(points[0], trace.kicked[k])
            assert np.array_equal(points[-1], trace.trial[k])
            assert np.isclose(f[-1], trace.trial_fx[k])
    assert falls > 200


@pytest.mark.parametrize("landscape", PLACES)
@pytest.mark.parametrize("acceptance", ["better", "always", "restart"])
def test_what_is_accepted(landscape, acceptance):
    trace = searched(landscape, 1, 40, acceptance=acceptance, local_steps=40)
    for k in range(1, len(trace)):
        yes = trace.trial_fx[k] < trace.fx[k - 1] or acceptance == "always" or trace.note[k] == "restart"
        assert bool(trace.accepted[k]) == yes
        assert np.array_equal(trace.x[k], trace.trial[k] if yes else trace.x[k - 1])
        assert trace.fx[k] == (trace.trial_fx[k] if yes else trace.fx[k - 1])
    if acceptance == "better":
        assert (np.diff(trace.fx) <= 0).all()
    assert (np.diff(trace.best_fx) <= 0).all()


@pytest.mark.parametrize("landscape", PLACES)
def test_a_restart_follows_five_kicks_that_failed_in_a_row(landscape):
    trace = searched(landscape, 2, 60, acceptance="restart", local_steps=40)
    failed, restarts = 0, 0
    for k in range(1, len(trace)):
        assert (trace.note[k] == "restart") == (failed == 5)
        restarts += failed == 5
        failed = 0 if trace.accepted[k] else failed + 1
    assert restarts > 0
    assert "restart" not in set(map(str, searched(landscape, 2, 60, local_steps=40).note))


def same_minimum(trace: Trace) -> float:
    """The share of kicks after which the way down ends where it began, within a tenth of the distance of two minima."""
    home = trace.x[:-1][1:]
    return float(np.mean(np.linalg.norm(trace.trial[2:] - home, axis=1) < 0.2))


def test_a_small_kick_falls_back_and_a_huge_one_is_a_random_restart():
    start = (3.1, -2.9)

    def ended(size: float, seed: int) -> Trace:
        knobs = {"perturbation_size": size, "rounds": 40}
        return record(Run("iterated_local_search", "rastrigin", knobs, start=start, steps=40, seed=seed))

    small = [ended(0.005, seed) for seed in range(8)]
    assert min(map(same_minimum, small)) > 0.95
    assert all(np.linalg.norm(t.x[-1] - t.x[1]) < 0.2 for t in small)

    def restarted(seed: int) -> float:
        rng, best = np.random.default_rng(1000 + seed), np.inf
        for _ in range(40):  # a descent from a point drawn anywhere, as often as there are rounds
            start, draw = tuple(rng.uniform(-5.12, 5.12, 2)), int(rng.integers(1e6))
            one = record(Run("iterated_local_search", "rastrigin", {"rounds": 1}, start=start, steps=1, seed=draw))
            best = min(best, one.best_fx[-1])
        return best

    huge = [ended(1.0, seed).best_fx[-1] for seed in range(20)]
    anywhere = [restarted(seed) for seed in range(20)]
    middle = [ended(0.1, seed).best_fx[-1] for seed in range(20)]
    # no better than random restarts but for chance, while a kick of the right size is
    assert 0.4 < np.median(huge) / np.median(anywhere) < 2.5
    assert np.median(middle) < 0.7 * np.median(anywhere)
