"""Runs on tours: the map, the pheromone, one ant's walk, and what is said about them."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from algorithms import LANDSCAPES, Run, Trace, fitting, record
from algorithms.optimizers.ant_colony import walk as ants_walk
from dashboard.charts import choices, pheromone, tour, tour_words
from dashboard.charts.convergence import convergence
from dashboard.charts.equation import equation
from dashboard.charts.numbers import table
from dashboard.charts.picture import Picture, Track, frame, matrix, small
from dashboard.charts.scene import experiment
from dashboard.charts.theme import EDGES, theme
from dashboard.charts.tries import tries
from dashboard.charts.view import View
from dashboard.charts.wording import number
from dashboard.player import pack

LIGHT = theme("light")
PLACES = [name for name, place in LANDSCAPES.items() if place.kind == "tours"]
PAIRS = [(entry.id, name) for name in PLACES for entry in fitting(LANDSCAPES[name].make())]


@cache
def run(optimizer: str, name: str = "random_cities", number: int = 0, **given) -> Trace:
    ground = {"number": number} if number else {}
    return record(Run.suggested(optimizer, name, landscape_knobs=ground, **given))


@cache
def colony(**knobs) -> Trace:
    return record(Run("ant_colony", "clustered_cities", knobs=knobs, steps=30))


def track(picture: Picture, name: str) -> Track:
    return next(t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name)


def names(picture: Picture) -> list[str]:
    return [trace["name"] for trace in picture.figure["data"]]


def edges(order: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(map(int, pair)) for pair in zip(order, np.roll(order, -1), strict=True)}


def drawn(picture: Picture, track: Track, k: int) -> set[frozenset[int]]:
    """Return the pairs of cities that a track of lines joins at frame k."""
    cities = {(float(x), float(y)): i for i, (x, y) in enumerate(np.asarray(picture.cities))}
    x, y = frame(track, k)["x"], frame(track, k)["y"]
    found = set()
    for i in range(len(x) - 1):
        if np.isfinite([x[i], x[i + 1]]).all():
            found.add(frozenset((cities[float(x[i]), float(y[i])], cities[float(x[i + 1]), float(y[i + 1])])))
    return found


@pytest.mark.parametrize("optimizer", ["random_search", "simulated_annealing", "two_opt"])
def test_a_single_tour_is_the_traces(optimizer: str) -> None:
    trace = run(optimizer)
    picture = experiment(trace, View(), LIGHT).pictures[0]
    assert np.array_equal(track(picture, "tour").order, trace.x)
    assert track(picture, "tour").order.dtype == np.uint8
    assert drawn(picture, track(picture, "tour"), 7) == edges(trace.x[7])


def test_what_a_reversal_takes_out_and_puts_in() -> None:
    trace = run("two_opt")
    picture = experiment(trace, View(), LIGHT).pictures[0]
    for k in (1, len(trace) // 2, len(trace) - 1):
        assert drawn(picture, track(picture, "added"), k) == edges(trace.x[k]) - edges(trace.x[k - 1])
        # where the tour did not change, it lies on top of the one before
        visible = drawn(picture, track(picture, "not kept"), k) - edges(trace.x[k])
        assert visible == {frozenset(map(int, pair)) for pair in trace.removed[k]}
    assert drawn(picture, track(picture, "added"), 0) == set()
    assert names(picture).index("not kept") < names(picture).index("tour halo") < names(picture).index("added")


@pytest.mark.parametrize("move", ["two_opt", "swap", "insertion"])
def test_annealing_shows_the_exchange_that_was_tried(move: str) -> None:
    trace = record(Run.suggested("simulated_annealing", "random_cities", knobs={"move": move}, steps=300))
    picture = experiment(trace, View(), LIGHT).pictures[0]
    rise = trace.trial_fx[1:] - trace.fx[:-1]
    for k in range(300):
        put_in, taken_out = edges(trace.trial[k + 1]) - edges(trace.x[k]), edges(trace.x[k]) - edges(trace.trial[k + 1])
        outcome = "rejected" if not trace.accepted[k + 1] else "worse, taken" if rise[k] > 0 else "improved"
        for name in ("improved", "worse, taken", "rejected"):
            assert drawn(picture, track(picture, f"{name} edges"), k) == (put_in if name == outcome else set())
        assert drawn(picture, track(picture, "taken out"), k) == taken_out
        assert int(np.isfinite(frame(track(picture, f"{outcome} tip"), k)["x"]).sum()) == len(put_in)
    assert drawn(picture, track(picture, "taken out"), 300) == set()


def test_a_whole_new_tour_is_no_exchange() -> None:
    trace = run("random_search", steps=20)
    picture = experiment(trace, View(), LIGHT).pictures[0]
    assert drawn(picture, track(picture, "tried"), 7) == edges(trace.trial[8])
    assert "taken out" not in names(picture)


def test_nearest_neighbor_shows_only_what_is_built() -> None:
    trace = run("nearest_neighbor")
    shown = experiment(trace, View(), LIGHT)
    picture = shown.pictures[0]
    built = track(picture, "built")
    for k in (0, 1, 20):
        settled = trace.x[k][: int(trace.visited[k])]
        assert drawn(picture, built, k) == {frozenset(map(int, p)) for p in pairwise(settled)}
    assert drawn(picture, built, len(trace) - 1) == edges(trace.x[-1])
    assert "best so far" not in names(picture)
    last = trace.landscape.distances[trace.x[-1][-1], trace.x[-1][0]]
    assert f"back to the start, is {number(last)} long" in shown.subtitle


def test_units_are_equal_and_a_zoom_outlives_a_knob() -> None:
    shown = [run("two_opt"), run("two_opt", steps=3)]
    layouts = [experiment(trace, View(), LIGHT).pictures[0].figure["layout"] for trace in shown]
    assert repr(layouts[0]) == repr(layouts[1])
    assert layouts[0]["yaxis"]["scaleanchor"] == "x"
    assert not layouts[0]["xaxis"]["showticklabels"]


def test_cities_can_be_edited_where_there_is_a_map_of_at_most_60() -> None:
    placed = experiment(run("two_opt", "placed_cities"), View(), LIGHT).pictures[0]
    assert np.array_equal(placed.cities, LANDSCAPES["placed_cities"].make().cities)
    assert placed.readout is not None
    assert placed.readout.first == 0, "cities count from 0, as in a link"
    assert experiment(run("two_opt", number=61, steps=5), View(), LIGHT).pictures[0].cities is None
    five = experiment(run("two_opt", "five_cities"), View(), LIGHT).pictures[0]
    assert five.cities is None


@pytest.mark.parametrize(
    ("cities", "low", "high"),
    [
        ("10.5,10;50,50;89,90", (10, 10), (90, 90)),
        ("12,10;50,50;81,90", (10, 10), (90, 90)),  # within a notch a city moves and the map does not
        ("9.5,10;50,50;81,90", (0, 10), (90, 90)),
        ("50,50;51,50;52,51", (30, 30), (80, 80)),
        ("1,1;0,5;5,5", (0, 0), (50, 50)),
    ],
)
def test_the_frame_of_placed_cities_leaves_room_and_grows_in_notches(cities: str, low: tuple, high: tuple) -> None:
    knob = LANDSCAPES["placed_cities"].knobs["cities"]
    land = LANDSCAPES["placed_cities"].make(cities=knob.read(cities))
    margin = tour.ROOMY * max(np.subtract(high, low))
    corners = tour.extent(land)
    assert np.allclose(corners, (np.subtract(low, margin), np.add(high, margin)))
    assert (corners[0] < land.cities).all()
    assert (corners[1] > land.cities).all()


def test_five_cities_lie_on_a_circle_with_their_distances_on_the_edges() -> None:
    trace = run("ant_colony", "five_cities")
    picture = experiment(trace, View(), LIGHT).pictures[0]
    at = tour.positions(trace.landscape)
    assert np.ptp(np.linalg.norm(at - 50, axis=1)) < 1e-9
    assert "not to scale" in picture.subtitle
    text = picture.figure["data"][track(picture, "distances").trace]["text"]
    i, j = np.triu_indices(5, 1)
    assert text == [number(float(d)) for d in trace.landscape.distances[i, j]]
    places = np.stack([track(picture, "distances").x, track(picture, "distances").y], axis=-1)
    assert np.linalg.norm(places[:, None] - places, axis=-1)[np.triu_indices(10, 1)].min() > 5
    assert picture.figure["data"][track(picture, "city numbers").trace]["text"] == list("01234")


def test_the_width_of_an_edge_is_its_pheromone() -> None:
    trace = colony()
    picture = experiment(trace, View(), LIGHT).pictures[0]
    for k in (5, 30):
        tau = trace.pheromone[k][np.triu_indices(40, 1)]
        share = (tau - tau.min()) / tau.max()
        seen = {pair: only for only in range(1, 9) for pair in drawn(picture, track(picture, f"pheromone {only}"), k)}
        for i, j, s in zip(*np.triu_indices(40, 1), share, strict=True):
            level = seen.get(frozenset((int(i), int(j))), 0)
            assert level == (0 if s < 0.06 else min(8, 1 + int((s - 0.06) / 0.94 * 8)))
    widths = [picture.figure["data"][track(picture, f"pheromone {i}").trace]["line"]["width"] for i in range(1, 9)]
    assert widths == sorted(widths)
    assert widths == pytest.approx(EDGES)
    assert all(not drawn(picture, track(picture, f"pheromone {i}"), 0) for i in range(1, 9)), "all edges are alike"


def test_the_best_tour_and_the_followed_ants_lie_on_the_pheromone() -> None:
    trace = colony()
    picture = experiment(trace, View(follow=3), LIGHT).pictures[0]
    assert np.array_equal(track(picture, "best tour").order, trace.best_x)
    assert np.array_equal(track(picture, "followed").order, trace.x[:, 3])
    assert track(picture, "followed").beside == 5
    order = names(picture)
    assert order.index("pheromone 8") < order.index("best tour halo") < order.index("best tour") < order.index("cities")
    assert picture.choices["follow"][3] == ("3", "ant 4 of 10")
    assert "tour of ant 4 of 10" in [entry.label for entry in picture.key]


def test_the_matrix_is_the_pheromone_in_best_tour_order() -> None:
    trace = colony()
    shown = next(p for p in experiment(trace, View(), LIGHT).pictures if p.id == "pheromone")
    heat = next(t for t in shown.tracks if t.kind == "matrix")
    order = trace.best_x[-1]
    for k in (0, 7, 30):
        tau = trace.pheromone[k][np.ix_(order, order)] * ~np.eye(40, dtype=bool)
        assert np.array_equal(matrix(heat, k), np.round(255 * tau / tau.max()).astype(np.uint8))
    assert heat.z.dtype == heat.at.dtype == np.uint8
    assert heat.z.shape == (31, 40 * 41 // 2)


def test_a_long_colony_keeps_a_hundred_matrices_and_many_cities_show_their_branches() -> None:
    trace = run("ant_colony", number=10, steps=350)
    heat = next(t for p in experiment(trace, View(), LIGHT).pictures for t in p.tracks if t.kind == "matrix")
    assert len(heat.z) == 100
    assert heat.at[0] == 0
    assert heat.at[-1] == 99
    assert (np.diff(heat.at.astype(int)) >= 0).all()
    many = run("ant_colony", number=60, steps=5)
    (chart,) = [p for p in experiment(many, View(), LIGHT).pictures if p.id == "pheromone"]
    assert np.allclose(track(chart, "edges a city").y, [pheromone.branching(tau) for tau in many.pheromone])


def test_branching_counts_the_edges_that_matter() -> None:
    n = 12
    assert pheromone.branching(np.ones((n, n))) == n - 1
    ring = np.full((n, n), 0.01)
    ring[np.arange(n), np.roll(np.arange(n), -1)] = ring[np.roll(np.arange(n), -1), np.arange(n)] = 1
    assert pheromone.branching(ring) == 2
    trace = colony()
    left, title = float(pheromone.branching(trace.pheromone[-1])), pheromone.finding(trace)[0]
    tour_edges = trace.pheromone[-1][trace.best_x[-1], np.roll(trace.best_x[-1], -1)]
    share = 2 * tour_edges.sum() / trace.pheromone[-1][~np.eye(40, dtype=bool)].sum()
    assert title.startswith("Pheromone hugs") == (share >= 2 / 3)
    assert share >= 2 / 3 or f"over {left:.0f} edges" in title or f"About {left:.0f} edges" in title


def test_a_colony_of_50_cities_and_100_iterations_is_small_on_the_wire() -> None:
    for name in ("random_cities", "clustered_cities"):
        for variant in ("ant_system", "max_min"):
            knobs = {"variant": variant, "ants": 30, "beta": 1.0}
            trace = record(Run("ant_colony", name, knobs=knobs, landscape_knobs={"number": 50}, steps=100))
            assert len(pack(experiment(trace, View(), LIGHT))) <= 600_000
            assert len(pack(experiment(trace, View(inside=50), LIGHT))) <= 300_000


@pytest.mark.parametrize("knobs", [{}, {"alpha": 0.0}, {"beta": 0.0, "variant": "max_min"}])
def test_an_ants_chances_are_those_it_drew_from(knobs: dict) -> None:
    trace = record(Run("ant_colony", "random_cities", knobs=knobs, landscape_knobs={"number": 8}, steps=12))
    alpha, beta = (dict(trace.run.knobs)[name] for name in ("alpha", "beta"))
    tau, d = trace.pheromone[11], trace.landscape.distances
    rng = np.random.default_rng(1)
    weight = (tau / tau.max()) ** alpha * (d[d > 0].min() / np.maximum(d, 1e-6 * d.max())) ** beta
    tours = ants_walk(weight, 5_000, rng)
    expected, counted = np.zeros((2, 8, 8))
    for order in tours[:, :]:
        chances, _ = choices.probabilities(tau, d, alpha, beta, order)
        expected[order[0]] += chances[0]
        counted[order[0], order[1]] += 1
    assert np.allclose(expected.sum(), counted.sum())
    deviation = np.sqrt(np.maximum(expected, 1))
    assert (np.abs(counted - expected) < 5 * deviation).all()


def test_chances_sum_to_one_over_the_cities_not_yet_visited() -> None:
    trace = colony()
    one = choices.Walk(trace, 9, 4)
    assert np.array_equal(one.order, trace.x[9, 4])
    assert np.allclose(one.chances.sum(axis=1), 1)
    for j in range(39):
        assert (one.chances[j][one.order[: j + 1]] == 0).all()
        assert (one.chances[j][one.order[j + 1 :]] > 0).all()
    knobs, tau = dict(trace.run.knobs), trace.pheromone[8]
    here, there, other = one.order[5], one.order[6], one.order[7]
    d = trace.landscape.distances
    ratio = (tau[here, there] / tau[here, other]) ** knobs["alpha"] * (d[here, other] / d[here, there]) ** knobs["beta"]
    assert one.chances[5, there] / one.chances[5, other] == pytest.approx(ratio)


def test_inside_an_iteration_one_ant_walks_city_by_city() -> None:
    trace = colony()
    shown = experiment(trace, View(inside=9, follow=4), LIGHT, link="x=1")
    one = choices.Walk(trace, 9, 4)
    assert (shown.frames, shown.inside, shown.frame_word, shown.closer) == (40, 9, "city", "Back to all iterations")
    picture = shown.pictures[0]
    at = trace.landscape.cities
    ant, way = track(picture, "ant"), track(picture, "walk")
    assert np.array_equal(np.stack([ant.x, ant.y], axis=-1), at[one.order])
    assert way.beside == 5
    assert np.isfinite(way.x[9]).sum() == 10
    assert np.array_equal(way.x[-1], at[np.append(one.order, one.order[0]), 0])
    missed = int(sum(one.chances[j].max() > one.drawn[j] for j in range(39)))
    assert shown.title.startswith(f"At {missed} of 38 choices") == (missed > 0), "the last city is no choice"
    cells = shown.equation.slots
    for j in (0, 9, 30):
        city, share, near, chance = cells["first"][j]
        assert city == one.chances[j].argmax()
        assert chance == round(100 * one.chances[j].max())
        assert near == pytest.approx(1 / trace.landscape.distances[one.order[j], int(city)])
        assert share == pytest.approx(trace.pheromone[8][one.order[j], int(city)] / trace.pheromone[8].max())
    assert np.isnan(cells["second"][38:]).all(), "one city is left, then none"
    assert shown.equation.lines[0][1].count("data-waiting") == 3, "rows without numbers are blank"
    assert all(one.rank[mark.frame - 1] > 1 for mark in shown.bookmarks)
    assert len(shown.bookmarks) == min(missed, 12)
    assert np.array_equal(shown.table["in city"], one.order)
    assert np.allclose(shown.table["its chance, %"][1:], 100 * one.drawn)
    assert shown.table["way so far"][-1] == pytest.approx(trace.fx[9, 4])
    assert number(trace.fx[9, 4]) in shown.outcome[1]
    rows = next(t for t in shown.pictures[1].tracks if t.kind == "polyline")
    place = {city: row for row, city in enumerate(trace.best_x[-1])}
    assert all(rows.y[j].mean() == pytest.approx(place[one.order[j]], abs=0.3) for j in range(40))


def test_the_chances_on_the_map_stand_beside_the_likeliest_cities() -> None:
    trace = colony()
    one = choices.Walk(trace, 9, 4)
    picture = experiment(trace, View(inside=9, follow=4), LIGHT).pictures[0]
    texts, labels = picture.figure["data"][track(picture, "chances").trace]["text"], track(picture, "chances")
    for j in (0, 9, 37):
        said = [text for text, x in zip(texts, labels.x[j], strict=True) if np.isfinite(x)]
        cities = [city for city in one.shown()[j] if city >= 0]
        before = [f"drawn: {100 * one.drawn[j - 1]:.0f} %"] if j else []
        assert sorted(said) == sorted([f"{100 * one.chances[j, c]:.0f} %" for c in cities] + before)
    assert np.isfinite(labels.x[-1]).sum() == 1, "how likely the last city was"


def test_cities_that_are_spoken_of_carry_their_numbers() -> None:
    trace = colony()
    at = trace.landscape.cities

    def numbered(picture: Picture, k: int) -> set[int]:
        moved = track(picture, "numbers")
        texts, where = picture.figure["data"][moved.trace]["text"], np.stack([moved.x[k], moved.y[k]], axis=-1)
        found = {int(text): place for text, place in zip(texts, where, strict=True) if np.isfinite(place).all()}
        assert all(np.array_equal(at[city], place) for city, place in found.items())
        return set(found)

    one = choices.Walk(trace, 9, 4)
    inside = experiment(trace, View(inside=9, follow=4), LIGHT).pictures[0]
    for j in (0, 9, 38):
        assert numbered(inside, j) == {one.order[0], one.order[j], *(c for c in one.shown()[j] if c >= 0)}
    assert numbered(experiment(trace, View(), LIGHT).pictures[0], 3) == set(pheromone.told_edge(trace))
    near = run("nearest_neighbor", "clustered_cities")
    at = near.landscape.cities
    assert numbered(experiment(near, View(), LIGHT).pictures[0], 7) == set(near.x[-1][7:9].tolist())


def test_nearest_neighbor_says_which_city_and_how_far() -> None:
    trace = run("nearest_neighbor")
    s, n = equation(trace, View(), LIGHT).slots, trace.landscape.dimension
    d = trace.landscape.distances
    for k in (0, 7, n - 2):
        here, nearest = int(s["here"][k, 0]), int(s["nearest'"][k, 0])
        assert [here, nearest] == trace.x[-1][k : k + 2].tolist()
        assert s["way'"][k, 0] == d[here, trace.x[k][k + 1 :]].min() == d[here, nearest]
        assert s["left"][k, 0] == n - 1 - k
    shown = convergence(trace, View(), LIGHT)
    built = track(shown, "built so far").y
    assert built[0] == 0
    assert np.allclose(np.diff(built)[:-1], s["way'"][: n - 2, 0])
    assert built[-1] == pytest.approx(trace.fx[-1])
    assert shown.title == f"The way grows to {number(trace.fx[-1])}"
    assert "It compared 780 distances" in tour_words.outcome(trace)[1]


@pytest.mark.parametrize("optimizer", ["random_search", "simulated_annealing", "genetic_algorithm"])
def test_the_rule_on_tours_has_lengths(optimizer: str) -> None:
    trace = run(optimizer)
    shown = equation(trace, View(follow=3), LIGHT)
    s = shown.slots
    assert all(numeric for _, numeric in shown.lines)
    if trace.x.ndim == 2:
        assert "the tour tried" in shown.note
        assert np.array_equal(s["trial_fx'"][:-1, 0], trace.trial_fx[1:])
        return
    assert np.array_equal(s["fx'"][:-1, 0], trace.fx[1:, 3])
    for k in (0, 9):
        a, b = trace.parents[k + 1, 3]
        assert [s["parent_a_fx'"][k, 0], s["parent_b_fx'"][k, 0]] == [trace.fx[k, a], trace.fx[k, b]]
        assert s["crossed_fx'"][k, 0] == trace.landscape.value(trace.crossed[k + 1, 3])


def test_what_ants_ignore_is_said_and_their_pheromone_leaves_the_tours_visible() -> None:
    def ants(**knobs: float) -> Trace:
        return record(Run("ant_colony", "random_cities", knobs=knobs, steps=20))

    deaf, blind = ants(alpha=0.0), ants(beta=0.0)
    assert experiment(deaf, View(), LIGHT).subtitle.startswith("α = 0: the ants ignore the trail. ")
    assert experiment(deaf, View(inside=3), LIGHT).subtitle.endswith("α = 0: the ants ignore the trail")
    assert experiment(blind, View(), LIGHT).subtitle.startswith("β = 0: the ants ignore the distances")
    picture = experiment(blind, View(), LIGHT).pictures[0]
    seen = [drawn(picture, track(picture, f"pheromone {i}"), 20) for i in range(1, 9)]
    assert sum(map(len, seen)) <= 3 * 40
    assert "pheromone, strongest edges" in [entry.label for entry in picture.key]
    widest = picture.figure["data"][track(picture, "pheromone 8").trace]["line"]["width"]
    assert widest == pytest.approx(EDGES[-1] / 2)


def test_how_far_above_a_bound_is_said_in_plain_words() -> None:
    far, near = run("random_search"), run("simulated_annealing")
    share = tour_words.percent(tour_words.best_gap(far))
    assert tour_words.title(far)[0] == f"Ends {share} longer than the lower bound"
    assert tour_words.title(near)[0].startswith("At most ")
    assert "It measured 301 tours." in tour_words.outcome(far)[1]


def test_an_iteration_that_does_not_exist_shows_the_last_and_others_have_no_inside() -> None:
    trace = colony()
    assert experiment(trace, View(inside=500), LIGHT).inside == 30
    assert experiment(trace, View(), LIGHT).closer == "Inside this iteration"
    annealing = experiment(run("simulated_annealing", "five_cities"), View(inside=3), LIGHT)
    assert (annealing.inside, annealing.closer) == (-1, "")


def test_the_rule_is_that_of_one_edge() -> None:
    trace = colony(rho=0.2)
    shown = equation(trace, View(), LIGHT)
    i, j = pheromone.told_edge(trace)
    assert f"{i}–{j}" in shown.note
    s = shown.slots
    assert np.array_equal(s["pheromone"][:, 0], trace.pheromone[:, i, j])
    assert np.allclose(s["pheromone'"][:-1], (0.8 * s["pheromone"] + s["deposit'"])[:-1])
    assert f"{trace.landscape.distances[i, j]:.4g}" in shown.lines[0][1]


@pytest.mark.parametrize(("optimizer", "name"), PAIRS)
def test_gaps_are_measured_from_the_optimum_or_a_bound(optimizer: str, name: str) -> None:
    trace = run(optimizer, name)
    shown = convergence(trace, View(), LIGHT)
    land = trace.landscape
    least = land.optimum if land.optimum is not None else land.lower_bound
    length = tour_words.result(trace)[1]
    gap = 100 * (length / least - 1)
    title, (_, sentence) = tour_words.title(trace)[0], tour_words.outcome(trace)
    if land.optimum is None and gap > tour_words.FAR:
        said = f"{tour_words.percent(gap)} longer than the lower bound"
        assert title == f"Ends {said}"
        assert said in sentence
    elif gap < 1e-9:
        assert "the shortest possible" in title
        assert "the shortest possible" in sentence
    else:
        said = f"{tour_words.percent(gap)} above the {'optimum' if land.optimum is not None else 'shortest tour'}"
        assert said in title
        assert said in sentence
        assert ("at most" in sentence) == (land.optimum is None)
    assert f"{number(length)} long" in sentence
    if "visited" in trace.fields:
        return
    assert ("optimum" in shown.subtitle) == (land.optimum is not None)
    if trace.x.ndim == 3:
        mean = next(t for t in shown.tracks if "mean" in shown.figure["data"][t.trace]["name"] and t.kind == "path")
        assert np.allclose(mean.y, 100 * (trace.fx.mean(axis=1) / least - 1), atol=1e-6)
    columns = table(trace, View())
    assert np.allclose(columns[next(c for c in columns if c.startswith("gap"))], 100 * (trace.best_fx / least - 1))


def test_percents() -> None:
    texts = [tour_words.percent(v) for v in (312.4, 99.96, 9.14, 4.0, 0.0432, 0)]
    assert texts == ["312 %", "100 %", "9.1 %", "4 %", "0.04 %", "0 %"]


def test_the_ghosts_best_tour_is_dotted_and_has_its_own_line() -> None:
    trace, ghost = colony(), colony(beta=1.0)
    shown = experiment(trace, View(), LIGHT, ghost)
    line = track(shown.pictures[0], "last run")
    assert shown.pictures[0].figure["data"][line.trace]["line"]["dash"] == "dot"
    assert drawn(shown.pictures[0], line, 0) == edges(ghost.best_x[-1])
    assert "β = 1" in names(shown.pictures[1])
    assert shown.subtitle == "Same start, one knob moved: β from 1 to 5"
    assert f"With β = 1 the best was {number(ghost.best_fx[-1])} long." in shown.outcome[1]
    (fork,) = [mark for mark in shown.bookmarks if mark.sign == "fork"]
    assert np.array_equal(trace.x[: fork.frame], ghost.x[: fork.frame])
    assert not np.array_equal(trace.x[fork.frame], ghost.x[fork.frame])


def test_what_to_try_with_ants_is_to_take_their_senses_and_their_memory() -> None:
    (first, no_nearness), (second, no_memory) = tries(colony())
    assert "β" in first
    assert no_nearness == {"ant_colony.beta": "0.0"}
    assert "ρ" in second
    assert no_memory == {"ant_colony.rho": "1.0"}


def test_a_population_shows_the_edges_that_its_members_share() -> None:
    trace = run("genetic_algorithm", number=12)
    picture = experiment(trace, View(), LIGHT).pictures[0]
    k = len(trace) - 1
    common = [pair for pair in edges(trace.x[k, 0]) if all(pair in edges(member) for member in trace.x[k])]
    assert set(common) <= drawn(picture, track(picture, "shared 8"), k)
    assert np.array_equal(track(picture, "best tour").order, trace.best_x)


def test_cities_at_one_place_and_a_single_frame_are_no_trouble() -> None:
    from algorithms.tours import Tours

    one_place = Tours(name="One place", cities=[(3, 3), (3, 3), (3, 3), (3, 3)])
    for entry in fitting(one_place):
        trace = record(Run(entry.id, one_place, steps=3))
        shown = experiment(trace, View(inside=2), LIGHT)
        assert "nan" not in (shown.title + shown.outcome[1]).lower()
        pack(experiment(trace, View(), LIGHT))
    far = Tours(name="Far", cities=np.random.default_rng(0).uniform(1e4, 2e4, (9, 2)))
    low, high = tour.extent(far)
    assert (low > 5e3).all()
    assert (high < 3e4).all()


def test_a_card_has_neither_numbers_of_cities_nor_a_ground_for_them():
    picture = experiment(record(Run("ant_colony", "clustered_cities", steps=5)), View(), LIGHT).pictures[0]
    seen = [trace["name"] for trace in small(picture).figure["data"] if trace["visible"]]
    assert "told edge" in [trace["name"] for trace in picture.figure["data"]]
    assert "told edge" not in seen
    assert "cities" in seen
