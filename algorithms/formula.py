"""A formula that somebody typed: read, refused in words or typeset, and evaluated with its exact derivatives.

No text is ever run. A small grammar reads the few signs and names it knows; what it does not know has no meaning here.
Constants are floats from the start, so that no power of them can grow into a huge whole number. Derivatives follow
from the tree that was read, rule by rule, on a tape on which equal parts are written once; NumPy walks along the tape.
"""

import difflib
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NoReturn

import numpy as np

LONGEST, NODES, DEPTH = 200, 100, 20  # of a formula: its characters, its parts, and how deep they are nested
TAPE = 4000  # operations of value, gradient and Hessian together
MOST = 5  # coordinates
BLOCK = 8192  # points evaluated at once: what they take stays near the processor

VARIABLES = {"x": 0, "y": 1} | {f"x{i + 1}": i for i in range(MOST)}
CONSTANTS = {"pi": float(np.pi), "e": float(np.e)}
UNARY: dict[str, Callable[..., Any]] = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "exp": np.exp, "log": np.log, "ln": np.log,
    "log10": np.log10, "sqrt": np.sqrt, "cbrt": np.cbrt, "abs": np.abs, "sign": np.sign, "floor": np.floor,
}  # fmt: skip


def picked(first: Any, p: Any, q: Any) -> Any:
    """The one value where `first` holds, the other elsewhere."""
    return np.where(first, p, q)[()]


SEVERAL: dict[str, Callable[..., Any]] = {"min": np.minimum, "max": np.maximum}
FUNCTIONS = (*UNARY, *SEVERAL)
SIGNS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow"}
NUMPY: dict[str, Callable[..., Any]] = {
    **UNARY, **SEVERAL, "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "pow": operator.pow, "neg": operator.neg, "least": operator.ge,
    "pick": picked,
}  # fmt: skip
PARTIAL = {"log", "log10", "sqrt", "asin", "acos", "pow", "div", "tan"}  # not defined, or infinite, somewhere

# What a formula may be written with besides plain letters, and what it stands for.
PRETTY = {
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "−": "-", "–": "-", "π": "pi", "√": "sqrt",
    "\u00a0": " ", "\u2009": " ",
}  # fmt: skip
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z][A-Za-z0-9]*)|(?P<sign>\*\*|[-+*/(),])"
)
OTHER_NAMES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "lg": "log10", "power": "**", "pow": "**", "root": "sqrt",
    "fabs": "abs", "absolute": "abs", "maximum": "max", "minimum": "min", "sgn": "sign",
}  # fmt: skip
ROUND, QUOTED = "has no meaning here; all parentheses are round", "a formula has no text in quotes"
STRANGE = {
    "=": "no equation and no comparison: write only what stands right of the =",
    "<": "no comparison can be minimized", ">": "no comparison can be minimized",
    "[": f"[ {ROUND}", "]": f"] {ROUND}", "{": f"{{ {ROUND}", "}": f"}} {ROUND}",
    "'": QUOTED, '"': QUOTED, "`": QUOTED, "|": "write abs(x) for |x|", "%": "there is no operation %",
    "!": "there is no operation !", ";": "a formula is one expression, without ;", "#": "a formula has no comments",
    "\\": "write sin(x), without \\", "_": "no name here has a _ in it", ":": "a formula has no :",
    "@": "there is no operation @", "&": "there is no operation &", "~": "there is no operation ~",
    "?": "a formula has no ?", "$": "write the formula without $", "\n": "a formula is one line",
    "\r": "a formula is one line", "∞": "infinity is no number to calculate with",
}  # fmt: skip


class FormulaError(ValueError):
    """Why a text is no formula: `why` in words, and `at`, the character of the text, from 0; None for all of it."""

    def __init__(self, why: str, at: int | None = None) -> None:
        self.why, self.at = why if why.endswith("?") else f"{why}.", at
        super().__init__(self.why if at is None else f"at character {at + 1}, {self.why}")


@dataclass(frozen=True)
class Node:
    """A part of a formula as it was written: an operation or a function, what it is applied to, and where it stands.

    `op` may also be "number", "constant" or "variable", of which `text` is what was written. `constant` is the value
    of a part without variables.
    """

    op: str
    args: tuple["Node", ...]
    text: str
    at: int
    end: int
    constant: float | None


