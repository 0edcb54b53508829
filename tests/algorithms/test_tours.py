"""The salesman's landscape: lengths, the proven optimum, the bound from below, and runs on both."""

import dataclasses
import itertools
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import LANDSCAPES, Counted, Landscape, Minimum, Run, Tours, fitting, held_karp, one_tree_bound, record
from algorithms.tours import between

KINDS = [entry.id for entry in LANDSCAPES.values() if entry.kind == "tours"]


def around(distances, tour):
    """The length of a closed tour, edge by edge."""
    return sum(distances[a][b] for a, b in zip(tour, [*tour[1:], tour[0]], strict=True))


def shortest(distances):
    """The optimum, by trying every tour."""
    n = len(distances)
    return min(around(distances, [0, *rest]) for rest in itertools.permutations(range(1, n)))


def any_distances(n, seed):
    """Symmetric distances that need fit no map."""
    d = np.triu(np.random.default_rng(seed).uniform(0, 10, (n, n)), 1)
    return d + d.T


def test_the_optimum_is_proven_as_by_trying_all():
    for n, seed in itertools.product(range(3, 9), range(3)):
        for d in (any_distances(n, seed), between(np.random.default_rng(seed).uniform(0, 100, (n, 2)))):
            tour, length = held_karp(d)
            assert sorted(tour.tolist()) == list(range(n))
            assert length == pytest.approx(shortest(d.tolist()), rel=1e-12)
            assert length == pytest.approx(around(d, tour.tolist()), rel=1e-12)
    with pytest.raises(ValueError, match="held_karp takes 3 to 12 cities; got 13"):
        held_karp(np.ones((13, 13)))


def test_five_cities_are_thirteen_long():
    five = LANDSCAPES["five_cities"].make()
    assert shortest(five.distances.tolist()) == 13
    assert (five.optimum, five.lower_bound, five.cities) == (13.0, 13.0, None)
    assert five.value(np.array(five.minima[0].x)) == 13
    assert five.distances[1, 3] > five.distances[1, 0] + five.distances[0, 2] + five.distances[2, 3]


@settings(deadline=None, max_examples=60)
@given(st.integers(3, 9), st.integers(0, 10**6), st.booleans())
def test_the_bound_is_never_above_the_optimum(n, seed, on_map):
    d = between(np.random.default_rng(seed).uniform(0, 100, (n, 2))) if on_map else any_distances(n, seed)
    bound, optimum = one_tree_bound(d), held_karp(d)[1]
    assert bound <= optimum
    assert bound > 0.9 * optimum


def test_the_bound_holds_for_cities_in_one_place_and_on_a_line():
    for x in ([0, 0, 0, 0, 0], [0, 0, 5, 5, 9, 9], range(7)):
        d = between(np.array([(each, 2.0) for each in x]))
        assert one_tree_bound(d) <= held_karp(d)[1]
    assert one_tree_bound(np.zeros((4, 4))) == 0


# lengths found by rounds of 2-opt, or-opt and double bridges on each map
GOOD = {0: 559.31, 1: 465.18, 2: 518.22, 3: 516.42, 4: 533.16}


@pytest.mark.parametrize("seed", GOOD)
def test_the_bound_of_forty_random_cities_is_close_to_a_good_tour(seed):
    bound = LANDSCAPES["random_cities"].make(number=40, seed=seed).lower_bound
    assert 0.98 * GOOD[seed] < bound < GOOD[seed] + 0.01


def test_the_bound_is_quick_and_found_only_once_and_when_asked():
    for number, allowed in ((60, 0.5), (100, 1.0)):
        random = dataclasses.replace(LANDSCAPES["random_cities"].make(number=number, seed=7))
        assert "lower_bound" not in vars(random)
        times = []
        for _ in range(3):  # of a busy machine's time only the share of this process
            began = process_time()
            one_tree_bound(random.distances)
            times.append(process_time() - began)
        assert min(times) < allowed
        assert random.lower_bound == vars(random)["lower_bound"]


