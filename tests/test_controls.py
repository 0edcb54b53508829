"""The sync of link, widgets and run, through the real page without a browser."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from algorithms import OPTIMIZERS, Run, record
from algorithms.knob import Knob
from dashboard import PACKAGE, controls, place
from dashboard.panel import asked, stops
from dashboard.traces import knobs_apart

PLAYGROUND = place("pages") / "playground.py"
LINKS = Path(__file__).with_name("links.txt")


def opened(**query: str | list[str]) -> AppTest:
    """The playground, opened by a link."""
    app = AppTest.from_file(PACKAGE / "app.py", default_timeout=30)
    for key, text in query.items():
        app.query_params[key] = text
    return app.switch_page(str(PLAYGROUND)).run()


def link(app: AppTest) -> dict[str, str]:
    """The link the page wrote into the address."""
    assert not app.exception, app.exception
    written = {key: text if isinstance(text, str) else ", ".join(text) for key, text in app.query_params.items()}
    assert written == app.session_state.link
    return written


def notes(app: AppTest) -> str:
    """The repairs, as they are shown: plain text, of which nothing is Markdown or a link."""
    return " ".join(text.value for text in app.text)


def test_first_visit_writes_a_full_link() -> None:
    app = opened()
    run, repairs = Run.from_query(link(app))
    assert not repairs
    assert not notes(app)
    assert run.to_query() == link(app)


def test_a_value_from_the_link_stays_exact_until_its_knob_is_moved() -> None:
    app = opened(**{"optimizer": "momentum", "landscape": "himmelblau", "momentum.learning_rate": "0.003123456789012"})
    assert app.text_input(key="momentum.learning_rate.exact").value == "0.003123456789012"
    app.select_slider(key="momentum.beta").set_value(0.8).run()
    app.number_input(key="steps").set_value(77).run()
    assert link(app)["momentum.learning_rate"] == "0.003123456789012"
    assert link(app)["momentum.beta"] == "0.8"
    assert link(app)["steps"] == "77"
    app.select_slider(key="momentum.learning_rate").set_value(0.01).run()
    assert link(app)["momentum.learning_rate"] == "0.01"


def test_any_allowed_value_can_be_typed() -> None:
    app = opened(optimizer="gradient_descent", landscape="bowl")
    field = "gradient_descent.learning_rate.exact"
    for typed, taken in (("0.0123456789", "0.0123456789"), ("1e-3", "0.001"), ("0,25", "0.25")):
        app.text_input(key=field).set_value(typed).run()
        assert link(app)["gradient_descent.learning_rate"] == taken
        assert not notes(app)
    app.text_input(key=field).set_value("77").run()
    assert link(app)["gradient_descent.learning_rate"] == "2.0"
    assert notes(app).startswith("Learning rate η must be between 0.0001 and 2; got 77. Using the nearest value, 2.0.")
    app.text_input(key=field).set_value("much").run()
    assert "got 'much', which is no finite number. Using the last value, 2.0." in notes(app)
    assert link(app)["gradient_descent.learning_rate"] == "2.0"
    assert app.text_input(key=field).value == "2.0"
    app.button(key="dismiss").click().run()
    assert not notes(app)


def test_knobs_are_remembered_per_optimizer_and_landscape() -> None:
    app = opened(optimizer="momentum", landscape="rastrigin")
    app.select_slider(key="momentum.beta").set_value(0.5).run()
    app.select_slider(key="rastrigin.dimension").set_value(5).run()
    app.selectbox(key="optimizer").set_value("adam").run()
    app.selectbox(key="landscape").set_value("bowl").run()
    assert "momentum.beta" not in link(app)
    app.selectbox(key="landscape").set_value("rastrigin").run()
    app.selectbox(key="optimizer").set_value("momentum").run()
    assert link(app)["momentum.beta"] == "0.5"
    assert link(app)["rastrigin.dimension"] == "5"
    assert link(app)["start"].count(",") == 4
    assert not notes(app)


def test_knobs_survive_leaving_the_page() -> None:
    app = opened(**{"optimizer": "adam", "landscape": "rosenbrock", "adam.learning_rate": "0.0712", "seed": "5"})
    before = link(app)
    app.query_params.clear()  # as Streamlit does when another page is opened
    app.switch_page(str(place("pages") / "home.py")).run()
    assert not app.exception
    app.switch_page(str(PLAYGROUND)).run()
    assert link(app) == before


def test_a_new_pair_takes_what_is_suggested_unless_the_knob_was_moved() -> None:
    app = opened(optimizer="gradient_descent", landscape="bowl")
    app.selectbox(key="landscape").set_value("rosenbrock").run()
    assert link(app) == Run.suggested("gradient_descent", "rosenbrock").to_query() | {"steps": link(app)["steps"]}
    app.select_slider(key="gradient_descent.learning_rate").set_value(0.002).run()
    app.selectbox(key="landscape").set_value("himmelblau").run()
    assert link(app)["gradient_descent.learning_rate"] == "0.002"
    app.button(key="reset").click().run()
    suggested, _ = Run.from_query({"optimizer": "gradient_descent", "landscape": "himmelblau"})
    assert link(app) == suggested.to_query()


def test_the_browser_may_go_back_to_an_earlier_link() -> None:
    app = opened(optimizer="momentum", landscape="himmelblau")
    before = link(app)
    app.select_slider(key="momentum.beta").set_value(0.5).run()
    after = link(app)
    app.query_params.clear()
    for key, text in before.items():
        app.query_params[key] = text
    app.run()
    assert link(app) == before != after
    assert app.select_slider(key="momentum.beta").value == float(before["momentum.beta"])


def test_a_late_link_does_not_undo_a_moved_knob() -> None:
    """Two quick moves: the second one comes with the address from before the first."""
    app = opened(optimizer="momentum", landscape="himmelblau")
    before = link(app)
    app.select_slider(key="momentum.beta").set_value(0.5).run()
    app.query_params.clear()
    for key, text in before.items():
        app.query_params[key] = text
    app.select_slider(key="momentum.beta").set_value(0.6).run()
    assert link(app)["momentum.beta"] == "0.6"


GARBAGE: dict[str, dict[str, str | list[str]]] = {
    "letters": {"steps": "many", "seed": "abc", "adam.learning_rate": "fast"},
    "not finite": {"steps": "nan", "seed": "inf", "adam.learning_rate": "nan", "start": "nan,inf"},
    "huge": {"steps": "1e400", "seed": "1e400", "adam.learning_rate": "1e308", "start": "1e400,-1e400"},
    "digits": {"seed": "9" * 400, "steps": "9" * 5000, "start": "9" * 400 + ",1"},
    "reversed": {"start": "5,-5,3", "steps": "-1", "seed": "-7"},
    "unknown ids": {"optimizer": "sgdd", "landscape": "mars"},
    "long": {"adam.learning_rate": "x" * 10_000, "start": "1," * 5_000, "y" * 10_000: "z"},
    "script": {"optimizer": "<script>alert(1)</script>", "<script>": "![a](http://evil.example/x.png)"},
    "repeated": {"seed": ["1", "2", "x"], "optimizer": ["adam", "momentum"], "foo": ["1", "2"]},
    "empty": {"seed": "", "start": "", "optimizer": "", "adam.learning_rate": ""},
    "view": {"view.scale": "cubic", "view.pair": "7,7", "view.follow": "-1", "view.": "1"},
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_in_a_link_is_repaired_aloud_and_the_rest_holds(garbage: dict[str, str | list[str]]) -> None:
    good = {"optimizer": "adam", "landscape": "himmelblau", "adam.beta1": "0.8123456789", "steps": "33"}
    app = opened(**{**good, **garbage})
    assert notes(app)
    assert not app.error
    repaired = link(app)
    assert Run.from_query(repaired)[1] == []
    for key in good.keys() - garbage.keys():
        if key in repaired:
            assert repaired[key] == good[key]
    assert len(notes(app)) < 3000


def test_notes_show_every_sign_as_it_was_written() -> None:
    app = opened(**{"_x_": "1", "*y*": "2", "q\\w": "1", "steps": "−5", "seed": "x" * 60})
    shown = notes(app)
    assert "'_x_' is ignored" in shown
    assert "'*y*' is ignored" in shown
    assert repr("q\\w") in shown
    assert "got '−5', which" in shown
    assert "xxx…" in shown


def test_the_start_is_set_exactly() -> None:
    app = opened(optimizer="momentum", landscape="himmelblau", start="0.123456789,-1.5")
    assert link(app)["start"] == "0.123456789,-1.5"
    app.number_input(key="start.1").set_value(2.25).run()
    assert link(app)["start"] == "0.123456789,2.25"
    app.selectbox(key="landscape").set_value("rosenbrock").run()
    app.selectbox(key="landscape").set_value("himmelblau").run()
    assert link(app)["start"] == "0.123456789,2.25"


def test_a_start_of_many_coordinates_is_one_text() -> None:
    app = opened(**{"optimizer": "adam", "landscape": "rastrigin", "rastrigin.dimension": "5"})
    app.text_input(key="start.all").set_value("1, 2, −3, 4.5, 0").run()
    assert link(app)["start"] == "1.0,2.0,-3.0,4.5,0.0"
    app.text_input(key="start.all").set_value("1, 2").run()
    assert link(app)["start"] == "1.0,2.0,-3.0,4.5,0.0"
    assert "5 numbers" in notes(app)


def test_the_die_takes_the_next_seed() -> None:
    app = opened(optimizer="random_search", landscape="bowl", seed="2147483647")
    app.button(key="die").click().run()
    assert link(app)["seed"] == "0"
    app.selectbox(key="optimizer").set_value("adam").run()
    assert not [button for button in app.button if button.key == "die"]


def test_the_ghost_is_the_last_run_after_one_moved_knob() -> None:
    app = opened(optimizer="momentum", landscape="himmelblau")
    first = app.session_state.run
    assert "ghost" not in app.session_state
    app.select_slider(key="momentum.beta").set_value(0.5).run()
    assert app.session_state.ghost == first
    app.run()
    assert app.session_state.ghost == first
    app.number_input(key="start.0").set_value(1.0).run()
    assert app.session_state.ghost is None


def test_what_counts_as_one_moved_knob() -> None:
    run = Run("momentum", "himmelblau", {"beta": 0.5, "learning_rate": 0.01})
    assert knobs_apart(run, Run("momentum", "himmelblau", {"beta": 0.6, "learning_rate": 0.01})) == 1
    assert knobs_apart(run, Run("momentum", "himmelblau", {"beta": 0.6, "learning_rate": 0.02})) == 2
    assert knobs_apart(run, Run("momentum", "himmelblau", {"beta": 0.6, "learning_rate": 0.01}, seed=1)) == -1
    assert knobs_apart(run, Run("gradient_descent", "himmelblau", {"learning_rate": 0.01})) == -1


def test_choices_are_those_that_the_landscape_knows() -> None:
    app = opened(optimizer="simulated_annealing", landscape="rastrigin", seed="3")
    assert app.selectbox(key="simulated_annealing.move").options == ["gaussian", "uniform"]
    app.selectbox(key="simulated_annealing.move").set_value("uniform").run()
    app.selectbox(key="landscape").set_value("circle_cities").run()
    assert app.selectbox(key="simulated_annealing.move").options == ["two opt", "swap", "insertion"]
    assert link(app)["simulated_annealing.move"] == "two_opt"


def test_each_landscape_keeps_its_knobs_and_its_start() -> None:
    app = opened(optimizer="simulated_annealing", landscape="circle_cities")
    app.select_slider(key="circle_cities.number").set_value(7).run()
    app.text_input(key="start.tour").set_value("6, 5 4,3,2,1,0").run()
    assert link(app)["start"] == "6,5,4,3,2,1,0"
    app.selectbox(key="landscape").set_value("himmelblau").run()
    assert link(app)["start"].count(",") == 1
    app.number_input(key="start.0").set_value(1.25).run()
    app.selectbox(key="landscape").set_value("random_cities").run()
    assert link(app)["start"].count(",") == 39
    app.selectbox(key="landscape").set_value("circle_cities").run()
    assert (link(app)["circle_cities.number"], link(app)["start"]) == ("7", "6,5,4,3,2,1,0")
    app.selectbox(key="landscape").set_value("himmelblau").run()
    assert link(app)["start"].startswith("1.25,")
    assert not notes(app)


def test_a_start_that_is_no_tour_is_said_and_kept_as_typed() -> None:
    app = opened(optimizer="two_opt", landscape="five_cities", start="0,1,2,3,4")
    for typed, why in (
        ("0,1,2,3,3", "city 3 is named twice; city 4 is missing"),
        ("0 1", "“0 1” does not name each of the cities 0 to 4 once: 3 are missing"),
        ("0,1,2,3,9.5", "there is no city 9.5"),
        ("1, 2, 2, x", "“1, 2, 2, x” does not name each of the cities 0 to 4 once: x is no number; city 2"),
        ("0,1,2,3,x", "x is no number; city 4 is missing"),
    ):
        app.text_input(key="start.tour").set_value(typed).run()
        assert why in notes(app)
        assert app.text_input(key="start.tour").value == typed
        assert link(app)["start"] == "0,1,2,3,4"
    app.number_input(key="steps").set_value(9).run()
    assert app.text_input(key="start.tour").value == "0,1,2,3,x", "it waits while something else is turned"
    app.text_input(key="start.tour").set_value("4, 3, 2, 1, 0").run()
    assert link(app)["start"] == "4,3,2,1,0"
    assert app.text_input(key="start.tour").value == "4, 3, 2, 1, 0"
    assert not notes(app)


def test_a_population_takes_no_start_tour() -> None:
    app = opened(optimizer="ant_colony", landscape="five_cities")
    assert not [field for field in app.text_input if field.key == "start.tour"]


def test_cities_are_written_as_text() -> None:
    app = opened(optimizer="two_opt", landscape="placed_cities")
    field = "placed_cities.cities.exact"
    assert app.text_area(key=field).value.splitlines()[0] == "73, 42"
    app.text_area(key=field).set_value("1 2\n30,4.56\n\n 50; 60\n7\t8").run()
    assert "point 3" in notes(app), "a semicolon is between points"
    app.text_area(key=field).set_value("1 2\n30,4.56\n\n 50, 60\n7\t8").run()
    assert link(app)["placed_cities.cities"] == "1,2;30,4.6;50,60;7,8"
    assert app.text_area(key=field).value == "1, 2\n30, 4.6\n50, 60\n7, 8"
    assert link(app)["start"].count(",") == 3
    before = link(app)
    for typed, why in (
        ("1,2\n3,4", "3 to 60 points"),
        ("1,2\n3,4\n5,600", "point 3"),
        ("1,2\n3,4\na,b", "point 3 is 'a,b'"),
    ):
        app.text_area(key=field).set_value(typed).run()
        assert why in notes(app), notes(app)
        assert app.text_area(key=field).value == typed
        assert link(app) == before
    app.button(key="reset").click().run()
    assert link(app)["placed_cities.cities"] == before["placed_cities.cities"]
    assert app.text_area(key=field).value == "1, 2\n30, 4.6\n50, 60\n7, 8"


def told(app: AppTest, monkeypatch: pytest.MonkeyPatch, message: object) -> AppTest:
    """The page after the player has sent a message about a city."""
    fake = Attributes({key: app.session_state[key] for key in ("run", "chosen", "notes", "refused")})
    fake.player = SimpleNamespace(cities=message)
    with monkeypatch.context() as patch:
        patch.setattr(controls.st, "session_state", fake)
        controls.cities_here()
    for key in fake.keys() - {"player", "run"}:
        app.session_state[key] = fake[key]
    return app.run()


def advised(app: AppTest, monkeypatch: pytest.MonkeyPatch, message: object) -> AppTest:
    """The page after the player has sent an advice that was followed."""
    fake = Attributes({key: app.session_state[key] for key in ("run", "chosen", "notes")})
    fake.player = SimpleNamespace(advice=message)
    with monkeypatch.context() as patch:
        patch.setattr(controls.st, "session_state", fake)
        controls.advice_here()
    for key in fake.keys() - {"player", "run"}:
        app.session_state[key] = fake[key]
    return app.run()


def test_an_advice_moves_the_knob_it_names_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(**{"optimizer": "gradient_descent", "landscape": "bowl", "gradient_descent.learning_rate": "0.001"})
    before = link(app)
    advised(app, monkeypatch, {"gradient_descent.learning_rate": "0.1", "adam.learning_rate": "1", "evil": "x"})
    assert link(app) == before | {"gradient_descent.learning_rate": "0.1"}
    advised(app, monkeypatch, {"start": "1.5,-2.5"})
    assert link(app)["start"] == "1.5,-2.5"
    advised(app, monkeypatch, {"gradient_descent.learning_rate": "a lot"})
    assert "a lot" in notes(app)
    for nonsense in (None, "x", 3):
        kept = link(app)
        assert link(advised(app, monkeypatch, nonsense)) == kept


class Attributes(dict):
    """A dictionary whose keys are attributes as well, as in Streamlit's session state."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__  # type: ignore[assignment]


