"""Step sizes: one run with many learning rates at once, in one batch, and what kinds of rates there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from algorithms.basins import REASONS, by_schedule, counted_columns
from algorithms.knob import Knob
from algorithms.landscape import Landscape
from algorithms.record import FAR, FINITE, TOLERANCE, ends_at_small_steps, lost_coordinates
from algorithms.registry import OPTIMIZERS, OptimizerEntry
from algorithms.run import Run

RATE = "learning_rate"  # the knob
DECADES = 5
MOST = 5_000_000  # numbers that all positions of a sweep may be
ALIKE = 1e-6  # of the way from the first value to the best one: less than this is no rise
SAME = 1e-11  # of that: values that differ by less are equally low, which a run that paused at a turn is not
TURNING = 0.25  # share of steps that turn back by more than 90 degrees, from which on a path zigzags
CREST = 12  # of the last one in so many steps the highest f counts, for a rate to be called fast
ROUNDING = 1e-9


@dataclass(frozen=True)
class Regimes:
    """Three kinds of rates: below `overshoots` f creeps down, from there it zigzags, above `diverges` it has no bound.

    Where `known`, both come from the largest curvature L and say so in `formulas`; else they are measured: the lowest
    rates of the sweep with which f rises at a step, or a quarter of the steps turn back, and that diverge. None where
    no rate does.
    """

    overshoots: float | None
    diverges: float | None
    known: bool
    formulas: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False)
class StepSizes:
    """What one run becomes with each of R learning rates, from low to high, over T = steps + 1 frames.

    `fx` (T, R) is f after every step; a rate that has ended keeps its last value. `steps` (R,) is the step at which
    each ended and `reason` (R,) why, as an index into REASONS: what `record` says of a run with that rate alone.
    `turns` (R,) is the share of steps that turn back by more than 90 degrees.
    """

    run: Run
    rates: np.ndarray
    fx: np.ndarray
    steps: np.ndarray
    reason: np.ndarray
    turns: np.ndarray

    def __len__(self) -> int:
        return len(self.fx)

    @cached_property
    def landscape(self) -> Landscape:
        """The landscape, uncounted, for display."""
        return self.run.make_landscape()

    @property
    def knob(self) -> Knob:
        """The learning rate."""
        return OPTIMIZERS[self.run.optimizer].knobs[RATE]

    def ended(self, reason: str) -> np.ndarray:
        """Which rates ended for this reason, as a mask."""
        return self.reason == REASONS.index(reason)

    @cached_property
    def best(self) -> int:
        """The rate that is fastest, as an index: it ends lowest or, of those that converge there, first.

        Where only local minima are known, a rate that ends below them fell out of their valley and is no candidate.
        """
        known = [minimum.fx for minimum in self.landscape.minima]
        floor = -np.inf if any(m.kind == "global" for m in self.landscape.minima) else min(known, default=-np.inf)
        crest = self.fx[-max(1, len(self.fx) // CREST) :].max(axis=0)  # not the trough of a swing
        last = np.where(np.isfinite(crest) & ~self.ended("diverged"), crest, np.inf)
        last = np.where(last < floor - ALIKE * (1 + abs(floor)), np.inf, last) if np.isfinite(floor) else last
        lowest = int(last.argmin())
        first = float(self.fx[0, 0])
        if not np.isfinite([first, last[lowest]]).all():
            return lowest
        there = self.ended("converged") & (last <= last[lowest] + SAME * (first - last[lowest]))
        return int(np.where(there, self.steps, len(self)).argmin()) if there.any() else lowest

    @cached_property
    def regimes(self) -> Regimes:
        """Which rates creep, zigzag and diverge: by the limit that the optimizer declares, or else measured.

        The limit holds in a quadratic bowl, where the largest curvature is that of every place, and for a rate that
        no schedule changes.
        """
        entry, L, knobs = OPTIMIZERS[self.run.optimizer], self.landscape.curvature, dict(self.run.knobs)
        limit = entry.limit
        constant = knobs.get("schedule", "constant") == "constant"
        if L and limit and limit.knob == RATE and limit.smooth and constant and is_bowl(self.landscape):
            formulas = limit.smooth_text, limit.text
            return Regimes(limit.smooth(L, knobs), limit(L, knobs), True, formulas)
        lost = self.ended("diverged")
        with np.errstate(all="ignore"):
            first, last = self.fx[0, 0], self.fx[-1, self.best]
            rises = (np.diff(self.fx, axis=0) > ALIKE * (first - last)).any(axis=0)
        back = ((self.turns >= TURNING) | rises) & ~lost
        over, gone = (float(self.rates[which.argmax()]) if which.any() else None for which in (back, lost))
        return Regimes(None if over and gone and over > gone else over, gone, False)


def sweepable(entry: OptimizerEntry, landscape: Landscape) -> bool:
    """Whether many learning rates of this optimizer can be tried on this landscape at once."""
    return entry.elementwise and RATE in entry.knobs and "gradient" in landscape.offers and entry.fits(landscape)


def step_sizes(run: Run, number: int = 201, low: float | None = None, high: float | None = None) -> StepSizes:
    """Do `run` with `number` learning rates from `low` to `high` at once: five decades up to the knob's highest.

    Every rate goes as `record` goes with it alone, to rounding; the other knobs stay as they are. Raises ValueError
    for an optimizer that cannot, or where all positions would take too much memory.
    """
    entry, landscape = OPTIMIZERS[run.optimizer], run.make_landscape()
    if not sweepable(entry, landscape):
        able = ", ".join(each.id for each in OPTIMIZERS.values() if sweepable(each, landscape)) or "none"
        raise ValueError(f"{entry.name} cannot try many learning rates at once here; what can: {able}.")
    high = entry.knobs[RATE].high if high is None else high
    low = high / 10**DECADES if low is None else low
    if not 0 < low < high < np.inf or number < 2:
        raise ValueError(f"learning rates must be at least 2, from low > 0 to high > low; got {number}, {low}, {high}.")
    size = (run.steps + 1) * number * landscape.dimension
    if size > MOST:
        raise ValueError(f"{number:,} learning rates × {run.steps:,} steps are too much; take fewer of either.")
    rates = np.geomspace(low, high, number)
    with np.errstate(all="ignore"):
        x, sound = _positions(run, landscape, rates)
        fx = np.asarray(landscape.value(x), float)
        tolerance = TOLERANCE if ends_at_small_steps(entry, landscape) else -1.0
        steps, reason, last = _ends(landscape, x, fx, sound, tolerance)
        reason = by_schedule(run, reason, steps)
        frames = np.minimum(np.arange(run.steps + 1)[:, None], last)
        fx = np.take_along_axis(fx, frames, axis=0)
        turns = _turns(x, last)
    for array in (rates, fx, steps, reason, turns):
        array.setflags(write=False)
    return StepSizes(run, rates, fx, steps, reason, turns)


def is_bowl(landscape: Landscape) -> bool:
    """Whether f is quadratic and bounded below: of the same curvature everywhere, nowhere downward, by its Hessian."""
    if landscape.hessian is None:
        return False
    places = np.random.default_rng(0).uniform(landscape.low, landscape.high, (9, landscape.dimension))
    bends = np.asarray(landscape.hessian(places), float)
    rounding = ROUNDING * float(abs(bends).max())
    return bool(np.allclose(bends, bends[:1], rtol=0, atol=rounding) and np.linalg.eigvalsh(bends).min() >= -rounding)


def _positions(run: Run, landscape: Landscape, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All positions (T, R, d), as if no rate ever ended, and where fields are finite numbers (T, R)."""
    n, d = len(rates), landscape.dimension
    start = np.array(landscape.start if run.start is None else run.start)
    knobs: Mapping[str, Any] = dict(run.knobs) | {RATE: rates[:, None]}
    rng = np.random.default_rng(run.seed)
    f, x = counted_columns(landscape, rng), np.empty((run.steps + 1, n, d))
    sound = np.ones((run.steps + 1, n), bool)
    states = OPTIMIZERS[run.optimizer].function(f, np.tile(start, (n, 1)), rng, **knobs)
    for k, state in zip(range(run.steps + 1), states):
        x[k] = state.x
        for name, value in state.fields.items():
            if name in FINITE:
                finite = np.isfinite(value)
                sound[k] &= finite.reshape(n, -1).all(axis=1) if finite.shape[:1] == (n,) else finite.all()
    return x, sound


