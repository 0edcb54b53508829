"""A lesson on the page: the list, one screen with its experiment, the question that locks it, what explains it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from math import ceil
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from algorithms import LANDSCAPES, OPTIMIZERS, Run, Trace
from algorithms.run import SEED, STEPS
from dashboard import cards, panel, place, traces
from dashboard.charts import opening, wording
from dashboard.charts.picture import Scene
from dashboard.charts.scene import LARGE, experiment
from dashboard.charts.theme import Theme, theme
from dashboard.charts.view import View
from dashboard.lesson import CHAPTERS, Broken, Experiment, Lesson, Question, Screen, Try
from dashboard.player import player
from dashboard.visit import (
    AT,
    Here,
    balance,
    explain,
    field_of,
    go,
    is_open,
    lock_in,
    move_start,
    plane,
    played,
    point_here,
    score,
    start_here,
    turn,
    type_knob,
    view_here,
    visit,
)

PAGE = place("pages") / "lesson.py"
ARROW = ":material/arrow_forward:"
LOCK = "Play unlocks after you answer"
SHORT, MIDDLE = 20, 40  # characters of a choice of which two fit beside each other: anywhere, on a desk in two lines
LINE = 44  # characters of a line of text on a phone, about


# The list -----------------------------------------------------------------------------------------------------------


def notes() -> None:
    """Show what was wrong with a link, as plain text: the words may be a stranger's."""
    if said := visit().notes:
        with st.container(key="notes"):
            st.text("\n".join(sentence[:400] for sentence in said[:6]))


def contents(shelf: Mapping[str, Lesson | Broken]) -> None:
    """All lessons by chapter, then the files that are none yet."""
    with st.container(key="lessons"):
        st.title("Lessons", anchor=False)
        st.markdown("Each screen asks what a run will do before it shows it. Predict, play, then turn the knobs.")
        if isinstance(again := shelf.get(visit().last.get("lesson", "")), Lesson):
            link(f"{ARROW} Go on with **{again.title}**, screen {visit().last['screen']}", visit().last)
        ready = [lesson for lesson in shelf.values() if isinstance(lesson, Lesson)]
        with st.container(key="shelf"):
            for number, chapter in enumerate(CHAPTERS, 1):
                if here := [lesson for lesson in ready if lesson.chapter == number]:
                    with st.container(key=f"shelf-{number}"):
                        st.header(f"{number}  {chapter}", anchor=False)
                        for lesson in here:
                            entry(lesson)
        if not shelf:
            st.markdown("There are no lessons yet.")
        if broken := [lesson for lesson in shelf.values() if isinstance(lesson, Broken)]:
            st.header("Not readable yet", anchor=False)
            st.text("\n".join(lesson.problem for lesson in broken))


def entry(lesson: Lesson) -> None:
    """One lesson of the list."""
    with st.container(key=f"lesson-{lesson.id}", gap=None):
        link(lesson.title, Here(lesson, 1).query())
        st.markdown(lesson.goal)
        about = [wording.counted(lesson.minutes, "minute"), wording.counted(len(lesson.screens), "screen")]
        st.caption(" · ".join([*about, *filter(None, [score(lesson)])]))


def screen(here: Here, shelf: Mapping[str, Lesson | Broken]) -> None:
    """One screen: where we are, what to read, the experiment with its question, and what comes after.

    They follow each other as they are read; where the window is wide the style sheet sets the picture beside the rest.
    """
    shown = here.screen
    with st.container(key=f"lesson-{'screen' if shown.experiment else 'page'}", gap="small"):
        with st.container(key="where", horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            link("Lessons", icon=":material/list:")
            st.html(progress(here))
        with st.container(key="desk", gap="small"):
            with st.container(key=f"reading-{length(shown.text)}", gap="xsmall"):
                st.title(shown.heading, anchor=False)
                if shown.text:
                    with st.container(key="reading"):
                        st.markdown(shown.text)
            if shown.experiment:
                with st.container(key="lesson-stage"):
                    base, view = stage(here, shown.experiment)
            with st.container(key="lesson-side", gap="small"):
                if shown.experiment:
                    beside(here, shown, base, view)
                if here.number == len(here.lesson.screens) and (said := balance(here.lesson)):
                    st.markdown(said)
                paging(here, shelf)


def length(text: str) -> str:
    """How much of a phone's height a text takes: while a question is open, the picture gets what it leaves."""
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.)\s)", text) if text else []
    lines = sum(ceil(len(block) / LINE) + 0.3 for block in blocks)
    return "short" if lines < 4 else "middle" if lines < 7 else "long"


