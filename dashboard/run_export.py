"""One run to take away: its table, and Python that makes the same run with the package `algorithms` alone."""

import inspect
import json
import math
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from pprint import pformat
from typing import TYPE_CHECKING, Any

import numpy as np

import algorithms
from algorithms import LANDSCAPES, OPTIMIZERS, Run, Trace
from algorithms.registry import EXTRA
from algorithms.trace import WIDEST

if TYPE_CHECKING:
    import pandas as pd

CELLS = 1_500_000  # of a table, which is some 20 MB as text
INSTALL = "in a checkout of the Optimization Lab, `pip install .`"


def file_name(run: Run, ending: str) -> str:
    """Return the name under which a file of this run is saved, "momentum-on-himmelblau-1a2b3c4d.csv"."""
    return f"{run.optimizer}-on-{run.landscape}-{run.id}.{ending}"


def whole(trace: Trace) -> Run:
    """Return the run that has exactly these frames: a cancelled one ends where it was cancelled."""
    cut = trace.stop.reason == "cancelled" and len(trace) > 1
    return replace(trace.run, steps=len(trace) - 1) if cut else trace.run


def left_out(trace: Trace) -> list[str]:
    """Return the names of what does not fit into the table: fields too wide, and those beyond CELLS cells in all."""
    widths = {name: math.prod(trace.fields[name].shape[1:]) for name in trace.fields}
    widths = {"fx": trace.fx[0].size, "best_x": trace.best_x[0].size, "x": trace.x[0].size, **widths}
    room, out = CELLS / len(trace), []
    for name, width in widths.items():
        if width > min(room, WIDEST):
            out.append(name)
        else:
            room -= width
    return out


def table(trace: Trace) -> "pd.DataFrame":
    """Return one row a frame, without what is `left_out`."""
    frame, out = trace.to_frame(), left_out(trace)
    return frame[[column for column in frame.columns if column.partition("[")[0] not in out]]


def csv(trace: Trace) -> str:
    """Return the table as text: a line of names, then one line a frame, every number in full."""
    return table(trace).to_csv(index=False, lineterminator="\n")


def script(trace: Trace) -> str:
    """Return Python that makes the run again and says whether it ended with the same number."""
    words = textwrap.wrap(f"{_title(trace.run)}: a run of the Optimization Lab. {_needs(trace.run)}", 98)
    return "\n".join(["# " + line for line in words]) + "\n\n" + "\n\n".join(_code(trace)) + "\n"


def notebook(trace: Trace) -> str:
    """Return a Jupyter notebook (nbformat 4.5) that makes the run again, shows the last frames and draws best f."""
    chart = _CHART.format(log=', yaxis_type="log"' if _spans_decades(trace.best_fx) else "")
    cells = [
        _cell("markdown", f"# {_title(trace.run)}\n\nA run of the Optimization Lab. {_needs(trace.run)}"),
        *(_cell("code", code) for code in (*_code(trace), "trace.to_frame().tail()", chart)),
    ]
    for i, cell in enumerate(cells):
        cell["id"] = f"{trace.run.id}-{i}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    book = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


_CHART = """import plotly.graph_objects as go

figure = go.Figure(go.Scatter(y=trace.best_fx))
figure.update_layout(title="Best f so far", xaxis_title="step", yaxis_title="f"{log})
figure"""

_END = """best = float(trace.best_fx[-1])
print(f"{{len(trace) - 1}} steps. {{trace.stop.message}}")
print("best f here:       ", best)
print("best f in the lab:  {best}")"""


def _code(trace: Trace) -> Iterator[str]:
    """Yield the run with every value written out, and its end beside the lab's."""
    run = whole(trace)
    given: dict[str, Any] = {"optimizer": run.optimizer, "landscape": run.landscape, "knobs": dict(run.knobs)}
    given |= {"landscape_knobs": dict(run.landscape_knobs), "start": run.start, "steps": run.steps, "seed": run.seed}
    lines = []
    for name, value in given.items():
        text = pformat(value, width=100, compact=True, sort_dicts=False).replace("'", '"')
        lines.append(textwrap.indent(f"{name}={text},", "    "))
    yield "\n".join(["from algorithms import Run, record\n", "run = Run(", *lines, ")", "trace = record(run)"])
    yield _END.format(best=float(trace.best_fx[-1]))


def _title(run: Run) -> str:
    return f"{OPTIMIZERS[run.optimizer].name} on {LANDSCAPES[str(run.landscape)].name}"


def _needs(run: Run) -> str:
    """Say what must be installed, and where files of a teacher's own are looked for."""
    own = Path(algorithms.__file__).parent
    entries = (OPTIMIZERS[run.optimizer], LANDSCAPES[str(run.landscape)])
    added = [entry.name for entry in entries if own not in Path(inspect.getfile(entry.function)).parents]
    more = f" {' and '.join(added)} must be in a folder that the environment variable {EXTRA} names." if added else ""
    return f"It needs the package `algorithms`: {INSTALL}.{more}"


def _spans_decades(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and values.min() > 0 and values.max() > 100 * values.min())


def _cell(kind: str, text: str) -> dict[str, Any]:
    output: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": "", "metadata": {}, "source": text.splitlines(keepends=True)} | output
