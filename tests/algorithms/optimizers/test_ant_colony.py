"""The ant colony."""

from time import process_time

import numpy as np
import pytest

from algorithms import OPTIMIZERS, Run, Tours, record
from algorithms.optimizers.ant_colony import limits, walk, weigh

VARIANTS = ("ant_system", "elitist", "max_min")
BERLIN52 = (  # x, y of each city, from TSPLIB (Reinelt 1991)
    565, 575, 25, 185, 345, 750, 945, 685, 845, 655, 880, 660, 25, 230, 525, 1000, 580, 1175, 650, 1130, 1605, 620,
    1220, 580, 1465, 200, 1530, 5, 845, 680, 725, 370, 145, 665, 415, 635, 510, 875, 560, 365, 300, 465, 520, 585,
    480, 415, 835, 625, 975, 580, 1215, 245, 1320, 315, 1250, 400, 660, 180, 410, 250, 420, 555, 575, 665, 1150, 1160,
    700, 580, 685, 595, 685, 610, 770, 610, 795, 645, 720, 635, 760, 650, 475, 960, 95, 260, 875, 920, 700, 500, 555,
    815, 830, 485, 1170, 65, 830, 610, 605, 625, 595, 360, 1340, 725, 1740, 245,
)  # fmt: skip
SHORTEST = (  # the optimum, 7,542
    0, 48, 31, 44, 18, 40, 7, 8, 9, 42, 32, 50, 10, 51, 13, 12, 46, 25, 26, 27, 11, 24, 3, 5, 14, 4, 23, 47, 37, 36,
    39, 38, 35, 34, 33, 43, 45, 15, 28, 49, 19, 22, 29, 1, 6, 41, 20, 16, 2, 17, 30, 21,
)  # fmt: skip


def colony(landscape="random_cities", steps=60, seed=0, number=None, start=None, **knobs):
    places = {} if number is None else {"number": number}
    return record(Run("ant_colony", landscape, knobs, places, start=start, steps=steps, seed=seed))


def berlin52():
    x, y = np.reshape(BERLIN52, (-1, 2)).T
    distances = np.rint(np.hypot(x[:, None] - x, y[:, None] - y))  # as TSPLIB rounds them
    return Tours("Berlin", distances=distances)


def median_gap(landscape, shortest, steps, **knobs):
    lengths = [record(Run("ant_colony", landscape, knobs, steps=steps, seed=seed)).best_fx[-1] for seed in range(5)]
    return np.median(lengths) / shortest - 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_five_cities_are_solved_by_every_one_of_twenty_seeds(variant):
    for seed in range(20):
        trace = colony("five_cities", steps=60, seed=seed, variant=variant)
        assert trace.best_fx[-1] == 13
        assert trace.x.shape == (61, 10, 5)


def test_berlin_is_solved_to_within_five_percent():
    berlin = berlin52()
    assert berlin.value(np.array(SHORTEST)) == 7542
    assert -1e-9 < median_gap(berlin, 7542, 150, variant="elitist") < 0.05
    assert median_gap(berlin, 7542, 150, variant="max_min") < 0.05


