"""What the lessons in assets/lessons claim: every number they print, run again."""

from itertools import permutations

import numpy as np
import pytest
from lesson_runs import FEW, SEEDS, best, median, run

from algorithms import LANDSCAPES

FORTY = {"number": 40, "clusters": 5, "seed": 0}


# How far to step


def descent(rate, start=5.0, steps=50):
    return run("gradient_descent", "quadratic", start=(start,), steps=steps, learning_rate=rate)


def test_fifty_small_steps():
    assert descent(0.1).x[-1, 0] == 7.136238463529802e-05
    assert descent(0.1).x[1, 0] == 4
    assert descent(0.1, steps=500).stop.step == 62
    assert descent(0.01).x[-1, 0] == pytest.approx(1.82, abs=0.005)


@pytest.mark.parametrize("start", [5.0, -4.3])
def test_the_rate_one_over_curvature_lands_in_one_step(start):
    trace = descent(0.5, start)
    assert (trace.stop.reason, trace.stop.step, trace.x[-1, 0]) == ("converged", 1, 0)


def test_above_it_the_ball_zigzags_and_is_as_near_as_with_a_ninth_of_the_rate():
    x = descent(0.9).x[:, 0]
    assert (np.sign(x[1:]) == -np.sign(x[:-1])).all()
    assert abs(x[-1]) == pytest.approx(7.136238463529802e-05)
    assert (descent(0.6).x[1::2, 0] < 0).all()
    assert (np.diff(descent(0.1).x[:, 0]) < 0).all()


def test_at_the_limit_it_swings_forever_and_above_it_diverges():
    assert set(descent(1.0, steps=500).x[:, 0]) == {5, -5}
    trace = descent(1.1, steps=100)
    assert (trace.stop.reason, trace.stop.step, len(trace) - 1) == ("diverged", 38, 38)
    assert trace.stop.message == "Diverged at step 38: η = 1.1 exceeds 2/L = 1 on this quadratic."
    assert 25 * 1.44**37 < 26e6 < 25 * 1.44**38
    assert descent(1.1, 0.001, 100).stop.step == 76
    assert descent(1.5).stop.step == 10


def test_the_steepest_direction_of_a_bowl_sets_the_limit():
    def slide(condition, steps):
        on = {"condition": condition, "rotation": 30}
        return run("gradient_descent", "bowl", start=(-4.0, 2.0), steps=steps, on=on, learning_rate=0.18)

    x = slide(10, 2).x
    assert x[1] == pytest.approx((-0.02, -3.6), abs=0.01)
    assert x[2] == pytest.approx((-2.3, 1.4), abs=0.01)
    assert np.linalg.norm(x[2] - (1, 0.5)) / np.linalg.norm(x[0] - (1, 0.5)) == pytest.approx(2 / 3, abs=0.02)
    assert slide(10, 80).stop.step == 72
    along = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])
    offset = slide(10, 80).x[:20] - (1, 0.5)
    across = offset @ (-along[1], along[0])
    assert across[1:] / across[:-1] == pytest.approx(-0.8)
    assert (offset @ along)[1:] / (offset @ along)[:-1] == pytest.approx(0.82)
    assert slide(20, 80).stop.message == "Diverged at step 8: η = 0.18 exceeds 2/L = 0.1 on this bowl."


# Newton and the cubic


def newton(start, steps=20):
    return run("newton", "cubic", start=(start,), steps=steps)


def test_newton_doubles_its_digits():
    trace = newton(3.0)
    assert (trace.stop.step, trace.x[-1, 0]) == (5, 1.3333333423743772)
    error = abs(trace.x[2:, 0] - 4 / 3)
    assert error == pytest.approx([0.14, 0.012, 0.00011, 9e-9], rel=0.03)
    assert error[1:] / error[:-1] ** 2 == pytest.approx([0.62, 0.74, 0.75], abs=0.01)
    assert run("gradient_descent", "cubic", start=(3.0,), steps=100, learning_rate=0.1).stop.step == 23


