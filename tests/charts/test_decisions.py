"""How worse moves are decided on: every dot lies where the run drew it, and what is written is the update rule's."""

from functools import cache

import numpy as np
import pytest

from algorithms import Run, Trace, record
from dashboard.charts.decisions import LAST, RECENT, decisions, height, share_taken
from dashboard.charts.inner import temperature
from dashboard.charts.outcomes import IMPROVED, REJECTED, WORSE, outcomes, ratio
from dashboard.charts.picture import Picture, frame, held
from dashboard.charts.scene import experiment
from dashboard.charts.theme import theme
from dashboard.charts.view import View
from dashboard.player import pack

LIGHT = theme("light")


@cache
def annealed(landscape: str = "rastrigin", **knobs) -> Trace:
    return record(Run.suggested("simulated_annealing", landscape, knobs=knobs, steps=300))


def track(picture: Picture, name: str):
    return next(t for t in picture.tracks if picture.figure["data"][t.trace]["name"] == name)


@pytest.mark.parametrize("landscape", ["rastrigin", "random_cities", "double_well"])
@pytest.mark.parametrize("rate", [1.0, 0.98, 0.5])
def test_a_worse_move_is_taken_where_its_dot_lies_below_the_curve(landscape: str, rate: float) -> None:
    trace = annealed(landscape, cooling_rate=rate)
    found, share, drawn = outcomes(trace), ratio(trace), height(trace)
    assert sum(which.astype(int) for which in found.values())[1:].tolist() == [1] * 300
    assert (drawn[found[WORSE]] < np.exp(-share[found[WORSE]])).all()
    assert (drawn[found[REJECTED]] >= np.exp(-share[found[REJECTED]])).all()
    assert (share[found[IMPROVED]] <= 0).all()
    assert (drawn[found[IMPROVED]] == 1).all()
    assert np.isnan(drawn[0])


def test_the_keys_name_only_what_became_of_some_move() -> None:
    cold = annealed("rastrigin", initial_temperature=1e-6)
    assert not outcomes(cold)[WORSE].any()
    for picture in (decisions(cold, View(), LIGHT), temperature(cold, View(), LIGHT)):
        assert "rejected" in [each.label for each in picture.key]
        assert "worse, taken" not in [each.label for each in picture.key]
    hot = annealed("rastrigin", initial_temperature=1e3, cooling_rate=1.0)
    assert "worse, taken" in [each.label for each in decisions(hot, View(), LIGHT).key]


@pytest.mark.parametrize("rate", [1.0, 0.98])
def test_no_decision_strikes_the_word_above_the_curve_through_where_there_is_room(rate: float) -> None:
    trace = annealed(cooling_rate=rate)
    word = track(decisions(trace, View(), LIGHT), "rejected")
    across, up = ratio(trace).clip(-1, 5), height(trace)
    clear = 0
    for k in range(len(trace)):
        seen = slice(max(k + 1 - LAST, 0), k + 2)
        clear += not ((np.abs(across[seen] - word.x[k]) < 0.7) & (np.abs(up[seen] - word.y[k]) < 0.1)).any()
    assert clear > 0.8 * len(trace)


def test_where_it_is_too_cold_to_draw_nothing_is_drawn() -> None:
    trace = annealed(cooling="linear", cooling_rate=0.9)
    cold = np.flatnonzero(trace.temperature == 0)[0] + 1
    assert np.isnan(trace.draw[cold:]).all()
    assert not outcomes(trace)[WORSE][cold:].any()
    up = np.flatnonzero(ratio(trace)[cold:] > 0)
    assert (height(trace)[cold:][up] == 0).all()


def test_the_last_decisions_and_the_one_to_come_are_shown() -> None:
    trace = annealed(cooling_rate=0.99)
    picture = decisions(trace, View(), LIGHT)
    for k in (5, 120, 299):
        seen = [frame(track(picture, f"{each.label} decisions"), k)["y"] for each in (IMPROVED, WORSE, REJECTED)]
        assert sum(int(np.isfinite(y).sum()) for y in seen) == min(k, LAST)
    for k in (0, 40, 299, 300):
        now = min(k + 1, 300)  # at the end the last one stays
        outcome = next(each for each, which in outcomes(trace).items() if which[now])
        at = frame(track(picture, f"{outcome.label} now"), k)
        assert np.isclose(at["x"][0], np.clip(ratio(trace)[now], -1, 5))
        others = {IMPROVED, WORSE, REJECTED} - {outcome}
        assert all(np.isnan(frame(track(picture, f"{each.label} now"), k)["x"][0]) for each in others)
        (text,) = frame(track(picture, "decision"), k)["text"]
        delta, heat, p = (part.split()[-1].replace("−", "-") for part in text.split(","))
        assert float(delta) == pytest.approx(trace.trial_fx[now] - trace.fx[now - 1], rel=6e-3)
        assert float(heat) == pytest.approx(trace.temperature[now - 1], rel=6e-3)
        chance = np.exp(-max(ratio(trace)[now], 0))
        assert float(p) == pytest.approx(chance, rel=6e-2) if chance >= 1e-3 else "< 0.001" in text
    assert len(track(held(picture, 400), "decision").words) == 400
    assert b"decisions" in pack(experiment(trace, View(), LIGHT))


def test_titles_say_how_many_worse_moves_are_taken() -> None:
    assert decisions(annealed(cooling_rate=0.5), View(), LIGHT).title == "No worse move is taken"
    trace = annealed(cooling_rate=0.98)
    found = outcomes(trace)
    early = [k for k in range(1, 101) if ratio(trace)[k] > 0]
    share = f"{100 * np.mean(found[WORSE][early]):.0f} %"
    assert decisions(trace, View(), LIGHT).title.startswith(f"Worse moves taken: {share} early")


def test_the_share_taken_is_that_of_the_last_moves() -> None:
    trace = annealed(cooling_rate=0.99)
    share = share_taken(trace)
    assert np.isnan(share[0])
    assert share[7] == pytest.approx(trace.accepted[1:8].mean())
    assert share[200] == pytest.approx(trace.accepted[200 - RECENT + 1 : 201].mean())
    picture = temperature(trace, View(), LIGHT)
    low, high = (10 ** each["y"] for each in picture.figure["layout"]["annotations"])
    drawn = track(picture, "share").y
    between = np.log(drawn[1:] / low) / np.log(high / low)
    assert np.allclose(between, share[1:])
    assert [each["text"] for each in picture.figure["layout"]["annotations"]] == ["0 %", "100 %"]
