"""The numbers table: one row a frame, a column for everything that a reader may want to look up."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import pheromone, shapes, tour_words
from dashboard.charts.diagnosis import diameter
from dashboard.charts.view import View
from dashboard.charts.wording import subscript
from dashboard.charts.words import frame_word


def table(trace: Trace, view: View) -> dict[str, np.ndarray]:
    """Return the columns of the table, each (T,); of a population the followed member and the best are shown."""
    if tour_words.is_tour(trace):
        return _lengths(trace, view)
    T, d = len(trace), trace.x.shape[-1]
    population = trace.x.ndim == 3
    member = int(np.clip(view.follow, 0, trace.x.shape[1] - 1)) if population else 0

    def one(array: np.ndarray) -> np.ndarray:
        return array[:, member] if population else array

    columns: dict[str, np.ndarray] = {frame_word(trace): np.arange(T)}
    if "covariance" in trace.fields:
        return columns | _distribution(trace, view)
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
    if "donors" in trace.fields:
        columns["f of its trial"] = np.asarray(trace.value("trial_fx"))[:, member]
        columns["accepted"] = np.asarray(trace.value("accepted"), float)[:, member]
        columns["spread"] = shapes.spread(trace)
    if "parents" in trace.fields:  # a member of the next generation is another one: there is no step between them
        for i, name in enumerate(("parent a", "parent b")):
            who = np.asarray(trace.value("parents"), float)[:, member, i]
            columns[name] = np.where(who >= 0, who + 1, np.nan)
    else:
        columns["step length"] = np.linalg.norm(one(trace.value("step")), axis=-1)
    columns["evaluations"] = np.sum([trace.evaluations[name] for name in ("values", "gradients", "hessians")], axis=0)
    return {name: np.asarray(column) for name, column in columns.items()}


def _distribution(trace: Trace, view: View) -> dict[str, np.ndarray]:
    """Return the columns of a run that draws its members anew in every frame: its mean, its axes, its best."""
    d, mean, length = trace.x.shape[-1], np.asarray(trace.value("mean"), float), shapes.axes(trace)[0]
    columns = {f"m{subscript(i + 1) if d > 1 else ''}": mean[:, i] for i in ((0,) if d == 1 else view.pair)}
    columns |= {"σ": np.asarray(trace.value("sigma"), float), "longest axis": length[:, -1]}
    if d > 1:
        columns["shortest axis"] = length[:, 0]
    columns["f of the best member"] = np.asarray(trace.fx).min(axis=1)
    columns["best f"] = trace.best_fx
    columns["step of m"] = np.append(np.linalg.norm(np.diff(mean, axis=0), axis=1), np.nan)
    columns["evaluations"] = np.asarray(trace.evaluations["values"], float)
    return columns


def _lengths(trace: Trace, view: View) -> dict[str, np.ndarray]:
    """Return the columns of a run on tours; of a population those of the followed member, the best and the mean."""
    T, population, member = len(trace), trace.x.ndim == 3, max(view.follow, 0)
    columns: dict[str, np.ndarray] = {frame_word(trace): np.arange(T)}
    if population:
        columns[f"length of {tour_words.member(trace)} {member + 1}"] = trace.fx[:, member]
        columns["shortest"] = trace.fx.min(axis=1)
        columns["mean"] = trace.fx.mean(axis=1)
    elif "visited" in trace.fields:  # the rest of the tour is not built yet
        columns["settled"] = np.asarray(trace.value("visited"), float)
        columns["last city"] = trace.x[np.arange(T), np.asarray(trace.value("visited"), int) - 1]
        columns["built so far"] = tour_words.built(trace)
        columns["evaluations"] = np.asarray(trace.evaluations["values"], float)
        return columns
    else:
        columns["length"] = trace.fx
        if "trial_fx" in trace.fields:
            columns["tried"] = np.asarray(trace.value("trial_fx"), float)
    columns["best length"] = trace.best_fx
    name = "gap to the optimum, %" if tour_words.known(trace) else "gap at most, %"
    columns[name] = tour_words.gap(trace, trace.best_fx)
    if best := trace.best_fx[-1]:
        columns["above the best found, %"] = 100 * (trace.best_fx / best - 1)
    if "pheromone" in trace.fields:
        field, which = pheromone.kept(trace)
        columns["edges a city"] = pheromone.branching(field)[which]
    for field_name, label in (("temperature", "T"), ("accepted", "accepted")):
        if field_name in trace.fields:
            columns[label] = np.asarray(trace.value(field_name), float)
    columns["evaluations"] = np.asarray(trace.evaluations["values"], float)
    return columns
