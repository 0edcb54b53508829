"""Generations on a landscape, and one mating from inside."""

import re
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest

from algorithms import LANDSCAPES, Run, Trace, record
from dashboard.charts.bookmarks import bookmarks
from dashboard.charts.contour import pixel
from dashboard.charts.generations import diversity, fading, first_child, mutates, parent_roles
from dashboard.charts.landscape import slice_of
from dashboard.charts.numbers import table
from dashboard.charts.offspring import Mating, captions, edges, finding, mating_of
from dashboard.charts.picture import Picture, Scene, frame
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import pack

BOXES = [("rastrigin", "uniform"), ("rastrigin", "one_point"), ("himmelblau", "blend"), ("cubic", "blend")]


@cache
def evolved(name: str = "rastrigin", d: int = 0, steps: int = 20, **knobs: object) -> Trace:
    places = {"dimension": d} if d else {}
    return record(Run("genetic_algorithm", name, knobs, places, steps=steps))


def shown(trace: Trace, **view: object) -> Scene:
    return experiment(trace, View(**view), theme("light"))  # type: ignore[arg-type]


def track(picture: Picture, name: str):
    return next(t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name)


def names(picture: Picture) -> list[str]:
    return [trace["name"] for trace in picture.figure["data"]]


def check(scene: Scene) -> None:
    """Every track has the scene's frames, every figure and axis is valid, and every cell has its numbers."""
    for picture in scene.pictures:
        go.Figure(picture.figure)
        assert picture.title
        assert any(letter.isdigit() for letter in picture.alt)
        for each in picture.tracks:
            if each.kind not in ("still", "edges"):
                assert len(each.x) == scene.frames, names(picture)[each.trace]
            for k in range(min(scene.frames, 6)):
                assert frame(each, k).keys() >= {"x", "y"}
        for axis in ("xaxis", "yaxis"):
            low, high = picture.figure["layout"][axis]["range"]
            assert np.isfinite([low, high]).all()
            assert low < high
        assert set(picture.chosen) == set(picture.choices)
    if scene.equation and scene.inside >= 0:
        for slot, cell in re.findall(r'data-slot="(\w+)" data-cell="(\d+)"', scene.equation.lines[0][0]):
            assert scene.equation.slots[slot].shape[0] == scene.frames
            assert int(cell) < scene.equation.slots[slot].shape[1]
    assert all(0 <= mark.frame < scene.frames for mark in scene.bookmarks)
    assert len({*scene.table}) == len(scene.table)
    assert all(len(column) == scene.frames for column in scene.table.values())
    pack(scene)


@pytest.mark.parametrize(("name", "crossover"), BOXES)
def test_generations_fade_behind_and_nothing_flies(name: str, crossover: str) -> None:
    trace = evolved(name, crossover=crossover)
    scene = shown(trace, follow=3)
    check(scene)
    picture = scene.pictures[0]
    assert "velocities" not in names(picture)
    assert not track(picture, "members").glide
    assert np.array_equal(track(picture, "members").x, trace.x[..., 0])
    assert [track(picture, f"{age} before").length for age in (1, 2, 3)] == [2, 3, 4]
    assert names(picture).index("3 before") < names(picture).index("1 before") < names(picture).index("members")
    assert scene.frame_word == "generation"
    assert (scene.closer, scene.deeper) == ("Inside this mating", 1)
    assert picture.chosen["follow"] == "3"
    assert dict(picture.choices["follow"])["3"] == "child 4 of 50"
    assert picture.readout is not None
    assert picture.readout.member == "child"


def test_the_followed_child_of_the_next_generation_hangs_on_its_parents() -> None:
    trace = evolved(crossover="uniform", mutation_rate=0.5)
    picture = shown(trace, follow=4).pictures[0]
    k, (first, second) = 7, trace.parents[8, 4]
    for name, parent in (("a", first), ("b", second)):
        lines = track(picture, f"from {name}")
        assert (lines.x[k], lines.y[k]) == tuple(trace.x[k, parent])
        assert (lines.x2[k], lines.y2[k]) == tuple(trace.crossed[k + 1, 4])
    mutation = track(picture, "mutation")
    assert (mutation.x[k], mutation.y[k]) == tuple(trace.crossed[k + 1, 4])
    assert (mutation.x2[k], mutation.y2[k]) == tuple(trace.x[k + 1, 4])
    child = track(picture, "followed")
    assert np.array_equal(child.x, np.append(trace.x[1:, 4, 0], trace.x[-1, 4, 0]))
    assert np.isnan(track(picture, "from a").x[-1])


