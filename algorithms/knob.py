"""Knobs: the one place where a setting's range, scale, symbol and help are written."""

import difflib
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from algorithms.formula import parse
from algorithms.formula_grammar import LONGEST as LETTERS
from algorithms.formula_grammar import FormulaError

LATEX = {
    "α": r"\alpha", "β": r"\beta", "ε": r"\varepsilon", "η": r"\eta", "θ": r"\theta", "κ": r"\kappa",
    "λ": r"\lambda", "μ": r"\mu", "ξ": r"\xi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau",
    "₀": "_0", "₁": "_1", "₂": "_2", "°": r"^\circ",
}  # fmt: skip
LONGEST = 60  # characters of one point in a link; a longer one is no point
APART = 1e-3  # what a knob that must stay `below` another is at least below it

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Knob:
    """One setting: written in an `Annotated` alias, completed by `knobs_of` with name, default and kind.

    `low` and `high` are included. `log` asks for a logarithmic slider, `step` for the slider's grid: values from a
    link or from Python need not lie on it. `words` say what a name that is only a symbol stands for. `kind` is "float",
    "int", "choice" (see `choices`), "switch", "formula" (a text that `algorithms.formula.parse` can read) or "points":
    `least` to `most` different points (x, y), each coordinate between `low` and `high` and rounded to one decimal. A
    choice that the landscape has a say in names in `offered` which of its moves' lists that is, "operators" or
    "crossovers". A number that must be less than another knob's names that one in `below`. `bare` asks for a field
    without a slider. A knob `aside` is shown after all others. It has no effect, and is not shown, where another knob
    has the value that `idle` names: "schedule=constant".
    """

    low: float = 0.0
    high: float = 1.0
    log: bool = False
    step: float | None = None
    symbol: str = ""
    help: str = ""
    words: str = ""
    name: str = ""
    default: Any = None
    kind: str = "float"
    choices: tuple[str, ...] = ()
    least: int = 3
    most: int = 60
    offered: str = ""
    below: str = ""
    bare: bool = False
    aside: bool = False
    idle: str = ""

    def idles(self, values: Mapping[str, Any]) -> bool:
        """Whether the other knobs' values leave this one without effect."""
        other, _, value = self.idle.partition("=")
        return bool(other) and values.get(other) == value

    def knows(self, value: Any) -> bool:
        """Whether a value, allowed by itself, is among the choices of this knob, where it is a choice."""
        return self.kind != "choice" or value in self.choices

    @property
    def label(self) -> str:
        """What the knob is called: its `words`, else its name: "learning rate"."""
        return self.words or self.name.replace("_", " ")

    @property
    def title(self) -> str:
        """What the knob is called where it is shown: "learning rate η"."""
        return self.label if self.symbol in ("", self.label) else f"{self.label} {self.symbol}"

    @property
    def sign(self) -> str:
        """The symbol, or the label where there is none: how a sentence names the knob."""
        return self.symbol or self.label

    @property
    def latex(self) -> str:
        """The symbol in LaTeX, or the name in upright letters where there is no symbol."""
        if not self.symbol:
            return rf"\mathrm{{{self.label}}}"
        return "".join(LATEX.get(letter, letter) for letter in self.symbol)

    @property
    def allowed(self) -> str:
        """What may be entered, as words: "between 0.0001 and 2"."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "formula":
            return f"a formula in x and y of at most {LETTERS} characters"
        if self.kind == "points":
            reach = f"between {self.low:.10g} and {self.high:.10g}"
            return f"{self.least} to {self.most} points x,y {reach}, no two of them alike"
        whole = "a whole number " if self.kind == "int" else ""
        return f"{whole}between {self.low:.10g} and {self.high:.10g}"

    def check(self, value: Any) -> Any:
        """The value in its own type; ValueError names the knob, what is allowed and the value."""
        if self.kind == "points":
            return self._points(value)
        if self.kind == "formula":
            return self._formula(value)
        try:
            if self.kind == "switch":
                ok = value in (True, False)
                value = bool(value) if ok else value
            elif self.kind == "choice":
                ok = value in self.choices
            elif self.kind == "int":
                ok = not isinstance(value, bool | str) and int(value) == value and self.low <= value <= self.high
                value = int(value) if ok else value
            else:
                ok = not isinstance(value, bool | str) and self.low <= float(value) <= self.high
                value = float(value) + 0.0 if ok else value  # −0 becomes 0: equal values are written alike
        except (TypeError, ValueError, OverflowError):
            ok = False
        if not ok:
            raise ValueError(f"{self.name} must be {self.allowed}; got {short(value)}.")
        return value

    def _formula(self, value: Any) -> str:
        """The formula in plain letters; ValueError says what keeps the text from being one, and where."""
        try:
            return parse(value if isinstance(value, str) else None).text
        except FormulaError as wrong:
            raise ValueError(f"{self.name} must be {self.allowed}; got {short(value)}: {wrong}") from None

    def _points(self, value: Any) -> Points:
        """The points as pairs of floats with one decimal; ValueError names the first one that cannot be."""
        wanted = f"{self.name} must be {self.allowed}"
        try:
            given = [] if isinstance(value, str) else list(islice(value, self.most + 1))
        except TypeError:
            given = []
        if not self.least <= len(given) <= self.most:
            raise ValueError(f"{wanted}; got {short(value)}.")
        points: dict[tuple[float, float], int] = {}
        for i, pair in enumerate(given, 1):
            try:
                x, y = (float(end) for end in (() if isinstance(pair, str) else pair))
                ok = self.low <= x <= self.high and self.low <= y <= self.high
            except (TypeError, ValueError, OverflowError):
                ok = False
            if not ok:
                raise ValueError(f"{wanted}; point {i} is {short(pair)}.")
            point = round(x, 1) + 0.0, round(y, 1) + 0.0
            if point in points:
                raise ValueError(f"{wanted}; points {points[point]} and {i} are both {self.write([point])}.")
            points[point] = i
        return tuple(points)

    def on(self, moves: Any) -> "Knob":
        """The knob with the choices that these moves know, for a knob that they have a say in; else the knob itself."""
        if not self.offered:
            return self
        choices = tuple(choice for choice in self.choices if choice in getattr(moves, self.offered))
        return replace(self, choices=choices, default=self.default if self.default in choices else choices[0])

    def write(self, value: Any) -> str:
        """The value as text for a link; `read` gives back exactly this value."""
        if self.kind == "points":
            return ";".join(f"{x:.10g},{y:.10g}" for x, y in value)
        if self.kind == "switch":
            return "true" if value else "false"
        return str(value) if self.kind in ("choice", "formula") else repr(value)

    def read(self, text: str) -> Any:
        """The value written in a link; ValueError where it is not allowed."""
        value: Any = text.strip()
        if self.kind == "switch":
            value = {"true": True, "false": False}.get(value.lower(), value)
        elif self.kind in ("int", "float"):
            number = number_in(value)
            value = value if number is None else number
        elif self.kind == "points":
            value = [pair or part for part, pair in self._pairs(value)]
        return self.check(value)

    def repair(self, text: str, fallback: Any, called: str = "suggested") -> tuple[Any, str | None]:
        """The value written in a link, and None; else a value in its place, and a sentence on what was done.

        A number takes the nearest allowed value; what is no finite number takes `fallback`, the `called` one.
        """
        try:
            return self.read(text), None
        except ValueError as refusal:
            if self.kind == "points":
                return self._repaired(text, fallback, str(refusal), called)
            if self.kind == "formula":
                return fallback, f"{refusal} Using the {called} formula, {self.write(fallback)}."
            numeric = self.kind in ("int", "float")
            number = number_in(text) if numeric else None
            got, value, which = short(text) + ", which is no finite number" * numeric, fallback, called
            if number is not None:
                nearest = min(max(number, self.low), self.high)
                got, value, which = short(number), round(nearest) if self.kind == "int" else float(nearest), "nearest"
            used = f"Using the {which} value, {self.write(value)}."
            return value, f"{self.title} must be {self.allowed}; got {got}. {used}"

    def _pairs(self, text: str) -> Iterator[tuple[str, tuple[float, float] | None]]:
        """Each point of a text, as written and as two finite numbers; at most one point more than there may be.

        Where nothing stands before, between or behind semicolons, there is no point.
        """
        written = (part for each in re.finditer("[^;]+", text) if (part := each.group()).strip())
        for part in islice(written, self.most + 1):
            match [number_in(end) for end in part.split(",", 2)] if len(part) <= LONGEST else []:
                case [float() | int() as x, float() | int() as y]:
                    yield part, (float(x), float(y))
                case _:
                    yield part, None

    def _repaired(self, text: str, fallback: Any, note: str, called: str) -> tuple[Any, str]:
        """The points of a text, each at the nearest allowed place, none twice; the fallback where too few are left."""
        nearest: dict[tuple[float, float], None] = {}
        read = [pair for _, pair in self._pairs(text)]
        pairs = [pair for pair in read if pair]
        for pair in pairs:
            x, y = (round(min(max(end, self.low), self.high), 1) + 0.0 for end in pair)
            nearest[x, y] = None
        points = tuple(nearest)[: self.most]
        if len(points) < self.least:
            return fallback, f"{note} Using the {called} ones."
        moved = any(not self.low <= end <= self.high for pair in pairs for end in pair)
        which = "nearest" if moved else "first" if len(nearest) > self.most else "other"
        left_out = "Leaving out what cannot be read, and using" if len(pairs) < len(read) else "Using"
        return points, f"{note} {left_out} the {which} {len(points)}."


def number_in(text: str) -> float | int | None:
    """The finite number written in a text, whole where it is written whole; None for anything else.

    From 1.8e308 on, where floats end, a number counts as infinite, however it is written.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    try:
        return int(text)
    except ValueError:
        return number