def _ends(
    landscape: Landscape, x: np.ndarray, fx: np.ndarray, sound: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The step at which each rate ended by `record`'s rules, the code of the reason, and its last frame: (R,) each."""
    T = len(x)
    sound = sound & np.isfinite(x).all(axis=-1)
    finite = np.isfinite(fx)
    first = fx[finite.argmax(axis=0), np.arange(fx.shape[1])]  # f₀ is the first finite value
    high = ~(finite & (fx <= FAR * (1 + abs(first)))) & ((np.cumsum(finite, axis=0) > 0) | (fx == -np.inf))
    high[0] |= ~finite.any(axis=0)
    lost = lost_coordinates(x, landscape).any(axis=-1) | high | ~sound
    lost_at = np.where(lost.any(axis=0), lost.argmax(axis=0), T)
    small = (abs(np.diff(x, axis=0)) <= tolerance).all(axis=-1)
    still_at = np.where(small.any(axis=0), small.argmax(axis=0), T)
    spoiled = still_at < np.minimum(lost_at, T - 1)
    spoiled &= ~sound[np.minimum(still_at + 1, T - 1), np.arange(fx.shape[1])]  # a step is small, but not into a number
    diverged = (lost_at <= still_at) & (lost_at < T)
    steps = np.where(diverged, lost_at, np.minimum(still_at, T - 1))
    reason = np.where(diverged, 2, np.where(still_at < T, 1, 0)).astype(np.int8)
    shown = np.take_along_axis(finite & sound, steps[None], axis=0)[0]
    last = np.where(diverged & ~shown, np.maximum(steps - 1, 0), steps)
    return np.where(spoiled, still_at + 1, steps), np.where(spoiled, np.int8(2), reason), last


def _turns(x: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The share (R,) of steps up to each rate's last frame that turn back by more than 90 degrees."""
    step = np.diff(x, axis=0)
    made = np.arange(1, len(step))[:, None] < last
    back = ((step[1:] * step[:-1]).sum(axis=-1) < 0) & made
    return np.asarray(back.sum(axis=0) / np.maximum(made.sum(axis=0), 1))
