"""The sweeps of the lab: computed once and kept, since a moved learning rate changes none of them."""

from dataclasses import replace
from functools import lru_cache

from algorithms import OPTIMIZERS, Run, StepSizes, step_sizes
from algorithms.step_sizes import MOST, RATE

LONGEST = 1000  # steps that the lab shows
RATES, LEAST = 401, 41
NUMBERS = 90_000  # values of f that travel to the browser, about


def shown(run: Run) -> Run:
    """The run as the lab shows it: no longer than all rates can be watched."""
    return replace(run, steps=min(run.steps, LONGEST))


def swept(run: Run) -> StepSizes:
    """The run with all learning rates, its own aside."""
    knob = OPTIMIZERS[run.optimizer].knobs[RATE]
    return _swept(replace(run, knobs=dict(run.knobs) | {RATE: knob.default}))


@lru_cache(maxsize=16)
def _swept(run: Run) -> StepSizes:
    frames = run.steps + 1
    fits = min(MOST // (frames * run.make_landscape().dimension), NUMBERS // frames)
    return step_sizes(run, min(RATES, max(LEAST, fits)))
