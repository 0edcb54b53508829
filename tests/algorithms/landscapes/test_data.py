"""Landscapes made from data are what they say of their examples."""

import numpy as np
import pytest

from algorithms import LANDSCAPES


@pytest.mark.parametrize("standardized", [True, False])
@pytest.mark.parametrize("parameters", [1, 2])
def test_the_loss_is_the_mean_square_of_the_errors(parameters, standardized):
    fit = LANDSCAPES["linear_regression"].make(parameters=parameters, standardized=standardized)
    x = np.random.default_rng(0).uniform(-5, 5, (200, parameters))
    errors = fit.predict(x, fit.inputs) - fit.targets
    assert fit.value(x) == pytest.approx((errors**2).mean(axis=-1), rel=1e-10)
    (lowest,) = fit.minima
    assert fit.value(np.array(lowest.x)) == lowest.fx