def progress(here: Here) -> str:
    """The lesson's title and a bar of its screens, as HTML."""
    count = len(here.lesson.screens)
    steps = "".join(f'<i class="{"done" if i < here.number else ""}"></i>' for i in range(count))
    said = score(here.lesson)
    return (
        f'<p class="lesson-progress"><span>{escape(here.lesson.title)}</span><span class="far"><span class="bar" '
        f'aria-hidden="true">{steps}</span><span>{here.number} of {count}</span>'
        f"{f'<span>{said}</span>' if said else ''}</span></p>"
    )


def stage(here: Here, shown: Experiment) -> tuple[Trace, View]:
    """The picture with its player; returns the run that the question is about, and how it is looked at."""
    now = visit()
    view, _ = View.from_query(shown.view.to_query() | {k: v for k, v in now.moved.items() if k.startswith("view.")})
    colors = theme(st.context.theme.type or "light", text=view.text)
    assert now.run is not None
    base = traces.recorded(shown.run)
    key, spot = f"player-{here.lesson.id}-{here.number}", here.spot
    if is_open(here, now):
        pointing = here.screen.question is not None and here.screen.question.kind == "point"
        scene = opening.opening(
            base, view, colors, title=here.screen.heading, lock=LOCK, promised=shown.run.steps,
            guess=now.pointed.get(spot),
        )  # fmt: skip
        player(scene, key=key, on_point=(lambda: point_here(key, here, view)) if pointing else None)
        return base, view
    if here.screen.question:
        now.answers[spot].right = here.screen.question.holds(now.answers[spot].guess, base, view)
    trace = base if now.run == shown.run else traces.recorded(now.run)
    ghost = base if traces.knobs_apart(shown.run, now.run) == 1 else None
    scene = revealed(here, experiment(trace, view, colors, ghost=ghost, link=urlencode(now.link)), trace, view, colors)
    player(
        scene,
        key=key,
        on_start=lambda: start_here(key, view),
        on_view=lambda: view_here(key),
        on_played=lambda: played(key, spot),
    )
    return base, view


def revealed(here: Here, scene: Scene, trace: Trace, view: View, colors: Theme) -> Scene:
    """The scene of an answered screen; until it was played once, nothing is drawn or said ahead."""
    now, question, shown = visit(), here.screen.question, here.screen.experiment
    answer = now.answers.get(here.spot)
    guess = answer.guess if answer and question and question.kind == "point" else None
    told = question is None or here.spot in now.explained
    at = int(scene.pictures[0].id in LARGE[view.large])  # the curve or close-up is read after the run was watched
    picture = opening.marked(scene.pictures[at], trace.landscape, view, colors, guess)
    if shown is None or "start" not in shown.knobs:
        picture = opening.fixed(picture)
    picture = replace(picture, cities=None)
    if told:
        return replace(scene, pictures=(*scene.pictures[:at], picture, *scene.pictures[at + 1 :]))
    quiet: dict[str, Any] = {
        "equation": None,
        "table": {},
        "bookmarks": (),
        "outcome": ("", ""),
        "ghost": "",
        "closer": "",
    }
    return replace(
        scene, pictures=(opening.hushed(picture),), title=here.screen.heading, subtitle="", at=0, report=True, **quiet
    )


