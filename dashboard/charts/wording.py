"""Numbers and places as text."""

import math
import re
from collections.abc import Sequence

import numpy as np

MINUS = "−"
SUPER = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SUB = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def number(value: float) -> str:
    """Return a number with 4 significant digits: 1.805, 48, −0.229, 1,286, 7.136 × 10⁻⁵.

    Scientific below 1e-3 and from 1e5 on; what is not finite is "∞", "−∞" or "undefined".
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and abs(value) < 1_000_000:
        return f"{value:,}".replace("-", MINUS)
    value = float(value)
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    mantissa, exponent = f"{value:.3e}".split("e")
    power = int(exponent)
    if value and not -3 <= power < 5:
        mantissa = mantissa.rstrip("0").rstrip(".")
        ten = f"10{str(power).translate(SUPER)}"
        text = ten if mantissa == "1" else f"-{ten}" if mantissa == "-1" else f"{mantissa} × {ten}"
    else:
        text = f"{value:,.{max(0, 3 - power)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("0" if text == "-0" else text).replace("-", MINUS)


def subscript(index: int) -> str:
    """Return an index as a subscript: x₁₂."""
    return str(index).translate(SUB)


def place(x: Sequence[float] | np.ndarray, width: float) -> str:
    """Return a position to about a thousandth of the domain's width: "(3.000, −2.000)", "x = 1.333"."""
    decimals = int(np.clip(3 - math.floor(math.log10(width)), 0, 8))
    shown = [_rounded(float(v), decimals) for v in np.ravel(x)[:3]]
    if np.size(x) == 1:
        return f"x = {shown[0]}"
    return "(" + ", ".join(shown) + (", …)" if np.size(x) > 3 else ")")


def _rounded(value: float, decimals: int) -> str:
    if abs(value) >= 1e5 or not math.isfinite(value):
        return number(value)
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", MINUS)


def counted(count: int, word: str) -> str:
    """Return "1 step", "48 steps", "1,000 steps"."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def growth(first: float, last: float) -> str:
    """Return how f grows: "2,256-fold", or "from 0 to 3" where there is no such factor."""
    factor = last / first if first > 0 else 0.0
    if not 1.05 <= factor < math.inf:
        return f"from {number(first)} to {number(last)}"
    return f"{factor:,.0f}-fold" if 1000 <= factor < 1e6 else f"{number(factor)}-fold"


def polished(sentence: str) -> str:
    """Return a sentence with its numbers written as `number` does: 1e-06 becomes 10⁻⁶, -3 becomes −3."""
    sentence = re.sub(r"(?<![\w.])-?\d+(?:\.\d+)?e[+-]?\d+", lambda found: number(float(found[0])), sentence)
    return re.sub(r"(?<![\w.])-(?=\d)", MINUS, sentence)
