"""One file more is one optimizer or landscape more, with no other edit."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, discover, fitting, record

OPTIMIZER = '''
from typing import Annotated

from algorithms import Knob, State, optimizer

Shrink = Annotated[float, Knob(0.1, 0.99, symbol="s", help="How much of x is left after a step.")]


@optimizer("Shrinking", family="a new family", needs="value", reference="Nobody 2020", rule=(r"<x'> = <shrink> <x>",))
def shrinking(f, x, rng, *, shrink: Shrink = 0.5):
    """Walk to the origin, whatever is there."""
    while True:
        yield State(x, fx=f(x))
        x = shrink * x
'''
LANDSCAPE = '''
import numpy as np

from algorithms import Landscape, landscape


@landscape("Funnel", suggest={"shrinking": {"shrink": 0.9}})
def funnel():
    """The distance to the origin."""
    return Landscape("Funnel", lambda x: np.sqrt(np.sum(x**2, -1)), low=(-3, -3), high=(3, 3))
'''


REFERENCE = 'reference="Nobody 2020"'


@pytest.fixture
def folder(tmp_path):
    for room, name, text in (("optimizers", "shrinking", OPTIMIZER), ("landscapes", "mine", LANDSCAPE)):
        (tmp_path / room).mkdir()
        (tmp_path / room / f"{name}.py").write_text(text, encoding="utf-8")
    yield tmp_path
    for registry in (OPTIMIZERS, LANDSCAPES):
        for id in ("shrinking", "funnel"):
            registry.pop(id, None)
    for name in ("algorithms.optimizers.shrinking", "algorithms.landscapes.mine"):
        sys.modules.pop(name, None)


def test_one_file_is_enough(folder):
    assert discover(folder) == ["funnel", "shrinking"]
    assert [entry.id for entry in fitting(LANDSCAPES["funnel"].make())][-1] == "shrinking", "a new family comes last"
    assert LANDSCAPES["funnel"].group == "bowls and valleys", "a surface that names no group"
    run = Run("shrinking", "funnel", start=(1, 2), steps=10)
    assert dict(run.knobs) == {"shrink": 0.5}
    run = Run.suggested("shrinking", "funnel", start=(1, 2), steps=10)
    assert dict(run.knobs) == {"shrink": 0.9}
    trace = record(run)
    assert np.allclose(trace.x[-1], 0.9**10 * np.array([1, 2]))
    assert Run.from_query(run.to_query()) == (run, [])
    assert OPTIMIZERS["shrinking"].source.startswith("def shrinking(")
    assert discover(folder) == [], "finding the same files again changes nothing"
    momentum, notes = Run.from_query({"landscape": "funnel", "optimizer": "momentum", "seed": "5"})
    assert (momentum.landscape, momentum.seed) == ("funnel", 5)
    assert momentum.optimizer == fitting(LANDSCAPES["funnel"].make())[0].id
    assert "Momentum cannot run on Funnel" in notes[0]


def test_the_environment_names_further_folders(folder):
    code = "import algorithms; print('shrinking' in algorithms.OPTIMIZERS, 'funnel' in algorithms.LANDSCAPES)"
    root = Path(__file__).parents[2]
    env = os.environ | {"OPTIMIZATION_LAB_EXTRA": str(folder), "PYTHONPATH": str(root)}
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True", "True"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("def shrinking", "def other", "file must have the optimizer's name"),
        ("<shrink>", "<shrnk>", "slot <shrnk>"),
        ("= 0.5", "= 5.0", "shrink must be between 0.1 and 0.99; got 5.0"),
        ('symbol="s"', "log=True", None),
        ("Knob(0.1", "Knob(0.0, log=True, high=1) if False else Knob(0.1", None),
        ('reference="Nobody 2020"', 'reference="Nobody 2020", color="pink"', "color must be one of"),
        ('reference="Nobody 2020"', 'reference="Nobody 2020", stops="never"', "stops must be"),
        ("shrink: Shrink", "shrink: float", "annotate it"),
        (REFERENCE, f'{REFERENCE}, presets={{"as in the article": {{}}, "slow": {{"shrink": 0.9}}}}', None),
        (REFERENCE, f'{REFERENCE}, presets={{"as in the article": {{"shrink": 0.5}}}}', None),
        (
            REFERENCE,
            f'{REFERENCE}, presets={{"as in the article": {{"shrink": 0.6}}}}',
            "preset 'as in the article': shrink must be the default, 0.5",
        ),
        (
            REFERENCE,
            f'{REFERENCE}, presets={{"slow": {{"shrnk": 0.9}}}}',
            "shrinking, preset 'slow' has no knob 'shrnk'; did you mean 'shrink'",
        ),
        (
            REFERENCE,
            f'{REFERENCE}, presets={{"slow": {{"shrink": 1}}}}',
            "shrinking, preset 'slow': shrink must be between 0.1 and 0.99; got 1",
        ),
        (REFERENCE, f'{REFERENCE}, presets={{"slow": 0.9}}', "preset 'slow': it must map knobs to values; got 0.9"),
    ],
)
def test_a_mistake_is_named_on_import(folder, old, new, message):
    file = folder / "optimizers" / "shrinking.py"
    file.write_text(OPTIMIZER.replace(old, new), encoding="utf-8")
    if message is None:
        assert "shrinking" in discover(folder)
    else:
        with pytest.raises((ValueError, TypeError), match=message):
            discover(folder)


def test_two_files_of_one_name_are_refused(folder):
    (folder / "optimizers" / "adam.py").write_text(OPTIMIZER.replace("def shrinking", "def adam"), encoding="utf-8")
    adam = sys.modules["algorithms.optimizers.adam"]
    try:
        with pytest.raises(ValueError, match="two entries are called adam"):
            discover(folder)
    finally:
        sys.modules["algorithms.optimizers.adam"] = adam