@pytest.mark.parametrize(("name", "crossover"), BOXES)
def test_the_look_inside_opens_the_mating_that_is_seen(name: str, crossover: str) -> None:
    trace = evolved(name, crossover=crossover)
    seen, k = shown(trace, follow=3), 5
    inside = shown(trace, follow=3, inside=k + seen.deeper)
    assert (inside.inside - inside.deeper, inside.closer) == (k, "Back to all generations")
    child = track(seen.pictures[0], "followed").x[k]
    assert track(inside.pictures[0], "child").x[-1] == child == trace.x[k + 1, 3, 0]


@pytest.mark.parametrize("name", ["himmelblau", "quadratic"])
def test_a_parent_is_named_unless_its_child_lies_on_it(name: str) -> None:
    trace = evolved(name, crossover="blend", mutation_rate=0, steps=30)
    picture, close = shown(trace, follow=4).pictures[0], False
    unit = pixel(slice_of(trace, View())) if name == "himmelblau" else np.array([0.01, 0.01])
    for who in range(3, 9):
        seen = shown(trace, follow=who).pictures[0]
        child = track(seen, "followed")
        for parent in "ab":
            place = track(seen, f"parent {parent}")
            away = np.hypot((place.x - child.x) / unit[0], (place.y - child.y) / unit[1])
            named = times_named(seen, parent)
            assert (named[away > 12] == 1).all(), "also where the child is close"
            assert name != "himmelblau" or (named[away < 5] == 0).all()
            close |= bool(((away > 12) & (away < 20)).any())
    assert close or name != "himmelblau"
    assert (times_named(picture, "child 5") == 1).all(), "one name in every frame"


def times_named(picture, name: str) -> np.ndarray:
    """Return how often a name stands in each frame."""
    own = [each for each in picture.tracks if picture.figure["data"][each.trace]["name"] == f"label {name}"]
    return sum(np.isfinite(each.x).astype(int) for each in own)


def test_the_key_has_what_is_drawn_and_nothing_else() -> None:
    labels = {each.label for each in shown(evolved(elites=1)).pictures[0].key}
    assert {"parent a", "parent b", "child", "crossover", "mutation", "elite"} <= labels
    labels = {each.label for each in shown(evolved(elites=0, mutation_rate=0.0)).pictures[0].key}
    assert {"parent a", "parent b", "child", "crossover"} <= labels
    assert not {"mutation", "elite"} & labels


def test_the_best_is_seen_above_the_ring_of_a_child_that_lives_on() -> None:
    drawn = names(shown(evolved(elites=1), follow=0).pictures[0])
    assert max(drawn.index("followed"), drawn.index("elites")) < drawn.index("best so far")


def test_elites_have_rings_and_no_parents() -> None:
    trace = evolved(elites=2)
    picture = shown(trace, follow=0).pictures[0]
    rings = track(picture, "elites")
    assert rings.x.shape == (21, 2)
    assert np.isnan(rings.x[0]).all()
    assert np.array_equal(rings.x[5], trace.x[5, :2, 0])
    assert np.isnan(track(picture, "from a").x).all()
    assert "elites" not in names(shown(evolved(elites=0)).pictures[0])


def test_nobody_chosen_means_the_first_child_that_was_bred() -> None:
    trace = evolved(elites=3)
    assert first_child(trace) == 3
    assert shown(trace).pictures[0].chosen["follow"] == "3"
    assert shown(trace, follow=0).pictures[0].chosen["follow"] == "0"
    assert shown(trace, inside=5).pictures[0].chosen["follow"] == "3"


def test_where_any_member_may_live_on_the_one_bred_most_often_is_followed() -> None:
    trace = evolved(survival="plus", population=20, steps=30)
    bred = (~trace.elite[1:]).sum(axis=0)
    assert bred.max() < 30, "nobody is bred in every generation"
    assert bred[first_child(trace)] == bred.max()
    lived = int(np.flatnonzero(trace.elite[5])[0])
    assert "taken over unchanged" in shown(trace, inside=5, follow=lived).title


