"""The course of a path: each kind with its evidence, which can be checked in the numbers of the run."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from algorithms import LANDSCAPES, Landscape, Minimum, Run, fitting, record
from dashboard.charts import diagnosis
from dashboard.charts.convergence import convergence
from dashboard.charts.course import course, falls
from dashboard.charts.diagnosis import diagnose
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.charts.wording import number
from dashboard.player import pack

PAIRS = [(entry.id, ground.id) for ground in LANDSCAPES.values() for entry in fitting(ground.make())]
GD = "gradient_descent"


def seen(optimizer, landscape, knobs=(), **given):
    trace = record(Run(optimizer, landscape, knobs, **given))
    return trace, course(trace)


def descent(rate, landscape="bowl", **given):
    return seen(GD, landscape, {"learning_rate": rate}, **given)


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_sentence_is_short_and_plain(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape))
    words = course(trace).words
    assert len(words) <= 84, "two lines of the outcome box"
    assert not words or words.endswith(".")
    for ill in ("nan", "undefined", "!", "-", " 1 steps"):
        assert ill not in words
    told = {"donors", "covariance"} & trace.fields.keys()  # populations of which something is said
    if diagnosis.is_tour(trace) or ("moves" in trace.optimizer.needs and not told):
        assert not words


def test_creeping_says_cosine_and_distance_left():
    trace, found = descent(0.001)
    assert found.kind == "creeping"
    step = np.diff(trace.x, axis=0)
    assert number(float(np.linalg.norm(step[-1]))) in found.words
    left = number(float(np.linalg.norm(trace.x[-1] - [1.0, 0.5])))
    assert found.words.endswith(f"(cosine 1.000), {left} left.")
    a, b = step[-2:]
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.9995


@pytest.mark.parametrize(("optimizer", "rate"), [(GD, 0.0005), ("adam", 0.01)])
def test_the_long_valley_makes_runs_creep(optimizer, rate):
    assert seen(optimizer, "rosenbrock", {"learning_rate": rate}, steps=500)[1].kind == "creeping"


def test_zigzagging_says_the_share_of_turns_and_the_factor():
    trace, found = descent(0.199, steps=40)
    assert (found.kind, found.words[:20]) == ("zigzagging", "Zigzags: 100 % of th")
    trace, found = descent(0.18)
    assert found.kind == "zigzagging"
    assert found.words.endswith(f"the error shrinks by a factor {number(found.rate.factor)} a step.")
    assert diagnose(trace).turns == 1


def test_diverging_says_by_which_factor_the_steps_grow():
    assert descent(0.21, steps=60)[1].words == "Diverges: each step is 1.1 times as long as the last."
    trace, found = descent(0.5)
    assert trace.stop.reason == "diverged"
    assert found.kind == "diverging"


def test_a_saddle_is_named_with_both_curvatures():
    trace, found = descent(0.001, "himmelblau", start=(0.086, 2.884), steps=20)
    bend = np.linalg.eigvalsh(trace.landscape.hessian(trace.x[-1]))
    assert bend[0] < 0 < bend[1]
    slope = number(float(np.linalg.norm(trace.landscape.gradient(trace.x[-1]))))
    both = f"{number(bend[0])} and {number(bend[1])}"
    assert found.words == f"Stuck by a saddle: slope {slope}, curvatures {both}."
    assert seen("newton", "himmelblau", start=(0.1, -2))[1].kind == "saddle"
    assert seen("newton", "cubic", start=(0.2,))[1].kind == "maximum"


def test_a_path_that_only_passes_a_saddle_is_not_stuck():
    for k in range(3, 40):
        assert descent(0.01, "himmelblau", start=(-0.1, -1.5), steps=k)[1].kind != "saddle"


def hole():
    """A narrow hole in a wide plain."""

    def value(x):
        return -np.exp(-(x**2).sum(-1))

    return Landscape(
        "Hole",
        value=value,
        gradient=lambda x: -2 * x * value(x)[..., None],
        hessian=lambda x: -value(x)[..., None, None] * (2 * np.eye(2) - 4 * x[..., None] * x[..., None, :]),
        low=(-5, -5),
        high=(5, 5),
        start=(3, 2),
        minima=(Minimum((0.0, 0.0), -1.0),),
    )


def test_flat_ground_is_named_with_slope_and_curvature():
    trace, found = descent(0.1, hole())
    assert found.kind == "flat"
    slope = number(float(np.linalg.norm(trace.landscape.gradient(trace.x[-1]))))
    assert found.words.startswith(f"On flat ground: slope {slope}, curvature ")
    assert seen("momentum", hole(), {"learning_rate": 0.1, "beta": 0.9})[1].kind == "flat"
    trace, found = descent(0.01, hole())
    assert (len(trace), found.kind) == (1, "flat"), "the first step is already too small to be taken"
    assert descent(0.1, hole(), start=(0.9, 0.4))[1].kind == "linear"


def test_convergence_is_named_with_the_measured_rate():
    assert descent(0.05)[1].words == "Converges linearly: the error shrinks by a factor 0.95 a step."
    _, found = seen("momentum", "bowl", {"learning_rate": 0.1, "beta": 0.9}, steps=600)
    assert found.words == f"Converges linearly: its swings shrink by a factor {number(found.rate.factor)} a step."
    assert found.rate.factor == pytest.approx(np.sqrt(0.9), rel=2e-3)
    doubling = "Converges quadratically: correct digits about double, 2, 4, 8."
    assert seen("newton", "cubic", start=(3,))[1].words == doubling
    rosenbrock = seen("newton", "rosenbrock")[1].words
    assert rosenbrock == "Converges quadratically: correct digits about double, 1, 5, 11."
    assert seen("newton", "bowl")[1].words == "One step brings the error from 5.22 down to rounding."


def test_a_ball_that_swings_past_is_named():
    trace, found = seen("momentum", "bowl", {"learning_rate": 0.01, "beta": 0.99})
    assert found.kind == "swinging"
    assert f"f rises in {int(np.sum(np.diff(trace.fx) > 0))} of 200 steps" in found.words


def test_where_the_minimum_is_not_known_the_steps_tell_the_rate():
    bowl = LANDSCAPES["bowl"].make()
    mine = Landscape("Mine", value=bowl.value, gradient=bowl.gradient, low=bowl.low, high=bowl.high, start=(-4, 2))
    trace, found = descent(0.05, mine, steps=1000)
    assert trace.stop.reason == "converged"
    assert found.rate.factor == pytest.approx(0.95, rel=1e-3)
    assert descent(0.05, mine, steps=100)[1].rate is None


def test_a_minimum_listed_with_few_digits_is_found_to_the_last():
    cubic = LANDSCAPES["cubic"].make()
    rough = replace(cubic, minima=(Minimum((1.33333,), 0.8148, "local"),), id="")
    assert "2, 4, 8" in seen("newton", rough, start=(3,))[1].words


def test_f_falls_by_the_square_of_the_factor_of_the_error():
    trace, found = descent(0.05)
    assert falls(trace).factor == pytest.approx(found.rate.factor**2, rel=1e-6)


# In the convergence chart and in the player --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("axis", ["steps", "evaluations", "seconds"])
def test_a_guide_lies_beside_a_linear_fall(mode, axis):
    trace, _ = descent(0.05)
    picture = convergence(trace, View(axis=axis), theme(mode))
    (guide,) = [track for track in picture.tracks if picture.figure["data"][track.trace]["name"] == "steady rate"]
    assert guide.kind == "still"
    assert np.exp(np.diff(np.log(guide.y))) == pytest.approx(0.9025, rel=1e-6)
    assert [each["text"] for each in picture.figure["data"] if "text" in each] == ["× 0.9025 a step"]
    assert "steady rate" in [entry.label for entry in picture.key]
    fall = falls(trace)
    assert (guide.y > trace.fx[fall.first : fall.last + 1]).all(), "it does not lie on the curve"


def test_a_guide_is_drawn_only_where_a_factor_was_measured():
    for optimizer, landscape in PAIRS:
        trace = record(Run.suggested(optimizer, landscape))
        picture = convergence(trace, View(), theme("light"))
        guides = [each for each in picture.figure["data"] if each["name"] == "steady rate"]
        assert len(guides) <= 1
        if guides:
            assert falls(trace).kind == "linear"


def test_beside_a_ghost_there_is_no_guide():
    trace, _ = descent(0.05)
    picture = convergence(trace, View(), theme("light"), ghost=descent(0.04)[0])
    assert "steady rate" not in [entry.label for entry in picture.key]


def test_the_digits_stand_at_the_chart_of_a_quadratic_run():
    trace, _ = seen("newton", "cubic", start=(3,))
    picture = convergence(trace, View(), theme("light"))
    assert picture.subtitle == "f(x); 2, 4, 8 digits right"
    assert not [each for each in picture.figure["data"] if each["name"] == "steady rate"]


def test_what_hides_the_outcome_hides_the_course_and_the_advice():
    trace, found = descent(0.001)
    scene = experiment(trace, View(), theme("light"), advise=True)
    assert scene.course == found.words
    assert scene.advice[0] == "Raise η from 0.001 to 0.1"
    assert experiment(trace, View(), theme("light")).advice[0] == ""
    sent = pack(scene)
    assert b"Creeps" in sent
    assert b"learning_rate" in sent
    hidden = pack(replace(scene, outcome=("", "")))
    assert b"Creeps" not in hidden
    assert b"learning_rate" not in hidden


def test_no_limit_is_claimed_for_certain_where_the_step_size_follows_a_schedule():
    trace, _ = descent(0.21, steps=60)
    assert diagnosis.excess(trace, trace.x).certain
    for schedule, certain in (("constant", True), ("cosine", False)):
        run = SimpleNamespace(knobs=(*trace.run.knobs, ("schedule", schedule)))
        shown = SimpleNamespace(run=run, optimizer=trace.optimizer, landscape=trace.landscape)
        assert diagnosis.excess(shown, trace.x).certain is certain
