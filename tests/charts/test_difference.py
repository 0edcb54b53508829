"""Differential evolution on a landscape, and one trial from inside: all that is drawn is what the run did."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import plotly.graph_objects as go
import pytest

from algorithms import Run, Trace, record
from dashboard.charts.challenge import captions, challenge_of
from dashboard.charts.contour import pixel
from dashboard.charts.course import course
from dashboard.charts.difference import accepted_chart
from dashboard.charts.equation import equation
from dashboard.charts.landscape import slice_of
from dashboard.charts.numbers import table
from dashboard.charts.picture import Picture, Scene, frame
from dashboard.charts.placing import SIDES, Drawn, sides
from dashboard.charts.scene import experiment
from dashboard.charts.shapes import alike, differences, spread
from dashboard.charts.theme import theme
from dashboard.charts.trying import staged
from dashboard.charts.view import View
from dashboard.charts.words import title
from dashboard.player import pack

PLACES = [("rastrigin", 0), ("rastrigin", 10), ("forrester", 0)]


@cache
def evolved(name: str = "rastrigin", d: int = 0, steps: int = 25, seed: int = 0, **knobs: object) -> Trace:
    places = {"dimension": d} if d else {}
    return record(Run("differential_evolution", name, {"population": 15} | knobs, places, steps=steps, seed=seed))


def shown(trace: Trace, look: str = "light", **view: object) -> Scene:
    return experiment(trace, View(**view), theme(look))  # type: ignore[arg-type]


def tracks(picture: Picture, name: str) -> list:
    return [t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name]


def track(picture: Picture, name: str):
    return tracks(picture, name)[0]


def names(picture: Picture) -> list[str]:
    return [trace["name"] for trace in picture.figure["data"]]


def check(scene: Scene) -> None:
    for picture in scene.pictures:
        go.Figure(picture.figure)
        assert picture.title
        assert any(letter.isdigit() for letter in picture.alt)
        for each in picture.tracks:
            assert each.kind == "still" or len(each.y) == scene.frames, names(picture)[each.trace]
            frame(each, scene.frames - 1)
        assert set(picture.chosen) == set(picture.choices)
    assert all(len(column) == scene.frames for column in scene.table.values())
    pack(scene)


@pytest.mark.parametrize("updating", ["immediate", "deferred"])
@pytest.mark.parametrize("strategy", ["rand/1/bin", "best/1/bin"])
def test_the_difference_is_drawn_where_it_is_and_scaled_at_the_base(strategy: str, updating: str) -> None:
    trace, who = evolved(strategy=strategy, updating=updating, F=0.8), 9
    picture = shown(trace, follow=who).pictures[0]
    difference, copy = track(picture, "difference"), track(picture, "scaled difference")
    assert difference.arrow
    assert copy.arrow
    for k in range(len(trace) - 1):
        a, b, c = trace.donors[k + 1, who]
        now = trace.x[k].copy()
        if updating == "immediate":
            now[:who] = trace.x[k + 1, :who]
        assert (difference.x[k], difference.y[k]) == tuple(now[c])
        assert (difference.x2[k], difference.y2[k]) == tuple(now[b])
        assert (copy.x[k], copy.y[k]) == tuple(now[a])
        assert np.allclose([copy.x2[k] - copy.x[k], copy.y2[k] - copy.y[k]], 0.8 * (now[b] - now[c]))
        assert (track(picture, "a").x[k], track(picture, "a").y[k]) == tuple(now[a])
        u = trace.trial[k + 1, who]
        fate, other = ("accepted", "rejected") if trace.accepted[k + 1, who] else ("rejected", "accepted")
        assert (track(picture, f"{fate} trial").x[k], track(picture, f"{fate} trial").y[k]) == tuple(u)
        assert np.isnan(track(picture, f"{other} trial").x[k])
        assert (track(picture, f"{fate} step").x2[k], track(picture, f"{fate} step").y2[k]) == tuple(u)
    assert np.isnan(difference.x2[-1]), "there is no step from the last frame"
    assert np.array_equal(track(picture, "followed").x, trace.x[:, who, 0])


def test_dotted_lines_are_parallel_to_the_axes_and_say_whose_coordinates() -> None:
    trace, who = evolved(CR=0.5), 3
    picture = shown(trace, follow=who).pictures[0]
    from_v, from_x = track(picture, "coordinates from v"), track(picture, "coordinates from x")
    mixed = 0
    for k in range(len(trace) - 1):
        own = trace.trial[k + 1, who] == trace.x[k, who]
        if own.sum() != 1:
            assert np.isnan(from_v.x2[k])
            assert np.isnan(from_x.x2[k])
            continue
        mixed += 1
        assert (from_v.x2[k] == pytest.approx(from_v.x[k])) == (not own[0]), "upright where x₁ comes from the mutant"
        assert (from_v.y2[k] == pytest.approx(from_v.y[k])) == (not own[1])
        assert (from_x.x2[k] == from_x.x[k]) == own[0]
    assert mixed > 5
    assert "coordinates from v" not in names(shown(trace, follow=who, hide=("crossover",)).pictures[0])
    assert set(picture.layers) == {"crossover", "others"}


def test_a_mutant_beyond_the_wall_is_shown_where_it_was_and_where_it_lands() -> None:
    trace = evolved(F=1.6)
    low, high = trace.landscape.low, trace.landscape.high
    away = ((trace.value("mutant")[1:] < low) | (trace.value("mutant")[1:] > high)).any(axis=-1)
    k, who = (int(i[0]) for i in np.nonzero(away))
    picture = shown(trace, follow=who).pictures[0]
    was, lands = track(picture, "mutant"), track(picture, "landed")
    assert (was.x[k], was.y[k]) == tuple(trace.value("mutant")[k + 1, who])
    landed = np.array([lands.x[k], lands.y[k]])
    assert ((low <= landed) & (landed <= high)).all()
    assert np.allclose(landed, trace.landscape.moves.reflect(trace.value("mutant")[k + 1, who]))
    assert (track(picture, "reflected").x[k], track(picture, "reflected").x2[k]) == (was.x[k], lands.x[k])
    inside = ~away[:, who]
    assert np.isnan(lands.x[:-1][inside]).all()
    assert "label v̄" in names(picture)


@pytest.mark.parametrize(("name", "d"), PLACES)
@pytest.mark.parametrize("shape", ["flat", "surface"])
def test_every_look_has_its_pictures(name: str, d: int, shape: str) -> None:
    trace = evolved(name, d)
    for look in ("light", "dark"):
        scene = shown(trace, look, shape=shape, follow=4)
        check(scene)
        assert (scene.closer, scene.deeper, scene.frame_word) == ("Inside this trial", 1, "generation")
        ids = [picture.id for picture in scene.pictures]
        assert ids[1:4] == ["convergence", "differences", "close-up" if trace.x.shape[-1] > 1 else "exploration"]
        assert {"members", "difference", "followed"} <= set(names(scene.pictures[0]))


def test_on_a_curve_differences_lie_level_and_on_a_surface_above_the_ground() -> None:
    trace = evolved("forrester")
    picture = shown(trace, follow=2).pictures[0]
    for name in ("difference", "scaled difference"):
        arrow = track(picture, name)
        assert np.array_equal(arrow.y, arrow.y2, equal_nan=True)
    copy, difference = track(picture, "scaled difference"), track(picture, "difference")
    assert np.allclose((copy.x2 - copy.x)[:-1], 0.5 * (difference.x2 - difference.x)[:-1])
    solid = shown(evolved(), shape="surface").pictures[0]
    bridge = track(solid, "difference")
    assert bridge.z.shape == (26, 4)
    assert (bridge.z[:-1, 1] >= bridge.z[:-1, 0] - 1e-9).all()


def test_names_stand_where_they_hide_nothing() -> None:
    points = {"a": np.array([[0.0, 0.0]]), "b": np.array([[0.0, 20.0]]), "c": np.array([[300.0, 0.0]])}
    ends = np.array([-400.0, -400.0]), np.array([400.0, 400.0])

    def chosen_of(points, lines=()):
        found = sides({key: key for key in points}, Drawn(np.ones(2), 1.0, ends, points, lines))
        return {key: SIDES[side[0]] for key, (side, _) in found.items()}

    chosen = chosen_of(points)
    assert chosen["a"] != "top center", "b is there"
    assert chosen["c"] == "top center"
    crossed = chosen_of(points, [(points["c"], points["c"] + [0, 100.0])])
    assert crossed["c"] == "bottom center", "an arrow leads up"
    together = chosen_of({"a": points["a"], "b": points["a"]})
    assert together["a"] != together["b"]


def test_a_name_in_a_crowd_stands_outside_of_it() -> None:
    turn = np.linspace(0, 2 * np.pi, 30)
    crowd = np.stack([22 * np.cos(turn), 22 * np.sin(turn)], axis=-1)[None]
    ends = np.array([-400.0, -400.0]), np.array([400.0, 400.0])
    points = {"m": np.zeros((1, 2))}
    drawn = Drawn(np.ones(2), 1.0, ends, points, crowd=crowd)
    _, at = sides({"m": "m"}, drawn)["m"]
    middle, half = drawn.names[0]
    assert at[0].any(), "beside its point it would hide members"
    assert not (np.abs(crowd[0] - middle[0]) < half).all(axis=-1).any()


def test_every_name_stands_once_in_every_frame_at_its_own_point() -> None:
    trace = evolved(F=0.9)
    picture = shown(trace, follow=5).pictures[0]
    point = track(picture, "a")
    own = tracks(picture, "label a")
    named = sum(np.isfinite(each.x).astype(int) for each in own)
    assert set(named[:-1]) <= {0, 1}
    assert named[0] == 1
    for each in own:
        there = np.isfinite(each.x)
        away = np.abs(np.stack([each.x - point.x, each.y - point.y], axis=-1)[there]) / pixel(slice_of(trace, View()))
        assert (away.min(axis=1) < 1e-6).all(), "straight above, below or beside its point"
        assert (away.max(axis=1) <= 48 + 1e-6).all(), "no farther than where the crowd ends"
    target = sum(np.isfinite(each.x).astype(int) for each in tracks(picture, "label x, member 6"))
    assert (target == 1).all()


def test_every_sign_of_a_trial_is_in_the_key() -> None:
    labels = {each.label for each in shown(evolved()).pictures[0].key}
    assert {"base a", "b, c", "crossover", "others' steps", "u accepted", "u rejected"} <= labels
    bare = {each.label for each in shown(evolved(), hide=("crossover", "others")).pictures[0].key}
    assert labels - bare == {"crossover", "others' steps"}


def test_the_rule_has_true_numbers() -> None:
    for strategy in ("rand/1/bin", "best/1/bin"):
        trace = evolved(strategy=strategy, F=0.7)
        rule = equation(trace, View(follow=6), theme("light"))
        s = {name: values[:-1] for name, values in rule.slots.items()}
        assert np.allclose(s["mutant'"], s["donor_a'"] + 0.7 * (s["donor_b'"] - s["donor_c'"]))
        own, other = s["challenger'"] == s["x"], np.isclose(s["challenger'"], s["landed'"])
        assert (own | other).all()
        better = s["challenger_fx'"] <= s["fx"]
        assert np.array_equal(s["x'"], np.where(better, s["challenger'"], s["x"]))
        assert "member 7 of 15" in rule.note
    text = " ".join(symbolic for symbolic, _ in rule.lines)
    for role in ("base", "difference", "mutant"):
        assert f"term-{role}" in text


def test_the_charts_measure_differences_and_acceptance() -> None:
    trace = evolved()
    lengths, share = shown(trace).pictures[2], accepted_chart(trace, View(), theme("light"))
    k = 7
    own = np.median(np.linalg.norm(trace.value("difference")[k + 1], axis=-1))
    assert track(lengths, "|b − c|, median").y[k] == pytest.approx(own)
    center = trace.x[k].mean(axis=0)
    assert track(lengths, "spread").y[k] == pytest.approx(np.linalg.norm(trace.x[k] - center, axis=1).mean())
    times = np.median((differences(trace) / spread(trace))[:-1])
    assert lengths.title == f"b − c is about {float(f'{times:.2g}'):g} × the spread"
    assert (
        course(trace).words == f"The spread sets the step: b − c is about {float(f'{times:.2g}'):g} times the spread."
    )
    assert track(share, "accepted").y[k] == pytest.approx(100 * trace.accepted[k].mean())
    assert share.title == f"{100 * trace.accepted[1:].mean():.0f} % of the trials are accepted"


def test_all_alike_means_that_it_stagnates() -> None:
    trace = evolved(population=5, F=0.1, CR=1.0, steps=200)
    assert alike(trace)
    assert title(trace)[0] == "The population stagnates: all members are alike"
    assert course(trace).kind == "stagnant"
    assert not alike(evolved())


def test_the_table_tells_of_the_trial() -> None:
    trace = evolved()
    columns = table(trace, View(follow=4))
    assert np.array_equal(columns["f of its trial"], trace.trial_fx[:, 4])
    assert columns["accepted"].tolist() == trace.accepted[:, 4].tolist()


def test_a_first_picture_is_small_on_the_wire() -> None:
    trace = record(Run.suggested("differential_evolution", "rastrigin"))
    assert trace.x.shape == (41, 20, 2)
    assert len(pack(shown(trace))) <= 200_000
    assert len(pack(shown(trace, inside=5))) <= 110_000


@pytest.mark.parametrize(("name", "d"), PLACES)
def test_a_trial_goes_through_its_stages(name: str, d: int) -> None:
    trace = evolved(name, d)
    for k, who in ((1, 0), (9, 4), (25, 14)):
        scene = shown(trace, inside=k, follow=who)
        check(scene)
        assert (scene.frames, scene.inside, scene.frame_word) == (6, k, "stage")
        assert scene.closer == "Back to all generations"
        assert ("coordinates" in [picture.id for picture in scene.pictures]) == (d > 2)
        one = challenge_of(trace, View(inside=k, follow=who))
        assert np.array_equal(one.u, trace.trial[k, who])
        assert one.taken == trace.accepted[k, who]
        assert one.crowd_fx[who] == one.fx == trace.fx[k - 1, who]
        assert trace.landscape.value(one.a) == pytest.approx(one.fa)
        texts = captions(one)
        assert len(texts) == 6
        assert texts[5].startswith("5/5 f(u) =")
        assert ("≤" in texts[5]) == one.taken
        for slot, cell in re.findall(r'data-slot="(\w+)" data-cell="(\d+)"', scene.equation.lines[0][0]):
            assert int(cell) < scene.equation.slots[slot].shape[1]


def test_points_of_a_trial_appear_when_their_stage_comes() -> None:
    trace = evolved()
    one = challenge_of(trace, View(inside=6, follow=8))
    trial = staged(one)
    assert [int(np.argmax(np.isfinite(p[:, 0]))) for p in (trial.x, trial.a, trial.v, trial.u)] == [0, 1, 3, 4]
    assert trial.differs.tolist() == [False, False, True, True, True, True]
    assert (trial.taken | trial.dropped).tolist() == [False] * 5 + [True]
    assert bool(trial.taken[-1]) == one.taken
    rows = shown(trace, inside=6, follow=8).equation.slots
    assert np.isnan(rows["row1"][0]).all()
    assert rows["row4"][2][:2] == pytest.approx(one.b - one.c)
    last = rows["row6"] if not one.reflected else rows["row7"]
    assert last[4][:2] == pytest.approx(one.u)
    assert np.isnan(last[4][2])
    assert last[5][2] == pytest.approx(one.fu)


def test_the_look_inside_opens_the_trial_that_is_seen() -> None:
    trace = evolved()
    seen, k = shown(trace, follow=3), 5
    inside = shown(trace, follow=3, inside=k + seen.deeper)
    assert track(inside.pictures[0], "a").x[-1] == track(seen.pictures[0], "a").x[k]
    assert inside.pictures[0].chosen["follow"] == "3"
    assert ("accepted" in inside.title) == trace.accepted[k + 1, 3]
    assert ("rejected" in inside.title) != trace.accepted[k + 1, 3]


def test_a_run_of_which_only_the_start_is_known_has_no_trial_to_look_into() -> None:
    with pytest.raises(ValueError, match="no trials"):
        challenge_of(replace(evolved(), x=evolved().x[:1]), View(inside=1))