def test_the_polygon_is_the_optimum_on_a_circle():
    for number in (5, 12, 13, 40, 100):
        circle = LANDSCAPES["circle_cities"].make(number=number)
        assert circle.optimum == pytest.approx(number * 90 * np.sin(np.pi / number), rel=1e-12)
        assert one_tree_bound(circle.distances) <= circle.optimum * (1 + 1e-12)
        assert circle.lower_bound == circle.optimum
        if number <= 12:
            assert held_karp(circle.distances)[1] == pytest.approx(circle.optimum, rel=1e-12)
    assert one_tree_bound(circle.distances) > 0.999 * circle.optimum
    assert sorted(circle.minima[0].x) != list(circle.minima[0].x), "the numbers are shuffled"


@pytest.mark.parametrize("id", KINDS)
def test_every_map_of_the_registry_is_sound(id):
    place = LANDSCAPES[id]
    settings_of = [{}] + [
        {knob.name: value} for knob in place.knobs.values() if knob.kind == "int" for value in (knob.low, knob.high)
    ]
    for knobs in settings_of:
        tours = place.make(**knobs)
        n = tours.dimension
        assert tours.distances.shape == (n, n)
        assert (tours.kind, tours.id, tours.offers) == ("tours", id, {"moves", "distances"})
        assert tours.latex
        assert tours.distances[~np.eye(n, dtype=bool)].min() > 0, "no two cities in one place"
        assert sorted(tours.start.tolist()) == list(range(n))
        assert tours.optimum is None or tours.value(tours.start) > tours.optimum + 1e-9, "there is something to improve"
        assert (tours.optimum is None) == (n > 12 and id != "circle_cities")
        if tours.cities is not None:
            assert tours.cities.shape == (n, 2)
            assert ((tours.cities >= 0) & (tours.cities <= 100)).all()
            assert np.allclose(tours.distances, between(tours.cities), rtol=1e-12)
        place.made.clear()
        assert np.array_equal(place.make(**knobs).distances, tours.distances), "the same map every time"
        for array in (tours.distances, tours.start):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_another_seed_is_another_map_and_clusters_are_close_together():
    maps = [LANDSCAPES["random_cities"].make(seed=seed).cities for seed in (0, 1)]
    assert not np.array_equal(*maps)
    assert len(LANDSCAPES["random_cities"].make(number=57).cities) == 57
    one = LANDSCAPES["clustered_cities"].make(clusters=1, number=60)
    assert one.distances.max() < 50
    assert np.array_equal(one.cities, one.cities.round(1)), "a link can hold them"


def test_many_tours_at_once_equal_one_after_the_other():
    tours = LANDSCAPES["random_cities"].make(number=11)
    x = tours.moves.sample(np.random.default_rng(0), 3, 4)
    lengths = tours.value(x)
    for i, j in np.ndindex(3, 4):
        assert lengths[i, j] == pytest.approx(around(tours.distances, x[i, j].tolist()), rel=1e-12)
        assert lengths[i, j] == pytest.approx(tours.value(x[i, j]), rel=1e-14)
        assert lengths[i, j] == pytest.approx(tours.value(np.roll(x[i, j], 4)[::-1]), rel=1e-12)
    assert tours.value(x.astype(np.int32)).tolist() == lengths.tolist()


