"""The one loop: reasons to stop, limits, and trouble with numbers."""

import copy
import dataclasses
import math
import pickle
import re
import sys
import warnings

import numpy as np
import pytest

from algorithms import FIELDS, OPTIMIZERS, Counted, Landscape, Run, State, Stop, Tours, record
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


def quadratic(value=lambda x: (x**2).sum(-1), gradient=lambda x: 2 * x, hessian=None, **more):
    return Landscape("mine", value, (-4, -4), (4, 4), gradient=gradient, hessian=hessian, **more)


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


NOT_DOUBLE = {
    "uint8": lambda x: np.minimum(200 * (x**2).sum(-1), 255).astype(np.uint8),
    "bool": lambda x: (x**2).sum(-1) > 1,
    "int": lambda x: np.round((x**2).sum(-1)).astype(int),
    "float32": lambda x: (x**2).sum(-1).astype(np.float32),
    "list": lambda x: np.asarray((x**2).sum(-1)).tolist(),
    "object": lambda x: np.asarray((x**2).sum(-1)).astype(object),
}


@pytest.mark.parametrize(
    "optimizer", [entry.id for entry in OPTIMIZERS.values() if not entry.needs & {"distances", "data"}]
)
@pytest.mark.parametrize("kind", NOT_DOUBLE)
def test_whatever_a_function_returns_is_taken_as_floats(kind, optimizer):
    mine = quadratic(
        NOT_DOUBLE[kind],
        lambda x: (2 * x).astype(np.float32) if kind == "float32" else (2 * x).tolist(),
        lambda x: np.broadcast_to(2 * np.eye(2, dtype=int), (*x.shape, 2)).tolist(),
    )
    trace = record(Run(optimizer, mine, steps=60))
    assert trace.stop.reason in ("step limit", "converged", "no descent")
    assert trace.fx.dtype == trace.best_fx.dtype == float
    for name, array in trace.fields.items():
        kept = {"flag": bool, "members": np.int32, "text": object}.get(FIELDS[name].role, float)
        assert array.dtype == kept, name
    for name in ("gradient", "hessian"):
        assert trace.value(name).dtype == float
    double = record(
        Run(
            optimizer,
            quadratic(
                lambda x: np.asarray(NOT_DOUBLE[kind](x), float)[()],
                *(lambda x, f=f: np.asarray(f(x), float) for f in (mine.gradient, mine.hessian)),
            ),
            steps=60,
        )
    )
    assert np.array_equal(trace.x, double.x)
    assert np.array_equal(trace.fx, double.fx)


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ({"value": lambda x: x.sum(-1) * 1j}, "mine: value must return real numbers; got complex ones."),
        ({"gradient": lambda x: x + 0j}, "mine: gradient must return real numbers; got complex ones."),
        ({"value": lambda x: float(x[0] ** 2 + x[1] ** 2)}, r"value must take many points at once.*raised TypeError"),
        ({"value": lambda x: math.sin(x[0])}, r"value must take many points at once.*raised TypeError"),
        ({"value": lambda x: max(x[0], x[1])}, r"value must take many points at once.*raised ValueError"),
        ({"gradient": lambda x: [2 * x[0], 1]}, r"gradient must take many points at once.*raised ValueError"),
        ({"value": lambda x: x[0] + "a"}, r"value must take many points at once"),
        ({"value": lambda x: None}, r"value must take many points at once.*got \(\)"),
        ({"value": lambda x: np.full(x.shape[:-1], "a")}, r"value must take many points at once.*raised ValueError"),
    ],
)
def test_a_function_that_cannot_work_is_refused_in_one_sentence(functions, message):
    with pytest.raises(ValueError, match=message) as refusal:
        Run("gradient_descent", quadratic(**functions))
    if "raised" in message:
        assert isinstance(refusal.value.__cause__, TypeError | ValueError)
        assert str(refusal.value).endswith("Write x[..., 0] and axis=-1.")


def test_no_warning_leaks_from_the_check():
    for value in (lambda x: np.log(x[..., 0]) + np.exp(800 * x[..., 0] ** 2), lambda x: 1 / (x[..., 0] + 2)):
        record(Run("random_search", quadratic(value), steps=10))


