"""The operations of a formula and of its exact derivatives, each written once, and NumPy's walk along them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from algorithms.formula_grammar import NUMPY, UNARY, VARIABLES, FormulaError, Node, calculated

TAPE = 4000  # operations of value, gradient and Hessian together


class Tape:
    """The operations of a formula and of its derivatives in order, each written once: (operation, earlier entries)."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, ...]] = []
        self.place: dict[tuple[Any, ...], int] = {}
        self.slopes: dict[tuple[int, int], int] = {}

    def put(self, *entry: Any) -> int:
        """The place of an entry; constants are calculated at once."""
        op, *args = entry
        if op not in ("number", "variable") and all(self.entries[arg][0] == "number" for arg in args):
            return self.number(calculated(op, *(self.entries[arg][1] for arg in args)))
        if entry not in self.place:
            if len(self.entries) == TAPE:
                raise FormulaError(f"its slopes would take more than {TAPE:,} operations: write it more simply")
            self.place[entry] = len(self.entries)
            self.entries.append(entry)
        return self.place[entry]

    def number(self, value: float) -> int:
        """The place of a constant; all that are no numbers are the same."""
        return self.put("number", value if value == value else np.nan)

    def value(self, a: int) -> float | None:
        """The constant at a place; None where something varies."""
        return self.entries[a][1] if self.entries[a][0] == "number" else None

    def write(self, node: Node) -> int:
        """Write a part of a formula, and return where its value stands."""
        if node.constant is not None:
            return self.number(node.constant)
        if node.op == "variable":
            return self.put("variable", VARIABLES[node.text])
        args = [self.write(arg) for arg in node.args]
        return self.power(*args) if node.op == "pow" else self.put("log" if node.op == "ln" else node.op, *args)

    # Shorter where something is 0 or 1. Only derivatives are written with these, and they are NaN wherever f is.

    def plus(self, a: int, b: int) -> int:
        return b if self.value(a) == 0 else a if self.value(b) == 0 else self.put("add", a, b)

    def minus(self, a: int, b: int) -> int:
        return self.negative(b) if self.value(a) == 0 else a if self.value(b) == 0 else self.put("sub", a, b)

    def negative(self, a: int) -> int:
        return self.entries[a][1] if self.entries[a][0] == "neg" else self.put("neg", a)

    def times(self, a: int, b: int) -> int:
        if 0 in (self.value(a), self.value(b)):
            return self.number(0.0)
        return b if self.value(a) == 1 else a if self.value(b) == 1 else self.put("mul", a, b)

    def over(self, a: int, b: int) -> int:
        return a if self.value(a) == 0 or self.value(b) == 1 else self.put("div", a, b)

    def power(self, a: int, b: int) -> int:
        """a to the power of b; the simplest exponents without a power."""
        match self.value(b):
            case 0.0:
                return self.number(1.0)
            case 1.0:
                return a
            case 2.0:
                return self.put("mul", a, a)
            case -1.0:
                return self.put("div", self.number(1.0), a)
            case 0.5:
                return self.put("sqrt", a)
        return self.put("pow", a, b)

    def slope(self, at: int, i: int) -> int:
        """The derivative of an entry by coordinate i."""
        if (at, i) not in self.slopes:
            op, *args = self.entries[at]
            if op == "number":
                found = self.number(0.0)
            elif op == "variable":
                found = self.number(float(args[0] == i))
            elif op in ("least", "sign", "floor"):
                found = self.number(0.0)  # almost everywhere
            elif op == "pick":
                first, p, q = args
                found = self.pick(first, self.slope(p, i), self.slope(q, i))
            else:
                inner = [self.slope(arg, i) for arg in args]
                still = all(self.value(d) == 0 for d in inner)
                found = self.number(0.0) if still else self.rule(op, at, args, inner)
            self.slopes[at, i] = found
        return self.slopes[at, i]

    def pick(self, first: int, p: int, q: int) -> int:
        return p if p == q else self.put("pick", first, p, q)

    def rule(self, op: str, at: int, args: list[int], inner: list[int]) -> int:
        """The derivative of an operation, from those of what it is applied to; `at` is where its own value stands."""
        a, d = args[0], inner[0]
        if op in UNARY:
            return self.times(self.outer(op, at, a), d)
        if op == "neg":
            return self.negative(d)
        b, e = args[1], inner[1]
        match op:
            case "add":
                return self.plus(d, e)
            case "sub":
                return self.minus(d, e)
            case "mul":
                if a == b:
                    return self.times(self.times(self.number(2.0), a), d)
                return self.plus(self.times(d, b), self.times(a, e))
            case "div":
                return self.over(self.minus(d, self.times(at, e)), b)
            case "min":
                return self.pick(self.put("least", b, a), d, e)
            case "max":
                return self.pick(self.put("least", a, b), d, e)
        assert op == "pow"
        by_base = self.times(b, self.times(self.power(a, self.minus(b, self.number(1.0))), d))
        by_exponent = self.times(self.times(at, self.put("log", a)), e) if self.value(e) != 0 else e
        return self.plus(by_base if self.value(d) != 0 else d, by_exponent)

    def outer(self, op: str, at: int, a: int) -> int:
        """The derivative of a function by its argument a."""
        one, square = self.number(1.0), lambda k: self.put("mul", k, k)
        match op:
            case "sin":
                return self.put("cos", a)
            case "cos":
                return self.negative(self.put("sin", a))
            case "tan":
                return self.plus(one, square(at))
            case "asin":
                return self.over(one, self.put("sqrt", self.minus(one, square(a))))
            case "acos":
                return self.over(self.number(-1.0), self.put("sqrt", self.minus(one, square(a))))
            case "atan":
                return self.over(one, self.plus(one, square(a)))
            case "sinh":
                return self.put("cosh", a)
            case "cosh":
                return self.put("sinh", a)
            case "tanh":
                return self.minus(one, square(at))
            case "exp":
                return at
            case "log":
                return self.over(one, a)
            case "log10":
                return self.over(self.number(float(1 / np.log(10))), a)
            case "sqrt":
                return self.over(self.number(0.5), at)
            case "cbrt":
                return self.over(self.number(1 / 3), square(at))
        assert op == "abs"
        return self.put("sign", a)


