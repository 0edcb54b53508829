"""Words: numbers as people read them, and findings that are true of the run."""

import math

import numpy as np
import pytest

from algorithms import LANDSCAPES, Landscape, Minimum, Run, fitting, record
from dashboard.charts import tour_words, words
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.wording import counted, growth, place, polished

PAIRS = [(entry.id, entry_of.id) for entry_of in LANDSCAPES.values() for entry in fitting(entry_of.make())]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.805, "1.805"), (48, "48"), (-0.229, "−0.229"), (7.136238463529802e-05, "7.136 × 10⁻⁵"), (0, "0"),
        (-0.0, "0"), (0.001, "0.001"), (0.00099999, "0.001"), (0.0009, "9 × 10⁻⁴"), (99999.0, "10⁵"),
        (54321.0, "54,321"), (123456.0, "1.235 × 10⁵"), (1e-6, "10⁻⁶"),
        (-1e7, "−10⁷"), (0.95, "0.95"), (3.0, "3"), (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "undefined"),
        (1000.4, "1,000"), (1286, "1,286"), (-2345.6, "−2,346"),
        (0.1 + 0.2, "0.3"), (np.float64(12.3456), "12.35"), (np.int64(-7), "−7"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert words.number(value) == text


def test_places_are_rounded_to_what_the_eye_can_see():
    assert place([3.00001, -1.9999999], 12) == "(3.00, −2.00)"
    assert place([4 / 3], 4.4) == "x = 1.333"
    assert place([1e-17, -1e-17], 10) == "(0.00, 0.00)"
    assert place(np.arange(10), 10) == "(0.00, 1.00, 2.00, …)"


def test_polished_sentences():
    assert polished("at most 1e-06, from -3 to x-ray") == "at most 10⁻⁶, from −3 to x-ray"


def said(trace, ghost=None):
    """Return everything that is said about a run."""
    prompts = [prompt for prompt, _ in words.tries(trace)]
    speech = tour_words if is_tour(trace) else words
    return [*speech.title(trace, ghost), *speech.outcome(trace, ghost), speech.alternative(trace), *prompts]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_first_picture_has_words(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape))
    for text in said(trace):
        assert text
        assert "nan" not in text.lower().replace("dominan", "")
        assert "undefined" not in text
        assert "!" not in text
        assert "-0" not in text
        assert " 1 steps" not in text
    assert len(said(trace)[0]) <= 70
    prompts = words.tries(trace)
    assert len(prompts) == 2
    for _, change in prompts:
        run, repairs = Run.from_query(trace.run.to_query() | change)
        assert not repairs
        assert run != trace.run


def run(optimizer, landscape, **given):
    return record(Run.suggested(optimizer, landscape, **{"steps": 200} | given))


def test_divergence_names_step_and_limit():
    trace = run("gradient_descent", "bowl", knobs={"learning_rate": 0.5})
    title, subtitle = words.title(trace)
    assert title == f"Diverges at step {len(trace) - 1}"
    assert "η = 0.5 is above 2/L = 0.2" in subtitle
    reason, sentence = words.outcome(trace)
    assert reason == "Diverged"
    assert "2/L" in sentence
    prompt, change = words.tries(trace)[0]
    assert "below 2/L" in prompt
    assert float(change["gradient_descent.learning_rate"]) < 0.2


def test_the_first_prompt_crosses_the_limit():
    trace = run("gradient_descent", "bowl", knobs={"learning_rate": 0.1})
    prompt, change = words.tries(trace)[0]
    assert "just above 2/L" in prompt
    after, _ = Run.from_query(trace.run.to_query() | change)
    assert record(Run(after.optimizer, after.landscape, after.knobs, steps=5000)).stop.reason == "diverged"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (78.57, 177_240.0, "2,256-fold"), (2, 5, "2.5-fold"), (1e-3, 1e6, "10⁹-fold"), (0, 3, "from 0 to 3"),
        (-1, 2, "from −1 to 2"), (100, 101, "from 100 to 101"),
    ],
)  # fmt: skip
def test_growth_is_a_factor_where_there_is_one(first, last, text):
    assert growth(first, last) == text


def test_thousands_are_counted_with_commas():
    assert [counted(n, "step") for n in (1, 48, 200_000)] == ["1 step", "48 steps", "200,000 steps"]


def test_zigzags_are_named():
    trace = run("gradient_descent", "bowl", knobs={"learning_rate": 0.19}, steps=60)
    assert words.title(trace)[0] == "The steps zigzag across the valley"
    trace = run("gradient_descent", "quadratic", knobs={"learning_rate": 0.9}, steps=60)
    assert words.title(trace)[0] == "The steps jump from side to side"


def test_creeping_is_named_with_the_distance_that_is_left():
    trace = run("gradient_descent", "bowl", knobs={"learning_rate": 0.0001}, steps=50)
    title, _ = words.title(trace)
    left = np.linalg.norm(trace.x[-1] - np.array(trace.landscape.minima[0].x))
    assert title == f"Creeps: after 50 steps still {words.number(left)} from the minimum"


def test_a_local_minimum_that_nobody_listed_is_found():
    trace = run("gradient_descent", "rastrigin", knobs={"learning_rate": 0.001}, start=(-3.3, 2.7))
    title, detail = words.title(trace)
    assert title == "Ends in a local minimum"
    assert "the lowest point has f = 0" in detail
    assert "local minimum at (−2.98, 2.98)" in words.outcome(trace)[1]


