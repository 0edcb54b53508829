"""The picture of all learning rates: its tracks, its words, and what leaves it."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, Trace, record, sweepable
from dashboard import lab
from dashboard.charts import step_size_words, step_sizes
from dashboard.charts.picture import Picture, Scene, Track, frame, held
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import pack

PAIRS = [
    (entry.id, name)
    for name, place in LANDSCAPES.items()
    for entry in OPTIMIZERS.values()
    if sweepable(entry, place.make())
]


def made(run: Run, look: str = "light", ghost: Trace | None = None) -> Scene:
    run = lab.shown(run)
    return step_sizes.lab(record(run), lab.swept(run), View(), theme(look), ghost)


def on_bowl(rate: float, **more) -> Run:
    return Run("gradient_descent", "bowl", {"learning_rate": rate}, steps=80, **more)


def track(picture: Picture, name: str) -> Track:
    return next(t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name)


def names(picture: Picture) -> set[str]:
    return {trace["name"] for trace in picture.figure["data"]}


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_pair_has_its_scene(optimizer, landscape):
    run = Run.suggested(optimizer, landscape)
    rates = {"light": dict(run.knobs)["learning_rate"], "dark": 2.0}
    for look, rate in rates.items():
        shown = made(replace(run, knobs=dict(run.knobs) | {"learning_rate": rate}), look)
        T = min(run.steps, lab.LONGEST) + 1
        assert shown.frames == T
        assert [picture.id for picture in shown.pictures] == ["step-sizes", "landscape", "convergence"]
        for picture in shown.pictures:
            go.Figure(picture.figure)
            for each in picture.tracks:
                assert each.kind == "still" or len(each.y) == T
                for k in (0, T // 2, T - 1):
                    assert frame(each, k).keys() >= {"x", "y"}
        layout = shown.pictures[0].figure["layout"]
        low, high = layout["xaxis"]["range"]
        assert layout["xaxis"]["type"] == "log"
        assert low < np.log10(rate) < high
        assert np.isfinite(layout["yaxis"]["range"]).all()
        assert len(pack(shown)) < 700_000
        assert all(np.isfinite(column[0]) for column in shown.table.values())


def test_the_curve_is_f_after_k_steps_for_every_rate():
    run = on_bowl(0.12)
    sweep, picture = lab.swept(run), made(run).pictures[0]
    curve = track(picture, "f after k steps")
    assert curve.kind == "polyline"
    where = np.searchsorted(sweep.rates, curve.x)
    np.testing.assert_array_equal(sweep.rates[where], curve.x)
    low, high = (10.0**end for end in picture.figure["layout"]["yaxis"]["range"])
    for k in (0, 40, 80):
        inside = (sweep.fx[k, where] > low) & (sweep.fx[k, where] < high)
        assert inside.any()
        np.testing.assert_allclose(frame(curve, k)["y"][inside], sweep.fx[k, where][inside])
        assert (frame(curve, k)["y"][sweep.fx[k, where] > high] >= high).all()  # beyond the top, not cut off at it
    np.testing.assert_array_equal(track(picture, "f in the end").y, curve.y[-1])
    now = track(picture, "now")
    assert set(now.x) == {0.12}
    np.testing.assert_allclose(now.y, record(run).fx)


def test_what_leaves_the_frame_has_an_arrow():
    picture = made(on_bowl(0.25)).pictures[0]
    high = 10.0 ** picture.figure["layout"]["yaxis"]["range"][1]
    own = track(picture, "own rate leaving")
    fx = record(on_bowl(0.25)).fx
    shown = np.isfinite(own.x[:, 0])
    np.testing.assert_array_equal(shown[: len(fx)], fx > high)
    assert shown[len(fx) :].all()
    assert (own.y2[shown] > own.y[shown]).all()
    assert "leaves the picture" in {entry.label for entry in picture.key}
    below = made(Run("gradient_descent", "cubic", {"learning_rate": 0.3}, steps=60)).pictures[0]
    fallen = track(below, "own rate leaving")
    assert (fallen.y2[-1] < fallen.y[-1]).all()
    calm = made(Run("adam", "bowl", {"learning_rate": 0.2}, steps=60)).pictures[0]
    assert "own rate leaving" not in names(calm)


def test_the_regimes_are_named_where_they_are():
    picture = made(on_bowl(0.12)).pictures[0]
    assert {"creeps", "zigzags", "diverges", "limit orange", "limit vermillion"} <= names(picture)
    fills = {trace["name"]: trace for trace in picture.figure["data"] if trace.get("fill") == "toself"}
    assert max(fills["creeps"]["x"]) == min(fills["zigzags"]["x"]) == 0.1
    assert max(fills["zigzags"]["x"]) == min(fills["diverges"]["x"]) == 0.2
    for name, fill in fills.items():
        label = track(picture, f"label {name}")
        assert min(fill["x"]) < label.x[0] < max(fill["x"])
    words = picture.figure["data"][track(picture, "label limit vermillion").trace]["text"]
    assert words == "2/L = 0.2"
    none = made(Run("adam", "bowl", {"learning_rate": 0.2}, steps=60)).pictures[0]
    assert "diverges" not in names(none)


@pytest.mark.parametrize(
    ("rate", "kind", "word"),
    [(0.05, "Creeps", "is below 1/L = 0.1"), (0.15, "Zigzags", "is above 1/L = 0.1"), (0.201, "Diverges", "2/L = 0.2")],
)
def test_titles_state_the_finding(rate, kind, word):
    shown = made(on_bowl(rate))
    assert shown.title == "Every η above 2/L = 0.2 diverges; η = 0.18 is fastest"
    assert shown.outcome[0] == kind
    assert word in shown.outcome[1]
    assert "On this bowl every η above 2/L = 0.2 diverges; fastest after 80 steps is" in shown.outcome[1]
    assert "yours" in made(on_bowl(0.18)).outcome[1]
    for part in ("Your learning rate is", "80 steps", "0.18"):
        assert part in shown.pictures[0].alt


def test_a_very_low_rate_is_in_sight():
    assert made(on_bowl(1e-4)).pictures[0].figure["layout"]["xaxis"]["range"][0] < -4


def test_moving_the_rate_moves_no_axis():
    layouts = [made(on_bowl(rate)).pictures[0].figure["layout"] for rate in (0.01, 0.12, 0.19, 0.5)]
    assert all(layout == layouts[0] for layout in layouts)


def test_prompts_change_what_they_say():
    for rate in (0.05, 0.18, 0.3):
        trace = record(on_bowl(rate))
        prompts = step_size_words.tries(trace, lab.swept(trace.run))
        assert len(prompts) == 2
        for words, changes in prompts:
            assert words[-1] == "?"
            run, repairs = Run.from_query(trace.run.to_query() | changes)
            assert not repairs
            assert run != trace.run


def test_a_sweep_is_computed_once_for_all_rates():
    assert lab.swept(on_bowl(0.05)) is lab.swept(on_bowl(0.15))
    long = replace(on_bowl(0.05), steps=10_000)
    assert lab.shown(long).steps == lab.LONGEST


def test_a_picture_held_for_longer_keeps_its_last_frame():
    short = made(on_bowl(0.12)).pictures[1]
    long = held(short, 200)
    for before, after in zip(short.tracks, long.tracks, strict=True):
        if before.kind != "still":
            assert len(after.y) == 200
            np.testing.assert_array_equal(after.y[-1], before.y[-1])


def test_a_line_with_steady_abscissas_needs_one_for_each_value():
    Track(0, "polyline", np.arange(3.0), np.zeros((5, 3)))
    with pytest.raises(ValueError, match="equal ones"):
        Track(0, "polyline", np.arange(4.0), np.zeros((5, 3)))
    with pytest.raises(ValueError, match="equal ones"):
        Track(0, "path", np.arange(3.0), np.zeros((5, 3)))
