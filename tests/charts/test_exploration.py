"""Diversification and intensification: both lines are what they are called, and titles say what happened."""

from dataclasses import replace

import numpy as np
import pytest

from algorithms import Run, Trace, record
from dashboard.charts.exploration import exploration
from dashboard.charts.scene import experiment
from dashboard.charts.spread import LAST, collapse, explores, spread, to_best
from dashboard.charts.theme import theme
from dashboard.charts.view import View

LIGHT = theme("light")


def run(optimizer: str, landscape: str = "rastrigin", steps: int = 60, dimension: int = 0, **knobs) -> Trace:
    ground = {"dimension": dimension} if dimension else {}
    return record(Run.suggested(optimizer, landscape, knobs=knobs, landscape_knobs=ground, steps=steps))


def edges(order: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(map(int, pair)) for pair in zip(order, np.roll(order, -1), strict=True)}


def drawn(trace: Trace, id: str = "exploration"):
    picture = next(each for each in experiment(trace, View(), LIGHT).pictures if each.id == id)
    names = [each["name"] for each in picture.figure["data"]]
    return picture, {names[each.trace]: each for each in picture.tracks}


@pytest.mark.parametrize("dimension", [2, 10])
def test_of_a_swarm_the_members_are_measured(dimension: int) -> None:
    trace = run("particle_swarm", dimension=dimension)
    _, tracks = drawn(trace)
    center = trace.x[9].mean(axis=0)
    assert tracks["spread"].y[9] == pytest.approx(np.linalg.norm(trace.x[9] - center, axis=1).mean())
    away = np.linalg.norm(trace.x[9] - trace.best_x[9], axis=1).mean()
    assert tracks["distance to best"].y[9] == pytest.approx(away)


def test_of_one_point_its_last_steps_are_measured() -> None:
    trace = run("simulated_annealing", steps=100, cooling_rate=1.0)
    for k in (0, 3, LAST - 1, LAST, 100):
        last = trace.x[max(0, k + 1 - LAST) : k + 1]
        assert spread(trace)[k] == pytest.approx(np.linalg.norm(last - last.mean(axis=0), axis=1).mean(), abs=1e-9)
        assert to_best(trace)[k] == pytest.approx(np.linalg.norm(trace.x[k] - trace.best_x[k]))


def test_of_tours_the_edges_that_differ_are_counted() -> None:
    trace = run("simulated_annealing", "random_cities", steps=120, cooling_rate=1.0)
    n = trace.x.shape[1]
    for k in (0, 5, 119):
        last = trace.x[max(0, k + 1 - LAST) : k + 1]
        lacking = [len(edges(order) - edges(trace.x[k])) / n for order in last]
        assert spread(trace)[k] == pytest.approx(np.mean(lacking))
        assert to_best(trace)[k] == pytest.approx(len(edges(trace.x[k]) - edges(trace.best_x[k])) / n)
    assert drawn(trace)[0].figure["layout"]["yaxis"]["ticksuffix"] == " %"


def test_a_genetic_algorithm_shows_both_lines_in_its_diversity() -> None:
    for landscape in ("rastrigin", "random_cities"):
        picture, tracks = drawn(run("genetic_algorithm", landscape, steps=20), "diversity")
        assert {"spread", "distance to best"} <= tracks.keys()
        assert len(picture.key) == 2


@pytest.mark.parametrize("optimizer", ["particle_swarm", "simulated_annealing", "ant_colony", "genetic_algorithm"])
def test_every_search_that_can_stray_shows_both_lines(optimizer: str) -> None:
    landscape = "random_cities" if optimizer == "ant_colony" else "rastrigin"
    pictures = experiment(run(optimizer, landscape), View(), LIGHT).pictures
    assert {"exploration", "diversity"} & {each.id for each in pictures}


def test_what_never_leaves_its_best_has_nothing_to_show() -> None:
    assert not explores(run("random_search"))
    assert not explores(run("gradient_descent", "bowl"))
    assert explores(run("simulated_annealing", cooling_rate=0.5))  # whatever its knobs, the chart stays


def test_titles_say_around_what_a_swarm_contracts() -> None:
    good = run("particle_swarm", steps=100)
    k = collapse(good)
    assert exploration(good, View(), LIGHT).title == f"The swarm contracts by step {k} around the minimum"
    poor = run("particle_swarm", steps=100, w=0.1)
    assert poor.best_fx[-1] > 1
    title = exploration(poor, View(), LIGHT).title
    assert title == f"The swarm contracts by step {collapse(poor)} around a point that is not the best minimum"
    wild = run("particle_swarm", steps=100, w=1.1, walls=False)
    assert exploration(wild, View(), LIGHT).title == "The swarm flies apart"


def test_titles_say_where_a_walk_ends() -> None:
    cold = run("simulated_annealing", steps=500, cooling_rate=0.5)
    assert exploration(cold, View(), LIGHT).title == "The walk comes to rest at its best"
    hot = run("simulated_annealing", "random_cities", steps=3000, cooling_rate=1.0)
    assert exploration(hot, View(), LIGHT).title.startswith("The walk ends about ")
    assert exploration(hot, View(), LIGHT).title.endswith(" % from its best")


def test_a_walk_that_stands_still_has_no_spread() -> None:
    trace = run("simulated_annealing", steps=50)
    still = replace(trace, x=np.tile([0.1, 0.7], (51, 1)))
    assert (spread(still) == 0).all()
