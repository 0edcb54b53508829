"""What the lessons on second-order methods and on convergence curves claim: every number they print, run again."""

from collections import Counter
from functools import cache
from itertools import product

import numpy as np
import pytest

from algorithms import LANDSCAPES, Landscape, Run, record

CENTER = np.array([1.0, 0.5])  # of the bowl
AT_BOWL, AT_VALLEY, AT_BEND = (-4.0, 2.0), (-1.2, 1.0), (-1.5, 1.5)
HIMMELBLAU = LANDSCAPES["himmelblau"].make()
GRID = [tuple(map(float, each)) for each in product(np.linspace(-5, 5, 21), repeat=2)]


@cache
def _run(optimizer, landscape, start, steps, seed, knobs, more):
    return record(Run(optimizer, landscape, dict(knobs), dict(more), start, steps, seed))


def run(optimizer, landscape, start=None, steps=200, seed=0, on=(), **knobs):
    """A trace; `on` are the landscape's knobs."""
    return _run(optimizer, landscape, start, steps, seed, tuple(knobs.items()), tuple(dict(on).items()))


def asked(trace, frame=-1):
    """How many values, gradients and Hessians a run had asked for at a frame; at the last one, in all."""
    return tuple(int(trace.evaluations[name][frame]) for name in ("values", "gradients", "hessians"))


def tried(trace):
    """How many points were tried at each step."""
    return np.isfinite(trace.value("trials")).all(axis=2).sum(axis=1)[1:]


def away(trace, where):
    return np.linalg.norm(trace.x - where, axis=1)


def curvatures(landscape, x):
    return np.linalg.eigvalsh(landscape.hessian(np.array(x)))


# Newton and its repairs


def newton(start, repair="none", steps=60):
    return run("newton", "himmelblau", start, steps, repair=repair)


def bent(start, repair="none", steps=60):
    return run("newton", "rosenbrock", start, steps, repair=repair)


def ends(repair):
    """How often a run from GRID ends in a minimum, on a saddle, on the maximum, or why else it ends."""
    found = Counter()
    for start in GRID:
        trace = record(Run("newton", "himmelblau", {"repair": repair}, start=start, steps=100))
        kind = ("minimum", "saddle", "maximum")[int((curvatures(HIMMELBLAU, trace.x[-1]) < 0).sum())]
        found[kind if trace.stop.reason == "converged" else trace.stop.reason] += 1
    return found


def test_from_a_saddle_of_the_model_newton_ends_on_a_pass():
    trace = newton((2.5, 1.0))
    assert curvatures(HIMMELBLAU, trace.x[0]) == pytest.approx([-8, 41], abs=0.5)
    assert trace.x[-1] == pytest.approx((3.39, 0.07), abs=0.005)
    assert trace.fx[-1] == pytest.approx(13.3, abs=0.05)
    assert "a saddle, not a minimum" in trace.stop.message
    assert (curvatures(HIMMELBLAU, (4.0, 4.0)) > 0).all()
    assert newton((4.0, 4.0)).x[-1] == pytest.approx((3, 2))


def test_from_a_dome_newton_climbs_or_is_thrown_far():
    trace = newton((0.0, 0.0))
    assert (curvatures(HIMMELBLAU, trace.x[0]) < 0).all()
    assert trace.x[-1] == pytest.approx((-0.27, -0.92), abs=0.005)
    assert "a maximum, not a minimum" in trace.stop.message
    assert (curvatures(HIMMELBLAU, (1.0, 1.0)) < 0).all()
    assert newton((1.0, 1.0)).x[-1] == pytest.approx((-3.779, -3.283), abs=0.001)


@pytest.mark.parametrize(
    ("repair", "where"),
    [
        ("none", {"minimum": 258, "saddle": 155, "maximum": 22, "diverged": 6}),
        ("damped", {"minimum": 209, "no descent": 145, "saddle": 87}),
        ("modified", {"minimum": 441}),
    ],
)
def test_where_441_starts_end(repair, where):
    assert len(GRID) == 441
    assert ends(repair) == where


