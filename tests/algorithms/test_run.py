"""A run and its link: what is equal, what survives the way through a link, what is repaired."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import LANDSCAPES, SEED, STEPS, Landscape, Run, fitting, record
from algorithms.knob import uncross
from algorithms.run import FIRST


def values(knobs):
    """Any allowed setting of these knobs."""
    each = {"choice": lambda knob: st.sampled_from(knob.choices), "switch": lambda knob: st.booleans()}
    spot = st.integers(0, 1000).map(lambda tenths: tenths / 10)
    spots = st.lists(st.tuples(spot, spot), min_size=3, max_size=15, unique=True)
    each |= {"points": lambda knob: spots.map(tuple)}
    each |= {"formula": lambda knob: st.sampled_from([knob.default, "x**2 - x", "sqrt(x)*y + 1"])}
    each |= {"int": lambda knob: st.integers(knob.low, knob.high), "float": lambda knob: st.floats(knob.low, knob.high)}
    return st.fixed_dictionaries({}, optional={name: each[knob.kind](knob) for name, knob in knobs.items()})


def near(low, high):
    """The part of a range that is near 0, or all of it where it is far from there."""
    inside = max(-12.0, low), min(12.0, high)
    return inside if inside[0] < inside[1] else (low, high)


@st.composite
def runs(draw):
    landscape = draw(st.sampled_from(list(LANDSCAPES)))
    # few coordinates, else drawing a start takes long
    knobs = LANDSCAPES[landscape].knobs
    few = {name: replace(knob, high=min(knob.high, 12)) for name, knob in knobs.items() if knob.kind == "int"}
    landscape_knobs = draw(values({**knobs, **few}))
    settled = {name: landscape_knobs.get(name, knob.default) for name, knob in knobs.items()}
    if list(uncross(knobs, settled)):
        landscape_knobs = settled
    place = LANDSCAPES[landscape].make(**landscape_knobs)
    entry = draw(st.sampled_from(fitting(place)))
    ends = () if place.kind == "tours" else zip(*place.moves.allowed, strict=True)
    point = st.tuples(*[st.floats(*near(float(low), float(high))) for low, high in ends])
    tour = st.permutations(range(place.dimension)).map(tuple)
    start = draw(st.none() | (tour if place.kind == "tours" else point))
    knobs = draw(values(entry.knobs_on(place)))
    steps, seed = draw(st.integers(1, 10_000)), draw(st.integers(0, 2**31 - 1))
    return Run(entry.id, landscape, knobs, landscape_knobs, start, steps, seed)


@settings(deadline=None, max_examples=150)
@given(runs())
def test_every_run_comes_back_from_its_link(run):
    again, repairs = Run.from_query(run.to_query())
    assert again == run
    assert hash(again) == hash(run)
    assert again.id == run.id
    assert repairs == []
    assert eval(repr(run), {"Run": Run}) == run


JUNK = ["letters", "nan", "-nan", "inf", "-inf", "1e400", "-1e400", "1e308", "", " ", "5..1", "9,1", "0x10", "٣", "-0"]
JUNK += ["x" * 10_000, "9" * 6000, "9" * 400, "<script>alert(1)</script>", "\x00", "{}", "None", "true"]
JUNK += ["1,2,3,4,5", ",", "nan,1", "1e400,1", "2..1", "[1, 2]"]
KEYS = ["landscape", "optimizer", "start", "steps", "seed", "bowl.condition", "momentum.beta", "momentum.learning_rate"]
NAMES = st.sampled_from([*KEYS, "adam.beta1", "nonsense", "particle_swarm.topology"]) | st.text(max_size=8)
TEXTS = st.text(max_size=12) | st.lists(st.text(max_size=5), max_size=3) | st.floats().map(repr)


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk[:12]))
@pytest.mark.parametrize("key", KEYS)
def test_garbage_is_repaired_with_a_note_and_the_rest_of_the_link_holds(key, junk):
    sound = Run("momentum", "bowl", {"beta": 0.5, "learning_rate": 0.123}, {"condition": 7.0}, (1, 2), 77, 5)
    run, notes = Run.from_query(sound.to_query() | {key: junk})
    kept = {name: text for name, text in sound.to_query().items() if name != key}
    if key not in ("landscape", "optimizer"):
        assert run.to_query().items() >= kept.items()
    assert run.seed == (run.seed if key == "seed" else 5)
    assert run.steps == (run.steps if key == "steps" else 77)
    if not notes:
        same = [float(part) for part in junk.split(",")] == [float(part) for part in run.to_query()[key].split(",")]
        assert same, "what is changed is said"
    assert all(len(note) < 300 for note in notes)
    record(replace(run, steps=5))


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(NAMES, TEXTS))
def test_no_link_raises(query):
    run, notes = Run.from_query(query)
    assert Run.from_query(run.to_query()) == (run, [])
    assert all(isinstance(note, str) for note in notes)


@pytest.mark.parametrize(
    ("key", "text", "value", "note"),
    [
        (
            "momentum.beta",
            "7",
            0.999,
            "Momentum: momentum β must be between 0 and 0.999; got 7. Using the nearest value, 0.999.",
        ),
        ("momentum.beta", "-1", 0.0, "Using the nearest value, 0.0."),
        ("momentum.beta", "high", 0.85, "got 'high', which is no finite number. Using the suggested value, 0.85."),
        (
            "momentum.learning_rate",
            "1e400",
            0.03,
            "got '1e400', which is no finite number. Using the suggested value, 0.03.",
        ),
        ("steps", "0", 1, "Steps must be a whole number between 1 and 10000; got 0. Using the nearest value, 1."),
        ("steps", "1e400", 200, "got '1e400', which is no finite number. Using the suggested value, 200."),
        ("steps", "9" * 400, 200, "which is no finite number. Using the suggested value, 200."),
        ("steps", "9" * 5000, 200, "which is no finite number. Using the suggested value, 200."),
        ("steps", "9" * 300, 10_000, "Using the nearest value, 10000."),
        ("steps", "12.6", 13, "Using the nearest value, 13."),
        ("steps", "1e9", 10_000, "Using the nearest value, 10000."),
        ("seed", "-4", 0, "Seed must be a whole number between 0 and 2147483647; got -4. Using the nearest value, 0."),
        ("bowl.condition", "1e6", 1000.0, "Bowl: condition κ must be between 1 and 1000"),
        ("start", "1", (-4.0, 2.0), "Start must be 2 finite numbers; got '1'."),
        ("start", "nan,1", (-4.0, 2.0), "Start must be 2 finite numbers"),
        (
            "start",
            "1e6,-1e6",
            (100.0, -100.0),
            "within 10 widths of the picture's middle; got '1e6,-1e6'. Using the nearest",
        ),
        ("start", "7,1e305", (7.0, 100.0), "Using the nearest, 7, 100."),
        ("landscape", "moon", "himmelblau", "There is no landscape 'moon'. Using Himmelblau."),
        ("optimizer", "<script>", "gradient_descent", "There is no optimizer '<script>'. Using Gradient descent."),
        ("moon.beta", "1", None, "'moon.beta' is ignored: there is no such setting."),
        ("adam.beta1", "0.5", None, "'adam.beta1' is ignored: Adam is not in this run."),
        ("seed", ["1", "2"], 2, "'seed' is written 2 times. Using the last."),
    ],
)
def test_each_repair_says_what_was_wrong_and_what_is_used(key, text, value, note):
    run, notes = Run.from_query({"landscape": "bowl", "optimizer": "momentum", key: text})
    assert any(note in each for each in notes), notes
    owner, _, name = key.rpartition(".")
    if value is not None:
        known = {"momentum": dict(run.knobs), "bowl": dict(run.landscape_knobs)}.get(owner, vars(run))
        assert known[name] == value


def test_many_unknown_keys_are_summed_up_and_the_pages_own_are_left_alone():
    run, notes = Run.from_query({f"key{i}": "1" for i in range(50)})
    assert len(notes) == 6
    assert notes[-1] == "45 more unknown settings are ignored."
    assert Run.from_query({f"key{i}": "1" for i in range(6)})[1][-1] == "1 more unknown setting is ignored."
    run, notes = Run.from_query({"view.log": "1", "embed": "true", "embed_options": "dark_theme"})
    assert notes == []
    assert (run.optimizer, run.landscape) == ("momentum", "himmelblau")


def test_a_link_carries_every_value_exactly():
    run = Run("adam", "rastrigin", {"learning_rate": 0.3123456789}, {"dimension": 3}, (0.1, 1 / 3, -2), 50, 9)
    assert run.to_query() == {
        "landscape": "rastrigin",
        "optimizer": "adam",
        "rastrigin.dimension": "3",
        "rastrigin.gradient_noise": "0.0",
        "adam.beta1": "0.9",
        "adam.beta2": "0.999",
        "adam.epsilon": "1e-08",
        "adam.learning_rate": "0.3123456789",
        "adam.schedule": "constant",
        "adam.schedule_steps": "100",
        "start": "0.1,0.3333333333333333,-2.0",
        "steps": "50",
        "seed": "9",
    }


def test_a_short_link_takes_what_is_suggested():
    run, notes = Run.from_query({"landscape": "rosenbrock", "optimizer": "adam"})
    assert notes == []
    assert run == Run.suggested("adam", "rosenbrock")
    assert run.steps == 300
    assert dict(run.knobs)["learning_rate"] == 0.2


def test_equal_experiments_are_equal():
    one = Run("momentum", "bowl", {"beta": 0.5, "learning_rate": 1}, {"rotation": 30}, [1, 2], 50)
    two = Run(
        "momentum", "bowl", (("learning_rate", np.float64(1.0)), ("beta", 0.5)), (), np.array([1.0, 2.0]), np.int64(50)
    )
    assert one == two
    assert hash(one) == hash(two)
    assert one.id == two.id
    assert one != replace(one, seed=1)
    assert one.id != replace(one, seed=1).id
    plain = (("schedule", "constant"), ("schedule_steps", 100))
    assert one.knobs == (("beta", 0.5), ("learning_rate", 1.0), *plain)
    assert one.start == (1.0, 2.0)


def test_no_negative_zero_tells_equal_runs_apart():
    one, two = (
        Run("momentum", "bowl", {"beta": -0.0}, {"rotation": -0.0}, (-0.0, 0)),
        Run("momentum", "bowl", {"beta": 0.0}, {"rotation": 0.0}, (0.0, 0.0)),
    )
    assert (one, one.id, one.to_query()) == (two, two.id, two.to_query())
    assert Run.from_query(two.to_query() | {"start": "-0.0,0", "momentum.beta": "-0"})[0].id == two.id
    mine = Landscape("M", value=lambda x: x.sum(-1), low=(-1,), high=(1,), start=(-0.0,))
    assert repr(Run("random_search", mine).start) == "(0.0,)"


def test_a_start_far_away_is_said_shortly_and_truly():
    run, notes = Run.from_query({"landscape": "bowl", "start": "1e308,1e308"})
    assert len(notes) == 1
    assert "finite" not in notes[0]
    assert np.isfinite(run.start).all()
    with pytest.raises(ValueError, match="start must lie between") as refusal:
        Run("adam", "sphere", {}, {"dimension": 50}, [0.0] * 12 + [1e308] + [0.0] * 37)
    assert "between -102.4 and 102.4 in coordinate 13; got [0.0" in str(refusal.value)
    assert len(str(refusal.value)) < 140
    with pytest.raises(ValueError, match=r"start must lie between -120 and 120; got 1e\+308"):
        Run("adam", "quadratic", start=1e308)
    with pytest.raises(ValueError, match="start must be 2 finite numbers"):
        Run("adam", "bowl", start=(10**400, 0))


def test_an_empty_link_and_the_playground_open_the_same_experiment():
    run, notes = Run.from_query({})
    assert notes == []
    assert run == Run.suggested(FIRST["optimizer"], FIRST["landscape"])
    assert (run.optimizer, run.landscape) == ("momentum", "himmelblau")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"knobs": 5}, "knobs must be a mapping from names to values; got 5"),
        ({"knobs": "beta"}, "knobs must be a mapping from names to values; got 'beta'"),
        ({"landscape_knobs": [1]}, "landscape_knobs must be a mapping from names to values"),
        ({"start": (1,)}, "start must be 2 finite numbers on Bowl; got \\(1,\\)"),
        ({"start": (1, np.nan)}, "start must be 2 finite numbers"),
        ({"start": "here"}, "start must be 2 finite numbers"),
        ({"start": (1e9, 0)}, "start must lie between"),
        ({"steps": 0}, "steps must be a whole number between 1 and 10000; got 0"),
        ({"steps": 1.5}, "steps must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 2**31}, "seed must be a whole number"),
        ({"steps": True}, "steps must be a whole number"),
        ({"landscape_knobs": {"condition": 0}}, "bowl: condition must be between 1 and 1000; got 0"),
        ({"knobs": {"learning_rate": "fast"}}, "learning_rate must be between 0.0001 and 2; got 'fast'"),
        ({"knobs": {"learning_rate": None}}, "learning_rate must be between"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(change, message):
    with pytest.raises(ValueError, match=message):
        Run(**{"optimizer": "gradient_descent", "landscape": "bowl"} | change)


def test_a_function_of_ones_own_runs_but_has_no_link():
    mine = Landscape("V", value=lambda x: np.abs(x).sum(-1), low=(-1, -1), high=(1, 1))
    run = Run("particle_swarm", mine, steps=30)
    assert record(run).best_fx[-1] < 0.01
    assert run == Run("particle_swarm", mine, steps=30)
    assert hash(run) == hash(Run("particle_swarm", mine, steps=30))
    assert len(run.id) == 8
    with pytest.raises(ValueError, match="V is a landscape of your own: such a run has no link"):
        run.to_query()
    with pytest.raises(ValueError, match="Adam needs what V does not offer: gradient"):
        Run("adam", mine)
    with pytest.raises(ValueError, match="has no knob 'dimension'"):
        Run("random_search", mine, landscape_knobs={"dimension": 2})
    one_point = Landscape("S", value=lambda x: x[0] ** 2 + x[1] ** 2 + x.sum(), low=(-1, -1), high=(1, 1))
    with pytest.raises(ValueError, match=r"S: value must take many points at once.*Write x\[..., 0\]"):
        Run("random_search", one_point)


def test_the_counters_of_a_run_are_knobs_too():
    assert (STEPS.low, STEPS.high, SEED.high) == (1, 10_000, 2**31 - 1)
