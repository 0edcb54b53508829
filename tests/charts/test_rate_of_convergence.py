"""Rates of convergence: measured ones agree with the theory where there is one, and are left out where unclear."""

import numpy as np
import pytest

from algorithms import Run, record
from dashboard.charts.rate_of_convergence import digits, rate

FLOOR = 1e-12


def errors(optimizer, landscape, knobs=(), **given):
    trace = record(Run(optimizer, landscape, knobs, **given))
    away = np.linalg.norm(trace.x[:, None] - np.array([m.x for m in trace.landscape.minima]), axis=-1)
    return away[:, away[-1].argmin()]


@pytest.mark.parametrize("condition", [10, 100])
@pytest.mark.parametrize("share", [0.5, 1.0, 1.8, 1.95])
def test_gradient_descent_on_a_bowl_has_the_factor_of_the_theory(condition, share):
    eta = share / condition
    found = rate(errors("gradient_descent", "bowl", {"learning_rate": eta}, landscape_knobs={"condition": condition},
                        steps=2000), FLOOR)  # fmt: skip
    assert found.kind == "linear"
    assert found.factor == pytest.approx(max(abs(1 - eta), abs(1 - eta * condition)), rel=3e-3)
    assert not found.swings


@pytest.mark.parametrize("condition", [10, 100])
def test_momentum_at_its_best_pair_has_nearly_the_root_of_beta(condition):
    """A double root: the error is k βᵏᐟ², so its factor comes to √β only slowly, from above."""
    root = np.sqrt(condition)
    beta = ((root - 1) / (root + 1)) ** 2
    knobs = {"learning_rate": (2 / (root + 1)) ** 2, "beta": beta}
    found = rate(errors("momentum", "bowl", knobs, landscape_knobs={"condition": condition}, steps=400), FLOOR)
    assert found.kind == "linear"
    assert np.sqrt(beta) < found.factor < 1.06 * np.sqrt(beta)


@pytest.mark.parametrize(("condition", "beta"), [(10, 0.8), (10, 0.9), (10, 0.97), (100, 0.9), (100, 0.97)])
def test_swings_have_the_factor_of_their_envelope(condition, beta):
    knobs = {"learning_rate": 1 / condition, "beta": beta}
    found = rate(errors("momentum", "bowl", knobs, landscape_knobs={"condition": condition}, steps=600), FLOOR)
    assert found.swings
    assert found.factor == pytest.approx(np.sqrt(beta), rel=2e-3)


def test_adam_swings_in_with_the_root_of_beta1():
    for landscape in ("sphere", "himmelblau", "quadratic"):
        found = rate(errors("adam", landscape, {"learning_rate": 0.2}, steps=1000), FLOOR)
        assert (found.kind, found.swings) == ("linear", True)
        assert found.factor == pytest.approx(np.sqrt(0.9), rel=3e-3)


@pytest.mark.parametrize(
    ("landscape", "start"), [("cubic", (3,)), ("cubic", (1.4,)), ("rosenbrock", None), ("himmelblau", (4.5, 4.5))]
)
def test_newton_is_quadratic(landscape, start):
    found = rate(errors("newton", landscape, start=start), FLOOR)
    assert found.kind == "quadratic"
    assert 1.75 <= found.order <= 2.6
    if landscape == "cubic":
        assert found.order == pytest.approx(2, abs=0.1)


def test_digits_double():
    assert digits((1.4e-1, 1.2e-2, 1.1e-4, 9.0e-9)) == [1, 2, 4, 8]


def test_superlinear_is_neither_linear_nor_quadratic():
    """The secant method: every number of digits is the sum of the two before."""
    fibonacci = 10.0 ** -np.array([0.5, 0.8, 1.3, 2.1, 3.4, 5.5, 8.9])
    assert rate(fibonacci, 1e-13).kind == "superlinear"


def test_rounding_is_no_part_of_a_rate():
    noise = np.random.default_rng(1).uniform(1e-16, 1e-15, 100)
    e = np.concatenate([0.5 ** np.arange(40), noise])
    found = rate(e, 1e-13)
    assert found.factor == pytest.approx(0.5)
    assert e[found.last] > 1e-13


def test_a_few_noisy_errors_do_not_spoil_the_factor():
    e = 0.9 ** np.arange(120) * np.exp(np.random.default_rng(2).normal(0, 0.15, 120))
    assert rate(e).factor == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    "unclear",
    [
        [], [1.0], [1.0, 0.5, 0.25], np.ones(50), 1 / np.arange(1, 200), 1 / np.sqrt(np.arange(1, 500)),
        1.1 ** np.arange(40), [1.0, np.nan, 0.1, 0.01] * 5, [0.0] * 20,
        np.random.default_rng(3).uniform(0.5, 1, 60), [1.0, 0.9, 1e-16],
    ],
)  # fmt: skip
def test_what_is_unclear_gets_no_rate(unclear):
    assert rate(np.asarray(unclear, float), 1e-13) is None
