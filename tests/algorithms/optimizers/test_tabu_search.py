from functools import cache

import numpy as np
import pytest

from algorithms import Run, Trace, record

SEEDS = range(6)
BOX = {"step_size": 0.05, "tenure": 12, "neighbors": 12}
TOUR = {"step_size": 1.0, "tenure": 8, "neighbors": 15}


@cache
def searched(landscape: str, seed: int, aspiration: bool = True, **more) -> Trace:
    knobs = (TOUR if "cities" in landscape else BOX) | {"aspiration": aspiration} | more
    return record(Run("tabu_search", landscape, knobs, steps=120, seed=seed))


def edges(tour: np.ndarray) -> set[frozenset[int]]:
    return {frozenset((int(a), int(b))) for a, b in zip(tour, np.roll(tour, -1), strict=True)}


def listed(trace: Trace, k: int) -> list[set[frozenset[int]]]:
    """The edges of every entry that is on the list when step k is taken."""
    return [{frozenset(map(int, e)) for e in entry if e[0] >= 0} for entry in trace.tabu[k - 1]]


def is_tabu(trace: Trace, k: int, y: np.ndarray) -> bool:
    """Whether y was tabu in step k, recomputed from the recorded list in a way of its own."""
    if trace.landscape.kind == "tours":
        new = edges(y) - edges(trace.x[k - 1])
        return any(new & entry for entry in listed(trace, k))
    width = trace.landscape.high - trace.landscape.low
    reach = 0.5 * dict(trace.run.knobs)["step_size"]
    return any(np.sqrt((((y - p) / width) ** 2).sum()) <= reach for p in trace.tabu[k - 1] if np.isfinite(p).all())


@pytest.mark.parametrize("landscape", ["rastrigin", "double_well", "random_cities", "five_cities"])
@pytest.mark.parametrize("aspiration", [True, False])
def test_a_tabu_neighbor_is_taken_only_by_aspiration(landscape, aspiration):
    moved = barred = 0
    for seed in SEEDS:
        trace = searched(landscape, seed, aspiration)
        for k in range(1, len(trace)):
            tabu = [is_tabu(trace, k, y) for y in trace.neighbors[k]]
            assert np.array_equal(tabu, trace.forbidden[k])
            barred += sum(tabu)
            best = trace.best_fx[k - 1]
            free = [not t or (aspiration and f < best) for t, f in zip(tabu, trace.neighbors_fx[k], strict=True)]
            if not any(free):
                assert trace.note[k] == "blocked"
                assert np.array_equal(trace.x[k], trace.x[k - 1])
                continue
            i = min((i for i in range(len(free)) if free[i]), key=lambda i: trace.neighbors_fx[k, i])
            assert np.array_equal(trace.x[k], trace.neighbors[k, i])
            assert (trace.note[k] == "aspiration") == tabu[i]
            if tabu[i]:
                assert aspiration
                assert trace.fx[k] < trace.fx[:k].min()
            else:
                assert trace.note[k] == ("descent" if trace.fx[k] < trace.fx[k - 1] else "uphill")
            moved += 1
    assert moved > 100
    assert barred > 100


def test_aspiration_happens_and_can_be_switched_off():
    taken = {
        on: sum((searched("rastrigin", seed, on).note == "aspiration").sum() for seed in SEEDS) for on in (True, False)
    }
    assert taken[True] > 5
    assert taken[False] == 0


@pytest.mark.parametrize("landscape", ["rastrigin", "random_cities"])
def test_an_entry_stays_for_the_tenure_and_no_longer(landscape):
    trace = searched(landscape, 1)
    tenure = dict(trace.run.knobs)["tenure"]
    assert trace.tabu.shape[1] == tenure
    for k in range(1, len(trace)):
        for i in range(min(tenure, k)):
            assert np.array_equal(trace.tabu[k, i], trace.tabu[k - i, 0], equal_nan=True)
        if trace.note[k] == "blocked":
            continue
        if landscape == "rastrigin":
            assert np.array_equal(trace.tabu[k, 0], trace.x[k - 1])
        else:
            lost = edges(trace.x[k - 1]) - edges(trace.x[k])
            assert {frozenset(map(int, e)) for e in trace.tabu[k, 0] if e[0] >= 0} == lost


@pytest.mark.parametrize("landscape", ["rastrigin", "random_cities"])
def test_without_a_memory_nothing_is_forbidden(landscape):
    trace = searched(landscape, 0, tenure=0)
    assert not trace.forbidden.any()
    assert {str(note) for note in trace.note} <= {"start", "descent", "uphill"}
    assert np.array_equal(trace.fx[1:], trace.neighbors_fx[1:].min(axis=1))


@pytest.mark.parametrize("landscape", ["rastrigin", "double_well", "random_cities"])
def test_every_neighbor_is_counted_and_the_best_never_rises(landscape):
    for seed in SEEDS:
        trace = searched(landscape, seed)
        assert (np.diff(trace.best_fx) <= 0).all()
        assert np.array_equal(trace.best_fx, np.minimum.accumulate(trace.fx))
        assert np.array_equal(
            trace.evaluations["values"], 1 + dict(trace.run.knobs)["neighbors"] * np.arange(len(trace))
        )
        assert np.allclose(trace.neighbors_fx, trace.landscape.value(trace.neighbors))


def test_with_a_memory_it_leaves_minima_in_which_a_run_without_it_stays():
    """The suggested run on Rastrigin: uniform moves reach no farther than the edge of a basin."""
    suggested = Run.suggested("tabu_search", "rastrigin")
    assert dict(suggested.knobs)["tenure"] > 0
    ends = {
        tenure: [
            record(Run("tabu_search", "rastrigin", dict(suggested.knobs) | {"tenure": tenure}, steps=150, seed=seed))
            for seed in range(15)
        ]
        for tenure in (0, dict(suggested.knobs)["tenure"])
    }
    without, memory = ends.values()
    # Rastrigin's basins lie around the points with whole coordinates
    basins = [[len({tuple(c) for c in np.round(t.x[20:])}) for t in traces] for traces in (without, memory)]
    assert np.median(basins[0]) == 1
    assert max(basins[0]) < min(basins[1])
    assert np.median(basins[1]) > 10
    assert np.median([t.best_fx[-1] for t in memory]) < 0.2 * np.median([t.best_fx[-1] for t in without])


def test_what_the_rule_shows_is_what_was_done():
    trace = searched("rastrigin", 2)
    for k in range(1, len(trace)):
        free = ~trace.forbidden[k].astype(bool) | (trace.neighbors_fx[k] < trace.best_fx[k - 1])
        assert trace.value("open")[k] == free.sum()
    assert np.allclose(trace.value("delta")[1:], np.diff(trace.fx))
    assert (searched("rastrigin", 2, False).value("threshold") == -np.inf).all()


def test_the_radius_that_is_drawn_is_the_one_that_forbids():
    trace = searched("rastrigin", 3)
    reach, width = trace.value("reach")[0], trace.landscape.high - trace.landscape.low
    away = np.linalg.norm((trace.neighbors[1:, :, None] - trace.tabu[:-1, None]) / width, axis=-1)
    nearest = np.where(np.isfinite(away), away, np.inf).min(axis=-1)
    assert (trace.forbidden[1:] == (nearest <= reach)).all()
    assert 0 < trace.forbidden[1:].mean() < 1
