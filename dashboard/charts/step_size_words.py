"""What is said about many learning rates: which are too short, which too long, and where the run's own one stands."""

from math import log

import numpy as np

from algorithms.step_sizes import RATE, Regimes, StepSizes
from algorithms.trace import Trace
from dashboard.charts.wording import counted, number

Try = tuple[str, dict[str, str]]
CLOSE = 0.04  # of itself: rates no farther apart are one to the eye


def short(rate: float) -> str:
    """Return a rate with 2 significant digits, 3 where it begins with 1: 0.18 and 0.0025."""
    return number(float(f"{rate:.3g}" if f"{rate:.0e}"[0] == "1" else f"{rate:.2g}"))


def tick(rate: float) -> str:
    """Return a rate as an axis writes it: 0.002, 10⁻⁵."""
    return f"{rate:.6f}".rstrip("0").rstrip(".") if rate >= 1e-3 else number(rate)


def capital(text: str) -> str:
    """Return a text with a capital letter."""
    return text[:1].upper() + text[1:]


def here(sweep: StepSizes) -> str:
    """Return where the rates are tried: "On this bowl", "On Himmelblau"."""
    name = sweep.landscape.name
    return f"On this {name.lower()}" if sweep.regimes.known else f"On {name}"


def is_fastest(trace: Trace, sweep: StepSizes) -> bool:
    """Whether the run's own rate is, to the eye, the fastest."""
    return bool(abs(log(dict(trace.run.knobs)[RATE] / sweep.rates[sweep.best])) < CLOSE)


def regime(trace: Trace, sweep: StepSizes) -> str:
    """Return what the run's own rate does: "creeps", "zigzags" or "overshoots", "diverges"."""
    rate, kinds = dict(trace.run.knobs)[RATE], sweep.regimes
    if trace.stop.reason == "diverged" or (kinds.known and kinds.diverges and rate > kinds.diverges):
        return "diverges"
    return middle(kinds) if kinds.overshoots and rate > kinds.overshoots else "creeps"


def middle(kinds: Regimes) -> str:
    """Return what rates between those that creep and those that diverge do: in a bowl they are known to zigzag."""
    return "zigzags" if kinds.known else "overshoots"


def limit(sweep: StepSizes) -> str:
    """Say which rates diverge."""
    kinds, sgn = sweep.regimes, sweep.knob.sign
    if kinds.diverges is None:
        return f"no {sgn} up to {short(float(sweep.rates[-1]))} diverges"
    if kinds.known:
        return f"every {sgn} above {kinds.formulas[1]} = {short(kinds.diverges)} diverges"
    some = " some" if (~sweep.ended("diverged"))[sweep.rates > kinds.diverges].any() else ""
    return f"from {sgn} = {short(kinds.diverges)} on{some} rates diverge"


def title(sweep: StepSizes) -> tuple[str, str]:
    """Return the finding, and what is seen."""
    best, steps = short(float(sweep.rates[sweep.best])), counted(len(sweep) - 1, "step")
    finding = f"{capital(limit(sweep))}; {sweep.knob.sign} = {best} is fastest"
    detail = f"f after each of {steps}, for {len(sweep.rates)} learning rates from one start"
    return finding, detail


def outcome(trace: Trace, sweep: StepSizes) -> tuple[str, str]:
    """Return what the run's own rate does, in a word, and a sentence on all rates."""
    rate, best, sgn = dict(trace.run.knobs)[RATE], float(sweep.rates[sweep.best]), sweep.knob.sign
    steps = counted(len(sweep) - 1, "step")
    kind, kinds = regime(trace, sweep), sweep.regimes
    parts = {
        "creeps": (kinds.overshoots, kinds.formulas[0], "is below"),
        middle(kinds): (kinds.overshoots, kinds.formulas[0], "is above"),
        "diverges": (kinds.diverges, kinds.formulas[1], "is above"),
    }
    bound, formula, word = parts[kind]
    why = f" {word} {formula} = {short(bound)}" if bound and formula else ""
    if trace.stop.reason == "diverged":
        own = f"{sgn} = {number(rate)}{why}: diverged at step {trace.stop.step:,}."
    else:
        own = f"{sgn} = {number(rate)}{why}: after {counted(len(trace) - 1, 'step')} f = {number(trace.fx[-1])}."
    fastest = "yours" if is_fastest(trace, sweep) else f"{sgn} = {short(best)}, f = {number(sweep.fx[-1, sweep.best])}"
    return capital(kind), f"{own} {here(sweep)} {limit(sweep)}; fastest after {steps} is {fastest}."


def alternative(trace: Trace, sweep: StepSizes) -> str:
    """Return a text in place of the picture."""
    first, last = float(sweep.fx[0, 0]), float(sweep.fx[-1, sweep.best])
    kinds = sweep.regimes
    ends = [
        f"{name} {short(at)}"
        for name, at in ((f"{middle(kinds)} from", kinds.overshoots), ("diverges from", kinds.diverges))
        if at is not None
    ]
    lost = int(np.sum(sweep.ended("diverged")))
    return (
        f"f after up to {counted(len(sweep) - 1, 'step')} against the learning rate, {len(sweep.rates)} rates from "
        f"{short(float(sweep.rates[0]))} to {short(float(sweep.rates[-1]))}. f starts at {number(first)}; the fastest "
        f"rate, {short(float(sweep.rates[sweep.best]))}, comes to {number(last)}. {counted(lost, 'rate')} diverged. "
        f"{trace.optimizer.name} on {sweep.landscape.name} {', '.join(ends) or 'creeps everywhere'}. "
        f"Your learning rate is {number(dict(trace.run.knobs)[RATE])}."
    )


def tries(trace: Trace, sweep: StepSizes) -> list[Try]:
    """Return two prompts, each with what its link changes."""
    rate, best, knob, kinds = dict(trace.run.knobs)[RATE], float(sweep.rates[sweep.best]), sweep.knob, sweep.regimes

    def change(value: float) -> dict[str, str]:
        return {f"{trace.run.optimizer}.{RATE}": knob.write(float(f"{min(max(value, knob.low), knob.high):.3g}"))}

    sgn, found = knob.sign, list[Try]()
    if not is_fastest(trace, sweep):
        found.append((f"Set {sgn} to {short(best)}, the fastest: how does its path differ?", change(best)))
    if kinds.diverges is not None and 1.05 * kinds.diverges <= knob.high and rate <= kinds.diverges:
        above = float(f"{1.05 * kinds.diverges:.3g}")
        found.append((f"Step over the limit, to {sgn} = {number(above)}: how soon is it gone?", change(above)))
    elif kinds.diverges is not None and knob.low <= 0.95 * kinds.diverges:
        below = float(f"{0.95 * kinds.diverges:.3g}")
        found.append((f"Step back to {sgn} = {number(below)}, just below the limit: does it settle?", change(below)))
    else:
        found.append((f"Take the longest steps, {sgn} = {number(knob.high)}: does it come apart?", change(knob.high)))
    fewer = max(1, trace.run.steps // 4)
    found.append((f"Stop after {counted(fewer, 'step')}: is the same {sgn} still fastest?", {"steps": str(fewer)}))
    return found[:2]
