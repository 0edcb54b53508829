"""Basins: one optimizer from a whole grid of starts as one batch, by the very generator that `record` runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from algorithms.counted import Counted, Sampled
from algorithms.examples import Fit
from algorithms.knob import short
from algorithms.landscape import Landscape
from algorithms.record import FAR, FINITE, LOOK, TOLERANCE, ends_at_small_steps, lost_coordinates, spent
from algorithms.registry import OPTIMIZERS
from algorithms.run import Run
from algorithms.state import State

REASONS = ("step limit", "converged", "diverged", "schedule ended")  # by code
NEAR = 0.01  # of the domain's diagonal: a run that ended this close to a minimum ended in it
MOST = 1_000_000  # starts
WIDER = (0, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)  # by how many widths the box is tried to be widened, see _calm
# A piece of memory this many times as large as the starts, given back once: from then on the C library keeps as much
# for the arrays of the steps to come, each of which may else be fetched from the system anew, in three times the time.
ROOM = 24
GRID, CORNERS = 1_000, 50  # points at which f is looked at there, and how many of them are corners
MARGIN = 4  # how many times below divergence f has to stay there


@dataclass(frozen=True, eq=False)
class Basins:
    """Where one optimizer ends from every start of a grid: arrays (ny, nx, …), on a curve (n, …).

    `starts` and `x` (…, d) are the first and last positions, `fx` (…) the values there. `steps` is the step at which
    each start ended and `reason` why, as an index into REASONS. `minimum` is the index in `landscape.minima` of the
    minimum it ended in, within a hundredth of the domain's diagonal, or −1. Only final points are kept. `evaluations`
    counts what the whole batch asked for, which goes on until its last start has ended.
    """

    run: Run
    starts: np.ndarray
    x: np.ndarray
    fx: np.ndarray
    steps: np.ndarray
    reason: np.ndarray
    minimum: np.ndarray
    evaluations: Mapping[str, int]

    @cached_property
    def landscape(self) -> Landscape:
        """The landscape, uncounted, for display."""
        return self.run.make_landscape()

    def ended(self, reason: str) -> np.ndarray:
        """Which starts ended for this reason, as a mask."""
        return self.reason == REASONS.index(reason)


@dataclass(frozen=True, eq=False)
class _Ends:
    """How each of N runs ended: positions (d, N), steps and codes of reasons (N,)."""

    x: np.ndarray
    steps: np.ndarray
    reason: np.ndarray


class Columns(Counted):
    """A counted landscape for many points (N, d) whose coordinates lie one after the other in memory, as (d, N)."""

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return in_columns(super().gradient(x))


class SampledColumns(Sampled):
    """The same with noise and mini-batches: all points see the same ones, each as it would see them alone."""

    def drawn(self, shape: tuple[int, ...]) -> np.ndarray:
        return super().drawn(shape[1:])

    def gradient(self, x: np.ndarray, batch: np.ndarray | None = None) -> np.ndarray:
        return in_columns(super().gradient(x, batch))


def in_columns(g: np.ndarray) -> np.ndarray:
    """An array (N, d) that lies in memory as (d, N)."""
    return g if g.T.flags.c_contiguous else np.asfortranarray(g)


def counted_columns(landscape: Landscape, rng: np.random.Generator) -> Counted:
    """The landscape for an algorithm that runs from many starts at once."""
    return SampledColumns(landscape, rng) if landscape.noisy or isinstance(landscape, Fit) else Columns(landscape)


def basins(
    run: Run,
    shape: int | tuple[int, int] = (200, 200),
    low: Sequence[float] | float | None = None,
    high: Sequence[float] | float | None = None,
    pair: tuple[int, int] | None = None,
) -> Basins:
    """Do `run` from every point of a grid over its domain, or from `low` to `high`, and say where each start ends.

    `shape` is (ny, nx), rows upward; on a curve one number, or the last of the two. Every start ends where `record`
    from that start does, to rounding, and for the same reason. In more than two dimensions `pair` names the two
    coordinates of the grid, the others stay at the run's start. Raises ValueError for an optimizer that cannot run
    from many starts at once, and for a grid that cannot be.
    """
    entry, landscape = OPTIMIZERS[run.optimizer], run.make_landscape()
    if not entry.elementwise:
        able = ", ".join(each.id for each in OPTIMIZERS.values() if each.elementwise)
        raise ValueError(f"{entry.name} cannot run from many starts at once; choose from {able}.")
    starts = _grid(run, landscape, shape, low, high, pair)
    columns = np.ascontiguousarray(starts.reshape(-1, landscape.dimension).T)
    counts = dict.fromkeys(("values", "gradients", "hessians", "examples_seen"), 0)
    with np.errstate(all="ignore"):
        ends = _ends(run, landscape, counts, columns)
        reason = by_schedule(run, ends.reason, ends.steps)
        fx = np.asarray(landscape.value(ends.x.T), float)
        minimum = np.where(ends.reason == REASONS.index("diverged"), -1, _nearest(landscape, ends.x))
    grid = starts.shape[:-1]
    found = Basins(
        run,
        starts,
        x=ends.x.T.reshape(starts.shape),
        fx=fx.reshape(grid),
        steps=ends.steps.reshape(grid),
        reason=reason.reshape(grid),
        minimum=minimum.reshape(grid),
        evaluations=counts,
    )
    for array in (starts, found.x, found.fx, found.steps, found.reason, found.minimum):
        array.setflags(write=False)
    return found


def _grid(run: Run, landscape: Landscape, shape: Any, low: Any, high: Any, pair: Any) -> np.ndarray:
    """The starts (ny, nx, d), or (n, 1); ValueError says what is wrong with them."""
    d = landscape.dimension
    if d > 2 and pair is None:
        raise ValueError(
            f"{landscape.name} has {d} coordinates and a grid of starts only two; name them, as in pair=(0, 1)."
        )
    axes = (0,) if d == 1 else (0, 1) if pair is None else tuple(pair)
    if len(axes) != min(d, 2) or len(set(axes)) != len(axes) or not all(axis in range(d) for axis in axes):
        raise ValueError(f"pair must be two different coordinates, counted from 0 to {d - 1}; got {short(pair)}.")
    numbers = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    numbers = numbers[-1:] if d == 1 else numbers * (2 if len(numbers) == 1 else 1)
    if len(numbers) != len(axes) or not all(n == int(n) and n >= 2 for n in numbers) or np.prod(numbers) > MOST:
        raise ValueError(f"shape must be two numbers of starts, each at least 2, {MOST:,} in all; got {short(shape)}.")
    ends = []
    for name, given, own in (("low", low, landscape.low), ("high", high, landscape.high)):
        end = own[list(axes)] if given is None else np.atleast_1d(np.asarray(given, float))
        if end.shape != (len(axes),) or not np.isfinite(end).all():
            raise ValueError(f"{name} must be {len(axes)} finite number{'s' * (len(axes) > 1)}; got {short(given)}.")
        ends.append(end)
    if not (ends[0] < ends[1]).all():
        raise ValueError(f"low must be below high; got {short(low)} and {short(high)}.")
    starts = np.empty((*map(int, numbers), d))
    starts[...] = landscape.start if run.start is None else run.start
    for i, axis in enumerate(axes):  # the first coordinate changes along a row, the second from row to row
        line = np.linspace(ends[0][i], ends[1][i], int(numbers[-1 - i]))
        starts[..., axis] = line if i == 0 else line[:, None]
    return starts


def by_schedule(run: Run, reason: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The codes of reasons, where a small step was what a schedule left of it and no convergence, changed to say so."""
    k, place = np.unique(steps, return_inverse=True)
    left = np.array([spent(run, int(each)) for each in k])[place]
    small = reason == REASONS.index("converged")
    return np.where(small & left, np.int8(REASONS.index("schedule ended")), reason)


