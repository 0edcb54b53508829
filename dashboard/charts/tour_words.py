"""What is said about a run on tours: how long the best one is, how far that can be from the shortest, what it cost."""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import searches, words
from dashboard.charts.diagnosis import ROUNDING, is_tour, rises
from dashboard.charts.wording import counted, number
from dashboard.charts.words import frame_word, member

FAR = 25  # percent: so far above a bound, the bound says little of the shortest tour

__all__ = ["alternative", "best_gap", "gap", "is_tour", "known", "member", "outcome", "percent", "title", "yardstick"]


def yardstick(trace: Trace) -> float:
    """Return the length that tours are measured by: the optimum where it is known, else a bound no tour falls below."""
    return float(trace.landscape.lower_bound)  # type: ignore[attr-defined]


def known(trace: Trace) -> bool:
    """Return whether the shortest tour is known."""
    return trace.landscape.optimum is not None  # type: ignore[attr-defined]


def gap(trace: Trace, length: np.ndarray) -> np.ndarray:
    """Return by how many percent lengths exceed the optimum or, where it is unknown, at most exceed it."""
    least = yardstick(trace)
    if not least > 0:  # all cities at one place: every tour is as short as can be
        return np.zeros_like(np.asarray(length, float))
    above = 100 * (np.asarray(length, float) / least - 1)
    return np.where(np.abs(above) < 100 * 1e3 * ROUNDING, 0, above)


def result(trace: Trace) -> tuple[int, float]:
    """Return the frame and the length of the tour that speaks for the run: the best, or the one it has built."""
    k = len(trace) - 1 if "visited" in trace.fields else int(np.argmin(trace.best_fx))
    return k, float((trace.fx if "visited" in trace.fields else trace.best_fx)[k])


def best_gap(trace: Trace) -> float:
    """Return the gap of that tour."""
    return float(gap(trace, np.array([result(trace)[1]]))[0])


def percent(value: float) -> str:
    """Return a share as text: 312 %, 9.1 %, 0.04 %."""
    if abs(value) >= 99.95:
        return f"{number(round(value))} %"
    text = number(float(f"{value:.1f}")) if abs(value) >= 0.095 else number(float(f"{value:.1g}"))
    return f"{text} %"


def above(trace: Trace) -> str:
    """Return "9.1 % above the optimum", "at most 4.9 % above the shortest tour" or "the shortest possible".

    Of a tour far above a lower bound it is "227 % longer than the lower bound": most of that is no fault of the tour.
    """
    share = best_gap(trace)
    if share == 0:
        return "the shortest possible" if known(trace) else "the shortest possible, as the lower bound proves"
    if known(trace):
        return f"{percent(share)} above the optimum"
    return (
        f"{percent(share)} longer than the lower bound"
        if _far(trace)
        else f"at most {percent(share)} above the shortest tour"
    )


def _far(trace: Trace) -> bool:
    """Return whether the best tour is far above a lower bound."""
    return not known(trace) and best_gap(trace) > FAR


def senses(trace: Trace) -> str:
    """Return which sense the ants of a run lack: "α = 0: the ants ignore the trail"; "" where they have both."""
    knobs = dict(trace.run.knobs)
    if "pheromone" not in trace.fields or not {"alpha", "beta"} <= knobs.keys():
        return ""
    who = plural(trace)
    blind = [f"β = 0: the {who} ignore the distances"] if knobs["beta"] == 0 else []
    return "; ".join(([f"α = 0: the {who} ignore the trail"] if knobs["alpha"] == 0 else []) + blind)


def plural(trace: Trace) -> str:
    """Return what several members of the run's population are called."""
    return {"child": "children"}.get(member(trace), f"{member(trace)}s")


def title(trace: Trace, ghost: Trace | None = None) -> tuple[str, str]:
    """Return how far the best tour is from the shortest, and how the run came there or what differs from its ghost."""
    if trace.stop.reason == "memory":
        return words.title(trace)
    steps = len(trace) - 1
    if not steps:
        return f"The start is {number(trace.best_fx[0])} long", f"{trace.landscape.dimension} cities"
    if best_gap(trace) == 0:
        which = "tour" if "visited" in trace.fields else "best tour"
        finding = f"The {which}, {number(result(trace)[1])}, is the shortest possible"
    else:
        said = above(trace)
        finding = f"{said[0].upper()}{said[1:]} after {counted(steps, frame_word(trace))}"
        finding = f"Ends {said}" if _far(trace) else finding
    detail = (words.moved_knob(trace, ghost) if ghost is not None else "") or _course(trace)
    return finding, ". ".join(part for part in (senses(trace), detail) if part)


