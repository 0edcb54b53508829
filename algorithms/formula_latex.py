"""Typesetting a formula as it was written."""

from typing import TYPE_CHECKING

from algorithms.formula_grammar import MOST, SEVERAL, Node, parts

if TYPE_CHECKING:
    from algorithms.formula import Formula

STRENGTH = {"add": 1, "sub": 1, "neg": 1, "mul": 2, "div": 3, "pow": 3}  # how firmly a part holds together
TRIGONOMETRIC = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
LATEX = {name: rf"\{name}" for name in (*TRIGONOMETRIC, "log", "ln", "min", "max")} | {
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "sign": r"\operatorname{sign}", "log10": r"\log_{10}",
}  # fmt: skip


def latex(formula: "Formula") -> str:
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
