"""The one change worth trying after a run, and true: the changed run was recorded and does better.

Which change may help follows from how the path went (`course`) and from what the optimizer's knobs are for: the rate
that its stability limit is about, or else its first logarithmic knob; a share of the velocity; switches.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from algorithms.knob import Knob
from algorithms.record import record
from algorithms.run import Run
from algorithms.trace import Trace
from dashboard.charts.course import course
from dashboard.charts.diagnosis import diagnose
from dashboard.charts.wording import number, place

WORK = 20_000  # steps that may be recorded in search of a change
SOONER = 0.85  # of the steps to settle: a change that saves fewer is not worth trying
CALMER = 0.7  # of the mean distance that noise keeps: more is not worth trying
PUSH = 0.05  # of the domain's diagonal: how far a start moves off a saddle's axis
DECIMALS = 3  # of a start, less those before the point
SHARES = (0.9, 0.8, 0.5)  # of the velocity, to be kept


@dataclass(frozen=True)
class Remedy:
    """What to change, "raise η from 0.001 to 0.1"; what to look for; and the keys of the link that change."""

    change: str
    question: str
    changes: tuple[tuple[str, str], ...]

    @property
    def prompt(self) -> str:
        """Return the change and what to look for, as a prompt."""
        return f"{self.change}: {self.question}"


def remedy(trace: Trace) -> Remedy | None:
    """Return a change with which the same start does better; None where none is found. It stays with the trace."""
    kept = vars(trace)
    if "remedy" not in kept:
        kept["remedy"] = _first_better(trace)
    return kept["remedy"]


def _first_better(trace: Trace) -> Remedy | None:
    if not isinstance(trace.run.landscape, str):
        return None
    left = WORK
    for change, run in _candidates(trace):
        left -= run.steps
        if left < 0:
            return None
        question = better(record(run), trace)
        if question:
            before, after = trace.run.to_query(), run.to_query()
            changes = tuple((key, text) for key, text in after.items() if before.get(key) != text)
            return Remedy(change, question, changes)
    return None


def better(changed: Trace, trace: Trace) -> str:
    """Return what to look for in a run that does better than another one, "" where it does not."""
    if changed.stop.reason == "diverged" or course(changed).kind in ("diverging", "saddle", "maximum"):
        return ""
    if course(trace).kind in ("restless", "nearing"):
        nearer = course(changed).level < CALMER * course(trace).level
        return "does it stay nearer?" if nearer else ""
    now, then = diagnose(changed), diagnose(trace)
    low, high = float(changed.best_fx[-1]), float(trace.best_fx[-1])
    unsettled = then.arrival is None or trace.stop.reason == "diverged"
    lower = low < high - 1e-3 * (abs(float(trace.fx[0]) - high) if unsettled else abs(high) + abs(float(trace.fx[0])))
    if now.grown or not (now.arrival is not None or (lower and now.values[-1] < then.values[-1])):
        return ""
    if unsettled:
        if now.arrival is not None and low <= high:
            return "does it settle?"
        return "how much lower does it come?" if lower else ""
    if lower:
        return "does it find a lower minimum?"
    if now.arrival is None or then.arrival is None or not _same_end(changed, trace):
        return ""
    return "how much sooner does it settle?" if now.arrival < SOONER * then.arrival - 1 else ""


def _same_end(changed: Trace, trace: Trace) -> bool:
    now, then = diagnose(changed), diagnose(trace)
    return float(np.linalg.norm(now.path[-1] - then.path[-1])) <= 2 * then.reach


def _candidates(trace: Trace) -> Iterator[tuple[str, Run]]:
    """Yield changes that may help this kind of course, the most fitting first."""
    seen = course(trace)
    kind, slow = seen.kind, seen.rate is not None and seen.rate.factor > 0.5
    if kind in ("creeping", "flat") or (kind == "linear" and slow and not (seen.rate and seen.rate.swings)):
        yield from _rates(trace, (3.0, 10.0, 1.5), limit=0.5)
        yield from _shares(trace, more=True)
    elif kind == "zigzagging":
        yield from _shares(trace, more=True)
        yield from _rates(trace, (0.5, 0.2), limit=0.5)
    elif kind == "diverging":
        yield from _rates(trace, (0.3, 0.1, 0.01), limit=0.5)
        yield from _switches(trace)
    elif kind in ("restless", "nearing"):
        yield from _schedules(trace, kind == "restless")
        yield from _rates(trace, (0.3, 0.1) if kind == "restless" else (3.0, 2.0), limit=0.5)
    elif kind == "stuck" and not trace.run.stochastic:
        yield from _switches(trace)
    elif kind in ("saddle", "maximum"):
        yield from _switches(trace)
        yield from _starts(trace)
    elif kind == "swinging" or (kind == "linear" and slow):
        yield from _shares(trace, more=False)


def _rates(trace: Trace, factors: tuple[float, ...], limit: float) -> Iterator[tuple[str, Run]]:
    """Yield the step size at a share of the stability limit where one is known, else at multiples of what it is."""
    entry, knobs = trace.optimizer, dict(trace.run.knobs)
    log = (name for name, each in entry.knobs.items() if each.log and each.kind == "float")
    name = entry.limit.knob if entry.limit else next(log, None)
    if name is None:
        return
    knob, now, up = entry.knobs[name], float(knobs[name]), factors[0] > 1
    values = [factor * now for factor in factors]
    if entry.limit and trace.landscape.curvature:
        most = entry.limit(trace.landscape.curvature, knobs)
        values = [limit * most, *[value for value in values if value < most]]
    for value in values:
        to = float(f"{value:.2g}")
        if knob.low <= to <= knob.high and (to > now if up else to < now):
            yield _turned(trace, knob, to)


def _shares(trace: Trace, more: bool) -> Iterator[tuple[str, Run]]:
    """Yield more, or less, of the velocity kept, where the run has one and a knob for it."""
    knob = trace.optimizer.knobs.get("beta")
    if knob is None or "velocity" not in trace.fields or knob.kind != "float":
        return
    now = float(dict(trace.run.knobs)["beta"])
    for value in sorted(SHARES, reverse=not more):
        if knob.low <= value <= knob.high and (value > now if more else value < now):
            yield _turned(trace, knob, value)


def _switches(trace: Trace) -> Iterator[tuple[str, Run]]:
    """Yield every switch, turned, and every other choice; the last ones offered, which are the strongest, first."""
    knobs = dict(trace.run.knobs)
    for name, knob in trace.optimizer.knobs_on(trace.landscape).items():
        if knob.kind == "switch":
            yield _turned(trace, knob, not knobs[name])
        if knob.kind == "choice" and not knob.aside:
            for choice in reversed(knob.choices):
                if choice != knobs[name]:
                    yield _turned(trace, knob, choice)


def _schedules(trace: Trace, restless: bool) -> Iterator[tuple[str, Run]]:
    """Yield a learning rate that falls as 1/t, for a run that noise keeps moving at a constant one."""
    knobs = trace.optimizer.knobs
    if restless and dict(trace.run.knobs).get("schedule") == "constant":
        length = max(1, trace.run.steps // 10)
        run = replace(trace.run, knobs=dict(trace.run.knobs) | {"schedule": "inverse", "schedule_steps": length})
        yield f"Let {knobs['learning_rate'].sign} fall as 1/t, τ = {length}", run


def _turned(trace: Trace, knob: Knob, value: Any) -> tuple[str, Run]:
    """Return the run with another value of a knob, and what is changed in words."""
    knobs = dict(trace.run.knobs)
    now, knobs[knob.name] = knobs[knob.name], knob.check(value)
    run = replace(trace.run, knobs=knobs)
    if knob.kind == "choice":
        return f"Set {knob.label} to {value.replace('_', ' ')}", run
    if knob.kind == "switch":
        return f"Switch {knob.label} {'on' if value else 'off'}", run
    return f"{'Raise' if value > now else 'Lower'} {knob.sign} from {number(now)} to {number(value)}", run


def _starts(trace: Trace) -> Iterator[tuple[str, Run]]:
    """Yield starts a little to both sides, along the direction in which f curves down by the end of the path."""
    landscape, run = trace.landscape, trace.run
    if run.start is None or landscape.hessian is None:
        return
    x, width = np.asarray(run.start, float), float(np.linalg.norm(landscape.high - landscape.low))
    down = np.linalg.eigh(np.atleast_2d(landscape.hessian(diagnose(trace).path[-1])))[1][:, 0]
    side = float(np.max(landscape.high - landscape.low))
    for push in (PUSH, -PUSH, 4 * PUSH, -4 * PUSH):
        moved = np.round(x + push * width * down, DECIMALS - round(np.log10(side)))
        there = [float(v) + 0.0 for v in np.clip(moved, landscape.low, landscape.high)]
        where = place(there, side).removeprefix("x = ")
        yield f"Start at {where}", replace(run, start=tuple(there))