@pytest.mark.parametrize(("number", "gap"), [(52, 0.05), (100, 0.08)])
def test_random_maps_are_solved_to_within_a_few_percent_of_a_lower_bound(number, gap):
    rng = np.random.default_rng(number)
    cities = Tours("Map", cities=rng.uniform(0, 100, (number, 2)))
    assert 0 <= median_gap(cities, cities.lower_bound, 150, variant="max_min") < gap


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("landscape", ["five_cities", "clustered_cities"])
def test_every_tour_is_a_permutation_and_pheromone_is_symmetric_and_positive(landscape, variant):
    trace = colony(landscape, variant=variant)
    n = trace.landscape.dimension
    assert trace.x.dtype.kind == "i"
    assert (np.sort(trace.x, axis=-1) == np.arange(n)).all()
    assert np.array_equal(trace.fx, trace.landscape.value(trace.x))
    assert np.isfinite(trace.pheromone).all()
    assert (trace.pheromone > 0).all()
    assert np.array_equal(trace.pheromone, np.swapaxes(trace.pheromone, 1, 2))
    assert (trace.pheromone[0] == trace.pheromone[0, 0, 0]).all()
    assert (np.diff(trace.best_fx) <= 0).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_pheromone_by_the_textbook(variant):
    trace = colony(number=9, ants=4, rho=0.3, q=2.0, variant=variant, steps=25)
    n, best, shortest = 9, None, np.inf
    for k in range(26):
        laid = np.zeros((n, n))

        def go_along(tour, amount, laid=laid):
            for a, b in zip(tour, np.roll(tour, -1), strict=True):
                laid[a, b] += amount
                laid[b, a] += amount

        i = trace.fx[k].argmin()
        if trace.fx[k, i] < shortest:
            best, shortest = trace.x[k, i], trace.fx[k, i]
        if variant != "max_min":
            for tour, length in zip(trace.x[k], trace.fx[k], strict=True):
                go_along(tour, 2.0 / length)
        if variant != "ant_system":
            go_along(best, 2.0 / shortest * (4 if variant == "elitist" else 1))
        if k == 0:
            first = 2.0 / (0.3 * shortest) if variant == "max_min" else 4 * 2.0 / shortest
            assert np.allclose(trace.pheromone[0], first)
            continue
        expected = 0.7 * trace.pheromone[k - 1] + laid
        if variant == "max_min":
            root = 0.05 ** (1 / n)
            most = 2.0 / (0.3 * shortest)
            expected = expected.clip(most * (1 - root) / ((n / 2 - 1) * root), most)
        assert np.allclose(trace.pheromone[k], expected, rtol=1e-12)
        assert np.allclose(trace.value("deposit")[k], laid, rtol=1e-12)
    assert np.isnan(trace.value("deposit")[0]).all()


def test_the_next_city_is_drawn_by_pheromone_and_nearness():
    trace = colony(number=6, ants=50, alpha=1.5, beta=2.0, steps=400, rho=0.0, q=0.01)
    d = trace.landscape.distances + np.eye(6)
    drawn, expected, spread = np.zeros((6, 6)), np.zeros((6, 6)), np.zeros((6, 6))
    for k in range(1, 401):
        weight = trace.pheromone[k - 1] ** 1.5 / d**2
        tours = trace.x[k]
        rows = np.arange(50)
        for place in range(1, 6):
            here, there = tours[:, place - 1], tours[:, place]
            p = weight[here]
            p[rows[:, None], tours[:, :place]] = 0
            p = p / p.sum(axis=1, keepdims=True)
            np.add.at(drawn, (here, there), 1)
            np.add.at(expected, here, p)
            np.add.at(spread, here, p * (1 - p))
    off = ~np.eye(6, dtype=bool)
    assert (abs(drawn - expected)[off] < 4.5 * np.sqrt(spread[off])).all()
    starts = np.bincount(trace.x[1:, :, 0].ravel(), minlength=6)
    assert abs(starts - 20_000 / 6).max() < 4.5 * np.sqrt(20_000 * 5 / 36)


def test_where_every_weight_is_zero_all_cities_are_as_likely():
    tours = walk(weigh(np.ones((5, 5)), 1.0, np.zeros((5, 5))), 4000, np.random.default_rng(0))
    assert (np.sort(tours, axis=-1) == np.arange(5)).all()
    for place in range(5):
        assert abs(np.bincount(tours[:, place]) - 800).max() < 4.5 * np.sqrt(4000 * 4 / 25)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_evaluation_is_counted(variant):
    trace = colony(number=12, ants=7, variant=variant, steps=30)
    counted = []

    class Counter:
        landscape = trace.landscape
        moves, distances = landscape.moves, landscape.distances

        def __call__(self, x):
            counted.extend(np.reshape(x, (-1, 12)).tolist())
            return self.landscape.value(x)

    states = OPTIMIZERS["ant_colony"](Counter(), None, np.random.default_rng(0), ants=7, variant=variant)
    for k in range(31):
        assert np.array_equal(next(states).x, trace.x[k])
        assert len(counted) == trace.evaluations["values"][k] == 7 * (k + 1)
    assert trace.evaluations["gradients"][-1] == trace.evaluations["hessians"][-1] == 0


