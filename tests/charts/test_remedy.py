"""Remedies are true: what is suggested was recorded and does better."""

from itertools import product

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, fitting, record
from dashboard.charts.course import course
from dashboard.charts.diagnosis import diagnose
from dashboard.charts.remedy import remedy

SCHEDULE = {"schedule", "schedule_steps"}  # which change together
GROUNDS = [ground.id for ground in LANDSCAPES.values() if ground.kind != "tours"]
RATES = (1e-3, 0.01, 0.1, 0.5)
GRID = [
    Run(entry.id, ground, {name: rate}, start=tuple(share * LANDSCAPES[ground].make().high), steps=150)
    for ground in GROUNDS
    for entry in fitting(LANDSCAPES[ground].make())
    for name in ("learning_rate",)
    if name in entry.knobs
    for rate, share in product(RATES, (-0.7, 0.6))
] + [
    Run(entry.id, ground, start=tuple(share * LANDSCAPES[ground].make().high), steps=60)
    for ground in GROUNDS
    for entry in fitting(LANDSCAPES[ground].make())
    if not entry.stochastic and "learning_rate" not in entry.knobs
    for share in np.linspace(-0.8, 0.9, 5)
]


def changed(trace, found):
    run, repairs = Run.from_query(trace.run.to_query() | dict(found.changes))
    assert not repairs
    assert run != trace.run
    return record(run)


def test_what_is_suggested_does_better():
    suggestions = 0
    for run in GRID:
        trace = record(run)
        found = remedy(trace)
        if found is None:
            continue
        suggestions += 1
        after = changed(trace, found)
        now, then = diagnose(after), diagnose(trace)
        assert after.stop.reason != "diverged"
        lower = after.best_fx[-1] < trace.best_fx[-1]
        sooner = now.arrival is not None and (then.arrival is None or now.arrival < then.arrival)
        nearer = "nearer" in found.question and course(after).level < course(trace).level
        assert lower or sooner or nearer, (run, found)
        if "settle?" in found.question:
            assert now.arrival is not None
        if "sooner" in found.question:
            assert now.arrival < then.arrival
        if "lower" in found.question:
            assert lower
        assert len(found.changes) == 1 or {key.partition(".")[2] for key, _ in found.changes} == SCHEDULE
        assert len(found.change) <= 44, "one line of the outcome box"
    assert suggestions > len(GRID) / 8


def test_only_single_points_with_a_known_course_get_one():
    for ground in LANDSCAPES.values():
        for entry in fitting(ground.make()):
            trace = record(Run.suggested(entry.id, ground.id))
            if remedy(trace):
                assert course(trace).kind
                assert "moves" not in entry.needs


@pytest.mark.parametrize(
    ("rate", "change"),
    [
        (0.001, "Raise η from 0.001 to 0.1"), (0.05, "Raise η from 0.05 to 0.1"), (0.199, "Lower η from 0.199 to 0.1"),
        (0.21, "Lower η from 0.21 to 0.1"), (0.5, "Lower η from 0.5 to 0.1"),
    ],
)  # fmt: skip
def test_the_step_size_goes_to_half_of_a_known_limit(rate, change):
    assert remedy(record(Run("gradient_descent", "bowl", {"learning_rate": rate}, steps=60))).change == change


def test_without_a_known_limit_the_step_size_is_multiplied():
    trace = record(Run("gradient_descent", "rosenbrock", {"learning_rate": 0.0005}, steps=500))
    assert remedy(trace).change == "Raise η from 5 × 10⁻⁴ to 0.0015"


def test_a_ball_that_swings_keeps_less_of_its_velocity():
    trace = record(Run("momentum", "bowl", {"learning_rate": 0.01, "beta": 0.99}))
    assert remedy(trace).prompt == "Lower β from 0.99 to 0.9: does it settle?"


def test_by_a_saddle_the_start_moves_off_the_axis():
    knobs = {"learning_rate": 0.001}
    trace = record(Run("gradient_descent", "himmelblau", knobs, start=(0.086, 2.884), steps=60))
    found = remedy(trace)
    assert found.change.startswith("Start at (")
    assert course(changed(trace, found)).kind != "saddle"


def test_a_quick_run_and_a_quadratic_one_need_none():
    assert remedy(record(Run("newton", "cubic", start=(3,)))) is None
    assert remedy(record(Run.suggested("gradient_descent", "himmelblau"))) is None
    assert all(not remedy(record(Run.suggested(id, "sphere"))) for id, entry in OPTIMIZERS.items()
               if entry.fits(LANDSCAPES["sphere"].make()) and entry.stochastic)  # fmt: skip