def test_a_full_step_can_leave_the_valley_though_every_model_is_a_bowl():
    trace = bent(AT_VALLEY)
    assert (np.linalg.eigvalsh(trace.value("hessian")) > 0).all()
    assert trace.fx[:3] == pytest.approx([24.2, 4.7, 1412], rel=0.01)
    assert trace.fx[2] / trace.fx[1] == pytest.approx(300, rel=0.02)
    assert trace.x[2] == pytest.approx((0.76, -3.2), abs=0.03)
    assert trace.x[-1] == pytest.approx((1, 1))
    assert len(trace) - 1 == 6
    assert (np.diff(bent((0.5, 2.5)).fx) > 0).any()


def test_full_steps_rise_from_most_starts_of_the_bent_valley_and_still_arrive():
    starts = product(np.linspace(-2, 2, 9), np.linspace(-1, 3, 9))
    runs = [bent((float(x), float(y)), steps=200) for x, y in starts]
    assert len(runs) == 81
    assert all(trace.x[-1] == pytest.approx((1, 1), abs=1e-4) for trace in runs)
    assert sum((np.diff(trace.fx) > 0).any() for trace in runs) == 72


def test_damped_steps_follow_the_valley():
    trace = bent(AT_VALLEY, "damped")
    assert len(trace) - 1 == 21
    assert (np.diff(trace.fx) < 0).all()
    assert trace.value("step_length")[2] == 1 / 8
    assert (tried(trace).sum(), tried(trace).sum() - 21) == (28, 7)
    assert (trace.value("step_length")[-5:] == 1).all()
    assert np.floor(-np.log10(away(trace, 1)[-3:])).astype(int).tolist() == [2, 5, 9]
    assert away(trace, 1)[-3:] == pytest.approx([1.2e-3, 2.7e-6, 1.4e-10], rel=0.05)
    assert tried(bent((1.5, -0.5), "damped")).max() > 1


def test_where_the_newton_step_leads_uphill_damping_ends():
    trace = newton((2.5, 1.0), "damped")
    assert (trace.stop.reason, len(trace) - 1) == ("no descent", 1)
    assert "leads uphill" in trace.stop.message
    assert trace.value("step_length")[1] == 0.5
    assert trace.x[1] == pytest.approx((3.2, 0.75), abs=0.01)
    assert trace.fx[1] == pytest.approx(10.5, abs=0.05)
    H, g = HIMMELBLAU.hessian(trace.x[1]), HIMMELBLAU.gradient(trace.x[1])
    step = -np.linalg.solve(H, g)
    assert np.linalg.eigvalsh(H)[0] < 0 < np.linalg.eigvalsh(H)[1]
    assert g @ step > 0
    assert np.linalg.norm(trace.x[1] + step - newton((2.5, 1.0)).x[-1]) < 0.25
    assert all(HIMMELBLAU.value(trace.x[1] + step / 2**k) > trace.fx[1] for k in range(20))
    assert asked(trace) == (1 + 2, 2, 2)  # it stops at once, and tries no length
    assert len(newton((0.0, 0.0), "damped")) == 1
    assert "a saddle" in newton((3.0, 0.0), "damped").stop.message


def test_negative_curvature_turned_round_leads_downhill():
    trace = newton((0.0, 0.0), "modified")
    assert HIMMELBLAU.hessian(np.zeros(2)) == pytest.approx(np.diag([-42, -26]))
    assert HIMMELBLAU.gradient(np.zeros(2)) == pytest.approx((-14, -22))
    assert trace.x[1] == pytest.approx((14 / 42, 22 / 26))
    assert newton((0.0, 0.0)).x[1] == pytest.approx(-trace.x[1])
    assert trace.x[-1] == pytest.approx((3, 2), abs=1e-6)
    assert len(trace) - 1 == 8
    assert trace.value("step_length")[1:].tolist() == [1, 1, 0.5, 1, 1, 1, 1, 1]
    assert HIMMELBLAU.value(2 * trace.x[3] - trace.x[2]) > trace.fx[2]
    assert (curvatures(HIMMELBLAU, trace.x[-5]) > 0).all()
    assert trace.x[-1] == pytest.approx(newton(tuple(map(float, trace.x[-5]))).x[4])
    assert newton((2.5, 1.0), "modified").x[-1] == pytest.approx((3, 2), abs=1e-6)
    still = newton((3.385154, 0.073852), "modified")
    assert len(still) == 1
    assert "a saddle, not a minimum" in still.stop.message