def test_newton_lands_on_the_minimum_of_any_bowl():
    for condition in (10, 1000):
        trace = run("newton", "bowl", start=(-4.0, 2.0), steps=20, on={"condition": condition, "rotation": 30})
        assert (trace.stop.reason, trace.stop.step) == ("converged", 1)
        assert trace.x[1] == pytest.approx((1, 0.5), abs=1e-9)


@pytest.mark.parametrize("start", [0.5, 0.6, 0.65, 0.66, 0.1, -0.5, -1.2])
def test_left_of_two_thirds_newton_climbs_to_the_maximum(start):
    trace = newton(start)
    assert trace.x[-1, 0] == pytest.approx(0, abs=1e-5)
    assert "a maximum, not a minimum" in trace.stop.message


def test_where_newton_jumps_to():
    assert newton(0.5).stop.step == 5
    assert newton(0.5).fx[-1] == pytest.approx(2)
    assert newton(0.6).x[1, 0] == pytest.approx(-2.7)
    for start, first in ((0.7, 7.35), (0.67, 67.335)):
        assert newton(start).x[1, 0] == pytest.approx(first)
        assert newton(start).x[-1, 0] == pytest.approx(4 / 3, abs=1e-6)


def test_at_two_thirds_there_is_no_step_and_the_run_says_so():
    trace = newton(0.6666666666666666)
    assert (trace.stop.reason, trace.stop.step) == ("singular", 0)
    assert "no Newton step" in trace.stop.message


def test_the_minimum_of_the_cubic_is_only_local():
    cubic = LANDSCAPES["cubic"].make()
    assert cubic.value(np.array([4 / 3])) == pytest.approx(22 / 27)
    assert cubic.value(np.array([-1.0])) == -1
    fall = run("gradient_descent", "cubic", start=(-0.01,), steps=100, learning_rate=0.1)
    assert (fall.stop.reason, fall.stop.step) == ("diverged", 20)
    assert (np.diff(fall.x[:, 0]) < 0).all()
    back = run("gradient_descent", "cubic", start=(0.01,), steps=100, learning_rate=0.1)
    assert back.x[-1, 0] == pytest.approx(4 / 3, abs=1e-4)


# Chance and temperature


def anneal(seed, temperature, rate, size=0.03, steps=2000):
    return run(
        "simulated_annealing",
        "rastrigin",
        start=(-3.3, 2.7),
        steps=steps,
        seed=seed,
        initial_temperature=temperature,
        cooling_rate=rate,
        step_size=size,
    )


def last(traces):
    return float(np.median([trace.fx[-1] for trace in traces]))


def test_a_cold_walker_stays_in_its_dimple():
    ends = np.array([anneal(seed, 1e-6, 1.0, 0.01, 300).x[-1] for seed in SEEDS])
    assert ends[0] == pytest.approx((-3, 3), abs=0.05)
    assert anneal(0, 1e-6, 1.0, 0.01, 300).fx[-1] == pytest.approx(17.9, abs=0.05)
    assert (abs(ends - (-3, 3)).max(axis=1) < 0.2).sum() == 26
    assert (abs(ends - (-3, 3)).max(axis=1) < 1.2).all()


def test_a_hot_walker_wanders():
    trace = anneal(9, 10, 1.0)
    assert (trace.fx[-1], trace.best_fx[-1]) == pytest.approx((37.9, 2.06), abs=0.05)
    hot = [anneal(seed, 10, 1.0) for seed in FEW]
    assert median(hot) < 1.5 < 10 < last(hot)


def test_cooled_too_fast_it_is_hill_climbing():
    trace = anneal(9, 10, 0.9)
    assert trace.temperature[50] == pytest.approx(0.05, abs=0.002)
    assert (np.diff(trace.fx[50:]) <= 0.01).all()
    fast, cold, slow = ([anneal(seed, t, rate) for seed in FEW] for t, rate in ((10, 0.9), (1e-6, 1.0), (10, 0.998)))
    assert median(slow) <= last(slow) < 1.5 < median(fast)
    assert median(slow) < 1.5 < median(cold)


