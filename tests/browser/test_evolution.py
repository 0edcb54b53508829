"""Differential evolution and CMA-ES in a real browser: one trial from inside and back, and a run played to its end."""

from playwright.sync_api import expect

TRIAL = "/playground?optimizer=differential_evolution&landscape=rastrigin&view.frame=4&view.follow=3"


def test_a_trial_is_seen_from_inside_and_left_again(visit) -> None:
    visited = visit(TRIAL)
    page, player = visited.page, visited.page.locator("[data-player]")
    expect(player).to_have_attribute("data-frame", "4")
    page.get_by_role("button", name="Inside this trial").click()
    expect(page.get_by_role("button", name="Back to all generations")).to_be_visible()
    expect(player).to_have_attribute("data-frames", "6")
    expect(page.locator("[data-player]").get_by_text("The trial in numbers")).to_be_visible()
    page.get_by_role("button", name="Step back").click()
    page.get_by_role("button", name="Back to all generations").click()
    expect(page.get_by_role("button", name="Inside this trial")).to_be_visible()
    expect(player).to_have_attribute("data-frame", "4")
    visited.assert_clean()


def test_the_ellipse_plays_to_the_end_and_every_chart_paints(visit) -> None:
    visited = visit("/playground?optimizer=evolution_strategy&landscape=ellipsoid&view.frame=0", theme="dark")
    page, player = visited.page, visited.page.locator("[data-player]")
    for name in ("Shape", "Axes", "Exploration", "Convergence"):
        page.get_by_role("tab", name=name).click()
    page.get_by_role("button", name="Play").click()
    expect(player).to_have_attribute("data-frame", "60", timeout=30_000)
    visited.assert_clean()
