"""A trace: what happened, as arrays with time first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from algorithms.landscape import Landscape, in_floats
from algorithms.registry import OPTIMIZERS, OptimizerEntry
from algorithms.run import Run
from algorithms.state import FIELDS, Stop

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 64e6  # bytes that gradients or Hessians computed for display may take
WIDEST = 1000  # columns that one field may take in a table


@dataclass(frozen=True, eq=False)
class Trace:
    """The recorded history of a run: T = steps taken + 1 frames, frame 0 is the start.

    `x` is (T, d), or (T, P, d) for a population; `fx` (T,) or (T, P). `best_x` (T, d) and `best_fx` (T,) are the best
    so far. `evaluations` is a table with cumulative columns values, gradients, hessians and examples, (T,) each: what
    the algorithm had asked for when it arrived at that frame. Its last row is the total of all calls, so it counts also
    what belongs to no frame: a step computed but not taken, or steps made before divergence was noticed. `seconds` (T,)
    is measured, and no part of equality. The optimizer's own fields are attributes: `trace.velocity`.
    A field too large to keep in full holds only the frames `kept[name]`. `stop` says why the run ended, and `stop.step`
    when: the last frame or, where that step could not be made or has no finite numbers to show, the one after it.
    """

    run: Run
    x: np.ndarray
    fx: np.ndarray
    best_x: np.ndarray
    best_fx: np.ndarray
    evaluations: np.recarray
    seconds: np.ndarray
    fields: Mapping[str, np.ndarray]
    kept: Mapping[str, np.ndarray]
    stop: Stop

    def __len__(self) -> int:
        return len(self.x)

    def __getattr__(self, name: str) -> np.ndarray:
        fields = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(f"this trace has no {name!r}; its optimizer's fields: {', '.join(fields) or 'none'}.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        if self.run != other.run or self.stop != other.stop or self.fields.keys() != other.fields.keys():
            return False
        names = ("x", "fx", "best_x", "best_fx", "evaluations", *self.fields)
        return all(_same(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}  # without what was computed for display

    @cached_property
    def landscape(self) -> Landscape:
        """The landscape, uncounted, for display."""
        return self.run.make_landscape()

    @property
    def optimizer(self) -> OptimizerEntry:
        """The registry entry of the optimizer that ran."""
        return OPTIMIZERS[self.run.optimizer]

    @property
    def frames(self) -> "Frames":
        """The names that rules, arrows and derived quantities are written in."""
        return Frames(self)

    @cached_property
    def _values(self) -> dict[str, np.ndarray]:
        return {}

    def value(self, name: str) -> np.ndarray:
        """The array (T, …) of a field, derived quantity or knob, or of x, fx, k, step, gradient, seen or hessian.

        Computed on first use and kept; nothing asked for here is counted as an evaluation. The step from the last frame
        is NaN, and a field kept only at some frames holds its last kept value. KeyError for an unknown name.
        """
        if name not in self._values:
            with np.errstate(all="ignore"):
                self._values[name] = self._compute(name)
        return self._values[name]

    def has(self, name: str) -> bool:
        """Whether `value(name)` gives an array: such a quantity exists, and is not too large to show."""
        try:
            self.value(name)
        except KeyError:
            return False
        return True

    def varies(self, name: str) -> bool:
        """Whether this is a number that the run changes, so that a knob of the same name is only where it begins."""
        return name in self.fields and FIELDS[name].role == "value"

    def _compute(self, name: str) -> np.ndarray:
        T = len(self)
        if name in self.fields:
            kept = self.kept.get(name)
            whole = self.fields[name]
            return whole if kept is None else whole[np.searchsorted(kept, np.arange(T), side="right") - 1]
        if name in self.optimizer.derived:
            return np.asarray(self.optimizer.derived[name](self.frames))
        if name in ("x", "fx", "best_x", "best_fx", "seconds"):
            return getattr(self, name)
        if name == "k":
            return np.arange(T)
        if name == "step":
            return following(self.x) - self.x
        if name in ("gradient", "hessian") and name in self.landscape.offers:
            size = self.x.nbytes * (self.landscape.dimension if name == "hessian" else 1)
            if size > LARGEST:
                raise KeyError(f"the {name}s of {T:,} frames would take {size / 1e6:,.0f} MB: too much to show.")
            return np.asarray(in_floats(getattr(self.landscape, name)(self.x)))
        if name == "seen":  # the gradient that the next step went by
            return following(self.value("estimate")) if "estimate" in self.fields else self.value("gradient")
        knobs = dict(self.run.knobs)
        if name in knobs:
            return np.full(T, knobs[name])
        raise KeyError(f"{self.optimizer.name} on {self.landscape.name} has no {name!r} to show.")

    def arrow(self, role: str, exact: bool = False) -> np.ndarray:
        """Vectors (T, …, d) drawn from x: one of the roles in `optimizer.arrows`.

        They hold the gradient as the optimizer saw it or, where `exact`, the one without noise and over all examples.
        """
        with np.errstate(all="ignore"):
            return np.asarray(self.optimizer.arrows[role](Frames(self, exact)))

    def to_frame(self) -> "pd.DataFrame":
        """One row a frame; an array's elements are columns named as in NumPy, `x[0]` or `velocity[3,1]`.

        A field of more than 1,000 elements a frame is left out.
        """
        import pandas as pd

        table: dict[str, np.ndarray] = {"step": np.arange(len(self))}
        for name in ("x", "fx", "best_x", "best_fx", *self.fields):
            values = self.value(name)
            if np.size(values[0]) <= WIDEST:
                table |= _columns(name, values)
        table |= {str(name): self.evaluations[name] for name in self.evaluations.dtype.names or ()}
        return pd.DataFrame(table | {"seconds": self.seconds})


class Frames:
    """What a rule's arrows and derived quantities are written in: a trace's values under their plain names.

    `t.velocity`, `t.gradient`, `t.x`, `t.step` are arrays (T, …); a knob, `t.beta`, is its one value;
    `t.next.velocity` is the array one frame on, with NaN at the last frame, and `t.last.velocity` one frame back.
    `t.gradient` is the gradient as the optimizer saw it, noise and all. `t.landscape` is what the run was on. A number
    that changes hides the knob of its name, which is where it begins.
    """

    def __init__(self, trace: Trace, exact: bool = False) -> None:
        self._trace = trace
        self._seen = "estimate" in trace.fields and not exact
        self._knobs = dict(trace.run.knobs)

    def __getattr__(self, name: str) -> Any:
        if name in self._knobs and not self._trace.varies(name):
            return self._knobs[name]
        return self._trace.value("seen" if self._seen and name == "gradient" else name)

    def gradient_at(self, points: np.ndarray) -> np.ndarray:
        """The gradient (T, d) at points (T, d), as the optimizer saw it in the step that leaves each frame."""
        if self._seen:
            return self._trace.value("seen")
        return np.asarray(in_floats(self.landscape.gradient(points)))  # type: ignore[misc]

    @property
    def landscape(self) -> Landscape:
        return self._trace.landscape

    @property
    def next(self) -> "Shifted":
        return Shifted(self, following)

    @property
    def last(self) -> "Shifted":
        return Shifted(self, preceding)


class Shifted:
    """The values of Frames one frame on, or back."""

    def __init__(self, frames: Frames, shift: Callable[[np.ndarray], np.ndarray]) -> None:
        self._frames, self._shift = frames, shift

    def __getattr__(self, name: str) -> np.ndarray:
        return self._shift(getattr(self._frames, name))


def preceding(array: np.ndarray) -> np.ndarray:
    """The array (T, …) shifted one frame back: element k holds that of k − 1, and the first one NaN."""
    shifted = np.full(array.shape, np.nan)
    shifted[1:] = array[:-1]
    return shifted


def following(array: np.ndarray) -> np.ndarray:
    """The array (T, …) shifted one frame on: element k holds that of k + 1, and the last one NaN."""
    shifted = np.full(array.shape, np.nan)
    shifted[:-1] = array[1:]
    return shifted


def _columns(name: str, array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    for index in np.ndindex(array.shape[1:]):
        yield f"{name}[{','.join(map(str, index))}]" if index else name, array[(slice(None), *index)]


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