def test_a_shelf_is_no_minimum():
    trace = run("gradient_descent", "forrester", knobs={"learning_rate": 0.001}, start=(0.48,), steps=60)
    assert abs(trace.x[-1, 0] - 1 / 3) < 0.02, "the run lies on the shelf"
    assert "x = 0.333" not in " ".join(words.outcome(trace))
    assert "local minimum at x = 0.143" in words.outcome(trace)[1]


def test_a_search_in_the_wrong_valley_says_so():
    seeds = (run("simulated_annealing", "rastrigin", start=(4, 4), steps=30, seed=seed) for seed in range(20))
    trace = next(t for t in seeds if np.linalg.norm(t.best_x[-1]) > 1.5)
    assert words.title(trace)[0] == "The best point sits in the wrong valley"


def test_a_swarm_that_never_gathers_or_explodes_and_a_path_that_overshoots_are_named():
    swarm = run("particle_swarm", "sphere", knobs={"w": 1.2, "walls": True})
    assert words.title(swarm)[0] == "The swarm never gathers"
    swarm = run("particle_swarm", "sphere", knobs={"w": 1.2, "walls": False}, steps=30)
    assert words.title(swarm)[0] == "The swarm flies apart"
    ball = run("momentum", "bowl", knobs={"learning_rate": 0.01, "beta": 0.99})
    assert words.title(ball)[0].startswith("Overshoots: after 200 steps still")


def test_a_singular_hessian_is_told_with_its_place():
    trace = run("newton", "cubic", start=(2 / 3,))
    assert words.title(trace)[0] == "Newton has no next step from here"
    assert words.outcome(trace)[0] == "Singular"
    assert "0.6667 from the local minimum at x = 1.333" in words.outcome(trace)[1]


def test_saddles_and_maxima_are_no_minima():
    saddle = run("newton", "himmelblau", start=(0.1, -2))
    assert words.title(saddle)[0] == "Newton ends on a saddle point, not in a minimum"
    top = run("newton", "cubic", start=(0.2,))
    assert words.title(top)[0] == "Newton ends on a maximum, not in a minimum"
    assert "It is a maximum, not a minimum." in words.outcome(top)[1]


def test_outcome_tells_position_distance_and_cost():
    trace = run("newton", "rosenbrock", start=(-1.2, 1))
    reason, sentence = words.outcome(trace)
    assert reason == "Converged"
    assert "(1.000, 1.000)" in sentence
    assert f"{len(trace)} gradients and {len(trace)} Hessians" in sentence, "those of the step not taken, too"


def test_the_ghost_is_named_by_the_knob_that_moved():
    ghost = run("momentum", "himmelblau", knobs={"beta": 0.8})
    trace = run("momentum", "himmelblau", knobs={"beta": 0.95})
    assert words.ghost_label(trace, ghost) == "β = 0.8"
    assert words.title(trace, ghost)[1] == "Same start, one knob moved: β from 0.8 to 0.95"
    end = place(ghost.x[-1], 12)
    assert f"With β = 0.8 it ended at {end}." in words.outcome(trace, ghost)[1]
    assert words.ghost_label(trace, trace) == ""


def test_the_alternative_tells_the_run_in_numbers():
    trace = run("momentum", "himmelblau", start=(0, -4), steps=50)
    text = words.alternative(trace)
    assert "Map of Himmelblau" in text
    assert f"starts at {place(trace.x[0], 12)} with f = {words.number(trace.fx[0])}" in text
    assert f"with f = {words.number(trace.fx[-1])}" in text
    assert f"f = {words.number(trace.best_fx[-1])}, is found at step {int(np.argmin(trace.best_fx))}" in text


def bare(**more):
    return Landscape("Mine", value=lambda x: np.abs(x).sum(-1), low=(-2, -2), high=(2, 2), **more)


def test_a_landscape_of_your_own_needs_no_minima_and_no_gradient():
    for landscape in (bare(), bare(minima=(Minimum((0.0, 0.0), 0.0),)), bare(gradient=np.sign)):
        for entry in fitting(landscape):
            trace = record(Run(entry.id, landscape, steps=20))
            assert all(text and "nan" not in text for text in said(trace))


def test_a_function_that_is_nowhere_a_number_is_told_as_such():
    lost = Landscape(
        "Lost", value=lambda x: x[..., 0] * np.nan, gradient=lambda x: x * np.nan, low=(-2, -2), high=(2, 2)
    )
    for entry in fitting(lost):
        trace = record(Run(entry.id, lost, steps=20))
        assert words.title(trace)[0].startswith(f"Diverges at {words.frame_word(trace)}")
        assert all(text and "nan" not in text for text in said(trace))


def test_a_run_of_one_step_has_words():
    for entry in fitting(LANDSCAPES["himmelblau"].make()):
        assert all(said(record(Run(entry.id, "himmelblau", steps=1))))


def test_a_run_that_starts_in_the_minimum_has_words():
    trace = run("gradient_descent", "quadratic", start=(0,))
    assert len(trace) == 1
    assert words.title(trace)[0] == "Gradient descent starts in the minimum"
    assert all(said(trace))


def test_the_slope_by_a_saddle_is_zero_only_where_a_run_converged():
    assert (
        words.title(run("newton", "himmelblau", start=(0.1, -2)))[1] == "The slope is zero there, so no step leads away"
    )
    trace = run("gradient_descent", "himmelblau", knobs={"learning_rate": 0.001}, start=(0.086, 2.884), steps=20)
    assert words.title(trace)[1] == "The slope is almost zero there, so the steps leave it only slowly"
