"""What became of each move that a run tried: it improved, was worse and taken all the same, or was rejected."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from algorithms.trace import Trace
from dashboard.charts.picture import KeyEntry
from dashboard.charts.sketch import sign
from dashboard.charts.theme import Theme


@dataclass(frozen=True)
class Outcome:
    """How moves that ended alike are drawn in every picture: their color, sign and line, and their name in the key."""

    role: str
    symbol: str
    dash: str
    label: str

    def sign(self, theme: Theme, size: float) -> dict[str, Any]:
        """Return the style of their sign: a filled triangle with a rim, or the strokes of a cross."""
        if self.symbol == "x":
            return sign("x", theme.mark(self.role), 0.8 * size, "", 0.2 * size)
        return sign(self.symbol, theme.line(self.role), size, theme.halo, 1)

    def entry(self, theme: Theme) -> KeyEntry:
        """Return their entry of the key."""
        return KeyEntry(self.symbol, theme.line(self.role), self.label)


IMPROVED = Outcome("improved", "triangle-down", "solid", "improved")
WORSE = Outcome("worse", "triangle-up", "9px,4px", "worse, taken")
REJECTED = Outcome("rejected", "x", "4px,4px", "rejected")


def tries_moves(trace: Trace) -> bool:
    """Return whether each step tries one move, which it takes or leaves."""
    return {"trial", "accepted"} <= trace.fields.keys() and np.shape(trace.value("accepted")) == (len(trace),)


def walks(trace: Trace) -> bool:
    """Return whether a search of one point goes on from where it is, rather than drawing points anywhere."""
    notes = {"temperature", "note"} & trace.fields.keys()
    return bool(notes) or not np.array_equal(trace.fx, trace.best_fx, equal_nan=True)


def rises(trace: Trace) -> np.ndarray:
    """Return by how much the move tried on the way to each frame would change f (T,); NaN at the start."""
    tried = np.asarray(trace.value("trial_fx"), float)
    with np.errstate(all="ignore"):
        return np.append(np.nan, tried[1:] - np.asarray(trace.fx, float)[:-1])


def ratio(trace: Trace) -> np.ndarray:
    """Return Δ/T of the move tried on the way to each frame (T,), with the temperature that decided on it."""
    heat = np.append(np.nan, np.asarray(trace.value("temperature"), float)[:-1])
    with np.errstate(all="ignore"):
        up = rises(trace)
        return np.where(heat > 0, up / heat, np.where(up > 0, np.inf, np.minimum(up, 0)))


def outcomes(trace: Trace) -> dict[Outcome, np.ndarray]:
    """Return for each outcome, in which frames (T,) the move tried on the way there had it; the start was no move."""
    taken, moved = np.asarray(trace.value("accepted"), bool), np.arange(len(trace)) > 0
    up = rises(trace) > 0 if "trial_fx" in trace.fields else np.zeros(len(trace), bool)
    found = {IMPROVED: taken & ~up, WORSE: taken & up, REJECTED: ~taken}
    return {outcome: which & moved for outcome, which in found.items()}
