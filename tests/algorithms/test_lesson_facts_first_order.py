"""What the lessons on first-order methods claim: every number they print, run again."""

import numpy as np
import pytest
from lesson_runs import SEEDS, run

from algorithms import LANDSCAPES

ROUND, LONG, STRAIGHT, TURNED = (
    {"condition": condition, "rotation": rotation} for condition, rotation in ((1, 0), (100, 30), (100, 0), (100, 45))
)
LOWEST = np.array([1, 0.5])  # of every bowl


def bowl(optimizer, on, steps=600, start=(-4.0, 2.0), **knobs):
    return run(optimizer, "bowl", start=start, steps=steps, on=on, **knobs)


def length(trace, k):
    """How long step k is, counted from 1."""
    return np.linalg.norm(trace.x[k] - trace.x[k - 1])


# Momentum


def ball(beta, steps=300):
    return run("momentum", "quadratic", start=(5.0,), steps=steps, learning_rate=0.1, beta=beta)


def valley(beta, rate=0.01, steps=3000, optimizer="momentum"):
    return bowl(optimizer, LONG, steps, learning_rate=rate, beta=beta)


def along_and_across(trace):
    angle = np.deg2rad(30)
    offset = trace.x - LOWEST
    return offset @ (np.cos(angle), np.sin(angle)), offset @ (-np.sin(angle), np.cos(angle))


def swings(trace):
    """The last step more than 0.1 from the valley's floor, and how often the floor was crossed up to the next one."""
    _, across = along_and_across(trace)
    outside = int(np.flatnonzero(abs(across) > 0.1).max())
    return outside, int((np.diff(np.sign(across[: outside + 2])) != 0).sum())


def test_a_velocity_rolls_past_the_minimum():
    x = ball(0.9).x[:, 0]
    assert x[1:3] == pytest.approx((4, 2.3))
    assert x.min() == pytest.approx(-3.54, abs=0.01)
    assert ball(0.9).stop.step == 197
    widths = abs(x[1:-1][(x[1:-1] - x[:-2]) * (x[2:] - x[1:-1]) < 0])  # where it turns
    assert (np.diff(widths) < 0).all()
    assert len(widths) > 10
    assert (ball(0.5).x.min(), ball(0.5).stop.step) == pytest.approx((-0.35, 38), abs=0.005)


def test_without_memory_momentum_is_gradient_descent():
    descent = run("gradient_descent", "quadratic", start=(5.0,), steps=300, learning_rate=0.1)
    assert descent.stop.step == 62
    assert descent.x[:3, 0] == pytest.approx((5, 4, 3.2))
    assert (descent.x > 0).all()
    assert (ball(0.0).x == descent.x).all()
    for optimizer in ("momentum", "nesterov"):
        assert (valley(0.0, optimizer=optimizer).x == bowl("gradient_descent", LONG, 3000, learning_rate=0.01).x).all()


def test_momentum_in_a_long_valley():
    descent, momentum = bowl("gradient_descent", LONG, 3000, learning_rate=0.01), valley(0.9)
    assert (descent.stop.step, momentum.stop.step) == (1030, 247)
    assert descent.fx[200] == pytest.approx(0.115, abs=0.0005)
    assert momentum.fx[200] == pytest.approx(2e-7, rel=0.1)
    assert along_and_across(descent)[1][1:] == pytest.approx(0, abs=1e-12)
    assert swings(momentum)[0] == 67
    assert along_and_across(momentum)[0].max() == pytest.approx(0.55, abs=0.005)


def test_momentum_is_stable_for_longer():
    assert valley(0.9, 0.03).stop.reason == "converged"
    assert bowl("gradient_descent", LONG, 3000, learning_rate=0.03).stop.reason == "diverged"
    message = "Diverged at step 21: η = 0.039 exceeds 2(1+β)/L = 0.038 on this bowl."
    assert valley(0.9, 0.039).stop.message == message


def test_too_much_memory_rings_and_the_best_lies_below():
    assert valley(0.99).fx[200] == pytest.approx(128, abs=0.5)
    assert np.sqrt(0.99) == pytest.approx(0.995, abs=1e-4)
    assert np.log(0.5) / np.log(np.sqrt(0.99)) == pytest.approx(138, abs=0.5)
    steps = {beta: valley(beta).stop.step for beta in (0.5, 0.7, 0.75, 0.81, 0.85, 0.9, 0.95, 0.99)}
    assert min(steps, key=lambda beta: steps[beta]) == 0.81 == pytest.approx((1 - np.sqrt(0.01 * 1)) ** 2)
    assert (steps[0.81], steps[0.7], steps[0.95]) == (147, 316, 502)
    assert valley(0.67, 0.033).stop.step == 92
    root_l, root_m = 10, 1
    best = (2 / (root_l + root_m)) ** 2, ((root_l - root_m) / (root_l + root_m)) ** 2
    assert best == pytest.approx((0.033, 0.67), abs=0.001)


