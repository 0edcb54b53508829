"""Basins: many starts at once end where each would end alone, and for the same reason."""

from dataclasses import replace

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, REASONS, Landscape, Run, basins, record
from algorithms.state import State

ELEMENTWISE = [entry.id for entry in OPTIMIZERS.values() if entry.elementwise]
ON_DATA = [id for id in ELEMENTWISE if "data" in OPTIMIZERS[id].needs]
PLAIN = [id for id in ELEMENTWISE if id not in ON_DATA]


def compare(run: Run, shape=(7, 8), **grid) -> np.ndarray:
    """Check every start against `record`; returns the reasons that occurred.

    A few starts are left out: those of which one a hair away ends elsewhere, so that rounding decides.
    """
    found = basins(run, shape, **grid)
    points = found.starts.reshape(-1, found.starts.shape[-1])
    ends = zip(points, found.x.reshape(points.shape), found.fx.flat, found.steps.flat, found.reason.flat, strict=True)
    left_out = 0
    for start, x, fx, steps, reason in ends:
        alone, near = (record(replace(run, start=tuple(start + hair))) for hair in (0, 1e-13))
        if alone.stop.step != near.stop.step or not np.allclose(alone.x[-1], near.x[-1], rtol=1e-8, atol=1e-10):
            left_out += 1
            continue
        assert (REASONS[reason], steps) == (alone.stop.reason, alone.stop.step), start
        np.testing.assert_allclose(x, alone.x[-1], rtol=1e-7, atol=1e-9, err_msg=str(start))
        np.testing.assert_allclose(fx, alone.fx[-1], rtol=1e-7, atol=1e-9, err_msg=str(start))
    assert left_out <= len(points) / 3
    return np.unique(found.reason)


GROUNDS = ("himmelblau", "bowl", "quadratic", "cubic", "sphere")


@pytest.mark.parametrize(
    ("optimizer", "landscape"),
    [(id, ground) for id in PLAIN for ground in GROUNDS] + [(id, "linear_regression") for id in ON_DATA],
)
def test_every_start_ends_as_it_would_alone(optimizer, landscape):
    suggested = Run.suggested(optimizer, landscape, steps=150)
    for factor in (1, 6):
        rate = min(2.0, factor * dict(suggested.knobs)["learning_rate"])
        compare(Run(optimizer, landscape, dict(suggested.knobs) | {"learning_rate": rate}, steps=150))


@pytest.mark.parametrize(
    ("optimizer", "landscape", "knobs", "reasons"),
    [
        ("momentum", "quadratic", {"learning_rate": 0.02, "beta": 0.9}, {"converged"}),
        ("momentum", "bowl", {"learning_rate": 0.02, "beta": 0.7}, {"converged"}),  # swings through small steps
        ("momentum", "rosenbrock", {"learning_rate": 0.0008, "beta": 0.9}, {"step limit", "diverged"}),
        ("gradient_descent", "rosenbrock", {"learning_rate": 0.0015}, {"step limit", "diverged"}),
        ("gradient_descent", "bowl", {"learning_rate": 0.2001}, {"step limit"}),  # grows, but not far enough
        ("gradient_descent", "cubic", {"learning_rate": 0.05}, {"converged", "diverged"}),
    ],
)
def test_each_way_to_end_is_told_apart(optimizer, landscape, knobs, reasons):
    seen = compare(Run(optimizer, landscape, knobs, steps=300))
    assert {REASONS[code] for code in seen} >= reasons


def test_a_height_passed_between_two_steps_counts_as_diverged():
    """One step leads onto a peak a million times as high as the start, the next one back, and `record` sees it."""

    def value(x):
        return np.where(abs(x[..., 0] - 3) < 0.5, 1e9, (x**2).sum(axis=-1))

    def gradient(x):
        return np.stack([np.where(abs(x[..., 0] - 3) < 0.5, 30, np.where(x[..., 0] > 3.5, -5, 2 * x[..., 0]))], axis=-1)

    peak = Landscape("Peak", value=value, gradient=gradient, low=-2, high=6)
    assert compare(Run("gradient_descent", peak, {"learning_rate": 0.1}, steps=40), 81).tolist() == [0, 1, 2]


