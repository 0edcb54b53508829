"""What is said about a run: its finding as a title, how it ended, and a text in place of the picture.

Every word follows from measurements (`diagnosis`) and from registry facts, never from an algorithm's name. One verb
tells of an arrival: a run settles within a distance of a minimum in k steps when it is at most that far away in every
frame from step k on; the distance, said each time, is a thousandth of the domain's longest side.
"""

import numpy as np

from algorithms.trace import Trace
from dashboard.charts import searches
from dashboard.charts.course import course
from dashboard.charts.diagnosis import NEAR, ROUNDING, Diagnosis, diagnose, rises
from dashboard.charts.naming import frame_word, member
from dashboard.charts.shapes import alike
from dashboard.charts.spread import collapse
from dashboard.charts.tries import tries
from dashboard.charts.wording import counted, growth, number, place, polished, subscript

__all__ = [
    "alternative",
    "frame_word",
    "ghost_label",
    "member",
    "number",
    "outcome",
    "subscript",
    "title",
    "tries",
    "unmoved",
]

MARGIN = 0.1  # of the domain: a run that ends farther outside has left the picture
PLAIN = ("converged", "step limit", "cancelled")  # reasons that need no further sentence
LONG = 20  # steps after which a population should have drawn together
EVALUATIONS = {"values": "evaluation", "gradients": "gradient", "hessians": "Hessian", "examples": "example"}


def title(trace: Trace, ghost: Trace | None = None) -> tuple[str, str]:
    """Return what the run shows, and a second line; with a ghost, the second line says what differs from it."""
    if trace.stop.reason == "memory":
        return "Not run: too large to keep in memory", refused(trace).partition(". ")[0]
    seen = diagnose(trace)
    if trace.stop.reason == "diverged":
        finding, detail = f"Diverges at {frame_word(trace)} {seen.steps:,}", _runaway(trace, seen)
    elif trace.stop.reason == "undefined":
        finding, detail = _unknown(trace), ended(trace).partition(". ")[0].rstrip(".")
    elif trace.stop.reason == "no descent":
        finding, detail = f"{trace.optimizer.name} finds no way down from here", ended(trace).rstrip(".")
    elif trace.stop.reason == "singular":
        finding, detail = f"{trace.optimizer.name} has no next step from here", ended(trace).rstrip(".")
    elif seen.searching:
        finding, detail = _search(trace, seen)
        detail = searches.told(trace) or detail
    else:
        finding, detail = _path(trace, seen)
    if ghost is not None:
        detail = moved_knob(trace, ghost) or detail
    return finding, detail


def outcome(trace: Trace, ghost: Trace | None = None) -> tuple[str, str]:
    """Return why the run stopped, in a word or two, and a sentence: where it ended, how far off, at what cost."""
    if trace.stop.reason == "memory":
        return "Not run", refused(trace)
    seen = diagnose(trace)
    parts = [_growing(trace, seen)] if seen.grown and trace.stop.reason != "diverged" else []
    if only_counts(trace):
        parts.append(f"After {counted(seen.steps, frame_word(trace))} {_where(trace, seen)}.")
        if seen.stationary:
            parts.append(f"It is a {seen.stationary}, not a minimum.")
    else:
        parts.append(ended(trace))
        if trace.stop.reason == "undefined":
            if np.isfinite(seen.values[-1]):
                parts.append(f"Before it, {_where(trace, seen)}.")
        elif trace.stop.reason != "diverged":
            parts.append(f"There {_where(trace, seen)}.")
    if trace.stop.reason != "diverged":  # what was computed before that was noticed is no cost of getting there
        parts.append(f"It took {cost(trace)}.")
    if ghost is not None:
        other = diagnose(ghost)
        end = "diverged" if ghost.stop.reason == "diverged" else f"ended at {place(other.path[-1], _side(trace))}"
        parts.append(f"With {ghost_label(trace, ghost) or 'the last settings'} it {end}.")
    return trace.stop.reason.capitalize(), " ".join(parts)