def test_what_curvature_costs():
    trace = run("newton", "rosenbrock", on={"dimension": 50})
    assert (len(trace) - 1, asked(trace)) == (85, (0, 86, 86))
    assert trace.value("hessian")[0].size == 2500
    assert 86 * 2500 == 215_000
    assert round(50**3 / 3, -3) == 42_000
    more = [run("newton", "rosenbrock", on={"dimension": d}) for d in (10, 100)]
    assert [len(each) - 1 for each in more] == [33, 150]


# Curvature without second derivatives


def bowl(optimizer, condition=10.0, start=AT_BOWL, steps=200, **knobs):
    return run(optimizer, "bowl", start, steps, on={"condition": condition, "rotation": 30.0}, **knobs)


def valley(optimizer, start=AT_BEND, steps=500, **knobs):
    return run(optimizer, "rosenbrock", start, steps, **knobs)


def test_bfgs_learns_the_hessian_of_a_bowl():
    trace = bowl("bfgs")
    assert (len(trace) - 1, asked(trace)) == (7, (8, 8, 0))
    learned = np.linalg.inv(trace.value("inverse_hessian"))
    true = trace.landscape.hessian(CENTER)
    apart = abs(learned - true).max(axis=(1, 2))
    assert learned[0] == pytest.approx(np.eye(2))
    assert np.linalg.eigvalsh(learned[1]) == pytest.approx([10, 10], abs=1)
    turned = [abs(learned[k, 0, 1] - true[0, 1]) for k in (2, 3)]
    assert turned[1] < 0.4 < 4 < turned[0]
    assert (apart[5:] < 0.02).all()
    assert apart[4] > 0.3
    step, change = np.diff(trace.x, axis=0), np.diff(trace.value("gradient"), axis=0)
    assert np.einsum("tij,tj->ti", learned[1:], step) == pytest.approx(change, rel=1e-6, abs=1e-9)
    assert len(bowl("bfgs", 1000.0)) - 1 <= 7
    assert bowl("gradient_descent", learning_rate=0.18).stop.step == 72
    assert bowl("newton").stop.step == 1


def test_bfgs_converges_superlinearly_in_the_bent_valley():
    trace = valley("bfgs")
    assert (len(trace) - 1, asked(trace)) == (39, (45, 45, 0))
    assert trace.stop.reason == "converged"
    assert (trace.fx <= 1e-6).argmax() == 36
    error = away(trace, 1)
    assert error[-3:] / error[-4:-1] == pytest.approx([0.064, 0.017, 0.010], rel=0.02)
    assert (valley("newton").fx <= 1e-6).argmax() == 5


def test_gradient_descent_needs_thousands_of_steps_there():
    trace = valley("gradient_descent", steps=10_000, learning_rate=0.002)
    assert (trace.fx <= 1e-6).argmax() == 7501
    assert valley("gradient_descent", steps=10_000, learning_rate=0.0022).fx[-1] > 1e-4


@pytest.mark.parametrize("condition", [10.0, 1000.0])
@pytest.mark.parametrize("start", [AT_BOWL, (3.0, -4.0), (-4.0, -2.0)])
def test_conjugate_gradient_ends_a_bowl_in_two_steps(condition, start):
    trace = bowl("conjugate_gradient", condition, start)
    assert (trace.stop.reason, len(trace) - 1) == ("converged", 2)
    assert trace.x[-1] == pytest.approx(CENTER, abs=1e-6)
    assert tried(trace).tolist() == [2, 2]


def test_what_the_two_lines_cost_and_how_they_meet():
    assert asked(bowl("conjugate_gradient")) == (5, 5, 0)
    assert asked(bowl("conjugate_gradient"), 1) == (3, 3, 0)
    first, second = np.diff(bowl("conjugate_gradient", start=(-4.0, -2.0)).x, axis=0)
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(40, abs=1)


