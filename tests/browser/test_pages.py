"""Every page of the app's own list, in both themes, on a laptop and on a phone: whole, quiet and at home."""

import pytest

from dashboard.app import PAGES
from dashboard.server import settings

THEMES = ["light", "dark"]


def background(page) -> str:
    return page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")


def color(theme: str) -> str:
    code = settings()[f"theme.{theme}.backgroundColor"].removeprefix("#")
    return "rgb({}, {}, {})".format(*bytes.fromhex(code))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("file", PAGES)
def test_page_is_whole_and_quiet(visit, file, theme, width):
    visit = visit(f"/{file}", theme=theme, width=width)
    page = visit.page
    assert page.title() == PAGES[file]
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("h1, [data-player]").first.is_visible()
    assert background(page) == color(theme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    visit.assert_clean()


def test_the_first_page_is_at_the_bare_address(visit):
    visit = visit("/")
    assert visit.page.title() == next(iter(PAGES.values()))
    visit.assert_clean()


def test_the_menu_leads_to_every_page(visit):
    visit = visit("/")
    for file, title in PAGES.items():
        visit.page.get_by_role("link", name=title, exact=True).first.click()
        visit.page.wait_for_url(lambda url, file=file: url.rstrip("/") in (visit.origin, f"{visit.origin}/{file}"))
        visit.settle()
        assert visit.page.title() == title
    visit.assert_clean()


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_can_be_chosen(visit, theme):
    other = next(name for name in THEMES if name != theme)
    page = visit("/", theme=theme).page
    page.locator("[data-testid=stMainMenu] button").click()
    page.get_by_test_id(f"stMainMenuItem-theme-{other.title()}").click()
    page.wait_for_function("(was) => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor != was", arg=color(theme))
    assert background(page) == color(other)
    page.reload()
    page.wait_for_selector("h1")
    assert background(page) == color(other)


def test_a_script_that_is_not_ours_does_not_run_and_is_noticed(visit):
    visit = visit("/")
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
    visit.page.evaluate("() => { new Image().src = 'http://127.0.0.2:9/pixel.png' }")
    visit.page.wait_for_timeout(200)
    assert visit.foreign or visit.console
    with pytest.raises(AssertionError, match=r"127\.0\.0\.2"):
        visit.assert_clean()


HOST = "http://school.example"


def embedded(visit, server) -> list[str]:
    """The headings a reader of another site sees in a frame that embeds the playground."""
    page = visit("/").page
    frame = f'<iframe src="{server.url}/playground?embed=true" width="900" height="600"></iframe>'
    page.route(f"{HOST}/*", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto(f"{HOST}/lesson")
    inner = page.frame_locator("iframe")
    try:
        inner.locator("[data-testid=stApp] h1, [data-player]").first.wait_for(timeout=8000)
    except Exception:
        return []
    return ["seen"]


def test_x(visit, server, another_server):
    print(embedded(visit, server))
    print(embedded(visit, another_server("--frame-ancestors", f"'self' {HOST}")))
    assert 0
