"""What one run is taken away as: a table that stays bounded, and Python that gives the same numbers elsewhere."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from algorithms import LANDSCAPES, OPTIMIZERS, Run, Stop, record
from dashboard import run_export

RUNS = [
    Run("gradient_descent", "quadratic", {"learning_rate": 0.1}, start=(5.0,), steps=50),
    Run("newton", "cubic", start=(3.0,), steps=20),
    Run("momentum", "bowl", {"learning_rate": 2.0}, steps=400),  # diverges
    Run.suggested("particle_swarm", "rastrigin", seed=3),
    Run.suggested(
        "adam",
        "formula",
        landscape_knobs={"expression": " + ".join(f"sin({k}*x)**2/{k} + abs(y - {k})" for k in range(1, 7)), "low": -1},
    ),
    *(
        Run.suggested(optimizer, landscape, seed=5)
        for optimizer, landscape in (
            ("simulated_annealing", "circle_cities"),
            ("simulated_annealing", "placed_cities"),
            ("ant_colony", "five_cities"),
            ("genetic_algorithm", "sphere"),
        )
        if optimizer in OPTIMIZERS and landscape in LANDSCAPES
    ),
]
NUMBERS = "\nprint(repr(trace.x.tolist()), repr(trace.best_fx.tolist()), trace.stop.reason, sep='|')"


def printed(programs: list[str], folder: Path) -> list[str]:
    """What programs print that run one after the other, each by itself, where nothing of this project lies."""
    each = "for code in programs:\n    print('\\f', end='')\n    exec(code, {})"
    done = subprocess.run(
        [sys.executable, "-"],
        input=f"{programs = !r}\n{each}\n",
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return done.stdout.split("\f")[1:]


def cells(notebook: str) -> str:
    """The code of a notebook, cell after cell."""
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code")


@pytest.mark.parametrize("kind", ["script", "notebook"])
def test_the_script_and_the_notebook_make_the_same_run(kind: str, tmp_path: Path) -> None:
    recorded = [record(run) for run in RUNS]
    code = [run_export.script(each) if kind == "script" else cells(run_export.notebook(each)) for each in recorded]
    for trace, said in zip(recorded, printed([text + NUMBERS for text in code], tmp_path), strict=True):
        steps, here, lab, numbers = said.splitlines()
        assert numbers == f"{trace.x.tolist()!r}|{trace.best_fx.tolist()!r}|{trace.stop.reason}"
        assert steps == f"{len(trace) - 1} steps. {trace.stop.message}"
        assert here.split()[-1] == lab.split()[-1] == str(float(trace.best_fx[-1]))


def test_every_value_is_written_out() -> None:
    run = Run("adam", "rosenbrock", {"learning_rate": 0.0123456789}, start=(0.3123456789, -1.0), steps=33)
    text = run_export.script(record(run))
    for name, value in (*run.knobs, *run.landscape_knobs):
        written = json.dumps(value) if isinstance(value, str) else repr(value)
        assert f'"{name}": {written}' in text
    assert "start=(0.3123456789, -1.0)," in text
    assert "steps=33," in text
    assert "seed=0," in text
    assert "pip install ." in text.partition("from algorithms")[0]
    assert max(map(len, text.splitlines())) <= 120


def test_the_notebook_is_one() -> None:
    book = json.loads(run_export.notebook(record(RUNS[0])))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert set(book) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert [cell["cell_type"] for cell in book["cells"]] == ["markdown", *["code"] * (len(book["cells"]) - 1)]
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    for cell in book["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | code
        assert all(isinstance(line, str) for line in cell["source"])
    try:
        import nbformat  # type: ignore[import-not-found]
    except ImportError:
        return
    nbformat.validate(nbformat.from_dict(book))


def test_a_cancelled_run_is_taken_away_as_far_as_it_came(tmp_path: Path) -> None:
    run = Run("adam", "himmelblau", steps=300)
    trace = record(replace(run, steps=40))
    cut = replace(trace, run=run, stop=Stop("cancelled", "Cancelled after 40 steps.", 40))
    assert run_export.whole(cut) == trace.run
    (said,) = printed([run_export.script(cut)], tmp_path)
    assert said.startswith("40 steps. ")
    assert said.count(str(float(trace.best_fx[-1]))) == 2


def test_what_another_file_added_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(OPTIMIZERS["momentum"], name="Mine", function=test_every_value_is_written_out)
    text = run_export.script(record(Run("momentum", "bowl", steps=3)))
    assert "OPTIMIZATION_LAB_EXTRA" not in text
    trace = record(Run("momentum", "bowl", steps=3))
    monkeypatch.setitem(OPTIMIZERS, "momentum", own)
    assert "OPTIMIZATION_LAB_EXTRA" in run_export.script(trace)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.optimizer}-{run.landscape}")
def test_the_table_reads_back_exactly(run: Run) -> None:
    trace = record(run)
    read = pd.read_csv(io.StringIO(run_export.csv(trace)))
    assert len(read) == len(trace)
    assert np.array_equal(read["best_fx"], trace.best_fx, equal_nan=True)
    assert np.array_equal(read["values"], trace.evaluations["values"])
    names = {column.partition("[")[0] for column in read.columns}
    assert names.isdisjoint(run_export.left_out(trace))
    fields = {name for name, values in trace.fields.items() if np.size(values)}  # no line was searched: no trials
    assert names | set(run_export.left_out(trace)) >= {"x", "fx", "best_x", *fields}


def test_the_table_of_a_long_run_stays_bounded() -> None:
    trace = record(Run("particle_swarm", "rastrigin", {"particles": 200}, {"dimension": 2}, steps=10_000))
    table = run_export.table(trace)
    assert table.size <= run_export.CELLS + 12 * len(trace)
    assert {"step", "best_fx", "x[0,0]", "x[199,1]", "values"} <= set(table.columns)
    out = run_export.left_out(trace)
    assert out
    assert not [column for column in table.columns if column.partition("[")[0] in out]


def test_files_are_named_after_the_run() -> None:
    run = RUNS[0]
    assert run_export.file_name(run, "csv") == f"gradient_descent-on-quadratic-{run.id}.csv"
