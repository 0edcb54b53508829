"""Recording: the one loop of the project. Everything that steps an optimizer does it here."""

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, chain
from time import perf_counter
from typing import Any

import numpy as np

from algorithms.counted import Counted, Sampled, counted
from algorithms.knob import short
from algorithms.landscape import Landscape, in_floats
from algorithms.moves import Permutations
from algorithms.registry import OPTIMIZERS, OptimizerEntry
from algorithms.run import Run
from algorithms.schedules import SHARES
from algorithms.state import FIELDS, State, Stop
from algorithms.trace import Trace

TOLERANCE = 1e-6  # a step is small when no component is larger
BUDGET = 200_000  # evaluations of value, gradient and Hessian together
FAR = 1e6  # diverged: this many widths from the center, or this many times (1 + |f₀|)
FIELD_BYTES, RUN_BYTES = 32e6, 64e6
FINITE = {name for name, field in FIELDS.items() if field.role in ("vector", "scale") and name != "estimate"}
WHOLE = ("point", "members", "edge list")  # roles of fields that hold cities or members, not quantities
ROUNDING = 1e-12  # of the largest curvature: less is none
LOOK = 16  # steps between two looks for divergence
SPENT = 0.01  # of the learning rate: when a schedule leaves less, it is what ends the steps
WATCH = 0.1  # seconds between two calls of watch
COUNTS = np.dtype([(name, np.int64) for name in ("values", "gradients", "hessians", "examples")])

Watch = Callable[[int], Any] | None


def record(run: Run, watch: Watch = None) -> Trace:
    """Do a run and return its whole history; numeric trouble ends it with a reason, never with an exception.

    `watch(k)` is called about every 0.1 s with the step reached; when it returns True the run ends as "cancelled" with
    the frames so far. Same run, same trace, bit for bit: what ends a long run is a count, never a clock.
    """
    if not isinstance(run, Run):
        raise TypeError(f"record takes a Run, such as Run('adam', 'rosenbrock'); got {short(run)}.")
    landscape, rng = run.make_landscape(), np.random.default_rng(run.seed)
    f = counted(landscape, rng)
    start = None if run.start is None else np.array(run.start)
    with np.errstate(all="ignore"):
        states = OPTIMIZERS[run.optimizer].function(f, start, rng, **dict(run.knobs))
        needs = OPTIMIZERS[run.optimizer].needs
        if isinstance(f, Sampled) and "gradient" in needs and (landscape.noisy or "data" in needs):
            states = _with_estimates(states, f)
        history, stop = _follow(states, f, run, landscape, watch)
        fx = history.fields.pop("fx", None)
        if fx is None or landscape.noisy:  # what is shown is never noisy
            fx = np.array(landscape.value(history.x), float)
        lowest_x, lowest_fx = _lowest(history.x, fx)
        lost = _first_lost(history, lowest_fx, landscape)
        if lost:
            k, why = lost
            unknown = _undefined(k, history, fx, landscape)
            k = unknown.step if unknown and unknown.step is not None else k
            shown = np.isfinite(fx[k]).all() and history.broken(k, k + 1) is None
            stop = unknown or Stop("diverged", _diverged(k, why, run, landscape), k)
            history.cut(k + 1 if shown else k)
        if stop.reason == "converged" and landscape.noisy:
            stop = Stop("no descent", f"Stopped at step {len(history.x) - 1:,}: noise hides which way is down.")
        if stop.reason == "converged":
            stop = replace(stop, message=stop.message + _second_order(landscape, history.x[-1]))
        T = len(history.x)
        if stop.reason in ("diverged", "undefined") and stop.step == T:
            stop = replace(stop, message=f"{stop.message} Step {T - 1:,} is the last one shown.")
        best_x, best_fx = _best_so_far(lowest_x[:T], lowest_fx[:T])
    if stop.reason == "step limit":
        stop = replace(stop, message=f"{stop.message} {landscape.best_in_words(best_fx[-1])}")
    if stop.step is None:
        stop = replace(stop, step=T - 1)
    history.counts[-1] = f.values, f.gradients, f.hessians, f.examples_seen  # what no frame shows was asked for too
    evaluations = np.fromiter(chain.from_iterable(history.counts), np.int64, 4 * T).view(COUNTS).view(np.recarray)
    seconds = np.array(history.clock) - history.began
    for array in (history.x, fx, best_x, best_fx, evaluations, seconds, *history.fields.values()):
        array.setflags(write=False)
    return Trace(run, history.x, fx[:T], best_x, best_fx, evaluations, seconds, history.fields, history.kept, stop)