def test_tours_of_ones_own():
    square = Tours("Square", cities=[(0, 0), (4, 3), (0, 3), (4, 0)])
    assert (square.optimum, square.lower_bound, square.dimension) == (14.0, 14.0, 4)
    d = any_distances(20, 1)
    mine = Tours(name="Mine", distances=d, start=range(20))
    assert (mine.optimum, mine.cities, mine.minima, mine.start.tolist()) == (None, None, (), list(range(20)))
    for entry in fitting(mine):
        trace = record(Run.suggested(entry.id, mine, steps=20))
        assert trace.best_fx[-1] < trace.best_fx[0]
        assert trace.best_fx[-1] >= mine.lower_bound
    roads = Tours("Roads", cities=np.zeros((20, 2)), distances=d)
    assert np.array_equal(roads.distances, d), "given distances count, not the map"
    other = dataclasses.replace(mine, distances=2 * d)
    assert other.value(other.start) == pytest.approx(2 * mine.value(mine.start))
    with pytest.raises(ValueError, match="Mine is a landscape of your own: such a run has no link"):
        Run("two_opt", mine).to_query()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give cities or distances"),
        ({"cities": [(0, 0), (1, 1)]}, r"distances must be \(n, n\) for n ≥ 3 cities; got shape \(2, 2\)"),
        ({"cities": [0, 1, 2]}, r"cities must be points \(n, 2\)"),
        ({"cities": [(0, 0, 0)] * 3}, r"cities must be points \(n, 2\)"),
        ({"cities": [(0, 0), (1, np.nan), (1, 2)]}, "cities must be finite numbers"),
        ({"cities": "here"}, "cities must be finite numbers; got 'here'"),
        ({"distances": 5}, r"got shape \(\)"),
        ({"distances": np.ones((3, 4))}, r"got shape \(3, 4\)"),
        ({"distances": [[0, 1, 2], [1, 0, 4], [5, 4, 0]]}, "symmetric.*; from 0 to 2 it is 2 and from 2 to 0 it is 5"),
        ({"distances": [[0, 1e-9, 1e-9], [2e-9, 0, 1e-9], [1e-9, 1e-9, 0]]}, "from 1 to 0 it is 2e-09"),
        ({"distances": np.diag([0, 1, 0])}, "0 from a city to itself; from 1 to 1 it is 1"),
        ({"distances": np.eye(3) - 1}, "not negative.*; from 0 to 1 it is -1"),
        ({"distances": (1 - np.eye(3)) * (1 + 0j)}, "distances must be real numbers; got complex ones"),
        ({"distances": [[0, 1j, 1], [1j, 0, 1], [1, 1, 0]]}, "distances must be real numbers; got complex ones"),
        ({"cities": np.ones((3, 2)) * 1j}, "cities must be real numbers; got complex ones"),
        ({"distances": np.full((4, 4), np.inf)}, r"distances must be finite numbers; got inf at \(0, 0\)"),
        ({"cities": [(0, 0), (1e308, 0), (-1e308, 1e308)]}, r"distances must be finite numbers; got inf at \(1, 2\)"),
        ({"distances": (1 - np.eye(5)) * 1e308}, "must not add up to more than 1e[+]300; the largest is 1e[+]308"),
        ({"distances": 1 - np.eye(3), "cities": np.ones((4, 2))}, "4 cities need as many rows of distances; got 3"),
        ({"distances": 1 - np.eye(3), "start": (0, 1, 1)}, "city 1 is named twice"),
        ({"distances": 1 - np.eye(3), "minima": (Minimum((0, 1, 2), 2.0),)}, "the tour in minima is 3 long, not 2"),
    ],
)
def test_what_is_no_map_is_refused_in_words(given, message):
    with pytest.raises(ValueError, match=message):
        Tours("Wrong", **given)


@pytest.mark.parametrize("function", [held_karp, one_tree_bound])
def test_the_optimum_and_the_bound_refuse_what_is_no_map_and_never_hang(function):
    n = 5
    sound = any_distances(n, 0)
    wrong = [sound * np.nan, np.full((n, n), np.inf), sound * 1e307, -sound, sound + 1j, sound[:4], sound[0], 5, "map"]
    for distances in [*wrong, np.triu(sound), [[0, 1], [1]], sound[:2, :2], [], None]:
        with pytest.raises(ValueError, match="distances must"):
            function(distances)
    assert np.isfinite(function(sound * 1e297)[1] if function is held_karp else function(sound * 1e297))
    for iterations in (0, -1):
        with pytest.raises(ValueError, match=f"one_tree_bound: iterations must be at least 1; got {iterations}"):
            one_tree_bound(sound, iterations)


def test_every_method_copes_with_the_longest_and_the_shortest_ways():
    for scale in (1e297, 1e-300):
        mine = Tours("Far", distances=any_distances(15, 2) * scale)
        assert 0 < mine.lower_bound < np.inf
        for entry in fitting(mine):
            trace = record(Run(entry.id, mine, steps=20))
            assert mine.lower_bound <= trace.best_fx[-1] <= trace.best_fx[0] < np.inf


def test_there_and_back_may_differ_by_rounding_only():
    d = any_distances(6, 0)
    rounded = Tours("Rounded", distances=d * (1 + 1e-12 * np.triu(np.ones((6, 6)))))
    assert np.array_equal(rounded.distances, rounded.distances.T)
    for scale in (1e-12, 1.0, 1e12):
        with pytest.raises(ValueError, match="symmetric"):
            Tours("Apart", distances=scale * d * (1 + 1e-3 * np.triu(np.ones((6, 6)))))


