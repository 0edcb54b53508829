"""The genetic algorithm, on boxes and on tours."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Landscape, Run, Tours, record
from algorithms.optimizers.genetic_algorithm import SELECTIONS, roulette, tournament, truncation

CROSSOVERS = [("rastrigin", "one_point"), ("rastrigin", "uniform"), ("rastrigin", "blend"), ("random_cities", "order")]


def evolve(landscape="sphere", steps=100, seed=0, places=(), start=None, **knobs):
    return record(Run("genetic_algorithm", landscape, knobs, dict(places), start=start, steps=steps, seed=seed))


def median(seeds, dimension, **knobs):
    runs = [evolve(seed=seed, places={"dimension": dimension}, **knobs) for seed in range(seeds)]
    return np.median([trace.best_fx[-1] for trace in runs])


def diversity(trace):
    """How far apart the members of each generation lie, in the coordinate where they differ most."""
    return np.ptp(trace.x, axis=1).max(axis=-1)


def two_opt_lengths(landscape, starts):
    rng = np.random.default_rng(0)
    tours = [tuple(landscape.moves.sample(rng).tolist()) for _ in range(starts)]
    return [record(Run("two_opt", landscape, start=tour, steps=1000)).best_fx[-1] for tour in tours]


def test_sphere_over_thirty_seeds():
    assert median(30, dimension=5, population=10, steps=50) < 0.03, "a fifth of 0.1347"
    assert median(9, dimension=10, steps=100) < 5e-4
    assert median(9, dimension=10, steps=100, selection="truncation") < 5e-4


def test_what_is_recommended_does_well_at_five_thousand_evaluations():
    recommended = OPTIMIZERS["genetic_algorithm"].presets["recommended"]
    assert median(30, dimension=10, **recommended) < 5e-5, "7e-7 to 3e-6"
    rastrigin = [evolve("rastrigin", seed=seed, places={"dimension": 10}, **recommended) for seed in range(11)]
    assert np.median([trace.best_fx[-1] for trace in rastrigin]) < 2, "the defaults reach 4"
    assert rastrigin[0].evaluations["values"][-1] == 5050


def test_what_is_recommended_does_well_on_tours_too():
    entry, cities = OPTIMIZERS["genetic_algorithm"], LANDSCAPES["random_cities"].make(number=30)
    knobs = entry.presets_on(cities)["recommended"]
    assert (knobs["crossover"], knobs["population"], knobs["survival"]) == ("order", 100, "plus")
    lengths = [evolve("random_cities", 200, seed, {"number": 30}, **knobs).best_fx[-1] for seed in range(5)]
    assert cities.lower_bound * (1 - 1e-9) <= np.median(lengths) < 1.1 * cities.lower_bound


@pytest.mark.parametrize("landscape", ["rastrigin", "random_cities", "five_cities", "cubic"])
def test_of_parents_and_children_the_best_live_on(landscape):
    trace = evolve(landscape, 60, survival="plus", population=20, mutation_rate=0.3)
    assert (np.diff(np.sort(trace.fx, axis=1), axis=0) <= 0).all(), "no rank ever gets worse"
    assert trace.evaluations["values"].tolist() == [20 * (k + 1) for k in range(61)]
    assert trace.elite.any(axis=1)[1:].all()
    assert not trace.elite.all()
    for k in range(1, 61):
        lived = trace.elite[k]
        assert lived.tolist() == sorted(lived, reverse=True), "survivors come first"
        own = trace.parents[k, lived, 0]
        assert (trace.parents[k, lived, 1] == own).all(), "a survivor is its own parents"
        assert len(set(own.tolist())) == lived.sum()
        assert np.array_equal(trace.x[k, lived], trace.x[k - 1, own])
        assert np.array_equal(trace.crossed[k, lived], trace.x[k, lived])
        assert np.array_equal(trace.fx[k], trace.landscape.value(trace.x[k]))
        gone = np.delete(trace.fx[k - 1], own)
        assert gone.min(initial=np.inf) >= trace.fx[k].max(), "whoever is gone was no better"


def test_under_plus_all_are_children_of_members_of_the_last_generation():
    trace = evolve(steps=25, survival="plus", crossover="uniform", mutation_rate=0.0)
    for k in range(1, 26):
        bred = ~trace.elite[k]
        a, b = (trace.x[k - 1, trace.parents[k, bred, i]] for i in (0, 1))
        assert ((trace.crossed[k, bred] == a) | (trace.crossed[k, bred] == b)).all()
        assert np.array_equal(trace.crossed[k, bred], trace.x[k, bred])


def test_elites_have_no_effect_where_the_best_of_all_live_on():
    one, other = (evolve(steps=20, survival="plus", elites=elites) for elites in (0, 5))
    assert np.array_equal(one.x, other.x)
    assert OPTIMIZERS["genetic_algorithm"].knobs["elites"].idles(dict(one.run.knobs))
    assert not OPTIMIZERS["genetic_algorithm"].knobs["elites"].idles(dict(evolve(steps=1).run.knobs))


def test_mutations_shrink_as_the_schedule_says():
    """Each mutation on a plane is a Gaussian step of the size that is left, in units of the domain."""
    knobs = {"mutation_rate": 1.0, "mutation_size": 0.02, "mutation_schedule": "quadratic", "mutation_steps": 20}
    plane = Landscape("Plane", value=lambda x: 0 * x[..., 0], low=(-1.0,) * 10, high=(1.0,) * 10)
    trace = record(Run("genetic_algorithm", plane, knobs | {"population": 200, "elites": 0}, steps=24))
    moved = (trace.x - trace.crossed)[1:]
    inside = abs(trace.crossed[1:]) < 0.8  # no step of five deviations is reflected
    for k in range(24):
        left = max(1 - k / 20, 0) ** 2
        steps = moved[k][inside[k]] / 2
        assert steps.std() == pytest.approx(0.02 * left, rel=5 / np.sqrt(2 * steps.size), abs=1e-16)
    constant, idle = (evolve(steps=20, mutation_steps=length) for length in (1, 999))
    assert np.array_equal(constant.x, idle.x)


def test_mutations_of_tours_shrink_to_the_shortest_reversal():
    knobs = {"mutation_rate": 1.0, "mutation_size": 1.0, "mutation_schedule": "quadratic", "mutation_steps": 10}
    trace = evolve("random_cities", 14, elites=0, **knobs)
    places = (trace.x[1:] != trace.crossed[1:]).sum(axis=-1).max(axis=-1)
    assert places[0] > 20
    assert (places[10:] == 2).all(), "two neighbors change places"


@pytest.mark.parametrize("survival", ["generational", "plus"])
def test_mutations_that_shrink_settle_closer(survival):
    shrinking = median(9, dimension=10, survival=survival, mutation_schedule="quadratic")
    assert shrinking < 0.2 * median(9, dimension=10, survival=survival)


def test_rastrigin_is_solved_mostly():
    assert median_of_rastrigin("tournament") < 1e-6
    assert median_of_rastrigin("truncation") < 1e-3


def median_of_rastrigin(selection):
    return np.median([evolve("rastrigin", seed=seed, selection=selection).best_fx[-1] for seed in range(11)])


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize(("landscape", "crossover"), CROSSOVERS)
def test_children_come_from_their_parents(landscape, crossover, selection):
    trace = evolve(landscape, steps=25, selection=selection, crossover=crossover, population=20, elites=2)
    moves = trace.landscape.moves
    assert (trace.parents[0] == -1).all()
    assert not trace.elite[0].any()
    assert np.array_equal(trace.crossed[0], trace.x[0])
    for k in range(1, 26):
        assert trace.elite[k].tolist() == [True, True] + [False] * 18
        best = trace.fx[k - 1].argsort(kind="stable")[:2]
        assert trace.parents[k, :2].tolist() == [[i, i] for i in best]
        for field in (trace.x, trace.crossed):
            assert np.array_equal(field[k, :2], trace.x[k - 1, best]), "elites live on unchanged"
        assert np.array_equal(trace.fx[k, :2], trace.fx[k - 1, best])
        a, b = trace.x[k - 1, trace.parents[k, 2:, 0]], trace.x[k - 1, trace.parents[k, 2:, 1]]
        child = trace.crossed[k, 2:]
        if crossover in ("one_point", "uniform"):
            assert ((child == a) | (child == b)).all()
        elif crossover == "blend":
            reach = 0.5 * abs(b - a)
            low, high = np.minimum(a, b) - reach, np.maximum(a, b) + reach
            inside = (child >= low - 1e-12) & (child <= high + 1e-12)
            at_wall = (low < moves.low) | (high > moves.high)  # reflected there
            assert (inside | at_wall).all()
        else:
            for one, first, second in zip(child.tolist(), a.tolist(), b.tolist(), strict=True):
                assert keeps_a_segment_and_an_order(one, first, second)
        assert np.array_equal(trace.fx[k], trace.landscape.value(trace.x[k]))


def keeps_a_segment_and_an_order(child, a, b):
    """Whether a tour has some segment of a in its place and, from behind it, its other cities in the order of b."""
    n = len(child)
    if sorted(child) != list(range(n)):
        return False
    for first in range(n):
        for length in range(1, n):
            kept = {(first + i) % n for i in range(length)}
            if any(child[i] != a[i] for i in kept):
                break  # a longer segment from here does not fit either
            after = [(first + length + i) % n for i in range(n)]
            segment = {a[i] for i in kept}
            if [child[i] for i in after[: n - length]] == [b[i] for i in after if b[i] not in segment]:
                return True
    return False


@pytest.mark.parametrize("landscape", ["rastrigin", "random_cities"])
def test_mutation_changes_as_many_as_its_rate_says(landscape):
    trace = evolve(landscape, steps=60, mutation_rate=0.2, mutation_size=0.5, population=100, elites=0)
    changed = trace.x[1:] != trace.crossed[1:]
    if landscape == "random_cities":
        changed = changed.any(axis=-1)
        assert (np.sort(trace.x, axis=-1) == np.arange(40)).all()
    assert abs(changed.mean() - 0.2) < 4.5 * np.sqrt(0.16 / changed.size)
    same = evolve(landscape, steps=20, mutation_rate=0.0, elites=1)
    assert np.array_equal(same.x, same.crossed)


@pytest.mark.parametrize(
    ("survival", "elites"), [("generational", 0), ("generational", 1), ("generational", 5), ("plus", 0)]
)
@pytest.mark.parametrize("landscape", ["sphere", "five_cities"])
def test_every_evaluation_is_counted_and_whoever_lives_on_only_once(landscape, survival, elites):
    trace = evolve(landscape, steps=12, elites=elites, population=10, survival=survival)
    d = trace.landscape.dimension
    counted = []

    class Counter:
        moves = trace.landscape.moves

        def __call__(self, x):
            counted.extend(np.reshape(x, (-1, d)).tolist())
            return trace.landscape.value(x)

    entry = OPTIMIZERS["genetic_algorithm"]
    states = entry.function(Counter(), None, np.random.default_rng(0), **dict(trace.run.knobs))
    for k in range(13):
        assert np.array_equal(next(states).x, trace.x[k])
        assert len(counted) == trace.evaluations["values"][k] == 10 + k * (10 - elites)


def test_the_best_never_dies_where_there_are_elites():
    assert (np.diff(evolve("rastrigin", elites=1).fx.min(axis=1)) <= 0).all()
    assert (np.diff(evolve("rastrigin", elites=0).fx.min(axis=1)) > 0).any()


@pytest.mark.parametrize("crossover", ["one_point", "uniform"])
def test_without_mutation_diversity_dies_and_the_search_stops(crossover):
    places, knobs = {"dimension": 5}, {"crossover": crossover, "population": 20}
    for seed in range(3):
        dead = evolve(seed=seed, places=places, mutation_rate=0.0, **knobs)
        assert diversity(dead)[0] > 2
        assert diversity(dead)[-1] == 0, "all members are alike"
        still = np.flatnonzero(diversity(dead) == 0)[0]
        assert still < 60
        assert (dead.x[still:] == dead.x[still, 0]).all()
        assert dead.best_fx[-1] == dead.best_fx[still]
        alive = evolve(seed=seed, places=places, mutation_rate=0.05, **knobs)
        assert diversity(alive)[-20:].mean() > 0.5
        assert alive.best_fx[-1] < dead.best_fx[-1]


def test_without_mutation_tours_become_alike_too():
    dead = evolve("random_cities", steps=200, mutation_rate=0.0, places={"number": 20})
    assert (dead.fx[-1] == dead.fx[-1, 0]).all()
    assert np.isin(np.diff(dead.best_fx[-50:]), 0).all()


def test_tours_improve_a_lot_by_order_crossover():
    cities = LANDSCAPES["random_cities"].make(number=30)
    run = Run.suggested("genetic_algorithm", "random_cities", landscape_knobs={"number": 30})
    assert dict(run.knobs)["crossover"] == "order"
    lengths = [evolve("random_cities", 200, seed, {"number": 30}, **dict(run.knobs)) for seed in range(5)]
    assert all((np.sort(trace.x, axis=-1) == np.arange(30)).all() for trace in lengths)
    assert all(trace.best_fx[-1] < 0.5 * trace.best_fx[0] for trace in lengths)
    ours = np.median([trace.best_fx[-1] for trace in lengths])
    assert cities.lower_bound * (1 - 1e-9) <= ours < 1.1 * cities.lower_bound
    assert ours < 1.05 * np.median(two_opt_lengths(cities, 5))


def test_selections_prefer_the_better_as_they_say():
    rng, fx = np.random.default_rng(0), np.array([7.0, 1.0, 3.0, 5.0, 9.0, 4.0])
    n = 60_000
    rank = fx.argsort().argsort()
    expected = {
        "tournament": ((6 - rank) / 6) ** 3 - ((5 - rank) / 6) ** 3,  # the best of three has this rank
        "truncation": np.where(rank < 3, 1 / 3, 0),
        "roulette": (9 - fx) / (9 - fx).sum(),
    }
    for name, p in expected.items():
        drawn = SELECTIONS[name](fx, (2, n // 2), rng)
        assert drawn.shape == (2, n // 2)
        share = np.bincount(drawn.ravel(), minlength=6) / n
        assert (abs(share - p) <= 4.5 * np.sqrt(p * (1 - p) / n)).all(), name


@pytest.mark.parametrize("select", [tournament, truncation, roulette])
def test_selection_copes_with_equal_and_infinite_values(select):
    rng = np.random.default_rng(0)
    for fx in (np.full(10, 3.0), np.full(10, np.inf), np.array([np.inf, 1, 2, np.inf, 5, 6, 7, 8, 9, 10.0])):
        with np.errstate(invalid="ignore"):  # as in record
            drawn = select(fx, (2, 500), rng)
        assert ((drawn >= 0) & (drawn < 10)).all()
    with np.errstate(all="ignore"):
        drawn = select(np.array([0.0] * 5 + [1.7e308]), (2, 500), rng)
    assert ((drawn >= 0) & (drawn < 6)).all()


def test_roulette_draws_all_that_are_alike_and_never_the_worst():
    rng = np.random.default_rng(0)
    with np.errstate(invalid="ignore"):
        drawn = roulette(np.array([np.inf, 1, 2, np.inf, 5, 6, 7, 8, 9, 10.0]), (2, 500), rng)
    assert set(roulette(np.full(10, 3.0), 500, rng)) == set(range(10))
    assert set(drawn.ravel()) == {1, 2, 4, 5, 6, 7, 8, 9}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_flat_function_and_one_with_holes_run_on(selection):
    flat = Landscape("Flat", value=lambda x: 0 * x[..., 0], low=(-1, -1), high=(2, 3))
    holes = Landscape("Holes", value=lambda x: np.log(x[..., 0]) ** 2 + x[..., 1] ** 2, low=(-1, -1), high=(2, 3))
    alike = Tours("Alike", distances=1 - np.eye(7))
    for place in (flat, holes, alike):
        trace = record(Run("genetic_algorithm", place, {"selection": selection}, steps=50))
        assert trace.stop.reason == "step limit"
        assert np.isfinite(trace.best_fx).all()
        if place.moves.__class__.__name__ == "Box":
            assert ((trace.x >= place.low) & (trace.x <= place.high)).all()
    assert trace.x.shape == (51, 50, 7)


def test_a_chosen_start_is_the_first_member():
    trace, free = evolve("himmelblau", start=(1, 2), steps=1), evolve("himmelblau", steps=1)
    assert trace.x[0, 0].tolist() == [1, 2]
    assert np.array_equal(trace.x[0, 1:], free.x[0, 1:])


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    for landscape in ("himmelblau", "clustered_cities"):
        assert evolve(landscape, steps=20) == evolve(landscape, steps=20)
        assert not np.array_equal(evolve(landscape, steps=20).x, evolve(landscape, steps=20, seed=1).x)


def test_a_crossover_that_the_landscape_does_not_know_is_refused():
    with pytest.raises(ValueError, match="crossover must be one of order; got 'blend'"):
        evolve("five_cities", crossover="blend")
    with pytest.raises(ValueError, match="crossover must be one of one_point, uniform, blend; got 'order'"):
        evolve("sphere", crossover="order")
