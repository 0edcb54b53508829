"""Every lesson that ships: complete, short before the first control, asking before it shows, all its links valid."""

import re
from itertools import pairwise

import pytest

from algorithms import Run, record
from dashboard import place
from dashboard.charts.view import View
from dashboard.lesson import CHAPTERS, Lesson, Screen, finite, words
from dashboard.lessons import lessons, read

FILES = sorted((place("assets") / "lessons").glob("*.md"))
LESSONS = [read(file) for file in FILES]
READABLE = [lesson for lesson in LESSONS if isinstance(lesson, Lesson)]
SCREENS = [
    pytest.param(lesson, screen, id=f"{lesson.id}-{number}")
    for lesson in READABLE
    for number, screen in enumerate(lesson.screens, 1)
]
WORDS = 120  # before the first control


def test_there_are_lessons():
    assert FILES


@pytest.mark.parametrize("lesson", LESSONS, ids=[file.stem for file in FILES])
def test_a_lesson_is_readable_and_asks_before_it_shows(lesson):
    assert isinstance(lesson, Lesson), lesson.problem
    assert lesson.title
    assert lesson.goal.endswith(".")
    assert 1 <= lesson.chapter <= len(CHAPTERS)
    assert 3 <= lesson.minutes <= 45
    first = next(screen for screen in lesson.screens if screen.experiment)
    assert first.question, f"{lesson.id}: the first run can be played before anything is asked"
    assert lesson.questions >= 2
    assert any(screen.tries for screen in lesson.screens)


def test_a_lesson_that_names_the_next_one_is_right():
    shelf = [each for each in lessons().values() if isinstance(each, Lesson) and each in READABLE]
    for lesson, following in pairwise(shelf):
        texts = [each for screen in lesson.screens for each in (screen.text, screen.after)]
        named = re.findall(r'next lesson is "([^"]*)"', " ".join(" ".join(texts).split()))
        assert named in ([], [following.title]), lesson.id


def test_no_two_lessons_have_one_title():
    titles = [lesson.title for lesson in READABLE]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(("lesson", "screen"), SCREENS)
def test_a_screen_is_short_and_plain(lesson: Lesson, screen: Screen):
    assert words(screen.text) <= WORDS, f"{lesson.id}, {screen.heading!r}: {words(screen.text)} words"
    assert screen.text or screen.question
    if screen.question:
        assert words(screen.question.ask) <= 40
        assert screen.question.because
    for text in (screen.text, screen.after, screen.question.because if screen.question else ""):
        assert "!" not in re.sub(r"`[^`]*`|\$[^$]*\$|!=", "", text), (
            f"{lesson.id}, {screen.heading!r}: an exclamation mark"
        )
        assert not re.search(r"<\w+", text), f"{lesson.id}, {screen.heading!r}: HTML is not rendered"


@pytest.mark.parametrize(("lesson", "screen"), SCREENS)
def test_its_experiment_and_every_link_need_no_repair(lesson: Lesson, screen: Screen):
    if screen.experiment is None:
        assert not screen.tries
        return
    run = screen.experiment.run
    again, notes = Run.from_query(run.to_query())
    assert (again, notes) == (run, [])
    for each in screen.tries:
        query = each.query(run)
        assert Run.from_query(query)[1] == [], each.prompt
        assert View.from_query(query)[1] == [], each.prompt
        assert Run.from_query(query)[0] != run or not each.changes, f"{each.prompt!r} changes nothing"


@pytest.mark.parametrize(("lesson", "screen"), [each for each in SCREENS if each.values[1].question])
def test_its_question_has_one_right_answer(lesson: Lesson, screen: Screen):
    question, trial = screen.question, screen.experiment
    assert question
    assert trial
    if question.kind == "choice":
        assert question.choices.count(question.answer) == 1
        return
    trace = record(trial.run)
    right = question.right(trace, trial.view)
    assert finite(right)
    assert question.holds(right, trace, trial.view)
    assert question.within
    if question.kind == "point":
        width = min(trace.landscape.high - trace.landscape.low)
        assert question.within.size <= width / 4, "so wide that any guess is right"
    elif question.within.kind == "factor":
        assert right != 0
        assert question.within.size <= 100
    elif question.within.kind == "percent":
        assert right != 0
        assert question.within.size <= 50