def test_a_tour_may_be_a_list():
    five = LANDSCAPES["five_cities"].make()
    assert five.value(list(five.minima[0].x)) == 13
    assert five.value([[0, 1, 4, 3, 2]] * 2).tolist() == [13, 13]


def test_only_tours_have_distances_to_look_up():
    tours = LANDSCAPES["five_cities"].make()
    f = Counted(tours)
    assert f.distances is tours.distances
    assert f.distances[0, 1] == 2
    assert f.values == 0, "looking up a distance is no evaluation"
    assert f(np.array(tours.minima[0].x)) == 13
    assert f(tours.moves.sample(np.random.default_rng(0), 7)).shape == (7,)
    assert f.values == 8
    with pytest.raises(AttributeError):
        _ = Counted(LANDSCAPES["bowl"].make()).distances


PAIRS = [(entry.id, id) for id in KINDS for entry in fitting(LANDSCAPES[id].make())]


@pytest.mark.parametrize(("optimizer", "id"), PAIRS)
def test_every_frame_of_every_method_is_a_tour(optimizer, id):
    run = Run(optimizer, id, steps=40, seed=3)
    trace = record(run)
    n = trace.landscape.dimension
    for array in (trace.x, trace.best_x):
        assert array.dtype.kind == "i"
        assert np.array_equal(np.sort(array, axis=-1), np.broadcast_to(np.arange(n), array.shape))
    lengths = [around(trace.landscape.distances, tour) for tour in trace.x.reshape(-1, n).tolist()]
    assert trace.fx.ravel() == pytest.approx(lengths, rel=1e-12)
    assert (np.diff(trace.best_fx) <= 0).all()
    assert trace.best_fx[-1] == pytest.approx(min(lengths), rel=1e-12)
    assert trace.best_fx[-1] >= trace.landscape.lower_bound * (1 - 1e-12)
    for name in {"x", "step", "k", *trace.fields, *trace.optimizer.derived}:
        assert len(trace.value(name)) == len(trace)
    assert len(trace.to_frame()) == len(trace)
    assert trace.stop.reason in ("step limit", "finished")


@pytest.mark.parametrize(("optimizer", "id"), PAIRS)
def test_the_total_of_evaluations_equals_an_independent_count(optimizer, id):
    asked = 0
    plain = LANDSCAPES[id].make()

    def length(x):
        nonlocal asked
        asked += sum(1 for _ in np.reshape(x, (-1, plain.dimension)))
        return plain.value(x)

    mine = dataclasses.replace(plain, value=length)
    run = Run(optimizer, mine, steps=15)  # which looks at some lengths itself
    asked = 0
    trace = record(run)
    assert "fx" not in trace.fields
    assert trace.evaluations["values"][-1] == asked
    assert trace.evaluations["gradients"][-1] == trace.evaluations["hessians"][-1] == 0
    assert (np.diff(trace.evaluations["values"]) >= 0).all()


def test_what_a_box_needs_does_not_fit_tours_and_the_other_way_round():
    on_tours = {entry.id for entry in fitting(LANDSCAPES["random_cities"].make())}
    assert {"random_search", "simulated_annealing", "nearest_neighbor", "two_opt"} <= on_tours
    assert not {"particle_swarm", "adam", "newton"} & on_tours
    on_bowl = {entry.id for entry in fitting(LANDSCAPES["bowl"].make())}
    assert not {"nearest_neighbor", "two_opt"} & on_bowl
    with pytest.raises(ValueError, match="Particle swarm needs what Five cities does not offer: value"):
        Run("particle_swarm", "five_cities")
    with pytest.raises(ValueError, match="2-opt needs what V does not offer: distances"):
        Run("two_opt", Landscape("V", value=lambda x: x[..., 0], low=(0,), high=(1,)))


def test_a_small_move_ends_no_run_on_tours_and_the_best_is_a_length():
    trace = record(Run("simulated_annealing", "five_cities", {"initial_temperature": 1e-6}, steps=300))
    assert trace.stop.reason == "step limit"
    assert len(trace) == 301
    assert trace.stop.message == "Reached the limit of 300 steps. The shortest tour found is 13 long."
