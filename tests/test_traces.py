"""The shelf of traces: bounded in number and bytes, and nothing is kept beyond it."""

import gc
import weakref

from algorithms import Run, Trace, record
from dashboard import traces
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View


def kept(shelf: traces.Shelf, runs: list[Run]) -> list[bool]:
    return [run in shelf.traces for run in runs]


def recordings(count: int) -> tuple[list[Run], list[Trace]]:
    runs = [Run("momentum", "bowl", steps=50, seed=seed) for seed in range(count)]
    return runs, [record(run) for run in runs]


def test_the_shelf_is_bounded_by_number() -> None:
    runs, made = recordings(4)
    shelf = traces.Shelf(3, 1e9)
    for trace in made[:3]:
        shelf.put(trace)
    assert shelf.get(runs[0]) is made[0]  # used again, so the next one goes first
    shelf.put(made[3])
    assert kept(shelf, runs) == [True, False, True, True]


def test_the_shelf_is_bounded_by_bytes_as_they_grow() -> None:
    runs, made = recordings(4)
    size = traces.weight(made[0])
    assert size >= made[0].x.nbytes + made[0].velocity.nbytes
    shelf = traces.Shelf(100, 4.2 * size)
    for trace in made[:3]:
        shelf.put(trace)
    assert kept(shelf, runs[:3]) == [True] * 3
    made[2].value("hessian")
    made[2].value("gradient")
    assert traces.weight(made[2]) > 1.4 * size
    shelf.put(made[3])
    assert kept(shelf, runs) == [False, True, True, True]
    small = traces.Shelf(100, 1)
    for trace in made:
        small.put(trace)
    assert kept(small, runs) == [False, False, False, True]


def test_a_trace_that_was_shown_is_gone_with_its_last_user() -> None:
    """Without waiting for the garbage collector, which a busy server runs late."""
    gc.disable()
    try:
        for pair in (("particle_swarm", "rastrigin"), ("simulated_annealing", "circle_cities")):
            trace = record(Run.suggested(*pair, steps=20))
            experiment(trace, View(), theme("light"))
            seen = weakref.ref(trace)
            del trace
            assert seen() is None
    finally:
        gc.enable()
