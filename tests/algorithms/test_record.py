"""The one loop: reasons to stop, limits, and trouble with numbers."""

import pickle
import warnings

import numpy as np
import pytest

from algorithms import OPTIMIZERS, Landscape, Run, State, Stop, record
from algorithms.registry import OptimizerEntry


@pytest.fixture
def enter():
    """Enter a generator as an optimizer for the time of one test."""
    entered = []

    def enter(function, **settings):
        entry = OptimizerEntry(
            function.__name__, function.__name__, "test", frozenset({"value"}), "", function, {}, **settings
        )
        OPTIMIZERS[entry.id] = entry
        entered.append(entry.id)
        return entry.id

    yield enter
    for id in entered:
        del OPTIMIZERS[id]


def box(value, low=(-1, -1), high=(1, 1), **more):
    return Landscape("mine", value, low, high, **more)


@pytest.fixture(autouse=True)
def no_warning_escapes():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_overflow_is_said_not_shown():
    trace = record(Run("gradient_descent", "rosenbrock", {"learning_rate": 2.0}, steps=500))
    assert trace.stop.reason == "diverged"
    assert np.isfinite(trace.x).all()
    assert np.isfinite(trace.fx).all()
    assert f"step {len(trace) - 1}" in trace.stop.message or f"step {len(trace)}" in trace.stop.message


def test_falling_without_end_is_diverging():
    trace = record(Run("gradient_descent", "cubic", {"learning_rate": 0.1}, start=(-0.5,), steps=500))
    assert trace.stop.reason == "diverged"
    assert trace.stop.message.startswith("Diverged at step ")
    assert "2/L" not in trace.stop.message, "no limit is claimed where no curvature is known"
    assert np.isfinite(trace.fx).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("optimizer", ["random_search", "simulated_annealing", "particle_swarm"])
def test_a_function_that_is_nowhere_finite(optimizer, bad):
    trace = record(Run(optimizer, box(lambda x: np.full(x.shape[:-1], bad)), steps=20))
    assert (len(trace), trace.stop.reason) == (1, "diverged")
    assert "step 0" in trace.stop.message


@pytest.mark.parametrize("optimizer", ["random_search", "simulated_annealing", "particle_swarm"])
def test_a_function_with_holes_is_searched_around_them(optimizer):
    def value(x):
        return np.where(x[..., 0] < 0, np.nan, np.sum(x**2, axis=-1))

    trace = record(Run(optimizer, box(value, start=(0.9, 0.9)), start=(0.9, 0.9), steps=60))
    assert trace.stop.reason == "step limit"
    assert np.isfinite(trace.best_fx).all()
    assert trace.best_fx[-1] < trace.best_fx[0]


def test_an_arithmetic_error_of_ones_own_function_ends_the_run_in_words():
    def value(x):
        if x.ndim == 1 and x[0] < 0.5:
            raise ZeroDivisionError("division by zero")
        return np.sum(x**2, axis=-1)

    trace = record(Run("random_search", box(value), start=(0.9, 0.9), steps=60))
    assert trace.stop.reason == "diverged"
    assert "division by zero" in trace.stop.message


def test_a_singular_system_ends_the_run_in_words(enter):
    def careless(f, x, rng):
        yield State(x)
        yield State(np.linalg.solve(np.zeros((2, 2)), x))

    trace = record(Run(enter(careless), "bowl"))
    assert (len(trace), trace.stop) == (1, Stop("singular", "Stopped at step 1: Singular matrix."))


def test_divergence_is_seen_on_a_domain_far_from_the_origin():
    mine = box(lambda x: x[..., 0] * 0.0, low=[1e9], high=[1e9 + 1], gradient=lambda x: np.full(x.shape, -1e6))
    trace = record(Run("gradient_descent", mine, {"learning_rate": 1.0}, steps=100))
    assert (len(trace), trace.stop.reason) == (3, "diverged")
    assert "left the picture by a million widths" in trace.stop.message


def test_other_mistakes_are_not_hidden():
    def value(x):
        if x.ndim == 1:
            raise KeyError("a mistake in the function")
        return np.sum(x**2, axis=-1)

    with pytest.raises(KeyError, match="a mistake"):
        record(Run("random_search", box(value), steps=60))


def test_budget_of_evaluations():
    trace = record(Run("particle_swarm", "sphere", {"particles": 200}, steps=10_000))
    assert trace.stop.reason == "budget"
    assert trace.evaluations["values"][-1] == 200_000
    assert "200,000 evaluations" in trace.stop.message


def test_cancelling_keeps_the_frames_so_far(enter):
    def slow(f, x, rng):
        from time import sleep

        while True:
            yield State(x, fx=f(x))
            sleep(0.03)

    seen = []

    def watch(k):
        seen.append(k)
        return len(seen) == 3

    trace = record(Run(enter(slow), "bowl", steps=500), watch)
    assert trace.stop.reason == "cancelled"
    assert trace.stop.message == f"Cancelled at step {seen[-1]}."
    assert len(trace) == seen[-1] + 1
    assert seen == sorted(seen)
    assert 6 <= len(trace) <= 60, "watched about every 0.1 s"


def test_watching_changes_nothing():
    run = Run("adam", "bowl", steps=50)
    assert record(run, watch=lambda k: None) == record(run)