def short(value: Any, length: int = 40) -> str:
    """The value as it may stand in a message: quoted where it is text, and never long."""
    text = repr(_plain(value))
    return text if len(text) <= length else text[:length] + "…"


def _plain(value: Any) -> Any:
    """The value with NumPy's numbers and arrays as Python's own, which read as they are written."""
    if type(value) in (list, tuple):
        return type(value)(_plain(each) for each in value)
    return value.tolist() if hasattr(value, "tolist") else value


def knobs_of(function: Callable) -> dict[str, Knob]:
    """The knobs of an optimizer or landscape: its keyword-only parameters, read from signature and annotations."""
    hints = get_type_hints(function, include_extras=True)
    knobs = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        hint = hints.get(name)
        annotated = get_origin(hint) is Annotated
        base, knob = get_args(hint)[:2] if annotated else (hint, Knob())
        kinds: dict[Any, str] = {float: "float", int: "int", bool: "switch", Points: "points", str: "formula"}
        kind = "choice" if get_origin(base) is Literal else kinds.get(base, "")
        where = f"{function.__name__}.{name}"
        if not kind or not isinstance(knob, Knob) or (kind in ("float", "int", "points") and not annotated):
            wanted = "Annotated[float, int, Points or str, Knob(low, high, …)], Literal[…] or bool"
            raise TypeError(f"{where}: annotate it as {wanted}.")
        if knob.log and knob.low <= 0:
            raise ValueError(f"{where}: a logarithmic knob needs low > 0; got {knob.low}.")
        choices = get_args(base) if kind == "choice" else ()
        knob = replace(knob, name=name, kind=kind, choices=choices, default=parameter.default)
        knobs[name] = replace(knob, default=knob.check(parameter.default))
    return knobs