def alternative(trace: Trace) -> str:
    """Return a text that stands for the main picture, with the run's numbers."""
    landscape = trace.landscape
    d = landscape.dimension
    kind = "Curve" if d == 1 else "Map" if d == 2 else f"Slice through the {d} dimensions"
    if trace.stop.reason == "memory":
        return f"{kind} of {landscape.name}. {trace.stop.message}"
    seen = diagnose(trace)
    who = trace.optimizer.name
    if trace.x.ndim == 3:
        who += f" with {trace.x.shape[1]} members"
    first = f"best f = {number(seen.values[0])}" if seen.searching else f"f = {number(seen.values[0])}"
    best = int(np.argmin(trace.best_fx))
    text = [
        f"{kind} of {landscape.name}.",
        f"{who} starts at {place(seen.path[0], _side(trace))} with {first}",
        f"and takes {counted(seen.steps, frame_word(trace))} to {place(seen.path[-1], _side(trace))}",
        f"with f = {number(seen.values[-1])}.",
        f"The best point, f = {number(trace.best_fx[best])}, is found at {frame_word(trace)} {best:,}.",
        f"Why it stops: {trace.stop.reason}.",
    ]
    if seen.nearest is not None and np.isfinite(seen.distance):
        where = place(seen.nearest.x, _side(trace))
        text.insert(4, f"The nearest {_kind(trace, seen)} is at {where}, {number(seen.distance)} away.")
    return " ".join(text)


def unmoved(trace: Trace) -> str:
    """Return what to say in place of a finding where there is only the start; "" where there is more."""
    if len(trace) > 1:
        return ""
    return "Not run: only the start is known" if trace.stop.reason == "memory" else "No step was taken"


def ghost_label(trace: Trace, ghost: Trace) -> str:
    """Return the previous run's value of the knob that was moved: "β = 0.8"; "" where none or several were."""
    moved = _difference(trace, ghost)
    if len(moved) != 1:
        return ""
    name, before, _ = moved[0]
    return f"{trace.optimizer.knobs[name].sign} = {_shown(before)}"


def _difference(trace: Trace, ghost: Trace) -> list[tuple[str, object, object]]:
    """Return the knobs in which two runs of one optimizer differ: (name, before, now)."""
    now, before = dict(trace.run.knobs), dict(ghost.run.knobs)
    if trace.run.optimizer != ghost.run.optimizer:
        return []
    return [(name, before[name], now[name]) for name in now if before[name] != now[name]]


def moved_knob(trace: Trace, ghost: Trace) -> str:
    """Say which knob separates two runs."""
    moved = _difference(trace, ghost)
    if len(moved) != 1:
        return ""
    name, before, now = moved[0]
    return f"Same start, one knob moved: {trace.optimizer.knobs[name].sign} from {_shown(before)} to {_shown(now)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return number(value) if isinstance(value, int | float) else str(value)


def _side(trace: Trace) -> float:
    """Return the longest side of the domain, to which positions are rounded."""
    return float(np.max(np.subtract(trace.landscape.high, trace.landscape.low)))


def _kind(trace: Trace, seen: Diagnosis) -> str:
    """Return what to call the nearest minimum: "local minimum", or "minimum" for a lowest one."""
    return "local minimum" if seen.nearest is not None and seen.nearest.kind == "local" else "minimum"


def _article(trace: Trace, seen: Diagnosis) -> str:
    """Return "the minimum" where it is the only one of its kind, else "a minimum"."""
    minima = trace.landscape.minima
    only = seen.nearest in minima and sum(m.kind == seen.nearest.kind for m in minima if seen.nearest) == 1
    return ("the " if only else "a ") + _kind(trace, seen)