def test_an_optimizer_may_end_itself(enter):
    def three(f, x, rng):
        for _ in range(3):
            yield State(x, fx=f(x))
        return Stop("converged", "Enough.")

    def silent(f, x, rng):
        yield State(x)

    trace = record(Run(enter(three), "cubic", start=(0.2,)))
    assert (len(trace), trace.stop.reason) == (3, "converged")
    assert trace.stop.message.startswith("Enough.")
    assert record(Run(enter(silent), "bowl")).stop == Stop("finished", "Finished after 0 steps.")


def test_fields_come_from_the_vocabulary_and_stay_the_same(enter):
    with pytest.raises(TypeError, match="unknown field velocty"):
        State(np.zeros(2), velocty=1)

    def changing(f, x, rng):
        yield State(x, velocity=x)
        yield State(x)

    def renaming(f, x, rng):
        yield State(x, velocity=x)
        yield State(x, m=x)

    for function in (changing, renaming):
        with pytest.raises(TypeError, match="every State must have the same fields"):
            record(Run(enter(function), "bowl"))


def test_whole_numbers_flags_and_text_are_kept_as_they_are(enter):
    def mixed(f, x, rng):
        yield State(x, temperature=1, accepted=True, note="a")
        yield State(x, temperature=0.5, accepted=False, note="a longer note")

    trace = record(Run(enter(mixed), "bowl"))
    assert trace.temperature.tolist() == [1, 0.5]
    assert trace.accepted.tolist() == [True, False]
    assert trace.note.tolist() == ["a", "a longer note"]
    assert record(trace.run) == trace


def test_a_large_field_keeps_every_kth_frame(enter):
    def large(f, x, rng):
        k = 0.0
        while True:
            yield State(x, velocity=np.full(50_000, k), temperature=k)
            k += 1

    trace = record(Run(enter(large), "bowl", steps=200))
    assert trace.velocity.nbytes <= 32e6
    assert trace.kept["velocity"].tolist() == list(range(0, 201, 3))
    assert np.array_equal(trace.velocity[:, 0], trace.kept["velocity"])
    assert trace.value("velocity")[:, 0].tolist() == [k - k % 3 for k in range(201)]
    assert trace.temperature.tolist() == list(range(201))
    assert "temperature" not in trace.kept


def test_a_history_that_cannot_be_kept_is_refused_by_name():
    trace = record(Run("particle_swarm", "rastrigin", {"particles": 200}, {"dimension": 100}, steps=10_000))
    assert (len(trace), trace.stop.reason) == (1, "memory")
    assert "Particle swarm was not run: its history would take" in trace.stop.message
    assert "64 MB" in trace.stop.message
    assert "velocity" in trace.stop.message


def test_a_trace_cannot_be_changed_can_be_pickled_and_is_compared_by_content():
    trace = record(Run("adam", "bowl", steps=20))
    for array in (trace.x, trace.fx, trace.best_x, trace.best_fx, trace.m, trace.evaluations):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    trace.value("m_hat")
    again = pickle.loads(pickle.dumps(trace))
    assert again == trace
    assert again.seconds.tolist() == trace.seconds.tolist()
    assert trace != record(Run("adam", "bowl", steps=21))
    assert (trace == 3) is False
    with pytest.raises(AttributeError, match="no 'velocity'; its optimizer's fields: m, v"):
        _ = trace.velocity
    with pytest.raises(KeyError, match="Adam on Bowl has no 'velocity' to show"):
        trace.value("velocity")


def test_what_is_shown_is_not_counted():
    calls = []

    def value(x):
        calls.append(x.shape)
        return np.sum(x**2, axis=-1)

    mine = box(value, gradient=lambda x: 2 * x)
    run = Run("gradient_descent", mine, {"learning_rate": 0.1}, steps=50)
    calls.clear()
    trace = record(run)
    assert calls == [(51, 2)], "one batched call after the loop"
    assert trace.evaluations["values"].sum() == 0
    calls.clear()
    searched = record(Run("random_search", mine, steps=50))
    assert [shape for shape in calls if len(shape) == 2][1:] == [], "counted values are used again"
    assert searched.evaluations["values"][-1] == 51


def test_hessians_too_large_to_show_are_refused_by_name():
    trace = record(Run("adam", "sphere", {"learning_rate": 1e-4}, {"dimension": 100}, steps=2000))
    with pytest.raises(KeyError, match="too much to show"):
        trace.value("hessian")


def test_values_of_a_trace_have_time_first():
    trace = record(Run("momentum", "bowl", steps=20))
    T = len(trace)
    assert trace.value("beta").tolist() == [0.85] * T
    assert trace.value("k").tolist() == list(range(T))
    assert np.isnan(trace.value("step")[-1]).all()
    assert trace.value("hessian").shape == (T, 2, 2)
    assert np.allclose(trace.value("gradient"), trace.landscape.gradient(trace.x))
    assert np.array_equal(trace.frames.next.velocity[:-1], trace.velocity[1:])
    assert trace.optimizer is OPTIMIZERS["momentum"]
    table = trace.to_frame()
    assert list(table.columns[:6]) == ["step", "x[0]", "x[1]", "fx", "best_x[0]", "best_x[1]"]
    assert {"velocity[0]", "values", "gradients", "seconds"} <= set(table.columns)
