"""The update rule: its cells satisfy the equation that they stand in, for every optimizer on every landscape."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, fitting, record
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.equation import equation
from dashboard.charts.theme import theme
from dashboard.charts.view import View

PAIRS = [(entry.id, place.id) for place in LANDSCAPES.values() for entry in fitting(place.make())]
LIGHT = theme("light")


def rule(optimizer, landscape, view=None, **given):
    """Return the trace of a pair's first picture and its equation."""
    trace = record(Run.suggested(optimizer, landscape, **given))
    return trace, equation(trace, view or View(), LIGHT)


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_rule_is_sound_mathml_whose_cells_have_values_in_every_frame(optimizer, landscape):
    trace, shown = rule(optimizer, landscape)
    assert len(shown.lines) >= len(trace.optimizer.rule)
    for symbolic, numeric in shown.lines:
        assert not [n for n in ElementTree.fromstring(symbolic).iter() if "data-slot" in n.attrib]
        if not numeric:  # a line that only names quantities, or one whose values are tours
            assert ">where" in symbolic or is_tour(trace)
            continue
        cells = [n for n in ElementTree.fromstring(numeric).iter() if "data-slot" in n.attrib]
        assert cells or is_tour(trace)  # which branch was taken is said in words there
        for cell in cells:
            values = shown.slots[cell.get("data-slot")]
            assert values.shape[0] == len(trace)
            assert 0 <= int(cell.get("data-cell")) < values.shape[1]
        assert "slot0" not in symbolic + numeric
        assert "-" not in "".join(ElementTree.fromstring(numeric).itertext()), "a true minus, not a hyphen"
    for name, values in shown.slots.items():
        if name.endswith("'"):
            assert np.isnan(values[-1]).all()
            np.testing.assert_array_equal(values[:-1], shown.slots.get(name[:-1], np.roll(values, 1, axis=0))[1:])
        elif name not in ("trial", "trial_fx", "delta", "probability"):
            of_the_step = name == "step" or "estimate" in trace.fields  # there is none from the last frame
            assert np.isfinite(values[:-1] if of_the_step else values).all()


@pytest.mark.parametrize("landscape", [p for o, p in PAIRS if o == "gradient_descent"])
def test_gradient_descent_cells_satisfy_the_rule(landscape):
    trace, shown = rule("gradient_descent", landscape)
    rate, s = dict(trace.run.knobs)["learning_rate"], shown.slots
    np.testing.assert_allclose(s["x'"][:-1], (s["x"] - rate * s["gradient"])[:-1], rtol=1e-12, atol=1e-12)


def test_momentum_cells_satisfy_both_lines():
    trace, shown = rule("momentum", "himmelblau")
    knobs, s = dict(trace.run.knobs), shown.slots
    velocity = knobs["beta"] * s["velocity"] + s["gradient"]
    np.testing.assert_allclose(s["velocity'"][:-1], velocity[:-1], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        s["x'"][:-1], (s["x"] - knobs["learning_rate"] * s["velocity'"])[:-1], rtol=1e-12, atol=1e-12
    )


