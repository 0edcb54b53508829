"""The step-size lab in a real browser: a click, a drag and the keys set the learning rate; everything is in sight."""

import re

import pytest
from playwright.sync_api import Page, expect

BOWL = "/lab?landscape=bowl&optimizer=gradient_descent&gradient_descent.learning_rate=0.12"


def rate(page: Page) -> float:
    return float(page.get_by_label("Learning rate η, exactly").input_value())


def until_moved(page: Page, act) -> None:
    before = page.locator("[data-player]").get_attribute("data-run")
    act()
    page.wait_for_function("run => document.querySelector('[data-player]').dataset.run !== run", arg=before)


def plot(page: Page) -> dict:
    box = page.locator(".lab-picture .nsewdrag").bounding_box()
    assert box
    return box


def test_a_click_a_drag_and_the_keys_set_the_learning_rate(visit):
    visit = visit(BOWL)
    page = visit.page
    assert rate(page) == 0.12
    box = plot(page)
    until_moved(page, lambda: page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.6 * box["height"]))
    clicked = rate(page)
    assert 0.005 < clicked < 0.02
    assert f"gradient_descent.learning_rate={clicked}" in page.url
    expect(page.locator(".lab-outcome")).to_contain_text("Creeps")

    handle = page.locator(".lab-start")
    expect(handle).to_have_attribute("aria-label", re.compile(r"^Learning rate η = 0\.0\d+\. Drag it"))
    grip = handle.bounding_box()
    assert grip
    page.mouse.move(grip["x"] + 15, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"], steps=4)

    until_moved(page, page.mouse.up)
    page.wait_for_function("() => document.querySelector('.lab-outcome').textContent.startsWith('Diverges')")
    dragged = rate(page)
    assert dragged > 0.2

    handle.focus()
    until_moved(page, lambda: page.keyboard.press("ArrowLeft"))
    assert 0.9 * dragged < rate(page) < dragged
    visit.assert_clean()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_picture_path_convergence_and_outcome_are_in_sight_together(visit, width, height, theme):
    visit = visit(BOWL, width=width, height=height, theme=theme)
    for part in (".lab-picture .lab-box", ".lab-bar", ".lab-outcome"):
        expect(visit.page.locator(part)).to_be_in_viewport(ratio=1)
    charts = visit.page.locator(".lab-side .lab-chart .lab-box")
    expect(charts).to_have_count(2)
    for i in range(2):
        expect(charts.nth(i)).to_be_in_viewport(ratio=1)
    visit.assert_clean()


def test_on_a_phone_the_parts_stand_below_each_other(visit):
    page = visit(BOWL, width=390, height=844).page
    tops = [
        page.locator(part).first.bounding_box()["y"]
        for part in (".lab-picture", ".lab-bar", ".lab-outcome", ".lab-chart")
    ]
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_curve_moves_with_the_timeline(visit):
    page = visit(BOWL).page
    canvas = page.locator(".lab-picture .lab-canvas")
    end = canvas.evaluate("c => c.toDataURL()")
    page.get_by_label("To start").click()
    page.wait_for_function("() => document.querySelector('.lab-picture .lab-canvas').dataset.frame === '0'")
    assert canvas.evaluate("c => c.toDataURL()") != end
    page.get_by_label("To end").click()
    page.wait_for_function("() => document.querySelector('.lab-picture .lab-canvas').dataset.frame === '80'")
    assert canvas.evaluate("c => c.toDataURL()") == end
