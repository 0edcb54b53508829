"""What the lesson on the knobs of a swarm claims, borne out by recorded runs."""

import numpy as np
import pytest
from lesson_runs import SEEDS, best, median, run

USUAL = {"particles": 30, "topology": "global", "max_velocity": 0.0, "walls": True}
ARTICLE, WIDER = {"w": 0.5, "c1": 1.0, "c2": 1.5}, {"w": 0.73, "c1": 1.5, "c2": 1.5}
FOUND = 0.01  # below it, the deepest dimple


def swarm(seed, dimension=10, steps=100, **knobs):
    knobs = USUAL | ARTICLE | knobs
    return run("particle_swarm", "rastrigin", steps=steps, seed=seed, on={"dimension": dimension}, **knobs)


def swarms(**knobs):
    return [swarm(seed, **knobs) for seed in SEEDS]


def width(trace, k=-1):
    """The mean distance from the swarm's middle."""
    x = trace.x[k]
    return np.linalg.norm(x - x.mean(axis=0), axis=1).mean()


def widths(traces, k=-1):
    return float(np.median([width(trace, k) for trace in traces]))


def blind(dimension, points):
    on = {"dimension": dimension}
    return median([run("random_search", "rastrigin", steps=points - 1, seed=seed, on=on) for seed in SEEDS])


def test_alone_nothing_moves():
    for dimension, at in ((2, 9.7), (10, 124)):
        alone = swarms(dimension=dimension, c1=1.5, c2=0.0)
        assert all((trace.x == trace.x[0]).all() for trace in alone)
        assert median(alone) == pytest.approx(at, abs=0.5 if at > 100 else 0.05)
    assert (swarm(0, 2, c1=1.5, c2=0.05).x[-1] != swarm(0, 2, c1=1.5, c2=0.05).x[0]).any()
    assert (best(swarms(dimension=2, c1=1.5, c2=0.5)) < FOUND).all()


def test_only_the_swarm_is_a_rush():
    rush, both = swarms(dimension=2, c1=0.0), swarms(dimension=2)
    assert ((best(rush) < FOUND).sum(), (best(both) < FOUND).sum()) == (11, 27)
    assert rush[1].best_fx[-1] == pytest.approx(0.995, abs=1e-3)
    assert (widths(rush, 30), widths(both, 30)) == pytest.approx((0.003, 0.13), rel=0.05)
    assert (best(swarms(dimension=2, c1=0.0, c2=3.0)) < FOUND).sum() == 22
    shares = [median(swarms(c1=c1, c2=3.0 - c1)) for c1 in (2.0, 1.0, 0.0)]
    assert shares == pytest.approx([13, 22, 52], abs=0.5)


def test_inertia_sets_the_width():
    def inert(w, **more):
        return swarms(**WIDER | {"w": w} | more)

    medians = [median(inert(w)) for w in (0.2, 0.4, 0.7, 0.9)]
    assert medians == pytest.approx([22.3, 15.9, 10.6, 62.1], abs=0.1)
    assert widths(inert(0.2), 0) == pytest.approx(9.1, abs=0.05)
    assert (widths(inert(0.2), 30), widths(inert(0.7), 30)) == pytest.approx((0.1, 3.06), abs=0.05)
    assert widths(inert(0.9)) == pytest.approx(7, abs=0.1)
    assert swarm(2, **WIDER | {"w": 0.9}).best_fx[-1] == pytest.approx(54, abs=0.6)
    assert blind(10, 3030) == pytest.approx(78, abs=0.6)


def test_the_best_inertia_depends_on_the_time():
    less, more = (median(swarms(steps=1000, **WIDER | {"w": w})) for w in (0.7, 0.8))
    assert (less, more) == pytest.approx((7.0, 3.0), abs=0.05)
    assert median(swarms(**WIDER | {"w": 0.8})) > median(swarms(**WIDER | {"w": 0.7}))


def limit(w):
    return 24 * (1 - w**2) / (7 - 5 * w)


def free(w, pull):
    return swarms(dimension=2, steps=500, w=w, c1=pull, c2=pull, walls=False)


def settled(traces):
    return sum(width(trace) < 0.01 * width(trace, 0) for trace in traces)


