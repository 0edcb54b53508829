"""The particle swarm."""

import numpy as np
import pytest

from algorithms import OPTIMIZERS, Run, record
from algorithms.optimizers.particle_swarm import ring

FALLING = {"w": 0.9, "final_w": 0.4, "inertia_schedule": "linear", "inertia_steps": 20}


def median(seeds=30, landscape="rastrigin", steps=100, dimension=10, **knobs):
    runs = [
        Run("particle_swarm", landscape, knobs, {"dimension": dimension}, steps=steps, seed=seed)
        for seed in range(seeds)
    ]
    return np.median([record(run).best_fx[-1] for run in runs])


def test_rastrigin_in_ten_dimensions_over_thirty_seeds():
    defaults = median()
    assert 20 < defaults < 28, "about 24; a single run of 8.95 is luck"
    common = median(w=0.73, c1=1.5, c2=1.5)
    assert 12 < common < 20, "about 16"
    assert median(w=0.73, c1=1.5, c2=1.5, max_velocity=0.1) < common, "a velocity limit helps"


def test_what_is_recommended_does_well_at_three_thousand_evaluations():
    recommended = OPTIMIZERS["particle_swarm"].presets["recommended"]
    assert median(steps=99, **recommended) < 10, "8; the defaults reach 24"
    assert median(steps=99, landscape="sphere", **recommended) < 1e-8
    assert median(9, steps=60, dimension=2, **recommended) < 1e-6
    assert median(9, steps=60, landscape="rosenbrock", dimension=2, **recommended) < 1e-3
    run = Run("particle_swarm", "rastrigin", recommended, {"dimension": 10}, steps=99)
    assert record(run).evaluations["values"][-1] == 3000


@pytest.mark.parametrize("topology", ["global", "ring"])
def test_inertia_falls_evenly_to_its_final_value(topology):
    trace = record(Run("particle_swarm", "rastrigin", FALLING | {"topology": topology, "walls": False}, steps=45))
    expected = [0.9 - 0.5 * min(k, 20) / 20 for k in range(46)]
    assert trace.value("weight") == pytest.approx(expected, abs=1e-15)
    kept = trace.velocity[1:] - trace.cognitive[1:] - trace.social[1:]
    for k in range(45):
        assert kept[k] == pytest.approx(expected[k] * trace.velocity[k], abs=1e-13)
    assert trace.arrow("inertia")[:-1] == pytest.approx(kept, abs=1e-13)


def test_inertia_may_rise_too():
    knobs = {"w": 0.2, "final_w": 0.8, "inertia_schedule": "linear", "inertia_steps": 4}
    weight = record(Run("particle_swarm", "sphere", knobs, steps=6)).value("weight")
    assert weight == pytest.approx([0.2, 0.35, 0.5, 0.65, 0.8, 0.8, 0.8])


def test_a_constant_inertia_leaves_the_schedule_idle():
    plain = record(Run("particle_swarm", "himmelblau", steps=30))
    other = record(Run("particle_swarm", "himmelblau", {"final_w": 1.1, "inertia_steps": 3}, steps=30))
    assert np.array_equal(plain.x, other.x)
    assert (plain.value("weight") == 0.5).all()
    knobs = OPTIMIZERS["particle_swarm"].knobs
    for name in ("final_w", "inertia_steps"):
        assert knobs[name].idles(dict(plain.run.knobs))
        assert not knobs[name].idles(FALLING)


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