def beside(here: Here, shown: Screen, base: Trace, view: View) -> None:
    """What stands beside the picture: question or explanation, knobs, what to try."""
    now, question, trial = visit(), shown.question, shown.experiment
    assert trial is not None
    locked = is_open(here, now)
    if question and locked:
        ask(here, question, view)
    elif question:
        answered(here, question, base, view)
    knobs(trial, locked)
    if locked or (question and here.spot not in now.explained):
        return
    if shown.after and not question:
        st.markdown(shown.after)
    held = now.held.get(here.spot)
    if shown.tries or held:
        with st.container(key="tries", gap="xsmall"):
            st.header("Try", anchor=False)
            for each in shown.tries:
                attempt(here, trial.run, each)
            if held:
                link(f"{ARROW} Show the settings of the link you came by", here.query() | held)
    if now.run is not None and not st.context.is_embedded:
        cards.experiment_link(":material/tune: Open in the playground", now.run.to_query() | view.to_query())


def attempt(here: Here, run: Run, each: Try) -> None:
    """A prompt, as a link where it sets something."""
    if each.elsewhere and not st.context.is_embedded:
        cards.experiment_link(f":material/arrow_outward: {each.prompt}", each.query(run))
    elif each.changes and not each.elsewhere:
        link(f"{ARROW} {each.prompt}", here.query() | dict(each.changes))
    else:
        st.markdown(each.prompt)


def link(label: str, query: Mapping[str, str] | None = None, **looks: Any) -> None:
    """A link within the lessons, to the list where it names nothing; a button where the page is embedded.

    A link of Streamlit's would lose `embed=true`, and menus would appear in the page around.
    """
    query = dict(query or {})
    if st.context.is_embedded:
        st.button(label, key=f"go-{urlencode(query)}-{label}", on_click=go, args=(query,), **looks)
    else:
        st.page_link(PAGE, label=label, query_params=query or None, **looks)


def knobs(trial: Experiment, locked: bool) -> None:
    """What the learner may turn; behind an open question it can only be read."""
    run = visit().run
    if run is None or not trial.knobs:
        return
    said = run.to_query()
    ground, mover = LANDSCAPES[said["landscape"]], OPTIMIZERS[run.optimizer]
    every = {f"{ground.id}.{name}": (knob, dict(run.landscape_knobs)[name]) for name, knob in ground.knobs.items()}
    turned = mover.knobs_on(run.make_landscape())
    every |= {f"{mover.id}.{name}": (knob, dict(run.knobs)[name]) for name, knob in turned.items()}
    spread: Any
    if locked:
        values = [f"{knob.sign} = {shortly(value)}" for key, (knob, value) in every.items() if key in trial.knobs]
        values += [f"start {wording.place(run.start, reach(run))}"] if "start" in trial.knobs and run.start else []
        label = "Knobs: " + (", ".join(values[:4]) or ", ".join(trial.knobs))
        spread = st.expander(label, icon=":material/lock:", key="locked-knobs")
    else:
        spread = st.container(key="controls", gap="xsmall")
    with spread:
        for key in trial.knobs:
            if key in every:
                panel.turn(key, *every[key], at=AT, moved=turn, typed=type_knob, disabled=locked)
        if "start" in trial.knobs:
            starts(run, locked)
        counts = {"steps": (STEPS, run.steps), "seed": (SEED, run.seed)}
        for key, (knob, value) in counts.items():
            if key in trial.knobs:
                st.number_input(
                    key.capitalize(), int(knob.low), int(knob.high), key=panel.show(f"{AT}{key}", value), step=1,
                    on_change=turn, args=(key, str, f"{AT}{key}"), disabled=locked,
                )  # fmt: skip


def reach(run: Run) -> float:
    """The longest side of the domain."""
    ground = run.make_landscape()
    return float(max(ground.high - ground.low))


def shortly(value: Any) -> str:
    """A knob's value in a few characters."""
    return wording.number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)[:20]


def starts(run: Run, locked: bool) -> None:
    """Fields for the coordinates of the start, where they are few."""
    ground = run.make_landscape()
    if run.start is None or len(run.start) > 3 or ground.kind == "tours":
        return
    with st.container(key="start", horizontal=True, wrap=False, gap="xsmall"):
        for axis, value in enumerate(run.start):
            label = "Start x" if len(run.start) == 1 else f"Start x{wording.subscript(axis + 1)}"
            key, step = f"{AT}start.{axis}", panel.nice((ground.high[axis] - ground.low[axis]) / 60)
            st.number_input(
                label, key=panel.show(key, value), step=step, format="%.4g", disabled=locked,
                on_change=lambda axis, key: move_start({axis: st.session_state[key]}), args=(axis, key),
            )  # fmt: skip


