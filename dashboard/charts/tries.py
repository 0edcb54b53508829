"""What to try next: two prompts that send the reader back to the knobs, each with the change it makes in the link."""

import numpy as np

from algorithms.knob import Knob
from algorithms.trace import Trace
from dashboard.charts.diagnosis import is_tour
from dashboard.charts.searches import goes_in_rounds, kicks, remembers, same
from dashboard.charts.wording import counted, number, place

Try = tuple[str, dict[str, str]]


def tries(trace: Trace) -> list[Try]:
    """Return two prompts for a run; the changes are keys and texts of the link."""
    if is_tour(trace):
        found = [
            *_memory(trace),
            *_extremes(trace),
            *_choices(trace),
            *_rates(trace),
            *_seed(trace),
            *_steps(trace),
            *_tours(trace),
        ]
        return found[:2]
    found = [
        *_limit(trace),
        *_memory(trace),
        *_rates(trace),
        *_knobs(trace),
        *_seed(trace),
        *_starts(trace),
        *_steps(trace),
    ]
    return found[:2]


def _change(trace: Trace, name: str, value: object) -> dict[str, str]:
    knob = trace.optimizer.knobs[name]
    return {f"{trace.run.optimizer}.{name}": knob.write(knob.check(value))}


def _limit(trace: Trace) -> list[Try]:
    """Cross the stability limit, or step back below it."""
    limit, curvature = trace.optimizer.limit, trace.landscape.curvature
    if limit is None or not curvature:
        return []
    knob, knobs = trace.optimizer.knobs[limit.knob], dict(trace.run.knobs)
    most, now = limit(curvature, knobs), knobs[limit.knob]
    above, below = float(f"{1.05 * most:.3g}"), float(f"{0.5 * most:.3g}")
    written = f"{limit.text} = {number(most)}"
    if now > most and knob.low <= below <= knob.high:
        prompt = f"Lower {knob.sign} to {number(below)}, below {written}: does it settle?"
        return [(prompt, _change(trace, limit.knob, below))]
    if now <= most and knob.low <= above <= knob.high:
        prompt = f"Raise {knob.sign} to {number(above)}, just above {written}: what do the steps do?"
        return [(prompt, _change(trace, limit.knob, above))]
    return []


def _memory(trace: Trace) -> list[Try]:
    """Take the memory away, or give one; kick a fifth as far, or farther where all kicks fall back."""
    knobs = dict(trace.run.knobs)
    if remembers(trace) and "tenure" in knobs:
        if knobs["tenure"]:
            return [("Set τ to 0, no memory: does it still get out of a minimum?", _change(trace, "tenure", 0))]
        return [("Set τ to 10: does it now walk out of the minimum?", _change(trace, "tenure", 10))]
    if goes_in_rounds(trace) and "perturbation_size" in knobs:
        knob, now = trace.optimizer.knobs["perturbation_size"], float(knobs["perturbation_size"])
        back = same(trace).sum() > 0.5 * max(kicks(trace).sum(), 1)
        to = float(f"{min(now * 5, knob.high) if back else max(now / 5, knob.low):.2g}")
        word, ask = ("Raise", "do fewer kicks fall back?") if back else ("Lower", "do more kicks fall back?")
        if to != now:
            prompt = f"{word} {knob.sign} from {number(now)} to {number(to)}: {ask}"
            return [(prompt, _change(trace, knob.name, to))]
    return []


def _rates(trace: Trace) -> list[Try]:
    """Take the first knob on a logarithmic scale three times as large, or a tenth of it where the run diverged."""
    if trace.optimizer.limit is not None and trace.landscape.curvature:
        return []
    for name, knob in trace.optimizer.knobs.items():
        now = dict(trace.run.knobs)[name]
        if not knob.log or knob.kind != "float":
            continue
        lost = trace.stop.reason in ("diverged", "undefined")
        factor, word = (0.1, "Lower") if lost else (3.0, "Raise")
        if not knob.low <= factor * now <= knob.high:
            factor, word = (0.1, "Lower") if factor > 1 else (3.0, "Raise")
        value = float(f"{factor * now:.3g}")
        if knob.low <= value <= knob.high:
            question = "does it settle?" if lost else "what changes?"
            prompt = f"{word} {knob.sign} from {number(now)} to {number(value)}: {question}"
            return [(prompt, _change(trace, name, value))]
    return []