class Program:
    """A part of a tape that leads to some results, as steps for NumPy: for x (d,) or (n, d) it gives a list of them.

    Where the first result is no number, neither are the others.
    """

    def __init__(self, tape: Tape, results: list[int], masked: bool) -> None:
        needed, rest = set[int](), list(results)
        while rest:
            at = rest.pop()
            if at not in needed:
                needed.add(at)
                op, *args = tape.entries[at]
                rest += args if op not in ("number", "variable") else []
        slot = {at: k for k, at in enumerate(sorted(needed))}
        self.slots: list[Any] = [None] * len(slot)
        self.coordinates: list[tuple[int, int]] = []
        self.steps: list[tuple[Callable[..., Any], int, int, int, int]] = []
        for at, k in slot.items():
            op, *args = tape.entries[at]
            if op == "number":
                self.slots[k] = np.float64(args[0])
            elif op == "variable":
                self.coordinates.append((k, args[0]))
            else:
                a, b, c = (*(slot[arg] for arg in args), -1, -1)[:3]
                self.steps.append((NUMPY[op], k, a, b, c))
        self.results, self.masked = [slot[at] for at in results], masked

    def __call__(self, x: np.ndarray) -> list[Any]:
        slots = self.slots.copy()
        for k, i in self.coordinates:
            slots[k] = x[i] if x.ndim == 1 else x[:, i]  # of one point, a number: x[..., i] would be an array
        with np.errstate(all="ignore"):
            for function, k, a, b, c in self.steps:
                if b < 0:
                    slots[k] = function(slots[a])
                elif c < 0:
                    slots[k] = function(slots[a], slots[b])
                else:
                    slots[k] = function(slots[a], slots[b], slots[c])
        found = [slots[k] for k in self.results]
        if self.masked:
            lost = found[0] != found[0]
            if lost.any():
                found = [np.where(lost, np.nan, each)[()] for each in found]
        return found
