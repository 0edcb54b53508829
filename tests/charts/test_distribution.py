"""CMA-ES on a landscape: its ellipses are those of its covariance, and its rule has true numbers."""

from functools import cache

import numpy as np
import plotly.graph_objects as go
import pytest

from algorithms import Run, Trace, record
from dashboard.charts.course import course
from dashboard.charts.distribution import ranked
from dashboard.charts.equation import equation
from dashboard.charts.numbers import table
from dashboard.charts.picture import Picture, Scene, frame
from dashboard.charts.scene import experiment
from dashboard.charts.shapes import axes, elongation, off_valley, valley_elongation
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import pack


@cache
def adapted(name: str = "bowl", steps: int = 40, seed: int = 0, places: tuple = (), **knobs: object) -> Trace:
    return record(Run("evolution_strategy", name, knobs, dict(places), steps=steps, seed=seed))


STEEP = adapted("bowl", places=(("condition", 100.0),))
TEN = adapted("ellipsoid", places=(("dimension", 10), ("condition", 100.0)), steps=120)


def shown(trace: Trace, look: str = "light", **view: object) -> Scene:
    return experiment(trace, View(**view), theme(look))  # type: ignore[arg-type]


def track(picture: Picture, name: str):
    return next(t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name)


def names(picture: Picture) -> list[str]:
    return [trace["name"] for trace in picture.figure["data"]]


def points(picture: Picture, name: str, k: int) -> np.ndarray:
    at = frame(track(picture, name), k)
    return np.stack([at["x"], at["y"]], axis=-1)


def mahalanobis(trace: Trace, k: int, at: np.ndarray, pair: tuple[int, int] = (0, 1)) -> np.ndarray:
    block = trace.covariance[k][np.ix_(pair, pair)] * trace.value("sigma")[k] ** 2
    away = at - trace.value("mean")[k][list(pair)]
    return np.sqrt(np.einsum("mi,ij,mj->m", away, np.linalg.inv(block), away))


@pytest.mark.parametrize(("trace", "pair"), [(STEEP, (0, 1)), (TEN, (0, 1)), (TEN, (3, 7))])
def test_ellipses_are_one_and_two_deviations_of_the_members_seen(trace: Trace, pair: tuple[int, int]) -> None:
    picture = shown(trace, pair=pair).pictures[0]
    for k in (0, 9, 33):
        assert mahalanobis(trace, k, points(picture, "1 σ", k), pair) == pytest.approx(np.ones(49), rel=1e-6)
        assert mahalanobis(trace, k, points(picture, "2 σ", k), pair) == pytest.approx(2 * np.ones(49), rel=1e-6)
        assert np.allclose(points(picture, "next 1 σ", k), points(picture, "1 σ", k + 1))
    assert np.isnan(points(picture, "next 1 σ", len(trace) - 1)).all()


def test_two_thirds_of_two_coordinates_are_where_the_ellipse_says() -> None:
    runs = [adapted(seed=seed, walls=False) for seed in range(8)]
    far = np.concatenate([mahalanobis(trace, k, trace.x[k]) for trace in runs for k in range(30)])
    assert np.mean(far < 1) == pytest.approx(1 - np.exp(-0.5), abs=0.03)
    assert np.mean(far < 2) == pytest.approx(1 - np.exp(-2), abs=0.03)


def test_the_better_half_is_filled_and_the_best_weigh_most() -> None:
    picture = shown(STEEP).pictures[0]
    order, better = ranked(STEEP)
    for k in (0, 7, 20):
        low = np.sort(STEEP.fx[k])
        assert sorted(STEEP.fx[k][better[k]]) == low[:5].tolist()
        assert np.array_equal(np.isfinite(track(picture, "better half").x[k]), better[k])
        first = track(picture, "weight of rank 1")
        assert (first.x2[k], first.y2[k]) == tuple(STEEP.x[k, STEEP.fx[k].argmin()])
        assert (first.x[k], first.y[k]) == tuple(STEEP.value("mean")[k])
    widths = [t["line"]["width"] for t in picture.figure["data"] if t["name"].startswith("weight of rank")]
    assert widths == sorted(widths, reverse=True)
    assert len(widths) == 5
    assert order.shape == STEEP.fx.shape


