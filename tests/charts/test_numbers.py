"""The numbers table: every column is the trace's own."""

import numpy as np
import pytest

from algorithms import LANDSCAPES, Run, fitting, record
from dashboard.charts.diagnosis import diameter, is_tour
from dashboard.charts.numbers import table
from dashboard.charts.view import View
from dashboard.charts.words import frame_word

PAIRS = [(entry.id, place.id) for place in LANDSCAPES.values() for entry in fitting(place.make())]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_column_has_one_number_a_frame(optimizer, landscape):
    trace = record(Run.suggested(optimizer, landscape))
    columns = table(trace, View())
    assert next(iter(columns)) == frame_word(trace)
    for name, column in columns.items():
        assert column.shape == (len(trace),), name
        assert np.issubdtype(column.dtype, np.number), name
        assert np.isfinite(column[1:-1]).all(), name
        assert name.startswith("parent") or np.isfinite(column[:1]).all() or len(trace) == 1, name
    if "visited" not in trace.fields:  # of a tour in the making only what is built
        np.testing.assert_array_equal(columns["best length" if is_tour(trace) else "best f"], trace.best_fx)
    counts = trace.evaluations
    np.testing.assert_array_equal(columns["evaluations"], counts["values"] + counts["gradients"] + counts["hessians"])


def test_a_path_shows_position_value_slope_and_step():
    trace = record(Run.suggested("momentum", "himmelblau"))
    columns = table(trace, View())
    np.testing.assert_array_equal(columns["x₁"], trace.x[:, 0])
    np.testing.assert_array_equal(columns["x₂"], trace.x[:, 1])
    np.testing.assert_array_equal(columns["f"], trace.fx)
    np.testing.assert_allclose(columns["slope ‖∇f‖"], np.linalg.norm(trace.landscape.gradient(trace.x), axis=1))
    np.testing.assert_allclose(columns["step length"][:-1], np.linalg.norm(np.diff(trace.x, axis=0), axis=1))


def test_more_dimensions_show_the_chosen_pair_and_one_dimension_only_x():
    trace = record(Run("adam", "rastrigin", landscape_knobs={"dimension": 6}))
    columns = table(trace, View(pair=(4, 1)))
    np.testing.assert_array_equal(columns["x₅"], trace.x[:, 4])
    np.testing.assert_array_equal(columns["x₂"], trace.x[:, 1])
    assert "x₁" not in columns
    assert "x" in table(record(Run("newton", "cubic")), View())


def test_a_swarm_shows_the_followed_particle_and_how_wide_it_is():
    trace = record(Run("particle_swarm", "rastrigin", steps=20))
    columns = table(trace, View(follow=3))
    np.testing.assert_array_equal(columns["x₁ of no. 4"], trace.x[:, 3, 0])
    np.testing.assert_array_equal(columns["f of no. 4"], trace.fx[:, 3])
    np.testing.assert_array_equal(columns["width"], diameter(trace))


def test_annealing_shows_its_temperature_and_what_was_accepted():
    trace = record(Run.suggested("simulated_annealing", "himmelblau"))
    columns = table(trace, View())
    np.testing.assert_array_equal(columns["T"], trace.temperature)
    np.testing.assert_array_equal(columns["accepted"], trace.accepted)
