"""The inner state of a run in a real browser: its curves by their pixels, its layers, its small charts, its rule."""

import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import numpy as np
import pytest
from pixels import painted
from playwright.sync_api import Page, expect

from algorithms import OPTIMIZERS, Run, record
from dashboard.charts import quantities
from dashboard.charts.contour import contour
from dashboard.charts.picture import Picture, Track, frame
from dashboard.charts.theme import theme as theme_of
from dashboard.charts.view import View

BFGS = "landscape=rosenbrock&optimizer=bfgs&start=-1.2,1&steps=200"
NEWTON = "landscape=himmelblau&optimizer=newton&newton.repair=none&steps=20&start="
# A link, a frame of its run and what is drawn there, and another frame where the curves are elsewhere
CURVES = [
    (NEWTON + "1,1", 3, "ellipse", 0),  # around a minimum, and at first around the maximum
    (NEWTON + "1,1", 0, "ellipse", 3),
    (NEWTON + "0,-4", 2, "hyperbola", 0),
    (BFGS, 19, "ellipse", 6),  # the curvature learned, and the true one
]
LINE = "landscape=linear_regression&start=-0.6,1.1&steps=40"
NOISY = "&optimizer=gradient_descent&linear_regression.batch_size=16&linear_regression.gradient_noise=0.5"
CHART = ".lab-chart[data-on]"  # the small chart that was picked
ORDERS = ("first order", "second order")
FOLLOW = "link => { history.pushState({}, '', link); dispatchEvent(new PopStateEvent('popstate', {state: {}})) }"
OTHER = "([figure, before]) => document.querySelector(figure + ' canvas').toDataURL() !== before"
SAME = "([figure, before]) => document.querySelector(figure + ' canvas').toDataURL() === before"
SIZED = """figure => {
  const find = name => document.querySelector(`${figure} ${name}`);
  const [box, plot, canvas] = ['.lab-box', '.lab-plot', 'canvas'].map(find);
  const width = box.clientWidth;
  return width > 0 && plot._fullLayout?.width === width && canvas.style.width === `${width}px` }"""
CELLS = """() => [...document.querySelectorAll('.lab-rule [data-slot]')].filter(cell => cell.checkVisibility(
  {visibilityProperty: true})).map(cell => cell.textContent)"""


def until_run_changes(page: Page, act) -> None:
    before = page.locator("[data-player]").get_attribute("data-run")
    act()
    page.wait_for_function("run => document.querySelector('[data-player]').dataset.run !== run", arg=before)


def follow(page: Page, link: str) -> None:
    """Go to the link of another run without loading the page anew."""
    until_run_changes(page, lambda: page.evaluate(FOLLOW, f"/playground?{link}"))


def show(page: Page, k: int) -> None:
    page.get_by_label("Timeline").fill(str(k))


def pick(page: Page, name: str, by: str = "mouse") -> None:
    """Choose a small chart by its tab, and wait until it has taken its place."""
    tab = page.get_by_role("tab", name=name)
    if by == "mouse":
        tab.click()
    else:
        tab.press(by)
    expect(tab).to_have_attribute("aria-selected", "true")
    page.wait_for_function(SIZED, arg=CHART)


def canvas(page: Page, figure: str = ".lab-picture") -> str:
    return page.locator(f"{figure} canvas").evaluate("canvas => canvas.toDataURL()")


def traced(link: str):
    run, repairs = Run.from_query(dict(parse_qsl(link)))
    assert not repairs
    return record(run)


def lines(picture: Picture, kind: str) -> list[tuple[Track, str]]:
    """The lines of a kind that are no halos, with their colors."""
    traces = picture.figure["data"]
    named = [(track, traces[track.trace]) for track in picture.tracks if track.kind == kind]
    return [(track, trace["line"]["color"]) for track, trace in named if not trace["name"].endswith("halo")]


def points(track: Track, k: int) -> np.ndarray:
    at = frame(track, k)
    return np.stack([at["x"], at["y"]], axis=-1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ellipses_and_hyperbolas_are_painted_where_they_are_said_to_be(visit, theme):
    at = CURVES[0][0]
    opened = visit(f"/playground?{at}", theme=theme)
    page = opened.page
    for link, k, kind, other in CURVES:
        if link != at:
            follow(page, link)
        at = link
        show(page, k)
        curves = lines(contour(traced(link), View(), theme_of(theme)), kind)
        assert len(curves) == (2 if link == BFGS else 3)
        for track, color in curves:
            assert painted(page, points(track, k), color) > 0.7, (link, "the rest lies under other marks")
            assert painted(page, points(track, other), color) < 0.4, link
    opened.assert_clean()


def test_a_layer_is_switched_off_and_on_and_the_link_remembers(visit):
    opened = visit(f"/playground?{BFGS}")
    page = opened.page
    ((_, _), (ring, color)) = lines(contour(traced(BFGS), View(), theme_of("light")), "ellipse")

    def on(name: str):
        page.locator(".st-key-view-options summary").press("Enter")
        return page.get_by_role("toolbar", name="Drawn on the picture").get_by_role("button", name=name)

    show(page, 19)
    whole, pill = canvas(page), on("curvature learned")
    assert painted(page, points(ring, 19), color) > 0.9
    pill.click()
    page.wait_for_function(OTHER, arg=[".lab-picture", whole])
    expect(pill).to_have_attribute("aria-pressed", "false")
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("view.hide") == ["estimate"])
    assert painted(page, points(ring, 19), color) < 0.2
    assert page.locator("[data-player]").get_attribute("data-frame") == "19"

    page.reload()
    opened.settle()
    show(page, 19)
    assert painted(page, points(ring, 19), color) < 0.2
    pill = on("curvature learned")
    expect(pill).to_have_attribute("aria-pressed", "false")
    page.get_by_role("toolbar").get_by_role("button", name="step", exact=True).press("ArrowRight")
    expect(pill).to_be_focused()
    page.keyboard.press(" ")
    page.wait_for_function(SAME, arg=[".lab-picture", whole])
    expect(pill).to_have_attribute("aria-pressed", "true")
    page.wait_for_url(lambda url: "view.hide" not in url)
    opened.assert_clean()