def plain(text: str) -> tuple[str, list[int]]:
    """The text in plain letters, and for each of them the character of the text that it comes from."""
    out: list[str] = []
    places: list[int] = []
    for i, letter in enumerate(text):
        raised = letter in RAISED
        if raised and not (i and text[i - 1] in RAISED):
            new = "**" + RAISED[letter]
        elif letter == "^":
            new = "**"
        else:
            new = RAISED.get(letter) or LOWERED.get(letter) or PRETTY.get(letter) or letter
        out += new
        places += [i] * len(new)
    first, last = len(out), 0
    for i, letter in enumerate(out):
        if letter != " ":
            first, last = min(first, i), i + 1
    return "".join(out[first:last]), [*places[first:last], len(text.rstrip())]


def tokens(text: str, places: list[int]) -> list[tuple[str, str, int]]:
    """Kind, text and place of each number, name and sign, and an end; FormulaError for anything else."""
    found: list[tuple[str, str, int]] = []
    i = 0
    while i < len(text):
        if text[i] == " ":
            i += 1
            continue
        match = TOKEN.match(text, i)
        if match is None:
            raise FormulaError(strange(text[i], found[-1] if found else None), places[i])
        found.append((str(match.lastgroup), match.group(), i))
        i = match.end()
    return [*found, ("end", "", len(text))]


def strange(letter: str, before: tuple[str, str, int] | None) -> str:
    """Why a character has no place in a formula."""
    if letter == ".":
        after = f" after {clipped(before[1])}" if before else ""
        return f"a point{after} belongs to no number; names have no parts"
    if letter in STRANGE:
        return STRANGE[letter]
    if letter.isascii():
        return "there is a sign that cannot be seen" if not letter.isprintable() else f"{letter} has no meaning here"
    name = unicodedata.name(letter, "").lower()
    if not name or unicodedata.category(letter)[0] in "CZ" or unicodedata.combining(letter):
        return "there is a sign that cannot be seen; write plain letters and digits"
    return f"“{letter}” ({name}) is not known; write plain letters and digits"


def clipped(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}…"


