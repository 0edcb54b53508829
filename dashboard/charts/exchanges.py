"""Edges that a step puts into a tour and takes out of it, and those of the move that is tried next."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import theme as look
from dashboard.charts.outcomes import outcomes
from dashboard.charts.sketch import Sketch, line

SHOWN = 6  # edges: a step that changes more of the tour is no exchange to be shown


@dataclass(frozen=True, eq=False)
class Exchange:
    """Pairs of cities (T, m, 2) that each frame puts into the tour or takes out of it, −1 where there are none."""

    added: np.ndarray
    removed: np.ndarray


def lacking(model: np.ndarray, tours: np.ndarray) -> np.ndarray:
    """Return which edges of `tours` (…, n), each from one city to the next, a `model` (…, n) lacks, whichever way."""
    model = np.broadcast_to(model, tours.shape)
    behind, ahead = np.empty_like(model), np.empty_like(model)  # of each city in the model
    np.put_along_axis(behind, model, np.roll(model, -1, axis=-1), axis=-1)
    np.put_along_axis(ahead, model, np.roll(model, 1, axis=-1), axis=-1)
    onward = np.roll(tours, -1, axis=-1)
    return (np.take_along_axis(behind, tours, -1) != onward) & (np.take_along_axis(ahead, tours, -1) != onward)


def fresh(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    """Return the edges of tours `after` (T, n) that tours `before` lack (T, m, 2); None where they are too many."""
    a, b, new = after, np.roll(after, -1, axis=1), lacking(before, after)
    count = new.sum(axis=1)
    if not count.any() or np.median(count[count > 0]) > SHOWN:
        return None
    chosen = np.argsort(~new, axis=1, kind="stable")[:, :SHOWN]
    pairs = np.stack([np.take_along_axis(a, chosen, 1), np.take_along_axis(b, chosen, 1)], axis=-1)
    few = np.arange(SHOWN)[: chosen.shape[1]] < np.where(count > SHOWN, 0, count)[:, None]
    return np.where(few[..., None], pairs, -1)[:, : max(1, int(min(count.max(), SHOWN)))]


def made(trace: Trace) -> Exchange | None:
    """Return what the step to each frame changed; None where that is no exchange to be shown."""
    if "added" in trace.fields:
        fields = (np.asarray(trace.value(name)) for name in ("added", "removed"))
        return Exchange(*(pairs.reshape(len(trace), -1, 2).astype(int) for pairs in fields))
    tours = np.asarray(trace.x, int)
    last = np.concatenate([tours[:1], tours[:-1]])
    return _between(last, tours)


def tried(trace: Trace) -> Exchange | None:
    """Return what the move that is tried next would change; None where that is no exchange to be shown."""
    tours, trial = np.asarray(trace.x, int), np.asarray(trace.value("trial"), int)
    return _between(tours, np.concatenate([trial[1:], tours[-1:]]))


def _between(before: np.ndarray, after: np.ndarray) -> Exchange | None:
    added, removed = fresh(before, after), fresh(after, before)
    return None if added is None or removed is None else Exchange(added, removed)


def ends(at: np.ndarray, pairs: np.ndarray) -> dict[str, Any]:
    """Return where edges (T, m, 2) begin and end on the map, as the x, y, x2, y2 of segments."""
    return {
        name + suffix: np.where(pairs[..., end] >= 0, at[pairs[..., end], axis], np.nan)
        for end, suffix in enumerate(("", "2"))
        for axis, name in enumerate("xy")
    }


def add_tried(sketch: Sketch, trace: Trace, at: np.ndarray, exchange: Exchange) -> None:
    """Add the exchange that is tried next: its new edges with the sign of what becomes of it, the old ones dashed."""
    theme = sketch.theme
    out = ends(at, exchange.removed)
    sketch.move("cut", "segments", line(theme.ground, look.PATH + 1), **out)
    sketch.move("taken out", "segments", line(theme.mark("rejected"), 2.2, "2px,5px"), **out)
    for outcome, which in outcomes(trace).items():
        now = np.append(which[1:], False)[:, None, None]
        shown = np.where(now, exchange.added, -1)
        if (shown < 0).all():
            continue
        new = ends(at, shown)
        rejected = outcome.symbol == "x"
        style = line(theme.line(outcome.role), 2.4 if rejected else look.PATH + 1.5, outcome.dash)
        sketch.haloed(f"{outcome.label} edges", "segments", style, **new)
        middle = {"x": (new["x"] + new["x2"]) / 2, "y": (new["y"] + new["y2"]) / 2}
        sketch.move(f"{outcome.label} tip", "point", outcome.sign(theme, look.TRIED + 5), **middle)
        sketch.key.append(outcome.entry(theme))
    sketch.entry("dot", "rejected", "to be taken out")