def test_small_charts_are_picked_by_mouse_and_keys_and_move_with_the_timeline(visit):
    opened = visit(f"/playground?{BFGS}")
    page, names = opened.page, ["Convergence", "Curvature", "Line search"]
    tabs, charts = page.get_by_role("tab"), page.locator(".lab-chart")
    expect(tabs).to_have_text(names)
    for i, by in ((1, "mouse"), (2, "Enter"), (0, " "), (2, "mouse"), (1, "Enter")):
        pick(page, names[i], by)
        for j in range(3):
            expect(tabs.nth(j)).to_have_attribute("aria-selected", str(j == i).lower())
            expect(charts.nth(j)).to_be_visible(visible=j == i)
        seen = set()
        for k in (4, 19, 37):
            show(page, k)
            seen.add(canvas(page, CHART))
        assert len(seen) == 3, names[i]
    right = page.locator(".lab-side").evaluate("node => node.getBoundingClientRect().right")
    assert all(tab.evaluate("node => node.getBoundingClientRect().right") <= right for tab in tabs.all())
    opened.assert_clean()


def test_the_model_is_painted_as_a_line_through_the_data(visit):
    opened = visit(f"/playground?{LINE}&optimizer=sgd")
    page = opened.page
    for how in ("&optimizer=sgd", NOISY):
        if how == NOISY:
            follow(page, LINE + how)
        pick(page, "Data")
        picture = quantities.data(traced(LINE + how), View(), theme_of("light"))
        ((model, color),) = lines(picture, "polyline")
        examples = next(track for track in picture.tracks if track.kind == "still")
        ground = picture.figure["data"][examples.trace]["marker"]["color"]
        for k, other in ((3, 30), (30, 3)):
            show(page, k)
            along, away = (
                ends[0] + np.linspace(0, 1, 41)[:, None] * (ends[1] - ends[0])
                for ends in (points(model, i) for i in (k, other))
            )
            assert painted(page, along, color, CHART) > 0.95, how
            assert painted(page, away, color, CHART) < 0.3, how
            assert painted(page, points(examples, k), ground, CHART) > 0.8, "the line covers some"
    opened.assert_clean()


def test_every_optimizer_of_an_order_is_found_by_it_and_its_rule_shows_numbers(visit):
    opened = visit(f"/playground?{LINE}&optimizer=particle_swarm")
    page = opened.page
    box, options = page.get_by_role("combobox", name="Optimizer"), page.get_by_role("option")
    for order in ORDERS:
        entries = [entry for entry in OPTIMIZERS.values() if entry.group == order]
        for entry in entries:
            box.click()
            box.fill(order.partition(" ")[0])
            expect(options).to_have_count(len(entries))
            assert {text.partition(" · ")[2] for text in options.all_inner_texts()} == {order}
            until_run_changes(page, options.filter(has_text=re.compile(f"^{entry.name} · ")).click)
            page.wait_for_url(f"**optimizer={entry.id}&**")
            show(page, 1)
            expect(page.locator(".lab-rule h2")).to_have_text(re.compile(r"^The (next|last) step, \d+ → \d+$"))
            assert page.locator(".lab-rule math").count() >= 2, entry.name
            cells = page.evaluate(CELLS)
            assert len(cells) >= 4, entry.name
            assert all(re.search(r"\d", cell) for cell in cells), (entry.name, cells)
    opened.assert_clean()


WHOLE = """() => {
  const rule = document.querySelector('.lab-rule'), box = rule.getBoundingClientRect();
  const lines = [...rule.querySelectorAll('.lab-rule-lines > div')].filter(line => {
    const at = line.getBoundingClientRect(); return at.bottom > box.top && at.top < box.bottom });
  const seen = lines.filter(line => line.checkVisibility({visibilityProperty: true}));
  const cut = seen.filter(line => line.getBoundingClientRect().bottom > box.bottom + 2);
  const last = rule.querySelector('.lab-rule-lines > div:last-child');
  return {seen: seen.length, cut: cut.length, more: rule.hasAttribute('data-more'), end: seen.includes(last)} }"""


@pytest.mark.parametrize("optimizer", ["differential_evolution", "evolution_strategy", "adam"])
def test_an_equation_is_there_as_a_whole_or_not_at_all(visit, optimizer):
    opened = visit(f"/playground?landscape=rosenbrock&optimizer={optimizer}")
    page = opened.page
    show(page, 8)
    first = page.evaluate(WHOLE)
    assert first["seen"] >= 2
    assert first["cut"] == 0
    assert first["more"]
    assert not first["end"]
    page.locator(".lab-rule").evaluate("rule => rule.scrollTo(0, rule.scrollHeight)")
    page.wait_for_function("() => !document.querySelector('.lab-rule').hasAttribute('data-more')")
    last = page.evaluate(WHOLE)
    assert last["end"]
    assert last["cut"] == 0
    opened.assert_clean()