def _course(trace: Trace) -> str:
    """Return how the run went."""
    steps, word, best = len(trace) - 1, frame_word(trace), result(trace)[0]
    if trace.fx.ndim == 2:
        mean, shortest = float(np.mean(trace.fx[-1])), float(trace.best_fx[-1])
        when = f"Found at {word} {best:,} of {steps:,}" if best else "Among the first, random tours"
        whose = {"child": "children's"}.get(member(trace), f"{member(trace)}s'")
        if mean <= shortest * (1 + 1e-9):
            return f"{when}; in the end all {plural(trace)} take it"
        return f"{when}; in the end the {whose} mean is {percent(100 * (mean / shortest - 1))} longer"
    if "visited" in trace.fields:
        order = np.asarray(trace.x[-1], int)
        edges = np.asarray(trace.landscape.distances)[order, np.roll(order, -1)]  # type: ignore[attr-defined]
        home, others = number(edges[-1]), number(edges[:-1].mean())
        return f"The last edge, back to the start, is {home} long; the others {others} on average"
    if "added" in trace.fields:
        return f"{counted(steps, 'exchange')} of two edges, each of which shortens the tour"
    if said := searches.told(trace):
        return said
    uphill = int(np.sum(rises(trace.fx)))
    if uphill:
        return f"{uphill:,} of {counted(steps, 'step')} led uphill; the best tour was found at step {best:,}"
    better = int(np.sum(np.diff(trace.best_fx) < 0))
    return f"{better:,} of {counted(steps, 'step')} found a shorter tour"


def outcome(trace: Trace, ghost: Trace | None = None) -> tuple[str, str]:
    """Return why the run stopped, and a sentence: the best length, its gap, and what it cost."""
    if trace.stop.reason == "memory":
        return words.outcome(trace)
    best, which = number(result(trace)[1]), "tour" if "visited" in trace.fields else "best tour"
    if words.only_counts(trace):
        parts = [f"After {counted(len(trace) - 1, frame_word(trace))} the best tour is {best} long, {above(trace)}."]
    else:
        parts = [words.ended(trace), f"The {which} is {best} long, {above(trace)}."]
    if not known(trace) and best_gap(trace):
        parts.append(f"No tour is shorter than {number(yardstick(trace))}.")
    parts.append(_cost(trace))
    if ghost is not None:
        label = words.ghost_label(trace, ghost) or "the last settings"
        parts.append(f"With {label} the best was {number(ghost.best_fx[-1])} long.")
    return trace.stop.reason.capitalize(), " ".join(parts)


def _cost(trace: Trace) -> str:
    """Say what a run asked for; one that builds a tour asks for lengths only to show what it has."""
    asked = int(trace.evaluations["values"][-1])
    if "visited" not in trace.fields:
        return f"It measured {counted(asked, 'tour')}."
    left = trace.landscape.dimension - np.asarray(trace.value("visited"), int)[:-1]
    return (
        f"It compared {counted(int(left.sum()), 'distance')} and measured a tour {counted(asked, 'time')}, to be shown."
    )


def built(trace: Trace) -> np.ndarray:
    """Return how long the settled part of a tour in the making is (T,), with the way back once all of it is."""
    distances = np.array(trace.landscape.distances)  # type: ignore[attr-defined]
    order, visited = np.asarray(trace.x, int), np.asarray(trace.value("visited"), int)
    legs = distances[order, np.roll(order, -1, axis=1)]
    n = order.shape[1]
    settled = np.arange(n) < np.where(visited >= n, n, visited - 1)[:, None]
    return np.asarray(np.where(settled, legs, 0.0).sum(axis=1))


def alternative(trace: Trace) -> str:
    """Return a text that stands for the map, with the run's numbers."""
    land, best, word = trace.landscape, result(trace)[0], frame_word(trace)
    flat = getattr(land, "cities", None) is not None
    kind = "Map" if flat else "Drawing, not to scale,"
    if trace.stop.reason == "memory":
        return f"{kind} of {land.name}. {trace.stop.message}"
    first = "one city" if "visited" in trace.fields else f"a tour {number(np.min(trace.fx[0]))} long"
    who = trace.optimizer.name + (f" with {trace.x.shape[1]} {plural(trace)}" if trace.x.ndim == 3 else "")
    text = [
        f"{kind} of {land.dimension} cities, {land.name}.",
        f"{who} starts with {first}",
        f"and in {counted(len(trace) - 1, word)} comes to one {number(result(trace)[1])} long, {above(trace)}.",
        f"It is found at {word} {best:,}: "
        + tour_text(trace.x[-1] if "visited" in trace.fields else trace.best_x[-1])
        + ".",
        f"Why it stops: {trace.stop.reason}.",
    ]
    return " ".join(text)


def tour_text(order: np.ndarray, most: int = 12) -> str:
    """Return a tour as city numbers, counted from 0 as in a link: "0, 3, 2"; of a long one the beginning."""
    names = [str(int(city)) for city in order]
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