def test_adam_cells_satisfy_all_lines():
    trace, shown = rule("adam", "rosenbrock")
    knobs, s = dict(trace.run.knobs), shown.slots
    k = s["k'"][:-1]
    for mean, raw, power, beta in (("m", "m_hat", 1, knobs["beta1"]), ("v", "v_hat", 2, knobs["beta2"])):
        updated = beta * s[mean] + (1 - beta) * s["gradient"] ** power
        np.testing.assert_allclose(s[f"{mean}'"][:-1], updated[:-1], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(s[f"{raw}'"][:-1], s[f"{mean}'"][:-1] / (1 - beta**k), rtol=1e-10, atol=1e-12)
    step = knobs["learning_rate"] * s["m_hat'"] / (np.sqrt(s["v_hat'"]) + knobs["epsilon"])
    np.testing.assert_allclose(s["x'"][:-1], (s["x"] - step)[:-1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("landscape", ["cubic", "rosenbrock"])
def test_newton_cells_satisfy_the_rule_with_the_whole_hessian(landscape):
    trace, shown = rule("newton", landscape)
    d = trace.x.shape[-1]
    s = shown.slots
    step = np.linalg.solve(s["hessian_used"].reshape(-1, d, d), s["gradient"][..., None])[..., 0]
    np.testing.assert_allclose(s["x'"][:-1], (s["x"] - step)[:-1], rtol=1e-10, atol=1e-10)


def test_annealing_cells_satisfy_the_acceptance_rule():
    _, shown = rule("simulated_annealing", "rastrigin")
    s = shown.slots
    np.testing.assert_allclose(s["delta'"][:-1], (s["trial_fx'"] - s["fx"])[:-1], rtol=1e-9, atol=1e-9)
    chance = np.minimum(1, np.exp(-s["delta'"] / s["temperature"]))
    np.testing.assert_allclose(s["probability'"][:-1], chance[:-1], rtol=1e-9, atol=1e-300)


def test_annealing_shows_only_the_branch_that_a_frame_takes():
    trace, shown = rule("simulated_annealing", "rastrigin")
    numeric = shown.lines[-1][1]
    refused, taken = re.findall(r'<div data-when="taken" data-case="\d">(.*?)</div>', numeric)
    assert "stays" in refused
    assert "refused" in refused
    assert "stays" not in taken
    assert "probability" not in numeric
    assert np.array_equal(shown.slots["taken"][:-1, 0], trace.accepted[1:])
    assert 0 < shown.slots["taken"].mean() < 1


def test_a_chance_that_vanishes_is_about_0():
    trace = record(Run.suggested("simulated_annealing", "rastrigin", knobs={"cooling_rate": 0.8}, steps=60))
    shown = equation(trace, View(), LIGHT)
    none = shown.slots["probability'"].astype(np.float32) == 0
    assert none.any()
    assert np.array_equal(shown.slots["vanished"], none)
    assert re.search(r'data-when="vanished" data-case="1">≈', shown.lines[1][1])


def test_the_rule_says_of_a_survivor_that_it_lives_on():
    trace = record(Run.suggested("genetic_algorithm", "rastrigin", knobs={"survival": "plus"}, steps=20))
    shown = equation(trace, View(follow=19), LIGHT)
    bred, kept = re.findall(r'<div data-when="kept" data-case="\d">(.*?)</div>', shown.lines[0][1])
    assert "taken over" in kept
    assert "taken over" not in bred
    assert np.array_equal(shown.slots["kept"][:-1, 0], trace.elite[1:, 19])
    assert 0 < trace.elite[1:, 19].mean() < 1


@pytest.mark.parametrize("landscape", ["quadratic", "sphere"])
def test_a_generation_shows_where_a_child_comes_from_in_numbers_alone(landscape):
    trace, shown = rule("genetic_algorithm", landscape, View(follow=3))
    s, pair = shown.slots, [0] if trace.x.shape[-1] == 1 else [0, 1]
    for k in (0, 9):
        a, b = trace.parents[k + 1, 3]
        np.testing.assert_array_equal(s["parent_a'"][k], trace.x[k, a, pair])
        np.testing.assert_array_equal(s["parent_b'"][k], trace.x[k, b, pair])
        np.testing.assert_array_equal(s["crossed'"][k], trace.crossed[k + 1, 3, pair])
    assert not any("probability" in numeric for _, numeric in shown.lines)


def test_a_rho_is_the_one_of_the_knob():
    _, shown = rule("ant_colony", "five_cities")
    assert '<mi mathvariant="normal">ρ</mi>' in shown.lines[1][0]


def test_a_swarm_shows_the_particle_that_is_followed():
    for member in (0, 7):
        trace, shown = rule("particle_swarm", "rastrigin", View(follow=member))
        s = shown.slots
        np.testing.assert_array_equal(s["x"], trace.x[:, member])
        np.testing.assert_allclose(s["x'"][:-1], trace.x[1:, member])
        assert f"particle {member + 1} of {trace.x.shape[1]}: 1 go on, 2 own best, 3 swarm best" in shown.note


def test_on_a_ring_the_third_pull_leads_to_the_best_of_the_neighbors():
    trace, shown = rule("particle_swarm", "rastrigin", knobs={"topology": "ring"})
    assert shown.note.endswith("3 neighbors' best")
    assert (trace.value("leader") != trace.global_best[:, None]).any()
    assert trace.optimizer.knobs["c2"].words == "pull to others' best"


def test_more_than_two_dimensions_show_the_chosen_pair():
    trace, shown = rule("newton", "rastrigin", View(pair=(1, 4)), landscape_knobs={"dimension": 6})
    np.testing.assert_array_equal(shown.slots["x"], trace.x[:, [1, 4]])
    whole = trace.value("hessian")
    np.testing.assert_array_equal(shown.slots["hessian_used"], whole[:, [1, 4]][:, :, [1, 4]].reshape(len(trace), 4))
    assert "x₂ and x₅ of 6" in shown.note


def test_terms_are_colored_like_their_arrows():
    _, shown = rule("momentum", "himmelblau")
    first, second = (ElementTree.fromstring(symbolic) for symbolic, _ in shown.lines)
    classes = {n.get("class"): "".join(n.itertext()) for n in first.iter("mrow") if "term" in n.get("class", "")}
    assert {name.split()[-1] for name in classes} == {"term-velocity", "term-gradient"}
    assert "β" in classes["term term-velocity"]
    assert [n.get("class") for n in second.iter("mrow") if "term" in n.get("class", "")] == ["term term-step"]
    assert "←" in "".join(first.itertext())
    assert "=" in shown.lines[0][1]


def test_an_inner_minus_does_not_cut_a_term():
    _, shown = rule("adam", "bowl")
    row = ElementTree.fromstring(shown.lines[-2][0])  # that of m
    gradient = next(n for n in row.iter("mrow") if n.get("class") == "term term-gradient")
    assert "1" in "".join(gradient.itertext())
    assert "β" in "".join(gradient.itertext())


def with_rule(monkeypatch, *lines):
    trace = record(Run.suggested("gradient_descent", "bowl", steps=3))
    monkeypatch.setitem(OPTIMIZERS, "gradient_descent", replace(trace.optimizer, rule=lines))
    return trace


def test_an_unknown_slot_is_refused_by_name(monkeypatch):
    trace = with_rule(monkeypatch, r"<x'> = <x> - <wind>")
    with pytest.raises(ValueError, match=r"<x> - <wind>.*<wind>"):
        equation(trace, View(), LIGHT)


def test_a_field_that_the_run_lacks_is_refused_by_name(monkeypatch):
    trace = with_rule(monkeypatch, r"<x'> = <x> - <temperature>")
    with pytest.raises(ValueError, match="<temperature>"):
        equation(trace, View(), LIGHT)


def test_an_optimizer_without_a_rule_has_no_equation(monkeypatch):
    assert equation(with_rule(monkeypatch), View(), LIGHT) is None
