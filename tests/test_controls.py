"""The sync of link, widgets and run, through the real page without a browser."""

import hashlib
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from algorithms import OPTIMIZERS, Run, record
from algorithms.knob import Knob
from dashboard import PACKAGE, place
from dashboard.panel import stops
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
    assert app.session_state.ghost.run == first
    app.run()
    assert app.session_state.ghost.run == first
    app.number_input(key="start.0").set_value(1.0).run()
    assert app.session_state.ghost is None


def test_what_counts_as_one_moved_knob() -> None:
    run = Run("momentum", "himmelblau", {"beta": 0.5, "learning_rate": 0.01})
    assert knobs_apart(run, Run("momentum", "himmelblau", {"beta": 0.6, "learning_rate": 0.01})) == 1
    assert knobs_apart(run, Run("momentum", "himmelblau", {"beta": 0.6, "learning_rate": 0.02})) == 2
    assert knobs_apart(run, Run("momentum", "himmelblau", {"beta": 0.6, "learning_rate": 0.01}, seed=1)) == -1
    assert knobs_apart(run, Run("gradient_descent", "himmelblau", {"learning_rate": 0.01})) == -1


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
