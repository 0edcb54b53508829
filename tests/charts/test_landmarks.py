"""Landmarks of a path: steps uphill, turns, zigzags and basins are where the bookmarks say they are."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, Run, fitting, record
from dashboard.charts import landmarks
from dashboard.charts.bookmarks import MOST, bookmarks
from dashboard.charts.diagnosis import diagnose, rises
from dashboard.charts.wording import number

SINGLE = [
    (entry.id, ground.id)
    for ground in LANDSCAPES.values()
    if ground.kind != "tours"
    for entry in fitting(ground.make())
    if not entry.stochastic
]


def named(marks, word):
    return [mark for mark in marks if mark.label.startswith(word)]


@pytest.mark.parametrize(("optimizer", "landscape"), SINGLE)
def test_steps_uphill_lead_up_by_as_much_as_is_said(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape))
    marks = landmarks.uphill(trace)
    for mark in marks:
        rise = trace.fx[mark.frame] - trace.fx[mark.frame - 1]
        assert rise > 0
        assert mark.label.endswith(f"f up by {number(rise)}")
    for mark in named(marks, "largest"):
        assert trace.fx[mark.frame] - trace.fx[mark.frame - 1] == np.diff(trace.fx).max()
    if not rises(trace.fx).any():
        assert not marks


def test_the_only_step_uphill_is_called_that():
    trace = record(Run("gradient_descent", "rosenbrock", {"learning_rate": 0.003}, steps=2))
    (mark,) = landmarks.uphill(trace)
    assert mark.label == f"only step uphill, f up by {number(np.diff(trace.fx).max())}"
    assert mark in bookmarks(trace)


def angle(trace, k):
    before, after = trace.x[k] - trace.x[k - 1], trace.x[k + 1] - trace.x[k]
    cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_the_first_turn_back_is_by_more_than_90_degrees_and_none_before_is():
    trace = record(Run("momentum", "himmelblau", {"learning_rate": 0.003, "beta": 0.97}, start=(-2, 0), steps=400))
    (mark,) = named(bookmarks(trace), "first turn back")
    assert mark.label == f"first turn back, by {angle(trace, mark.frame):.0f}°"
    assert angle(trace, mark.frame) > 90
    assert all(angle(trace, k) <= 90 for k in range(1, mark.frame))


def test_a_zigzag_has_a_beginning_and_an_end():
    trace = record(Run.suggested("momentum", "rastrigin"))
    (begin,), (end,) = (named(bookmarks(trace), f"zigzag {what}") for what in ("begins", "ends"))
    turns = end.frame - begin.frame + 1
    assert begin.label == f"zigzag begins, {turns} turns in a row"
    assert end.label == f"zigzag ends, after {turns} turns"
    assert all(angle(trace, k) > 90 for k in range(begin.frame, end.frame + 1))
    assert angle(trace, begin.frame - 1) <= 90
    assert angle(trace, end.frame + 1) <= 90


def test_a_zigzag_down_to_the_last_step_has_no_end():
    trace = record(Run("gradient_descent", "bowl", {"learning_rate": 0.19}, steps=60))
    assert landmarks.turns(trace)[0].label == "zigzag begins, 59 turns in a row"
    assert not named(bookmarks(trace), "zigzag ends")


def test_a_straight_way_has_no_turn():
    assert landmarks.turns(record(Run("gradient_descent", "sphere", {"learning_rate": 0.1}))) == []


@pytest.mark.parametrize("beta", [0.0, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("start", [(0, -4), (-1, 0.5), (0.5, 4), (-4, -0.5)])
def test_from_the_basin_on_every_way_down_leads_to_the_same_minimum(beta, start):
    trace = record(Run("momentum", "himmelblau", {"learning_rate": 0.005, "beta": beta}, start=start, steps=400))
    seen = diagnose(trace)
    assert seen.arrival is not None
    inside = landmarks.leads_to(trace, trace.x, seen.nearest)
    found = landmarks.basin(trace)
    if not found:
        assert inside.all()
        return
    assert inside[found[0].frame :].all()
    assert not inside[found[0].frame - 1]
    assert found[0].label.startswith("basin entered, of the minimum at ")


def test_some_runs_do_enter_a_basin():
    knobs = {"learning_rate": 0.005, "beta": 0.9}
    runs = (record(Run("momentum", "himmelblau", knobs, start=(0, y), steps=400)) for y in range(-4, 4))
    assert any(named(bookmarks(trace), "basin entered") for trace in runs)


def test_the_way_down_ends_where_a_fine_gradient_descent_does():
    land = LANDSCAPES["himmelblau"].make()
    x = np.random.default_rng(0).uniform(-5, 5, (60, 2))
    fine = x.copy()
    for _ in range(4000):
        fine = fine - 1e-3 * land.gradient(fine)
    trace = record(Run("gradient_descent", "himmelblau", {"learning_rate": 0.01}, steps=3))
    for minimum in land.minima:
        there = np.linalg.norm(fine - np.array(minimum.x), axis=1) < 0.1
        assert np.mean(landmarks.leads_to(trace, x, minimum) == there) > 0.96


@pytest.mark.parametrize("landscape", ["bowl", "sphere", "rosenbrock", "cubic"])
def test_the_only_valley_is_no_news(landscape):
    trace = record(Run.suggested("momentum", landscape))
    assert not named(bookmarks(trace), "basin entered")


def test_the_most_telling_marks_are_kept_and_one_a_frame():
    trace = record(Run("momentum", "rastrigin", {"learning_rate": 0.008, "beta": 0.95}, start=(4.3, -4.2), steps=600))
    marks = bookmarks(trace, record(Run("momentum", "rastrigin", {"learning_rate": 0.008}, start=(4.3, -4.2))))
    assert 8 < len(marks) == len({mark.frame for mark in marks}) <= MOST
    for word in ("here the two runs part", "lowest f", "largest step uphill"):
        assert named(marks, word)
