"""What a run tried: refused moves, rejected points of a line search and branches are marked where they happen."""

from dataclasses import replace

import numpy as np

from algorithms import LANDSCAPES, Run, record
from dashboard.charts import attempts
from dashboard.charts.bookmarks import bookmarks
from dashboard.charts.wording import number


def named(marks, word):
    return [mark for mark in marks if mark.label.startswith(word)]


def test_the_first_refusal_and_the_longest_row_of_them_are_marked():
    trace = record(Run.suggested("simulated_annealing", "himmelblau"))
    accepted = np.asarray(trace.accepted, bool)
    (first,), (row,) = (named(attempts.refused(trace), word) for word in ("first move refused", "refusals begin"))
    assert first.sign == row.sign == "x"
    assert not accepted[first.frame]
    assert accepted[1 : first.frame].all()
    rise = trace.trial_fx[first.frame] - trace.fx[first.frame]
    assert first.label == f"first move refused, f up by {number(rise)}"
    count = int(row.label.split()[2])
    assert accepted[row.frame - 1]
    assert not accepted[row.frame : row.frame + count].any()
    text = "".join("01"[int(taken)] for taken in accepted)
    assert "0" * count in text
    assert "0" * (count + 1) not in text


def test_refusals_on_tours_are_told_in_lengths():
    tours = next(entry.id for entry in LANDSCAPES.values() if entry.kind == "tours")
    trace = record(Run.suggested("simulated_annealing", tours))
    (first,) = named(attempts.refused(trace), "first move refused")
    assert "longer by" in first.label


def with_fields(**fields):
    """A real path, with what a line search or a simplex would have noted on it."""
    trace = record(Run("gradient_descent", "bowl", {"learning_rate": 0.05}, steps=20))
    return replace(trace, fields={**trace.fields, **fields})


def test_the_step_with_most_rejected_points_is_marked():
    trials = np.full((21, 4, 2), np.nan)
    trials[1:, 0] = 1.0
    trials[7, :2], trials[12, :4] = 2.0, 3.0
    marks = [mark for mark in bookmarks(with_fields(trials=trials)) if mark.sign == "x"]
    assert [(mark.frame, mark.label) for mark in marks] == [
        (7, "first point rejected, 1 point in all"),
        (12, "most points rejected, 3 before this step"),
    ]


def test_a_search_that_takes_its_first_point_every_time_is_no_news():
    trials = np.full((21, 4, 2), np.nan)
    trials[1:, 0] = 1.0
    assert not attempts.searches(with_fields(trials=trials))


def test_each_branch_is_marked_the_first_time_it_is_taken():
    notes = np.array(["", *["reflect"] * 4, "expand", *["reflect"] * 6, "shrink", *["contract"] * 8], object)
    marks = [mark for mark in bookmarks(with_fields(note=notes)) if "“" in mark.label]
    assert [(mark.frame, mark.label) for mark in marks] == [
        (1, "first “reflect”"), (5, "first “expand”"), (12, "first “shrink”"), (13, "first “contract”"),
    ]  # fmt: skip


def test_a_note_that_is_always_the_same_is_no_news_and_a_rare_one_is():
    assert not attempts.branches(with_fields(note=np.array(["", *["reflect"] * 20], object)))
    rare = np.array([""] * 21, object)
    rare[9] = "modified"
    (mark,) = attempts.branches(with_fields(note=rare))
    assert (mark.frame, mark.label) == (9, "first “modified”")


def test_kicks_restarts_and_aspirations_are_always_marked():
    notes = np.array(["", *["descent"] * 5, "kick", *["descent"] * 4, "kick", "aspiration", *["descent"] * 8], object)
    notes[[15, 17, 18, 19]] = "restart"
    marks = {mark.frame: mark.label for mark in bookmarks(with_fields(note=notes)) if mark.sign == "triangle"}
    assert marks[6] == "kick 1 of 2"
    assert marks[11] == "kick 2 of 2"
    assert marks[12] == "aspiration"
    assert {k for k, label in marks.items() if label.startswith("restart")} == {15, 18, 19}
    assert not any("first “kick”" in label for label in marks.values())


def test_a_best_that_an_aspiration_finds_is_said_to_be_both():
    trace = with_fields(note=np.array(["", *["move"] * 19, "aspiration"], object))
    assert int(np.argmin(trace.best_fx)) == 20
    (mark,) = [mark for mark in bookmarks(trace) if mark.frame == 20]
    assert mark.label == "lowest f, step 20, aspiration"
