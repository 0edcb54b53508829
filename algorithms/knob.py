"""Knobs: the one place where a setting's range, scale, symbol and help are written."""

import difflib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

LATEX = {
    "α": r"\alpha", "β": r"\beta", "ε": r"\varepsilon", "η": r"\eta", "θ": r"\theta", "κ": r"\kappa",
    "λ": r"\lambda", "μ": r"\mu", "ξ": r"\xi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau",
    "₀": "_0", "₁": "_1", "₂": "_2", "°": r"^\circ",
}  # fmt: skip


@dataclass(frozen=True)
class Knob:
    """One setting: written in an `Annotated` alias, completed by `knobs_of` with name, default and kind.

    `low` and `high` are included. `log` asks for a logarithmic slider, `step` for the slider's grid: values from a
    link or from Python need not lie on it. `words` say what a name that is only a symbol stands for. `kind` is "float",
    "int", "choice" (see `choices`) or "switch".
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
        whole = "a whole number " if self.kind == "int" else ""
        return f"{whole}between {self.low:.10g} and {self.high:.10g}"

    def check(self, value: Any) -> Any:
        """The value in its own type; ValueError names the knob, what is allowed and the value."""
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

    def write(self, value: Any) -> str:
        """The value as text for a link; `read` gives back exactly this value."""
        if self.kind == "switch":
            return "true" if value else "false"
        return str(value) if self.kind == "choice" else repr(value)

    def read(self, text: str) -> Any:
        """The value written in a link; ValueError where it is not allowed."""
        value: Any = text.strip()
        if self.kind == "switch":
            value = {"true": True, "false": False}.get(value.lower(), value)
        elif self.kind in ("int", "float"):
            number = number_in(value)
            value = value if number is None else number
        return self.check(value)

    def repair(self, text: str, fallback: Any, called: str = "suggested") -> tuple[Any, str | None]:
        """The value written in a link, and None; else a value in its place, and a sentence on what was done.

        A number takes the nearest allowed value; what is no finite number takes `fallback`, the `called` one.
        """
        try:
            return self.read(text), None
        except ValueError:
            numeric = self.kind in ("int", "float")
            number = number_in(text) if numeric else None
            got, value, which = short(text) + ", which is no finite number" * numeric, fallback, called
            if number is not None:
                nearest = min(max(number, self.low), self.high)
                got, value, which = short(number), round(nearest) if self.kind == "int" else float(nearest), "nearest"
            used = f"Using the {which} value, {self.write(value)}."
            return value, f"{self.title} must be {self.allowed}; got {got}. {used}"


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
        kinds: dict[Any, str] = {float: "float", int: "int", bool: "switch"}
        kind = "choice" if get_origin(base) is Literal else kinds.get(base, "")
        where = f"{function.__name__}.{name}"
        if not kind or not isinstance(knob, Knob) or (kind in ("float", "int") and not annotated):
            raise TypeError(f"{where}: annotate it as Annotated[float or int, Knob(low, high, …)], Literal[…] or bool.")
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
        return {name: knob.check(given.get(name, knob.default)) for name, knob in sorted(knobs.items())}
    except ValueError as refusal:
        raise ValueError(f"{owner}: {refusal}") from None


def suggestion(name: Any, known: Mapping[str, Any]) -> str:
    """The end of an error message, with its full stop: the nearest known name, or all of them."""
    if not known:
        return "; it has none."
    near = difflib.get_close_matches(str(name)[:80], list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; choose from {', '.join(known)}."


# Knobs that several optimizers share
Rate = Annotated[float, Knob(1e-4, 2.0, log=True, symbol="η", help="How far to step along the negative gradient.")]
