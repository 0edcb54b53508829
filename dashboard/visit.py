"""One visitor's way through the lessons: the sync of link and knobs, predictions, and which runs were seen.

A link names lesson and screen and, as in the playground, the knobs that the learner moved. All that a visit did is kept
in the session under one key, `lessons`; the playground's keys are left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from algorithms import Run
from algorithms.knob import Knob, short, suggestion
from dashboard.charts.view import View
from dashboard.controls import finite
from dashboard.lesson import Broken, Experiment, Lesson, Question, Screen, placed, turnable

AT = "lesson."  # how the keys of the widgets begin
Spot = tuple[str, int]


@dataclass
class Answer:
    """What was predicted, as it was given, and whether it was right: known as soon as the run is."""

    guess: Any
    right: bool = False


@dataclass
class Visit:
    """What one visitor did: predictions by lesson and screen, and what stands in the link now."""

    answers: dict[Spot, Answer] = field(default_factory=dict)
    explained: set[Spot] = field(default_factory=set)
    pointed: dict[Spot, tuple[float, ...]] = field(default_factory=dict)  # clicked, not yet locked in
    held: dict[Spot, dict[str, str]] = field(default_factory=dict)  # a followed link's knobs, behind an open question
    spot: Spot = ("", 0)
    moved: dict[str, str] = field(default_factory=dict)
    link: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)  # the link of the screen before the list was opened
    notes: list[str] = field(default_factory=list)
    going: dict[str, str] | None = None  # a link that was followed by a button
    touched: bool = False  # by a widget: a browser may still send its old link with the new value
    run: Run | None = None
    missing: bool = False  # an answer was to be locked in, and none was given


@dataclass(frozen=True)
class Here:
    """One screen of one lesson; `number` counts from 1."""

    lesson: Lesson
    number: int

    @property
    def screen(self) -> Screen:
        """What is to be shown."""
        return self.lesson.screens[self.number - 1]

    @property
    def spot(self) -> Spot:
        """The name under which a visit keeps what happened here."""
        return self.lesson.id, self.number

    def query(self, number: int | None = None) -> dict[str, str]:
        """The link of this screen, or of another one of this lesson."""
        return {"lesson": self.lesson.id, "screen": str(number or self.number)}


def visit() -> Visit:
    """This visitor's own record."""
    return st.session_state.setdefault("lessons", Visit())


# Link and knobs -----------------------------------------------------------------------------------------------------


def sync(shelf: Mapping[str, Lesson | Broken]) -> Here | None:
    """The screen that the link names, None for the list; afterwards the link says it, and what was moved, in full."""
    now, query = visit(), {key: st.query_params.get_all(key)[-1] for key in st.query_params}
    touched, now.touched = now.touched, False
    if now.going is not None:
        query, now.going, touched = now.going, None, False
    if query != now.link and not touched:
        now.notes, now.missing = [], False
    here = named(shelf, query, now)
    if here is None:
        now.spot, now.moved, now.last, now.link = ("", 0), {}, now.link or now.last, {}
        st.query_params.clear()
        return None
    given = {key: text for key, text in query.items() if key not in ("lesson", "screen")}
    if here.spot != now.spot or (query != now.link and not touched):
        now.moved = given
    now.spot, now.link = here.spot, here.query()
    if here.screen.experiment:
        now.run, now.link = settled(here, here.screen.experiment, now)
    st.query_params.from_dict(now.link)
    return here


def named(shelf: Mapping[str, Lesson | Broken], query: Mapping[str, str], now: Visit) -> Here | None:
    """The screen that a link names, with a note where it does not exist."""
    id = query.get("lesson", "")
    lesson = shelf.get(id)
    if not isinstance(lesson, Lesson):
        known = {name: entry for name, entry in shelf.items() if isinstance(entry, Lesson)}
        unknown = f"There is no lesson {short(id)}{suggestion(id, known)}"
        if id:
            now.notes = [lesson.problem if lesson else unknown]
        return None
    text, last = query.get("screen", "1"), len(lesson.screens)
    number = min(max(int(text), 1), last) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    if str(number) != text:
        now.notes = [f"This lesson has screens 1 to {last}, not {short(text)}. Here is screen {number}."]
    return Here(lesson, number)


def settled(here: Here, shown: Experiment, now: Visit) -> tuple[Run, dict[str, str]]:
    """The run to show and its link, after moved knobs were checked; while a question is open nothing is moved."""
    base = shown.run.to_query()
    allowed = turnable(base)
    given = {key: text for key, text in now.moved.items() if key in allowed}
    run, repairs = Run.from_query(placed(base | given, given))
    view, more = View.from_query(shown.view.to_query() | {k: v for k, v in now.moved.items() if k.startswith("view.")})
    strange = [key for key in now.moved if key not in allowed and not key.startswith("view.")]
    repairs += [f"{short(key)} is ignored: it is no knob of this experiment." for key in strange[:3]]
    now.notes += [note for note in repairs + more if note not in now.notes]
    said, seen = run.to_query(), view.to_query()
    moved = {key: text for key, text in said.items() if text != base.get(key)}
    moved |= {key: text for key, text in seen.items() if text != shown.view.to_query().get(key)}
    if is_open(here, now):
        if moved:
            now.held[here.spot] = moved
        run, moved = shown.run, {}
    now.moved = moved
    return run, here.query() | moved


