"""A lesson as a learner and a teacher meet it: added as a file, predicted, played, explained, tried, embedded."""

import json
import re
import struct
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.lesson import Lesson, Screen
from dashboard.lessons import lessons

LESSON = """---
title: Rolling down
chapter: 1
goal: Say where a ball ends before it rolls.
minutes: 3
---
## One valley
The ball starts at the ring and steps down the slope.

```experiment
landscape = quadratic
optimizer = gradient_descent
gradient_descent.learning_rate = 0.1
start = 5
steps = 24
```
```question
ask = Where is the ball after 24 steps?
choice = Still above 1
choice = Below 0.1
answer = Below 0.1
because = It keeps four fifths of x in every step: forsooth.
```
```try
prompt = Let it overshoot.
gradient_descent.learning_rate = 0.9
```
## The end
That was all.
"""
SHOWN = """() => {
  const root = document.querySelector('[data-player]'), count = name => root.querySelectorAll(name).length;
  const cells = [...root.querySelectorAll('.lab-numbers td')].filter(cell => cell.textContent).length;
  const {frames} = root.dataset;
  return {frames, charts: count('.lab-chart'), ticks: count('.lab-tick'), math: count('math'), cells} }"""


@pytest.fixture
def lab(another_server, tmp_path: Path, visit):
    """Open a page of a lab that was told of a folder of lessons, still empty at its start; the folder is `.folder`."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    server = another_server("--lessons", str(folder))

    def open_page(path: str):
        opened = visit("/")
        opened.origin = server.url
        opened.page.goto(server.url + path)
        opened.settle()
        opened.console.clear()
        opened.foreign.clear()
        return opened

    open_page.folder = folder
    return open_page


def asking(kind: str) -> tuple[str, Screen]:
    """The address of a screen that asks a question of this kind, and the screen."""
    for id, lesson in lessons().items():
        for number, screen in enumerate(lesson.screens if isinstance(lesson, Lesson) else (), 1):
            if screen.question and screen.question.kind == kind:
                return f"/lesson?lesson={id}&screen={number}", screen
    pytest.fail(f"no lesson asks for a {kind}")


def until(page: Page, name: str, value: str) -> None:
    page.wait_for_function(
        "([name, value]) => document.querySelector('[data-player]')?.dataset[name] === value", arg=[name, value]
    )


def player(page: Page, name: str) -> str:
    return page.locator("[data-player]").get_attribute(f"data-{name}") or ""


def blobs(frames: list[bytes]) -> list[dict]:
    """The scenes among the websocket's messages, told by their beginning."""
    found = []
    for frame in frames:
        for at in (match.start() for match in re.finditer(rb'\{"run":"', frame)):
            (length,) = struct.unpack_from("<I", frame, at - 4)
            found.append(json.loads(frame[at : at + length]))
    return found


def test_a_lesson_added_as_a_file_is_found_answered_played_and_explained(lab):
    visit, folder = lab("/lesson"), lab.folder
    page = visit.page
    assert page.get_by_role("link", name="Rolling down").count() == 0
    (folder / "rolling-down.md").write_text(LESSON, "utf-8")
    page.reload()
    page.get_by_role("link", name="Rolling down").click()
    visit.settle()
    expect(page.get_by_role("heading", level=1, name="One valley")).to_be_visible()
    page.wait_for_selector("[data-player][data-run]")
    assert page.locator("h1:visible").count() == 1
    assert "lesson=rolling-down&screen=1" in page.url
    assert page.evaluate(SHOWN) == {"frames": "1", "charts": 0, "ticks": 0, "math": 0, "cells": 0}
    expect(page.locator(".lab-outcome")).to_be_hidden()
    expect(page.get_by_text("Play unlocks after you answer")).to_be_visible()
    assert page.get_by_role("button", name="Play", exact=True).count() == 0
    assert "forsooth" not in page.content()
    page.get_by_role("button", name="Lock in my answer").click()
    expect(page.get_by_text("Give an answer first")).to_be_visible()
    page.get_by_text("Below 0.1").click()
    page.get_by_role("button", name="Lock in my answer").click()
    until(page, "frames", "25")
    until(page, "frame", "0")
    assert "forsooth" not in page.content()
    page.get_by_label("Speed").select_option("8")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("heading", name="Right", exact=True)).to_be_visible()
    expect(page.get_by_text("forsooth")).to_be_visible()
    expect(page.get_by_text("1 of 1 predicted", exact=True)).to_be_visible()
    expect(page.locator(".lab-outcome")).to_be_visible()
    page.get_by_role("link", name="Let it overshoot").click()
    page.wait_for_url("**gradient_descent.learning_rate=0.9*")
    visit.settle()
    expect(page.get_by_label("Learning rate η, exactly")).to_have_value("0.9")
    field = page.get_by_label("Learning rate η, exactly")
    field.fill("0.2")
    field.press("Enter")
    page.wait_for_url("**gradient_descent.learning_rate=0.2*")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", level=1, name="The end")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_text("forsooth")).to_be_visible()
    (folder / "second-lesson.md").write_text(LESSON.replace("Rolling down", "A second one"), "utf-8")
    (folder / "third-lesson.md").write_text(LESSON.replace("optimizer =", "optimiser ="), "utf-8")
    page.locator(".st-key-where a").click()
    expect(page.get_by_role("link", name="A second one")).to_be_visible()
    expect(page.get_by_text("lesson third-lesson, line 12: unknown key 'optimiser'")).to_be_visible()
    visit.assert_clean()