def _with_estimates(states: Iterator[State], f: Sampled) -> Generator[State, None, Any]:
    """The states, each with the gradient that was given last before it: what the step to it went by."""
    while True:
        try:
            state = next(states)
        except StopIteration as end:
            return end.value
        state.fields["estimate"] = f.estimate
        yield state


def _follow(
    states: Iterator[State], f: Counted, run: Run, landscape: Landscape, watch: Watch
) -> tuple["History", Stop]:
    """Pull states and keep each one, until something ends the run."""
    entry = OPTIMIZERS[run.optimizer]
    near = _near(landscape)
    began = called = perf_counter()
    state = next(states)
    members = state.x.shape[0] if state.x.ndim > 1 else 1
    square = np.vdot if state.x.ndim > 1 else np.ndarray.dot
    small_steps = ends_at_small_steps(entry, landscape)
    worth = max(members, entry.work(landscape, dict(run.knobs)) if entry.work else 0)
    history = History(state, min(run.steps, int(BUDGET / worth)) + 1, _parts(landscape), began)
    path, whole, other, named = history.x, history.whole, history.other, history.count
    counts, clock = history.counts, history.clock
    last, half, slow, stop = history.capacity - 1, BUDGET / 2, worth > members, None
    x, first = state.x, state.x.item(0)
    for k in range(history.capacity):
        clock.append(perf_counter())
        path[k], fields = x, state.fields
        if len(fields) != named:
            raise history.changed(fields)
        try:
            for name, column in whole:
                column[k] = fields[name]
            if other:
                history.keep_other(k, fields)
        except KeyError:
            raise history.changed(fields) from None
        values, gradients, hessians = f.values, f.gradients, f.hessians
        counts.append((values, gradients, hessians, f.examples_seen))
        if k % LOOK == 0 and not square(x, x) < near and lost_coordinates(x, landscape).any():
            break  # what happened, and when, is found in the history
        if k == last or values + gradients + hessians > half:
            stop = _limit(k, run, landscape, history, members, slow)
            if stop:
                break
        if watch and clock[-1] - called > WATCH:
            called = clock[-1]
            if watch(k):
                stop = Stop("cancelled", f"Cancelled at step {k:,}.")
                break
        try:
            state = next(states)
        except StopIteration as end:
            stop = end.value or Stop("finished", f"Finished after {k:,} step{'s' * (k != 1)}.")
            break
        except np.linalg.LinAlgError as trouble:
            stop = Stop("singular", f"Stopped at step {k + 1:,}: {trouble}.", k + 1)
            break
        except ArithmeticError as trouble:
            stop = Stop("diverged", f"Diverged at step {k + 1:,}: {trouble}.", k + 1)
            break
        last_x, x = x, state.x
        if small_steps:  # one coordinate first, since that is cheap and mostly settles it
            last_first, first = first, x.item(0)
            if abs(first - last_first) <= TOLERANCE and (abs(x - last_x) <= TOLERANCE).all():
                stop = _small_step(k, run)
                for name, value in state.fields.items():
                    if name in FINITE and not np.isfinite(value).all():
                        stop = Stop("diverged", f"Diverged at step {k + 1:,}: {_no_longer_finite(name)}.", k + 1)
                break
    history.cut(k + 1)
    return history, stop or Stop("diverged", "")


