"""A typed formula in a real browser: read, refused with the place, embedded, on a phone, and never in the log."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect

LONG = "(x1-1)**2 + (x2-x1)**2 + (x3-x2)**2 + x4**2 + abs(x5)*max(x1, x2, 0)/2 + sqrt(x3**2 + 1)"


def field(page):
    return page.get_by_role("textbox", name="f(x, y) =").first


def test_a_formula_is_typed_refused_and_mended(visit):
    seen = visit("/playground?landscape=formula&optimizer=gradient_descent")
    page = seen.page
    field(page).fill("x^2 + son(y)")
    field(page).press("Enter")
    error = page.locator(".st-key-formula-error")
    expect(error).to_contain_text("There is no function son; did you mean sin? The picture stays as it was.")
    left, middle = error.evaluate(
        """node => {
          const text = node.querySelector('.st-key-formula-place span').firstChild, range = document.createRange();
          const at = (sign, i = text.data.indexOf(sign)) => { range.setStart(text, i); range.setEnd(text, i + 1);
            const box = range.getBoundingClientRect(); return box.left + box.width / 2 };
          return [at('▲'), at('son')] }"""
    )
    assert left == pytest.approx(middle, abs=5), "the mark is below the first letter that is meant"
    assert "son" not in page.url
    field(page).fill("x^2 + sin(y)")
    field(page).press("Enter")
    expect(error).to_have_count(0)
    expect(field(page)).to_have_value("x**2 + sin(y)")
    expect(page.locator(".st-key-formula-read .katex").first).to_be_visible()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query)["formula.expression"] == ["x**2 + sin(y)"])
    page.get_by_test_id("stButtonGroup").get_by_text("with an edge").click()
    expect(page.locator(".lab-key").first).to_contain_text("undefined")
    expect(field(page)).to_have_value("sqrt(x) + y**2")
    seen.assert_clean()


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_a_long_formula_stays_in_its_place(visit, theme, width):
    seen = visit(f"/playground?landscape=formula&formula.expression={quote(LONG)}", theme=theme, width=width)
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    seen.assert_clean()


def test_a_formula_is_typed_where_it_is_embedded(visit):
    seen = visit("/playground?landscape=formula&optimizer=adam&embed=true")
    field(seen.page).fill("x**4 - x")
    field(seen.page).press("Enter")
    seen.page.wait_for_url(lambda url: parse_qs(urlsplit(url).query)["formula.expression"] == ["x**4 - x"])
    seen.settle()
    seen.assert_clean()


def test_no_formula_is_written_to_the_log(visit, server):
    secret = "x*7919.25"
    page = visit(f"/playground?landscape=formula&formula.expression={quote(secret)}").page
    expect(field(page)).to_have_value(secret)
    field(page).fill("7919.25*xs")
    field(page).press("Enter")
    expect(page.locator(".st-key-formula-error")).to_be_visible()
    assert "7919" not in server.log.read_text()