def test_momentum_crosses_a_plateau():
    def cross(beta, steps=600):
        return run("momentum", "plateau", start=(-5.5, -2.0), steps=steps, learning_rate=0.2, beta=beta)

    assert length(cross(0.0), 1) == pytest.approx(0.008, abs=0.0005)
    assert cross(0.0).x[100] == pytest.approx((-4.8, -1.7), abs=0.05)
    assert cross(0.9).x[100] == pytest.approx((1.8, 1.0), abs=0.05)
    assert [int((cross(beta).fx < 0.1).argmax()) for beta in (0.9, 0.0, 0.8)] == [66, 321, 84]
    assert cross(0.9).x[:, 0].max() == pytest.approx(4.0, abs=0.05)
    assert (cross(0.8).stop.step, cross(0.9).stop.step) == (188, 288)
    surface = LANDSCAPES["plateau"].make()
    assert (surface.minima[0].x, length(cross(0.0), 1) / 0.2) == ((2, 1), pytest.approx(0.04, abs=0.002))
    side = np.linalg.norm(surface.gradient(np.array([(x, 1.0) for x in np.linspace(-2, 2, 100)])), axis=1)
    assert side.max() / 0.04 == pytest.approx(38, abs=2)


def test_momentum_rolls_over_a_hump_and_sometimes_back():
    def roll(beta, rate=0.02, steps=200):
        return run("momentum", "double_well", start=(1.7,), steps=steps, learning_rate=rate, beta=beta)

    assert (roll(0.0).stop.reason, roll(0.0).x[-1, 0]) == ("converged", pytest.approx(1, abs=1e-4))
    assert roll(0.9).x[-1, 0] == pytest.approx(-1, abs=1e-3)
    assert roll(0.8).x.min() == pytest.approx(0.325, abs=0.001)
    assert roll(0.8).x[-1, 0] == pytest.approx(1, abs=1e-3)
    back = roll(0.95, 0.03)
    assert back.x.min() < -1.5
    assert back.x[-1, 0] == pytest.approx(1, abs=0.01)
    wells = LANDSCAPES["double_well"].make()
    assert wells.gradient(np.array([0.25])) == pytest.approx(0)
    assert wells.hessian(np.array([0.25])) < 0
    assert wells.minima[0].fx < wells.minima[1].fx


def test_looking_ahead_rings_less():
    momentum, nesterov = (valley(0.95, 0.005, optimizer=optimizer) for optimizer in ("momentum", "nesterov"))
    assert (swings(momentum), swings(nesterov)) == ((141, 33), (8, 2))
    farthest = [along_and_across(trace)[0].max() for trace in (momentum, nesterov)]
    assert farthest == pytest.approx((1.07, 0.94), abs=0.005)
    assert (momentum.stop.step, nesterov.stop.step) == (484, 332)
    message = valley(0.95, 0.015, optimizer="nesterov").stop.message
    assert "η = 0.015 exceeds 2(1+β)/((1+2β)L) = 0.01345" in message
    assert valley(0.95, 0.015).stop.reason == "converged"
    assert "0.039 on this bowl" in valley(0.95, 0.0395).stop.message


# One rate for each coordinate


def root(on, steps=300, rate=0.4, **knobs):
    return bowl("rmsprop", on, steps, learning_rate=rate, **knobs)


def test_along_the_axes_every_valley_is_round():
    assert bowl("gradient_descent", STRAIGHT, 3000, learning_rate=0.01).stop.step == 1077
    paths = [root({"condition": condition, "rotation": 0}).x for condition in (1, 100, 1000)]
    assert [len(path) - 1 for path in paths] == [32, 32, 32]
    for path in paths[1:]:
        assert path == pytest.approx(paths[0], abs=3e-8)


def test_a_turned_valley_is_not():
    trace = root(TURNED)
    assert trace.stop.reason == "step limit"
    assert trace.best_fx[-1] == pytest.approx(0.08, abs=0.005)
    assert trace.fx[-20:] == pytest.approx(4, abs=0.005)
    assert length(trace, 300) == pytest.approx(0.57, abs=0.005)
    jump = trace.x[300] - trace.x[299]
    assert jump[0] == pytest.approx(-jump[1], rel=0.01)
    assert root({"condition": 100, "rotation": 10}).stop.reason == "step limit"
    assert root(TURNED, rate=0.2).fx[-1] == pytest.approx(1, abs=0.005)