@pytest.mark.parametrize("d", [3, 6, 10])
def test_conjugate_gradient_ends_a_quadratic_in_at_most_d_steps(d):
    bends = np.linspace(1, 20, d)
    quadratic = Landscape(
        "Quadratic",
        value=lambda x: (bends * x**2).sum(axis=-1) / 2,
        gradient=lambda x: bends * x,
        low=np.full(d, -5.0),
        high=np.full(d, 5.0),
    )
    start = tuple(np.random.default_rng(d).uniform(-4, 4, d).tolist())
    trace = record(Run("conjugate_gradient", quadratic, start=start, steps=100))
    assert trace.fx[min(d, len(trace) - 1)] < 1e-12 * trace.fx[0]


def test_fewer_steps_may_ask_for_more_gradients():
    trace = valley("conjugate_gradient")
    assert (len(trace) - 1, asked(trace)) == (25, (64, 64, 0))
    assert (tried(trace).sum(), tried(trace).sum() - 25) == (63, 38)
    assert asked(valley("bfgs")) == (45, 45, 0)
    assert (tried(valley("bfgs")).sum(), tried(valley("bfgs")).sum() - 39) == (44, 5)


def test_a_short_memory_is_enough():
    def forgetful(memory):
        return run("lbfgs", "rosenbrock", steps=1000, on={"dimension": 50}, memory=memory)

    steps = {memory: len(forgetful(memory)) - 1 for memory in (1, 3, 10)}
    # in fifty dimensions the last bits of a processor's own sums move the count a little
    assert steps == pytest.approx({1: 490, 3: 335, 10: 280}, rel=0.04)
    assert forgetful(3).stop.reason == "converged"
    assert forgetful(3).value("pair_steps").shape[1:] == forgetful(3).value("pair_slopes").shape[1:] == (3, 50)
    assert len(run("bfgs", "rosenbrock", steps=1000, on={"dimension": 50})) - 1 == pytest.approx(327, rel=0.04)


def test_nelder_mead_pays_for_not_knowing_the_slope():
    trace = valley("nelder_mead", initial_size=0.1)
    assert (len(trace) - 1, asked(trace)) == (108, (209, 0, 0))
    assert trace.x[-1] == pytest.approx((1, 1), abs=1e-5)
    assert asked(valley("nelder_mead", initial_size=0.5)) == (215, 0, 0)
    ten = run("nelder_mead", "rosenbrock", steps=4000, on={"dimension": 10})
    assert asked(ten) == (4409, 0, 0)
    assert asked(run("bfgs", "rosenbrock", on={"dimension": 10})) == pytest.approx((99, 99, 0), abs=2)
    twenty = run("nelder_mead", "rosenbrock", steps=10_000, on={"dimension": 20})
    assert twenty.stop.reason == "step limit"
    assert twenty.fx[-1] == pytest.approx(17.6, abs=0.05)


# Reading a convergence curve


def descent(rate, steps=400, condition=10.0):
    return bowl("gradient_descent", condition, steps=steps, learning_rate=rate)


def test_a_straight_line_can_be_read_on():
    f = descent(0.1).fx
    assert f[[20, 30, 60]] == pytest.approx([0.0947, 0.0115, 2.07e-5], rel=0.003)
    assert f[61:120] / f[60:119] == pytest.approx(0.81)
    error = away(descent(0.1), CENTER)
    assert error[61:120] / error[60:119] == pytest.approx(0.9)
    assert pytest.approx(0.1, abs=0.002) == 0.9**22
    assert (descent(0.05).fx <= 0.0947).argmax() == 42
    slower = away(descent(0.05), CENTER)
    assert slower[101:200] / slower[100:199] == pytest.approx(0.95)
    assert descent(0.21).stop.reason == "diverged"
    assert descent(0.1).stop.step == 121


@pytest.mark.parametrize("condition", [10.0, 100.0])
def test_the_best_factor_is_set_by_the_condition(condition):
    trace = descent(2 / (condition + 1), 2000, condition)
    error = away(trace, CENTER)
    assert error[31:60] / error[30:59] == pytest.approx(1 - 2 / (condition + 1))
    rates = np.linspace(0, 2 / condition, 2001)
    factors = np.maximum(abs(1 - rates), abs(1 - rates * condition))
    assert rates[factors.argmin()] == pytest.approx(2 / (condition + 1), rel=0.001)


