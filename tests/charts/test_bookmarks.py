"""Bookmarks: what they say happened at a frame did happen there."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, Run, fitting, record
from dashboard.charts.bookmarks import MOST, bookmarks
from dashboard.charts.diagnosis import diameter, is_tour
from dashboard.charts.spread import diversity
from dashboard.charts.tour_words import yardstick
from dashboard.charts.words import frame_word, number

PAIRS = [(entry.id, place.id) for place in LANDSCAPES.values() for entry in fitting(place.make())]
SIGNS = {"diamond", "fork", "triangle", "cross", "x"}


def named(marks, word):
    return [mark for mark in marks if word in mark.label]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_marks_are_few_sorted_and_true(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape))
    marks = bookmarks(trace)
    assert len(marks) <= MOST
    assert [m.frame for m in marks] == sorted({m.frame for m in marks})
    for mark in marks:
        assert 0 <= mark.frame < len(trace)
        assert mark.sign in SIGNS
        assert "nan" not in mark.label
    for mark in named(marks, "no new best"):
        stretch = int(mark.label.split()[4].replace(",", ""))
        assert trace.best_fx[mark.frame - 1 : mark.frame + stretch].max() == trace.best_fx[mark.frame - 1]
        same = np.diff(np.flatnonzero(np.diff(trace.best_fx, prepend=np.inf, append=-np.inf) < 0)) - 1
        lowest = yardstick(trace) if is_tour(trace) else 0
        assert stretch == same.max() or abs(trace.best_fx[-1] - lowest) < 1e-9  # than the lowest nothing is better
    for mark in [each for each in marks if each.label.startswith("new best")]:
        assert trace.best_fx[mark.frame] < trace.best_fx[mark.frame - 1]
        f = "length" if is_tour(trace) else "f ="
        assert mark.label == f"new best, {f} {number(trace.best_fx[mark.frame])}"
    for mark in named(marks, "climb"):
        assert trace.fx[mark.frame] > trace.fx[mark.frame - 1]
        assert mark.frame + 1 == len(trace) or trace.fx[mark.frame + 1] <= trace.fx[mark.frame]
    for mark in named(marks, "accepted although"):
        assert trace.accepted[mark.frame]
        assert trace.fx[mark.frame] > trace.fx[mark.frame - 1]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_the_best_step_of_the_run_is_marked(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape))
    word = "best tour" if is_tour(trace) else "lowest f"
    if "visited" in trace.fields:  # half a tour is no achievement
        assert not named(bookmarks(trace), word)
        return
    if trace.stop.reason == "diverged":  # downwards without end, on a landscape without a bottom
        assert named(bookmarks(trace), "diverges")
        return
    (lowest,) = named(bookmarks(trace), word)
    assert trace.best_fx[lowest.frame] == trace.best_fx[-1]
    assert lowest.frame == 0 or trace.best_fx[lowest.frame - 1] > trace.best_fx[-1]
    assert lowest.label.startswith(f"{word}, {frame_word(trace)} {lowest.frame:,}")


def test_of_a_run_with_many_new_bests_the_lowest_is_kept():
    trace = record(Run("momentum", "himmelblau", {"learning_rate": 0.005, "beta": 0.9}, start=(0, -4)))
    (lowest,) = named(bookmarks(trace), "lowest f")
    assert lowest.frame == int(np.argmin(trace.fx))


def test_a_fall_without_a_climb_marks_only_its_end():
    trace = record(Run("gradient_descent", "sphere", knobs={"learning_rate": 0.1}))
    assert [mark.label for mark in bookmarks(trace)] == [f"lowest f, step {len(trace) - 1}"]


def test_a_streak_of_new_bests_is_one_mark_at_its_end():
    trace = record(Run.suggested("momentum", "himmelblau", start=(0, -4)))
    better = np.append(np.append(False, np.diff(trace.best_fx) < 0), False)
    for mark in [each for each in bookmarks(trace) if each.label.startswith("new best")]:
        assert better[mark.frame]
        assert not better[mark.frame + 1]


def test_divergence_is_marked_at_the_last_frame():
    trace = record(Run("gradient_descent", "bowl", knobs={"learning_rate": 0.5}))
    assert [(m.frame, m.sign) for m in named(bookmarks(trace), "diverges")] == [(len(trace) - 1, "cross")]


def test_a_diverging_run_says_since_when_it_was_lost():
    trace = record(Run("gradient_descent", "bowl", {"learning_rate": 0.21}, steps=5000))
    assert trace.stop.reason == "diverged"
    (lost,) = named(bookmarks(trace), "above its start")
    assert (trace.fx[lost.frame :] > trace.fx[0]).all()
    assert trace.fx[lost.frame - 1] <= trace.fx[0]


def test_the_fork_is_the_first_frame_at_which_the_runs_are_apart():
    ghost = record(Run.suggested("momentum", "himmelblau", knobs={"beta": 0.8}, start=(0, -4)))
    trace = record(Run.suggested("momentum", "himmelblau", knobs={"beta": 0.9}, start=(0, -4)))
    (fork,) = [m for m in bookmarks(trace, ghost) if m.sign == "fork"]
    common = min(len(trace), len(ghost))
    apart = np.linalg.norm(trace.x[:common] - ghost.x[:common], axis=1)
    limit = 0.01 * np.linalg.norm(trace.landscape.high - trace.landscape.low)
    assert apart[fork.frame] > limit
    assert (apart[: fork.frame] <= limit).all()
    assert not [m for m in bookmarks(trace, trace) if m.sign == "fork"]
    assert not [m for m in bookmarks(trace) if m.sign == "fork"]


def test_a_collapse_is_marked_where_the_swarm_stays_small():
    trace = record(Run.suggested("particle_swarm", "sphere"))
    (collapse,) = named(bookmarks(trace), "swarm collapses: all within 1 % of the width")
    limit = 0.01 * np.linalg.norm(trace.landscape.high - trace.landscape.low)
    assert (diameter(trace)[collapse.frame :] <= limit).all()
    assert diameter(trace)[collapse.frame - 1] > limit


def test_crossing_over_to_another_minimum_is_marked():
    knobs = {"learning_rate": 0.003, "beta": 0.97}
    pair = ("momentum", "himmelblau")
    runs = (record(Run.suggested(*pair, knobs=knobs, start=(x, 0), steps=400)) for x in np.arange(-5, 5))
    assert any(named(bookmarks(trace), "crosses over") for trace in runs)


def test_stagnation_is_marked_where_it_begins():
    trace = record(Run.suggested("particle_swarm", "rastrigin", knobs={"w": 1.1}))
    better = np.append(np.flatnonzero(np.diff(trace.best_fx) < 0) + 1, len(trace))
    longest = int(np.diff(better).max()) - 1
    (mark,) = named(bookmarks(trace), "no new best")
    assert mark.label == f"no new best for {longest} steps"
    assert (mark.frame - 1 == better[:-1]).any()
    assert not named(bookmarks(record(Run.suggested("gradient_descent", "rosenbrock"))), "no new best")


def test_a_swarm_that_has_found_the_lowest_value_does_not_stagnate():
    trace = record(Run.suggested("particle_swarm", "rastrigin", steps=400))
    first = int(np.argmax(trace.best_fx < 1e-9))
    assert first < 100
    assert all(mark.frame < first for mark in named(bookmarks(trace), "no new best"))


def test_members_that_share_their_edges_have_collapsed():
    trace = record(Run.suggested("genetic_algorithm", "random_cities", knobs={"mutation_rate": 0.0}, steps=200))
    (mark,) = named(bookmarks(trace), "collapses")
    assert mark.label == "the population collapses: all share 99 % of their edges"
    assert (diversity(trace)[mark.frame :] <= 0.01).all()
    assert diversity(trace)[mark.frame - 1] > 0.01