def test_adagrad_never_forgets():
    trace = bowl("adagrad", TURNED, 300, learning_rate=0.5)
    assert abs(trace.x[1] - trace.x[0]) == pytest.approx((0.5, 0.5))
    assert trace.x[-1] == pytest.approx((-0.45, -0.95), abs=0.005)
    assert trace.fx[-1] == pytest.approx(2.1, abs=0.05)
    assert (length(trace, 1), length(trace, 100)) == pytest.approx((0.707, 0.0016), abs=5e-4)
    fresh = bowl("adagrad", TURNED, 300, start=(-2.0, -2.5), learning_rate=0.5)
    assert fresh.fx[-1] < 2e-4


def adam(factor, rate=0.1, steps=150, optimizer="adam"):
    formula = f"{factor}*(x**2/2 + 2*y**2)" if factor != 1 else "x**2/2 + 2*y**2"
    return run(optimizer, "formula", start=(-2.0, 1.0), steps=steps, on={"expression": formula}, learning_rate=rate)


@pytest.mark.parametrize("factor", [1, 1000])
def test_the_first_step_of_adam_is_the_rate_in_every_coordinate(factor):
    assert adam(factor, 1.0, 1).x[-1] == pytest.approx((-1, 0), abs=1e-8)
    for landscape in ("bowl", "rosenbrock", "himmelblau"):
        first = run("adam", landscape, steps=1, learning_rate=0.2).x
        assert abs(first[1] - first[0]) == pytest.approx((0.2, 0.2), abs=1e-6)


def test_adam_does_not_see_the_scale():
    assert adam(1000).landscape.gradient(np.array([-2.0, 1.0])) == pytest.approx((-2000, 4000))
    assert adam(1000).x == pytest.approx(adam(1).x, abs=1e-8)
    stop = adam(1000, optimizer="gradient_descent").stop
    assert (stop.reason, stop.step) == ("diverged", 2)


def test_decay_pulls_toward_zero():
    def decay(share):
        on = {"condition": 10, "rotation": 30}
        return bowl("adamw", on, 300, learning_rate=0.2, weight_decay=share)

    plain = bowl("adam", {"condition": 10, "rotation": 30}, 300, learning_rate=0.2)
    assert plain.stop.step == 263
    assert (decay(0.0).x == plain.x).all()
    assert decay(1.0).x[-1] == pytest.approx((0.36, 0.13), abs=0.005)
    assert decay(1.0).fx[-1] == pytest.approx(0.27, abs=0.005)
    assert np.linalg.norm(decay(0.1).x[-1] - LOWEST) < np.linalg.norm(decay(1.0).x[-1] - LOWEST) / 2


def test_a_schedule_lets_the_steps_settle():
    def ends(schedule, length):
        return root(TURNED, schedule=schedule, schedule_steps=length)

    found = [ends(*each).fx[-1] for each in (("cosine", 300), ("step", 50), ("inverse", 50), ("warmup", 50))]
    assert found == pytest.approx((0.00002, 0.0001, 0.08, 4), rel=0.15)
    early = ends("cosine", 50)
    assert (early.stop.step, early.fx[-1]) == pytest.approx((50, 2.15), abs=0.005)
    assert early.stop.reason == "schedule ended"


# Stochastic gradients and batch size

PATIENTS = LANDSCAPES["linear_regression"].make(standardized=True)
LEAST = PATIENTS.minima[0]


def some(optimizer, rate, steps, seed, **knobs):
    on = {"parameters": 2, "standardized": True}
    start = (-0.6, 1.1)
    return run(optimizer, "linear_regression", start=start, steps=steps, seed=seed, on=on, learning_rate=rate, **knobs)


def above(optimizer, rate, steps, last=1, **knobs):
    """How high above the minimum's f the mean over the last steps lies, as the median over all seeds."""
    runs = [some(optimizer, rate, steps, seed, **knobs) for seed in SEEDS]
    return float(np.median([trace.fx[-last:].mean() for trace in runs]) - LEAST.fx)


def singles(x):
    return np.array([PATIENTS.gradient_over(x, np.array([i])) for i in range(442)])


def test_single_gradients_are_right_on_average():
    start, end = np.array([-0.6, 1.1]), np.array(LEAST.x)
    assert (PATIENTS.value(start), LEAST.fx) == pytest.approx((3.27, 0.656), abs=0.005)
    for x in (start, end):
        assert singles(x).mean(axis=0) == pytest.approx(PATIENTS.gradient(x), abs=1e-13)
    assert PATIENTS.gradient(start) == pytest.approx((-2.4, 2.2), abs=0.05)
    assert singles(start).std(axis=0) == pytest.approx((3.5, 2.9), abs=0.05)
    assert singles(end).std(axis=0) == pytest.approx((1.5, 1.6), abs=0.05)