def test_the_mean_moves_by_its_step_and_carries_its_path() -> None:
    picture = shown(STEEP).pictures[0]
    step, path = track(picture, "step of the mean"), track(picture, "evolution path")
    mean = STEEP.value("mean")
    assert np.array_equal(step.x2[:-1], mean[1:, 0])
    assert np.allclose(path.y2 - path.y, STEEP.value("sigma") * STEEP.value("path")[:, 1])
    assert np.array_equal(track(picture, "way of the mean").x, mean[:, 0])
    assert "follow" not in picture.choices, "nobody lives longer than a generation"


def test_the_valley_s_own_shape_has_the_ellipse_s_area() -> None:
    picture = shown(STEEP).pictures[0]
    hessian = STEEP.landscape.hessian(np.zeros(2))
    for k in (0, 12, 30):
        at = points(picture, "valley", k) - STEEP.value("mean")[k]
        level = np.einsum("mi,ij,mj->m", at, hessian, at)
        assert np.ptp(level) < 1e-6 * level.mean(), "a level line"
        one = points(picture, "1 σ", k) - STEEP.value("mean")[k]
        area = [0.5 * abs(np.sum(p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1])) for p in (at, one)]
        assert area[0] == pytest.approx(area[1], rel=1e-6)
    marginal = points(shown(TEN, pair=(2, 5)).pictures[0], "valley", 50) - TEN.value("mean")[50][[2, 5]]
    block = np.linalg.inv(TEN.landscape.hessian(np.zeros(10)))[np.ix_((2, 5), (2, 5))]
    level = np.einsum("mi,ij,mj->m", marginal, np.linalg.inv(block), marginal)
    assert np.ptp(level) < 1e-6 * level.mean(), "the shadow of the valley, not a cut through it"


def test_layers_can_be_switched_off() -> None:
    assert set(shown(STEEP).pictures[0].layers) == {"weights", "next", "evolution-path", "valley"}
    bare = shown(STEEP, hide=("evolution-path", "next", "valley", "weights")).pictures[0]
    assert not {"next 1 σ", "valley", "evolution path", "weight of rank 1"} & set(names(bare))
    assert {"1 σ", "mean", "members"} <= set(names(bare))


@pytest.mark.parametrize("name", ["saddle", "ackley"])
def test_no_valley_is_drawn_where_f_does_not_curve_up_as_the_hessian_says(name: str) -> None:
    scene = shown(adapted(name))
    assert "valley" not in scene.pictures[0].layers
    assert "valley" not in names(scene.pictures[0])
    assert "valley" not in scene.course


def test_the_shape_is_always_equally_large() -> None:
    picture = shown(STEEP).pictures[2]
    assert picture.id == "shape"
    for k in (0, 10, 39):
        at = points(picture, "1 σ", k)
        area = 0.5 * abs(np.sum(at[:-1, 0] * at[1:, 1] - at[1:, 0] * at[:-1, 1]))
        assert area == pytest.approx(np.pi, rel=0.01)
        long = np.linalg.norm(at, axis=1)
        assert long.max() / long.min() == pytest.approx(elongation(STEEP)[k], rel=0.02)
        size = np.sqrt(np.prod(axes(STEEP)[0][k]))
        member = (STEEP.x[k, 3] - STEEP.value("mean")[k]) / size
        shown_at = [track(picture, name) for name in ("better half", "worse half")]
        x = np.nansum([each.x[k, 3] for each in shown_at])
        assert (x, shown_at[0].y[k, 3]) == pytest.approx(tuple(member))


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("name", ["bowl", "rosenbrock", "forrester"])
def test_the_rule_has_true_numbers(name: str, active: bool) -> None:
    trace = adapted(name, active=active, seed=2)
    rule = equation(trace, View(), theme("light"))
    s = {key: values[:-1] for key, values in rule.slots.items()}
    assert np.allclose(s["mean'"], s["mean"] + s["sigma"] * s["selected_step'"])
    assert np.allclose(s["path'"], s["path_kept"] * s["path"] + s["path_gain'"] * s["selected_step'"])
    new = s["covariance_kept'"] * s["covariance"] + s["rank_one'"] + s["rank_mu'"]
    assert np.allclose(s["covariance'"], new, rtol=1e-8, atol=1e-12)
    assert np.allclose(s["sigma'"], s["sigma"] * s["growth'"])
    assert s["sigma"][0] == 0.3
    assert np.array_equal(s["sigma"][:, 0], trace.value("sigma")[:-1]), "not the knob it begins with"
    y = (trace.x - trace.value("mean")[:, None]) / trace.value("sigma")[:, None, None]
    ranks = np.argsort(trace.fx, axis=1, kind="stable")[:, :5]
    weight = np.log(5.5) - np.log(np.arange(1, 6))
    best = np.take_along_axis(y, ranks[..., None], axis=1)
    assert np.allclose(s["selected_step'"], np.einsum("p,tpi->ti", weight / weight.sum(), best)[:-1])
    assert "member" not in rule.note


