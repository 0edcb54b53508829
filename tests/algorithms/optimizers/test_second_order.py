"""BFGS, L-BFGS and conjugate gradients beside SciPy's, by the equations that define them, and their line search."""

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from algorithms import LANDSCAPES, Counted, Landscape, Run, record
from algorithms.line_search import backtracking, strong_wolfe

SEARCHERS = {"bfgs": 0.9, "lbfgs": 0.9, "conjugate_gradient": 0.1}  # the share c₂ of the slope that may be left


def quadratic(d, condition=10.0, seed=0):
    """½ (x − c)ᵀA(x − c) with eigenvalues from 1 to `condition`, turned at random; and A and c."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    A, c = Q @ np.diag(np.geomspace(1, condition, d)) @ Q.T, rng.uniform(-2, 2, d)
    return (
        Landscape(
            "quadratic",
            value=lambda x: ((x - c) @ A * (x - c)).sum(axis=-1) / 2,
            gradient=lambda x: (x - c) @ A,
            low=np.full(d, -5),
            high=np.full(d, 5),
            start=rng.uniform(-4, 4, d),
        ),
        A,
        c,
    )


@pytest.mark.parametrize("start", [(-1.2, 1.0), (0.5, 2.5), (-1.7, -0.6), (1.6, 2.9)])
@pytest.mark.parametrize(("optimizer", "name"), [*zip(SEARCHERS, ("BFGS", "L-BFGS-B", "CG"))])
def test_rosenbrock_takes_hardly_more_evaluations_than_scipy(optimizer, name, start):
    trace = record(Run(optimizer, "rosenbrock", start=start, steps=500))
    k = int((trace.fx <= 1e-9).argmax())
    assert trace.fx[k] <= 1e-9
    peer = minimize(rosen, start, jac=rosen_der, method=name)
    assert peer.fun <= 1e-9
    assert trace.evaluations.gradients[k] <= 1.25 * peer.njev
    assert trace.evaluations["values"][k] <= 1.25 * peer.nfev


@pytest.mark.parametrize("start", [(-1.2, 1.0), (0.5, 2.5), (-1.7, -0.6)])
def test_bfgs_fulfills_the_secant_condition_and_stays_positive(start):
    trace = record(Run("bfgs", "rosenbrock", start=start))
    H, s, y = trace.inverse_hessian, np.diff(trace.x, axis=0), np.diff(trace.value("gradient"), axis=0)
    assert len(trace) > 15
    for k in range(len(s)):
        assert H[k + 1] @ y[k] == pytest.approx(s[k], rel=1e-6, abs=1e-12)
    assert np.allclose(H, H.swapaxes(1, 2), rtol=1e-9, atol=1e-12)
    assert (np.linalg.eigvalsh(H) > 0).all()


@pytest.mark.parametrize("d", [2, 3, 5, 8])
def test_the_estimate_of_bfgs_turns_into_the_inverse_hessian(d):
    landscape, A, c = quadratic(d)
    trace = record(Run("bfgs", landscape, steps=100))
    assert trace.x[-1] == pytest.approx(c, abs=1e-6)
    off = [np.linalg.norm(H @ A - np.eye(d)) for H in trace.inverse_hessian]
    assert off[-1] < 0.3
    assert off[-1] < off[0] / 20


def test_bfgs_converges_superlinearly_and_gradient_descent_does_not():
    trace = record(Run("bfgs", "rosenbrock", start=(-1.2, 1.0)))
    error = np.linalg.norm(trace.x - 1, axis=1)
    ratio = error[1:] / error[:-1]
    assert np.median(ratio[:-5]) > 0.5
    assert (ratio[-3:] < 0.06).all()
    plain = record(Run("gradient_descent", "rosenbrock", {"learning_rate": 0.0015}, start=(-1.2, 1.0), steps=10_000))
    slow = np.linalg.norm(plain.x - 1, axis=1)
    assert slow[-1] / slow[-2] > 0.99


def updated(H, s, y):
    """Nocedal and Wright 2006, eq. 6.17, multiplied out."""
    rho, Hy = 1 / (s @ y), H @ y
    return H - rho * (np.outer(s, Hy) + np.outer(Hy, s)) + (rho**2 * (y @ Hy) + rho) * np.outer(s, s)


@pytest.mark.parametrize("memory", [1, 3, 30])
@pytest.mark.parametrize("d", [2, 5])
def test_the_two_loops_of_lbfgs_are_the_matrix_of_bfgs(memory, d):
    """BFGS over the last m pairs, started from the last one's scaling: eq. 7.20."""
    trace = record(Run("lbfgs", "rosenbrock", {"memory": memory}, {"dimension": d}, steps=25))
    s, g = np.diff(trace.x, axis=0), trace.value("gradient")
    y = np.diff(g, axis=0)
    assert trace.direction[1] == pytest.approx(-g[0])
    for k in range(1, len(trace) - 1):
        H = np.eye(d) * (s[k - 1] @ y[k - 1]) / (y[k - 1] @ y[k - 1])
        for i in range(max(0, k - memory), k):
            H = updated(H, s[i], y[i])
        scale = abs(trace.direction[k + 1]).max()
        assert trace.direction[k + 1] == pytest.approx(-H @ g[k], rel=1e-6, abs=1e-6 * scale)
        assert trace.value("inverse_hessian")[k] == pytest.approx(H, rel=1e-6, abs=1e-6 * abs(H).max())