def test_one_patient_at_a_time_staggers_to_the_neighborhood():
    away = [np.linalg.norm(some("sgd", 0.02, 300, seed).x - LEAST.x, axis=1) for seed in SEEDS]
    assert max(np.median(each[150:]) for each in away) < 0.3 < 1.6 < away[0][0]
    assert {some("sgd", 0.02, 300, seed).stop.reason for seed in SEEDS} == {"step limit"}


def test_the_ball_of_noise_shrinks_with_the_rate():
    assert above("sgd", 0.05, 600, 200) == pytest.approx(0.067, abs=0.0005)
    assert above("sgd", 0.01, 600, 200) == pytest.approx(0.0115, abs=0.0001)
    assert above("sgd", 0.005, 600, 200) == pytest.approx(0.0049, abs=0.0001)
    assert above("sgd", 0.05, 27) == pytest.approx(0.054, abs=0.0005)
    assert above("sgd", 0.01, 27) == pytest.approx(0.92, abs=0.005)


def test_a_rate_that_shrinks_like_one_over_k_shrinks_the_ball():
    assert above("sgd", 0.1, 600) == pytest.approx(0.11, abs=0.005)
    assert above("sgd", 0.1, 600, schedule="inverse", schedule_steps=20) == pytest.approx(0.003, abs=0.0001)
    assert above("sgd", 0.1, 600, schedule="inverse", schedule_steps=1) == pytest.approx(0.18, abs=0.005)


def test_a_batch_calms_the_noise():
    one, sixteen = (above("mini_batch", 0.05, 300, 150, batch_size=b) for b in (1, 16))
    assert (one, sixteen) == pytest.approx((0.0654, 0.0038), rel=0.01)
    assert one / sixteen == pytest.approx(17, abs=0.5)


@pytest.mark.parametrize("x", [(-0.6, 1.1), LEAST.x])
def test_the_variance_of_a_batch_falls_as_one_over_its_size(x):
    rng = np.random.default_rng(0)
    each = singles(np.array(x))
    for b in (4, 16, 64):
        means = np.array([each[rng.choice(442, b, replace=False)].mean(axis=0) for _ in range(4000)])
        expected = each.var(axis=0) / b * (442 - b) / 441  # nobody is drawn twice
        assert means.var(axis=0) == pytest.approx(expected, rel=0.1)


def test_a_batch_of_all_is_gradient_descent():
    descent = some("gradient_descent", 0.05, 200, 0)
    whole = some("mini_batch", 0.05, 200, 0, batch_size=442)
    assert len(descent) < len(whole)
    assert (whole.x[: len(descent)] == descent.x).all()


def test_small_batches_win_early_and_large_ones_late():
    assert some("sgd", 0.02, 442, 3).fx[-1] == pytest.approx(0.67, abs=0.005)
    after = {b: LEAST.fx + above("mini_batch", 0.02, 442 // b, batch_size=b) for b in (4, 16, 442)}
    assert LEAST.fx + above("sgd", 0.02, 442) == pytest.approx(0.67, abs=0.005)
    assert (after[4], after[16], after[442]) == pytest.approx((0.661, 0.94, 3.07), abs=0.005)
    assert some("mini_batch", 0.02, 27, 0, batch_size=16).evaluations.examples[-1] == 432
    descent = some("gradient_descent", 0.02, 100, 0)
    assert descent.evaluations.examples[-1] == 44_200
    assert descent.fx[-1] - LEAST.fx == pytest.approx(0.0007, abs=0.00005)
    assert above("sgd", 0.02, 600, 200) == pytest.approx(0.02, abs=0.005)


def noisy(optimizer, rate, **knobs):
    """How high it hovers, and the first step below 0.5, as medians over all seeds."""
    on = {"noise": 1.0}
    runs = [
        run(optimizer, "noisy_quadratic", start=(-4.0, 3.0), steps=400, seed=s, on=on, learning_rate=rate, **knobs)
        for s in SEEDS
    ]
    return np.median([t.fx[-200:].mean() for t in runs]), np.median([(t.fx < 0.5).argmax() for t in runs])


def test_momentum_in_noise_is_like_a_larger_rate():
    assert noisy("gradient_descent", 0.02) == pytest.approx((0.0103, 79.5), rel=0.01)
    assert noisy("momentum", 0.02, beta=0.9) == pytest.approx((0.103, 16), rel=0.01)
    assert noisy("momentum", 0.002, beta=0.9) == pytest.approx((0.0094, 75), rel=0.01)
    assert noisy("gradient_descent", 0.2)[0] == pytest.approx(0.134, rel=0.01)
    assert noisy("adam", 0.2)[0] == pytest.approx(0.058, rel=0.02)