def counting(monkeypatch):
    """Count every point that an algorithm asks for, beneath the package's own counters."""
    counts = {"values": 0, "gradients": 0, "hessians": 0}

    def count(what, function):
        def counted(x):
            counts[what] += int(np.prod(x.shape[:-1]))
            return function(x)

        return function and counted

    def spied(landscape, rng):
        functions = {name[:-1]: count(name, getattr(landscape, name[:-1])) for name in counts}
        return Counted(dataclasses.replace(landscape, **functions))

    monkeypatch.setattr(sys.modules["algorithms.record"], "counted", spied)
    return counts


ENDS = [
    ("converged", Run("gradient_descent", "quadratic", {"learning_rate": 0.1}, steps=200)),
    ("converged", Run("newton", "rosenbrock")),
    ("step limit", Run("simulated_annealing", "himmelblau")),
    ("diverged", Run("gradient_descent", "bowl", {"learning_rate": 0.3}, steps=500)),
    ("diverged", Run("momentum", "rosenbrock", {"learning_rate": 2.0}, steps=500)),
    ("diverged", Run("particle_swarm", "sphere", {"w": 1.2, "c1": 4.0, "c2": 4.0, "walls": False}, steps=500)),
    ("singular", Run("newton", "cubic", start=(2 / 3,))),
    ("budget", Run("particle_swarm", "sphere", {"particles": 200}, steps=10_000)),
]


@pytest.mark.parametrize(("reason", "run"), ENDS, ids=lambda part: getattr(part, "optimizer", part))
def test_the_last_row_counts_every_call_whatever_ended_the_run(monkeypatch, reason, run):
    counts = counting(monkeypatch)
    trace = record(run)
    assert trace.stop.reason == reason
    assert {name: trace.evaluations[name][-1] for name in counts} == counts
    assert all((np.diff(trace.evaluations[name]) >= 0).all() for name in counts)


def test_the_step_that_showed_convergence_is_counted():
    trace = record(Run("gradient_descent", "quadratic", {"learning_rate": 0.1}, start=(5,), steps=200))
    steps = len(trace) - 1
    assert trace.evaluations.gradients.tolist() == [*range(steps), steps + 1]


def test_a_step_without_finite_numbers_is_not_shown_and_is_said():
    mine = quadratic(gradient=lambda x: np.where(x > 0, np.inf, 2 * x), start=(1, 1))
    trace = record(Run("gradient_descent", mine, steps=20))
    assert len(trace) == 1
    assert trace.stop == Stop(
        "diverged", "Diverged at step 1: the position is no longer a finite number. Step 0 is the last one shown."
    )
    assert trace.stop.step == 1
    shown = record(Run("gradient_descent", "bowl", {"learning_rate": 0.3}, steps=500))
    assert shown.stop.step == len(shown) - 1
    assert shown.stop.message.startswith(f"Diverged at step {len(shown) - 1}: ")
    assert "shown" not in shown.stop.message


@pytest.mark.parametrize(("reason", "run"), ENDS, ids=lambda part: getattr(part, "optimizer", part))
def test_every_stop_knows_its_step(reason, run):
    trace = record(run)
    last = len(trace) - 1
    assert trace.stop.step in ((last, last + 1) if reason == "diverged" else (last,))
    if reason in ("diverged", "budget"):
        assert f"at step {trace.stop.step:,}:" in trace.stop.message
    if reason == "converged":
        assert f"after {trace.stop.step} steps:" in trace.stop.message


def test_an_overflow_inside_the_method_is_no_convergence():
    steep = quadratic(lambda x: 1e200 * (x**2).sum(-1), lambda x: 2e200 * x)
    trace = record(Run("adam", steep, start=(1, 1), steps=50))
    assert (len(trace), trace.stop.reason, trace.stop.step) == (1, "diverged", 1)
    assert trace.stop.message == "Diverged at step 1: v is no longer finite. Step 0 is the last one shown."
    one_axis = quadratic(lambda x: 1e200 * x[..., 0] ** 2 + x[..., 1] ** 2, lambda x: x * [2e200, 2.0], start=(1, 1))
    trace = record(Run("adam", one_axis, steps=50))
    assert (len(trace), trace.stop.reason, trace.stop.step) == (1, "diverged", 1)
    assert "v is no longer finite" in trace.stop.message
    assert np.isfinite(trace.v).all()


