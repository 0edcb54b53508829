"""Searches by chance in a real browser: what is painted of a decision, three linked plots, layers of a swarm."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import numpy as np
import pytest
from pixels import ink
from playwright.sync_api import expect

from algorithms import Run, record
from dashboard.charts.decisions import height
from dashboard.charts.outcomes import outcomes, ratio
from dashboard.charts.theme import theme as theme_of

ANNEALING = "landscape=rastrigin&optimizer=simulated_annealing&simulated_annealing.cooling_rate=0.99&steps=200&seed=0"
SWARM = "landscape=rastrigin&optimizer=particle_swarm&steps=30&seed=0"
DRAWN = "([figure, k]) => document.querySelector(figure + ' canvas').dataset.frame === k"
OTHER = "before => document.querySelector('.lab-picture canvas').toDataURL() !== before"
CHART = ".lab-chart[data-on]"


def traced(link: str):
    run, repairs = Run.from_query(dict(parse_qsl(link)))
    assert not repairs
    return record(run)


def colored(seen: tuple, color: str) -> bool:
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return seen[3] > 200 and max(abs(np.subtract(seen[:3], channels))) < 25


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_decision_to_come_is_painted_in_the_color_of_its_outcome(visit, theme):
    opened = visit(f"/playground?{ANNEALING}", theme=theme)
    page, trace, look = opened.page, traced(ANNEALING), theme_of(theme)
    page.get_by_role("tab", name="Decisions").click()
    for outcome, which in outcomes(trace).items():
        k = int(np.flatnonzero(which & (np.abs(ratio(trace)) < 4.5))[3]) - 1
        page.get_by_label("Timeline").fill(str(k))
        page.wait_for_function(DRAWN, arg=[CHART, str(k)])
        seen = ink(page, float(np.clip(ratio(trace)[k + 1], -1, 5)), float(height(trace)[k + 1]), figure=CHART)
        assert colored(seen, look.line(outcome.role)), (outcome.label, seen)
    opened.assert_clean()


def test_a_high_window_shows_temperature_and_decisions_beside_the_picture(visit):
    opened = visit(f"/playground?{ANNEALING}", width=1920, height=1080)
    page = opened.page
    page.get_by_role("tab", name="Temperature").click()
    shown = page.locator(".lab-side .lab-chart:visible")
    expect(shown).to_have_count(2)
    expect(shown.nth(0)).to_contain_text("uphill moves taken")
    expect(shown.nth(1)).to_contain_text("Worse moves taken")
    for part in (".lab-picture .lab-box", ".lab-bar", ".lab-outcome"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    page.get_by_role("tab", name="Exploration").click()  # the last one stands below the one before it
    expect(shown).to_have_count(2)
    expect(shown.nth(1)).to_contain_text("distance to best")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("distance to best")
    opened.assert_clean()


def test_the_links_of_a_swarm_can_be_switched_off(visit):
    opened = visit(f"/playground?{SWARM}&particle_swarm.topology=ring")
    page = opened.page
    page.get_by_label("Timeline").fill("2")
    page.wait_for_function(DRAWN, arg=[".lab-picture", "2"])
    before = page.locator(".lab-picture canvas").evaluate("canvas => canvas.toDataURL()")
    page.locator(".st-key-view-options summary").press("Enter")
    opened.settle()  # a click would be lost on what the opened panel has not drawn again yet
    pills = page.get_by_role("toolbar", name="Drawn on the picture").get_by_role("button")
    expect(pills).to_have_text(["next moves", "own bests", "pulls of the followed", "who follows whom"])
    pills.nth(3).click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("view.hide") == ["links"])
    page.wait_for_function(OTHER, arg=before)
    expect(page.locator(".lab-key").first).not_to_contain_text("neighbors")
    opened.assert_clean()
