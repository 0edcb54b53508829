"""Findings: what a title, an outcome or a headline claims can be checked in the numbers of the run."""

import pickle

import numpy as np
import pytest

from algorithms import LANDSCAPES, Landscape, Run, fitting, record
from dashboard.charts import words
from dashboard.charts.convergence import headline
from dashboard.charts.diagnosis import diagnose, rises
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.charts.wording import counted, growth

PAIRS = [
    (entry.id, place.id)
    for place in LANDSCAPES.values()
    if place.kind != "tours" and place.make().minima
    for entry in fitting(place.make())
]


def run(optimizer, landscape, **given):
    return record(Run(optimizer, landscape, **given))


@pytest.mark.parametrize("steps", [8, 80])
def test_divergence_is_named_before_the_hard_limit(steps):
    trace = run("gradient_descent", "bowl", knobs={"learning_rate": 0.205}, start=(-4, 2), steps=steps)
    assert trace.stop.reason == "step limit"
    fold = growth(trace.fx[0], trace.fx[-1])
    assert words.title(trace) == ("Diverges: η = 0.205 is above 2/L = 0.2", f"f grows {fold} in {steps} steps")
    reason, sentence = words.outcome(trace)
    assert reason == "Step limit"
    because = "because η = 0.205 exceeds 2/L = 0.2; with more steps it leaves every bound."
    assert sentence.startswith(f"f has grown {fold} in {steps} steps, {because} After {steps} steps f = ")
    assert headline(trace) == f"f grows {fold}"
    assert record(Run("gradient_descent", "bowl", trace.run.knobs, steps=5000)).stop.reason == "diverged"


def test_divergence_is_named_on_a_curve_and_from_the_lowest_value_on():
    trace = run("gradient_descent", "quadratic", knobs={"learning_rate": 1.05}, steps=50)
    assert words.title(trace)[0] == "Diverges: η = 1.05 is above 2/L = 1"
    flat = record(Run("gradient_descent", "bowl", {"learning_rate": 0.205}, {"rotation": 0}, (-4, 0.501), steps=60))
    assert flat.fx[-1] < flat.fx[0]
    low = int(np.argmin(flat.fx))
    assert words.title(flat)[0].startswith("Diverges")
    assert f"f has grown again, from {words.number(flat.fx[low])} at step {low}" in words.outcome(flat)[1]
    assert headline(flat).startswith(f"f falls to {words.number(flat.fx[low])}, then grows to")


def test_no_divergence_is_claimed_where_f_is_bounded_by_its_shape():
    """On Rastrigin the limit says when steps settle for certain; beyond it they may jump about for ever."""
    trace = run("gradient_descent", "rastrigin", knobs={"learning_rate": 0.02}, start=(0.3, 0.2), steps=300)
    assert trace.fx[-1] > 2 * trace.fx[0]
    fold = growth(trace.fx[0], trace.fx[-1])
    assert words.title(trace) == (f"f grows {fold} in 300 steps", "η = 0.02 is above 2/L = 0.005041")
    assert "every bound" not in words.outcome(trace)[1]
    assert f"f has grown {fold} in 300 steps. η = 0.02 exceeds 2/L = 0.005041." in words.outcome(trace)[1]


def test_growth_is_named_where_no_limit_is_known():
    steep = Landscape(
        "Steep", value=lambda x: (x**2).sum(-1), gradient=lambda x: 2 * x, low=(-2, -2), high=(2, 2), start=(1, 1)
    )
    trace = record(Run("gradient_descent", steep, {"learning_rate": 1.1}, steps=20))
    assert words.title(trace)[0] == f"f grows {growth(trace.fx[0], trace.fx[-1])} in 20 steps"
    assert words.outcome(trace)[1].startswith(f"f has grown {growth(trace.fx[0], trace.fx[-1])} in 20 steps. After")


def test_a_run_that_never_ran_claims_nothing():
    trace = record(Run("particle_swarm", "rastrigin", {"particles": 200}, {"dimension": 100}, steps=10_000))
    title, detail = words.title(trace)
    assert title == "Not run: too large to keep in memory"
    assert "271 MB" in detail
    reason, sentence = words.outcome(trace)
    assert reason == "Not run"
    assert "steps would fit" in sentence
    assert "best" not in sentence
    assert "takes 0 steps" not in words.alternative(trace)
    shown = experiment(trace, View(), theme("light"))
    assert {each.title for each in shown.pictures[1:]} == {"Not run: only the start is known"}
    assert shown.bookmarks == ()


@pytest.mark.parametrize("optimizer", ["adam", "simulated_annealing", "gradient_descent"])
def test_one_frame_is_no_finding(optimizer):
    lost = Landscape("Lost", value=lambda x: x[..., 0] * np.nan, gradient=lambda x: x, low=(-2, -2), high=(2, 2))
    shown = experiment(record(Run(optimizer, lost, steps=20)), View(), theme("light"))
    assert {each.title for each in shown.pictures[1:]} == {"No step was taken"}