def test_slow_annealing_hardly_beats_the_baseline_but_a_better_step_does():
    blind = [run("random_search", "rastrigin", start=(-3.3, 2.7), steps=2000, seed=seed) for seed in (5, *FEW)]
    assert blind[0].best_fx[-1] == pytest.approx(1.11, abs=0.005)
    assert 0.9 < median(blind) < 2
    assert 0.9 < median([anneal(seed, 10, 0.998) for seed in FEW]) < 1.2
    assert anneal(5, 10, 0.99, 0.04).best_fx[-1] == pytest.approx(0.0785, abs=0.0005)
    longer, frozen, shorter = (
        median([anneal(seed, t, rate, size) for seed in FEW])
        for t, rate, size in ((10, 0.99, 0.04), (1e-6, 1.0, 0.04), (10, 0.99, 0.03))
    )
    assert 10 * longer < median(blind) < shorter
    assert longer < frozen < shorter / 10


# A swarm on Rastrigin


def swarm(seed, dimension=10, steps=100, w=0.5, c1=1.0, c2=1.5, walls=True):
    on = {"dimension": dimension}
    return run("particle_swarm", "rastrigin", steps=steps, seed=seed, on=on, w=w, c1=c1, c2=c2, walls=walls)


def test_in_two_dimensions_the_swarm_mostly_gathers_on_the_minimum():
    flat = [swarm(seed, 2) for seed in SEEDS]
    assert (best(flat) < 1e-6).sum() == 27
    assert np.delete(best(flat), np.flatnonzero(best(flat) < 1e-6)) == pytest.approx(0.995, abs=1e-3)
    assert flat[3].best_fx[-1] == pytest.approx(0.995, abs=1e-3)
    assert abs(flat[0].x[-1]).max() < 1e-3


def test_one_lucky_run_is_no_result():
    values = best([swarm(seed) for seed in SEEDS])
    assert (values[28], values[2], values[4]) == pytest.approx((7.99, 23.88, 14.92), abs=0.006)
    assert np.median(values) == pytest.approx(24.4, abs=0.05)
    assert (values.min(), values.max()) == pytest.approx((7.99, 63.7), abs=0.03)
    assert (values.argmin(), values.argmax(), (values < 9).sum()) == (28, 0, 1)
    best_x = swarm(28).best_x[-1]
    assert sorted(abs(best_x.round()).tolist()) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 2]


def test_a_collapsed_swarm_gains_nothing_from_more_time():
    assert swarm(2, steps=1000).best_fx[-1] == pytest.approx(23.88, abs=0.006)
    x = swarm(2).x[-1]
    assert np.linalg.norm(x[:, None] - x, axis=-1).max() < 1e-5
    assert median([swarm(seed, w=0.73, c1=1.5, c2=1.5) for seed in SEEDS]) == pytest.approx(16.7, abs=0.05)
    wide = [swarm(seed, steps=1000, w=0.73, c1=1.5, c2=1.5) for seed in FEW]
    assert 5 < median(wide) < 10


def test_above_one_the_swarm_flies_apart():
    stops = [swarm(seed, 2, 200, w=1.1, walls=False).stop for seed in SEEDS]
    assert {stop.reason for stop in stops} == {"diverged"}
    assert stops[0].step == 120


# Ants


def ants(seed, steps=60, variant="elitist", **knobs):
    return run("ant_colony", "clustered_cities", steps=steps, seed=seed, on=FORTY, variant=variant, **knobs)


def test_five_cities_are_a_weak_test():
    colonies = [run("ant_colony", "five_cities", steps=60, seed=seed) for seed in SEEDS]
    assert set(best(colonies)) == {13}
    assert sum(colony.best_fx[0] == 13 for colony in colonies) == 27
    assert colonies[4].best_fx[0] > 13
    tours = [(0, *rest) for rest in permutations(range(1, 5)) if rest[0] < rest[-1]]
    lengths = LANDSCAPES["five_cities"].make().value(np.array(tours))
    assert (len(tours), lengths.min(), (lengths == 13).sum()) == (12, 13, 2)


