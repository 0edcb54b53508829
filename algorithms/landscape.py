"""A landscape: a function to minimize with all that is known about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from algorithms.knob import short
from algorithms.moves import Box, Moves

Function = Callable[[np.ndarray], Any]
DOUBLE = np.dtype(float)
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Minimum:
    """A known minimum: position (d,), value there, and kind, "global" or "local"."""

    x: tuple[float, ...]
    fx: float
    kind: str = "global"


@dataclass(frozen=True, eq=False)
class Landscape:
    """A function over a box, with its derivatives, default start, minima and formula.

    `value` takes x (…, d), coordinates on the last axis, and returns (…); `gradient` returns (…, d) and `hessian`
    (…, d, d). Points outside the box are evaluated too. Name, value, low and high are enough for one of your own:

    >>> Landscape("V", value=lambda x: np.abs(x).sum(-1), low=(-1, -1), high=(1, 1)).dimension
    2
    """

    name: str
    value: Function
    low: Any
    high: Any
    gradient: Function | None = None
    hessian: Function | None = None
    start: Any = None  # (d,); a quarter of the way through the box where not given
    minima: tuple[Minimum, ...] = ()
    saddles: tuple[tuple[float, ...], ...] = ()  # known saddle points, positions (d,)
    latex: str = ""
    curvature: float | None = None  # L, the largest eigenvalue of the Hessian anywhere, where known
    noise: float = 0.0  # standard deviation of the noise on values that an optimizer sees
    gradient_noise: float = 0.0  # standard deviation of the noise on each component of gradients that it sees
    note: str = ""
    kind: str = ""  # "curve" in one dimension, else "surface", where not given
    id: str = ""
    knobs: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        low, high = (np.atleast_1d(np.array(end, float)) for end in (self.low, self.high))
        if low.ndim != 1 or low.shape != high.shape or not np.isfinite([low, high]).all() or not (low < high).all():
            got = f"{short(low)}, {short(high)}"
            raise ValueError(f"{self.name}: low and high must be finite, of one length, low < high; got {got}.")
        start = low + (high - low) / 4 if self.start is None else np.atleast_1d(np.array(self.start, float))
        if start.shape != low.shape or not np.isfinite(start).all():
            raise ValueError(f"{self.name}: start must be {low.size} finite numbers; got {short(self.start)}.")
        for array in (low, high, start):
            array.setflags(write=False)
        kind = self.kind or ("curve" if low.size == 1 else "surface")
        for name, final in {"low": low, "high": high, "start": start, "kind": kind}.items():
            object.__setattr__(self, name, final)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"knobs": dict(self.knobs)}  # a view of a mapping cannot be pickled

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, knobs=MappingProxyType(state["knobs"]))
        for each in vars(self).values():
            if isinstance(each, np.ndarray):
                each.setflags(write=False)  # which no copy is by itself

    @property
    def dimension(self) -> int:
        """The number of coordinates, d."""
        return self.low.size

    @cached_property
    def moves(self) -> Moves:
        """The moves of methods that know no gradient."""
        return Box(self.low, self.high)

    @property
    def offers(self) -> frozenset[str]:
        """What an optimizer may ask of this landscape: "value", "moves" and, where known, "gradient", "hessian"."""
        known = {"gradient": self.gradient, "hessian": self.hessian}
        return frozenset({"value", "moves"} | {name for name, function in known.items() if function is not None})

    @property
    def noisy(self) -> bool:
        """Whether an optimizer sees other values or gradients than those that are shown."""
        return self.noise > 0 or self.gradient_noise > 0

    def best_in_words(self, fx: float) -> str:
        """The best value of a run in a sentence."""
        return f"The best value is f = {fx:.4g}."

    def check(self) -> None:
        """ValueError unless each function takes many points at once and returns real numbers.

        Called for landscapes you made yourself.
        """
        d = self.dimension
        n = d + 1  # a number of points that is not the number of coordinates
        for name, shape in {"value": (n,), "gradient": (n, d), "hessian": (n, d, d)}.items():
            function = getattr(self, name)
            if function is None:
                continue
            trouble = None
            try:
                with np.errstate(all="ignore"):
                    result = np.asarray(function(np.tile(self.start, (n, 1))))
                    got = f"got {result.shape}"
                    fits = result.shape == shape and (result.dtype.kind == "c" or in_floats(result) is not None)
            except (TypeError, ValueError) as raised:
                fits, trouble, got = False, raised, f"it raised {type(raised).__name__}: {raised}".rstrip(".")
            if not fits:
                raise ValueError(
                    f"{self.name}: {name} must take many points at once, coordinates on the last axis: for x of shape "
                    f"({n}, {d}) it must return shape {shape}; {got}. Write x[..., 0] and axis=-1."
                ) from trouble
            if result.dtype.kind == "c":
                raise ValueError(f"{self.name}: {name} must return real numbers; got complex ones.")


def in_floats(value: Any) -> Any:
    """What a landscape's function returned, in double precision: a NumPy number or an array."""
    kind = type(value)
    if kind is np.float64 or (kind is np.ndarray and value.dtype is DOUBLE):
        return value
    return np.asarray(value, float)[()]