def _knobs(trace: Trace) -> list[Try]:
    """Flip a switch, set a knob to zero, or turn one past 1 where its range reaches past it on purpose."""
    for name, knob in trace.optimizer.knobs.items():
        now = dict(trace.run.knobs)[name]
        if knob.kind == "switch":
            word = "off" if now else "on"
            return [(f"Switch {knob.label} {word}: where does the same start lead?", _change(trace, name, not now))]
        if knob.kind != "float" or knob.log:
            continue
        if now < 1 < knob.high <= 2:
            above = float(f"{1 + 0.3 * (knob.high - 1):.3g}")
            return [(f"Set {knob.sign} to {number(above)}, above 1: does it settle?", _change(trace, name, above))]
        if knob.low == 0 and now:
            return [(f"Set {knob.sign} to 0: what did this knob do for you?", _change(trace, name, 0.0))]
    return []


def _extremes(trace: Trace) -> list[Try]:
    """Set what weighs most to nothing, and a share to all of it."""
    now = dict(trace.run.knobs)
    knobs = [knob for knob in trace.optimizer.knobs.values() if knob.kind == "float" and not knob.log]
    found = []
    weights = [knob for knob in knobs if knob.low == 0 and now[knob.name]]
    if weights:
        knob = max(weights, key=lambda each: now[each.name])
        found.append((f"Set {_called(knob)} to 0: what changes?", _change(trace, knob.name, 0.0)))
    for knob in knobs:
        if (knob.low, knob.high) == (0, 1) and now[knob.name] < 1:
            found.append((f"Set {_called(knob)} to 1: what changes?", _change(trace, knob.name, 1.0)))
    return found


def _called(knob: Knob) -> str:
    return f"{knob.sign}, the {knob.label}," if knob.sign != knob.label else knob.label


def _choices(trace: Trace) -> list[Try]:
    """Take the next of a few named ways."""
    found = []
    for name, knob in trace.optimizer.knobs_on(trace.landscape).items():
        now = dict(trace.run.knobs)[name]
        if knob.kind == "choice" and len(knob.choices) > 1:
            other = knob.choices[(knob.choices.index(now) + 1) % len(knob.choices)]
            shown = other.replace("_", " ")
            prompt = f"Take {knob.label} “{shown}” instead of “{str(now).replace('_', ' ')}”: is the tour shorter?"
            found.append((prompt, {f"{trace.run.optimizer}.{name}": knob.write(other)}))
    return found


def _seed(trace: Trace) -> list[Try]:
    """Draw again."""
    if not trace.run.stochastic:
        return []
    seed = trace.run.seed + 1
    return [(f"Take seed {seed} instead of {trace.run.seed}: was this run lucky?", {"seed": str(seed)})]


def _starts(trace: Trace) -> list[Try]:
    """Start on the other side, or three quarters of the way into the domain."""
    run, landscape = trace.run, trace.landscape
    if run.start is None:
        return []
    low, high, here = landscape.low, landscape.high, np.asarray(run.start)
    question = "which valley does it reach?" if len(landscape.minima) != 1 else "does it end in the same place?"
    found = []
    for there in (low + high - here, low + 0.75 * (high - low)):
        there = np.array([float(f"{v:.3g}") for v in there])
        if not np.allclose(here, there):
            where = place(there, float(np.max(high - low))).removeprefix("x = ")
            found.append((f"Start at {where}: {question}", {"start": ",".join(repr(float(v)) for v in there)}))
    return found


def _tours(trace: Trace) -> list[Try]:
    """Start from the cities in the order of their numbers, from the first one on or from the one in the middle."""
    n = trace.landscape.dimension
    found = []
    for first in (0, n // 2):
        tour = [(first + i) % n for i in range(n)]
        if not np.array_equal(tour, trace.x.reshape(-1, n)[0]):
            said = ", ".join(map(str, tour[:3]))
            found.append((f"Start from {said}, …: is the end as short?", {"start": ",".join(map(str, tour))}))
    return found


def _steps(trace: Trace) -> list[Try]:
    """Give it more steps where they ran out."""
    if trace.stop.reason != "step limit" or trace.run.steps >= 10_000:
        return []
    steps = min(10_000, 5 * trace.run.steps)
    return [(f"Give it {counted(steps, 'step')}: how far does it get?", {"steps": str(steps)})]
