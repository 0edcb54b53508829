"""The numbers table: one row a frame, a column for everything that a reader may want to look up."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.diagnosis import diameter
from dashboard.charts.view import View
from dashboard.charts.wording import subscript


def table(trace: Trace, view: View) -> dict[str, np.ndarray]:
    """Return the columns of the table, each (T,); of a population the followed member and the best are shown."""
    T, d = len(trace), trace.x.shape[-1]
    population = trace.x.ndim == 3
    member = min(view.follow, trace.x.shape[1] - 1) if population else 0

    def one(array: np.ndarray) -> np.ndarray:
        return array[:, member] if population else array

    columns: dict[str, np.ndarray] = {"step": np.arange(T)}
    of = f" of no. {member + 1}" if population else ""
    for i in range(1) if d == 1 else view.pair:
        columns[f"x{subscript(i + 1) if d > 1 else ''}{of}"] = one(trace.x)[:, i]
    columns[f"f{of}"] = one(trace.fx)
    columns["best f"] = trace.best_fx
    if population:
        columns["width"] = diameter(trace)
    if "gradient" in trace.optimizer.needs:
        with np.errstate(all="ignore"):
            columns["slope ‖∇f‖"] = np.linalg.norm(one(trace.value("gradient")), axis=-1)
    for name, label in (("temperature", "T"), ("accepted", "accepted")):
        if name in trace.fields and trace.value(name).shape == (T,):
            columns[label] = np.asarray(trace.value(name), float)
    steps = np.linalg.norm(one(trace.value("step")), axis=-1)
    columns["step length"] = steps
    columns["evaluations"] = np.sum([trace.evaluations[name] for name in ("values", "gradients", "hessians")], axis=0)
    return {name: np.asarray(column) for name, column in columns.items()}
