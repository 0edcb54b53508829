"""Nearest neighbor and 2-opt, each beside a slow text of the same method; annealing on tours."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, Run, record

MAPS = [("five_cities", {}), ("circle_cities", {"number": 17}), ("clustered_cities", {"number": 30, "seed": 2})]
MAPS += [("random_cities", {"number": number, "seed": number}) for number in (5, 13, 40)]
maps = pytest.mark.parametrize(("id", "knobs"), MAPS)


def run_on(optimizer, id, knobs, steps=2000, **more):
    return record(Run(optimizer, id, more, knobs, steps=steps))


def nearest_from(distances, start):
    """Go on to the nearest city, in loops."""
    tour, left = [start[0]], start[1:]
    while left:
        city = min(left, key=lambda other: distances[tour[-1]][other])
        left.remove(city)
        tour.append(city)
    return tour


def gains(distances, tour):
    """How much each reversal of the places i + 1 … j shortens the tour."""
    n = len(tour)
    for i in range(n - 1):
        for j in range(i + 1, n):
            a, b, c, d = tour[i], tour[i + 1], tour[j], tour[(j + 1) % n]
            if len({a, b, c, d}) == 4:
                yield distances[a][b] + distances[c][d] - distances[a][c] - distances[b][d], i, j


def improved(distances, tour, choice):
    """2-opt in loops: the tour when no reversal shortens it, and the number of reversals."""
    for steps in range(5000):
        found = [each for each in gains(distances, tour) if each[0] > 1e-9]
        if not found:
            return tour, steps
        _, i, j = found[0] if choice == "first" else max(found, key=lambda each: each[0])
        tour = tour[: i + 1] + tour[i + 1 : j + 1][::-1] + tour[j + 1 :]
    raise AssertionError


@maps
def test_nearest_neighbor_is_that_of_the_loops(id, knobs):
    trace = run_on("nearest_neighbor", id, knobs)
    n, start = trace.landscape.dimension, list(trace.run.start)
    assert trace.x[-1].tolist() == nearest_from(trace.landscape.distances.tolist(), start)
    assert trace.visited.tolist() == list(range(1, n + 1))
    for k, tour in enumerate(trace.x.tolist(), 1):
        assert tour[:k] == trace.x[-1, :k].tolist(), "what is settled stays"
        assert tour[k:] == [city for city in start if city not in tour[:k]], "the others keep their order"
    assert trace.stop.reason == "finished"
    assert trace.stop.message == f"Finished: all {n} cities are visited, and the tour closes."
    assert trace.evaluations["values"].tolist() == list(range(1, n + 1))


@pytest.mark.parametrize("choice", ["best", "first"])
@maps
def test_two_opt_is_that_of_the_loops(id, knobs, choice):
    trace = run_on("two_opt", id, knobs, choice=choice)
    d = trace.landscape.distances.tolist()
    tour, steps = improved(d, list(trace.run.start), choice)
    assert trace.x[-1].tolist() == tour
    assert len(trace) == steps + 1
    assert max(gain for gain, *_ in gains(d, tour)) <= 1e-9
    assert (np.diff(trace.fx) < 0).all()
    assert trace.stop.message == "Finished: the tour is 2-optimal, no reversal shortens it."
    assert trace.evaluations["values"].tolist() == list(range(1, steps + 2))


def test_two_opt_names_the_edges_it_takes_out_and_puts_in():
    trace = run_on("two_opt", "random_cities", {"number": 20})
    assert (trace.removed[0] == -1).all()
    assert (trace.added[0] == -1).all()
    d = trace.landscape.distances
    for k in range(1, len(trace)):
        before, after = (
            {frozenset(edge) for edge in zip(tour, np.roll(tour, -1).tolist(), strict=True)}
            for tour in trace.x[k - 1 : k + 1].tolist()
        )
        removed, added = ({frozenset(edge) for edge in ends[k].tolist()} for ends in (trace.removed, trace.added))
        assert removed == before - after
        assert added == after - before
        gain = d[tuple(trace.removed[k].T)].sum() - d[tuple(trace.added[k].T)].sum()
        assert trace.fx[k - 1] - trace.fx[k] == pytest.approx(gain)


def test_two_opt_finds_the_polygon_of_a_circle_from_any_start():
    for seed in range(5):
        start = np.random.default_rng(seed).permutation(30)
        trace = record(Run("two_opt", "circle_cities", (), {"number": 30}, start, steps=500))
        assert trace.best_fx[-1] == pytest.approx(trace.landscape.optimum)


@pytest.mark.parametrize("move", ["two_opt", "swap", "insertion"])
def test_annealing_runs_on_tours_with_each_of_their_moves(move):
    run = Run(
        "simulated_annealing", "random_cities", {"move": move, "step_size": 1.0, "cooling_rate": 0.995}, steps=800
    )
    trace = record(run)
    assert trace.best_fx[-1] < 0.7 * trace.best_fx[0]
    assert np.array_equal(trace.x[1:][~trace.accepted[1:]], trace.x[:-1][~trace.accepted[1:]])
    assert trace.evaluations["values"].tolist() == list(range(1, 802))


def test_annealing_as_suggested_is_within_a_tenth_of_the_bound():
    bound = LANDSCAPES["random_cities"].make().lower_bound
    runs = (Run.suggested("simulated_annealing", "random_cities", seed=seed) for seed in range(5))
    assert np.median([record(run).best_fx[-1] for run in runs]) < 1.1 * bound