def _where(trace: Trace, seen: Diagnosis) -> str:
    """Return "f = 0.0481, 0.036 from the minimum at (3.00, 2.00)"."""
    text = f"{'the best f is' if seen.searching else 'f ='} {number(seen.values[-1])}"
    if seen.nearest is None or not np.isfinite(seen.distance):
        return f"{text} at {place(seen.path[-1], _side(trace))}"
    if seen.below:
        return f"{text} at {place(seen.path[-1], _side(trace))}, below the local minimum's {number(seen.nearest.fx)}"
    here = seen.distance < 0.1 * seen.width or len(trace.landscape.minima) == 1
    name = ("the " if here else "the nearest ") + _kind(trace, seen)
    away = "at" if seen.distance < ROUNDING * seen.width else f"{number(seen.distance)} from"
    return f"{text}, {away} {name} at {place(seen.nearest.x, _side(trace))}"


def cost(trace: Trace) -> str:
    """Return "120 gradients and 120 Hessians"."""
    last = trace.evaluations[-1]
    used = [counted(int(last[name]), word) for name, word in EVALUATIONS.items() if int(last[name])]
    return " and ".join(used) or "no evaluation"


def ended(trace: Trace) -> str:
    """Return the stop message without the reason that is said before it."""
    message = polished(trace.stop.message)
    if message.lower().startswith(trace.stop.reason.lower()):
        message = message[len(trace.stop.reason) :].lstrip(" :.,")
    return message[:1].upper() + message[1:]


def only_counts(trace: Trace) -> bool:
    """Return whether why a run stopped needs no sentence of its own: it says nothing but after how many steps."""
    steps = counted(len(trace) - 1, frame_word(trace))
    return trace.stop.reason in PLAIN or ended(trace) == f"After {steps}."


def refused(trace: Trace) -> str:
    """Return why a run was not begun, and what could be."""
    why = polished(trace.stop.message).partition(": ")[2]
    return why[:1].upper() + why[1:]


def _beyond(trace: Trace, seen: Diagnosis, verb: str) -> str:
    """Return "η = 0.31 exceeds 2/L = 0.25", or "" where no limit is known to be exceeded."""
    if seen.excess is None:
        return ""
    sign = seen.excess.knob.sign
    return f"{sign} = {number(seen.excess.value)} {verb} {seen.excess.formula} = {number(seen.excess.most)}"


def _grows(seen: Diagnosis, word: str = "grows") -> str:
    """Return "f grows 2,256-fold in 80 steps", from the start or, where f ends below it, from the lowest value."""
    first, last, low = seen.values[0], seen.values[-1], int(np.argmin(seen.values))
    if last > first:
        return f"f {word} {growth(first, last)} in {counted(seen.steps, 'step')}"
    return f"f {word} again, from {number(seen.values[low])} at step {low:,} to {number(last)}"


def _growing(trace: Trace, seen: Diagnosis) -> str:
    """Return the sentence on a run whose f grows although it has not diverged yet."""
    beyond, grown = _beyond(trace, seen, "exceeds"), _grows(seen, "has grown")
    if seen.excess and seen.excess.certain:
        return f"{grown}, because {beyond}; with more steps it leaves every bound."
    return f"{grown}." + (f" {beyond}." if beyond else "")


def _runaway(trace: Trace, seen: Diagnosis) -> str:
    """Say how a diverging run leaves."""
    if beyond := _beyond(trace, seen, "is above"):
        return beyond
    heights = trace.fx if trace.fx.ndim == 1 else trace.fx.min(axis=1)  # where the members are, not where they were
    if not np.isfinite(heights).all():
        return ended(trace).rstrip(".")
    if heights[-1] < heights[0]:
        return "f falls without end"
    if seen.turns > 0.5:
        return "Every step overshoots, each one farther"
    return f"f rises from {number(heights[0])} to {number(heights[-1])}"


def _unknown(trace: Trace) -> str:
    """Say that a run came to where f is undefined or has no slope."""
    step = trace.stop.step or 0
    if "slope" in trace.stop.message:
        return (
            f"f has no slope after {counted(step - 1, frame_word(trace))}"
            if step > 1
            else "f has no slope at the start"
        )
    if trace.fx.ndim > 1:
        return "f is undefined wherever the population is"
    return (
        f"Leaves the region where f is defined at {frame_word(trace)} {step:,}"
        if step
        else "f is undefined at the start"
    )