class Reader:
    """Reads a formula: sums of products of powers of numbers, names and parentheses, as in mathematics."""

    def __init__(self, text: str) -> None:
        self.text, self.places = plain(text)
        self.tokens = tokens(self.text, self.places)
        self.i = self.depth = self.nodes = 0

    def read(self) -> Node:
        """The whole formula."""
        if len(self.tokens) == 1:
            raise FormulaError("there is no formula yet: write one such as x**2 + y**2")
        node = self.sum()
        kind, text, at = self.token
        if text == ")":
            self.fail("this ) closes nothing: a ( is missing before it, or the ) is too much", at)
        if text == ",":
            self.fail("a comma only stands between the arguments of min and max; write decimals as 0.5", at)
        assert kind == "end"
        return node

    @property
    def token(self) -> tuple[str, str, int]:
        return self.tokens[self.i]

    def fail(self, why: str, at: int) -> NoReturn:
        raise FormulaError(why, self.places[at])

    def take(self, *signs: str) -> str:
        """The next sign where it is one of these, else ""."""
        kind, text, _ = self.token
        if kind != "sign" or text not in signs:
            return ""
        self.i += 1
        return text

    def deeper(self, read: Callable[[], Node]) -> Node:
        """What `read` gives, one level down."""
        self.depth += 1
        if self.depth > DEPTH:
            self.fail(f"the formula is nested more than {DEPTH} deep", self.token[2])
        node = read()
        self.depth -= 1
        return node

    def node(self, op: str, args: tuple[Node, ...], at: int, text: str = "", value: float | None = None) -> Node:
        """A part of the formula that starts at `at` and ends here; a constant that is no finite number is refused."""
        end = self.tokens[self.i - 1][2] + len(self.tokens[self.i - 1][1])
        self.nodes += 1
        if self.nodes > NODES:
            raise FormulaError(f"the formula has more than {NODES} parts")
        if args and all(arg.constant is not None for arg in args):
            value = calculated(op, *(arg.constant for arg in args))
        if value is not None and not np.isfinite(value):
            what = clipped(self.text[at:end])
            self.fail(f"{what} is no real number" if value != value else f"{what} is larger than any number here", at)
        return Node(op, args, text, at, end, value)

    def sum(self) -> Node:
        at = self.token[2]
        node = self.product()
        while sign := self.take("+", "-"):
            node = self.node(SIGNS[sign], (node, self.product()), at)
        return node

    def product(self) -> Node:
        at = self.token[2]
        node = self.signed()
        while sign := self.take("*", "/"):
            if self.token[1] == "/" == sign:
                self.fail("there is no operation //; write floor(x/2)", self.token[2] - 1)
            node = self.node(SIGNS[sign], (node, self.signed()), at)
        if self.token[0] in ("number", "name") or self.token[1] == "(":
            self.missing_sign()
        return node

    def signed(self) -> Node:
        at = self.token[2]
        if sign := self.take("+", "-"):
            arg = self.deeper(self.signed)
            return self.node("neg", (arg,), at) if sign == "-" else arg
        return self.power()

    def power(self) -> Node:
        at = self.token[2]
        base = self.atom()
        if self.take("**"):
            return self.node("pow", (base, self.deeper(self.signed)), at)
        return base

    def atom(self) -> Node:
        kind, text, at = self.token
        if kind == "number":
            self.i += 1
            return self.node("number", (), at, text, float(text))
        if kind == "name":
            return self.named(text, at)
        if self.take("("):
            if self.token[1] == ")":
                self.fail("there is nothing between these parentheses", at)
            node = self.deeper(self.sum)
            self.close(at)
            return node
        before = self.tokens[self.i - 1][1] if self.i else ""
        if before in SIGNS and text in SIGNS:
            self.fail(f"{text} cannot follow {before}", at)
        where = f"after {before}" if before else f"before {text}"
        return self.fail(f"something is missing {where}", at if text else max(0, at - 1))

    def close(self, at: int) -> None:
        """Take the parenthesis that closes the one at `at`."""
        if self.take(")"):
            return
        if self.token[1] == ",":
            self.fail("a comma only stands between the arguments of min and max; write decimals as 0.5", self.token[2])
        self.fail("this ( is never closed: a ) is missing", at)

    def named(self, name: str, at: int) -> Node:
        called = self.tokens[self.i + 1][1] == "("
        if name in FUNCTIONS and called:
            self.i += 1
            return self.call(name, at)
        if name not in VARIABLES and name not in CONSTANTS:
            self.unknown(name, at, called)
        if called:
            self.fail(f"{name} is no function; to multiply, write {name}*(…)", at)
        self.i += 1
        if name in CONSTANTS:
            return self.node("constant", (), at, name, CONSTANTS[name])
        return self.node("variable", (), at, name)

    def call(self, name: str, at: int) -> Node:
        """A function and what stands in its parentheses."""
        opened = self.token[2]
        self.take("(")
        args = [] if self.token[1] == ")" else [self.deeper(self.sum)]
        while args and self.take(","):
            args.append(self.deeper(self.sum))
        if not self.take(")"):
            self.fail(f"the ( of {name} is never closed: a ) is missing", opened)
        if name in UNARY and len(args) != 1:
            self.fail(f"{name} takes one number; here are {len(args) or 'none'}", at)
        if len(args) < 2 and name in SEVERAL:
            self.fail(f"{name} takes two numbers or more, as in {name}(x, 0)", at)
        node = self.node(name, tuple(args[:2]), at)
        for arg in args[2:]:
            node = self.node(name, (node, arg), at)
        return node

    def unknown(self, name: str, at: int, called: bool) -> NoReturn:
        """Refuse a name, with the nearest one that is known."""
        if name in FUNCTIONS:
            self.fail(f"{name} needs parentheses: {name}(x)", at)
        if re.fullmatch(r"x\d+", name):
            self.fail(f"there is no {clipped(name)}; the coordinates are x1 to x{MOST}", at)
        if name in ("i", "j") or (name.lower() in ("inf", "nan", "infinity")):
            self.fail(f"there is no {name}: only real numbers", at)
        if re.fullmatch(r"(?:x\d|[xye]|pi){2,6}", name):
            parts = re.findall(r"x\d|pi|[xye]", name)
            self.fail(f"there is no {name}; for a product write {'*'.join(parts)}", at)
        for function in sorted(FUNCTIONS, key=len, reverse=True):
            first = name.removesuffix(function)
            if called and first != name and (first in VARIABLES or first in CONSTANTS):
                self.fail(f"write {first}*{function}(…), not {name}(…)", at)
            rest = name.removeprefix(function)
            if function in UNARY and rest != name and (rest in VARIABLES or rest.isdigit()) and not called:
                self.fail(f"write {function}({rest}), not {clipped(name)}", at)
        known = (*FUNCTIONS,) if called else (*FUNCTIONS, *CONSTANTS, *VARIABLES)
        near = OTHER_NAMES.get(name.lower()) or next(
            iter(difflib.get_close_matches(name.lower()[:20], known, n=1, cutoff=0.6)), ""
        )
        what = "function" if called else "name"
        if near:
            self.fail(f"there is no {what} {clipped(name)}; did you mean {near}?", at)
        knows = ", ".join(FUNCTIONS) if called else "x, y, pi, e and functions such as sin, exp and sqrt"
        self.fail(f"there is no {what} {clipped(name)}; a formula knows {knows}", at)

    def missing_sign(self) -> NoReturn:
        """Refuse what follows with no sign between."""
        before, (kind, text, at) = self.tokens[self.i - 1], self.token
        if kind == "name" and text not in VARIABLES and text not in CONSTANTS and text not in FUNCTIONS:
            self.unknown(text, at, self.tokens[self.i + 1][1] == "(")
        left = "(…)" if before[1] == ")" else clipped(before[1])
        right = "(…)" if text == "(" else f"{text}(…)" if text in FUNCTIONS else clipped(text)
        gap = " " if self.text[at - 1] == " " else ""
        self.fail(f"write {left}*{right}, not {left}{gap}{right}", at)