def test_one_of_many_that_live_on_is_a_survivor_and_no_elite() -> None:
    trace = evolved(survival="plus", population=20, steps=30)
    who = int(np.flatnonzero(trace.elite[5])[0])
    inside = shown(trace, inside=5, follow=who)
    said = " ".join(
        [
            inside.title,
            *(each.label for each in inside.bookmarks),
            *captions(mating_of(trace, View(inside=5, follow=who))),
        ]
    )
    assert "survivor" in said
    assert "lives on" in said
    assert "elite" not in said
    few = evolved(elites=2)
    assert "is an elite" in shown(few, inside=5, follow=0).title


def test_rings_are_thin_where_many_live_on() -> None:
    for knobs, name, width in (({}, "elite", 2), ({"survival": "plus"}, "kept", 1)):
        picture = shown(evolved(population=20, steps=30, **knobs)).pictures[0]
        assert name in [entry.label for entry in picture.key]
        (ring,) = [trace for trace in picture.figure["data"] if trace.get("name") == "elites"]
        assert ring["marker"]["line"]["width"] == width


def test_parents_have_two_colors_of_their_own() -> None:
    trace = evolved()
    assert len({*parent_roles(trace), trace.optimizer.color}) == 3


def test_sixty_generations_of_fifty_are_small_on_the_wire() -> None:
    scene = shown(evolved(steps=60, population=50))
    assert len(pack(scene)) <= 200_000
    assert len(pack(shown(evolved(steps=60, population=50), inside=30))) <= 150_000


@pytest.mark.parametrize("population", [10, 200])
@pytest.mark.parametrize("d", [1, 2, 3, 10])
@pytest.mark.parametrize("look", ["flat", "surface"])
def test_every_size(population: int, d: int, look: str) -> None:
    trace = evolved("sphere" if d > 1 else "quadratic", d if d > 1 else 0, steps=8, population=population)
    whole = experiment(trace, View(shape=look, pair=(0, d - 1) if d > 1 else (0, 1)), theme("dark"))
    assert whole.frames == 9
    pack(whole)
    for k in (1, 8):
        check(experiment(trace, View(shape=look, inside=k, follow=5), theme("dark")))


def test_charts_tell_best_mean_worst_and_diversity() -> None:
    trace = evolved(elites=0)
    _, convergence, chart, _ = shown(trace).pictures
    lows = [each for each in names(convergence) if not each.endswith(("ahead", "now"))]
    assert {"best", "mean", "worst"} <= {*lows}
    assert np.allclose(track(convergence, "worst").y, trace.fx.max(axis=1))
    assert np.allclose(track(convergence, "mean").y, trace.fx.mean(axis=1))
    center = trace.x[6].mean(axis=0)
    assert np.isclose(diversity(trace)[6], np.linalg.norm(trace.x[6] - center, axis=1).mean())
    assert chart.id == "diversity"
    assert "center" in chart.subtitle


def test_diversity_dies_without_mutation_and_is_kept_with_it() -> None:
    dying = evolved(steps=80, mutation_rate=0.0, crossover="uniform")
    k = fading(dying)
    assert k is not None
    assert (diversity(dying)[k:] <= 0.01 * diversity(dying)[0]).all()
    assert diversity(dying)[k - 1] > 0.01 * diversity(dying)[0]
    assert not mutates(dying)
    assert shown(dying).pictures[2].title == f"Without mutation diversity dies by generation {k}"
    assert any(mark.label == "the population collapses: all within 1 % of the width" for mark in bookmarks(dying))
    kept = evolved(steps=80, mutation_rate=0.3, crossover="uniform")
    assert mutates(kept)
    assert re.fullmatch(r"Mutation keeps the population [\d.]+ wide", shown(kept).pictures[2].title)


def test_words_speak_of_generations() -> None:
    scene = shown(evolved())
    said = " ".join([*scene.outcome, scene.subtitle, scene.title, *[picture.alt for picture in scene.pictures]])
    assert "20 generations" in said
    assert not re.search(r"\d steps?\b", said)
    assert "generation" in next(mark.label for mark in scene.bookmarks if mark.label.startswith("lowest"))
    columns = table(evolved(), View(follow=4))
    assert "step length" not in columns
    assert columns["parent a"][3] == evolved().parents[3, 4, 0] + 1
    assert np.isnan(columns["parent a"][0])


# One mating.


def one(trace: Trace, k: int, who: int) -> Mating:
    return mating_of(trace, View(inside=k, follow=who))