@pytest.mark.parametrize("optimizer", ["random_search", "simulated_annealing"])
def test_a_start_where_f_is_no_number_is_left_for_a_finite_value(optimizer):
    def value(x):
        return np.where(np.sum(x**2, axis=-1) > 4, np.nan, np.sum(x**2, axis=-1))

    trace = record(Run(optimizer, quadratic(value, start=(-2, -2)), steps=200))
    assert trace.stop.reason == "step limit"
    assert len(trace) == 201
    assert trace.best_fx[0] == np.inf
    assert 0 <= trace.best_fx[-1] < 4
    assert (np.diff(trace.best_fx[np.isfinite(trace.best_fx)]) <= 0).all()
    assert np.allclose(value(trace.best_x[-1]), trace.best_fx[-1])


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
    assert (len(trace), trace.stop.step) == (1, 0)
    assert trace.stop.reason == ("undefined" if np.isnan(bad) else "diverged")
    assert ("f is undefined" if np.isnan(bad) else "step 0") in trace.stop.message


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


@pytest.mark.parametrize(
    ("ants", "message"),
    [
        (1, "on 100 cities, more steps of 1 ant would take too long."),
        (8, "on 100 cities, more steps of 8 ants would take too long."),
    ],
)
def test_slow_steps_end_a_run_before_its_evaluations_do_and_that_is_said(monkeypatch, ants, message):
    monkeypatch.setattr(sys.modules["algorithms.record"], "BUDGET", 2000)
    run = Run("ant_colony", "random_cities", {"ants": ants}, {"number": 100}, steps=10_000)
    trace = record(run)
    last = int(2000 / OPTIMIZERS["ant_colony"].work(trace.landscape, dict(run.knobs)))
    assert (trace.stop.reason, trace.stop.step, len(trace)) == ("budget", last, last + 1)
    assert trace.stop.message == f"Stopped at step {last}: {message}"
    assert trace.evaluations["values"][-1] == ants * (last + 1) < 2000
    assert record(dataclasses.replace(run, steps=last)).stop.reason == "step limit"
    assert record(run) == trace


def test_where_evaluations_end_a_run_before_its_work_they_are_named(monkeypatch):
    monkeypatch.setattr(sys.modules["algorithms.record"], "BUDGET", 2000)
    trace = record(Run("ant_colony", "five_cities", {"ants": 100}, steps=100))
    assert trace.stop.message == "Stopped at step 19: the budget of 2,000 evaluations is used up."


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

    def single(f, x, rng):
        yield State(x)
        yield State(x / 2)

    assert record(Run(enter(silent), "bowl")).stop == Stop("finished", "Finished after 0 steps.")
    assert record(Run(enter(single), "bowl")).stop.message == "Finished after 1 step."


def test_fields_come_from_the_vocabulary_and_stay_the_same(enter):
    def misspelling(f, x, rng):
        yield State(x, velocty=x)

    with pytest.raises(TypeError, match="unknown field velocty in State; the vocabulary is fx, velocity, m, v, "):
        record(Run(enter(misspelling), "bowl"))

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
    assert trace.stop.message.endswith("would fit, and so would fewer members or coordinates.")
    steps = int(re.search(r"(\d+) steps would fit", trace.stop.message)[1])
    assert record(dataclasses.replace(trace.run, steps=steps)).stop.reason == "step limit"
    assert record(dataclasses.replace(trace.run, steps=steps + 1)).stop.reason == "memory"


def test_a_history_of_tours_that_cannot_be_kept_asks_for_fewer_cities():
    trace = record(Run("genetic_algorithm", "random_cities", {"population": 200}, {"number": 100}, steps=10_000))
    assert trace.stop.message.endswith("517 steps would fit, and so would fewer members or cities.")


def test_of_a_run_that_memory_cannot_hold_only_the_steps_that_its_work_allows_are_asked_for(enter):
    def wide(f, x, rng):
        while True:
            yield State(np.zeros((400, 100)))

    run = Run(enter(wide, work=lambda landscape, knobs: 500), "sphere", (), {"dimension": 100}, steps=10_000)
    assert "its history would take 128 MB" in record(run).stop.message, "401 frames, of which 200 fit"
    assert "199 steps would fit" in record(run).stop.message


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


def norm(x):
    return np.sum(x**2, axis=-1)


