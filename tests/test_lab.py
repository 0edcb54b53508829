"""The step-size lab without a browser: links, what it cannot show, and a rate set in the picture."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, sweepable
from dashboard import PACKAGE, controls, place

LAB, PLAYGROUND = place("pages") / "lab.py", place("pages") / "playground.py"
BOWL = {"landscape": "bowl", "optimizer": "gradient_descent", "gradient_descent.learning_rate": "0.12"}


def opened(page=LAB, **query: str) -> AppTest:
    app = AppTest.from_file(PACKAGE / "app.py", default_timeout=30)
    for key, text in query.items():
        app.query_params[key] = text
    return app.switch_page(str(page)).run()


def link(app: AppTest) -> dict[str, str]:
    assert not app.exception, app.exception
    written = {key: text if isinstance(text, str) else ", ".join(text) for key, text in app.query_params.items()}
    assert written == app.session_state.link
    return written


def test_a_playground_link_is_a_lab_link():
    query = Run.suggested("momentum", "himmelblau", steps=60).to_query()
    assert link(opened(**query)) == link(opened(PLAYGROUND, **query)) == query


def test_the_lab_opens_by_itself():
    app = opened()
    assert not app.text
    assert sweepable(OPTIMIZERS[link(app)["optimizer"]], LANDSCAPES[link(app)["landscape"]].make())


def test_pickers_offer_what_can_be_swept():
    app = opened(**BOWL)
    grounds = [option.partition(" · ")[0] for option in app.selectbox(key="landscape").options]
    kinds = {entry.kind for entry in LANDSCAPES.values() if entry.name in grounds}
    assert kinds == {"curve", "surface"}
    able = [entry.name for entry in OPTIMIZERS.values() if sweepable(entry, LANDSCAPES["bowl"].make())]
    assert app.selectbox(key="optimizer").options == able
    assert OPTIMIZERS["newton"].name not in able


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"landscape": "bowl", "optimizer": "newton"}, f"{OPTIMIZERS['newton'].name} cannot be shown here. Using "),
        ({"landscape": "five_cities"}, f"{LANDSCAPES['five_cities'].name} cannot be shown here. Using Himmelblau."),
    ],
)
def test_what_cannot_be_shown_gives_way_and_says_so(query, words):
    app = opened(**query)
    said = " ".join(text.value for text in app.text)
    assert words in said
    run, repairs = Run.from_query(link(app))
    assert not repairs
    assert sweepable(OPTIMIZERS[run.optimizer], run.make_landscape())


def test_the_finding_and_the_prompts_are_on_the_page():
    app = opened(**BOWL)
    (player,) = app.get("bidi_component")
    assert "Every η above 2/L = 0.2 diverges".encode() in player.proto.bytes.replace(b"\\u03b7", "η".encode())
    labels = [each.proto.label for each in app.get("page_link")]
    assert sum("η" in label for label in labels) >= 2
    assert any("playground" in label for label in labels)


@pytest.mark.parametrize(
    ("x", "rate", "said"),
    [
        (0.3, "0.3", ""),
        (5.0, "2.0", "Learning rate η must be between 0.0001 and 2; got 5.0. Using the nearest value, 2.0."),
        (1e-6, "0.0001", "Learning rate η must be between 0.0001 and 2"),
        (float("nan"), "0.12", ""),
        ("<b>", "0.12", ""),
    ],
)
def test_a_rate_set_in_the_picture_is_clamped_with_a_note(monkeypatch, x, rate, said):
    run = Run("gradient_descent", "bowl", {"learning_rate": 0.12})
    state = Session(run=run, player=SimpleNamespace(start={"x": x, "y": 0}), chosen={}, notes=[])
    monkeypatch.setattr(controls.st, "session_state", state)
    controls.rate_here()
    assert state["chosen"] == {"gradient_descent.learning_rate": rate}
    assert said in " ".join(state["notes"])
    assert bool(state["notes"]) == bool(said)


class Session(dict):
    """A session state: its keys are attributes too."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__