def diverged(traces):
    return sum(trace.stop.reason == "diverged" for trace in traces)


def test_below_one_a_swarm_may_explode():
    assert [limit(w) for w in (0.9, 0.7, 0.8)] == pytest.approx([1.82, 3.50, 2.88], abs=0.005)
    beyond = free(0.9, 2.0)
    assert (diverged(beyond), beyond[0].stop.step) == (30, 197)
    assert settled(free(0.9, 0.9)) == 29


def test_the_limit_is_not_sharp_for_a_typical_run():
    counts = [(settled(runs), diverged(runs)) for runs in (free(0.7, pull) for pull in (1.4, 1.75, 2.0, 2.1, 2.45))]
    assert counts == [(30, 0), (30, 0), (21, 0), (4, 0), (0, 30)]


def test_walls_hide_the_explosion():
    behind = swarms(dimension=2, steps=200, w=1.1)
    assert diverged(behind) == 0
    assert diverged(swarms(dimension=2, steps=200, w=1.1, walls=False)) == 30
    edge = np.array([abs(trace.x[100:]) >= 5.12 - 1e-9 for trace in behind])
    assert edge.any(axis=-1).mean() == pytest.approx(0.53, abs=0.005)
    assert edge.all(axis=-1).mean() == pytest.approx(0.1, abs=0.02)
    assert behind[0].evaluations.values[-1] == 6030
    assert (median(behind), blind(2, 6030)) == pytest.approx((1.03, 0.83), abs=0.01)


def test_a_speed_limit_halves_f():
    plain = [median(swarms(max_velocity=limit)) for limit in (0.0, 0.1, 0.2, 0.5)]
    assert plain == pytest.approx([24.4, 10.9, 14.9, 19.9], abs=0.06)
    wider = [median(swarms(max_velocity=limit, **WIDER)) for limit in (0.0, 0.1, 0.2, 0.5)]
    assert wider == pytest.approx([16.7, 10.0, 10.2, 13.6], abs=0.06)
    assert swarm(7, max_velocity=0.1).best_fx[-1] == pytest.approx(10.9, abs=0.05)
    assert abs(np.diff(swarm(7, max_velocity=0.1).x, axis=0)).max() == pytest.approx(1.024)
    assert (widths(swarms(max_velocity=0.1), 30), widths(swarms(), 30)) == pytest.approx((0.04, 0.15), abs=0.005)


def test_a_ring_is_slower_and_spares_the_bad_endings():
    assert median(swarms(topology="ring", **WIDER)) == pytest.approx(22.1, abs=0.05)
    assert median(swarms(**WIDER)) == pytest.approx(16.7, abs=0.05)
    ring, whole = (best(swarms(steps=1000, topology=topology, **WIDER)) for topology in ("ring", "global"))
    assert (np.median(ring), np.median(whole)) == pytest.approx((5.98, 7.46), abs=0.05)
    assert (ring.max(), whole.max(), (ring < whole).sum()) == pytest.approx((11.9, 32.9, 16), abs=0.05)
    early = [(best(swarms(dimension=2, steps=20, topology=each)) < 0.5).sum() for each in ("global", "ring")]
    late = [(best(swarms(dimension=2, steps=1000, topology=each)) < 0.5).sum() for each in ("global", "ring")]
    assert (early, late) == ([25, 17], [27, 30])
    assert swarm(0, **WIDER | {"w": 0.5}).best_fx[-1] == pytest.approx(33.8, abs=0.05)


def test_a_seed_has_no_luck_of_its_own():
    plain, limited = best(swarms()), best(swarms(max_velocity=0.1))
    assert (plain.argmin(), (limited < plain).sum()) == (28, 26)
    assert (plain[28], limited[28]) == pytest.approx((7.99, 22.9), abs=0.05)


def test_what_to_begin_with():
    sensible = {"w": 0.7, "c1": 1.5, "c2": 1.5, "max_velocity": 0.15}
    assert median(swarms(**sensible)) == pytest.approx(9.5, abs=0.05)
    assert median(swarms(steps=1000, **sensible)) == pytest.approx(8.5, abs=0.05)