def places(app: AppTest) -> list[tuple[float, float]]:
    return list(dict(app.session_state.run.landscape_knobs)["cities"])


def test_cities_are_placed_moved_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(**{"optimizer": "simulated_annealing", "landscape": "circle_cities", "circle_cities.number": "8"})
    app.select_slider(key="simulated_annealing.initial_temperature").set_value(50.0).run()
    app.text_input(key="start.tour").set_value("7,6,5,4,3,2,1,0").run()
    circle, before = app.session_state.run.make_landscape().cities.round(1), link(app)
    told(app, monkeypatch, {"add": [12.345, 67.89]})
    assert link(app)["landscape"] == "placed_cities"
    assert np.array_equal(places(app), [*circle.tolist(), (12.3, 67.9)])
    kept = {key: text for key, text in before.items() if key.startswith("simulated") or key in ("steps", "seed")}
    assert kept.items() <= link(app).items()
    assert link(app)["start"].count(",") == 8
    told(app, monkeypatch, {"move": [8, 20, 120.0]})
    assert places(app)[8] == (20.0, 100.0)
    app.text_input(key="start.tour").set_value("8,7,6,5,4,3,2,1,0").run()
    told(app, monkeypatch, {"remove": 0})
    assert np.array_equal(places(app), [*circle[1:].tolist(), (20.0, 100.0)])
    told(app, monkeypatch, {"add": places(app)[0]})
    assert len(set(places(app))) == 9, "a city placed on another lies beside it"
    assert link(app)["start"] != "8,7,6,5,4,3,2,1,0", "a start belongs to the cities it was given for"
    app.selectbox(key="landscape").set_value("circle_cities").run()
    assert link(app) == before
    assert not notes(app)


