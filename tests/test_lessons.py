"""Lessons: what a file may say, what is said of a wrong one, and the page without a browser."""

import json
import os
import struct
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, record
from dashboard import PACKAGE, lessons, place
from dashboard.__main__ import parse
from dashboard.charts.opening import letters, opening
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.lesson import Broken, Lesson, Tolerance, quantity
from dashboard.player import pack

PAGE = place("pages") / "lesson.py"
FRONT = """---
title: A ball
chapter: 1
goal: See a ball roll.
minutes: 5
---
"""
SCREEN = """## Rolling
The ball starts at 5.

```experiment
landscape = quadratic
optimizer = gradient_descent
gradient_descent.learning_rate = 0.1
start = 5
steps = 50
knobs = gradient_descent.learning_rate, start
```
```question
ask = Where is the ball after 50 steps?
choice = Exactly at 0
choice = Nearly at 0
answer = Nearly at 0
because = Each step multiplies x
  by 0.8, which is never 0.
```
Read this afterwards.
```try
prompt = Take longer steps.
gradient_descent.learning_rate = 0.9
```
"""
NUMBER = """## How low
```experiment
landscape = quadratic
optimizer = gradient_descent
gradient_descent.learning_rate = 0.25
start = 4
steps = 10
```
```question
ask = What is the lowest value?
number = best f
within = factor 3
because = It is what it is.
```
"""
POINT = """## Where
```experiment
landscape = himmelblau
optimizer = momentum
knobs = start
```
```question
ask = Where does it end?
point = end
within = 0.5
because = It follows the slope.
```
"""
WHOLE = FRONT + SCREEN + NUMBER + POINT + "## The end\nThat was all.\n"


def parsed(text: str, id: str = "ball") -> Lesson | Broken:
    return lessons.parsed(id, text.encode())


def lesson(text: str = WHOLE) -> Lesson:
    found = parsed(text)
    assert isinstance(found, Lesson), found.problem
    return found


