"""Pictures and words of searches that remember where they were, and of those that go in rounds."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from algorithms import Run, Trace, record
from algorithms.moves import edges as numbered
from dashboard.charts import memory, one_round, recall, rounds, searches
from dashboard.charts.convergence import convergence
from dashboard.charts.equation import equation
from dashboard.charts.picture import Picture, Track, frame
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.tour import extent, pixel, positions
from dashboard.charts.tries import tries
from dashboard.charts.view import View
from dashboard.player import pack

LIGHT, PLAIN = theme("light"), View()
TABU, ROUNDS = "tabu_search", "iterated_local_search"


@cache
def run(optimizer: str, landscape: str = "rastrigin", **knobs) -> Trace:
    suggested = Run.suggested(optimizer, landscape)
    return record(Run(optimizer, landscape, dict(suggested.knobs) | knobs, steps=suggested.steps, seed=4))


def large(trace: Trace) -> Picture:
    return experiment(trace, PLAIN, LIGHT).pictures[0]


def track(picture: Picture, name: str) -> Track:
    return next(t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name)


def names(picture: Picture) -> list[str]:
    return [trace["name"] for trace in picture.figure["data"]]


def points(track: Track, k: int) -> set[tuple[float, float]]:
    shown = frame(track, k)
    return {(float(x), float(y)) for x, y in zip(shown["x"], shown["y"], strict=True) if np.isfinite([x, y]).all()}


@pytest.mark.parametrize("k", [1, 40, 149])
def test_the_neighbors_of_the_step_to_come_are_shown_and_the_forbidden_ones_crossed_out(k: int) -> None:
    trace = run(TABU)
    picture = large(trace)
    barred = trace.forbidden[k + 1].astype(bool)
    assert points(track(picture, "neighbors"), k) == {tuple(map(float, y)) for y in trace.neighbors[k + 1][~barred]}
    assert points(track(picture, "forbidden"), k) == {tuple(map(float, y)) for y in trace.neighbors[k + 1][barred]}
    taken = points(track(picture, "step up: taken"), k) | points(track(picture, "step down: taken"), k)
    assert taken == {tuple(map(float, trace.x[k + 1]))}
    assert bool(points(track(picture, "step up: taken"), k)) == (trace.fx[k + 1] > trace.fx[k])


@pytest.mark.parametrize("k", [0, 5, 80])
def test_the_tabu_balls_are_where_the_list_says_and_as_wide_as_what_they_forbid(k: int) -> None:
    trace = run(TABU)
    shown = frame(track(large(trace), "tabu"), k)
    curves = np.split(np.stack([shown["x"], shown["y"]], axis=-1), np.flatnonzero(np.isnan(shown["x"])))
    found = [c[np.isfinite(c).all(axis=1)] for c in curves]
    found = [c for c in found if len(c)]
    listed = trace.tabu[k][np.isfinite(trace.tabu[k]).all(axis=1)]
    centers = np.array([c[:-1].mean(axis=0) for c in found]).reshape(-1, 2)
    assert np.allclose(sorted(map(tuple, centers)), sorted(map(tuple, listed)))
    for curve, center in zip(found, centers, strict=True):
        assert np.allclose(np.linalg.norm(curve - center, axis=1), 0.5 * 0.05 * 10.24)


def test_uphill_steps_have_a_color_of_their_own() -> None:
    trace = run(TABU)
    picture = large(trace)
    up = {(k, k + 1) for k in range(len(trace) - 1) if trace.fx[k + 1] > trace.fx[k]}
    colored = set()
    for each in picture.tracks:
        if picture.figure["data"][each.trace]["name"] == "uphill":
            there = np.isfinite(each.x)
            colored |= {(k, k + 1) for k in range(len(trace) - 1) if there[k] and there[k + 1]}
    assert colored == up


def test_aspiration_flashes_where_it_leads_and_nowhere_else() -> None:
    trace = run(TABU)
    flash = track(large(trace), "aspiration star-open")
    frames = np.flatnonzero(trace.note == "aspiration")
    assert len(frames)
    assert np.array_equal(np.flatnonzero(np.isfinite(flash.x)), frames - 1)
    assert np.array_equal(flash.x[frames - 1], trace.x[frames, 0])
    assert not any(name.startswith("aspiration") for name in names(large(run(TABU, aspiration=False))))


@pytest.mark.parametrize("landscape", ["rastrigin", "random_cities"])
def test_the_list_says_what_is_tabu_for_how_long_and_what_it_forbids(landscape: str) -> None:
    trace = run(TABU, landscape)
    scene = experiment(trace, PLAIN, LIGHT)
    picture = scene.pictures[1]
    assert picture.id == "tabu-list"
    entries, left = track(picture, "entries"), track(picture, "steps left")
    texts = picture.figure["data"][entries.trace]["text"]
    tenure, k = dict(trace.run.knobs)["tenure"], 37
    assert picture.figure["data"][left.trace]["text"][:3] == [str(tenure), str(tenure - 1), str(tenure - 2)]
    for i in range(min(tenure, 12)):
        text, entry = texts[int(entries.at[k]) - i], trace.tabu[k, i]
        if landscape == "rastrigin":
            assert np.allclose([float(part.replace("−", "-")) for part in text.split(", ")], entry, atol=0.005)
            hit = (np.linalg.norm((trace.neighbors[k + 1] - entry) / 10.24, axis=1) <= 0.025).any()
        else:
            wanted = {frozenset(map(int, edge)) for edge in entry if edge[0] >= 0}
            assert {frozenset(map(int, edge.split("–"))) for edge in text.split()} == wanted
            here = set(numbered(trace.x[k]).tolist())
            new = set(numbered(trace.neighbors[k + 1]).ravel().tolist()) - here
            hit = any(min(edge) * 40 + max(edge) in new for edge in wanted)
        assert entries.level[k, i] == (recall.HITTING if hit else recall.PLAIN)
    assert (entries.level[0] == 0).all()
    assert (entries.level[3] > 0).sum() == 3
    hits = entries.level[1:-1] == recall.HITTING
    assert 0 < hits.mean() < 1


def test_numbers_in_the_list_have_the_minus_sign() -> None:
    texts = recall.entries(run(TABU), PLAIN)
    assert any("−" in text for text in texts)
    assert not any("-" in text for text in texts)


def test_blocked_steps_are_rows_of_their_own_and_the_list_counts_what_is_tabu() -> None:
    trace = run(TABU, "placed_cities", tenure=30)
    picture = experiment(trace, PLAIN, LIGHT).pictures[1]
    entries, count = track(picture, "entries"), track(picture, "count")
    texts = picture.figure["data"][entries.trace]["text"]
    told = 0
    for k in range(1, len(trace)):
        listed = trace.tabu[k].reshape(len(trace.tabu[k]), -1)
        there = int((listed >= 0).any(axis=1).sum())
        idle = int((trace.note[max(1, k - 29) : k + 1] == "blocked").sum())
        assert count.words[k].startswith(f"{there} move{'' if there == 1 else 's'} ")
        assert (f"{idle} step" in count.words[k]) == bool(idle)
        assert (texts[k] == "blocked") == (trace.note[k] == "blocked")
        assert (entries.level[k, 0] == recall.BLOCKED) == (trace.note[k] == "blocked")
        told += bool(idle)
    assert told > 10
    assert "blocked" not in picture.title


@pytest.mark.parametrize("landscape", ["rastrigin", "random_cities"])
def test_before_the_first_step_the_list_says_that_nothing_is_tabu_yet(landscape: str) -> None:
    trace = run(TABU, landscape)
    count = track(experiment(trace, PLAIN, LIGHT).pictures[1], "count")
    assert count.words[0] == "nothing is tabu yet"
    assert np.isfinite(count.y).tolist() == [True] + [False] * (len(trace) - 1)


def test_the_key_names_only_what_the_run_draws() -> None:
    def labels(picture: Picture) -> set[str]:
        return {entry.label for entry in picture.key}

    stuck = replace(run(TABU, "random_cities"), x=np.repeat(run(TABU, "random_cities").x[:1], 401, axis=0))
    assert "put in" not in labels(large(stuck))
    assert "taken out, tabu" not in labels(large(run(TABU, "random_cities", tenure=0)))
    assert {"put in", "taken out, tabu"} <= labels(large(run(TABU, "random_cities")))
    assert "aspiration" not in labels(large(run(TABU, "random_cities", aspiration=False)))
    free = large(run(TABU, tenure=0))
    assert not {"tabu", "forbidden now"} & labels(free)
    assert {"tabu", "forbidden now", "uphill", "downhill"} <= labels(large(run(TABU)))
    assert "uphill" not in labels(large(record(Run(TABU, "sphere", steps=2))))


def test_what_is_tabu_can_be_seen_on_a_dark_ground() -> None:
    dark = experiment(run(TABU), PLAIN, theme("dark"))
    for picture, name in ((dark.pictures[0], "tabu"), (dark.pictures[1], f"stays {recall.PLAIN}")):
        color = picture.figure["data"][track(picture, name).trace]
        shade = color["fillcolor"] if "fillcolor" in color else color["line"]["color"]
        red, green, blue, share = map(float, shade[5:-1].split(","))
        assert (red, green, blue) == (255, 138, 61)
        assert share > 0.25


def test_many_cities_have_their_numbers_beside_them_where_a_list_names_them() -> None:
    trace = run(TABU, "random_cities")
    picture = large(trace)
    shown = track(picture, "city names")
    texts = picture.figure["data"][shown.trace]["text"]
    spots, cities, unit = np.stack([shown.x, shown.y], axis=-1), positions(trace.landscape), pixel(trace.landscape)
    assert texts == [str(i) for i in range(40)]
    away = np.linalg.norm(spots[:, None] - cities, axis=-1)
    assert np.allclose(np.diag(away), 14 * unit)
    apart = np.linalg.norm(spots[:, None] - spots, axis=-1)[np.triu_indices(40, 1)]
    assert apart.min() > 12 * unit
    assert (away.argmin(axis=1) == np.arange(40)).mean() > 0.9
    low, high = extent(trace.landscape)
    assert ((spots > low + 8 * unit) & (spots < high - 8 * unit)).all()
    assert "city names" not in names(large(run(TABU, "random_cities", tenure=0)))
    assert "city names" not in names(large(run(TABU, "placed_cities")))


def test_the_outcome_of_a_finished_search_is_one_sentence() -> None:
    told = experiment(run(ROUNDS), PLAIN, LIGHT).outcome
    assert told[0] == "Finished"
    assert told[1].startswith("After 60 rounds the best f is ")
    assert (
        experiment(run(ROUNDS, "random_cities"), PLAIN, LIGHT).outcome[1].startswith("After 30 rounds the best tour ")
    )


def test_without_a_memory_the_list_is_empty_and_says_so() -> None:
    scene = experiment(run(TABU, tenure=0), PLAIN, LIGHT)
    assert scene.pictures[1].title == "Nothing is tabu: no memory"
    assert not scene.pictures[1].tracks
    assert "tabu" not in names(scene.pictures[0])
    assert "nothing forbids" in scene.subtitle


def test_on_tours_what_was_taken_out_lately_is_dashed_in_red() -> None:
    trace = run(TABU, "random_cities")
    picture = large(trace)
    shown, k = track(picture, "tabu"), 25
    cities = {(float(x), float(y)): i for i, (x, y) in enumerate(trace.landscape.cities)}
    ends = frame(shown, k)
    found = {
        frozenset(
            (cities[float(ends["x"][i]), float(ends["y"][i])], cities[float(ends["x"][i + 1]), float(ends["y"][i + 1])])
        )
        for i in range(len(ends["x"]) - 1)
        if np.isfinite([ends["x"][i], ends["x"][i + 1]]).all()
    }
    assert found == {frozenset(map(int, edge)) for edge in trace.tabu[k].reshape(-1, 2) if edge[0] >= 0}
    assert picture.figure["data"][shown.trace]["line"]["dash"] != "solid"


def test_what_is_said_of_a_search_with_a_memory_is_counted() -> None:
    trace = run(TABU)
    up, aspired = int((np.diff(trace.fx) > 0).sum()), int((trace.note == "aspiration").sum())
    assert searches.told(trace) == f"{up} of 150 steps led uphill; {aspired} taken by aspiration"
    blocked = run(TABU, "five_cities")
    assert f"{(blocked.note == 'blocked').sum()} blocked" in experiment(blocked, PLAIN, LIGHT).subtitle
    labels = {mark.label: mark.frame for mark in experiment(trace, PLAIN, LIGHT).bookmarks}
    k = labels["first step uphill: every open neighbor is higher"]
    open_ = ~trace.forbidden[k].astype(bool) | (trace.neighbors_fx[k] < trace.best_fx[k - 1])
    assert (trace.neighbors_fx[k][open_] > trace.fx[k - 1]).all()
    assert any(label.startswith("Set τ to 0") for label, _ in tries(trace))


def test_a_round_shows_the_way_home_the_kick_and_the_new_way_down() -> None:
    trace = run(ROUNDS)
    picture = large(trace)
    for k in (0, 1, 17, len(trace) - 2):
        new = frame(track(picture, "new descent"), k)
        assert np.allclose([new["x"][0], new["y"][0]], trace.kicked[k + 1])
        end = np.flatnonzero(np.isfinite(new["x"]))[-1]
        assert np.allclose([new["x"][end], new["y"][end]], trace.trial[k + 1])
        old = frame(track(picture, "descent before"), k)
        end = np.flatnonzero(np.isfinite(old["x"]))[-1]
        assert np.allclose([old["x"][end], old["y"][end]], trace.x[k])
        kick = frame(track(picture, "kick"), k)
        if k:
            assert np.allclose([kick["x"][:2], kick["y"][:2]], np.stack([trace.x[k], trace.kicked[k + 1]], axis=1))
        yes, no = (points(track(picture, f"{word} now"), k) for word in ("accepted", "rejected"))
        assert bool(yes) == bool(trace.accepted[k + 1])
        assert bool(no) != bool(yes)
    assert not np.isfinite(frame(track(picture, "new descent"), len(trace) - 1)["x"]).any()
    assert not np.isfinite(track(picture, "kick").x2[0])  # the first way down has no kick


def test_the_verdict_stands_clear_of_home_and_of_the_minimum() -> None:
    trace = run(ROUNDS)
    picture = large(trace)
    unit = 10.24 / 355  # about a pixel of the frame
    for word in ("accepted", "rejected"):
        spot, end = track(picture, f"label {word}"), track(picture, f"{word} now")
        shown = np.isfinite(spot.y)
        assert shown.any()
        assert np.array_equal(shown, np.isfinite(end.y))
        for which in (trace.x[:, 1], end.y):
            assert (np.abs(spot.y - which)[shown] > 18 * unit).all()


def test_now_and_accepted_have_signs_of_their_own_and_the_chain_has_its_entry() -> None:
    picture = large(run(ROUNDS))
    key = {entry.label: (entry.sign, entry.color, entry.outline) for entry in picture.key}
    assert len(set(key.values())) == len(key)
    styles = {name: picture.figure["data"][track(picture, name).trace] for name in ("now", "accepted minima")}
    assert styles["now"]["marker"]["symbol"] != styles["accepted minima"]["marker"]["symbol"]
    chain, before = (
        picture.figure["data"][track(picture, name).trace] for name in ("chain of minima", "descent before")
    )
    assert chain["line"]["color"] != before["line"]["color"]
    assert "from one accepted to the next" in key


def test_the_first_round_has_no_kick_and_a_run_without_one_no_entry_for_it() -> None:
    one = run(ROUNDS, rounds=1)
    assert "kick" not in {entry.label for entry in large(one).key}
    assert not {"rejected", "from one accepted to the next"} & {entry.label for entry in large(one).key}
    assert {"kick", "rejected", "accepted"} <= {entry.label for entry in large(run(ROUNDS)).key}
    for landscape in ("rastrigin", "random_cities"):
        rule = equation(run(ROUNDS, landscape), PLAIN, LIGHT)
        assert rule is not None
        assert "the first round has no kick" in rule.note


def test_kicks_that_fell_back_and_that_led_to_a_better_one_are_counted() -> None:
    trace = run(ROUNDS)
    diagonal = np.hypot(10.24, 10.24)
    fell = better = 0
    for k in range(2, len(trace)):
        back = np.linalg.norm(trace.trial[k] - trace.x[k - 1]) <= 0.01 * diagonal
        fell += back
        better += not back and trace.trial_fx[k] < trace.fx[k - 1]
    said = f"{fell} of {len(trace) - 2} kicks fell back into the same minimum"
    assert searches.told(trace) == f"{said}, {better} led to a better one"
    assert fell
    assert better
    chart = next(p for p in experiment(trace, PLAIN, LIGHT).pictures if p.id == "minima")
    assert chart.title == said
    high = track(chart, "kick's height")
    assert np.allclose(high.y[2:], trace.landscape.value(trace.kicked[2:]))
    assert np.isnan(high.y[:2]).all()


def test_small_kicks_fall_back_and_the_words_say_so() -> None:
    trace = run(ROUNDS, perturbation_size=0.005)
    kicks = len(trace) - 2
    assert searches.same(trace).sum() > 0.9 * kicks
    assert any(label.startswith("Raise p") for label, _ in tries(trace))
    assert searches.same(run(ROUNDS, perturbation_size=1.0)).sum() < 0.2 * kicks


def drawn(picture: Picture, trace: Trace, name: str, k: int) -> set[int]:
    """The edges that segments show on the map, as the moves number them."""
    if name not in names(picture):
        return set()
    cities = {(float(x), float(y)): i for i, (x, y) in enumerate(trace.landscape.cities)}
    shown = frame(track(picture, name), k)
    ends = [cities[p] for p in zip(shown["x"], shown["y"], strict=True) if np.isfinite(p).all()]
    return {min(pair) * len(cities) + max(pair) for pair in zip(ends[::2], ends[1::2], strict=True)}


def test_on_tours_the_round_to_come_is_shown_and_a_refused_one_is_broken_and_says_so() -> None:
    trace = run(ROUNDS, "random_cities")
    picture = large(trace)
    last = len(trace) - 1
    assert np.array_equal(track(picture, "tour").order, trace.x)
    for k in range(last):
        home, kicked, end = (set(numbered(x).tolist()) for x in (trace.x[k], trace.kicked[k + 1], trace.trial[k + 1]))
        shown, hidden = ("", ", rejected") if trace.accepted[k + 1] else (", rejected", "")
        kick, down = f"put in by the kick{shown}", f"put in by the descent{shown}"
        assert drawn(picture, trace, kick, k) == kicked - home
        assert drawn(picture, trace, down, k) == end - kicked - home
        assert not drawn(picture, trace, f"put in by the kick{hidden}", k)
        assert not drawn(picture, trace, f"put in by the descent{hidden}", k)
        words = [w for w in ("accepted", "rejected") if points(track(picture, f"label {w}"), k)]
        assert words == ["accepted" if trace.accepted[k + 1] else "rejected"]
    assert not any(drawn(picture, trace, name, last) for name in names(picture) if name.startswith("put in"))
    assert not any(points(track(picture, f"label {w}"), last) for w in ("accepted", "rejected"))
    assert picture.figure["data"][track(picture, "put in by the descent, rejected").trace]["line"]["dash"] != "solid"
    assert experiment(trace, PLAIN, LIGHT).deeper == 1
    assert experiment(trace, View(inside=3), LIGHT).deeper == 1


def test_the_key_of_tours_names_only_what_the_run_draws() -> None:
    all_taken = large(run(ROUNDS, "random_cities", acceptance="always"))
    assert {"put in by the kick", "put in by the descent"} <= {entry.label for entry in all_taken.key}
    assert not any("rejected" in entry.label for entry in all_taken.key)
    assert not any("kick" in entry.label for entry in large(run(ROUNDS, "random_cities", rounds=1)).key)


def test_the_verdict_of_a_tour_covers_no_city() -> None:
    for landscape in ("random_cities", "circle_cities", "five_cities"):
        trace = run(ROUNDS, landscape)
        label = track(large(trace), "label accepted")
        spot = np.nanmax([label.x, label.y], axis=1)
        away = np.abs(positions(trace.landscape) - spot)
        assert (away.max(axis=1) > 0).all()
        assert ((away[:, 0] > 32 * pixel(trace.landscape)) | (away[:, 1] > 14 * pixel(trace.landscape))).all()


@pytest.mark.parametrize("optimizer", [TABU, ROUNDS])
@pytest.mark.parametrize("landscape", ["rastrigin", "double_well", "random_cities"])
def test_the_rule_has_numbers_in_every_frame(optimizer: str, landscape: str) -> None:
    trace = run(optimizer, landscape)
    rule = equation(trace, PLAIN, LIGHT)
    assert rule is not None
    assert len(rule.lines) == 3
    for name, cells in rule.slots.items():
        assert np.isfinite(cells[1:-1]).all(), name
    assert len(pack(experiment(trace, PLAIN, LIGHT))) < 300_000


def test_ways_down_are_thinned_only_below_what_can_be_seen() -> None:
    ways = {"x": np.array([[0, 1, 2, 30, 31, np.nan]]), "y": np.zeros((1, 6))}
    ways["y"][0, -1] = np.nan
    assert rounds.seen(ways, np.ones(2))["x"].tolist() == [[0, 30, 31]]
    assert memory.veil("#FF8000", 0.5) == "rgba(255,128,0,0.5)"


@pytest.mark.parametrize("landscape", ["rastrigin", "double_well", "random_cities"])
def test_a_round_from_inside_goes_home_kick_down_and_verdict(landscape: str) -> None:
    trace = run(ROUNDS, landscape)
    whole = experiment(trace, PLAIN, LIGHT)
    assert whole.closer == "Inside this round"
    for k in (1, 2, 7, len(trace) - 1):
        scene = experiment(trace, View(inside=k), LIGHT)
        way = one_round.stages(trace, k)
        assert scene.inside == k
        assert scene.frames == len(way) == len(scene.table["stage"])
        assert np.array_equal(way[0], trace.x[k - 1])
        assert np.array_equal(way[-1], trace.x[k])
        assert np.array_equal(way[-2], trace.trial[k])
        if k > 1:
            assert np.array_equal(way[1], trace.kicked[k])
        f = trace.landscape.value(way)
        assert (np.diff(f[1 if k > 1 else 0 : -1]) < 0).all()
        assert scene.outcome[0] == ("Accepted" if trace.accepted[k] else "Rejected")
        assert scene.title.endswith("accepted" if trace.accepted[k] else "rejected")
        picture = scene.pictures[0]
        if landscape == "random_cities":
            assert np.array_equal(track(picture, "tour").order, way)
        else:
            assert np.array_equal(track(picture, "now").x, way[:, 0])
            assert ("kick" in names(picture)) == (k > 1)
        assert picture.start is None
        assert picture.cities is None
        assert len(pack(scene)) < 150_000


@pytest.mark.parametrize("landscape", ["rastrigin", "double_well", "random_cities"])
def test_every_stage_of_a_round_is_named_and_marked(landscape: str) -> None:
    trace = run(ROUNDS, landscape)
    rejected = int(np.argmax(~trace.accepted[2:].astype(bool))) + 2
    for k in (1, rejected):
        scene = experiment(trace, View(inside=k), LIGHT)
        picture, falls = scene.pictures
        said = track(picture, "stage").words
        assert len(said) == scene.frames
        down = scene.frames - (2 if k == 1 else 3)
        assert said[-2] == f"Step down {down} of {down}"
        assert said[-1] == ("Accepted: the new home" if trace.accepted[k] else "Rejected: back home")
        assert ("Kicked" in said) == (k > 1)
        assert f"{down} step" in scene.subtitle
        assert "the verdict" in scene.subtitle
        way = track(falls, "way down").y
        assert np.allclose(way[-2], trace.trial_fx[k])
        assert np.isnan(way[-1])
        assert ("back home" in names(falls)) == (not trace.accepted[k])
        assert {entry.label for entry in falls.key} >= {"way down", "home", scene.outcome[0].lower()}
        if landscape != "random_cities":
            key = {entry.label for entry in picture.key}
            assert "way down" in key
            assert ("kick" in key) == (k > 1)
            assert np.isfinite(frame(track(picture, scene.outcome[0].lower()), scene.frames - 2)["x"]).all()


@pytest.mark.parametrize("landscape", ["rastrigin", "double_well"])
def test_a_round_is_seen_from_near(landscape: str) -> None:
    trace = run(ROUNDS, landscape)
    k = next(k for k in range(2, 20) if np.ptp(one_round.stages(trace, k), axis=0).max() < 0.1 * 10.24)
    whole, near = large(trace), experiment(trace, View(inside=k), LIGHT).pictures[0]
    for axis in ("xaxis", "yaxis")[: trace.x.shape[1]]:
        assert np.ptp(near.figure["layout"][axis]["range"]) <= 0.6 * np.ptp(whole.figure["layout"][axis]["range"])
    x, (low, high) = one_round.stages(trace, k)[:, 0], near.figure["layout"]["xaxis"]["range"]
    assert ((x > low) & (x < high)).all()
    assert "magnified" in track(near, "stage").words[0]


def test_a_round_that_falls_back_is_said_to_be_back_at_the_same_minimum() -> None:
    trace = run(ROUNDS)
    fell = searches.same(trace)
    for k in range(2, len(trace)):
        title = one_round.finding(trace, k, 9)[0]
        assert title.startswith("Back to the same minimum") == bool(fell[k])


def test_a_restart_is_no_kick() -> None:
    trace = run(ROUNDS, acceptance="restart", local_steps=20, rounds=60)
    k = int(np.argmax(trace.note == "restart"))
    assert k > 5
    scene = experiment(trace, View(inside=k), LIGHT)
    assert "moved anywhere" in scene.subtitle
    assert any(mark.label.startswith("restart") for mark in experiment(trace, PLAIN, LIGHT).bookmarks)
    assert not searches.same(trace)[k]


def test_a_curve_that_ends_at_its_best_does_not_say_it_twice() -> None:
    knobs = {"perturbation_size": 1.0, "acceptance": "restart"}
    trace = record(Run.suggested(ROUNDS, "himmelblau", knobs=knobs))
    assert trace.fx[-1] == trace.best_fx[-1]
    assert (np.diff(trace.fx) > 0).any()
    title = convergence(trace, PLAIN, LIGHT).title
    assert title.startswith("f falls to ")
    assert "at best" not in title