def calculated(op: str, *values: Any) -> float:
    """An operation on floats: ∞ or NaN where its result is no number, never an exception."""
    with np.errstate(all="ignore"):
        return float(NUMPY[op](*map(np.float64, values)))


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


def parts(node: Node) -> Iterable[Node]:
    """All parts of a formula."""
    yield node
    for arg in node.args:
        yield from parts(arg)


# Typesetting --------------------------------------------------------------------------------------------------------

STRENGTH = {"add": 1, "sub": 1, "neg": 1, "mul": 2, "div": 3, "pow": 3}  # how firmly a part holds together
TRIGONOMETRIC = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
LATEX = {name: rf"\{name}" for name in (*TRIGONOMETRIC, "log", "ln", "min", "max")} | {
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "sign": r"\operatorname{sign}", "log10": r"\log_{10}",
}  # fmt: skip


def latex(formula: Formula) -> str:
    """The formula in LaTeX, as it was written: f(x, y) = …"""
    names = {node.text for node in parts(formula.tree) if node.op == "variable"}
    plainly = ["x", "y"][: formula.dimension] if not names & {f"x{i + 1}" for i in range(MOST)} else []
    listed = ", ".join(plainly or [f"x_{{{i + 1}}}" for i in range(formula.dimension)])
    return f"f({listed}) = {typeset(formula.tree)}"


def typeset(node: Node, strength: int = 0) -> str:
    """A part in LaTeX, in parentheses where it holds together less firmly than its place asks for."""
    text = _typeset(node)
    return rf"\left({text}\right)" if STRENGTH.get(node.op, 4) < strength else text


def _typeset(node: Node) -> str:
    match node.op:
        case "number":
            digits, _, power = node.text.lower().partition("e")
            return rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits
        case "constant":
            return {"pi": r"\pi"}.get(node.text, node.text)
        case "variable":
            return f"{node.text[0]}_{{{node.text[1:]}}}" if node.text[1:] else node.text
        case "add":
            return f"{typeset(node.args[0])} + {typeset(node.args[1], 2 if node.args[1].op == 'neg' else 1)}"
        case "sub":
            return f"{typeset(node.args[0])} - {typeset(node.args[1], 2)}"
        case "neg":
            return f"-{typeset(node.args[0], 2)}"
        case "mul":
            left, right = typeset(node.args[0], 2), typeset(node.args[1], 2)
            if right[0].isdigit() or node.args[1].op == "div" or node.args[0].op == "div":
                return rf"{left} \cdot {right}"
            return rf"{left}\,{right}"
        case "div":
            return rf"\frac{{{typeset(node.args[0])}}}{{{typeset(node.args[1])}}}"
        case "pow":
            base, exponent = node.args
            if base.op in TRIGONOMETRIC and exponent.constant is not None and exponent.constant > 0:
                return rf"{LATEX[base.op]}^{{{typeset(exponent)}}}\left({typeset(base.args[0])}\right)"
            firm = base.op in ("number", "constant", "variable", "abs", "floor", "sqrt")
            text = typeset(base) if firm and "cdot" not in typeset(base) else rf"\left({typeset(base)}\right)"
            return rf"{text}^{{{typeset(exponent)}}}"
        case "exp":
            return rf"e^{{{typeset(node.args[0])}}}"
        case "sqrt":
            return rf"\sqrt{{{typeset(node.args[0])}}}"
        case "cbrt":
            return rf"\sqrt[3]{{{typeset(node.args[0])}}}"
        case "abs":
            return rf"\left|{typeset(node.args[0])}\right|"
        case "floor":
            return rf"\left\lfloor {typeset(node.args[0])} \right\rfloor"
    args = list(node.args)
    while node.op in SEVERAL and args[0].op == node.op:  # max(x, y, 0) was read as max(max(x, y), 0)
        args[:1] = args[0].args
    inside = ", ".join(map(typeset, args))
    return rf"{LATEX[node.op]}\left({inside}\right)"