def reached(trace):
    """Return the step from which on the point that speaks for a run stays within a thousandth of the width."""
    path = trace.best_x if trace.x.ndim == 3 or trace.optimizer.stochastic else trace.x
    side = float(np.max(trace.landscape.high - trace.landscape.low))
    limit = float(f"{side / 1000:.0e}")
    away = np.linalg.norm(path[:, None] - np.array([m.x for m in trace.landscape.minima]), axis=-1)
    away = away[:, away[-1].argmin()]
    return limit, next((k for k in range(len(path)) if (away[k:] <= limit).all()), None), away


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_settling_means_one_distance_whatever_the_optimizer(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape))
    text = " ".join(words.title(trace))
    for vague in ("reaches", "finds the", "finds a minimum", "comes within"):
        assert vague not in text
    if not trace.landscape.minima:
        assert not any(claim in text for claim in ("settles", "still", "minimum")) or "not in a minimum" in text
        return
    limit, step, away = reached(trace)
    if "settles within" in text:
        assert f"settles within {words.number(limit)} of" in text
        assert f"in {counted(step, words.frame_word(trace))}" in text
        assert away[step - 1] > limit
        assert (away[step:] <= limit).all()
    elif "still" in text:
        assert away[-1] > limit


def test_an_arrival_is_counted_and_said_with_its_distance():
    trace = run("newton", "cubic", start=(3,))
    limit, step, _ = reached(trace)
    assert words.title(trace)[0] == f"Newton settles within {limit} of the local minimum in {step} steps"


def test_a_search_gets_no_stronger_verb_than_a_path_that_is_nearer():
    trace = record(Run.suggested("simulated_annealing", "rastrigin"))
    _, step, away = reached(trace)
    assert step is None
    assert words.title(trace)[0] == f"The best point is still {words.number(away[-1])} from the minimum"


def test_rises_are_counted_up_to_the_arrival():
    trace = record(Run.suggested("momentum", "himmelblau"))
    _, step, _ = reached(trace)
    up = int(np.sum(np.diff(trace.fx[: step + 1]) > 1e-9))
    assert words.title(trace)[1] == f"f rises in {up} of these {step} steps"


def test_a_run_is_measured_once_and_stays_equal_to_itself():
    trace, again = (record(Run("adam", "bowl", steps=5)) for _ in range(2))
    assert diagnose(trace) is diagnose(trace)
    assert trace == again
    assert pickle.loads(pickle.dumps(trace)) == again


def test_rounding_is_no_rise():
    values = np.array([20.0, 10.0, 12.934437213577, 12.934437213577 + 2e-15, 12.93, 12.93 + 1e-8])
    assert rises(values).tolist() == [False, True, False, False, True]
    assert rises(np.array([np.inf, 1.0, 2.0, np.nan, 1.0])).tolist() == [False, True, False, False]
    assert rises(np.array([1.0])).tolist() == []


def test_all_the_way_is_said_only_of_a_run_that_arrives():
    short = run("gradient_descent", "rosenbrock", knobs={"learning_rate": 0.001}, steps=50)
    assert headline(short) == f"f falls from {words.number(short.fx[0])} to {words.number(short.fx[-1])}"
    there = run("gradient_descent", "sphere", knobs={"learning_rate": 0.1})
    assert headline(there) == f"f falls all the way to {words.number(there.fx[-1])}"
    local = run("gradient_descent", "rastrigin", knobs={"learning_rate": 0.002}, start=(-3.3, 2.7))
    assert "all the way" not in headline(local)


def test_a_run_without_a_gain_says_so_plainly():
    trace = run("momentum", "bowl", knobs={"learning_rate": 0.3, "beta": 0.0}, steps=3)
    assert headline(trace).startswith("f grows")
    uphill = Landscape(
        "Uphill", value=lambda x: x[..., 0], gradient=lambda x: -1 + 0 * x, low=[-5], high=[5], start=[4]
    )
    trace = record(Run("gradient_descent", uphill, {"learning_rate": 0.1}, steps=3))
    assert headline(trace) == "f never falls below its start, 4"


def test_the_budget_is_told():
    trace = record(Run("particle_swarm", "sphere", {"particles": 200}, steps=10_000))
    reason, sentence = words.outcome(trace)
    assert reason == "Budget"
    assert "the budget of 200,000 evaluations is used up" in sentence
    assert "It took 200,000 evaluations." in sentence


def test_the_width_of_a_swarm_is_told_plainly():
    trace = run("particle_swarm", "sphere", knobs={"w": 1.2, "walls": True})
    title = experiment(trace, View(), theme("light")).pictures[2].title
    assert "some" not in title
    assert title.startswith(("The swarm stays about", "The swarm narrows to", "The swarm spreads to"))


def test_a_swarm_that_flies_apart_is_not_said_to_fall() -> None:
    knobs = {"w": 1.2, "walls": False}
    trace = record(Run("particle_swarm", "rastrigin", knobs=knobs, steps=100))
    assert trace.stop.reason == "diverged"
    assert words.title(trace)[1].startswith("f rises from ")
