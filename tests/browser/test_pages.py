"""Every page of the app's own list, in both themes, on a laptop and on a phone: whole, quiet and at home."""

import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import expect

from dashboard.app import PAGES
from dashboard.server import settings

THEMES = ["light", "dark"]


def address(file: str) -> str:
    return "/" if file == next(iter(PAGES)) else f"/{file}"


def color(theme: str) -> str:
    code = settings()[f"theme.{theme}.backgroundColor"].removeprefix("#")
    return "rgb({}, {}, {})".format(*bytes.fromhex(code))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("file", PAGES)
def test_page_is_whole_and_quiet(visit, file, theme, width):
    visit = visit(address(file), theme=theme, width=width)
    page = visit.page
    assert page.title() == PAGES[file]
    assert page.locator("[data-testid=stException]").count() == 0
    expect(page.locator("h1, [data-player]").first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", color(theme))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    visit.assert_clean()


def test_home_shows_four_ways_in_at_once(visit):
    visit = visit("/")
    page, ways = visit.page, visit.page.locator(".lab-card")
    expect(ways).to_have_count(4)
    boxes = [way.bounding_box() for way in ways.all()]
    assert max(box["y"] + box["height"] for box in boxes) <= 720, "they stand on the first screen"
    assert len({box["y"] for box in boxes}) == 1
    assert len({round(box["height"]) for box in boxes}) == 1
    assert sum(visit.received) <= 400_000
    assert {way.get_attribute("data-playing") for way in ways.all()} <= {None, "false"}, "nothing moves by itself"
    ways.nth(3).hover()
    expect(ways.nth(3)).to_have_attribute("data-playing", "true")
    page.locator(".lab-card-link").nth(3).click()
    page.wait_for_url("**/playground?landscape=clustered_cities&optimizer=ant_colony&**")
    visit.settle()
    visit.assert_clean()


def test_home_is_one_column_on_a_phone(visit):
    boxes = [way.bounding_box() for way in visit("/", width=390, height=844).page.locator(".lab-card").all()]
    assert len({box["x"] for box in boxes}) == 1
    assert all(above["y"] + above["height"] <= below["y"] for above, below in pairwise(boxes))


def test_the_map_leads_to_lessons_and_experiments_and_back(visit):
    visit = visit("/")
    page, first = visit.page, visit.page.locator(".st-key-chapter-1 a")
    for i, wanted in ((0, "**/lesson?*"), (first.count() - 1, "**/playground?*optimizer=adam*")):
        first.nth(i).click()
        page.wait_for_url(wanted)
        visit.settle()
        page.go_back()
        page.wait_for_url("**/")
        visit.settle()
        expect(page.locator(".lab-card")).to_have_count(4)
    assert "?" not in page.url
    visit.assert_clean()


def test_a_run_is_taken_away_as_files(visit):
    visit = visit("/playground?landscape=five_cities&optimizer=two_opt")
    page = visit.page
    for ending, begins in (("csv", "step,"), ("py", "# 2-opt on Five cities"), ("ipynb", '{\n "cells"')):
        with page.expect_download() as started:
            page.locator(f".st-key-save-{ending} button").first.click()
        name = started.value.suggested_filename
        assert re.fullmatch(rf"two_opt-on-five_cities-[0-9a-f]{{8}}\.{ending}", name)
        assert started.value.path().read_text().startswith(begins)
    visit.assert_clean()


def test_placed_cities_are_in_the_link_and_come_back(visit):
    visit = visit("/playground?landscape=circle_cities&circle_cities.number=8&optimizer=two_opt")
    page = visit.page
    page.locator(".lab-edit").click()
    box = page.locator(".lab-picture .lab-box").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**landscape=placed_cities**")
    visit.settle()
    placed = page.url
    assert placed.count("%3B") == 8
    expect(page.get_by_role("textbox", name="Cities: x, y")).to_have_value(re.compile(r"\n\d"))
    page.locator(".lab-city").last.press("Delete")
    page.wait_for_url(lambda url: url.count("%3B") == 7)
    visit.settle()
    page.go_back()
    page.wait_for_url(placed)
    visit.settle()
    expect(page.locator(".lab-city")).to_have_count(9)
    visit.assert_clean()


def test_what_a_stranger_writes_into_a_link_is_shown_and_is_no_link(visit):
    page = visit("/playground?steps=http://127.0.0.9/x&seed=www.a.example&landscape=<script>alert(1)</script>").page
    notes = page.locator(".st-key-notes")
    expect(notes).to_contain_text("127.0.0.9")
    expect(notes).to_contain_text("<script>")
    assert notes.locator("a, script, em").count() == 0


def test_the_menu_leads_to_every_page(visit):
    visit = visit("/")
    for title in PAGES.values():
        visit.page.get_by_role("link", name=title, exact=True).first.click()
        visit.page.wait_for_function("title => document.title === title", arg=title)
        visit.settle()
    visit.assert_clean()


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_can_be_chosen(visit, theme):
    other = next(name for name in THEMES if name != theme)
    page = visit("/", theme=theme).page
    page.locator("[data-testid=stMainMenu] button").click()
    page.get_by_test_id(f"stMainMenuItem-theme-{other.title()}").click()
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", color(other))
    page.reload()
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", color(other))


def test_a_script_that_is_not_ours_does_not_run_and_is_noticed(visit):
    visit = visit("/")
    with visit.page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        visit.page.evaluate(
            """() => {
                const script = document.createElement('script');
                script.textContent = 'window.intruder = true';
                document.body.append(script);
            }"""
        )
    assert visit.page.evaluate("window.intruder") is None
    with pytest.raises(AssertionError, match="Content Security Policy"):
        visit.assert_clean()


def test_a_request_to_another_host_is_stopped_and_noticed(visit):
    visit = visit("/")
    with visit.page.expect_console_message(lambda message: "127.0.0.2" in message.text):
        visit.page.evaluate("() => { new Image().src = 'http://127.0.0.2:9/pixel.png' }")
    with pytest.raises(AssertionError, match=r"127\.0\.0\.2"):
        visit.assert_clean()


@pytest.fixture
def school() -> Iterator[Callable[[str], str]]:
    """Another site, which embeds what it is told to: `school(url)` is the address of its page."""

    class Lesson(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{unquote(self.path[2:])}" width="900" height="600"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Lesson) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield lambda url: f"http://127.0.0.1:{site.server_port}/?{quote(url)}"
        site.shutdown()


def test_another_site_may_not_embed_the_lab(visit, server, school):
    visit = visit("/")
    with visit.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        visit.page.goto(school(f"{server.url}/?embed=true"))
    assert not visit.page.frame_locator("iframe").locator("[data-testid=stApp]").count()


def test_a_site_that_was_named_may_embed_the_lab(visit, another_server, school):
    lab = another_server("--frame-ancestors", "self http://127.0.0.1:*")
    visit = visit("/")
    visit.page.goto(school(f"{lab.url}/?embed=true"))
    visit.page.frame_locator("iframe").locator("[data-testid=stApp] h1").first.wait_for()
