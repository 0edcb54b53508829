"""Newton's method, where it shines and where it fails."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, Counted, Landscape, Run, record
from algorithms.optimizers.newton import newton, solve


def test_newton_on_the_cubic_to_the_last_digit():
    trace = record(Run("newton", "cubic", start=(3,)))
    assert trace.x[5, 0] == 1.3333333423743772
    assert (len(trace), trace.stop.reason) == (6, "converged")
    assert trace.stop.message.startswith("Converged after 5 steps")
    assert trace.evaluations.hessians.tolist() == [0, 1, 2, 3, 4, 6], "that of the step not taken was asked for too"


def test_correct_digits_double():
    error = abs(record(Run("newton", "cubic", start=(3,))).x[:, 0] - 4 / 3)
    assert (error[3:] < 2 * error[2:-1] ** 2).all()


@pytest.mark.parametrize("start", [0.6, 0.5, 0.1, -1.0])
def test_left_of_the_inflection_it_climbs_to_the_maximum(start):
    trace = record(Run("newton", "cubic", start=(start,)))
    assert trace.stop.reason == "converged"
    assert "a maximum, not a minimum" in trace.stop.message or "It is a maximum" in trace.stop.message
    assert trace.x[-1, 0] == pytest.approx(0, abs=1e-5)


def test_at_the_inflection_it_says_singular():
    trace = record(Run("newton", "cubic", start=(2 / 3,)))
    assert (len(trace), trace.stop.reason) == (1, "singular")
    assert "singular" in trace.stop.message


def test_a_saddle_is_named():
    trace = record(Run("newton", "himmelblau", start=(0, -4)))
    assert "It is a saddle" in trace.stop.message


@pytest.mark.parametrize("landscape", ["bowl", "sphere", "quadratic"])
def test_a_quadratic_takes_one_step(landscape):
    trace = record(Run("newton", landscape))
    assert (len(trace), trace.stop.reason) == (2, "converged")
    assert trace.x[-1] == pytest.approx(trace.landscape.minima[0].x, abs=1e-12)


def test_a_hessian_singular_but_for_rounding_is_said_to_be_singular():
    a = np.array([0.7, 0.1])
    mine = Landscape(
        "trough",
        value=lambda x: (x @ a) ** 2,
        gradient=lambda x: 2 * (x @ a)[..., None] * a,
        hessian=lambda x: np.broadcast_to(2 * np.outer(a, a), (*x.shape, 2)),
        low=(-1, -1),
        high=(1, 1),
    )
    trace = record(Run("newton", mine))
    assert (len(trace), trace.stop.reason, trace.stop.step) == (1, "singular", 0)
    assert trace.stop.message == "The Hessian is singular here to within rounding, so there is no Newton step."
    descent = record(Run("gradient_descent", mine))
    assert descent.stop.reason == "converged"
    assert "saddle" not in descent.stop.message, "flat along the trough"


def test_bad_scales_and_many_coordinates_are_not_singular():
    rng = np.random.default_rng(0)
    many = rng.normal(size=(100, 100))
    many = many + many.T
    for H in (np.diag([1e150, 1e-150]), np.array([[1e-200]]), many, 1e-30 * np.array([[2.0, 1], [1, 2]])):
        step, singular = solve(H, np.ones(len(H)))
        assert not singular
        assert np.allclose(H @ step, 1)
    H = np.array([[[0.0, 0], [0, 0]], [[np.nan, 0], [0, 1]], [[np.inf, 0], [0, 1]], [[1, 0], [0, 0]]])
    step, singular = solve(H, np.ones((4, 2)))
    assert singular.tolist() == [True, False, False, True]
    assert np.isnan(step).all(), "one bad row does not raise"


def test_one_singular_row_of_a_batch_turns_nan_alone():
    H = np.array([[[2.0, 0], [0, 4]], [[1, 1], [1, 1]], [[1, 0], [0, 1]]])
    step, singular = solve(H, np.array([[2.0, 4], [1, 1], [3, 3]]))
    assert singular.tolist() == [False, True, False]
    assert step[[0, 2]].tolist() == [[1, 1], [3, 3]]
    assert np.isnan(step[1]).all()
    states = newton(Counted(LANDSCAPES["cubic"].make()), np.array([[3.0], [2 / 3]]), None)
    with np.errstate(invalid="ignore"):
        last = [next(states) for _ in range(6)][-1].x
    assert last[0, 0] == 1.3333333423743772
    assert np.isnan(last[1, 0])