def is_open(here: Here, now: Visit) -> bool:
    """Whether this screen's question waits for its answer."""
    return here.screen.question is not None and here.spot not in now.answers


def turn(key: str, write: Callable[[Any], str], widget: str) -> None:
    """Take a moved widget's value."""
    value = st.session_state[widget]
    if value is None:  # an emptied number field
        visit().moved.pop(key, None)
    else:
        visit().moved[key] = write(value)
    visit().touched = True


def type_knob(key: str, knob: Knob) -> None:
    """Take a typed value exactly as it is, or the nearest one allowed; points one a line, a formula only as it is."""
    now, text = visit(), st.session_state[f"{AT}{key}.exact"]
    assert now.run is not None
    if knob.kind != "formula":
        text = text.replace("−", "-")
        lines = (line.replace(" ", "") for line in text.splitlines() if line.strip())
        text = ";".join(lines) if knob.kind == "points" else text.replace(",", ".")
    value, repair = knob.repair(text, knob.read(now.run.to_query()[key]), "last")
    now.notes = [repair[:1].upper() + repair[1:]] if repair else []
    now.moved[key], now.touched = knob.write(value), True


def move_start(values: Mapping[int, Any]) -> None:
    """Take new coordinates of the start; one that is no finite number stays as it was."""
    now = visit()
    if now.run is not None:
        landscape = now.run.make_landscape()
        at = [float(value) for value in (landscape.start if now.run.start is None else now.run.start)]
        for axis, value in values.items():
            at[axis] = finite(value, at[axis])
        now.moved["start"], now.touched = ",".join(map(repr, at)), True


def start_here(key: str, view: View) -> None:
    """Take the start that was set in the picture."""
    at = st.session_state[key].start
    if isinstance(at, Mapping):
        move_start({axis: at.get(name) for axis, name in zip(plane(view), "xy", strict=False)})


def view_here(key: str) -> None:
    """Take a view that was chosen inside the player."""
    changes = st.session_state[key].view
    if isinstance(changes, Mapping):
        visit().moved |= {f"view.{name}"[:40]: str(value)[:40] for name, value in changes.items()}
        visit().touched = True


def plane(view: View) -> tuple[int, ...]:
    """The coordinates that the picture of the run shows now."""
    run = visit().run
    assert run is not None
    dimension = run.make_landscape().dimension
    return (0,) if dimension == 1 else view.fitted(dimension, 1).pair


def go(query: dict[str, str]) -> None:
    """Follow a link that is a button."""
    visit().going = query


# Predictions --------------------------------------------------------------------------------------------------------


def field_of(here: Here) -> str:
    """The key of this question's widget."""
    return f"{AT}answer.{here.lesson.id}.{here.number}"


def point_here(key: str, here: Here, view: View) -> None:
    """Take a click on the picture as the answer to be locked in."""
    at = st.session_state[key].point
    if isinstance(at, Mapping):
        values = [finite(at.get(name), 0.0) for name, _ in zip("xy", plane(view), strict=False)]
        visit().pointed[here.spot], visit().missing = tuple(values), False
        for i, value in enumerate(values):
            st.session_state[f"{field_of(here)}.{i}"] = value
        visit().touched = True


def lock_in(here: Here, question: Question, view: View) -> None:
    """Commit to an answer: from now on the run may be played."""
    now, key = visit(), field_of(here)
    given = st.session_state.get(key)
    if question.kind == "point":
        values = [st.session_state.get(f"{key}.{i}") for i in range(len(plane(view)))]
        given = None if None in values else tuple(float(value or 0) for value in values)
    now.missing, now.touched = given is None, True
    if given is not None:
        now.answers[here.spot] = Answer(given)


def played(key: str, spot: Spot) -> None:
    """The run was seen to its end: now it is explained."""
    now = visit()
    if now.run is not None and st.session_state[key].played == now.run.id:
        explain(spot)


def explain(spot: Spot) -> None:
    """Show the explanation from now on."""
    visit().explained.add(spot)
    visit().touched = True


def judged(lesson: Lesson) -> list[bool]:
    """Which of a lesson's explained predictions were right."""
    now = visit()
    return [now.answers[spot].right for spot in now.explained if spot[0] == lesson.id and spot in now.answers]


def score(lesson: Lesson) -> str:
    """How many of a lesson's predictions were right so far, "" before the first is explained."""
    given = judged(lesson)
    return f"{sum(given)} of {len(given)} predicted" if given else ""


def balance(lesson: Lesson) -> str:
    """The score as a sentence, with what is still to be predicted; "" before the first prediction is explained."""
    given = judged(lesson)
    if not given:
        return ""
    left = lesson.questions - len(given)
    rest = f" {left} {'question is' if left == 1 else 'questions are'} still open." if left else ""
    return f"You predicted {sum(given)} of {len(given)} {'run' if len(given) == 1 else 'runs'} right.{rest}"