def test_the_two_shortest_tours_share_the_pheromone():
    pheromone = run("ant_colony", "five_cities", steps=60, seed=4).pheromone[-1][np.triu_indices(5, 1)]
    names = list(zip(*np.triu_indices(5, 1), strict=True))
    order = np.argsort(-pheromone)
    assert {names[i] for i in order[:3]} == {(0, 1), (1, 4), (2, 3)}
    assert {names[i] for i in order[3:7]} == {(0, 2), (3, 4), (0, 3), (2, 4)}
    assert pheromone[order[6]] > 100 * pheromone[order[7]]


def test_half_of_the_pheromone_lies_on_half_a_tour():
    pairs = np.transpose(np.triu_indices(40, 1))
    for seed in (6, *FEW):
        pheromone = ants(seed).pheromone[-1][tuple(pairs.T)]
        share = np.sort(pheromone)[::-1].cumsum() / pheromone.sum()
        assert np.searchsorted(share, 0.5) + 1 == 21
    colony = ants(6)
    pheromone = colony.pheromone[-1][tuple(pairs.T)]
    strongest = np.argsort(-pheromone)[:40]
    assert pheromone.size == 780
    assert pheromone[strongest].sum() / pheromone.sum() == pytest.approx(0.936, abs=0.001)
    tour = colony.best_x[-1]
    edges = {tuple(sorted(edge)) for edge in zip(tour.tolist(), np.roll(tour, -1).tolist(), strict=True)}
    assert {tuple(pair) for pair in pairs[strongest].tolist()} == edges
    assert (colony.best_fx[0], colony.best_fx[-1]) == pytest.approx((1420.9, 352.2), abs=0.05)


def test_pheromone_alone_is_slow_and_nearness_alone_learns_nothing():
    assert ants(0, beta=0.0).best_fx[[0, -1]] == pytest.approx((1388.8, 1053.7), abs=0.05)
    both, near, pheromone = ([ants(seed, **k) for seed in FEW] for k in ({}, {"alpha": 0.0}, {"beta": 0.0}))
    assert 349 < median(both) < 356 < 375 < median(near) < 390
    assert 900 < median(pheromone) < 1100
    tours = ants(0, alpha=0.0).fx
    assert tours[-1].mean() == pytest.approx(tours[1].mean(), rel=0.05)


def test_evaporation_of_all_locks_in_and_of_little_is_slow():
    forgetful = [ants(seed, 100, beta=1.0, rho=1.0) for seed in FEW]
    assert all(np.ptp(colony.fx[-1]) < 1e-9 for colony in forgetful)
    first = forgetful[0]
    assert first.best_fx[-1] == pytest.approx(420.86, abs=0.05)
    assert np.ptp(first.fx[18:]) < 1e-9 < np.ptp(first.fx[17])
    usual, slow = ([ants(seed, 100, beta=1.0, rho=rho) for seed in FEW] for rho in (0.1, 0.01))
    assert median(usual) < 380 < 410 < median(slow) < 420 < median(forgetful) < 440
    assert min(colony.best_fx.argmin() for colony in usual) > 50
    assert np.median([colony.fx[-1].mean() for colony in slow]) > 550


def test_two_opt_is_the_honest_competitor():
    trace = run("two_opt", "clustered_cities", steps=300, on=FORTY)
    assert (trace.fx[0], trace.fx[-1], trace.stop.step) == pytest.approx((1821.2, 377.22, 36), abs=0.05)
    starts = [tuple(np.random.default_rng(seed).permutation(40).tolist()) for seed in SEEDS]
    lengths = best([run("two_opt", "clustered_cities", start=start, steps=300, on=FORTY) for start in starts])
    assert np.median(lengths) == pytest.approx(359.5, abs=0.05)
    shortest = LANDSCAPES["clustered_cities"].make(**FORTY).lower_bound
    assert lengths.reshape(3, 10).min(axis=1) == pytest.approx(shortest, abs=1e-6)
    assert shortest == pytest.approx(348.17, abs=0.01)
    nearest = run("nearest_neighbor", "clustered_cities", steps=100, on=FORTY)
    assert nearest.fx[-1] == pytest.approx(444.3, abs=0.05)