def _ends(run: Run, landscape: Landscape, counts: dict[str, int], starts: np.ndarray) -> _Ends:
    """How the runs from `starts` (d, N) end; what they asked for is added to the counts.

    All are run once, without any value of f. Those that at some step left the calm region, beyond which f may be so
    high that a run counts as diverged, are then run again, with f looked at after every step.
    """
    np.empty(int(min(ROOM * starts.nbytes, 32e6)), np.uint8)  # made and dropped, see ROOM
    calm = _calm(landscape, starts)
    tolerance = (
        TOLERANCE if ends_at_small_steps(OPTIMIZERS[run.optimizer], landscape) else -1.0
    )  # no step is that small
    ends, doubtful = _swift(_states(run, landscape, counts, starts), run.steps, tolerance, starts, *calm)
    if (rows := np.flatnonzero(doubtful)).size:
        again = np.ascontiguousarray(starts[:, rows])
        exact = _careful(_states(run, landscape, counts, again), run.steps, tolerance, landscape)
        ends.x[:, rows], ends.steps[rows], ends.reason[rows] = exact.x, exact.steps, exact.reason
    return ends


def _states(run: Run, landscape: Landscape, counts: dict[str, int], starts: np.ndarray) -> Iterator[State]:
    """The states of all runs at once."""
    rng = np.random.default_rng(run.seed)
    f = counted_columns(landscape, rng)
    try:
        yield from OPTIMIZERS[run.optimizer].function(f, starts.T, rng, **dict(run.knobs))
    finally:
        for name in counts:
            counts[name] += getattr(f, name)