def paging(here: Here, shelf: Mapping[str, Lesson | Broken]) -> None:
    """The ways back and on; from the last screen on to the next lesson."""
    last = here.number == len(here.lesson.screens)
    following = next_lesson(here.lesson, shelf) if last else None
    if following:
        link(f"Next lesson: **{following.title}**", Here(following, 1).query(), icon=ARROW, icon_position="right")
    with st.container(key="paging", horizontal=True, horizontal_alignment="distribute"):
        if here.number > 1:
            link("Back", here.query(here.number - 1), icon=":material/arrow_back:")
        if last:
            link("All lessons", icon=":material/list:")
        else:
            link("Next", here.query(here.number + 1), icon=ARROW, icon_position="right")


def next_lesson(lesson: Lesson, shelf: Mapping[str, Lesson | Broken]) -> Lesson | None:
    """The lesson that follows on the list, None after the last one."""
    ready = [each for each in shelf.values() if isinstance(each, Lesson)]
    after = [each.id for each in ready].index(lesson.id) + 1
    return ready[after] if after < len(ready) else None


# Question and answer ------------------------------------------------------------------------------------------------


def ask(here: Here, question: Question, view: View) -> None:
    """The open question."""
    key, axes = field_of(here), plane(view) if question.kind == "point" else ()
    with st.container(key="question", gap="xsmall"):
        st.header(question.ask, anchor=False)
        with st.form(f"form-{here.lesson.id}-{here.number}", border=False):
            if question.kind == "choice":
                paired = question.choices[: len(question.choices) // 2 * 2]  # an odd last one has the width of two
                longest = max(map(len, paired))
                with st.container(key="short" if longest <= SHORT else "middle" if longest <= MIDDLE else "long"):
                    st.radio("Your answer", question.choices, index=None, key=key, label_visibility="collapsed")
            elif question.kind == "number":
                st.number_input("Your answer, a number", value=None, format="%g", step=None, key=key)
            else:
                st.caption("Click the picture, or type where.")
                with st.container(horizontal=True, wrap=False, gap="small"):
                    for i, axis in enumerate(axes):
                        label = "x" if len(axes) == 1 else f"x{wording.subscript(axis + 1)}"
                        st.number_input(label, value=None, format="%g", key=f"{key}.{i}")
            st.form_submit_button(
                "Lock in my answer", type="primary", width="stretch", on_click=lock_in, args=(here, question, view)
            )
        missing = "Give an answer first; a guess will do." if visit().missing else ""
        st.html(f'<p class="lesson-status" role="status">{missing}</p>')


def answered(here: Here, question: Question, base: Trace, view: View) -> None:
    """The question once it is answered: what was said, and after the run what is right and why."""
    answer = visit().answers[here.spot]
    given, right = said(question, answer.guess, base), said(question, question.right(base, view), base)
    with st.container(key="explanation", gap="xsmall"):
        if here.spot not in visit().explained:
            st.header(question.ask, anchor=False)
            st.markdown(f"Your answer: **{given}**")
            st.html('<p class="lesson-status" role="status">Locked in. Press Play and watch what happens.</p>')
            st.button("Show the explanation", type="tertiary", key="explain", on_click=explain, args=(here.spot,))
            return
        verdict = "Right" if answer.right else "Not this time"
        st.html(f'<p class="lesson-heard" role="status">{verdict}. {score(here.lesson)}.</p>')
        st.header(verdict, anchor=False)
        same = given == right
        st.markdown(f"**{right}**" if same else f"Your answer: {given}  \nRight answer: **{right}**")
        st.markdown(question.because)
        if here.screen.after:
            st.markdown(here.screen.after)


def said(question: Question, value: Any, trace: Trace) -> str:
    """An answer in words."""
    if question.kind == "choice":
        return str(value)
    if question.kind == "number":
        return wording.number(float(value))
    return wording.place(value, reach(trace.run))
