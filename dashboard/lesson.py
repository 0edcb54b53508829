"""What a lesson is: screens with an experiment, a question about it, and prompts; and what the right answers are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from algorithms import LANDSCAPES, OPTIMIZERS, Run, Trace
from dashboard.charts.view import View

CHAPTERS = (
    "First-order methods",
    "Second-order methods",
    "Stochastic search",
    "Evolutionary methods",
    "Metaheuristics",
    "Swarm intelligence",
    "Hyperparameter search",
    "Constrained optimization",
    "Training models",
    "Why it is hard",
    "Concepts and guidance",
)
LEARNERS = ("start", "steps", "seed")  # what a learner may turn besides knobs
QUANTITIES = {
    "best f": "the lowest value found",
    "last f": "the value where the run ends, the lowest one of a population",
    "last x": "where a run in one dimension ends",
    "steps": "how many steps the run takes",
    "length": "how long the best tour is",
}
POINTS = {"end": "where the run ends", "best": "where its best point lies"}


@dataclass(frozen=True)
class Experiment:
    """A run to show, how it is looked at, and the keys (as in a link) of what the learner may turn."""

    run: Run
    view: View
    knobs: tuple[str, ...]


@dataclass(frozen=True)
class Tolerance:
    """How far a guess may lie from the right number: `kind` is "percent", "factor" or "difference"."""

    kind: str
    size: float

    def holds(self, guess: float, right: float) -> bool:
        """Return whether a guess is near enough."""
        if self.kind == "factor":
            return guess == right or (guess * right > 0 and 1 / self.size <= guess / right <= self.size)
        return abs(guess - right) <= (self.size / 100 * abs(right) if self.kind == "percent" else self.size)


@dataclass(frozen=True)
class Question:
    """What is asked about a screen's experiment before it may be played; `kind` is "choice", "number" or "point".

    `choices` and `answer` belong to a choice. For the others `target` says what of the run is asked for (a key of
    QUANTITIES or POINTS), and the right answer is taken from the run itself.
    """

    ask: str
    kind: str
    choices: tuple[str, ...]
    answer: str
    target: str
    within: Tolerance | None
    because: str

    def right(self, trace: Trace, view: View) -> str | float | tuple[float, ...]:
        """Return the right answer: a choice, a number, or a point in the plane that is seen, (x,) on a curve."""
        if self.kind == "choice":
            return self.answer
        return quantity(trace, self.target) if self.kind == "number" else point(trace, view, self.target)

    def holds(self, guess: Any, trace: Trace, view: View) -> bool:
        """Return whether a guess (a choice, a number, coordinates) is right."""
        right: Any = self.right(trace, view)
        if self.within is None:
            return bool(guess == right)
        if self.kind == "point":
            return self.within.holds(float(np.linalg.norm(np.subtract(guess, right))), 0.0)
        return self.within.holds(float(guess), right)


@dataclass(frozen=True)
class Try:
    """A prompt, and what its link sets, as in a link; with a landscape or an optimizer it leads to the playground."""

    prompt: str
    changes: Mapping[str, str]

    @property
    def elsewhere(self) -> bool:
        """Whether the link leaves the lesson's experiment."""
        return "landscape" in self.changes or "optimizer" in self.changes

    def query(self, run: Run) -> dict[str, str]:
        """Return the whole link, from the screen's run on."""
        before = run.to_query()
        if not self.elsewhere:
            return placed(before | dict(self.changes), self.changes)
        ids = {"landscape": before["landscape"], "optimizer": before["optimizer"]}
        ids |= {key: self.changes[key] for key in ids if key in self.changes}
        kept = {key: text for key, text in before.items() if key.partition(".")[0] in ids.values() or key == "seed"}
        return ids | kept | dict(self.changes)


@dataclass(frozen=True)
class Screen:
    """One idea: what is read first, an experiment, a question about it, what to read afterwards and to try."""

    heading: str
    text: str
    experiment: Experiment | None = None
    question: Question | None = None
    after: str = ""
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """A lesson that can be shown."""

    id: str
    title: str
    chapter: int
    goal: str
    minutes: int
    screens: tuple[Screen, ...]
    order: int = 1  # its place among the lessons of its chapter

    @property
    def questions(self) -> int:
        """How many predictions it asks for."""
        return sum(screen.question is not None for screen in self.screens)


@dataclass(frozen=True)
class Broken:
    """A file that is no lesson yet, and why."""

    id: str
    problem: str


def quantity(trace: Trace, name: str) -> float:
    """Return one of QUANTITIES; ValueError where the run has no such number."""
    if name == "steps":
        return float(len(trace) - 1)
    if name == "last x" and trace.x[-1].size != 1:
        raise ValueError("'last x' is asked of one point in one dimension; ask for a point instead")
    if name == "length" and trace.landscape.kind != "tours":
        raise ValueError("'length' is asked of tours; ask for 'best f' instead")
    last = {"best f": trace.best_fx[-1], "length": trace.best_fx[-1], "last x": trace.x[-1], "last f": trace.fx[-1]}
    return float(np.min(last[name]))


def point(trace: Trace, view: View, name: str) -> tuple[float, ...]:
    """Return one of POINTS in the plane that is seen, (x,) on a curve; ValueError for tours."""
    if trace.landscape.kind == "tours":
        raise ValueError("a tour has no place in the plane; ask for a number or offer choices")
    best = name == "best"
    at = trace.best_x[-1] if best else trace.x[-1]
    if at.ndim == 2:
        at = at[int(np.nanargmin(trace.fx[-1]))]
    return tuple(float(at[axis]) for axis in (view.fitted(at.size, 1).pair if at.size > 1 else (0,)))


def turnable(pair: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of everything that can be turned on an experiment, as in a link."""
    owners = (OPTIMIZERS[pair["optimizer"]], LANDSCAPES[pair["landscape"]])
    return (*(f"{owner.id}.{name}" for owner in owners for name in owner.knobs), *LEARNERS)


def placed(query: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Return a link without its start, where a changed knob of the landscape asks for another number of coordinates."""
    of_landscape = any(key.partition(".")[0] == query["landscape"] for key in changes)
    rest = {key: text for key, text in query.items() if key != "start"}
    if not of_landscape or "start" not in query:
        return dict(query)
    fits = query["start"].count(",") + 1 == Run.from_query(rest)[0].make_landscape().dimension
    return dict(query) if fits else rest


def words(text: str) -> int:
    """Return how many words a reader meets in a text; a formula counts as one."""
    plain = re.sub(r"\$\$?[^$]+\$\$?", " formula ", text)
    return len(re.findall(r"\w[\w'’.,-]*", plain))


def finite(value: float | tuple[float, ...]) -> bool:
    """Return whether a right answer can be compared with a guess."""
    return all(map(isfinite, value if isinstance(value, tuple) else (value,)))
