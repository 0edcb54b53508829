"""The close-up of a population: always equally large, with true sizes in words."""

import numpy as np
import pytest

from algorithms import Run, record
from dashboard.charts.closeup import ROOM, can_be_seen, closeup
from dashboard.charts.scene import experiment, inner_pictures
from dashboard.charts.theme import theme
from dashboard.charts.view import View

LIGHT = theme("light")


def shown(optimizer="particle_swarm", landscape="rastrigin", view=View(), **given):  # noqa: B008
    trace = record(Run.suggested(optimizer, landscape, **given))
    return trace, closeup(trace, view.fitted(trace.x.shape[-1], trace.x.shape[1], len(trace)), LIGHT)


def track(picture, name):
    number = next(i for i, each in enumerate(picture.figure["data"]) if each.get("name") == name)
    return next(each for each in picture.tracks if each.trace == number)


@pytest.mark.parametrize("optimizer", ["particle_swarm", "genetic_algorithm", "differential_evolution"])
@pytest.mark.parametrize("pair", [(0, 1), (2, 0)])
def test_every_member_is_seen_and_the_farthest_equally_far(optimizer, pair):
    trace, picture = shown(optimizer, view=View(pair=pair), landscape_knobs={"dimension": 3})
    better, worse = track(picture, "better half"), track(picture, "worse half")
    x = np.where(np.isfinite(better.x), better.x, worse.x)
    assert np.isfinite(x).all()
    far = np.maximum(abs(x), abs(better.y)).max(axis=1)
    wide = np.ptp(trace.x[..., list(pair)], axis=1).max(axis=-1)
    assert far[wide > 1e-12] == pytest.approx(1 / ROOM)
    member, k = 4, 3
    away = trace.x[k, member, list(pair)] - trace.x[k][:, list(pair)].mean(axis=0)
    size = ROOM * abs(trace.x[k][:, list(pair)] - trace.x[k][:, list(pair)].mean(axis=0)).max()
    assert [x[k, member], better.y[k, member]] == pytest.approx(away / size)
    assert float(track(picture, "size").words[k].split()[0]) == pytest.approx(2 * size, rel=0.05)


def test_the_better_half_is_filled():
    trace, picture = shown()
    filled = np.isfinite(track(picture, "better half").x)
    assert (filled.sum(axis=1) >= trace.x.shape[1] // 2).all()
    k = 7
    assert trace.fx[k][filled[k]].max() <= trace.fx[k][~filled[k]].min()


def test_the_difference_is_drawn_where_it_is_and_at_its_base():
    trace, picture = shown("differential_evolution")
    arrow, scaled = track(picture, "difference"), track(picture, "scaled difference")
    k = 5
    size = ROOM * abs(trace.x[k] - trace.x[k].mean(axis=0)).max()
    long = np.array([arrow.x2[k] - arrow.x[k], arrow.y2[k] - arrow.y[k]])
    if np.isfinite(long).all():
        assert long == pytest.approx(trace.value("difference")[k + 1, 0] / size)
    both = np.isfinite(arrow.x2) & np.isfinite(arrow.x) & np.isfinite(scaled.x2) & np.isfinite(scaled.x)
    assert both.sum() > 10
    assert (scaled.x2 - scaled.x)[both] == pytest.approx(0.5 * (arrow.x2 - arrow.x)[both], abs=1e-9)


def test_who_has_a_close_up():
    for optimizer, landscape, seen in (
        ("particle_swarm", "rastrigin", True),
        ("genetic_algorithm", "sphere", True),
        ("particle_swarm", "double_well", False),
        ("genetic_algorithm", "random_cities", False),
        ("evolution_strategy", "bowl", False),
        ("adam", "bowl", False),
    ):
        trace = record(Run.suggested(optimizer, landscape, steps=20))
        assert can_be_seen(trace) is seen
        view = View().fitted(trace.x.shape[-1], trace.x.shape[1], len(trace))
        assert ("close-up" in [picture.id for picture in inner_pictures(trace, view, LIGHT)]) is seen


def test_a_population_that_is_one_point_does_no_harm():
    trace, picture = shown("differential_evolution", "sphere", knobs={"population": 5, "F": 0.1, "CR": 1.0}, steps=300)
    assert np.ptp(trace.x[-1], axis=0).max() < 1e-6
    assert all(np.isfinite(track(picture, "followed").x))


@pytest.mark.parametrize(("optimizer", "id"), [("particle_swarm", "close-up"), ("evolution_strategy", "shape")])
def test_the_close_up_can_take_the_large_place(optimizer, id):
    trace = record(Run.suggested(optimizer, "bowl"))
    plain, turned = (experiment(trace, View(large=large), LIGHT) for large in ("landscape", "close-up"))
    assert [picture.id for picture in turned.pictures][:3] == [id, "landscape", "convergence"]
    assert {picture.id for picture in turned.pictures} == {picture.id for picture in plain.pictures}
    one, two = (
        next(picture for picture in scene.pictures if picture.id == id).figure["data"] for scene in (plain, turned)
    )
    for before, after in zip(one, two, strict=True):
        if before["mode"] == "markers":
            assert after["marker"]["size"] == pytest.approx(1.7 * before["marker"]["size"])


def test_without_a_close_up_the_landscape_stays_large():
    trace = record(Run.suggested("momentum", "himmelblau"))
    scenes = [experiment(trace, View(large=large), LIGHT) for large in ("landscape", "close-up")]
    plain, turned = ([picture.id for picture in scene.pictures] for scene in scenes)
    assert plain == turned