def test_ten_times_the_condition_takes_ten_times_the_steps():
    assert descent(2 / 11).stop.step == 78
    assert descent(0.0198, 1500, 100.0).stop.step == 777
    digit = [-np.log(10) / np.log(1 - 2 / (condition + 1)) for condition in (10, 100)]
    assert digit == pytest.approx([11.5, 115], abs=0.3)
    half = away(descent(0.0099, 1500, 100.0), CENTER)
    assert half[600] / half[599] == pytest.approx(0.99, abs=0.001)


def test_newton_squares_the_error():
    trace = newton((4.0, 4.0))
    error = away(trace, (3, 2))
    assert error[2:6] == pytest.approx([0.31, 0.057, 0.0023, 4.1e-6], rel=0.02)
    assert error[3:5] / error[2:4] == pytest.approx([0.18, 0.04], abs=0.005)
    assert error[4:6] / error[3:5] ** 2 == pytest.approx(0.73, abs=0.05)
    assert (len(trace) - 1, asked(trace)) == (6, (0, 7, 7))
    slow = run("gradient_descent", "himmelblau", (4.0, 4.0), 100, learning_rate=0.01)
    assert (slow.stop.reason, asked(slow)) == ("converged", (0, 36, 0))
    shares = away(slow, (3, 2))[11:35] / away(slow, (3, 2))[10:34]
    assert shares[:15] == pytest.approx(0.743, abs=0.005)
    quick = run("bfgs", "himmelblau", (5.0, 5.0))
    assert quick.x[-1] == pytest.approx((3, 2), abs=1e-5)


def test_the_crests_of_momentum_fall_by_the_root_of_beta():
    assert descent(0.01, 2000).stop.step == 1030
    assert pytest.approx(0.951, abs=0.0005) == 0.99**5
    trace = bowl("momentum", steps=500, learning_rate=0.01, beta=0.9)
    rises = np.diff(trace.fx) > 1e-12 * trace.fx[0]  # by more than rounding, as the chart's title counts them
    assert (trace.stop.reason, trace.stop.step, rises.sum()) == ("converged", 214, 95)
    for rate in (0.01, 0.1):
        error = away(bowl("momentum", steps=500, learning_rate=rate, beta=0.9), CENTER)
        crests = [error[k : k + 60].max() for k in (20, 80, 140)]
        factors = np.divide(crests[1:], crests[:-1]) ** (1 / 60)
        assert factors == pytest.approx(np.sqrt(0.9), abs=0.004)
    assert bowl("momentum", steps=500, learning_rate=0.01, beta=0.99).stop.reason == "step limit"
    assert bowl("momentum", steps=500, learning_rate=0.01, beta=0.81).stop.step < 214


def test_a_level_curve_is_no_minimum():
    trace = run("gradient_descent", "rosenbrock", AT_VALLEY, 1000, learning_rate=0.0015)
    assert trace.fx[[0, 10, 50, 100, 300]] == pytest.approx([24.2, 4.04, 3.84, 3.59, 2.45], abs=0.01)
    assert trace.x[300] == pytest.approx((-0.56, 0.33), abs=0.01)
    assert away(trace, 1)[[300, 1000]] == pytest.approx([1.7, 0.75], abs=0.01)
    assert np.linalg.norm(trace.x[300] - trace.x[299]) == pytest.approx(0.003, abs=0.0002)


def noisy(rate, seed=0, steps=400):
    return run("gradient_descent", "noisy_quadratic", (-4.0, 3.0), steps, seed, learning_rate=rate)


def test_noise_sets_a_floor_that_only_the_rate_lowers():
    f = noisy(0.1).fx
    assert f[[0, 10, 20]] == pytest.approx([37, 1.07, 0.14], rel=0.02)
    assert noisy(0.1).best_fx[-1] == pytest.approx(0.0004, abs=0.00005)
    for rate, floor in ((0.1, 0.06), (0.01, 0.005)):
        late = [noisy(rate, seed, 2000).fx[1000:].mean() for seed in range(5)]
        assert late == pytest.approx([floor] * 5, rel=0.35)
    silent = run("gradient_descent", "noisy_quadratic", (-4.0, 3.0), 400, on={"noise": 0.0}, learning_rate=0.1)
    assert silent.stop.reason == "converged"
    assert silent.fx[-1] < 1e-9