# Evolution by parts


def evolve(landscape, seed, steps, on=(), **knobs):
    knobs = {"selection": "tournament", "mutation_rate": 0.05, "mutation_size": 0.1, "elites": 1} | knobs
    return run("genetic_algorithm", landscape, steps=steps, seed=seed, on=on, **knobs)


def small(seed, **knobs):
    return evolve("sphere", seed, 50, {"dimension": 5}, population=10, **{"crossover": "blend"} | knobs)


def test_selection_gathers_the_population_in_one_valley():
    minima = np.array([minimum.x for minimum in LANDSCAPES["himmelblau"].make().minima])
    ends = [evolve("himmelblau", seed, 40, population=50, crossover="blend").x[-1] for seed in SEEDS]
    members = np.array([(np.linalg.norm(x[:, None] - minima, axis=-1) < 1).sum(axis=0) for x in ends])
    assert (members[0].max(), members.max(axis=1).min()) == (50, 46)
    valley = members.argmax(axis=1)
    assert (valley == 0).sum() == 15
    assert valley[8] != valley[0]
    assert minima[0].tolist() == [3, 2]


def test_without_mutation_diversity_dies():
    runs = [small(seed, crossover="uniform", mutation_rate=0.0) for seed in SEEDS]
    alike = [int((np.ptp(trace.x, axis=1).max(axis=-1) == 0).argmax()) for trace in runs]
    assert (alike[0], max(alike)) == (6, 8)
    assert (runs[0].best_fx[-1], median(runs)) == pytest.approx((6.8, 6.8), abs=0.05)


def test_a_little_mutation_and_the_spread_over_seeds():
    runs = [small(seed) for seed in SEEDS]
    assert runs[0].evaluations.values[-1] == 460
    assert median(runs) <= 0.1347
    values = (runs[12].best_fx[-1], median(runs), best(runs).min(), best(runs).max())
    assert values == pytest.approx((0.011, 0.011, 0.0008, 0.064), rel=0.05)
    assert median([small(seed, mutation_rate=1.0) for seed in FEW]) > 5 * median(runs)
    blind = [run("random_search", "sphere", steps=459, seed=seed, on={"dimension": 5}) for seed in SEEDS]
    assert median(blind) == pytest.approx(3.8, abs=0.1)


def test_an_elite_keeps_the_best():
    def losses(trace):
        return (np.diff(trace.fx.min(axis=1)) > 0).sum()

    assert max(losses(small(seed)) for seed in SEEDS) == 0
    without = [losses(small(seed, elites=0)) for seed in SEEDS]
    assert (without[1], min(without), max(without)) == (5, 4, 13)


def test_the_same_text_finds_the_polygon():
    on = {"number": 20}
    polygon = LANDSCAPES["circle_cities"].make(**on).minima[0].fx
    assert polygon == pytest.approx(2 * 20 * 45 * np.sin(np.pi / 20))
    knobs = {"population": 50, "crossover": "order", "mutation_size": 0.5}
    found = [evolve("circle_cities", seed, 200, on, mutation_rate=0.2, **knobs) for seed in FEW]
    assert found[0].best_fx[0] == pytest.approx(893, abs=0.5)
    random = np.random.default_rng(0).permuted(np.tile(np.arange(20), (5000, 1)), axis=1)
    assert LANDSCAPES["circle_cities"].make(**on).value(random).mean() == pytest.approx(1204, abs=10)
    assert best(found) == pytest.approx(polygon)
    assert max(int(trace.best_fx.argmin()) for trace in found) <= 120
    still = [evolve("circle_cities", s, 200, on, mutation_rate=0.0, **knobs) for s in FEW]
    assert median(still) > 1.3 * polygon
    assert all(np.ptp(trace.fx[-1]) < 1e-9 for trace in still)
    for seed in SEEDS:
        start = tuple(np.random.default_rng(seed).permutation(20).tolist())
        descent = run("two_opt", "circle_cities", start=start, steps=300, on=on)
        assert descent.fx[-1] == pytest.approx(polygon)
        assert descent.stop.step <= 18