@pytest.mark.parametrize(("name", "crossover"), BOXES)
def test_a_mating_goes_through_its_stages(name: str, crossover: str) -> None:
    trace = evolved(name, crossover=crossover, mutation_rate=0.4)
    for who in (0, 3, 4, 5):
        for k in (1, 9, 20):
            scene = shown(trace, inside=k, follow=who)
            check(scene)
            assert scene.frames == (3 if trace.elite[k, who] else 5)
            assert scene.frame_word == "stage"
            assert scene.inside == k
            assert scene.closer == "Back to all generations"
            assert len(captions(one(trace, k, who))) == scene.frames
            assert captions(one(trace, k, who))[-1].startswith("4/4 " if scene.frames == 5 else "2/2 ")


def test_the_picture_of_a_mating_has_the_trace_s_positions() -> None:
    trace = evolved(crossover="uniform", mutation_rate=0.6)
    k, who = next((k, w) for k in range(2, 20) for w in range(1, 50) if (trace.crossed[k, w] != trace.x[k, w]).all())
    picture = shown(trace, inside=k, follow=who).pictures[0]
    a, b = trace.x[k - 1, trace.parents[k, who]]
    assert np.array_equal(track(picture, "parents' generation").x[0], trace.x[k - 1, :, 0])
    assert np.isnan(track(picture, "parents' generation").x[1:]).all()
    assert np.array_equal(track(picture, "child's generation").y[4], trace.x[k, :, 1])
    for name, parent in (("parent a", a), ("parent b", b)):
        disc = track(picture, name)
        assert np.isnan(disc.x[0])
        assert [(disc.x[stage], disc.y[stage]) for stage in range(1, 5)] == [tuple(parent)] * 4
    line = track(picture, "from b")
    assert (line.x[2], line.y[2], line.x2[2], line.y2[2]) == (*b, *trace.crossed[k, who])
    assert np.isnan(line.x[:2]).all()
    crossed = track(picture, "crossed")
    assert (crossed.x[2], crossed.y[2]) == tuple(trace.crossed[k, who])
    child = track(picture, "child")
    assert np.isnan(child.x[:3]).all()
    assert (child.x[4], child.y[4]) == tuple(trace.x[k, who])


def test_each_gene_is_known_by_its_parent() -> None:
    trace = evolved("sphere", 5, crossover="one_point", mutation_rate=0.2)
    for who in range(1, 20):
        seen = one(trace, 4, who)
        a, b = trace.x[3, trace.parents[4, who]]
        for i, whose in enumerate(seen.origin):
            assert (
                whose
                == {(1, 1): "both", (1, 0): "a", (0, 1): "b"}[
                    bool(trace.crossed[4, who, i] == a[i]), bool(trace.crossed[4, who, i] == b[i])
                ]
            )
        assert np.array_equal(seen.mutated, trace.crossed[4, who] != trace.x[4, who])
        assert seen.fc == trace.landscape.value(trace.crossed[4, who])
    assert (one(evolved(crossover="blend"), 2, 5).origin == "new").all()


def test_the_table_of_genes_fills_stage_by_stage() -> None:
    trace = evolved(crossover="uniform", mutation_rate=0.6)
    rule = shown(trace, inside=2, follow=7).equation
    assert rule is not None
    assert rule.title == "The genes"
    first = [int(np.argmax(np.isfinite(rule.slots[f"row{i}"][:, 0]))) for i in range(4)]
    assert first == [1, 1, 2, 3]
    assert np.allclose(rule.slots["row2"][2], [*trace.crossed[2, 7], trace.landscape.value(trace.crossed[2, 7])])
    assert np.allclose(rule.slots["row3"][4], [*trace.x[2, 7], trace.fx[2, 7]])
    many = shown(evolved("sphere", 10), inside=2, follow=7, pair=(3, 8)).equation
    assert many is not None
    assert many.slots["row0"].shape == (5, 3)
    assert "x₄ and x₉ of 10 genes" in many.note


def test_titles_find_what_came_of_it() -> None:
    trace = evolved(crossover="uniform", mutation_rate=0.4)
    said = {}
    for k, who in [(k, who) for k in (1, 5) for who in range(1, 50)]:
        seen = one(trace, k, who)
        title = finding(seen)[0]
        if "better" in title:
            assert seen.f < min(seen.fa, seen.fb)
        elif "worse" in title:
            assert seen.f > max(seen.fa, seen.fb)
        elif "between" in title:
            assert min(seen.fa, seen.fb) <= seen.f <= max(seen.fa, seen.fb)
        else:
            assert "copy" in title or "as good" in title
        said[title.partition(":")[0]] = who
    assert {"The child is better than both parents", "The child is worse than both parents"} <= said.keys()
    elite = finding(one(trace, 5, 0))
    assert elite[0].startswith("Child 1 is an elite: taken over unchanged")
    assert elite[1] == "It was the best of generation 4: neither crossed nor mutated"