def test_in_many_dimensions_the_rule_shows_the_block_of_the_pair() -> None:
    rule = equation(TEN, View(pair=(4, 8)), theme("light"))
    assert np.allclose(rule.slots["covariance"][7], TEN.covariance[7][np.ix_((4, 8), (4, 8))].ravel())
    s = {key: values[:-1] for key, values in rule.slots.items()}
    new = s["covariance_kept'"] * s["covariance"] + s["rank_one'"] + s["rank_mu'"]
    assert np.allclose(s["covariance'"], new, rtol=1e-8, atol=1e-12)
    assert rule.note == "coordinates x₅ and x₉ of 10"


def test_words_say_how_long_the_ellipse_is_and_where_it_points() -> None:
    long, off = elongation(STEEP)[-1], off_valley(STEEP)
    values, ways = np.linalg.eigh(STEEP.covariance[-1])
    assert long == pytest.approx(np.sqrt(values[1] / values[0]))
    assert valley_elongation(STEEP) == pytest.approx(np.full(len(STEEP), 10.0))
    valley = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])
    assert off == pytest.approx(np.rad2deg(np.arccos(abs(ways[:, 1] @ valley))), abs=1e-6)
    assert off < 10
    said = f"The ellipse ends {float(f'{long:.2g}'):g} times as long as it is wide, along the valley."
    assert course(STEEP).words == said
    assert shown(STEEP).course == said
    chart = next(picture for picture in shown(STEEP).pictures if picture.id == "shape")
    assert chart.title == f"Ellipse {float(f'{long:.3g}'):g} : 1 in the end, valley 10 : 1"


def test_the_ellipse_learns_the_valley() -> None:
    for seed in range(5):
        trace = adapted("ellipsoid", places=(("condition", 1e4),), seed=seed, steps=60)
        assert 30 < np.median(elongation(trace)[-15:]) < 300, "100 is true"
        assert off_valley(trace) < 3


@pytest.mark.parametrize("shape", ["flat", "surface"])
@pytest.mark.parametrize("trace", [STEEP, TEN, adapted("forrester"), adapted("rastrigin", population=20)])
def test_every_look_has_its_pictures(trace: Trace, shape: str) -> None:
    for look in ("light", "dark"):
        scene = shown(trace, look, shape=shape)
        for picture in scene.pictures:
            go.Figure(picture.figure)
            for each in picture.tracks:
                assert each.kind == "still" or len(each.y) == len(trace)
                frame(each, len(trace) - 1)
        assert {"members", "mean"} <= set(names(scene.pictures[0]))
        assert "axes" in [picture.id for picture in scene.pictures]
        assert scene.frame_word == "generation"
        pack(scene)


def test_on_a_curve_the_bell_stands_over_its_mean() -> None:
    trace = adapted("forrester")
    picture = shown(trace).pictures[0]
    bell, one = track(picture, "bell"), track(picture, "1 σ")
    deviation = trace.value("sigma") * np.sqrt(trace.covariance[:, 0, 0])
    assert np.allclose(bell.x[:, 12], trace.value("mean")[:, 0])
    assert (np.argmax(bell.y, axis=1) == 12).all()
    assert np.allclose(one.x2 - one.x, 2 * deviation)
    high = (bell.y[0] - one.y[0]) / (bell.y[0, 12] - one.y[0])
    assert high == pytest.approx(np.exp(-((bell.x[0] - bell.x[0, 12]) ** 2) / 2 / deviation[0] ** 2))


def test_the_table_tells_of_the_mean_and_the_axes() -> None:
    columns = table(STEEP, View())
    assert np.array_equal(columns["m₂"], STEEP.value("mean")[:, 1])
    assert np.array_equal(columns["longest axis"], axes(STEEP)[0][:, 1])
    assert np.array_equal(columns["f of the best member"], STEEP.fx.min(axis=1))


def test_a_first_picture_is_small_on_the_wire() -> None:
    for name in ("bowl", "rastrigin", "ellipsoid"):
        assert len(pack(shown(record(Run.suggested("evolution_strategy", name))))) <= 200_000
