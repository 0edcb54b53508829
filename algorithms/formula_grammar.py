"""Reading a typed formula: a small grammar knows a few signs and names, and says of all else where it stands.

No text is ever run. Constants are floats from the start, so that no power of them can grow into a huge whole number.
"""

import difflib
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

LONGEST, NODES, DEPTH = 200, 100, 20  # of a formula: its characters, its parts, and how deep they are nested
MOST = 5  # coordinates

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


def parts(node: Node) -> Iterable[Node]:
    """All parts of a formula."""
    yield node
    for arg in node.args:
        yield from parts(arg)