def test_a_late_mating_is_seen_from_near() -> None:
    trace = evolved("himmelblau", steps=60)
    layout = shown(trace, inside=50, follow=9).pictures[0].figure["layout"]
    low, high = layout["xaxis"]["range"]
    seen = one(trace, 50, 9)
    kin = np.array([seen.a, seen.b, seen.crossed, seen.child])
    assert ((kin[:, 0] > low) & (kin[:, 0] < high)).all()
    spread = np.ptp(kin, axis=0).max()
    assert high - low <= max(6 * spread, 1.2e-3)


def test_a_frame_that_does_not_exist_is_the_nearest_one() -> None:
    trace = evolved()
    assert shown(trace, inside=500).inside == 20
    start = evolved(steps=1)
    assert shown(start, inside=1).inside == 1
    with pytest.raises(ValueError, match="one generation"):
        mating_of(replace(start, x=start.x[:1], fx=start.fx[:1]), View(inside=1))


def test_values_that_are_not_finite_break_nothing() -> None:
    trace = evolved()
    x, fx = trace.x.copy(), trace.fx.copy()
    x[3, 5], fx[3, 5], fx[2, ::2] = np.nan, np.nan, np.inf
    broken = replace(trace, x=x, fx=fx)
    child, k = next((w, 4) for w in range(1, 50) if 5 in trace.parents[4, w])
    for view in ({}, {"follow": 5, "inside": 3}, {"follow": child, "inside": k}, {"follow": 6, "inside": 3}):
        pack(shown(broken, **view))
    assert "no finite value" in finding(one(broken, 3, 5))[0]


# On tours.

TOURS = [name for name, place in LANDSCAPES.items() if place.make().kind == "tours"]


@pytest.mark.parametrize("name", TOURS)
@pytest.mark.parametrize("look", ["light", "dark"])
def test_tours_mate_too(name: str, look: str) -> None:
    trace = evolved(name, mutation_rate=0.5)
    for who in (0, 6, 7):
        for k in (1, 12):
            check(experiment(trace, View(inside=k, follow=who), theme(look)))


def test_every_edge_of_a_child_is_drawn_once_in_the_color_of_its_parent() -> None:
    trace = evolved("random_cities", mutation_rate=0.5)
    at = trace.landscape.cities
    for who in (4, 5, 6):
        seen, picture = one(trace, 3, who), shown(trace, inside=3, follow=who).pictures[0]
        assert len(seen.origin) == 40
        drawn = []
        for name, whose in (("from a", "a"), ("from b", "b"), ("both", "both"), ("new", "new")):
            lines = track(picture, name)
            here = np.isfinite(lines.x[2])
            assert here.sum() == (seen.origin == whose).sum()
            drawn += [
                frozenset([(lines.x[2, i], lines.y[2, i]), (lines.x2[2, i], lines.y2[2, i])])
                for i in np.flatnonzero(here)
            ]
        cities = trace.crossed[3, who]
        way = {frozenset([tuple(at[i]), tuple(at[j])]) for i, j in zip(cities, np.roll(cities, -1), strict=True)}
        assert set(drawn) == way
        assert len(drawn) == 40
        put, cut = track(picture, "put in"), track(picture, "taken out")
        assert np.isfinite(put.x[3]).sum() == np.isfinite(cut.x[3]).sum() == seen.mutated.sum()


def test_edges_have_no_direction() -> None:
    tour = np.array([3, 0, 2, 1, 4])
    assert sorted(edges(tour)) == sorted(edges(tour[::-1])) == sorted(edges(np.roll(tour, 2)))


def test_the_diversity_of_tours_is_the_share_of_edges_in_which_two_differ() -> None:
    trace = evolved("random_cities", steps=10)
    all_edges = [set(edges(tour)) for tour in trace.x[4]]
    lacking = [len(one - other) / 40 for one, other in combinations(all_edges, 2)]
    assert np.isclose(diversity(trace)[4], np.mean(lacking))
    chart = shown(trace).pictures[2]
    assert chart.id == "diversity"
    assert "share of edges" in chart.subtitle
