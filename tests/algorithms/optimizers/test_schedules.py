"""Learning-rate schedules: each share against its formula, in every method that follows one, and how they end a run."""

from math import cos, pi

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Landscape, Run, record

SCHEDULED = [id for id, entry in OPTIMIZERS.items() if "schedule" in entry.knobs]
FORMULAS = {  # the learning rate of step k of a schedule of length 20, with η = 0.08
    "constant": lambda k: 0.08,
    "step": lambda k: 0.08 / 2 ** (k // 20),
    "inverse": lambda k: 0.08 / (1 + k / 20),
    "cosine": lambda k: 0.04 * (1 + cos(pi * k / 20)) if k <= 20 else 0.0,
    "warmup": lambda k: 0.08 * (k + 1) / 20 if k < 20 else 0.08,
}


@pytest.mark.parametrize("schedule", FORMULAS)
def test_a_step_is_as_long_as_the_schedule_says(schedule):
    """Down a slope of 1, where the step is the rate."""
    plane = Landscape("slope", lambda x: x[..., 0], [-9], [9], gradient=np.ones_like)
    knobs = {"learning_rate": 0.08, "schedule": schedule, "schedule_steps": 20}
    trace = record(Run("gradient_descent", plane, knobs, start=(5,), steps=65))
    frames = 20 if schedule == "cosine" else 66
    assert len(trace) == frames + (schedule == "cosine")
    expected = [FORMULAS[schedule](k) for k in range(len(trace))]
    assert trace.value("rate") == pytest.approx(expected, abs=1e-16)
    assert -trace.value("step")[:-1, 0] == pytest.approx(expected[:-1], abs=1e-14)


@pytest.mark.parametrize("optimizer", SCHEDULED)
def test_every_method_follows_its_schedule(optimizer):
    """Warmed up, its first step is a fraction of the full one; halved or ended, it leaves the constant path then."""
    landscape = "linear_regression" if "data" in OPTIMIZERS[optimizer].needs else "himmelblau"
    rate = dict(Run.suggested(optimizer, landscape).knobs)["learning_rate"]

    def path(rate, **schedule):
        return record(Run(optimizer, landscape, {"learning_rate": rate} | schedule, steps=8)).x

    constant, warmed = path(rate), path(4 * rate, schedule="warmup", schedule_steps=4)
    assert warmed[1] == pytest.approx(constant[1], rel=1e-13), "the first of four steps up to four times the rate"
    halved = path(rate, schedule="step", schedule_steps=3)
    assert np.array_equal(halved[:4], constant[:4])
    assert (halved[4] != constant[4]).any()
    ended = path(rate, schedule="cosine", schedule_steps=3)
    assert (ended[3:] == ended[3]).all()
    assert (ended[2] != ended[3]).any()


@pytest.mark.parametrize("optimizer", [id for id in SCHEDULED if OPTIMIZERS[id].stops])
def test_a_run_says_that_its_schedule_ended_the_steps(optimizer):
    knobs = {"learning_rate": 1e-3, "schedule": "cosine", "schedule_steps": 10}
    trace = record(Run(optimizer, "himmelblau", knobs, start=(-0.7, 2.3), steps=200))
    assert (trace.stop.reason, trace.stop.step) == ("schedule ended", 10)
    assert (
        trace.stop.message == "Stopped after 10 steps: the cosine schedule leaves almost nothing of the learning rate."
    )
    slope = trace.landscape.gradient(trace.x[-1])
    assert abs(slope).max() > 1, "which is no minimum"


def test_a_run_that_is_there_before_its_schedule_ends_says_that_it_converged():
    knobs = {"learning_rate": 0.4, "schedule": "cosine", "schedule_steps": 500}
    trace = record(Run("gradient_descent", "quadratic", knobs, start=(5,)))
    assert trace.stop.message.startswith("Converged after")
    assert abs(trace.x[-1, 0]) < 1e-5


def test_the_schedule_is_idle_where_it_is_constant():
    on = LANDSCAPES["himmelblau"].make()
    one, other = (record(Run("adam", on, {"schedule_steps": length}, steps=50)).x for length in (1, 999))
    assert np.array_equal(one, other)