def complete(knobs: Mapping[str, Knob], given: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Every knob's value, given or default, checked; ValueError names an unknown knob or a value out of range."""
    for name in given:
        if name not in knobs:
            raise ValueError(f"{owner} has no knob {short(name)}{suggestion(name, knobs)}")
    try:
        values = {name: knob.check(given.get(name, knob.default)) for name, knob in sorted(knobs.items())}
        for name, knob in knobs.items():
            if crossed(knob, values):
                got = f"{values[name]:.10g} and {values[knob.below]:.10g}"
                raise ValueError(f"{name} must be less than {knob.below}, by {APART} at least; got {got}.")
    except ValueError as refusal:
        raise ValueError(f"{owner}: {refusal}") from None
    return values


def crossed(knob: Knob, values: Mapping[str, Any]) -> bool:
    """Whether a knob that must stay below another one does not."""
    return bool(knob.below) and not values[knob.below] - values[knob.name] >= APART


def uncross(knobs: Mapping[str, Knob], values: dict[str, Any]) -> Iterator[str]:
    """Exchange or part the values that are crossed, and yield a sentence on each pair."""
    for name, knob in knobs.items():
        if crossed(knob, values):
            other = knobs[knob.below]
            got = low, high = values[name], values[other.name]
            low, high = min(low, high), max(low, high)
            if high - low < APART:
                low, high = (low, low + 1) if low + 1 <= other.high else (low - 1, low)
            values[name], values[other.name] = low, high
            said = f"got {got[0]:.10g} and {got[1]:.10g}. Using {low:.10g} and {high:.10g}."
            yield f"{name} must be less than {other.name}; {said}"


def suggestion(name: Any, known: Mapping[str, Any]) -> str:
    """The end of an error message, with its full stop: the nearest known name, or all of them.

    A knob is known by its words and its symbol too, and capitals do not count.
    """
    if not known:
        return "; it has none."
    knobs = [(id, knob) for id, knob in known.items() if isinstance(knob, Knob)]
    called = {knob.symbol.casefold(): id for id, knob in knobs} | {knob.label.casefold(): id for id, knob in knobs}
    called |= {str(id).casefold(): id for id in known}
    near = difflib.get_close_matches(str(name)[:80].casefold(), list(called), n=1)
    return f"; did you mean {called[near[0]]!r}?" if near else f"; choose from {', '.join(known)}."


# Knobs that several optimizers share
Rate = Annotated[float, Knob(1e-4, 2.0, log=True, symbol="η", help="How far to step along the negative gradient.")]
Momentum = Annotated[
    float,
    Knob(0.0, 0.999, symbol="β", words="momentum", help="Share of the velocity kept at every step; 0 keeps none."),
]
Beta1 = Annotated[float, Knob(0.0, 0.999, symbol="β₁", words="memory of m", help="Memory of the mean gradient.")]
Beta2 = Annotated[
    float, Knob(0.0, 0.9999, symbol="β₂", words="memory of v", help="Memory of the mean squared gradient.")
]
Epsilon = Annotated[
    float, Knob(1e-12, 0.1, log=True, aside=True, symbol="ε", help="Keeps the division from dividing by zero.")
]