def _outside(trace: Trace, seen: Diagnosis) -> bool:
    """Tell whether a run ends outside of the domain, by more than the picture's margin."""
    low, high = np.asarray(trace.landscape.low), np.asarray(trace.landscape.high)
    away = np.maximum(low - seen.path[-1], seen.path[-1] - high) / (high - low)
    return bool((away > MARGIN).any())


def _path(trace: Trace, seen: Diagnosis) -> tuple[str, str]:
    """Return the finding of a run that follows one path, and a detail."""
    name, steps = trace.optimizer.name, seen.steps
    arrived = seen.arrival is not None
    manner = _manner(seen)
    if seen.grown and seen.excess and seen.excess.certain:
        return f"Diverges: {_beyond(trace, seen, 'is above')}", _grows(seen)
    if seen.below:
        return f"{name} leaves the local minimum behind", f"f = {number(seen.values[-1])} and falling"
    if seen.stationary:
        what = "on a maximum" if seen.stationary == "maximum" else "on a saddle point"
        still = "The slope is zero there, so no step leads away"
        slow = "The slope is almost zero there, so the steps leave it only slowly"
        return f"{name} ends {what}, not in a minimum", still if trace.stop.reason == "converged" else slow
    if seen.grown:
        return _grows(seen), _beyond(trace, seen, "is above") or manner
    if _outside(trace, seen) and seen.values[-1] < seen.values[0]:
        where = f"f = {number(seen.values[-1])} at {place(seen.path[-1], _side(trace))}, outside of the domain"
        endless = trace.landscape.note.startswith("Unbounded below")
        return "f falls without end" if endless else f"{name} leaves the picture", where
    if seen.nearest is None:
        low, high = number(seen.values[-1]), number(seen.values[0])
        fell = seen.values[-1] < seen.values[0]
        return (f"f falls from {high} to {low}" if fell else f"f ends at {low}, no lower than its start"), manner
    if arrived and seen.nearest.kind == "local" and np.isfinite(seen.lowest):
        return "Ends in a local minimum", _too_high(seen)
    noisy = course(trace)
    if noisy.kind == "restless":
        found = f"Noise keeps it about {number(noisy.level)} from the {_nearest(trace)}"
        return found, f"f falls to {number(min(seen.values))} at best and ends at {number(seen.values[-1])}"
    if noisy.kind == "nearing":
        found = f"Still comes nearer: about {number(noisy.level)} from the {_nearest(trace)}"
        return found, f"f falls to {number(min(seen.values))} at best and ends at {number(seen.values[-1])}"
    if seen.turns > 0.5:
        away = f"After {counted(steps, 'step')} still {number(seen.distance)} away"
        end = _settling(trace, seen, name) if arrived else away
        across = "zigzag across the valley" if trace.landscape.dimension > 1 else "jump from side to side"
        return f"The steps {across}", end
    if arrived and len(set(seen.visited)) > 1:
        return f"{name} passes one minimum and settles in another", _settling(trace, seen, "It")
    if arrived:
        return _settling(trace, seen, name), manner
    still = f"after {counted(steps, 'step')} still {number(seen.distance)} from the {_nearest(trace)}"
    if seen.fading:
        last = float(np.linalg.norm(seen.path[-1] - seen.path[-2])) if steps else 0.0
        return f"Creeps: {still}", f"The last step was only {number(last)} long"
    if seen.climbs > 0.3 * steps:
        return f"Overshoots: {still}", manner
    return still[0].upper() + still[1:], manner


def _too_high(seen: Diagnosis) -> str:
    return f"f = {number(seen.values[-1])} there; the lowest point has f = {number(seen.lowest)}"


def _nearest(trace: Trace) -> str:
    return "minimum" if len(trace.landscape.minima) == 1 else "nearest minimum"


