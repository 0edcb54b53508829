"""The export: a valid Plotly figure whose frames show exactly what the tracks say."""

import base64
import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from algorithms import Run, record
from dashboard import export, raster
from dashboard.charts.picture import KINDS, KeyEntry, Picture, Track, frame
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View

T, P, M = 7, 3, 4
GRAY = [[0, "#000"], [1, "#fff"]]
HEAT = {"type": "heatmap", "colorscale": GRAY, "zmin": 0, "zmax": 255}
LINE = {"type": "scatter", "mode": "lines", "line": {"color": "#0072B2", "width": 2}}


def track(kind, index, rng):
    """Return a track of a kind with random data."""
    flat = {"still": (M,), "tour": (M,), "edges": (M,), "matrix": (0,)}
    shape = {"polyline": (T, M), "segments": (T, P), "tail": (T, P)}.get(kind, flat.get(kind, (T,)))
    x, y, x2, y2, x3, y3 = rng.normal(size=(6, *shape))
    if kind == "tour":
        order = rng.permuted(np.tile(np.arange(M, dtype=np.uint8), (T, 1)), axis=1)
        return Track(index, kind, x, y, order=order, beside=5)
    if kind == "edges":
        return Track(index, kind, x, y, x2, y2, level=rng.integers(0, 3, (T, M), np.uint8), only=1)
    if kind == "matrix":
        z = rng.integers(0, 256, (3, M * (M + 1) // 2), np.uint8)
        return Track(index, kind, x, y, z=z, at=np.minimum(np.arange(T), 2).astype(np.uint8), half=True)
    if kind in ("ellipse", "hyperbola"):
        return Track(index, kind, x, y, x2, y2, x3, y3, inner=0.25, length=3 * (kind == "ellipse"))
    more = (
        {"x2": x2, "y2": y2, "arrow": True, "length": 2}
        if kind == "segments"
        else {"length": 3}
        if kind == "tail"
        else {}
    )
    return Track(index, kind, x, y, **more)


@pytest.fixture
def every_kind():
    """A picture with a contour and one track of every kind that Plotly can slide along."""
    return with_tracks([kind for kind in KINDS if kind not in ("matrix", "list")])


def with_tracks(kinds):
    """Return a picture with a contour and one track of each of the kinds."""
    rng = np.random.default_rng(5)
    contour = {
        "type": "contour", "x": np.linspace(-3, 5, 30), "y": np.linspace(-2, 2, 20), "z": rng.normal(size=(20, 30)),
        "contours": {"start": -1, "end": 1, "size": 0.5}, "colorscale": [[0, "#000000"], [1, "#ffffff"]],
    }  # fmt: skip
    tracks = tuple(track(kind, i + 1, rng) for i, kind in enumerate(kinds))
    figure = {"data": [contour, *[dict(HEAT if k == "matrix" else LINE) for k in kinds]]}
    figure["layout"] = {"paper_bgcolor": "#FFFFFF"}
    key = (KeyEntry("star", "#F0E442", "minimum <b>"), KeyEntry("dot", "#6B727B", "last run"))
    return Picture("all", figure, tracks, title="Every <kind>", alt='An "alternative"', subtitle="A & B", key=key)


def single(values):
    """Values as the export holds them: numbers in single precision, words as they are."""
    return values if values.dtype.kind == "U" else np.asarray(values, np.float32)


def assert_same(figure, picture):
    """Compare every frame of the export with the tracks."""
    moved = [t for t in picture.tracks if t.kind != "still"]
    for shown in figure["frames"]:
        k = int(shown["name"])
        data = dict(zip(shown["traces"], shown["data"], strict=True))
        assert set(data) == {t.trace for t in moved}
        for t in moved:
            for name, values in frame(t, k).items():
                np.testing.assert_array_equal(np.asarray(data[t.trace][name]), single(values))
    for t in picture.tracks:
        for name, values in frame(t, 0).items():
            np.testing.assert_array_equal(figure["data"][t.trace][name], single(values))


def test_every_frame_shows_what_the_tracks_say(every_kind):
    figure = export.to_figure(every_kind)
    assert [f["name"] for f in figure["frames"]] == [str(k) for k in range(T)]
    assert_same(figure, every_kind)
    go.Figure(figure)


@pytest.mark.parametrize(
    ("optimizer", "landscape", "view"),
    [
        ("newton", "cubic", View()), ("momentum", "himmelblau", View()), ("adam", "rosenbrock", View(shape="surface")),
        ("particle_swarm", "rastrigin", View(follow=2)), ("simulated_annealing", "rastrigin", View()),
        ("random_search", "bowl", View()), ("two_opt", "random_cities", View()),
        ("simulated_annealing", "five_cities", View()), ("tabu_search", "rastrigin", View()),
        ("tabu_search", "random_cities", View()), ("iterated_local_search", "himmelblau", View()),
    ],
)  # fmt: skip
def test_real_pictures_export_what_they_play(optimizer, landscape, view):
    trace = record(Run.suggested(optimizer, landscape))
    scene = experiment(trace, view, theme("light"))
    for picture in scene.pictures:
        figure = export.to_figure(picture)
        assert_same(figure, picture)
        go.Figure(figure)
        assert len(figure["frames"]) <= export.FRAMES + 1
        assert figure["frames"][-1]["name"] == str(len(trace) - 1)
        assert figure["layout"]["title"]["text"] == picture.title


@pytest.mark.parametrize("view", [View(), View(inside=5, follow=2)])
def test_a_colony_exports_its_pheromone(view):
    trace = record(Run.suggested("ant_colony", "random_cities", landscape_knobs={"number": 15}, steps=20))
    for picture in experiment(trace, view, theme("light")).pictures:
        figure = export.to_figure(picture)
        assert_same(figure, picture)
        go.Figure(figure)
    names = [t["name"] for t in experiment(trace, View(), theme("light")).pictures[0].figure["data"]]
    assert [n for n in names if n.startswith("pheromone")] == [f"pheromone {i}" for i in range(1, 9)]


def test_a_matrix_stays_a_heat_map_that_is_redrawn():
    picture = with_tracks(["matrix"])
    figure = export.to_figure(picture)
    assert_same(figure, picture)
    assert [t["type"] for t in figure["data"][:2]] == ["scatter", "heatmap"]  # the landscape has become an image
    assert figure["frames"][0]["data"][0]["type"] == "heatmap"
    assert len(figure["frames"]) == T
    z = np.asarray(figure["frames"][2]["data"][0]["z"])
    assert z.shape == (M, M)
    assert (z == z.T).all()
    assert figure["layout"]["updatemenus"][0]["buttons"][0]["args"][1]["frame"]["redraw"] is True


def test_the_picture_itself_is_left_alone(every_kind):
    before = repr(every_kind.figure)
    export.to_figure(every_kind)
    assert repr(every_kind.figure) == before


def test_frames_name_only_moving_traces_and_do_not_redraw(every_kind):
    figure = export.to_figure(every_kind)
    still = list(KINDS).index("still") + 1
    assert all(0 not in f["traces"] and still not in f["traces"] for f in figure["frames"])
    buttons = figure["layout"]["updatemenus"][0]["buttons"]
    assert [b["label"] for b in buttons] == ["Play", "Pause"]
    assert buttons[0]["args"][1]["frame"]["redraw"] is False
    assert len(figure["layout"]["sliders"][0]["steps"]) == T


def test_long_runs_show_every_kth_step_and_say_so():
    for length in (1, 2, 149, 150, 151, 1000, 10_001):
        chosen = export.chosen_frames(length)
        assert chosen[0] == 0
        assert chosen[-1] == length - 1
        assert len(chosen) <= export.FRAMES + 1
        assert len(set(np.diff(chosen)[:-1])) <= 1
    walk = np.random.default_rng(1).normal(size=(2, 10_001)).cumsum(axis=1)
    picture = Picture("long", {"data": [dict(LINE)], "layout": {}}, (Track(0, "path", *walk),), "Long", "Long")
    figure = export.to_figure(picture)
    assert "every 68th step: " in figure["layout"]["sliders"][0]["currentvalue"]["prefix"]
    last = figure["frames"][-1]["data"][0]["x"]
    assert len(last) <= export.POINTS
    assert last[-1] == np.float32(walk[0, -1])
    assert len(export.to_html(picture)) < 7e6


def test_a_picture_without_movement_has_no_controls():
    line = Track(0, "still", np.arange(3.0), np.arange(3.0))
    still = Picture("still", {"data": [dict(LINE)], "layout": {}}, (line,), "t", "a")
    figure = export.to_figure(still)
    assert figure["frames"] == []
    assert "sliders" not in figure["layout"]


def test_the_contour_becomes_an_image_in_the_same_place_and_colors(every_kind):
    figure = export.to_figure(every_kind)
    assert figure["data"][0]["type"] == "scatter"
    (image,) = figure["layout"]["images"]
    assert (image["x"], image["y"], image["sizex"], image["sizey"], image["layer"]) == (-3, 2, 8, 4, "below")
    assert base64.b64decode(image["source"].split(",")[1])[:4] == b"\x89PNG"


def test_bands_have_plotlys_colors():
    z = np.tile(np.linspace(0, 4, 81), (41, 1))
    scale = [[0, "#000000"], [0.5, "#800000"], [1, "#ffffff"]]
    contours = {"start": 1, "end": 3, "size": 1, "showlines": False}
    pixels = np.asarray(raster.picture({"type": "contour", "z": z, "contours": contours, "colorscale": scale}))
    row = pixels[len(pixels) // 2]
    found = [tuple(int(v) for v in row[round(len(row) * share)]) for share in (0.125, 0.375, 0.625, 0.875)]
    assert [c[0] for c in found] == sorted(c[0] for c in found)
    assert found[0] == (0, 0, 0, 255)
    assert found[-1] == (255, 255, 255, 255)
    assert len(set(found)) == 4


def test_the_image_is_the_right_way_up():
    y, x = np.mgrid[0:20, 0:30]
    pixels = np.asarray(raster.picture({"type": "heatmap", "z": x + 100.0 * y, "colorscale": GRAY}))
    assert pixels[0, 0, 0] > pixels[-1, 0, 0], "large y is at the top"
    assert pixels[0, -1, 0] >= pixels[0, 0, 0], "large x is on the right"


def test_holes_in_a_landscape_stay_transparent():
    z = np.ones((20, 20))
    z[:10] = np.nan
    pixels = np.asarray(raster.picture({"type": "heatmap", "z": z, "zmin": 0, "zmax": 1, "colorscale": GRAY}))
    assert pixels[-1, 0, 3] == 0
    assert pixels[0, 0, 3] == 255


def test_the_page_tells_what_came_of_the_run(every_kind):
    scale = KeyEntry("scale", "#C98A14", "pheromone", colors=("#F6EBD3", "#6B4605"))
    picture = replace(every_kind, key=(*every_kind.key, scale))
    page = export.to_html(
        picture, word="iteration", outcome=("Step limit", "It took <all> steps."), address="http://x/playground?a=1&b=2"
    )
    words = page[page.rindex("</script>") :]
    assert "<strong>Step limit.</strong> It took &lt;all&gt; steps." in words
    assert "http://x/playground?a=1&amp;b=2" in words
    assert "linear-gradient(90deg, #F6EBD3, #6B4605)" in words
    assert '"prefix":"iteration "' in page
    assert '"displayModeBar": false' in page
    plain = export.to_html(every_kind)
    assert '<p class="outcome">' not in plain
    assert "This experiment" not in plain


def test_html_needs_no_network_and_escapes_its_words(every_kind):
    page = export.to_html(every_kind)
    assert page.startswith("<!doctype html>")
    head = page[: page.index("<script")]
    assert "Every &lt;kind&gt;" in head
    assert "An &quot;alternative&quot;" in head
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="http', page)
    assert "minimum <b>" not in page
    assert 4e6 < len(page) < 6e6
