"""Newton's method, where it shines and where it fails."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, Counted, Landscape, Run, record
from algorithms.optimizers.newton import newton, positive, solve


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


@pytest.mark.parametrize(("landscape", "start"), [("cubic", 0.5), ("cubic", 0.66), ("double_well", 0.1)])
def test_damped_it_says_where_its_step_leads_uphill(landscape, start):
    trace = record(Run("newton", landscape, {"repair": "damped"}, start=(start,)))
    assert (len(trace), trace.stop.reason) == (1, "no descent")
    assert trace.stop.message == "The Newton step leads uphill from here. Try the modified Hessian."
    assert record(Run("newton", landscape, {"repair": "modified"}, start=(start,))).stop.reason == "converged"


@pytest.mark.parametrize("repair", ["damped", "modified"])
@pytest.mark.parametrize("landscape", ["cubic", "rosenbrock", "himmelblau", "plateau", "forrester"])
def test_repaired_steps_are_halved_just_until_f_falls_enough(landscape, repair):
    place, halved = LANDSCAPES[landscape].make(), 0
    for start in np.random.default_rng(0).uniform(place.low, place.high, (15, place.dimension)):
        trace = record(Run("newton", landscape, {"repair": repair}, start=start))
        p, length = trace.value("newton_step")[:-1], trace.step_length[1:]
        assert trace.x[1:] == pytest.approx(trace.x[:-1] + length[:, None] * p, rel=1e-9, abs=1e-12)
        slope = (trace.value("gradient")[:-1] * p).sum(axis=1)
        assert (slope <= 0).all()
        assert (trace.fx[1:] <= trace.fx[:-1] + 1e-4 * length * slope).all()
        assert (np.log2(length) % 1 == 0).all()
        for k in np.flatnonzero(length < 1):
            too_far = place.value(trace.x[k] + 2 * length[k] * p[k])
            assert too_far > trace.fx[k] + 2e-4 * length[k] * slope[k]
            halved += 1
    assert halved or landscape == "cubic"


GRIDS = {  # low and high of the starts; on the left of its maximum at 0 the cubic falls without end
    "cubic": ([0.01], [3.2]),
    "himmelblau": ([-6, -5.9], [5.8, 6]),
    "plateau": ([-7, -5], [6, 6]),
}


@pytest.mark.parametrize("landscape", GRIDS)
def test_modified_it_reaches_a_minimum_from_everywhere(landscape):
    place = LANDSCAPES[landscape].make()
    axes = np.linspace(*GRIDS[landscape], 13 if place.dimension == 2 else 50).T
    for start in np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, place.dimension):
        trace = record(Run("newton", landscape, {"repair": "modified"}, start=start, steps=300))
        assert trace.stop.reason == "converged", start
        assert min(np.linalg.norm(trace.x[-1] - minimum.x) for minimum in place.minima) < 1e-5, start


def test_the_modified_hessian_is_positive_and_steps_go_no_farther_than_the_domain_is_wide():
    turned = positive(np.array([[-4.0, 0], [0, 2]]), np.array([0.1, 0.1]), 8.0)
    assert turned == pytest.approx(np.diag([4, 2])), "curvature is turned round, not taken away"
    H = np.array([[1e9, 0.0], [0.0, 1e-9]])
    step = np.linalg.solve(positive(H, np.array([1e3, 2.0]), 8.0), [1e3, 2.0])
    assert step == pytest.approx([1e-6, 8])
    trace = record(Run("newton", "beale", {"repair": "modified"}, start=(-4.3, -3.9), steps=300))
    assert abs(trace.value("gradient")[-1]).max() < 1e-3, "steep walls alone do not make a step small"


@pytest.mark.parametrize(("landscape", "start"), [("rosenbrock", (-1.2, 1.0)), ("himmelblau", (4.0, 3.5))])
def test_correct_digits_double_in_two_dimensions_too(landscape, start):
    trace = record(Run("newton", landscape, start=start))
    error = np.linalg.norm(trace.x - trace.x[-1], axis=1)[:-1]
    close = error < 0.1
    assert close.sum() > 1
    ratio = error[1:] / error[:-1] ** 2
    assert (ratio[close[:-1]] < 3).all()


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