HOSTILE: list[object] = [
    None, 7, "add", [], {}, {"add": None}, {"add": 5}, {"add": "12"}, {"add": [1]}, {"add": [1, 2, 3]},
    {"add": ["1", 2]}, {"add": [float("nan"), 1]}, {"add": [float("inf"), 1]}, {"add": [10**400, 1]},
    {"add": [True, 1]}, {"add": {"x": 1}},
    {"move": [0, 1]}, {"move": [99, 1, 1]}, {"move": [-1, 1, 1]}, {"move": [0.5, 1, 1]}, {"move": [True, 1, 1]},
    {"move": [0, None, 1]}, {"move": ["0", 1, 1]}, {"remove": 99}, {"remove": -1}, {"remove": "0"}, {"remove": False},
    {"remove": [0]}, {"remove": None}, {"explode": 1},
]  # fmt: skip


def test_senseless_messages_change_no_city(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(**{"optimizer": "two_opt", "landscape": "circle_cities", "circle_cities.number": "8"})
    before = link(app)
    cities = app.session_state.run.make_landscape().cities.tolist()
    for message in HOSTILE:
        assert not isinstance(message, dict) or controls.changed(cities, message) is None
    for message in HOSTILE[:3]:
        assert link(told(app, monkeypatch, message)) == before
    assert controls.changed(cities, {"add": [1e300, -5]}) == [*cities, (1e300, -5.0)]
    told(app, monkeypatch, {"add": [1e300, -5]})
    assert places(app)[-1] == (100.0, 0.0)
    five = opened(optimizer="two_opt", landscape="five_cities")
    before = link(five)
    assert link(told(five, monkeypatch, {"add": [1, 1]})) == before, "these cities lie on no map"


def test_a_map_has_three_to_sixty_cities(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(**{"optimizer": "two_opt", "landscape": "placed_cities", "placed_cities.cities": "1,2;30,40;50,6"})
    told(app, monkeypatch, {"remove": 0})
    assert len(places(app)) == 3
    assert "3 to 60 cities; this would make 2" in notes(app)
    app = opened(**{"optimizer": "two_opt", "landscape": "random_cities", "random_cities.number": "60"})
    told(app, monkeypatch, {"move": [0, 50, 50]})
    assert not notes(app)
    assert len(places(app)) == 60
    before = link(app)
    assert len(urlencode(before)) < 2000
    told(app, monkeypatch, {"add": [1, 1]})
    assert "this would make 61" in notes(app)
    assert link(app) == before
    assert Run.from_query(before) == (app.session_state.run, [])
    again = opened(**before)
    assert link(again) == before
    assert not notes(again)


def test_back_and_forward_bring_the_cities_back(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(**{"optimizer": "two_opt", "landscape": "random_cities", "random_cities.number": "60"})
    links = [link(app)]
    for message in ({"move": [0, 50, 50]}, {"remove": 5}):
        told(app, monkeypatch, message)
        links.append(link(app))
    for wanted in (links[1], links[0], links[1], links[2]):
        app.query_params.clear()
        for key, text in wanted.items():
            app.query_params[key] = text
        app.run()
        assert link(app) == wanted


def test_a_turned_knob_leaves_the_view_inside_one_step() -> None:
    app = opened(**{"optimizer": "ant_colony", "landscape": "five_cities", "steps": "9", "view.inside": "4"})
    assert app.session_state.view.inside == 4
    assert [box.label for box in app.selectbox if box.key == "view.follow"] == ["Ant followed"]
    app.select_slider(key="ant_colony.beta").set_value(2.0).run()
    app.selectbox(key="view.follow").set_value("3").run()
    assert (link(app)["view.inside"], link(app)["view.follow"]) == ("4", "3")
    app.number_input(key="steps").set_value(2).run()
    app.selectbox(key="optimizer").set_value("two_opt").run()
    assert not notes(app)


def test_who_may_be_followed_has_a_name() -> None:
    assert asked("follow", {"0": "particle 1 of 2", "1": "particle 2 of 2"}) == "Particle followed"
    assert asked("follow", {"0": "ant 1 of 1"}) == "Ant followed"
    assert asked("scale", {"log": "log levels"}) == "Contour lines"


@pytest.mark.parametrize("knob", [knob for entry in OPTIMIZERS.values() for knob in entry.knobs.values()], ids=str)
def test_sliders_reach_their_ends_and_hold_any_value(knob: Knob) -> None:
    if knob.kind not in ("int", "float"):
        return
    ladder = stops(knob, knob.default)
    assert ladder == sorted(set(ladder))
    assert (ladder[0], ladder[-1]) == (knob.low, knob.high)
    assert knob.default in ladder
    assert len(ladder) <= 600
    texts = [knob.write(stop) for stop in ladder]
    assert len(set(texts)) == len(texts)
    assert [knob.read(text) for text in texts] == ladder


def frozen() -> list[tuple[str, str]]:
    lines = [line for line in LINKS.read_text().splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split()[1]) for line in lines]


def digest(run: Run) -> str:
    """A hash of what happened, to twelve significant digits."""
    trace = record(run)
    rounded = [f"{value + 0.0:.12g}" for array in (trace.x, trace.fx) for value in np.ravel(array)]
    return hashlib.sha256(" ".join(rounded).encode()).hexdigest()[:16]


@pytest.mark.parametrize(("expected", "query"), frozen())
def test_old_links_show_what_they_always_showed(expected: str, query: str) -> None:
    run, repairs = Run.from_query(dict(parse_qsl(query)))
    assert not repairs
    assert digest(run) == expected
