"""Every page of the app's own list, in both themes, on a laptop and on a phone: whole, quiet and at home."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