def test_lbfgs_and_bfgs_are_one_until_their_scalings_differ():
    """Both scale by the first pair before they use it; from the second pair on, L-BFGS scales by the last."""
    one, other = (record(Run(id, "rosenbrock", start=(-1.2, 1.0))) for id in ("bfgs", "lbfgs"))
    assert one.x[:3] == pytest.approx(other.x[:3], rel=1e-12)
    assert abs(one.direction[3] / other.direction[3] - 1).max() > 0.1


@pytest.mark.parametrize(("memory", "d"), [(1, 4), (3, 4), (10, 4)])
def test_lbfgs_remembers_its_last_pairs(memory, d):
    trace = record(Run("lbfgs", "rosenbrock", {"memory": memory}, {"dimension": d}, steps=15))
    s, y = np.diff(trace.x, axis=0), np.diff(trace.value("gradient"), axis=0)
    assert trace.pair_steps.shape == trace.pair_slopes.shape == (16, memory, d)
    for k in range(16):
        first, n = max(0, k - memory), min(k, memory)
        assert trace.pair_steps[k, :n] == pytest.approx(s[first:k])
        assert trace.pair_slopes[k, :n] == pytest.approx(y[first:k], abs=1e-12)
        assert np.isnan(trace.pair_steps[k, n:]).all()


def test_a_handful_of_pairs_is_nearly_as_good():
    steps = {
        m: len(record(Run("lbfgs", "rosenbrock", {"memory": m}, {"dimension": 20}, steps=2000))) for m in (1, 5, 30)
    }
    assert steps[5] < 1.6 * steps[30]
    assert steps[5] < steps[1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("d", [2, 3, 5, 8])
def test_conjugate_gradients_end_a_quadratic_in_d_steps(d, seed):
    landscape, A, c = quadratic(d, seed=seed)
    trace = record(Run("conjugate_gradient", landscape))
    assert len(trace) - 1 <= d
    assert trace.stop.reason == "converged"
    assert trace.x[-1] == pytest.approx(c, abs=1e-5)
    P = trace.direction[1:] / np.linalg.norm(trace.direction[1:], axis=1)[:, None]
    conjugate = P @ A @ P.T
    assert abs(conjugate - np.diag(np.diag(conjugate))).max() < 1e-4
    g = trace.value("gradient")
    assert -g[:-1] + trace.conjugacy[1:, None] * trace.direction[:-1] == pytest.approx(trace.direction[1:])


@pytest.mark.parametrize("landscape", ["rosenbrock", "himmelblau", "bowl", "booth", "styblinski_tang", "double_well"])
@pytest.mark.parametrize("optimizer", SEARCHERS)
def test_every_step_fulfills_the_strong_wolfe_conditions(optimizer, landscape):
    place = LANDSCAPES[landscape].make()
    width = (place.high - place.low).max()
    for start in np.random.default_rng(0).uniform(place.low, place.high, (12, place.dimension)):
        trace = record(Run(optimizer, landscape, start=start))
        g, p, length = trace.value("gradient"), trace.direction[1:], trace.step_length[1:]
        assert trace.x[1:] == pytest.approx(trace.x[:-1] + length[:, None] * p, rel=1e-12)
        before, after = (p * g[:-1]).sum(axis=1), (p * g[1:]).sum(axis=1)
        assert (before < 0).all()
        assert (length > 0).all()
        assert (trace.fx[1:] <= trace.fx[:-1] + 1e-4 * length * before).all()
        longest = length * abs(p).max(axis=1) >= width * (1 - 1e-9)  # no step is longer than the domain is wide
        assert (longest | (abs(after) <= -SEARCHERS[optimizer] * before + 1e-10)).all()  # at the end all is rounding
        assert longest.sum() <= 2


@pytest.mark.parametrize("first", [1.0, 0.03, 4.0])
def test_a_fall_too_small_for_the_slope_is_not_taken(first):
    """f = −(1 − e^(−sx))/s with s = 10⁵ is level at 1, but fell there by a tenth of what c₁ = 10⁻⁴ asks."""
    steep = Landscape(
        "shallow step",
        lambda x: np.expm1(-1e5 * x[..., 0]) / 1e5,
        [-5],
        [5],
        gradient=lambda x: -np.exp(-1e5 * x),
    )
    x, f = np.zeros(1), Counted(steep)
    for found in (
        backtracking(f, x, 0.0, -1.0, np.ones(1)),
        strong_wolfe(f, x, 0.0, -np.ones(1), np.ones(1), first),
    ):
        assert 0 < found.length < 0.1
        assert found.fx <= -1e-4 * found.length
    assert steep.value(np.ones(1)) > -1e-4


@pytest.mark.parametrize("optimizer", SEARCHERS)
def test_what_converged_is_level(optimizer):
    """A small step alone says little: from (0.5, 2.5), conjugate gradients once make one across Rosenbrock's valley."""
    starts = [(0.5, 2.5), *np.random.default_rng(0).uniform([-2, -1], [2, 3], (20, 2))]
    for start in starts:
        trace = record(Run(optimizer, "rosenbrock", start=start))
        assert trace.stop.message == "Converged: every component of the gradient is at most 0.000001."
        assert abs(rosen_der(trace.x[-1])).max() <= 1e-6
        assert (abs(trace.value("gradient")[:-1]).max(axis=1) > 1e-6).all()
