"""Tours, edges and matrices by their pixels; questions, cities, the look inside: on a page of made-up scenes."""

import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageColor
from pixels import PLACE, ink, place
from playwright.sync_api import Page, expect

from algorithms import Run, record
from dashboard.charts.picture import Picture, Track, matrix
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme as theme_of
from dashboard.charts.view import View
from dashboard.player import pack

STAGE = Path(__file__).with_name("stage.py")
START = """import sys, streamlit as st
from dashboard.__main__ import main
App = st.App
st.App = lambda _, **more: App(sys.argv[1], **more)
main(["--headless", "--port", "0"])"""
CLASSES = ("#F6EBD3", "#F0D9A8", "#E9C375", "#E0A93F", "#C98A14", "#AD7209", "#8C5B07", "#6B4605")
BLUE, WALK, NOTHING = (0, 114, 178, 255), (27, 31, 36, 255), (0, 0, 0, 0)
CORNERS = np.array([[20, 20], [80, 20], [80, 80], [20, 80]])
EDGES = list(zip(*np.triu_indices(4, 1), strict=True))
ASKED = "?lock=Play+unlocks+after+you+answer"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The lab's server with the made-up scenes as its only page."""
    log = tmp_path_factory.mktemp("stage") / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(STAGE)], cwd=log.parent, stdout=output, stderr=subprocess.STDOUT
        )
    while not (told := re.search(r"running at (http://\S+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    yield SimpleNamespace(url=told[1])
    process.terminate()
    process.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


def data(page: Page, name: str) -> str | None:
    return page.locator("[data-player]").get_attribute(f"data-{name}")


def show(page: Page, frame: int) -> None:
    page.get_by_label("Timeline").fill(str(frame))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def heard(page: Page, count: int) -> list:
    """The messages that the page got, once there are `count`; a moment later there must be no more."""
    box = page.locator(".st-key-heard [data-testid=stText]")
    page.wait_for_function(
        "n => JSON.parse(document.querySelector('.st-key-heard [data-testid=stText]').innerText).length >= n", arg=count
    )
    page.wait_for_timeout(600)
    messages = json.loads(box.inner_text())
    assert len(messages) == count, messages
    return messages


def along(page: Page, a: int, b: int, share: float, left: float = 0) -> tuple:
    """The color `share` of the way from corner a to corner b, `left` pixels to the left of the way."""
    (x0, y0), (x1, y1) = place(page, *CORNERS[a]), place(page, *CORNERS[b])
    way = np.array([x1 - x0, y1 - y0]) / np.hypot(x1 - x0, y1 - y0)
    at = CORNERS[a] + share * (CORNERS[b] - CORNERS[a])
    return ink(page, *map(float, at), right=left * way[1], down=-left * way[0])


def test_edges_have_the_width_and_color_of_their_class(visit):
    page = visit("/?square=1").page
    for frame in range(9):
        show(page, frame)
        walk = (0, 2) if frame % 2 else (0, 1)
        for number, (a, b) in enumerate(EDGES):
            level, seen = (number + frame) % 9, along(page, a, b, 0.3, left=-3.5)
            if level >= 6:  # 10.4 pixels and more: it shows beside tour and halo
                assert seen == (*ImageColor.getrgb(CLASSES[level - 1]), 255), (frame, a, b)
                assert along(page, a, b, 0.3, left=-10)[3] == 0, "8 classes reach at most 8.25 pixels to a side"
            elif level == 0 and (a, b) != walk:
                assert along(page, a, b, 0.3, left=-5) == NOTHING, (frame, a, b)


def test_a_tour_is_closed_and_a_walk_lies_to_the_left_of_its_way(visit):
    page = visit("/?square=1").page
    for frame, order in ((0, [0, 1, 2, 3]), (1, [0, 2, 1, 3]), (2, [0, 1, 2, 3])):
        show(page, frame)
        for a, b in zip(order, order[1:] + order[:1], strict=True):
            assert along(page, a, b, 0.3) == BLUE, (frame, a, b)
        left, right = ([along(page, *order[:2], s, left=side) for s in np.linspace(0.2, 0.8, 40)] for side in (5, -5))
        assert 10 < left.count(WALK) < 36, "dashed"
        assert right.count(WALK) == 0


def test_a_matrix_has_its_first_row_on_top_and_sharp_cells(visit):
    page = visit("/?square=1").page
    ramp = np.array([ImageColor.getrgb(color) for color in CLASSES], float)
    track = Track(0, "matrix", np.zeros(31), np.zeros(31), z=np.zeros((31, 10), np.uint8), at=np.arange(31), half=True)
    for frame in (0, 3, 17):
        show(page, frame)
        cells = (60 * frame + 25 * np.arange(10)).astype(np.uint8)
        wanted = matrix(replace(track, z=np.tile(cells, (31, 1))), frame)
        for (i, j), value in np.ndenumerate(wanted):
            color = [np.interp(value / 255 * 7, np.arange(8), ramp[:, c]) for c in range(3)]
            for shift in (-0.42, 0, 0.42):
                seen = ink(page, float(j + shift), float(i - shift), figure=".lab-chart[data-matrix]")
                assert seen[3] == 255
                assert seen[:3] == pytest.approx(color, abs=5), (frame, i, j)
    box = page.locator("[data-matrix] .lab-box").bounding_box()
    assert box
    assert box["width"] == pytest.approx(box["height"], abs=1)
    assert box["width"] >= 180


def test_what_does_not_glide_is_painted_once_a_frame(visit):
    page = visit("/?frames=9").page
    page.evaluate(
        """() => { const canvas = document.querySelector('.lab-picture canvas'); window.paints = 0;
            new MutationObserver(found => { window.paints += found.length })
                .observe(canvas, {attributes: true, attributeFilter: ['data-frame']}) }"""
    )
    press(page, "To start")
    press(page, "Play")
    page.wait_for_function("() => document.querySelector('[data-player]').dataset.playing === 'false'")
    assert 8 <= page.evaluate("window.paints") <= 14, "eight steps in four seconds of 60 refreshes each"


@pytest.mark.parametrize("width", [1280, 390])
def test_while_a_question_is_open_there_is_one_picture_and_nothing_to_play(visit, width):
    visit = visit(f"/{ASKED}", width=width)
    page = visit.page
    why = page.get_by_role("button", name="Play unlocks after you answer")
    expect(why).to_be_disabled()
    expect(page.locator(".lab-why")).to_have_text("Play unlocks after you answer")
    expect(page.locator(".lab-row .lab-count:visible")).to_have_text("0 / 30")
    assert (data(page, "locked"), data(page, "frames"), data(page, "frame")) == ("", "1", "0")
    for name in ("Play", "Step", "To end", "Copy link", "Save picture", "Look inside", "Edit cities"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    for part in (".lab-side", ".lab-rule", ".lab-outcome", ".lab-numbers", ".lab-tick", "[aria-label=Timeline]"):
        assert not page.locator(part).first.is_visible(), part
    for key in ("End", "ArrowRight", " "):
        page.locator("body").press(key)
    assert (data(page, "frame"), data(page, "playing")) == ("0", "false")
    page.mouse.click(*place(page, 50, 50))
    assert heard(page, 0) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("button", name="Lock in my answer").click()
    page.wait_for_function("() => document.querySelector('[data-player]').dataset.frames === '31'")
    assert (data(page, "locked"), data(page, "frame"), data(page, "playing")) == (None, "0", "false")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()
    page.keyboard.press(" ")
    page.wait_for_function("() => +document.querySelector('[data-player]').dataset.frame > 2")
    visit.assert_clean()


def test_a_question_can_be_answered_by_pointing(visit):
    visit = visit(f"/{ASKED}&point=1")
    page = visit.page
    spot = tuple(round(v) for v in place(page, 30, 70))
    page.mouse.click(*spot)
    ((kind, point),) = heard(page, 1)
    assert kind == "point"
    assert place(page, point["x"], point["y"]) == pytest.approx(spot, abs=0.2)
    handle = page.locator(".lab-start")
    handle.press("ArrowRight")
    handle.press("ArrowUp")
    expect(handle).to_have_attribute("aria-label", re.compile("^Your answer at"))
    assert len(heard(page, 1)) == 1, "moving is no answer"
    handle.press("Enter")
    moved = heard(page, 2)[1][1]
    assert moved["x"] > point["x"]
    assert moved["y"] > point["y"]
    visit.assert_clean()


def test_a_locked_scene_gives_nothing_away_and_has_one_frame():
    trace = record(Run.suggested("momentum", "himmelblau", steps=20))
    scene = experiment(trace, View(), theme_of("light"), link="seed=11")
    with pytest.raises(ValueError, match="frame 0 alone"):
        pack(replace(scene, lock="answer first"))
    bare = Picture("landscape", {"data": [], "layout": {}}, (), "A valley", "A valley")
    sent = pack(replace(scene, lock="answer first", promised=20, frames=1, pictures=(bare, *scene.pictures[1:])))
    assert len(sent) < 4000
    for secret in (scene.outcome[1], scene.pictures[1].title, "seed=11", "<math"):
        assert secret.encode() not in sent
        assert json.dumps(secret)[1:-1].encode() not in sent


def test_the_end_is_reported_once_however_it_was_reached(visit):
    page = visit("/?report=1&frames=6").page
    assert data(page, "frame") == "5", "a run is shown whole, and that is no playing"
    for name in ("To start", "Step", "Step"):
        press(page, name)
    assert heard(page, 0) == []
    press(page, "To end")
    ((kind, run),) = heard(page, 1)
    assert (kind, run) == ("played", data(page, "run"))
    press(page, "To start")
    show(page, 5)
    assert len(heard(page, 1)) == 1

    page = visit("/?report=1&frames=6").page
    page.get_by_label("Speed").select_option("8")
    press(page, "Play")
    assert [name for name, _ in heard(page, 1)] == ["played"]


def test_nobody_is_told_of_the_end_who_did_not_ask(visit):
    page = visit("/?frames=6").page
    for name in ("To start", "To end"):
        press(page, name)
    assert heard(page, 0) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_look_inside_a_frame_and_back(visit, width):
    visit = visit("/", width=width)
    page = visit.page
    show(page, 7)
    press(page, "Look inside")
    page.wait_for_function("() => document.querySelector('[data-player]').dataset.inside === '7'")
    page.wait_for_function("() => document.querySelector('[data-player]').dataset.frame === '0'")
    assert data(page, "frames") == "12"
    expect(page.get_by_role("button", name="Back to the colony")).to_be_focused()
    show(page, 4)
    press(page, "Back to the colony")
    page.wait_for_function("() => document.querySelector('[data-player]').dataset.frame === '7'")
    assert data(page, "inside") is None
    assert heard(page, 2) == [["view", {"inside": 7, "frame": 0}], ["view", {"inside": -1, "frame": 7}]]
    press(page, "To start")
    press(page, "Look inside")
    assert heard(page, 3)[2] == ["view", {"inside": 1, "frame": 0}], "the first frame has no inside"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.assert_clean()


def test_a_look_inside_leads_to_what_is_seen_and_back_to_where_it_began(visit):
    page = visit("/?deeper=1&frames=9").page  # a frame shows what makes the next one
    for frame, inside in ((3, 4), (8, 8)):
        show(page, frame)
        press(page, "Look inside")
        page.wait_for_function(f"() => document.querySelector('[data-player]').dataset.inside === '{inside}'")
        press(page, "Back to the colony")
        page.wait_for_function(f"() => document.querySelector('[data-player]').dataset.frame === '{frame}'")
        page.wait_for_function("() => !('inside' in document.querySelector('[data-player]').dataset)")


def drag(page: Page, start: tuple[float, float], way: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(start[0] + way[0] * step / 5, start[1] + way[1] * step / 5)


def test_cities_are_added_dragged_and_removed_while_they_are_edited(visit):
    visit = visit("/?square=1")
    page = visit.page
    spot = tuple(round(v) for v in place(page, 35, 55))
    page.mouse.click(*spot)
    assert heard(page, 0) == [], "before, a click on the map does nothing"

    toggle = page.get_by_role("button", name="Edit cities")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    cities = page.locator(".lab-city")
    expect(cities).to_have_count(4)

    drag(page, place(page, 20, 20), (40, -30))
    assert len(heard(page, 0)) == 0, "only where it is let go counts"
    x, y = place(page, 20, 20)
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).classList.contains('lab-city')", [x + 40, y - 30])
    first = page.evaluate(PLACE, [20, 20])
    canvas = page.locator(".lab-picture canvas").bounding_box()
    assert canvas
    disc = page.evaluate(
        "([x, y]) => [...document.querySelector('.lab-picture canvas').getContext('2d').getImageData(x, y, 1, 1).data]",
        [round(first[0] + 40 - canvas["x"]), round(first[1] - 30 - canvas["y"])],
    )
    assert disc == [255, 255, 255, 255], "the city goes with the hand"
    page.mouse.up()
    ((kind, message),) = heard(page, 1)
    assert kind == "cities"
    i, *at = message["move"]
    assert i == 0
    assert place(page, *at) == pytest.approx((x + 40, y - 30), abs=1.5)

    page.mouse.click(*place(page, 35, 60))
    added = heard(page, 2)[1][1]["add"]
    assert added == pytest.approx([35, 60], abs=0.5)
    expect(cities).to_have_count(5)
    page.mouse.click(*place(page, 80, 80))
    assert heard(page, 3)[2][1] == {"remove": 2}
    expect(cities).to_have_count(4)

    cities.nth(1).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    _, moved = heard(page, 4)[3]
    assert moved["move"][:2] == [1, 80]
    assert 20 < moved["move"][2] < 24
    page.keyboard.press("Delete")
    expect(cities).to_have_count(3)
    assert heard(page, 5)[4][1] == {"remove": 1}
    page.keyboard.press("Delete")
    expect(page.locator(".lab-hint")).to_have_text("A tour needs at least 3 cities.")
    assert len(heard(page, 5)) == 5
    page.keyboard.press("Escape")
    expect(toggle).to_be_focused()
    page.mouse.click(*place(page, 50, 40))
    assert len(heard(page, 5)) == 5
    visit.assert_clean()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_picture_is_saved_as_it_is_seen(visit, width, theme):
    visit = visit("/?number=12", width=width, theme=theme)
    page = visit.page
    show(page, 11)
    with page.expect_download() as download:
        press(page, "Save picture")
    assert download.value.suggested_filename == f"{data(page, 'run')}-11.png"
    image = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert image.format == "PNG"
    assert image.width >= 600
    pixels = np.asarray(image.convert("RGB"))
    for color in ("#0072B2", CLASSES[-1], CLASSES[4], theme_of(theme).text):
        assert (pixels == ImageColor.getrgb(color)).all(-1).sum() > 50, f"{color}: marks, key or words are missing"
    visit.assert_clean()