def problem(text: str) -> str:
    found = parsed(text)
    assert isinstance(found, Broken)
    return found.problem


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder named at start, with one lesson in it."""
    monkeypatch.setenv(lessons.FOLDERS, str(tmp_path))
    (tmp_path / "ball.md").write_text(WHOLE, "utf-8")
    return tmp_path


# Reading


def test_a_lesson_in_full():
    found = lesson()
    assert (found.title, found.chapter, found.goal, found.minutes) == ("A ball", 1, "See a ball roll.", 5)
    assert [screen.heading for screen in found.screens] == ["Rolling", "How low", "Where", "The end"]
    assert found.questions == 3
    first, *_, last = found.screens
    assert first.text == "The ball starts at 5."
    assert first.after == "Read this afterwards."
    assert first.experiment
    assert first.experiment.run == Run("gradient_descent", "quadratic", {"learning_rate": 0.1}, start=(5.0,), steps=50)
    assert first.experiment.knobs == ("gradient_descent.learning_rate", "start")
    assert first.question
    assert first.question.because == "Each step multiplies x\nby 0.8, which is never 0."
    assert first.tries[0].query(first.experiment.run)["gradient_descent.learning_rate"] == "0.9"
    assert last.text == "That was all."
    assert last.experiment is None


def test_what_is_left_out_is_suggested_and_all_knobs_of_the_optimizer_may_be_turned():
    found = lesson(FRONT + "## S\n```experiment\nlandscape = himmelblau\noptimizer = momentum\n```\n")
    trial = found.screens[0].experiment
    assert trial
    assert trial.run == Run.suggested("momentum", "himmelblau")
    assert trial.knobs == ("momentum.learning_rate", "momentum.beta")


def test_a_listing_and_its_hashes_are_text():
    text = FRONT + "## Code\n```python\n## not a screen\n# nor a title\nx = 1\n```\nmore\n"
    (screen,) = lesson(text).screens
    assert "## not a screen" in screen.text
    assert screen.text.endswith("more")


def test_a_try_with_another_optimizer_leads_elsewhere():
    text = FRONT + SCREEN + "```try\nprompt = And Adam?\noptimizer = adam\nadam.beta1 = 0.5\n```\n"
    screen = lesson(text).screens[0]
    other = screen.tries[-1]
    assert other.elsewhere
    assert screen.experiment
    run, notes = Run.from_query(other.query(screen.experiment.run))
    assert not notes
    assert run.optimizer == "adam"
    assert dict(run.knobs)["beta1"] == 0.5


WRONG = [  # what is written, what stands there instead, the line, what is said
    ("optimizer = gradient_descent", "optimiser = adam", 12, "unknown key 'optimiser'; did you mean 'optimizer'?"),
    ("landscape = quadratic", "landscape = quadratc", 11, "did you mean 'quadratic'?"),
    ("learning_rate = 0.1", "learning_rate = 7", 13, "must be between 0.0001 and 2; got 7."),
    ("learning_rate = 0.1", "learning_rat = 0.1", 13, "did you mean 'gradient_descent.learning_rate'? Allowed: "),
    ("start = 5", "start = 5, 6", 14, "Start must be 1 finite number"),
    ("steps = 50", "steps = 50\nsteps = 60", 16, "'steps' is written twice"),
    ("steps = 50", "steps: 50", 15, "expected 'key = value'"),
    ("steps = 50", "steps =", 15, "'steps' is empty"),
    ("knobs = gradient", "knobs = adam.beta1, gradient", 16, "unknown key 'adam.beta1'; allowed: gradient_descent."),
    ("choice = Nearly", "chioce = Nearly", 21, "did you mean 'choice'? Allowed: ask, choice,"),
    ("answer = Nearly", "answer = nearly", 22, "must be one of the choices: Exactly at 0; Nearly at 0"),
    ("because =", "becuase =", 23, "did you mean 'because'?"),
    ("choice = Exactly at 0\n", "choice = Nearly at 0\n", 21, "no two alike"),
    ("```question", "```qestion", 18, "unknown block 'qestion'; did you mean 'question'?"),
    ("learning_rate = 0.9", "learning_rate = x", 29, "no finite number"),
    ("prompt = Take", "promt = Take", 27, "a try needs a prompt"),
    ("chapter: 1", "chapter: 12", 3, "a whole number from 1 to 11, not '12'"),
    ("goal: See", "gaol: See", 4, "did you mean 'goal'?"),
    ("minutes: 5\n", "", 5, "the front matter lacks minutes"),
    ("## Rolling", "# Rolling", 7, "a screen begins with ## Heading"),
    ("## Rolling", "Rolling", 7, "text before the first screen"),
    ("number = best f", "number = first f", 40, "a number is one of best f, last f, last x, steps, length"),
    ("number = best f", "number = length", 40, "cannot be asked on Quadratic"),
    ("within = factor 3", "within = about 3", 41, "as in 20 %, factor 3, or 0.5"),
    ("within = factor 3", "within = 0", 41, "as in 20 %, factor 3, or 0.5"),
    ("within = 0.5", "within = 20 %", 53, "a distance, as in 0.5"),
]


@pytest.mark.parametrize(("written", "instead", "line", "words"), WRONG, ids=[wrong[1].strip()[:30] for wrong in WRONG])
def test_a_broken_file_says_which_line_and_what_is_allowed(written: str, instead: str, line: int, words: str):
    assert written in WHOLE
    said = problem(WHOLE.replace(written, instead, 1))
    assert said.startswith("lesson ball, line ")
    assert words in said
    assert abs(int(said.split("line ")[1].split(":")[0]) - line) <= 1, said


def test_more_that_no_lesson_may_be():
    assert "begins with a line ---" in problem("# Hello")
    assert "no second line ---" in problem("---\ntitle: x")
    assert "there is no screen" in problem(FRONT)
    assert "never closed" in problem(FRONT + "## S\n```experiment\nlandscape = bowl")
    assert "a second experiment" in problem(FRONT + SCREEN + SCREEN.partition("\n")[2])
    assert "before its experiment" in problem(FRONT + "## S\n```question\nask = ?\n```\n")
    assert "cannot run on" in problem(FRONT + "## S\n```experiment\nlandscape = bowl\noptimizer = ant_colony\n```\n")
    assert "offers choices, or asks" in problem(WHOLE.replace("number = best f", "", 1))
    assert "too long" in lessons.parsed("ball", b"x" * (lessons.LARGEST + 1)).problem  # type: ignore[union-attr]
    assert "line 2: a lesson is text in UTF-8" in lessons.parsed("ball", b"---\n\xff").problem  # type: ignore[union-attr]
    assert "small letters" in lessons.parsed("A ball", WHOLE.encode()).problem  # type: ignore[union-attr]


# Answers


@pytest.mark.parametrize(
    ("tolerance", "inside", "outside"),
    [
        (Tolerance("percent", 20), [8, 12], [7.9, 12.1, -10]),
        (Tolerance("factor", 3), [3.4, 30], [3.3, 30.1, -10]),
        (Tolerance("difference", 0.5), [9.5, 10.5], [9.4, 10.6]),
    ],
)
def test_how_near_a_guess_must_be(tolerance: Tolerance, inside: list[float], outside: list[float]):
    assert all(tolerance.holds(guess, 10.0) for guess in inside)
    assert not any(tolerance.holds(guess, 10.0) for guess in outside)


def test_the_right_number_and_point_come_from_the_run():
    _, number, point, _ = lesson().screens
    assert number.question
    assert number.experiment
    trace = record(number.experiment.run)
    assert number.question.right(trace, View()) == trace.best_fx[-1] == 16 * 0.5**20
    assert number.question.holds(2e-5, trace, View())
    assert not number.question.holds(1e-4, trace, View())
    assert quantity(trace, "last x") == 4 * 0.5**10
    assert quantity(trace, "steps") == 10
    assert point.question
    assert point.experiment
    trace = record(point.experiment.run)
    assert point.question.right(trace, View()) == tuple(trace.x[-1])
    x, y = trace.x[-1]
    assert point.question.holds((x + 0.3, y - 0.3), trace, View())
    assert not point.question.holds((x + 0.4, y - 0.4), trace, View())


# The files


def test_a_file_is_found_changed_and_gone_without_a_restart(folder: Path):
    assert isinstance(lessons.lessons()["ball"], Lesson)
    (folder / "second.md").write_text(WHOLE.replace("A ball", "Second"), "utf-8")
    assert lessons.lessons()["second"].title == "Second"  # type: ignore[union-attr]
    (folder / "second.md").write_text(WHOLE.replace("A ball", "Again, longer"), "utf-8")
    os.utime(folder / "second.md", (time.time() + 5,) * 2)
    assert lessons.lessons()["second"].title == "Again, longer"  # type: ignore[union-attr]
    (folder / "second.md").unlink()
    assert "second" not in lessons.lessons()


def test_lessons_follow_each_other_by_chapter_and_order(folder: Path):
    for id, title, order in (("second", "A", "order: 2\n"), ("first", "Z", "")):
        front = FRONT.replace("A ball", title).replace("chapter: 1\n", f"chapter: 11\n{order}")
        (folder / f"{id}.md").write_text(front + SCREEN, "utf-8")
    assert list(lessons.lessons())[-2:] == ["first", "second"]
    assert "order is a whole number" in problem(WHOLE.replace("minutes: 5", "minutes: 5\norder: none"))


def test_a_broken_file_takes_no_other_with_it(folder: Path):
    (folder / "broken.md").write_text(WHOLE.replace("optimizer =", "optimiser ="), "utf-8")
    (folder / "Not A Name.md").write_text(WHOLE, "utf-8")
    (folder / "README.md").write_text("How to write lessons.", "utf-8")
    (folder / "notes.txt").write_text("x", "utf-8")
    found = lessons.lessons()
    assert isinstance(found["ball"], Lesson)
    assert isinstance(found["broken"], Broken)
    assert isinstance(found["Not A Name"], Broken)
    assert "README" not in found
    assert [id for id, each in found.items() if isinstance(each, Broken)] == list(found)[-2:]


def test_two_lessons_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ball.md").write_text(WHOLE.replace("A ball", name), "utf-8")
    monkeypatch.setenv(lessons.FOLDERS, os.pathsep.join(str(tmp_path / name) for name in "ab"))
    found = lessons.lessons()
    assert found["ball"].title == "a"  # type: ignore[union-attr]
    assert "another folder" in found["ball (again)"].problem  # type: ignore[union-attr]


def test_the_flag_names_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert parse(["--lessons", str(tmp_path), "--lessons", str(tmp_path)]).lessons == [str(tmp_path)] * 2
    with pytest.raises(SystemExit):
        parse(["--lessons", str(tmp_path / "none")])
    assert "there is no folder" in capsys.readouterr().err


DIMENSIONS = (
    "## Many\n```experiment\nlandscape = sphere\noptimizer = gradient_descent\nsphere.dimension = 3\n"
    "start = 1, 2, 3\nknobs = sphere.dimension\n```\n```try\nprompt = Take five.\nsphere.dimension = 5\n```\n"
)


def test_a_start_of_another_dimension_is_left_behind():
    screen = lesson(FRONT + DIMENSIONS).screens[0]
    assert screen.experiment
    run, notes = Run.from_query(screen.tries[0].query(screen.experiment.run))
    assert (run.start, notes) == ((-4.0, 3.0, -4.0, 3.0, -4.0), [])
    assert "line 12: start must be 3" in problem(FRONT + DIMENSIONS.replace("1, 2, 3", "1, 2")).lower()


# The page


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(PACKAGE / "app.py", default_timeout=30)
    for key, text in query.items():
        app.query_params[key] = text
    return app.switch_page(str(PAGE)).run()


def scene(app: AppTest) -> tuple[dict, bytes]:
    """What was sent to the player: the scene, arrays still as their places, and the bytes."""
    (player,) = app.get("bidi_component")
    blob = player.proto.bytes
    (length,) = struct.unpack_from("<I", blob)
    return json.loads(blob[4 : 4 + length]), blob


def link(app: AppTest, label: str) -> dict[str, str]:
    found = next(each.proto for each in app.get("page_link") if label in each.proto.label)
    return dict(pair.split("=", 1) for pair in found.query_string.split("&"))


def follow(app: AppTest, query: dict[str, str]) -> None:
    app.query_params.clear()
    for key, text in query.items():
        app.query_params[key] = text.replace("%2C", ",")
    app.run()
    assert not app.exception


def answer(app: AppTest, choice: str) -> None:
    app.radio(key="lesson.answer.ball.1").set_value(choice)
    next(button for button in app.button if button.label == "Lock in my answer").click()
    app.run()
    assert not app.exception


def test_the_list_names_each_lesson_and_what_is_wrong_with_a_broken_one(folder: Path):
    (folder / "broken.md").write_text(WHOLE.replace("optimizer =", "optimiser ="), "utf-8")
    app = opened()
    assert not app.exception
    assert [title.value for title in app.title] == ["Lessons"]
    assert link(app, "A ball") == {"lesson": "ball", "screen": "1"}
    assert "See a ball roll." in [text.value for text in app.markdown]
    assert "5 minutes · 4 screens" in [text.value for text in app.caption]
    assert any("lesson broken, line 12: unknown key 'optimiser'" in text.value for text in app.text)


@pytest.mark.parametrize("name", ["../../etc/passwd", "ball/../ball", "%00", "<script>", "no-such-lesson", "BALL"])
def test_a_lesson_that_is_not_listed_is_unknown(folder: Path, name: str):
    app = opened(lesson=name)
    assert not app.exception
    assert "There is no lesson" in app.text[0].value
    assert app.title[0].value == "Lessons"


def test_an_open_question_sends_frame_0_and_nothing_else(folder: Path):
    app = opened(lesson="ball", screen="1")
    assert not app.exception
    sent, blob = scene(app)
    assert sent["frames"] == 1
    assert sent["lock"]
    assert sent["promised"] == 50
    assert [picture["id"] for picture in sent["pictures"]] == ["landscape"]
    for mark in sent["pictures"][0]["marks"]:
        for name in ("x", "y", "x2", "y2"):
            if name in mark:
                assert mark[name]["$"][2] == [1], mark["style"]["name"]
    assert sent["outcome"] in (["", ""], None)
    assert not sent["equation"]
    assert not sent["table"]
    assert not sent["bookmarks"]
    assert not sent["link"]
    everything = b"".join(str(element.proto).encode() for element in app.main if hasattr(element, "proto"))
    for secret in (b"never 0", b"Read this afterwards", b"Take longer", b"Step limit", b"settles"):
        assert secret not in blob
        assert secret not in everything
    (slider,) = app.select_slider
    assert slider.proto.disabled
    assert "Rolling" in [title.value for title in app.title]


def test_from_question_to_explanation(folder: Path):
    app = opened(lesson="ball", screen="1")
    next(button for button in app.button if button.label == "Lock in my answer").click().run()
    assert scene(app)[0]["lock"], "without an answer it stays shut"
    answer(app, "Exactly at 0")
    sent, _ = scene(app)
    assert sent["frames"] == 51
    assert not sent["lock"]
    assert sent["report"]
    assert sent["outcome"] == ["", ""], "nothing is said ahead"
    assert not [text for text in app.markdown if "never 0" in text.value]
    assert not app.select_slider[0].proto.disabled
    app.button(key="explain").click().run()
    assert [each.value for each in app.header][:1] == ["Not this time"]
    assert any("never 0" in text.value for text in app.markdown)
    assert any("Read this afterwards." in text.value for text in app.markdown)
    sent, _ = scene(app)
    assert sent["outcome"][0]
    assert not sent["report"]
    follow(app, link(app, "Take longer steps"))
    assert app.select_slider[0].value == 0.9
    assert app.session_state.lessons.link["gradient_descent.learning_rate"] == "0.9"
    assert scene(app)[0]["ghost"] == "η = 0.1"
    app.select_slider[0].set_value(0.5).run()
    assert app.session_state.lessons.link["gradient_descent.learning_rate"] == "0.5"
    app.select_slider[0].set_value(0.1).run()
    assert "gradient_descent.learning_rate" not in app.session_state.lessons.link, (
        "the lesson's own value needs no place in the link"
    )
    follow(app, link(app, "Next"))
    assert app.title[0].value == "How low"
    assert scene(app)[0]["lock"]
    follow(app, link(app, "Back"))
    assert not scene(app)[0]["lock"], "an answer given stays given"
    follow(app, {})
    assert any("0 of 1 predicted" in text.value for text in app.caption)
    assert link(app, "Go on with") == {"lesson": "ball", "screen": "1"}


def test_a_knob_changes_the_dimension(folder: Path):
    (folder / "many.md").write_text(FRONT.replace("A ball", "Many") + DIMENSIONS, "utf-8")
    app = opened(lesson="many", screen="1")
    for dimension in ("5", "4", "3"):
        follow(app, app.session_state.lessons.link | {"sphere.dimension": dimension})
        assert not app.session_state.lessons.notes
        assert len(app.session_state.lessons.run.start) == int(dimension)


def test_a_number_and_a_point_are_judged(folder: Path):
    app = opened(lesson="ball", screen="2")
    app.number_input(key="lesson.answer.ball.2").set_value(2e-5)
    next(button for button in app.button if button.label == "Lock in my answer").click().run()
    app.button(key="explain").click().run()
    assert app.header[0].value == "Right"
    assert any("1.526" in text.value for text in app.markdown)
    follow(app, {"lesson": "ball", "screen": "3"})
    assert scene(app)[0]["pictures"][0]["axes"] == "xy"
    names = [mark["style"]["name"] for mark in scene(app)[0]["pictures"][0]["marks"]]
    assert {"letter A", "letter B", "letter C", "letter D"} <= set(names)
    for axis, value in enumerate((0.0, 4.0)):
        app.number_input(key=f"lesson.answer.ball.3.{axis}").set_value(value)
    next(button for button in app.button if button.label == "Lock in my answer").click().run()
    app.button(key="explain").click().run()
    assert app.header[0].value == "Not this time"
    names = [mark["style"]["name"] for mark in scene(app)[0]["pictures"][0]["marks"]]
    assert "your guess" in names


def test_a_shared_link_waits_behind_the_question(folder: Path):
    app = opened(**{"lesson": "ball", "screen": "1", "gradient_descent.learning_rate": "0.3", "nonsense": "1"})
    assert "'nonsense' is ignored" in app.text[0].value
    assert scene(app)[0]["promised"] == 50
    assert "gradient_descent.learning_rate" not in app.session_state.lessons.link
    answer(app, "Nearly at 0")
    app.button(key="explain").click().run()
    query = link(app, "the link you came by")
    assert query["gradient_descent.learning_rate"] == "0.3"
    follow(app, query)
    assert app.select_slider[0].value == 0.3


def test_the_playground_is_left_alone(folder: Path):
    app = opened(lesson="ball", screen="1")
    answer(app, "Nearly at 0")
    for key in ("chosen", "touched", "link", "run", "view", "shown", "ghost"):
        assert key not in app.session_state


def test_html_in_a_lesson_is_text(folder: Path):
    text = WHOLE.replace("The ball starts at 5.", '<img src=x onerror="alert(1)"> <b>bold</b>')
    (folder / "ball.md").write_text(text, "utf-8")
    app = opened(lesson="ball", screen="1")
    assert not app.exception
    (reading,) = [each for each in app.markdown if "onerror" in each.value]
    assert not reading.allow_html


@pytest.mark.parametrize(("screen", "shown"), [("0", 1), ("99", 4), ("abc", 1), ("²", 1)])
def test_a_screen_that_does_not_exist(folder: Path, screen: str, shown: int):
    app = opened(lesson="ball", screen=screen)
    assert not app.exception
    assert app.title[0].value == lesson().screens[shown - 1].heading
    assert "This lesson has screens 1 to 4" in app.text[0].value


# The opening


GROUNDS = ("cubic", "himmelblau", "rastrigin", "five_cities", "random_cities")
PAIRS = [
    (optimizer.id, id) for id in GROUNDS for optimizer in OPTIMIZERS.values() if optimizer.fits(LANDSCAPES[id].make())
]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS, ids=[" on ".join(pair) for pair in PAIRS])
def test_the_opening_is_the_same_whatever_the_run_does_next(optimizer: str, landscape: str):
    run = Run.suggested(optimizer, landscape, steps=12)
    blobs = []
    for each in (run, replace(run, steps=1)):
        shown = opening(record(each), View(), theme("dark"), title="T", lock="L", promised=9)
        assert shown.frames == 1
        blobs.append(pack(shown).replace(each.id.encode(), b"run"))
    assert blobs[0] == blobs[1]


def test_minima_are_lettered_as_one_reads():
    ground = LANDSCAPES["himmelblau"].make()
    found = {letter: (round(x), round(y)) for letter, (x, y) in letters(ground, View())}
    assert found == {"A": (-3, 3), "B": (3, 2), "C": (-4, -3), "D": (4, -2)}
    assert letters(LANDSCAPES["sphere"].make(), View()) == []


def test_the_lesson_in_the_readme_is_a_lesson():
    text = (PACKAGE.parent / "README.md").read_text("utf-8")
    example = text.partition("````markdown\n")[2].partition("````")[0]
    lesson = lessons.parsed("too-far", example.encode())
    assert isinstance(lesson, Lesson)
    assert lesson.screens[0].question.kind == "choice"
