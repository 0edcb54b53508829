"""Pictures and words of typed formulas: where they are undefined, infinite, or of unknown minima."""

import numpy as np
import pytest

from algorithms import Run, Trace, record
from dashboard import cards
from dashboard.charts.contour import contour
from dashboard.charts.curve import curve, frame_of
from dashboard.charts.landscape import grid, limits, slice_of
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View

LOOK = theme("light")


def run(text: str, optimizer: str = "gradient_descent", **more: str) -> Trace:
    """The first picture of a formula."""
    made, notes = Run.from_query({"landscape": "formula", "optimizer": optimizer, "formula.expression": text} | more)
    assert not notes
    return record(made)


def named(picture, name: str) -> list[dict]:
    return [each for each in picture.figure["data"] if each.get("name") == name]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("sqrt(x) + y**2", lambda x, y: x < 0),
        ("log(x*y)", lambda x, y: x * y < 0),
        ("sqrt(4 - x**2 - y**2)", lambda x, y: x**2 + y**2 > 4),
    ],
)
def test_where_f_is_undefined_is_hatched_and_named(text, lost):
    picture = contour(run(text), View(), LOOK)
    (hatching,) = named(picture, "undefined")
    x, y = (hatching[axis].reshape(-1, 3)[:, :2] for axis in "xy")
    assert len(x) > 20
    assert lost(0.999 * x.mean(axis=1), 0.999 * y.mean(axis=1)).all(), "the middle of each line"
    assert np.isnan(hatching["x"][2::3]).all()
    assert [entry.sign for entry in picture.key if entry.label == "undefined"] == ["hatch"]
    ground = np.array(named(picture, "landscape")[0]["z"])
    assert 0 < np.isnan(ground).mean() < 1
    assert picture.figure["layout"]["plot_bgcolor"] not in LOOK.landscape


def test_a_formula_that_is_defined_everywhere_has_no_hatching():
    picture = contour(run("x**2 + y**2"), View(), LOOK)
    assert not named(picture, "undefined")
    assert "undefined" not in [entry.label for entry in picture.key]
    assert picture.figure["layout"]["plot_bgcolor"] == LOOK.landscape[-1]


def test_a_curve_has_gaps_at_its_poles_and_a_band_where_it_is_undefined():
    trace = run("tan(x)")
    (line,) = named(curve(trace, View(), LOOK), "Your own formula")
    inside = np.flatnonzero(abs(line["x"]) < 3)
    gaps = np.isnan(line["y"][inside[0] : inside[-1]]).sum()
    assert gaps == 2, "at −π/2 and at π/2"
    low, high = frame_of(trace)
    assert -50 < low[1] < -5 < 5 < high[1] < 50
    assert not named(curve(trace, View(), LOOK), "undefined")
    picture = curve(run("sqrt(x)"), View(), LOOK)
    (band,) = named(picture, "undefined")
    assert max(x for x in band["x"] if x is not None) == pytest.approx(0, abs=0.02)
    assert [entry.sign for entry in picture.key if entry.label == "undefined"] == ["hatch"]
    steep = curve(run("x**9"), View(), LOOK)
    assert not np.isnan(named(steep, "Your own formula")[0]["y"]).any(), "steep is no pole"


def test_a_pole_does_not_set_the_scale_and_a_narrow_well_does():
    def look(text: str) -> tuple[float, float]:
        trace = run(text)
        ground = grid(slice_of(trace, View(scale="linear")), View(scale="linear"))
        return ground.base, ground.top

    assert look("1/(x**2 + y**2)")[1] < 10
    assert look("log(x*y)")[0] > -8
    assert look("-1/(x**2 + y**2)")[0] > -10
    assert look("-cos(x)*cos(y)*exp(-20*(x-1)**2 - 20*(y-1)**2)")[0] < -0.25
    assert look("x**2 + 3*sin(5*x) + y**2")[0] == pytest.approx(-2.9, abs=0.1)
    assert limits(np.zeros((3, 1)), np.full(3, np.nan), np.ones(1), lambda x: x[:, 0]) == (0, 0)


@pytest.mark.parametrize(
    ("text", "more", "title", "detail", "outcome"),
    [
        (
            "sqrt(x) + y**2", {},
            "Leaves the region where f is defined at step 26",
            "Step 26 leads to (−0.1471, −0.004533), where f is undefined: square root of a negative number",
            "Before it, f = 0.2427 at (0.059, −0.006).",
        ),
        (
            "log(x)", {"start": "-1"},
            "f is undefined at the start",
            "The start is x = −1, where f is undefined: log of a negative number",
            "The start is x = −1, where f is undefined",
        ),
        (
            "sqrt(x**2 + y**2)", {"start": "0,0"},
            "f has no slope at the start",
            "The start is (0, 0), where f has no slope",
            "f = 0 at (0.000, 0.000).",
        ),
        (
            "sqrt(-x**2 - 1)", {"optimizer": "particle_swarm"},
            "f is undefined wherever the population is",
            "At step 0, f is undefined at every member",
            "At step 0, f is undefined at every member",
        ),
        ("x**2 + y**2", {}, "f falls from 4.5 to", "f falls with every step", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["flat", "surface"])
def test_what_is_said_of_a_run(text, more, title, detail, outcome, shape):
    trace = run(text, **more)
    scene = experiment(trace, View(shape=shape), LOOK)
    assert scene.title.startswith(title)
    assert outcome in scene.outcome[1]
    if trace.landscape.dimension == 2:
        assert scene.subtitle == detail
    assert "minim" not in scene.title + scene.outcome[1] + scene.pictures[0].alt, "none is known"
    assert "nan" not in (scene.title + scene.subtitle + scene.outcome[1] + scene.pictures[0].alt).lower()


def test_the_card_says_that_the_minima_are_unknown():
    facts = dict(cards.facts(run("log(x) + y").landscape))
    assert facts["Minima"] == "unknown"
    assert facts["Domain"] == "−3 ≤ x₁, x₂ ≤ 3"
    assert facts["Note"] == "Undefined in about 50 % of the domain, where no run can go on."
