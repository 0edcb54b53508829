"""Knobs that hold points, and choices that the landscape has a say in."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms import LANDSCAPES, OPTIMIZERS, Run

CITIES = LANDSCAPES["placed_cities"].knobs["cities"]
SQUARE = ((0.0, 0.0), (0.0, 3.0), (4.0, 3.0), (4.0, 0.0))
tenths = st.integers(0, 1000).map(lambda k: k / 10)


def linked(text, **more):
    return Run.from_query({"landscape": "placed_cities", "placed_cities.cities": text} | more)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(tenths, tenths), min_size=3, max_size=60, unique=True))
def test_points_come_back_from_their_text(points):
    value = CITIES.check(points)
    assert value == tuple(points)
    assert hash(value) == hash(CITIES.check(np.array(points)))
    assert CITIES.read(CITIES.write(value)) == value
    assert CITIES.repair(CITIES.write(value), None) == (value, None)
    assert len(CITIES.write(value)) < 12 * len(points)


def test_points_are_rounded_to_one_decimal_and_written_shortly():
    points = CITIES.check([(12.54, 30), (-0.0, 8.04), np.array([100, 99.96])])
    assert points == ((12.5, 30.0), (0.0, 8.0), (100.0, 100.0))
    assert CITIES.write(points) == "12.5,30;0,8;100,100"
    run = Run("two_opt", "placed_cities", landscape_knobs={"cities": SQUARE})
    assert run.to_query()["placed_cities.cities"] == "0,0;0,3;4,3;4,0"
    assert Run.from_query(run.to_query()) == (run, [])
    assert run.make_landscape().optimum == 14


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (SQUARE[:2], "cities must be 3 to 60 points x,y between 0 and 100, no two of them alike; got"),
        ([(k, k) for k in range(61)], "no two of them alike; got"),
        ((*SQUARE, (4, 3.04)), "points 3 and 5 are both 4,3"),
        ((*SQUARE, (101, 0)), r"point 5 is \(101, 0\)"),
        ((*SQUARE, (-0.01, 0)), r"point 5 is \(-0.01, 0\)"),
        ((*SQUARE, (1, np.nan)), r"point 5 is \(1, nan\)"),
        ((*SQUARE, (1, np.inf)), r"point 5 is \(1, inf\)"),
        ((*SQUARE, (1, 10**400)), r"point 5 is \(1, 1000"),
        ((*SQUARE, (1, 2, 3)), r"point 5 is \(1, 2, 3\)"),
        ((*SQUARE, "12"), "point 5 is '12'"),
        ((*SQUARE, 7), "point 5 is 7"),
        ("0,0;0,3;4,3", "got '0,0;0,3;4,3'"),
        (5, "got 5"),
        (None, "got None"),
    ],
)
def test_what_are_no_points_is_refused_in_words(points, message):
    with pytest.raises(ValueError, match=message) as refusal:
        Run("two_opt", "placed_cities", landscape_knobs={"cities": points})
    assert str(refusal.value).startswith("placed_cities: cities must be")
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("text", "left", "note"),
    [
        ("0,0;0,3;4,3;4,0;4,0", 4, "points 4 and 5 are both 4,0. Using the other 4."),
        ("0,0;0,3;4,3;4,-1e300", 4, "Using the nearest 4."),
        (
            "0,0;0,3;nan,3;inf,0;1e400,1;4,3",
            3,
            "point 3 is 'nan,3'. Leaving out what cannot be read, and using the other 3.",
        ),
        ("0,0;0,3;x;4,3;;", 3, "point 3 is 'x'. Leaving out what cannot be read, and using the other 3."),
        ("0,0;0,3;x;4,3;4,-1", 4, "point 3 is 'x'. Leaving out what cannot be read, and using the nearest 4."),
        (";".join(f"{k},{k}" for k in range(90)), 60, "Using the first 60."),
        ("0,0;0,3", 12, "Using the suggested ones."),
        ("", 12, "got []. Using the suggested ones."),
        ("1,2,3;4,5,6;7,8,9", 12, "point 1 is '1,2,3'. Using the suggested ones."),
        ("<script>;\x00;🐜,🐜", 12, "Using the suggested ones."),
        (";" * 1_000_000, 12, "Using the suggested ones."),
        ("9" * 1_000_000 + ",1;1,1;2,2", 12, "Using the suggested ones."),
        ("0,0;0,3;4,3;" + "x" * 1_000_000, 3, "and using the other 3."),
    ],
)
def test_points_in_a_link_are_repaired_quickly_and_said(text, left, note):
    began = perf_counter()
    run, notes = linked(text, optimizer="two_opt")
    assert perf_counter() - began < 1
    assert len(dict(run.landscape_knobs)["cities"]) == left
    assert len(notes) == 1
    assert notes[0].startswith("Cities of your own: cities must be 3 to 60 points x,y between 0 and 100")
    assert notes[0].endswith(note)
    assert len(notes[0]) < 300
    assert Run.from_query(run.to_query()) == (run, [])


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="0123456789.,;-e naif٣", max_size=60) | st.text(max_size=20))
def test_no_text_of_points_or_start_raises(text):
    run, _ = linked(text, start=text, optimizer="two_opt")
    assert Run.from_query(run.to_query()) == (run, [])


@pytest.mark.parametrize("text", ["0,0;0,3;4,3;", ";0,0;;0,3; ;4,3;;", "0,0;0,3;4,3" + " ;" * 100])
def test_a_semicolon_too_many_is_no_point(text):
    run, notes = linked(text, optimizer="two_opt")
    assert notes == []
    assert run.to_query()["placed_cities.cities"] == "0,0;0,3;4,3"


@pytest.mark.parametrize(
    ("given", "meant"),
    [("evaporation", "rho"), ("Evaporation", "rho"), ("ρ", "rho"), ("Q", "q"), ("weight_of_nearness", "beta")],
)
def test_a_knob_is_found_by_its_words_and_symbol_too(given, meant):
    with pytest.raises(ValueError, match=f"ant_colony has no knob '{given}'; did you mean '{meant}'?"):
        Run("ant_colony", "five_cities", {given: 0.1})


def test_a_choice_of_moves_is_what_both_sides_know():
    annealing = OPTIMIZERS["simulated_annealing"]
    bowl, five = LANDSCAPES["bowl"].make(), LANDSCAPES["five_cities"].make()
    on_bowl, on_tours = annealing.knobs_on(bowl)["move"], annealing.knobs_on(five)["move"]
    assert (on_bowl.choices, on_bowl.default) == (("gaussian", "uniform"), "gaussian")
    assert (on_tours.choices, on_tours.default) == (("two_opt", "swap", "insertion"), "two_opt")
    assert annealing.knobs_on(five)["step_size"] is annealing.knobs["step_size"]
    assert dict(Run("simulated_annealing", "bowl").knobs)["move"] == "gaussian"
    assert dict(Run("simulated_annealing", "five_cities").knobs)["move"] == "two_opt"
    with pytest.raises(ValueError, match="simulated_annealing: move must be one of two_opt, swap, insertion; got 'gau"):
        Run("simulated_annealing", "five_cities", {"move": "gaussian"})
    with pytest.raises(ValueError, match="move must be one of gaussian, uniform; got 'swap'"):
        Run("simulated_annealing", "bowl", {"move": "swap"})
    run, notes = Run.from_query(
        {"landscape": "five_cities", "optimizer": "simulated_annealing", "simulated_annealing.move": "gaussian"}
    )
    assert dict(run.knobs)["move"] == "two_opt"
    assert notes == [
        "Simulated annealing: move must be one of two_opt, swap, insertion; got 'gaussian'. "
        "Using the suggested value, two_opt."
    ]


def test_a_start_that_is_a_tour_travels_in_the_link():
    run = Run("simulated_annealing", "five_cities", start=[3, 0, 1, 2, 4])
    assert run.start == (3, 0, 1, 2, 4)
    assert run.to_query()["start"] == "3,0,1,2,4"
    assert Run.from_query(run.to_query()) == (run, [])
    assert Run("two_opt", "five_cities").start == tuple(LANDSCAPES["five_cities"].make().start.tolist())
    assert run == Run("simulated_annealing", "five_cities", start=np.array([3.0, 0, 1, 2, 4]))
    with pytest.raises(
        ValueError, match="start must name each of the cities 0 … 4 once on Five cities: city 2 is named"
    ):
        Run("two_opt", "five_cities", start=(0, 1, 2, 2, 3))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("0,1,2,3", "city 4 is missing; got [0, 1, 2, 3]."),
        ("0,1,2,3,3", "city 3 is named twice; got [0, 1, 2, 3, 3]."),
        ("0,1,2,3,9", "there is no city 9; got [0, 1, 2, 3, 9]."),
        ("0,1,2,3,4,5", "there is no city 5; got [0, 1, 2, 3, 4, 5]."),
        ("0,1,2,3,four", "once on Five cities; got '0,1,2,3,four'."),
        ("nan,1,2,3,4", "once on Five cities; got 'nan,1,2,3,4'."),
        ("", "once on Five cities; got ''."),
        (",".join(map(str, range(100_000))), "once on Five cities; got '0,1,2,3"),
    ],
)
def test_a_start_in_a_link_that_is_no_tour_is_replaced_and_said(text, note):
    run, notes = Run.from_query({"landscape": "five_cities", "optimizer": "two_opt", "start": text})
    assert run == Run.suggested("two_opt", "five_cities")
    assert len(notes) == 1
    assert notes[0].startswith("Start must name each of the cities 0 … 4 once on Five cities")
    assert note in notes[0]
    assert notes[0].endswith(" Using the suggested start.")