def test_while_a_question_is_open_the_websocket_carries_frame_0_alone(visit):
    address, screen = asking("choice")
    visit = visit("/lesson")
    page, frames = visit.page, []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(data)))
    page.goto(visit.origin + address)
    visit.settle()
    frames = [frame for frame in frames if isinstance(frame, bytes)]
    scenes = blobs(frames)
    assert scenes
    for scene in scenes:
        assert scene["frames"] == 1
        assert scene["outcome"] == ["", ""]
        assert len(scene["pictures"]) == 1
        assert not scene["table"]
        assert not scene["equation"]
        for mark in scene["pictures"][0]["marks"]:
            assert mark["x"]["$"][2][0] == 1
    assert screen.question
    for secret in (screen.question.because, *(each.prompt for each in screen.tries)):
        assert not any(secret[:40].encode() in frame for frame in frames)


def test_a_point_is_answered_with_a_click(visit):
    visit = visit(asking("point")[0])
    page = visit.page
    box = page.locator(".lab-picture .nsewdrag").first.bounding_box()
    assert box
    address = page.url
    page.mouse.click(box["x"] + 0.03 * box["width"], box["y"] + 0.05 * box["height"])
    expect(page.locator(".st-key-question input").first).not_to_have_value("")
    expect(page.locator(".lab-picture .lab-key")).to_contain_text("your guess")
    assert page.url == address, "the start stays where it was"
    page.get_by_role("button", name="Lock in my answer").click()
    page.get_by_role("button", name="Show the explanation").click()
    expect(page.get_by_role("heading", name="Not this time")).to_be_visible()
    until(page, "frame", str(int(player(page, "frames")) - 1))
    expect(page.locator(".lab-picture .lab-key")).to_contain_text("your guess")
    visit.assert_clean()


def test_the_keyboard_alone_answers_and_plays(visit):
    address, screen = asking("choice")
    page = visit(address).page
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Lock in my answer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()
    assert player(page, "frame") == "0"
    page.keyboard.press("End")
    expect(page.locator(".st-key-explanation h2")).to_have_text(re.compile("Right|Not this time"))
    assert screen.question


def test_embedded_it_stays_embedded(visit):
    visit = visit(asking("choice")[0] + "&embed=true")
    page = visit.page
    menu = page.get_by_role("link", name="Playground", exact=True)
    assert menu.count() == 0
    first = page.locator("h1:visible").inner_text()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("h1:visible")).not_to_have_text(first)
    page.get_by_role("button", name="Lessons", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Lessons")).to_be_visible()
    assert "embed=true" in page.url
    assert menu.count() == 0
    visit.assert_clean()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_locked_screen_fits(visit, theme, width, height):
    visit = visit(asking("choice")[0], theme=theme, width=width, height=height)
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    read = ["h1:visible", ".st-key-reading", ".st-key-question"]
    if width == 390:
        read.insert(2, ".lab-picture")
    tops = [page.locator(name).bounding_box()["y"] for name in read]
    assert tops == sorted(tops)
    if width == 1280:
        picture = page.locator(".lab-picture .lab-box").bounding_box()
        assert picture["height"] >= 400
        assert picture["x"] + picture["width"] < page.locator("h1:visible").bounding_box()["x"], "the text is beside it"
        for name in (".lab-bar", ".st-key-question", ".st-key-paging"):
            box = page.locator(name).bounding_box()
            assert box["y"] + box["height"] <= height, f"{name} is out of sight"
    visit.assert_clean()
