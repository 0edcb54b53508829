"""The playground and home pages without a browser: every pair, added files, a run that takes too long."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest, app_test

from algorithms import LANDSCAPES, OPTIMIZERS, Run, discover, record
from dashboard import PACKAGE, cards, chapters, place, run_export, traces
from dashboard.charts.theme import theme
from dashboard.charts.view import View

PLAYGROUND = place("pages") / "playground.py"
PAIRS = [
    (optimizer.id, landscape.id)
    for landscape in LANDSCAPES.values()
    for optimizer in OPTIMIZERS.values()
    if optimizer.fits(landscape.make())
]


def opened(**query: str) -> AppTest:
    """The playground, opened by a link."""
    app = AppTest.from_file(PACKAGE / "app.py", default_timeout=30)
    for key, text in query.items():
        app.query_params[key] = text
    return app.switch_page(str(PLAYGROUND)).run()


@pytest.fixture(scope="module")
def session() -> AppTest:
    """One learner who opens one link after another."""
    return opened()


@pytest.fixture
def extra(tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Add files as a teacher would, in a folder of their own; they are taken out again afterwards."""
    registries: list[dict[str, Any]] = [OPTIMIZERS, LANDSCAPES]
    before = [(registry, dict(registry)) for registry in registries]

    def add(name: str, text: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        assert discover(tmp_path)

    yield add
    for registry, entries in before:
        registry.clear()
        registry.update(entries)
    for name in [name for name, module in sys.modules.items() if str(tmp_path) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]


@pytest.mark.parametrize(("optimizer", "landscape"), PAIRS)
def test_every_pair_is_shown(session: AppTest, optimizer: str, landscape: str) -> None:
    run = Run.suggested(optimizer, landscape)
    session.query_params.clear()
    for key, text in run.to_query().items():
        session.query_params[key] = text
    session.run()
    assert not session.exception
    assert not session.error
    assert not session.text
    trace, expected = traces.again(run), record(run)
    assert session.session_state.shown == trace.run == run
    assert trace.stop == expected.stop
    assert len(trace) == len(expected) == int(expected.evaluations.size)
    (player,) = session.get("bidi_component")
    assert run.id.encode() in player.proto.bytes
    assert session.code[-1].value.strip() == OPTIMIZERS[optimizer].source.strip()
    assert session.latex


def home() -> AppTest:
    app = AppTest.from_file(PACKAGE / "app.py", default_timeout=30).run()
    assert not app.exception
    return app


def test_home_shows_four_live_experiments_and_is_light() -> None:
    ways = home().get("bidi_component")
    assert len(ways) == 4
    for card in ways:
        assert b"playground?landscape=" in card.proto.bytes
    assert sum(len(card.proto.bytes) for card in ways) < 380_000


def test_what_home_shows_is_recorded_at_once() -> None:
    for run, _ in chapters.entries().values():
        began = time.process_time()
        record(run)
        assert time.process_time() - began < 0.25


SIGN_DESCENT = '''from typing import Annotated
import numpy as np
from algorithms import Knob, State, optimizer

@optimizer("Sign descent", family="first order", needs="gradient", reference="a test")
def sign_descent(f, x, rng, *, reach: Annotated[float, Knob(0.01, 1.0, log=True, symbol="r", help="Step.")] = 0.1):
    """Step by the sign of the gradient."""
    while True:
        yield State(x)
        x = x - reach * np.sign(f.gradient(x))
'''


def test_home_maps_all_chapters_and_has_no_dead_link() -> None:
    app = home()
    titles = [title.value for title in app.subheader]
    assert titles == [f"{each.number} · {each.title}" for each in chapters.ALL]
    assert len(chapters.ALL) == 11
    linked = []
    for link in app.get("page_link"):
        query = dict(parse_qsl(link.proto.query_string))
        if "optimizer" in query:
            run, repairs = Run.from_query(query)
            assert not repairs
            linked.append(run.optimizer)
    assert set(linked) == set(OPTIMIZERS)
    shelf = [lesson.title for chapter in chapters.ALL for lesson in chapter.lessons]
    labels = " ".join(link.proto.label for link in app.get("page_link"))
    assert all(title in labels for title in shelf)


def test_what_does_not_exist_is_to_come(extra: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(OPTIMIZERS, "adam")
    extra("optimizers/sign_descent.py", SIGN_DESCENT)
    app = home()
    labels = [link.proto.label for link in app.get("page_link")]
    assert "Adam" not in labels
    assert "Adam" in app.caption[0].value
    assert labels[-1] == "Sign descent", "what somebody added is linked too"
    monkeypatch.delitem(LANDSCAPES, "cubic")
    assert len(home().get("bidi_component")) == 3


def test_the_files_of_a_run_are_made_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError("nobody asked for this file")

    for name in ("csv", "script", "notebook"):
        monkeypatch.setattr(run_export, name, refuse)
    monkeypatch.setattr(cards, "to_html", refuse)
    app = opened(optimizer="newton", landscape="cubic")
    assert not app.exception
    assert [button.proto.label for button in app.get("download_button")] == [
        "Table (CSV)", "Animation (HTML)", "Python", "Notebook",
    ]  # fmt: skip


def test_the_animation_is_the_picture_that_is_seen() -> None:
    run = Run.suggested("particle_swarm", "rastrigin", steps=5)
    page = cards.animation(View(), theme("light"), record(run))
    assert page.startswith("<!doctype html>")
    assert "Rastrigin" in page


def test_embedded_there_is_the_player_and_its_knobs_and_nothing_else() -> None:
    app = AppTest.from_file(PACKAGE / "app.py", default_timeout=30)
    app.context = {"is_embedded": True}
    app.switch_page(str(PLAYGROUND)).run()
    assert not app.exception
    assert app.get("bidi_component")
    assert not app.code
    assert not app.subheader
    assert not app.sidebar.selectbox
    assert app.main.selectbox(key="optimizer")


def test_what_to_try_and_the_lines_to_embed() -> None:
    app = opened(optimizer="gradient_descent", landscape="quadratic")
    links = app.get("page_link")
    assert [link.proto.page for link in links] == ["playground", "playground", "lab"]
    for link in links:
        query = dict(pair.split("=", 1) for pair in link.proto.query_string.split("&"))
        assert query["landscape"] == "quadratic"
    assert "<iframe" in app.code[0].value
    assert "embed=true&landscape=quadratic" in app.code[0].value


def test_a_new_file_is_picked_turned_linked_and_shown(extra: Callable[[str, str], None]) -> None:
    """One optimizer file and one landscape file, and no other edit."""
    extra("optimizers/sign_descent.py", SIGN_DESCENT)
    extra(
        "landscapes/dish.py",
        '''from typing import Annotated
import numpy as np
from algorithms import Knob, Landscape, landscape

@landscape("Dish")
def dish(*, depth: Annotated[float, Knob(1.0, 9.0, symbol="h", help="How deep.")] = 2.0):
    """A round dish."""
    return Landscape(
        "Dish", value=lambda x: depth * (x**2).sum(-1), gradient=lambda x: 2 * depth * x, low=(-2, -2), high=(2, 2),
    )
''',
    )
    app = opened(
        **{"optimizer": "sign_descent", "landscape": "dish", "sign_descent.reach": "0.0312345", "dish.depth": "3.7"}
    )
    assert not app.exception
    assert not app.text
    assert "Dish · bowls and valleys" in app.selectbox(key="landscape").options
    assert "Sign descent · first order" in app.selectbox(key="optimizer").options
    assert app.select_slider(key="sign_descent.reach").value == 0.0312345
    assert app.select_slider(key="dish.depth").value == 3.7
    assert app.session_state.link["sign_descent.reach"] == "0.0312345"
    assert "np.sign(f.gradient(x))" in app.code[-1].value
    app.select_slider(key="dish.depth").set_value(5.0).run()
    assert app.session_state.link["dish.depth"] == "5.0"


SWARM = {"optimizer": "particle_swarm", "landscape": "rastrigin"}
RECOMMENDED = OPTIMIZERS["particle_swarm"].presets["recommended"]


def knobs(app: AppTest) -> dict[str, Any]:
    """The knobs of the run that is shown, which are also those of its link."""
    assert not app.exception
    run, repairs = Run.from_query(app.session_state.link)
    assert not repairs
    assert run == app.session_state.run
    return dict(run.knobs)


def test_a_preset_sets_all_knobs_and_the_link_and_says_which_one_it_is() -> None:
    app = opened(**SWARM, seed="4", **{"particle_swarm.w": "0.9", "particle_swarm.walls": "false"})
    steps = app.session_state.link["steps"]
    assert app.selectbox(key="preset").value == "own"
    assert app.selectbox(key="preset").options == ["As in the article", "Recommended", "Own"]
    app.selectbox(key="preset").select("recommended").run()
    assert knobs(app) == RECOMMENDED
    assert app.selectbox(key="preset").value == "recommended"
    assert app.selectbox(key="preset").options == ["As in the article", "Recommended"]
    assert app.select_slider(key="particle_swarm.w").value == 0.6
    assert (app.session_state.link["seed"], app.session_state.link["steps"]) == ("4", steps)
    app.select_slider(key="particle_swarm.w").set_value(0.7).run()
    assert app.selectbox(key="preset").value == "own"
    assert knobs(app) == RECOMMENDED | {"w": 0.7}
    app.selectbox(key="preset").select("as in the article").run()
    assert knobs(app) == OPTIMIZERS["particle_swarm"].presets["as in the article"]
    assert not app.text


def test_a_link_shows_its_preset_and_says_nothing_of_it() -> None:
    run = Run("particle_swarm", "himmelblau", RECOMMENDED)
    app = opened(**run.to_query())
    assert app.selectbox(key="preset").value == "recommended"
    assert app.session_state.link.keys() == run.to_query().keys()
    app = opened(**run.to_query() | {"particle_swarm.inertia_steps": "77"})
    assert app.selectbox(key="preset").value == "recommended", "a knob without effect makes no difference"


def test_a_preset_goes_along_to_another_landscape_and_leaves_choices_to_it() -> None:
    app = opened(optimizer="genetic_algorithm", landscape="rastrigin")
    app.selectbox(key="preset").select("recommended").run()
    assert knobs(app)["survival"] == "plus"
    app.selectbox(key="landscape").set_value("random_cities").run()
    assert not app.text, "nothing had to be repaired"
    assert knobs(app)["crossover"] == "order"
    assert app.selectbox(key="preset").value == "recommended"
    app.selectbox(key="preset").select("as in the article").run()
    article = OPTIMIZERS["genetic_algorithm"].presets["as in the article"]
    assert knobs(app) == dict(article) | {"crossover": "order"}
    assert app.selectbox(key="preset").value == "as in the article"
    app.selectbox(key="landscape").set_value("sphere").run()
    assert not app.text
    assert knobs(app)["crossover"] == "blend"


def test_what_is_suggested_for_a_landscape_is_a_preset_where_it_is_none_of_the_others() -> None:
    app = opened(optimizer="differential_evolution", landscape="rastrigin")
    first = knobs(app)
    assert app.selectbox(key="preset").value == "suggested here"
    assert app.selectbox(key="preset").options == ["Suggested here", "As in the article", "Recommended"]
    app.selectbox(key="preset").select("as in the article").run()
    assert knobs(app) == OPTIMIZERS["differential_evolution"].presets["as in the article"] != first
    app.selectbox(key="preset").select("suggested here").run()
    assert knobs(app) == first


def test_presets_are_offered_only_where_two_differ(extra: Callable[[str, str], None]) -> None:
    assert "preset" not in [box.key for box in opened(optimizer="adam", landscape="bowl").selectbox]
    extra("optimizers/sign_descent.py", SIGN_DESCENT.replace('"a test"', '"a test", presets={"as in the article": {}}'))
    app = opened(optimizer="sign_descent", landscape="bowl")
    assert not app.exception
    assert "preset" not in [box.key for box in app.selectbox]


def test_a_new_file_brings_its_presets(extra: Callable[[str, str], None]) -> None:
    presets = 'presets={"as in the article": {}, "tiny": {"reach": 0.02}}'
    extra("optimizers/sign_descent.py", SIGN_DESCENT.replace('"a test"', f'"a test", {presets}'))
    app = opened(optimizer="sign_descent", landscape="bowl")
    assert app.selectbox(key="preset").value == "as in the article"
    app.selectbox(key="preset").select("tiny").run()
    assert app.session_state.link["sign_descent.reach"] == "0.02"
    app.button(key="reset").click().run()
    assert app.selectbox(key="preset").value == "as in the article"


TERRACES = '''import numpy as np
from algorithms import Landscape, landscape

@landscape("Terraces")
def terraces():
    """Steps without a slope."""
    return Landscape("Terraces", value=lambda x: np.floor(x**2).sum(-1), low=(-2, -2), high=(2, 2))
'''


def test_an_impossible_pair_keeps_the_landscape_and_says_so(extra: Callable[[str, str], None]) -> None:
    extra("landscapes/terraces.py", TERRACES)
    app = opened(optimizer="newton", landscape="terraces", seed="7")
    assert not app.exception
    assert app.session_state.link["landscape"] == "terraces"
    assert app.session_state.link["seed"] == "7"
    assert not OPTIMIZERS[app.session_state.link["optimizer"]].needs & {"gradient", "hessian"}
    assert "Newton" in app.text[0].value
    assert not [option for option in app.selectbox(key="optimizer").options if option.startswith("Newton")]


SLOW = '''import time
import numpy as np
from algorithms import Landscape, landscape

def slope(x):
    time.sleep(0.01)
    return 2 * x

@landscape("Slow bowl")
def slow_bowl():
    """A bowl that takes its time."""
    return Landscape("Slow bowl", value=lambda x: (x**2).sum(-1), gradient=slope, low=(-2, -2), high=(2, 2))
'''


def test_a_long_run_says_so_and_can_be_cancelled(
    extra: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    extra("landscapes/slow_bowl.py", SLOW)
    app = opened()
    rate = {"gradient_descent.learning_rate": "0.0001"}
    query = {"landscape": "slow_bowl", "optimizer": "gradient_descent", "steps": "3000"} | rate
    said: list[str] = []

    class Impatient(app_test.LocalScriptRunner):
        """A learner who presses Cancel as soon as it is there."""

        def request_rerun(self, rerun_data: RerunData) -> bool:
            threading.Thread(target=self.press, args=(rerun_data,), daemon=True).start()
            return super().request_rerun(rerun_data)

        def press(self, asked: RerunData) -> None:
            while not self.script_stopped():
                time.sleep(0.02)
                messages = [message for message in list(self.forward_msgs()) if message.HasField("delta")]
                for element in (message.delta.new_element for message in messages):
                    said.append(element.progress.text)
                    if element.button.label == "Cancel":
                        states = WidgetStates()
                        states.widgets.add(id=element.button.id, trigger_value=True)
                        super().request_rerun(replace(asked, widget_states=states))
                        return

    app.query_params.clear()
    for key, text in query.items():
        app.query_params[key] = text
    with monkeypatch.context() as patch:
        patch.setattr(app_test, "LocalScriptRunner", Impatient)
        app.run()
    assert not app.exception
    assert any("Computing: step" in text for text in said)
    cut = app.session_state.cancelled.trace
    assert cut.stop.reason == "cancelled"
    assert 20 < len(cut) < 1500
    app.run()  # and stays so: nothing is computed again
    assert app.session_state.cancelled.trace is cut
    app.number_input(key="steps").set_value(5).run()
    assert traces.again(app.session_state.shown).stop.reason == "step limit"
    assert app.session_state.cancelled is None, "back at the long run, all of it is wanted"


def test_a_landscapes_card_names_minima_and_saddle_points() -> None:
    told = {id: dict(cards.facts(LANDSCAPES[id].make())) for id in ("himmelblau", "saddle", "branin", "bowl")}
    assert told["himmelblau"]["Saddle points"].startswith("f = 104 at (−3.07, −0.08); ")
    assert told["himmelblau"]["Saddle points"].count("f = ") == 4
    assert told["saddle"]["Saddle point"] == "f = 0 at (0.000, 0.000)"
    assert "Global minimum" not in told["saddle"]
    assert told["saddle"]["Note"].startswith("Unbounded below")
    assert told["branin"]["Global minima"].count("f = 0.3979") == 3
    assert not any(name.startswith("Saddle") for name in told["bowl"])
