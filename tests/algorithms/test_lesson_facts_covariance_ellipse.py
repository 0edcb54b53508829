"""What the lesson on the covariance ellipse claims: every number it prints, run again."""

import numpy as np
import pytest
from lesson_runs import FEW, SEEDS, best, median, run

from algorithms import LANDSCAPES


def adapt(landscape, seed, steps, on=(), start=None, sigma=0.3, population=10, active=True):
    return run(
        "evolution_strategy",
        landscape,
        start=start,
        steps=steps,
        seed=seed,
        on=on,
        sigma=sigma,
        population=population,
        active=active,
    )


def ellipse(C):
    """How many times as long as wide the ellipse of a covariance is, and at what angle it lies, 0 to 180 degrees."""
    lengths, axes = np.linalg.eigh(C)
    return np.sqrt(lengths[-1] / lengths[0]), np.degrees(np.arctan2(axes[1, -1], axes[0, -1])) % 180


def ellipses(traces, k):
    """The medians of length over width and angle in generation k."""
    return tuple(np.median([ellipse(trace.covariance[k]) for trace in traces if len(trace) > k], axis=0))


def evaluations_to(traces, goal=1e-8):
    """The evaluations after which each run is at `goal`, infinite where it never is."""
    reached = [np.flatnonzero(trace.best_fx <= goal) for trace in traces]
    pairs = zip(traces, reached, strict=True)
    return np.array([trace.evaluations.values[first[0]] if first.size else np.inf for trace, first in pairs])


def valley(seed, condition=100, rotation=30, start=(-4.0, 2.0), **knobs):
    return adapt("bowl", seed, 60, {"condition": condition, "rotation": rotation}, start, **knobs)


def test_the_ellipse_becomes_the_inverse_of_the_curvature():
    runs = [valley(seed, sigma=0.1) for seed in SEEDS]
    assert ellipse(runs[0].covariance[0])[0] == pytest.approx(1)
    assert ellipses(runs, 40) == pytest.approx((10.1, 29.7), abs=0.3)
    ratios = [ellipses(runs, k)[0] for k in (5, 10, 20)]
    assert ratios == sorted(ratios)
    assert ratios[-1] > 10
    assert ellipses([valley(seed, 1000, sigma=0.1) for seed in SEEDS], 40)[0] == pytest.approx(np.sqrt(1000), rel=0.15)


def start_far(seed, sigma):
    return adapt("sphere", seed, 110, {"dimension": 2}, (-4.0, 3.0), sigma)


def test_a_step_size_that_is_too_small_grows_and_then_shrinks():
    runs = [start_far(seed, 0.001) for seed in SEEDS]
    sizes = [trace.sigma for trace in runs]
    assert np.median([size.max() / 0.001 for size in sizes]) == pytest.approx(308, rel=0.05)
    assert min(size.max() / 0.001 for size in sizes) > 100
    assert np.median([size.argmax() for size in sizes]) == pytest.approx(14, abs=0.6)
    assert all(size[-1] < size.max() / 1000 for size in sizes)
    assert np.median(evaluations_to(runs)) == pytest.approx(425, abs=5)
    assert np.median(evaluations_to([start_far(seed, 0.3) for seed in SEEDS])) == pytest.approx(330, abs=5)
    assert np.linalg.norm(runs[0].x[0] - (-4, 3), axis=-1).max() < 0.04
    wide = [start_far(seed, 1.0).sigma for seed in FEW]
    assert all(size[10] < size[0] for size in wide)


def bend(seed, start=(-1.2, 1.0)):
    return adapt("rosenbrock", seed, 100, {"dimension": 2}, start, 0.1)


def test_the_ellipse_turns_with_the_valley():
    runs = [bend(seed) for seed in SEEDS]
    angles = [ellipses(runs, k)[1] for k in (5, 30, 80)]
    assert angles == pytest.approx([119, 33, 63], abs=0.6)
    hessian = LANDSCAPES["rosenbrock"].make().hessian(np.array([1.0, 1.0]))
    assert ellipse(np.linalg.inv(hessian))[1] == pytest.approx(63, abs=0.5)
    assert np.median(evaluations_to(runs)) == pytest.approx(750, abs=10)
    assert ellipse(runs[0].covariance[5])[1] > 90 > ellipse(runs[0].covariance[60])[1] > 45


def turned(optimizer, rotation, steps, seeds=SEEDS, **knobs):
    on = {"condition": 1000, "rotation": rotation}
    return float(
        np.median(evaluations_to([run(optimizer, "bowl", steps=steps, seed=s, on=on, **knobs) for s in seeds]))
    )


def test_turning_the_valley_changes_nothing_for_cma_and_much_for_others():
    ellipse = [turned("evolution_strategy", angle, 60, sigma=0.3, population=10) for angle in (0, 30, 45)]
    assert ellipse == pytest.approx([395] * 3, abs=15)
    assert np.ptp(ellipse) <= 10
    swarm = {"particles": 30, "w": 0.5, "c1": 1.0, "c2": 1.5}
    assert [turned("particle_swarm", angle, 150, **swarm) for angle in (0, 45)] == pytest.approx([1050, 2400], rel=0.03)
    evolution = {"population": 20, "F": 0.5, "CR": 0.2}
    assert turned("differential_evolution", 0, 60, **evolution) == pytest.approx(800, rel=0.03)
    assert turned("differential_evolution", 45, 175, **evolution) == pytest.approx(3000, rel=0.03)


def test_the_worse_half_teaches_too():
    def ten(active):
        return [adapt("rosenbrock", seed, 700, {"dimension": 10}, active=active) for seed in SEEDS]

    counted, forgotten = ten(True), ten(False)
    taken = [np.median(evaluations_to(runs)) for runs in (counted, forgotten)]
    assert taken == pytest.approx([5200, 6000], rel=0.02)
    assert [sum(best(runs) > 1) for runs in (counted, forgotten)] == [2, 2]
    plane = [[valley(seed, start=None, active=active) for seed in SEEDS] for active in (True, False)]
    assert [np.median(evaluations_to(runs)) for runs in plane] == pytest.approx([360, 410], abs=10)


def test_on_many_minima_a_small_population_gathers_in_one():
    def dimples(population, evaluations):
        steps = evaluations // population - 1
        return [adapt("rastrigin", seed, steps, {"dimension": 10}, population=population) for seed in SEEDS]

    few, many = dimples(10, 10_000), dimples(100, 10_000)
    assert (median(few), median(many), median(dimples(200, 10_000))) == pytest.approx((12.9, 1.99, 7.4), abs=0.05)
    early = [float(np.median([trace.best_fx[k] for trace in runs])) for runs, k in ((few, 299), (many, 29))]
    assert early == pytest.approx([12.9, 39], abs=0.3)
    assert {trace.evaluations.values[-1] for trace in many} == {10_000}


def test_of_four_equal_valleys_it_decides_for_one():
    minima = np.array([minimum.x for minimum in LANDSCAPES["himmelblau"].make().minima])
    ends = [adapt("himmelblau", seed, 30).x[-1] for seed in SEEDS]
    members = np.array([(np.linalg.norm(x[:, None] - minima, axis=-1) < 1).sum(axis=0) for x in ends])
    assert (members.max(axis=1) == 10).sum() >= 28
    assert len(set(members.argmax(axis=1))) > 1