def test_a_chosen_start_is_the_tour_of_the_first_ant():
    start = (4, 2, 0, 1, 3)
    trace, free = colony("five_cities", start=start, steps=2), colony("five_cities", steps=2)
    assert trace.x[0, 0].tolist() == list(start)
    assert np.array_equal(trace.x[0, 1:], free.x[0, 1:])


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    assert colony(number=15) == colony(number=15)
    assert not np.array_equal(colony(number=15).x, colony(number=15, seed=1).x)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("alpha", [0.0, 5.0])
@pytest.mark.parametrize("beta", [0.0, 10.0])
@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_extreme_knobs_give_numbers_and_tours(variant, alpha, beta, rho):
    for q in (0.01, 1000.0):
        trace = colony(number=20, ants=3, alpha=alpha, beta=beta, rho=rho, q=q, variant=variant, steps=40)
        assert trace.stop.reason == "step limit"
        assert (np.sort(trace.x, axis=-1) == np.arange(20)).all()
        assert np.isfinite(trace.pheromone).all()
        assert (trace.pheromone > 0).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_cities_at_the_same_place_do_not_break_it(variant):
    twice = Tours("Twice", cities=np.tile([(0, 0), (0, 30), (40, 30), (40, 0)], (3, 1)))
    nowhere = Tours("Nowhere", cities=np.zeros((6, 2)))
    three = Tours("Three", cities=[(0, 0), (3, 0), (0, 4)])
    for place, shortest in ((twice, 140), (nowhere, 0), (three, 12)):
        for beta in (0.0, 5.0, 10.0):
            trace = record(Run("ant_colony", place, {"beta": beta, "variant": variant}, steps=100))
            assert trace.stop.reason == "step limit"
            assert (np.sort(trace.x, axis=-1) == np.arange(place.dimension)).all()
            assert np.isfinite(trace.pheromone).all()
            assert np.isfinite(trace.value("deposit")[1:]).all()
            if beta:
                assert trace.best_fx[-1] == pytest.approx(shortest)


def test_the_limits_of_max_min():
    for n in (3, 5, 20, 100):
        least, most = limits(10.0, 0.1, 50.0, n)
        assert 0 < least <= most == pytest.approx(2.0)
    trace = colony(number=20, variant="max_min", steps=200)
    for k in range(1, 201):
        least, most = limits(10.0, 0.1, trace.best_fx[k], 20)
        assert (least <= trace.pheromone[k]).all()
        assert (trace.pheromone[k] <= most).all()


def test_pheromone_alone_is_slow():
    def lengths(beta):
        return [colony(number=30, beta=beta, steps=60, seed=seed).best_fx[-1] for seed in range(5)]

    assert min(lengths(0.0)) > 1.2 * max(lengths(5.0)), "β = 0"


def test_without_pheromone_nothing_is_learned():
    def means(alpha):
        runs = [colony(number=30, alpha=alpha, beta=2.0, steps=60, seed=seed) for seed in range(5)]
        fx = np.concatenate([trace.fx for trace in runs], axis=1)
        return fx[1:11].mean(), fx[41:].mean(), fx[1:].std() / np.sqrt(fx[1:11].size)

    early, late, error = means(0.0)
    assert abs(late - early) < 4 * error, "α = 0: greedy random restarts"
    early, late, error = means(1.0)
    assert late < 0.85 * early


def test_full_evaporation_keeps_only_the_last_iteration():
    trace = colony(number=20, rho=1.0, steps=40)
    for k in range(1, 41):
        laid = np.zeros((20, 20))
        for tour, length in zip(trace.x[k], trace.fx[k], strict=True):
            laid[tour, np.roll(tour, -1)] += 10 / length
        laid = laid + laid.T
        assert np.allclose(trace.pheromone[k], laid, atol=1e-9 * laid.max())


def test_a_step_takes_about_the_time_that_its_work_says():
    for number, ants in ((20, 8), (50, 1), (50, 30), (100, 8), (100, 100)):
        run = Run("ant_colony", "random_cities", {"ants": ants}, {"number": number}, steps=60)
        units = 60 * OPTIMIZERS["ant_colony"].work(run.make_landscape(), dict(run.knobs))
        times = []
        for _ in range(3):  # of a busy machine's time only the share of this process
            began = process_time()
            assert record(run).stop.reason == "step limit"
            times.append(process_time() - began)
        assert min(times) / units < 60e-6, "a unit is about 25 µs, and a run at most 200,000 of them"
