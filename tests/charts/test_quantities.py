"""The small charts of inner state say what the trace holds."""

import numpy as np
import pytest

from algorithms import Run, record
from dashboard.charts import quantities
from dashboard.charts.picture import frame
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View

LIGHT, VIEW = theme("light"), View()


def tracks(picture):
    return {picture.figure["data"][track.trace]["name"]: track for track in picture.tracks}


def ids(optimizer, landscape, **given):
    trace = record(Run.suggested(optimizer, landscape, **given))
    return [picture.id for picture in experiment(trace, VIEW, LIGHT).pictures[1:]]


def test_each_method_has_the_charts_of_what_it_keeps():
    assert ids("momentum", "bowl") == ["convergence", "terms"]
    assert ids("adam", "bowl") == ["convergence", "rates"]
    assert ids("bfgs", "rosenbrock") == ["convergence", "curvature", "line-search"]
    assert ids("nelder_mead", "beale") == ["convergence", "simplex"]
    assert ids("mini_batch", "linear_regression") == ["convergence", "data", "slope"]
    assert ids("gradient_descent", "bowl", knobs={"schedule": "cosine"})[1:] == ["schedule"]
    assert ids("momentum", "bowl", landscape_knobs={"gradient_noise": 1.0})[1:] == ["slope", "terms"]


def test_terms_are_the_lengths_of_the_arrows():
    trace = record(Run.suggested("momentum", "himmelblau"))
    drawn = tracks(quantities.terms(trace, VIEW, LIGHT))
    assert np.allclose(drawn["step"].y[:-1], np.linalg.norm(np.diff(trace.x, axis=0), axis=1))
    assert np.allclose(drawn["gradient's share"].y[:-1], np.linalg.norm(trace.arrow("gradient"), axis=1)[:-1])


def test_the_learned_curvature_becomes_the_true_one_on_a_quadratic():
    trace = record(Run.suggested("bfgs", "bowl"))
    picture = quantities.curvature(trace, VIEW, LIGHT)
    largest, smallest = (tracks(picture)[name].y for name in ("largest", "smallest"))
    assert largest[0] == pytest.approx(10, rel=1e-6), "H starts as the identity, and κ is 10"
    assert smallest[0] == pytest.approx(1, rel=1e-6)
    assert (abs(np.log([largest[-1], smallest[-1]])) < 0.05).all()
    assert picture.title == "The estimate becomes the true Hessian"


def test_the_line_searched_falls_by_one_where_the_step_ends():
    trace = record(Run.suggested("conjugate_gradient", "rosenbrock"))
    drawn = tracks(quantities.searched(trace, VIEW, LIGHT))
    assert np.allclose(drawn["kept"].x[:-1], 1)
    assert np.allclose(drawn["kept"].y[:-1], -1)
    for k in range(0, len(trace) - 1, 5):
        at = frame(drawn["line searched"], k)
        assert (at["x"][0], at["y"][0]) == (0, 0)
        inside = at["x"] <= at["x"].max()
        step = trace.x[k + 1] - trace.x[k]
        f = trace.landscape.value(trace.x[k] + at["x"][inside, None] * step)
        high = np.clip((f - trace.fx[k]) / (trace.fx[k] - trace.fx[k + 1]), -3 * quantities.DEEP, 3 * quantities.DEEP)
        assert at["y"][inside] == pytest.approx(high, abs=1e-9)


def test_the_simplex_shrinks_and_its_moves_are_marked():
    trace = record(Run.suggested("nelder_mead", "himmelblau"))
    drawn = tracks(quantities.size(trace, VIEW, LIGHT))
    wide = np.linalg.norm(trace.simplex[:, 1:] - trace.simplex[:, :1], axis=-1).max(axis=1)
    assert np.allclose(drawn["size"].y, wide)
    for note in ("reflect", "expand", "contract"):
        marked = np.isfinite(drawn[note].y)
        assert (trace.note[marked] == note).all()


def test_the_model_is_drawn_through_its_data():
    for given in ({"standardized": False}, {"standardized": True}, {"parameters": 1}):
        trace = record(Run.suggested("sgd", "linear_regression", landscape_knobs=given))
        fit = trace.landscape
        drawn = tracks(quantities.data(trace, VIEW, LIGHT))
        model = drawn["model"]
        for k in (0, 7, len(trace) - 1):
            at = frame(model, k)
            slope, height = trace.x[k][0], trace.x[k][1] if trace.x.shape[1] > 1 else 0.0
            assert at["y"] == pytest.approx(slope * at["x"] + height)
        of_step = drawn["examples of this step"]
        assert of_step.x[4, 0] == fit.inputs[trace.batch[5, 0]]
        assert of_step.y[4, 0] == fit.targets[trace.batch[5, 0]]


def test_a_schedule_is_drawn_as_it_runs():
    for name in ("step", "inverse", "cosine", "warmup"):
        given = {"learning_rate": 0.1, "schedule": name, "schedule_steps": 20}
        trace = record(Run("gradient_descent", "bowl", given, steps=30))
        rate = tracks(quantities.schedule(trace, VIEW, LIGHT))["η"].y
        gone = -np.diff(trace.x, axis=0) / trace.value("gradient")[:-1]
        assert np.allclose(gone, rate[:-1, None], rtol=1e-5)


def test_the_curve_of_f_can_take_the_large_place():
    trace = record(Run.suggested("momentum", "himmelblau"))
    plain, turned = (experiment(trace, View(large=large), LIGHT) for large in ("landscape", "convergence"))
    assert [picture.id for picture in plain.pictures][:2] == ["landscape", "convergence"]
    assert [picture.id for picture in turned.pictures][:2] == ["convergence", "landscape"]
    assert turned.subtitle == plain.pictures[1].subtitle
    assert View.from_query({"view.large": "convergence"})[0].to_query() == {"view.large": "convergence"}
