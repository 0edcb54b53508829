"""The exported page in a real Chromium without a network: it plays, and the landscape stays."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from algorithms import Run, record
from dashboard import export
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View


@pytest.fixture(params=["light", "dark"])
def opened(request, browser: Browser, tmp_path):
    """Export a run, and open the file with the network off; nothing may be asked of any host."""
    trace = record(
        Run("momentum", "himmelblau", start=(-5.4, -0.4), steps=90, knobs={"learning_rate": 0.002, "beta": 0.95})
    )
    picture = experiment(trace, View(), theme(request.param)).pictures[0]
    file = tmp_path / "export.html"
    file.write_text(export.to_html(picture), encoding="utf-8")
    context = browser.new_context(viewport={"width": 900, "height": 760}, offline=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url) if asked.url.startswith(("http", "ws")) else None)
    page.goto(file.as_uri())
    page.wait_for_selector(".js-plotly-plot .main-svg image")
    page.wait_for_function("document.querySelector('.js-plotly-plot')._transitionData?._frames.length > 0")
    yield page, trace, said
    context.close()


HEAD = """() => {
    const chart = document.querySelector('.js-plotly-plot'), {xaxis, yaxis} = chart._fullLayout;
    const trace = chart._fullData[chart.data.findIndex(t => t.name === 'now')], x = trace.x[0], y = trace.y[0];
    return [x, y, xaxis._offset + xaxis.c2p(x), yaxis._offset + yaxis.c2p(y)];
}"""


def pixels(page: Page) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(page.locator(".js-plotly-plot").screenshot())).convert("RGB")).astype(int)


def show(page: Page, k: int) -> None:
    page.evaluate(
        "k => Plotly.animate(document.querySelector('.js-plotly-plot'), [String(k)],"
        " {mode: 'immediate', frame: {duration: 0, redraw: false}, transition: {duration: 0}})",
        k,
    )


def test_play_moves_the_marks_over_a_landscape_that_stays(opened):
    page, trace, said = opened
    before, first = page.evaluate(HEAD), pixels(page)
    corner = first[90:110, 700:800]
    page.get_by_text("Play", exact=True).click()
    page.wait_for_timeout(1200)
    playing = pixels(page)
    page.wait_for_function(
        f"document.querySelector('.js-plotly-plot')._fullLayout.sliders[0].active === {len(trace) - 1}"
    )
    page.wait_for_timeout(300)
    after, last = page.evaluate(HEAD), pixels(page)
    np.testing.assert_allclose(before[:2], trace.x[0], rtol=1e-6)
    np.testing.assert_allclose(after[:2], trace.x[-1], rtol=1e-6)
    for picture in (playing, last):
        assert np.array_equal(picture[90:110, 700:800], corner), "the landscape changed or vanished"
        assert (np.abs(picture - first).sum(axis=2) > 60).sum() > 300, "nothing moved"
    assert page.locator(".main-svg image").count() == 1
    assert not said


def test_the_mark_is_where_the_trace_says(opened):
    page, trace, said = opened
    orange = np.array([0xD5, 0x5E, 0x00])
    for k in (5, 40, 85):
        show(page, k)
        page.wait_for_timeout(150)
        x, y, left, top = page.evaluate(HEAD)
        np.testing.assert_allclose((x, y), trace.x[k], rtol=1e-6)
        assert np.abs(pixels(page)[round(top), round(left)] - orange).max() < 12
    assert not said


def test_the_slider_and_pause_work(opened):
    page, trace, _ = opened
    page.get_by_text("Play", exact=True).click()
    page.wait_for_timeout(600)
    page.get_by_text("Pause", exact=True).click()
    page.wait_for_timeout(300)
    held = page.evaluate(HEAD)
    page.wait_for_timeout(400)
    assert page.evaluate(HEAD) == held
    assert held[:2] != list(trace.x[0])
    assert page.get_by_role("group").first.get_attribute("aria-label").startswith("Map of Himmelblau")