@pytest.mark.parametrize("again", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy])
def test_what_is_done_on_a_landscape_of_ones_own_can_be_pickled_and_copied(again):
    for optimizer, mine in (("random_search", box(norm)), ("two_opt", Tours("Mine", cities=np.eye(20, 2)))):
        trace = record(Run(optimizer, mine, steps=20))
        other = again(trace)
        assert np.array_equal(other.x, trace.x)
        assert record(other.run).x.tolist() == trace.x.tolist()
        assert again(trace.run).landscape.name == mine.name
        with pytest.raises(ValueError, match="read-only"):
            other.landscape.start[0] = 0
    circle = again(Run("two_opt", "circle_cities").make_landscape())
    assert dict(circle.knobs) == {"number": 20}
    assert not circle.distances.flags.writeable
    with pytest.raises(TypeError, match="does not support item assignment"):
        circle.knobs["number"] = 3


def test_ragged_fields_are_padded_to_the_longest(enter, monkeypatch):
    ragged = dataclasses.replace(FIELDS["batch"], ragged=True)
    monkeypatch.setitem(FIELDS, "batch", ragged)

    def growing(f, x, rng):
        points, members = np.zeros((4, 2)), np.arange(4)
        for k in range(4):
            points[:] = k  # in place: what was yielded before must not change
            yield State(x + k, trials=points[:k], batch=members[: 4 - k])

    trace = record(Run(enter(growing), "bowl"))
    assert trace.trials.shape == (4, 3, 2)
    assert (trace.trials.dtype, trace.batch.dtype) == (float, np.int32)
    for k in range(4):
        assert (trace.trials[k, :k] == k).all()
        assert np.isnan(trace.trials[k, k:]).all()
    assert trace.batch.tolist() == [[0, 1, 2, 3], [0, 1, 2, -1], [0, 1, -1, -1], [0, -1, -1, -1]]
    assert trace.kept == {}
    table = trace.to_frame()
    assert table["trials[2,1]"].isna().tolist() == [True, True, True, False]
    assert table["batch[3]"].tolist() == [3, -1, -1, -1]
    assert pickle.loads(pickle.dumps(trace)) == trace


def test_ragged_fields_too_long_for_a_table_are_left_out(enter):
    def wide(f, x, rng):
        for k in range(3):
            yield State(x + k, trials=np.zeros((501 * k, 2)))

    trace = record(Run(enter(wide), "bowl"))
    assert trace.trials.shape == (3, 1002, 2)
    assert not any(name.startswith("trials") for name in trace.to_frame().columns)


@pytest.mark.parametrize("lengths", ["even", "one long"])
def test_ragged_fields_stay_within_their_bytes(enter, lengths):
    def heavy(f, x, rng):
        for k in range(1000):
            n = 400 if lengths == "even" or k == 700 else 1
            yield State(x + k, pair_steps=np.full((n, 100), k), pair_slopes=np.zeros((1, 100)))

    trace = record(Run(enter(heavy), "sphere", (), {"dimension": 100}, steps=2000))
    kept = trace.kept["pair_steps"]
    assert trace.pair_steps.nbytes <= 16e6, "half of 32 MB, for there are two such fields"
    assert list(trace.kept) == ["pair_steps"]
    assert len(kept) == len(trace.pair_steps) > 20
    assert trace.pair_steps[:, 0, 0].tolist() == kept.tolist()
    assert trace.pair_slopes.shape == (1000, 1, 100)
    value = trace.value("pair_steps")
    assert len(value) == 1000
    assert value[kept[2] + 1, 0, 0] == kept[2], "between kept frames, the last one kept"


def test_lbfgs_in_many_dimensions_keeps_a_history_that_fits():
    """Along a slope that bends ever less it would remember 480 MB of pairs."""
    value = lambda x: np.log1p(np.exp(-x / 1e3)).sum(-1)  # noqa: E731
    mine = Landscape(
        "slope", value, np.full(100, -1), np.full(100, 1), lambda x: -1e-3 / (1 + np.exp(x / 1e3)), start=np.zeros(100)
    )
    trace = record(Run("lbfgs", mine, {"memory": 30}, steps=3000))
    assert len(trace) > 500
    assert set(trace.kept) >= {"pair_steps", "pair_slopes"}
    assert sum(array.nbytes for array in (trace.x, *trace.fields.values())) < 96e6
    assert trace.stop.reason in ("step limit", "converged")


def test_what_is_no_run_is_refused():
    for wrong in ("ant_colony", None, {"optimizer": "adam"}):
        with pytest.raises(TypeError, match=r"record takes a Run, such as Run\('adam', 'rosenbrock'\); got"):
            record(wrong)


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
    trace = record(Run.suggested("momentum", "bowl", steps=20))
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