def ends_at_small_steps(entry: OptimizerEntry, landscape: Landscape) -> bool:
    """Whether a small step ends a run; not where noise alone may have made it small, far from any minimum."""
    return entry.stops == "small step" and not landscape.noisy


class History:
    """Preallocated arrays, one for x and one a field, that states are copied into.

    A field that would take more than 32 MB keeps every k-th frame; `too_large` says in words what exceeds 64 MB. Ragged
    fields are lists until the run ends, then padded to the longest with NaN, or with −1 where they are whole numbers;
    of these, which together may take 32 MB too, every second frame is dropped as often as need be.
    `parts` is what a position consists of, "coordinates" or "cities"; `clock` tells the time at each state, and `began`
    that at which the first one was asked for.
    """

    def __init__(self, first: State, capacity: int, parts: str, began: float) -> None:
        if unknown := first.fields.keys() - FIELDS.keys():
            named = ", ".join(sorted(unknown))
            raise TypeError(f"unknown field {named} in State; the vocabulary is {', '.join(FIELDS)}.")
        arrays = {name: _as_array(name, value) for name, value in {"x": first.x, **first.fields}.items()}
        self.ragged: dict[str, list[np.ndarray]] = {name: [] for name in arrays if name != "x" and FIELDS[name].ragged}
        arrays = {name: array for name, array in arrays.items() if name not in self.ragged}
        size = {name: array.nbytes for name, array in arrays.items()}
        self.too_large = ""
        if _total(size, capacity) > RUN_BYTES:
            self.too_large = _too_large(size, capacity, parts)
            capacity = 1
        stride = {name: _stride(name, size[name], capacity) for name in arrays}
        self.capacity = capacity
        self.stride = stride | dict.fromkeys(self.ragged, 1)
        self.longest = dict.fromkeys(self.ragged, 0)  # in bytes
        columns = _allocate({name: (math.ceil(capacity / stride[name]), array) for name, array in arrays.items()})
        self.x = columns.pop("x")
        self.fields, self.count, self.names = columns, len(first.fields), list(first.fields)
        self.whole = [(name, column) for name, column in columns.items() if stride[name] == 1]
        self.thinned = [(name, column, stride[name]) for name, column in columns.items() if stride[name] > 1]
        self.other = bool(self.thinned or self.ragged)
        self.kept: dict[str, np.ndarray] = {}
        self.counts: list[tuple[int, int, int, int]] = []
        self.began, self.clock = began, list[float]()

    def keep_other(self, k: int, fields: dict[str, Any]) -> None:
        """Copy those fields of step k that are ragged or not kept at every step."""
        for name, column, stride in self.thinned:
            if k % stride == 0:
                column[k // stride] = fields[name]
        for name, rows in self.ragged.items():
            if k % self.stride[name] == 0:
                rows.append(np.array(fields[name]))
                self.longest[name] = max(self.longest[name], rows[-1].nbytes)
                while len(rows) > 1 and len(rows) * self.longest[name] * len(self.ragged) > FIELD_BYTES:
                    del rows[1::2]
                    self.stride[name] *= 2

    def broken(self, first: int, last: int) -> tuple[int, str] | None:
        """The first frame from `first` to before `last` with a number that is not finite, and its name; or None."""
        columns = {"x": self.x} | {name: column for name, column in self.whole if name in FINITE}
        found = []
        for name, column in columns.items():
            if np.isfinite(np.vdot(column[first:last], column[first:last])):
                continue  # a finite sum of squares settles it quickly
            finite = np.isfinite(column[first:last])
            if not finite.all():
                found.append((first + int(finite.reshape(last - first, -1).all(axis=1).argmin()), name))
        return min(found, key=lambda each: each[0], default=None)

    def changed(self, fields: Iterable[str]) -> TypeError:
        return TypeError(f"every State must have the same fields: first {self.names}, then {list(fields)}.")

    def cut(self, frames: int) -> None:
        """Forget everything after the first `frames` frames; the start always stays."""
        T = max(1, min(frames, len(self.counts)))
        self.x, self.counts, self.clock = self.x[:T], self.counts[:T], self.clock[:T]
        whole = {name: column for name, column in self.fields.items() if name not in self.ragged}
        self.fields = {name: column[: math.ceil(T / self.stride[name])] for name, column in whole.items()}
        self.kept = {name: np.arange(0, T, stride) for name, stride in self.stride.items() if stride > 1}
        self.fields |= {name: padded(rows[: math.ceil(T / self.stride[name])]) for name, rows in self.ragged.items()}


def padded(rows: list[np.ndarray]) -> np.ndarray:
    """Arrays (K, …) of different K as one (T, longest, …), with NaN, or −1 for whole numbers, where one ends."""
    longest = max(len(row) for row in rows)
    whole = np.asarray(rows[0]).dtype.kind in "iu"
    array = np.full((len(rows), longest, *np.shape(rows[0])[1:]), -1 if whole else np.nan)
    for k, row in enumerate(rows):
        array[k, : len(row)] = row
    return array.astype(np.int32) if whole else array


def _allocate(wanted: dict[str, tuple[int, np.ndarray]]) -> dict[str, np.ndarray]:
    """An empty array (length, *shape) for each wanted (length, array), all cut from one block of memory.

    One block, since the next run of the same size then gets the same memory again, which many small ones would not.
    """
    sizes = [-(-length * array.nbytes // 16) * 16 for length, array in wanted.values()]  # aligned to 16 bytes
    block = np.empty(sum(sizes), np.uint8)
    columns = {}
    for (name, (length, array)), start in zip(wanted.items(), accumulate(sizes, initial=0), strict=False):
        piece, shape = block[start : start + length * array.nbytes], (length, *array.shape)
        columns[name] = np.empty(shape, object) if array.dtype == object else piece.view(array.dtype).reshape(shape)
    return columns


def _as_array(name: str, value: Any) -> np.ndarray:
    """An array of the shape and type in which a field is kept: whole numbers as floats, text as objects.

    Numbers of cities and of members stay whole, in half the memory.
    """
    array = np.asarray(value)
    if array.dtype.kind in "iu" and (name == "x" or FIELDS[name].role in WHOLE):
        return array.astype(np.int32)
    if array.ndim == 0 and array.dtype.kind in "iu":
        return array.astype(float)
    return array.astype(object) if array.dtype.kind in "US" else array


def _stride(name: str, size: int, frames: int) -> int:
    """Every how many frames a field of `size` bytes is kept; positions and values are in all of them."""
    return 1 if name in ("x", "fx") else max(1, math.ceil(size * frames / FIELD_BYTES))


def _total(sizes: dict[str, int], frames: int) -> float:
    """The bytes that a history of so many frames takes, from those of each field in one frame."""
    return sum(size * frames / _stride(name, size, frames) for name, size in sizes.items())


def _too_large(sizes: dict[str, int], frames: int, parts: str) -> str:
    """Why a run cannot be kept, and how many steps of it could."""
    largest = ", ".join(sorted(sizes, key=lambda name: -sizes[name])[:3])
    steps = next((k for k in range(frames - 1, 0, -1) if _total(sizes, k + 1) <= RUN_BYTES), 0)
    fits = f"{steps:,} step{'s' * (steps > 1)} would fit, and so would" if steps else "What would fit are"
    return (
        f"its history would take {_total(sizes, frames) / 1e6:,.0f} MB (most of it {largest}), and "
        f"{RUN_BYTES / 1e6:.0f} MB are the limit. {fits} fewer members or {parts}."
    )


def _parts(landscape: Landscape) -> str:
    """What a position on this landscape consists of."""
    return "cities" if isinstance(landscape.moves, Permutations) else "coordinates"


def _limit(k: int, run: Run, landscape: Landscape, history: History, members: int, slow: bool) -> Stop | None:
    """Why a run may go no further than step k: its steps, its evaluations or, where it is slow, its work; else None."""
    if history.too_large:
        return Stop("memory", f"{OPTIMIZERS[run.optimizer].name} was not run: {history.too_large}")
    if k == run.steps:
        return Stop("step limit", f"Reached the limit of {k:,} step{'s' * (k > 1)}.")
    before, spent = (sum(row[:3]) for row in [(0, 0, 0, 0), *history.counts[-2:]][-2:])
    if 2 * spent - before > BUDGET:  # so many more as for the last step would be too many
        why = f"the budget of {BUDGET:,} evaluations is used up"
    elif k + 1 < history.capacity:
        return None
    elif slow:
        entry, who = OPTIMIZERS[run.optimizer], ""
        if entry.population:
            label = entry.knobs[entry.population].label
            who = f" of {members:,} {label.removesuffix('s') if members == 1 else label}"
        why = f"on {landscape.dimension:,} {_parts(landscape)}, more steps{who} would take too long"
    else:
        why = f"the budget of {BUDGET:,} evaluations is used up"
    return Stop("budget", f"Stopped at step {k:,}: {why}.")


def _near(landscape: Landscape) -> float:
    """A squared length below which no point can be lost; NaN is not below it."""
    center, width = (landscape.low + landscape.high) / 2, landscape.high - landscape.low
    return max(0.0, float((FAR * width - abs(center)).min())) ** 2


def lost_coordinates(x: np.ndarray, landscape: Landscape) -> np.ndarray:
    """Which coordinates (…, d) are no finite numbers or too far from the center."""
    center, width = (landscape.low + landscape.high) / 2, landscape.high - landscape.low
    return ~(abs(x - center) <= FAR * width)


def _first_lost(history: History, lowest: np.ndarray, landscape: Landscape) -> tuple[int, str] | None:
    """The first frame that counts as diverged, by its numbers or by its lowest value, and why; or None.

    A start where f is no number is only infinitely high, if a finite value is found later.
    """
    x, T = history.x, len(history.x)
    tame = np.vdot(x, x) < _near(landscape)  # which is quick, and mostly so
    away = np.zeros(T, bool) if tame else np.asarray(lost_coordinates(x, landscape).reshape(T, -1).any(axis=1))
    finite = np.isfinite(lowest)
    first = int(finite.argmax())  # 0 where none is finite
    high = ~(finite & (lowest <= FAR * (1 + abs(lowest[first]))))
    high[:first] = lowest[:first] == -np.inf
    broken = history.broken(0, T)
    frames = np.flatnonzero(away | high)
    k = int(frames[0]) if frames.size else T
    if broken and broken[0] <= k:
        return broken[0], _no_longer_finite(broken[1])
    if k == T:
        return None
    if away[k]:
        return k, "the position left the picture by a million widths"
    return k, "f rose to a million times its first size" if np.isfinite(lowest[k]) else "f is no finite number there"


def _undefined(k: int, history: History, fx: np.ndarray, landscape: Landscape) -> Stop | None:
    """Why and when a run, lost at frame k, came to where f is undefined or has no slope; None where it did not."""
    if fx.ndim > 1:
        nowhere = not np.isfinite(fx[k]).any() and np.isnan(landscape.value(history.x[k])).all()
        return Stop("undefined", f"At step {k:,}, f is undefined at every member.", k) if nowhere else None
    for j in (k - 1, k):
        if (
            j < 0
            or np.isfinite(fx[j])
            or not np.isfinite(history.x[j]).all()
            or not np.isnan(landscape.value(history.x[j]))
        ):
            continue
        why = landscape.trouble(history.x[j])
        where = f"{_place(history.x[j])}, where f is undefined{f': {why}' if why else ''}."
        return Stop("undefined", f"Step {j:,} leads to {where}" if j else f"The start is {where}", j)
    j = k - 1
    if j >= 0 and np.isfinite(fx[j]) and not np.isfinite(history.x[k]).all() and landscape.gradient is not None:
        x = history.x[j]
        if np.isfinite(x).all() and np.isnan(in_floats(landscape.gradient(x))).any():
            where = f"{_place(x)}, where f has no slope."
            return Stop("undefined", f"Step {j:,} leads to {where}" if j else f"The start is {where}", k)
    return None


def _place(x: np.ndarray) -> str:
    """A point with 4 digits a coordinate: "x = 1.5", "(0, 2.25)"."""
    shown = ", ".join(f"{value:.4g}" for value in x[:5]) + ", …" * (x.size > 5)
    return f"x = {shown}" if x.size == 1 else f"({shown})"


def _diverged(k: int, why: str, run: Run, landscape: Landscape) -> str:
    """The sentence for a diverged run: the stability limit where one is declared and exceeded, else what was seen."""
    entry, knobs = OPTIMIZERS[run.optimizer], dict(run.knobs)
    if entry.limit and landscape.curvature:
        value, bound = knobs[entry.limit.knob], entry.limit(landscape.curvature, knobs)
        if value > bound:
            symbol = entry.knobs[entry.limit.knob].symbol
            place = landscape.id or "landscape"
            why = f"{symbol} = {value:.4g} exceeds {entry.limit.text} = {bound:.4g} on this {place}"
    return f"Diverged at step {k:,}: {why}."


def _no_longer_finite(name: str) -> str:
    return "the position is no longer a finite number" if name == "x" else f"{name} is no longer finite"


def _small_step(k: int, run: Run) -> Stop:
    """Why a run ends where its next step is small: it converged, or its schedule leaves nothing of the rate."""
    after = f"after {k:,} step{'s' * (k != 1)}"
    if spent(run, k):
        schedule = dict(run.knobs)["schedule"]
        message = f"Stopped {after}: the {schedule} schedule leaves almost nothing of the learning rate."
        return Stop("schedule ended", message)
    return Stop("converged", f"Converged {after}: every component of the next step is at most {TOLERANCE:g}.")


def spent(run: Run, k: int) -> bool:
    """Whether a schedule leaves so little of the learning rate at step k that it is what ends the steps."""
    knobs = dict(run.knobs)
    return "schedule" in knobs and SHARES[knobs["schedule"]](k, knobs["schedule_steps"]) < SPENT


def _second_order(landscape: Landscape, x: np.ndarray) -> str:
    """What kind of point a run converged to, where that is no minimum and the Hessian tells."""
    if landscape.hessian is None or x.ndim > 1:
        return ""
    hessian = in_floats(landscape.hessian(x))
    if not np.isfinite(hessian).all():
        return ""
    curvature = np.linalg.eigvalsh(hessian)
    curvature[abs(curvature) < ROUNDING * abs(curvature).max()] = 0
    if curvature[-1] < 0:
        return " It is a maximum, not a minimum: f curves downwards there in every direction."
    if curvature[0] < 0:
        return " It is a saddle, not a minimum: f curves downwards there in some direction."
    return ""


def _lowest(x: np.ndarray, fx: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best position (T, d) and value (T,) in each frame; what is not a number is worse than any."""
    value = np.where(np.isnan(fx), np.inf, fx)
    if fx.ndim == 1:
        return x, value
    frame, member = np.arange(len(fx)), value.argmin(axis=1)
    return x[frame, member], value[frame, member]


def _best_so_far(x: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best position (T, d) and value (T,) up to each frame, from those in each; neither ever gets worse."""
    best = np.minimum.accumulate(value)
    improved = np.append(True, best[1:] < best[:-1])
    return x[np.maximum.accumulate(np.where(improved, np.arange(len(x)), 0))], best
