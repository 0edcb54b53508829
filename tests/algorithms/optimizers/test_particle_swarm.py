"""The particle swarm."""

import numpy as np
import pytest

from algorithms import Run, record
from algorithms.optimizers.particle_swarm import ring


def median(seeds=30, **knobs):
    runs = [Run("particle_swarm", "rastrigin", knobs, {"dimension": 10}, steps=100, seed=seed) for seed in range(seeds)]
    return np.median([record(run).best_fx[-1] for run in runs])


def test_rastrigin_in_ten_dimensions_over_thirty_seeds():
    defaults = median()
    assert 20 < defaults < 28, "about 24; a single run of 8.95 is luck"
    common = median(w=0.73, c1=1.5, c2=1.5)
    assert 12 < common < 20, "about 16"
    assert median(w=0.73, c1=1.5, c2=1.5, max_velocity=0.1) < common, "a velocity limit helps"


def test_one_step_by_the_textbook():
    run = Run("particle_swarm", "sphere", {"w": 0.6, "c1": 1.1, "c2": 1.7, "particles": 7}, steps=3, seed=4)
    trace = record(run)
    rng = np.random.default_rng(4)
    assert np.array_equal(trace.x[0], rng.uniform(-5.12, 5.12, (7, 2)))
    assert (trace.velocity[0] == 0).all(), "the swarm starts at rest"
    for k in range(3):
        r1, r2 = rng.random((7, 2)), rng.random((7, 2))
        pull = 1.1 * r1 * (trace.personal_best[k] - trace.x[k])
        draw = 1.7 * r2 * (trace.global_best[k] - trace.x[k])
        v = 0.6 * trace.velocity[k] + pull + draw
        assert np.allclose(trace.velocity[k + 1], v, atol=1e-14)
        assert np.allclose(trace.cognitive[k + 1], pull, atol=1e-14)
        assert np.allclose(trace.social[k + 1], draw, atol=1e-14)
        assert np.allclose(trace.x[k + 1], np.clip(trace.x[k] + v, -5.12, 5.12), atol=1e-14)


def test_bests_are_the_best_seen():
    trace = record(Run("particle_swarm", "himmelblau", steps=40))
    assert np.array_equal(trace.personal_best_fx, np.minimum.accumulate(trace.fx, axis=0))
    assert np.allclose(trace.landscape.value(trace.personal_best), trace.personal_best_fx)
    assert np.array_equal(trace.best_fx, trace.personal_best_fx.min(axis=1))
    assert np.allclose(trace.best_x, trace.global_best)
    assert trace.x.shape == (41, 30, 2)
    assert trace.fx.shape == (41, 30)
    assert trace.evaluations["values"].tolist() == [30 * (k + 1) for k in range(41)]


def test_a_chosen_start_is_the_first_particle():
    trace = record(Run("particle_swarm", "himmelblau", start=(1, 2), steps=1))
    free = record(Run("particle_swarm", "himmelblau", steps=1))
    assert trace.x[0, 0].tolist() == [1, 2]
    assert np.array_equal(trace.x[0, 1:], free.x[0, 1:])


def test_ring_neighbors():
    assert ring(np.array([3.0, 1, 2, 5, 4, 0])).tolist() == [5, 1, 1, 2, 5, 5]
    trace = record(Run("particle_swarm", "rastrigin", {"topology": "ring"}, steps=5))
    leader = trace.value("leader")
    for k in range(6):
        assert np.array_equal(leader[k], trace.personal_best[k][ring(trace.personal_best_fx[k])])


@pytest.mark.parametrize("topology", ["global", "ring"])
def test_velocity_limit_and_walls(topology):
    knobs = {"topology": topology, "max_velocity": 0.05, "w": 1.0, "c1": 4.0, "c2": 4.0}
    trace = record(Run("particle_swarm", "rosenbrock", knobs, steps=60))
    assert abs(trace.velocity).max() <= 0.05 * 4 + 1e-15
    assert (trace.x >= trace.landscape.low).all()
    assert (trace.x <= trace.landscape.high).all()


def test_too_much_inertia_explodes_without_walls():
    trace = record(Run("particle_swarm", "sphere", {"w": 1.2, "c1": 2.0, "c2": 2.0, "walls": False}, steps=500))
    assert trace.stop.reason == "diverged"
    assert np.isfinite(trace.x).all()
    gone = record(Run("particle_swarm", "sphere", {"w": 1.2, "c1": 4.0, "c2": 4.0}, steps=6000))
    assert np.isfinite(gone.x).all()
    assert gone.stop.reason in ("diverged", "step limit")


def test_arrows_add_up():
    trace = record(Run("particle_swarm", "himmelblau", {"walls": False}, steps=20))
    total = sum(trace.arrow(role) for role in ("inertia", "cognitive", "social"))
    assert np.allclose(total[:-1], trace.arrow("velocity")[:-1])
    assert np.allclose(total[:-1], trace.arrow("step")[:-1])
