"""The presets of an optimizer in a real browser: found by the keyboard, on a phone, and in the link."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from algorithms import OPTIMIZERS, Run

RECOMMENDED = OPTIMIZERS["particle_swarm"].presets["recommended"]
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def choice(page: Page):
    return page.get_by_role("combobox", name="Knobs")


def knobs(page: Page) -> dict:
    query = {key: texts[-1] for key, texts in parse_qs(urlsplit(page.url).query).items()}
    return dict(Run.from_query(query)[0].knobs)


def recommended(url: str) -> bool:
    return parse_qs(urlsplit(url).query)["particle_swarm.max_velocity"] == ["0.1"]


def test_the_keyboard_picks_a_preset_and_the_picture_follows(visit):
    seen = visit("/playground?landscape=rastrigin&optimizer=particle_swarm")
    page, before = seen.page, seen.page.locator("[data-player]").get_attribute("data-run")
    page.get_by_role("combobox", name="Optimizer").focus()
    for _ in range(6):  # past help signs
        page.keyboard.press("Tab")
        if choice(page).evaluate("node => node === document.activeElement"):
            break
    expect(choice(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Recommended")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(recommended)
    seen.settle()
    assert knobs(page) == RECOMMENDED
    expect(page.locator("[data-player]")).not_to_have_attribute("data-run", before)
    expect(choice(page)).to_have_value("Recommended")
    expect(page.get_by_role("textbox", name="Inertia w, exactly")).to_have_value("0.6")
    page.go_back()
    page.wait_for_url(lambda url: not recommended(url))
    expect(choice(page)).to_have_value("As in the article")
    seen.assert_clean()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_the_presets_are_in_the_drawer_and_fit(visit, theme):
    seen = visit(
        "/playground?landscape=rastrigin&optimizer=particle_swarm", theme=theme, width=390, height=800, user_agent=PHONE
    )
    page = seen.page
    page.locator(".st-key-drawer summary").first.click()
    expect(choice(page)).to_be_visible()
    choice(page).click()
    page.get_by_role("option", name="Recommended").click()
    page.wait_for_url(recommended)
    seen.settle()
    box = page.locator(".st-key-preset").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    seen.assert_clean()