def _settling(trace: Trace, seen: Diagnosis, who: str) -> str:
    """Say from when on a run stays how near to a minimum."""
    if seen.arrival:
        within = f"{number(seen.reach)} of {_article(trace, seen)}"
        return f"{who} settles within {within} in {counted(seen.arrival, frame_word(trace))}"
    if seen.distance < ROUNDING * seen.width:
        return f"{who} starts in {_article(trace, seen)}"
    return f"{who} starts within {number(seen.reach)} of {_article(trace, seen)} and stays there"


def _manner(seen: Diagnosis) -> str:
    """Say how a path went, up to where it settles."""
    steps = seen.arrival or seen.steps
    these = "these " if steps < seen.steps else ""
    up = int(np.sum(rises(seen.values[: steps + 1])))
    if up:
        return f"f rises in {up:,} of {these}{counted(steps, 'step')}"
    if steps and (np.diff(seen.values[: steps + 1]) < 0).all():
        return f"f falls in each of these {counted(steps, 'step')}" if seen.climbs else "f falls with every step"
    if steps and seen.values[steps] < seen.values[0]:
        return f"f falls from {number(seen.values[0])} to {number(seen.values[-1])}"
    return f"f stays at {number(seen.values[-1])}"


def _search(trace: Trace, seen: Diagnosis) -> tuple[str, str]:
    """Return the finding of a search, which its best point speaks for, and a detail."""
    swarm = "personal_best" in trace.fields
    who = "The swarm best" if swarm else "The best point"
    detail = _searching(trace, seen)
    best, known = seen.values[-1], np.isfinite(seen.lowest)
    group = "The swarm" if swarm else "The population"
    if seen.last_width > 2 * seen.width:
        return f"{group} flies apart", f"It is {number(seen.last_width)} wide in the end; best f = {number(best)}"
    if seen.steps >= LONG and seen.last_width > 0.8 * seen.first_width > 0:
        wide = f"After {counted(seen.steps, frame_word(trace))} it is still {number(seen.last_width)} wide"
        return f"{group} never gathers", f"{wide}; best f = {number(best)}"
    there = seen.arrival is not None and seen.nearest is not None and seen.nearest.kind == "global"
    if "donors" in trace.fields and alike(trace) and not there:
        return f"{group} stagnates: all members are alike", f"Nothing can move any more; best f = {number(best)}"
    if seen.below:
        return f"{who} lies below the local minimum", f"f = {number(best)} at {place(seen.path[-1], _side(trace))}"
    if seen.nearest is None:
        return f"{who} falls from f = {number(seen.values[0])} to {number(best)}", detail
    together = collapse(trace)
    since = f"From {frame_word(trace)} {together:,} on all are within 1 % of the width" if together else ""
    if seen.nearest.kind == "local" and known:
        return f"{who} sits in the wrong valley", "; ".join(part for part in (since, _too_high(seen)) if part)
    if since and seen.arrival is None and seen.distance >= NEAR * seen.width:
        away = f"{number(seen.distance)} from the {_nearest(trace)}"
        return f"{group} collapses {away}", f"{since}; best f = {number(best)}"
    if seen.arrival is not None:
        exact = seen.distance < ROUNDING * seen.width
        gap = "exact but for rounding" if exact else f"{number(seen.distance)} away from it"
        return _settling(trace, seen, who), f"Best f = {number(best)}, {gap}"
    return f"{who} is still {number(seen.distance)} from the {_nearest(trace)}", detail


def _searching(trace: Trace, seen: Diagnosis) -> str:
    """Say how a search went: moves taken uphill, or how often it found something better."""
    better = int(np.sum(np.diff(seen.values) < 0))
    if "accepted" in trace.fields and trace.fx.ndim == 1:
        uphill = int(np.sum(rises(trace.fx)))
        if uphill:
            return f"{uphill:,} of {counted(seen.steps, 'step')} led uphill"
    return f"{better:,} of {counted(seen.steps, frame_word(trace))} found a better point"
