"""The moves of a box and of tours: what each may change, and that chance takes all of it alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import Box, Permutations
from algorithms.moves import edges as numbered

sizes, seeds = st.integers(3, 40), st.integers(0, 2**31)
scales = st.floats(0.001, 1.0)


def edges(tour):
    """The edges of closed tours (…, n), as one number for each pair of neighbors, sorted."""
    after = np.roll(tour, -1, axis=-1)
    return np.sort(np.minimum(tour, after) * tour.shape[-1] + np.maximum(tour, after), axis=-1)


def replaced(before, after):
    """How many edges of one tour are not in the other."""
    return len(set(edges(before).tolist()) - set(edges(after).tolist()))


def are_tours(x):
    return np.array_equal(np.sort(x, axis=-1), np.broadcast_to(np.arange(x.shape[-1]), x.shape))


@settings(deadline=None, max_examples=60)
@given(sizes, seeds, scales)
def test_whatever_is_done_to_tours_they_stay_tours(n, seed, scale):
    moves, rng = Permutations(n), np.random.default_rng(seed)
    x, mates = moves.sample(rng, 2, 7), moves.sample(rng, 7)
    before = x.copy()
    made = [moves.neighbor(x, rng, scale, operator) for operator in moves.operators]
    made += [moves.neighbor(x[0, 0], rng, scale), moves.kick(x, rng, scale), moves.kick(x[0, 0], rng)]
    made += [moves.mutate(x, rng, 0.5, scale), *(moves.crossover(x[0], mates, rng, each) for each in moves.crossovers)]
    shapes = [x.shape] * 3 + [(n,), x.shape, (n,), x.shape, mates.shape]
    for tours, shape in zip(made, shapes, strict=True):
        assert tours.shape == shape
        assert tours.dtype.kind == "i"
        assert are_tours(tours)
    assert np.array_equal(x, before), "nothing is changed in place"


@settings(deadline=None, max_examples=60)
@given(st.integers(4, 40), seeds, scales)
def test_a_reversal_replaces_exactly_two_edges(n, seed, scale):
    moves, rng = Permutations(n), np.random.default_rng(seed)
    x = moves.sample(rng, 20)
    for before, after in zip(x, moves.neighbor(x, rng, scale, "two_opt"), strict=True):
        assert replaced(before, after) == 2
        assert (before != after).sum() <= max(2, round(scale * n)), "and spans no more than it may"


@settings(deadline=None, max_examples=60)
@given(st.integers(6, 40), seeds, scales)
def test_a_double_bridge_replaces_exactly_four_edges(n, seed, size):
    moves, rng = Permutations(n), np.random.default_rng(seed)
    x = moves.sample(rng, 20)
    for before, after in zip(x, moves.kick(x, rng, size), strict=True):
        assert replaced(before, after) == 4
        assert (before != after).sum() <= max(8, round(size * n))
        forward = set(zip(before.tolist(), np.roll(before, -1).tolist(), strict=True))
        kept = forward & set(zip(after.tolist(), np.roll(after, -1).tolist(), strict=True))
        assert len(kept) == n - 4, "no segment is reversed, which is why no single reversal undoes it"


def test_a_swap_moves_two_cities_and_an_insertion_one():
    moves, rng = Permutations(12), np.random.default_rng(3)
    x = moves.sample(rng, 300)
    swapped = moves.neighbor(x, rng, 1.0, "swap")
    assert ((swapped != x).sum(axis=1) == 2).all()
    for before, after in zip(x, moves.neighbor(x, rng, 1.0, "insertion"), strict=True):
        without = [[tour[tour != city] for tour in (before, after)] for city in before]
        turned = [(a, np.roll(b, -int(np.flatnonzero(b == a[0])[0]))) for a, b in without]
        assert any(np.array_equal(a, b) for a, b in turned), "without one city both go round alike"
        assert replaced(before, after) in (2, 3)


def test_every_neighbor_is_as_likely():
    n, rng = 6, np.random.default_rng(0)
    x = np.tile(np.arange(n), (18_000, 1))
    _, counts = np.unique(edges(Permutations(n).neighbor(x, rng, 1.0)), axis=0, return_counts=True)
    assert len(counts) == n * (n - 3) // 2, "every pair of edges that do not touch"
    assert counts == pytest.approx([2000] * 9, rel=0.12)


def ordered(a, b, first, length):
    """OX1 city by city: the segment of a, then what is left of b from behind it on."""
    n = len(a)
    child = [-1] * n
    for k in range(length):
        child[(first + k) % n] = a[(first + k) % n]
    behind = [b[(first + length + k) % n] for k in range(n)]
    left = [city for city in behind if city not in child]
    for k, city in enumerate(left):
        child[(first + length + k) % n] = city
    return child


def test_order_crossover_is_that_of_davis():
    a, b = [0, 1, 2, 3, 4, 5, 6, 7], [1, 3, 5, 7, 6, 4, 2, 0]
    assert ordered(a, b, 2, 3) == [7, 6, 2, 3, 4, 0, 1, 5]
    moves = Permutations(9)
    x, y = moves.sample(np.random.default_rng(1), 2, 500)
    children = moves.crossover(x, y, np.random.default_rng(2))
    rng = np.random.default_rng(2)
    first, length = rng.integers(0, 9, (500, 1)), rng.integers(1, 9, (500, 1))
    for i in range(500):
        assert children[i].tolist() == ordered(x[i].tolist(), y[i].tolist(), int(first[i, 0]), int(length[i, 0]))
    twins = moves.crossover(x, x, rng)
    assert np.array_equal(twins, x), "parents that are alike have children like them"


def test_samples_of_tours_are_even_and_the_first_may_be_given():
    moves, rng = Permutations(4), np.random.default_rng(5)
    _, counts = np.unique(moves.sample(rng, 24_000), axis=0, return_counts=True)
    assert counts == pytest.approx([1000] * 24, rel=0.15)
    given = moves.sample(rng, 3, 2, first=np.array([3, 1, 0, 2]))
    assert given.shape == (3, 2, 4)
    assert given[0, 0].tolist() == [3, 1, 0, 2]
    assert moves.sample(rng).shape == (4,)


def test_mutation_hits_at_its_rate():
    rng = np.random.default_rng(6)
    moves, box = Permutations(20), Box(np.array([1.0, -2.0, 0.0]), np.array([3.0, 7.0, 0.5]))
    x = moves.sample(rng, 4000)
    assert (moves.mutate(x, rng, 0.3, 0.5) != x).any(axis=1).mean() == pytest.approx(0.3, abs=0.03)
    assert np.array_equal(moves.mutate(x, rng, 0.0, 0.5), x)
    p = box.sample(rng, 4000)
    mutated = box.mutate(p, rng, 0.2, 0.05)
    assert (mutated != p).mean(axis=0) == pytest.approx([0.2] * 3, abs=0.03)
    assert np.array_equal(box.mutate(p, rng, 0.0, 0.05), p), "what is not hit stays as it is, to the last bit"
    assert ((mutated >= box.low) & (mutated <= box.high)).all()
    jump = abs(box.kick(np.tile([2.0, 2.5, 0.25], (5000, 1)), rng, 0.05) - [2, 2.5, 0.25]) / box.width
    assert jump.mean(axis=0) == pytest.approx([0.05 * np.sqrt(2 / np.pi)] * 3, rel=0.05)


def test_the_crossovers_of_a_box():
    box, rng = Box(np.full(5, -1.0), np.full(5, 1.0)), np.random.default_rng(7)
    a, b = box.sample(rng, 2, 3000)
    one = box.crossover(a, b, rng, "one_point") == a
    assert (np.diff(one.astype(int), axis=1) <= 0).all(), "a's coordinates first, then b's"
    assert one[:, 0].all()
    assert not one[:, -1].any()
    assert np.unique(one.sum(axis=1), return_counts=True)[1] == pytest.approx([750] * 4, rel=0.15)
    uniform = box.crossover(a, b, rng, "uniform")
    assert ((uniform == a) | (uniform == b)).all()
    assert (uniform == a).mean(axis=0) == pytest.approx([0.5] * 5, abs=0.04)
    blend = box.crossover(np.full((6000, 5), 0.1), np.full((6000, 5), 0.3), rng, "blend")
    assert (blend.min(), blend.max()) == pytest.approx((0.0, 0.4), abs=0.002)
    assert blend.mean() == pytest.approx(0.2, abs=0.003)
    wide = box.crossover(a, b, rng, "blend")
    assert (abs(wide) <= 1).all()
    line = Box(np.array([0.0]), np.array([1.0]))
    for operator in line.crossovers:
        assert line.crossover(np.array([[0.2]]), np.array([[0.4]]), rng, operator).shape == (1, 1)


@pytest.mark.parametrize("moves", [Permutations(7), Box(np.zeros(7), np.ones(7))])
def test_unknown_moves_are_named_with_the_known(moves):
    rng = np.random.default_rng(0)
    x = moves.sample(rng, 4)
    with pytest.raises(ValueError, match=f"moves {', '.join(moves.operators)}; got 'shake'"):
        moves.neighbor(x, rng, 0.1, "shake")
    with pytest.raises(ValueError, match=f"crossovers {', '.join(moves.crossovers)}; got 'shake'"):
        moves.crossover(x, x, rng, "shake")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ((0, 1, 2, 3), "each of the cities 0 … 4 once on Five: city 4 is missing; got"),
        ((0, 1, 2, 3, 3), "city 3 is named twice"),
        ((2, 2, 2, 3, 4), "city 2 is named 3 times"),
        ((0, 1, 2, 3, 5), "there is no city 5"),
        ((0, 1, 2, 3, -1), "there is no city -1"),
        ((0, 1, 2, 3, 1e300), "there is no city 1e.300"),
        ((0, 1, 2, 3, 4, 0), "city 0 is named twice"),
        ((0, 1, 2, 3, 3.5), r"once on Five; got \(0, 1, 2, 3, 3.5\)"),
        ((0, 1, 2, 3, np.nan), "once on Five; got"),
        ((0, 1, 2, 3, np.inf), "there is no city inf"),
        ((), "city 0 is missing"),
        ("01234", "got '01234'"),
        (["0", "1", "2", "3", "4"], "once on Five; got"),
        ([[0, 1, 2, 3, 4]], "once on Five; got"),
        ([[0], [1, 2]], "once on Five; got"),
        (10**400, "once on Five; got"),
        (None, "got None"),
    ],
)
def test_a_start_that_is_no_tour_is_refused_in_words(start, message):
    with pytest.raises(ValueError, match=message):
        Permutations(5).check(start, "Five")


def test_a_start_that_is_a_tour_is_taken():
    for start in ((4, 3, 2, 0, 1), np.array([4.0, 3, 2, 0, 1]), [4, 3, 2, 0, 1]):
        tour = Permutations(5).check(start)
        assert (tour.tolist(), tour.dtype.kind) == ([4, 3, 2, 0, 1], "i")


BOX = Box(np.array([-2.0, 0.0, 10.0]), np.array([1.0, 1.0, 50.0]))


def pairs(tour):
    return {frozenset((int(a), int(b))) for a, b in zip(tour, np.roll(tour, -1), strict=True)}


def as_pairs(listed):
    return {frozenset(map(int, edge)) for edge in listed if edge[0] >= 0}


@settings(deadline=None, max_examples=80)
@given(sizes, seeds, st.sampled_from(["two_opt", "swap", "insertion"]))
def test_a_move_gives_up_the_edges_that_the_next_tour_lacks(n, seed, operator):
    moves, rng = Permutations(n), np.random.default_rng(seed)
    x = moves.sample(rng)
    y = moves.neighbor(x, rng, 1.0, operator)
    lost = pairs(x) - pairs(y)
    assert as_pairs(moves.given_up(x, y)) == lost
    assert len(lost) <= {"two_opt": 2, "swap": 4, "insertion": 3}[operator]
    assert moves.given_up(x, y).shape == moves.blank(1)[0].shape
    assert (moves.blank(3) == -1).all()


@settings(deadline=None, max_examples=60)
@given(st.integers(4, 20), seeds)
def test_a_tour_returns_what_is_tabu_if_it_has_a_listed_edge_that_this_one_lacks(n, seed):
    moves, rng = Permutations(n), np.random.default_rng(seed)
    x, tabu = moves.sample(rng), moves.blank(4)
    for i in range(3):  # the last one stays empty
        before = x
        x = moves.neighbor(x, rng, 1.0)
        tabu[i] = moves.given_up(before, x)
    tried = moves.neighbor(np.repeat(x[None], 12, 0), rng, 1.0)
    listed = set().union(*map(as_pairs, tabu)) - pairs(x)
    assert moves.returns(x, tried, tabu, 0.5).tolist() == [bool((pairs(y) - pairs(x)) & listed) for y in tried]
    assert not moves.returns(x, tried, moves.blank(4), 0.5).any()
    assert not moves.returns(x, x[None], tabu, 0.5).any()


@settings(deadline=None, max_examples=60)
@given(seeds, st.floats(0.01, 0.8))
def test_a_point_returns_what_is_tabu_inside_a_ball_of_shares_of_the_width(seed, reach):
    rng = np.random.default_rng(seed)
    tabu, tried = BOX.sample(rng, 5), BOX.sample(rng, 30)
    tabu[3] = BOX.blank(1)[0]
    near = [
        any(sum(((y[i] - p[i]) / (BOX.high[i] - BOX.low[i])) ** 2 for i in range(3)) <= reach**2 for p in tabu)
        for y in tried
    ]
    assert BOX.returns(tried[0], tried, tabu, reach).tolist() == near
    assert BOX.returns(tabu[0], tabu[:1], tabu, 0.0).all()  # the point itself
    assert not BOX.returns(tried[0], tried, BOX.blank(5), reach).any()
    assert np.array_equal(BOX.given_up(tried[0], tried[1]), tried[0])


def test_edges_do_not_depend_on_the_direction_or_the_first_city():
    x = np.array([3, 0, 5, 1, 6, 2, 4])
    wanted = sorted(numbered(x))
    assert sorted(numbered(x[::-1])) == sorted(numbered(np.roll(x, 3))) == wanted
    assert {frozenset(divmod(int(edge), 7)) for edge in wanted} == pairs(x)
    assert numbered(np.stack([x, x])).shape == (2, 7)
