"""A formula that somebody typed: read, refused in words or typeset, and evaluated with its exact derivatives.

No text is ever run. A small grammar reads the few signs and names it knows; what it does not know has no meaning here.
Constants are floats from the start, so that no power of them can grow into a huge whole number. Derivatives follow
from the tree that was read, rule by rule, on a tape on which equal parts are written once; NumPy walks along the tape.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from algorithms.formula_grammar import LONGEST, VARIABLES, FormulaError, Node, Reader, calculated, parts
from algorithms.formula_tape import Program, Tape

BLOCK = 8192  # points evaluated at once: what they take stays near the processor
PARTIAL = {"log", "log10", "sqrt", "asin", "acos", "pow", "div", "tan"}  # not defined, or infinite, somewhere


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula that was read: its `text` in plain letters, `tree`, number of coordinates, and what NumPy makes of it.

    `value` takes x (…, d) and returns (…), `gradient` (…, d), `hessian` (…, d, d): floats, NaN where f is undefined.
    """

    text: str
    tree: Node = field(repr=False)
    dimension: int
    tape: Tape = field(repr=False)
    root: int = field(repr=False)

    @cached_property
    def partial(self) -> bool:
        """Whether f may be undefined, or infinite, where it is not merely too large."""
        entries = self.tape.entries[: self.root + 1]
        whole = {at for at, entry in enumerate(entries) if entry[0] == "number" and entry[1] == abs(np.floor(entry[1]))}
        return any(op in PARTIAL and not (op == "pow" and args[1] in whole) for op, *args in entries)

    @cached_property
    def _value(self) -> Program:
        return Program(self.tape, [self.root], False)

    @cached_property
    def _gradient(self) -> Program:
        slopes = [self.tape.slope(self.root, i) for i in range(self.dimension)]
        return Program(self.tape, [self.root, *slopes] if self.partial else slopes, self.partial)

    @cached_property
    def _hessian(self) -> Program:
        slopes = [self.tape.slope(self.root, i) for i in range(self.dimension)]
        bends = [self.tape.slope(slope, j) for i, slope in enumerate(slopes) for j in range(i + 1)]
        return Program(self.tape, [self.root, *bends] if self.partial else bends, self.partial)

    def value(self, x: np.ndarray) -> Any:
        """The value (…) at x (…, d)."""
        if x.ndim == 1:
            return self._value(x)[0]
        return in_blocks(lambda points: self._value(points)[0], x, ())

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """The gradient (…, d) at x (…, d)."""

        def all_slopes(points: np.ndarray) -> np.ndarray:
            out = np.empty(points.shape)
            for i, slope in enumerate(self._gradient(points)[self.partial :]):
                out[..., i] = slope
            return out

        return all_slopes(x) if x.ndim == 1 else in_blocks(all_slopes, x, (self.dimension,))

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """The Hessian (…, d, d) at x (…, d)."""
        places = [(i, j) for i in range(self.dimension) for j in range(i + 1)]

        def all_bends(points: np.ndarray) -> np.ndarray:
            out = np.empty((*points.shape, self.dimension))
            for (i, j), bend in zip(places, self._hessian(points)[self.partial :], strict=True):
                out[..., i, j] = out[..., j, i] = bend
            return out

        return all_bends(x) if x.ndim == 1 else in_blocks(all_bends, x, (self.dimension, self.dimension))

    def trouble(self, x: Any) -> str:
        """What keeps f from being a finite number at the point x (d,), in words; "" where nothing does."""
        if np.isfinite(self.value(np.asarray(x, float))):
            return ""
        values: list[float] = []
        for op, *args in self.tape.entries[: self.root + 1]:
            if op == "number":
                values.append(args[0])
            elif op == "variable":
                values.append(float(x[args[0]]))
            else:
                given = [values[arg] for arg in args]
                values.append(calculated(op, *given))
                if not np.isfinite(values[-1]) and np.isfinite(given).all():
                    return in_words(op, *given)
        return ""


def in_words(op: str, a: float, *others: float) -> str:
    """What is wrong with an operation on finite numbers whose result is none."""
    if op in ("log", "ln", "log10"):
        return f"{op} of 0" if a == 0 else f"{op} of a negative number"
    if op == "sqrt":
        return "square root of a negative number"
    if op in ("asin", "acos"):
        return f"{op} of a number outside −1 … 1"
    if op == "pow" and a < 0 and others[0] != np.floor(others[0]):
        return "a negative number to a power that is no whole number"
    if (op == "div" and others[0] == 0) or (op == "pow" and a == 0):
        return "division by 0"
    return "a number too large to calculate with"


def in_blocks(function: Callable[[np.ndarray], Any], x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What a function gives for points (…, d), at most BLOCK of them at a time: (…, *shape)."""
    points = x.reshape(-1, x.shape[-1])
    out = np.empty((len(points), *shape))
    for first in range(0, len(points), BLOCK):
        out[first : first + BLOCK] = function(points[first : first + BLOCK])
    return out.reshape(*x.shape[:-1], *shape)


@lru_cache(maxsize=256)
def parse(text: str | None) -> Formula:
    """The formula that a text says; FormulaError says what keeps it from being one, and where."""
    if not isinstance(text, str):
        raise FormulaError("a formula is a text, such as 'x**2 + y**2'")
    if len(text) > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST} characters; here are {len(text):,}")
    reader = Reader(text)
    tree = reader.read()
    if len(reader.text) > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST} characters; in plain letters it has {len(reader.text):,}")
    if tree.constant is not None:
        raise FormulaError("there is no x in it: a constant is lowest everywhere")
    tape = Tape()
    root = tape.write(tree)
    used = [VARIABLES[node.text] for node in parts(tree) if node.op == "variable"]
    formula = Formula(reader.text, tree, max(used) + 1, tape, root)
    _ = formula._gradient, formula._hessian  # what would be too long is refused here
    return formula