def _calm(landscape: Landscape, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A box, as low and high (d, 1), in which f stays far below what counts as diverged from any of the starts.

    It is the domain with all starts, widened as far as values at random points allow; empty where they allow nothing.
    """
    low, high = np.minimum(landscape.low, starts.min(axis=1)), np.maximum(landscape.high, starts.max(axis=1))
    share = np.random.default_rng(0).random((len(low), GRID))
    share[:, :CORNERS] = share[:, :CORNERS].round()  # corners of the box
    share = share.T
    first = np.asarray(landscape.value(starts.T), float)
    most = FAR * (1 + abs(first).min()) / MARGIN if np.isfinite(first).all() else -np.inf
    calm = np.full_like(low, np.inf), np.full_like(low, -np.inf)
    for wider in WIDER:
        box = low - wider * (high - low), high + wider * (high - low)
        heights = np.asarray(landscape.value(box[0] + (box[1] - box[0]) * share), float)
        if not (np.isfinite(heights) & (heights <= most)).all():
            break
        calm = box
    return calm[0][:, None], calm[1][:, None]


def _swift(
    states: Iterator[State],
    steps: int,
    tolerance: float,
    starts: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> tuple[_Ends, np.ndarray]:
    """How each run ends as long as it does not diverge, and which ones may have, since they left the box at some step.

    What all runs pay for at every step is little: one coordinate of the step is compared with the tolerance, the others
    only where that one is small, and every position with the box.
    """
    n = starts.shape[1]
    x, (inside, above, below) = starts, np.ones((3, *starts.shape), bool)
    final, ended = starts.copy(), np.full(n, steps)
    live, spoiled = np.ones(n, bool), np.zeros(n, bool)
    moved, small = np.empty(n), np.empty(n, bool)
    state = next(states)
    for k in range(steps):
        state = next(states)
        y = state.x.T
        np.subtract(y[0], x[0], out=moved)
        np.less_equal(moved, tolerance, out=small)  # two comparisons take less time than abs
        small &= np.greater_equal(moved, -tolerance, out=below[0])
        small &= live
        if small.any():
            rows = small.nonzero()[0]
            for a, b in zip(x[1:], y[1:]):
                rows = rows[abs(b[rows] - a[rows]) <= tolerance]
            if rows.size:
                for kept, a in zip(final, x):
                    kept[rows] = a[rows]
                ended[rows], live[rows] = k, False
                spoiled[rows] = _broken(state.fields, n, rows)
        x = y
        np.logical_and(np.greater_equal(x, low, out=above), np.less_equal(x, high, out=below), out=above)
        inside &= above
        if k % LOOK == LOOK - 1:
            live &= inside.all(axis=0)
            if not live.any():
                break
    away = ~inside.all(axis=0)
    live &= ~away
    for kept, a in zip(final, x):
        np.copyto(kept, a, where=live)
    reason = np.where(live | away, np.int8(0), np.int8(REASONS.index("converged")))
    return _Ends(final, ended, reason), away | spoiled | (live & _broken(state.fields, n))


def _careful(states: Iterator[State], steps: int, tolerance: float, landscape: Landscape) -> _Ends:
    """How each run ends, with `record`'s rules applied to every run at every step."""
    state = next(states)
    n = len(state.x)
    x = before = state.x
    start, final = x, x.copy()
    ended, reason, live, first = np.full(n, steps), np.zeros(n, np.int8), np.ones(n, bool), np.full(n, np.nan)
    unknown, most, waiting = np.ones(n, bool), first, True

    def end(which: np.ndarray, where: np.ndarray, k: int, why: str) -> None:
        final[which], ended[which], reason[which], live[which] = where[which], k, REASONS.index(why), False

    for k in range(steps + 1):
        fx = np.asarray(landscape.value(x), float)
        finite = np.isfinite(fx)
        if waiting:
            first = np.where(np.isnan(first) & finite, fx, first)  # f₀ is the first finite value
            unknown, most = np.isnan(first), FAR * (1 + abs(first))
            waiting = bool(unknown.any())
        high = ~(finite & (fx <= most))
        if waiting:
            high = np.where(unknown, fx == -np.inf, high)
        broken = _broken(state.fields, n)
        lost = live & (high | broken | lost_coordinates(x, landscape).any(axis=-1))
        if lost.any():
            shown = finite & ~broken & np.isfinite(x).all(axis=-1)
            end(lost, np.where(shown[:, None], x, before), k, "diverged")
        if k == steps or not live.any():
            break
        state = next(states)
        before, x = x, state.x
        small = live & (abs(x[:, 0] - before[:, 0]) <= tolerance)
        if small.any():
            small &= (abs(x - before) <= tolerance).all(axis=-1)
            spoiled = small & _broken(state.fields, n)
            end(small & ~spoiled, before, k, "converged")
            end(spoiled, before, k + 1, "diverged")
    final[live] = x[live]
    end(unknown, start, 0, "diverged")
    return _Ends(final.T, ended, reason)


def _broken(fields: Mapping[str, Any], n: int, rows: Any = slice(None)) -> Any:
    """Which of the n runs, or of some of them, have a field that is no finite number."""
    broken: Any = np.zeros(n, bool)[rows]
    for name, value in fields.items():
        if name in FINITE:
            shared = np.shape(value)[:1] != (n,)
            finite = np.isfinite(value if shared else value[rows])
            broken = broken | (~finite.all() if shared else ~finite.reshape(len(broken), -1).all(axis=1))
    return broken


def _nearest(landscape: Landscape, x: np.ndarray) -> np.ndarray:
    """The index of the known minimum that each position (d, N) lies in, −1 for none."""
    near = NEAR * float(np.linalg.norm(landscape.high - landscape.low))
    which, least = np.full(x.shape[1], -1), np.full(x.shape[1], near**2)
    for i, minimum in enumerate(landscape.minima):
        away = ((x - np.asarray(minimum.x)[:, None]) ** 2).sum(axis=0)
        closer = away <= least
        which[closer], least[closer] = i, away[closer]
    return which