def test_the_grid_runs_from_low_to_high_with_rows_upward():
    found = basins(Run("gradient_descent", "himmelblau", steps=1), (3, 5), low=(-1, 0), high=(1, 4))
    assert found.starts.shape == found.x.shape == (3, 5, 2)
    np.testing.assert_array_equal(found.starts[0, :, 0], np.linspace(-1, 1, 5))
    np.testing.assert_array_equal(found.starts[:, 0, 1], np.linspace(0, 4, 3))
    assert found.fx.shape == found.steps.shape == found.reason.shape == found.minimum.shape == (3, 5)
    assert not found.x.flags.writeable


def test_the_minimum_of_each_basin_is_named():
    run = Run("gradient_descent", "himmelblau", {"learning_rate": 0.01}, steps=300)
    found = basins(run, (40, 40))
    assert set(np.unique(found.minimum)) == {-1, 0, 1, 2, 3} or set(np.unique(found.minimum)) == {0, 1, 2, 3}
    places = np.array([m.x for m in found.landscape.minima])
    inside = found.minimum >= 0
    assert inside.mean() > 0.95
    assert np.linalg.norm(found.x - places[found.minimum], axis=-1)[inside].max() < 0.01 * 10 * np.sqrt(2)
    assert found.ended("converged").mean() > 0.9
    lost = basins(Run("gradient_descent", "himmelblau", {"learning_rate": 1.0}, steps=50), (5, 5))
    assert (lost.minimum[lost.ended("diverged")] == -1).all()
    assert lost.ended("diverged").any()


def test_the_same_grid_twice_is_the_same():
    run = Run("adam", "rastrigin", {"learning_rate": 0.3}, steps=60)
    one, other = basins(run, (9, 9)), basins(run, (9, 9))
    for name in ("x", "fx", "steps", "reason", "minimum"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.evaluations["gradients"] >= 81 * 60
    assert one.evaluations["values"] == 0


def test_more_dimensions_need_a_pair():
    run = Run("gradient_descent", "sphere", {"learning_rate": 0.1}, {"dimension": 4}, start=(1, 2, 3, 4), steps=3)
    with pytest.raises(ValueError, match=r"4 coordinates .* pair=\(0, 1\)"):
        basins(run)
    found = basins(run, (3, 4), pair=(2, 0))
    assert found.starts.shape == (3, 4, 4)
    assert (found.starts[..., 1] == 2).all()
    np.testing.assert_array_equal(found.starts[0, :, 2], np.linspace(-5.12, 5.12, 4))
    np.testing.assert_allclose(found.x, found.starts * 0.8**3)
    with pytest.raises(ValueError, match="pair must be"):
        basins(run, pair=(1, 1))


@pytest.mark.parametrize("optimizer", [entry for entry in OPTIMIZERS if not OPTIMIZERS[entry].elementwise])
def test_a_method_that_cannot_is_refused_by_name(optimizer):
    place = next(id for id, place in LANDSCAPES.items() if OPTIMIZERS[optimizer].fits(place.make()))
    with pytest.raises(ValueError, match=rf"{OPTIMIZERS[optimizer].name} .*gradient_descent"):
        basins(Run(optimizer, place))


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({"shape": (1, 5)}, "shape must be"),
        ({"shape": (2000, 2000)}, "shape must be"),
        ({"low": (0,)}, "low must be 2 finite numbers"),
        ({"high": (0, np.inf)}, "high must be"),
        ({"low": (1, 1), "high": (0, 2)}, "low must be below high"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(grid, words):
    with pytest.raises(ValueError, match=words):
        basins(Run("gradient_descent", "himmelblau"), **grid)


def test_elementwise_methods_keep_the_layout_in_which_many_starts_are_fast():
    starts = np.random.default_rng(1).random((2, 50))
    for id in PLAIN:
        landscape = LANDSCAPES["himmelblau"].make()
        states = OPTIMIZERS[id].function(landscape, starts.T, np.random.default_rng(0))
        for _ in range(3):
            state = next(states)
        assert isinstance(state, State)
        assert state.x.T.flags.c_contiguous, id


@pytest.mark.parametrize(
    ("place", "ground"), [("linear_regression", {"batch_size": 16}), ("himmelblau", {"gradient_noise": 0.3})]
)
def test_noise_and_mini_batches_are_those_of_a_single_run(place, ground):
    compare(Run("momentum", place, {"learning_rate": 0.005}, ground, steps=50, seed=3), (3, 4))
