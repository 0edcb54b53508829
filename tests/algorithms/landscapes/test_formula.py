"""A formula of the learner's own: what is refused and how, and that what is taken is evaluated and derived exactly."""

import ast
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from time import process_time, thread_time

import numpy as np
import pytest
import sympy
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import algorithms
import dashboard
from algorithms import LANDSCAPES, OPTIMIZERS, Run, fitting, formula_tape, record
from algorithms.formula import parse
from algorithms.formula_grammar import DEPTH, FUNCTIONS, LONGEST, NODES, SEVERAL, UNARY, FormulaError
from algorithms.formula_latex import latex

ENTRY = LANDSCAPES["formula"]

# What is refused -----------------------------------------------------------------------------------------------------

ATOMS = ("x", "(x)", "1", "sin(x)", "pi")
NAMES = (
    "eval", "exec", "open", "print", "globals", "locals", "vars", "dir", "getattr", "setattr", "compile", "input",
    "breakpoint", "help", "type", "object", "str", "bytes", "int", "float", "complex", "list", "dict", "memoryview",
    "range", "exit", "quit", "os", "sys", "np", "numpy", "sympy", "math", "self", "True", "False", "None", "S", "I",
    "oo", "nan", "inf", "Infinity", "NaN", "lambda", "import", "yield", "await", "async", "class", "def", "del", "if",
    "raise", "return", "while", "with", "not", "and", "or", "in", "is", "for", "global", "assert", "pass",
)  # fmt: skip
LOOKALIKES = "хуеｓⅹ𝑥𝐱ϵ℮ℯéßıſﬁ１²٣๓᠐߁〇∑∫∂∞√∛¾×̈‐﹢＋＊∕⁄（）［｛＿․．"
HOSTILE = [
    *(f"{atom}.{part}" for atom in ATOMS for part in ("__class__", "real", "T", "_", "__init__.__globals__", "x", "")),
    *(f"{atom}[{inside}]" for atom in ATOMS for inside in ("0", ":", "x", "...", "'a'", "")),
    *(f"__{name}__" for name in ("import", "class", "builtins", "subclasses", "dict", "name", "file")),
    *(f"__import__('{module}').{call}" for module in ("os", "sys") for call in ("system('id')", "exit()", "getpid()")),
    "().__class__.__bases__[0].__subclasses__()", "x.__class__.__mro__[1]", "getattr(x, '__class__')", "_", "x_1", "_x",
    *(f"{prefix}{quote}{body}{quote}" for prefix in ("", "f", "b", "r", "u", "rb") for quote in ("'", '"', "'''", "`")
      for body in ("x", "{x}", "{x.__class__}", "%s", "")),
    "'{0.__class__}'.format(x)", "'%x' % x", "f'{x!r:>{9**9}}'", "x %% 2", "'a'*10**9", "x + 'a'",
    "lambda: x", "lambda x: x", "(lambda: x)()", "lambda *a, **k: x", "(yield)", "yield x", "await x", "(await x)",
    "[x for x in x]", "(x for x in range(9))", "{x for x in y}", "{x: y for x in y}", "[*x]", "{**x}", "[x, y]", "{x}",
    "x := 1", "(x := 1)", "(y := x) + y", "x = 1", "x == y", "x != y", "x < y", "x <= y", "x >= 1", "x <> y",
    "1 < x < 2",
    "x is y", "x in y", "not x", "x and y", "x or y", "x if y else 1", "x; y", "x;", "import os", "from os import *",
    "print(x)", "open('/etc/passwd')", "exec('x')", "eval('x')", "del x", "assert x", "raise x", "pass", "x = y = 1",
    "sin(*x)", "sin(**x)", "sin(x=1)", "sin(x, y)", "sin(x for x in y)", "sin(sin)", "sin(,)", "sin(x,)", "max(x,)",
    "sin", "sin x", "sin()(x)", "sin(x)(y)", "sin**2", "sin^2(x)", "max(x)", "max()", "min", "(sin)(x)", "pi(x)",
    "e(2)",
    "x(1)", "1(x)", "2x", "x y", "x 2", "2 3", "(x)(y)", "(x)y", "x(y)", "xy", "xyx", "sinx", "sin2", "xsin(x)",
    "2sin(x)",
    "x6", "x0", "x10", "x01", "z", "a*x", "theta", "foo(x)", "Sin(x)", "SIN(x)", "X", "PI", "ln2", "sin.x", "x.sin",
    "x +", "+", "-", "*", "/", "**", "* x", "/ x", "** x", "x *", "x / ", "x **", "x ** * 2", "x */ 2", "x // 2",
    "x *** 2",
    "(", ")", "()", "(()", "())", "(x", "x)", "((x)", "(x))", ")x(", "sin(x", "sin(", "sin)", "max(x, (y)", "x + ()",
    "1,5", "1,5*x", "x, y", "(x, y)", ",", "x,", ",x", "1 000*x", "1_000*x", "0x10*x", "0b1*x", "1e*x", "1e+*x",
    "1.2.3*x",
    "1..2*x", ".", "..", "...", "x...", "1j", "1j*x", "2J", "x + 1j", "1e5j*x", "i*x", "j", "sqrt(-1)*x", "log(-1) + x",
    "1e999", "1e999*x", "-1e999 + x", "1e308*10*x", "9**9**9", "9**9**9**9", "x**9**9**9", "9**9**9*x", "x + 9**999",
    "exp(1000)*x", "exp(exp(exp(9)))+x", "0/0 + x", "1/0 + x", "x/0/0*(1/0)", "0**-1*x", "(-8)**(1/3)*x", "asin(2)+x",
    "log(0)*x", "10**400*x", "x**10**400", "(-2)**0.5 + x", "cosh(1e4)*x", "tan(1e999)*x", "9.9**(9.9**9.9**9.9) + x",
    "5", "pi", "sin(1) + 2", "2**0.5", "max(1, 2)", "0", "-1",
    "", " ", "   ", "\t", "\n", "\r\n", "\u00a0", "x\n", "x\ny", "x\\\ny", "x\ty", "x\0", "\0", "x\x07", "x\x1b[0m",
    "x\x7f",
    "x\u200b", "x\u202ey", "\ufeffx", "x\u00ad", "x\ud800", "x # y", "# x", "x /* y */", "x // y", "<!-- x -->",
    "x; DROP TABLE runs", "<script>alert(1)</script>", "${x}", "{{x}}", "%x", "x!", "x?", "x@y", "x&y", "x|y", "|x|",
    "~x",
    "x^^2", "x<<2", "x>>2", "\\sin(x)", "$x$", "\\frac{x}{y}", "x'", "f(x) = x", "y = x**2", "f = x", "x -> x",
    *(f"{letter} + y" for letter in LOOKALIKES), *(f"{name}(x)" for name in NAMES), *(f"x + {name}" for name in NAMES),
    "(" * 90 + "x" + ")" * 90, "(" * 199, ")" * 199, "(" * 100_000 + "x" + ")" * 100_000, "-" * 190 + "x",
    "+" * 190 + "x",
    "-" * 200_000 + "x", "- " * 99 + "x", "-(" * 60 + "x" + ")" * 60, "sin(" * 40 + "x" + ")" * 40, "x**" * 60 + "x",
    "2**" * 60 + "x", "x" + "+x" * 99, "x" * 200, "x*" * 99 + "x", "9" * 200, "9" * 5000 + "*x", "9" * 200_000,
    "1e" + "9" * 190, "1e-" + "9" * 190, "x**" + "9" * 199, "." * 200, "," * 200, "(x," * 60, "max(" + "x," * 90 + "x)",
    "a" * 200, "sin" * 60, "__" * 90, "[" * 190, "{" * 190, "[" * 100_000, "lambda:" * 25, "x if " * 40,
    "not " * 49 + "x",
    "'" * 199, "\n" * 199, "\0" * 199, "é" * 199, "💥" * 199, "²" * 199, "x" + "²" * 199, "x" + "^2" * 60, "x\u0301",
    "x**((x+x)/x)**" * 14 + "x", "abs(" * 25 + "x" + ")" * 25, "1/" * 99 + "x", "x=" * 99, "sin(x)" * 33, "😀",
]  # fmt: skip


def refusal(text: str) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    return caught.value


def test_hostile_texts_are_refused_at_once_and_in_words(monkeypatch):
    """Not one of them is run, takes long, takes memory, or is refused without a reason."""
    texts = list(dict.fromkeys(HOSTILE))
    assert len(texts) >= 300
    called, taken, slowest, said = [], [], 0.0, {}
    with monkeypatch.context() as patch:
        for name in ("eval", "exec", "compile", "open"):
            patch.setattr(f"builtins.{name}", lambda *_, name=name, **__: called.append(name))
        for text in texts:
            times = []
            while not times or (times[-1] > 0.05 and len(times) < 3):  # once more, if something else took the time
                began = process_time()
                try:
                    parse(text)
                    taken.append(text)
                except FormulaError as wrong:
                    said[text] = wrong
                times.append(process_time() - began)
            slowest = max(slowest, min(times))
    tracemalloc.start()
    for text in texts:
        with pytest.raises(FormulaError):
            parse(text)
    grown, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not called
    assert not taken
    assert slowest <= 0.05
    assert grown < 2e6
    assert peak < 20e6
    for text, wrong in said.items():
        assert 10 < len(wrong.why) < 200, (text[:50], wrong.why)
        assert wrong.why[-1] in ".?"
        assert wrong.why.isprintable()
        assert wrong.at is None or 0 <= wrong.at < max(1, len(text)), text[:50]


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        ("x**2 + 3*son(5*x)", 9, "there is no function son; did you mean sin?"),
        ("x**2 + Sin(x)", 7, "there is no function Sin; did you mean sin?"),
        ("arcsin(x)", 0, "there is no function arcsin; did you mean asin?"),
        ("x + qqq", 4, "there is no name qqq; a formula knows x, y, pi, e and functions such as sin, exp and sqrt."),
        ("xy + 1", 0, "there is no xy; for a product write x*y."),
        ("3*x + 2x", 7, "write 2*x, not 2x."),
        ("2 (x+1)", 2, "write 2*(…), not 2 (…)."),
        ("(x)(y)", 3, "write (…)*(…), not (…)(…)."),
        ("2sin(x)", 1, "write 2*sin(…), not 2sin(…)."),
        ("xsin(x)", 0, "write x*sin(…), not xsin(…)."),
        ("sinx", 0, "write sin(x), not sinx."),
        ("sin x", 0, "sin needs parentheses: sin(x)."),
        ("x(y+1)", 0, "x is no function; to multiply, write x*(…)."),
        ("x.real", 1, "a point after x belongs to no number; names have no parts."),
        ("x + 'a'", 4, "a formula has no text in quotes."),
        ("y = x**2", 2, "no equation and no comparison: write only what stands right of the =."),
        ("x < 2", 2, "no comparison can be minimized."),
        ("3*(x + 1", 2, "this ( is never closed: a ) is missing."),
        ("sin(x", 3, "the ( of sin is never closed: a ) is missing."),
        ("x + 1)", 5, "this ) closes nothing: a ( is missing before it, or the ) is too much."),
        ("x[0]", 1, "[ has no meaning here; all parentheses are round."),
        ("1,5*x", 1, "a comma only stands between the arguments of min and max; write decimals as 0.5."),
        ("x +", 2, "something is missing after +."),
        ("x***2", 3, "* cannot follow **."),
        ("x//2", 1, "there is no operation //; write floor(x/2)."),
        ("sin(x, y)", 0, "sin takes one number; here are 2."),
        ("max(x)", 0, "max takes two numbers or more, as in max(x, 0)."),
        ("x + 9**9**9", 4, "9**9**9 is larger than any number here."),
        ("x + sqrt(-4)", 4, "sqrt(-4) is no real number."),
        ("x + 2j", 5, "there is no j: only real numbers."),
        ("x7", 0, "there is no x7; the coordinates are x1 to x5."),
        ("ѕin(x)", 0, "“ѕ” (cyrillic small letter dze) is not known; write plain letters and digits."),
        ("x²+ 3y", 5, "write 3*y, not 3y."),
        ("7", None, "there is no x in it: a constant is lowest everywhere."),
        ("", None, "there is no formula yet: write one such as x**2 + y**2."),
        ("x" * 201, None, "a formula has at most 200 characters; here are 201."),
    ],
)
def test_a_refusal_names_what_is_wrong_and_where(text, at, why):
    wrong = refusal(text)
    assert (wrong.at, wrong.why) == (at, why)
    assert str(wrong) == (why if at is None else f"at character {at + 1}, {why}")


def test_limits_are_said_and_what_is_just_within_is_taken(monkeypatch):
    assert "has more than 100 parts" in str(refusal("+".join(["x"] * (NODES // 2 + 1))))
    assert parse("+".join(["x"] * (NODES // 2))).value(np.array([2.0])) == NODES
    assert f"nested more than {DEPTH} deep" in str(refusal("(" * (DEPTH + 1) + "x" + ")" * (DEPTH + 1)))
    assert parse("(" * DEPTH + "x" + ")" * DEPTH).value(np.array([2.0])) == 2
    assert parse("x" + " " * (LONGEST - 1)).text == "x"
    long = "*".join(f"(x{i % 5 + 1}**y-x{i % 3 + 3})" for i in range(13))
    assert len(parse(long).tape.entries) < formula_tape.TAPE / 2, "a limit that no formula of 100 parts comes near to"
    monkeypatch.setattr(formula_tape, "TAPE", 300)
    parse.cache_clear()
    assert "its slopes would take more than 300 operations" in str(refusal(long))


# pathological to a computer algebra system that calculates with whole numbers and joins like terms
@pytest.mark.parametrize(
    "text",
    [
        "((x+x)/x)**" * 8 + "x",
        "((((x+x)**999)**999)**999)**999",
        "(100000*x)**100",
        "x**" + "9" * 190,
        "x" + "²" * 120,
        "(x+1)**x**x**x**x**x",
    ],
)
def test_towers_of_powers_cost_nothing(text):
    began = thread_time()
    read = parse(text)
    x = np.linspace(-2, 2, 41)[:, None]
    for values in (read.value(x), read.gradient(x), read.hessian(x)):
        assert values.dtype == float
    assert thread_time() - began < 0.5
    assert parse("(100000*x)**100").gradient(np.array([1e-5])) == pytest.approx([1e7])


def test_nothing_in_the_lab_runs_text():
    """No typed formula could reach Python: the words that run text do not occur."""
    forbidden = re.compile(r"\b(eval|exec)\(|sympify|parse_expr|lambdify|pickle\.load|\bsympy\b")
    for package in (algorithms, dashboard):
        for file in Path(str(package.__file__)).parent.rglob("*.py"):
            assert not forbidden.search(file.read_text(encoding="utf-8")), file


# What is taken -------------------------------------------------------------------------------------------------------

numbers = st.sampled_from(["0", "1", "2", "3", "0.5", "1.5", "2.25", ".1", "10", "1e-3", "pi", "e"])
leaves = st.sampled_from(["x", "y", "x", "y", "x1", "x2"]) | numbers


def combined(inner):
    return (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " + ", " - "]), inner).map("".join).map("({})".format)
        | st.tuples(inner, st.sampled_from(["**2", "**3", "**-1", "**0.5", "**x", "**(y-1)"])).map(
            "({0[0]}{0[1]})".format
        )
        | st.tuples(st.sampled_from(sorted(UNARY)), inner).map("{0[0]}({0[1]})".format)
        | st.tuples(st.sampled_from(sorted(SEVERAL)), inner, inner).map("{0[0]}({0[1]}, {0[2]})".format)
        | inner.map("(-{})".format)
    )


formulas = st.recursive(leaves, combined, max_leaves=12)
POINTS = np.random.default_rng(3).uniform(-3, 3, (40, 2))


def accepted(text):
    try:
        return parse(text)
    except FormulaError:
        assume(False)


@settings(deadline=None, max_examples=300)
@given(formulas)
@example("x**(1/3) + y**y")
@example("log(abs(x))*max(x, y, 0)/floor(y)")
@example("exp(exp(exp(x)))/exp(exp(exp(y)))")
def test_whatever_is_accepted_gives_floats_and_only_floats(text):
    read = accepted(text)
    x = POINTS[:, : read.dimension]
    grid = np.vstack([x, np.zeros((1, read.dimension)), np.full((1, read.dimension), 1e300), -x[:1] * 1e200])
    value, gradient, hessian = read.value(grid), read.gradient(grid), read.hessian(grid)
    assert (value.dtype, gradient.dtype, hessian.dtype) == (float, float, float)
    assert (value.shape, gradient.shape, hessian.shape) == ((43,), grid.shape, (*grid.shape, read.dimension))
    assert np.isnan(gradient[np.isnan(value)]).all() or not read.partial
    assert np.array_equal(hessian, np.swapaxes(hessian, 1, 2), equal_nan=True)
    for i in (0, 40, 41):
        one = read.value(grid[i])
        assert isinstance(one, float)
        assert one == pytest.approx(value[i], rel=1e-12, nan_ok=True)
        assert read.gradient(grid[i]) == pytest.approx(gradient[i], rel=1e-9, nan_ok=True)
        assert read.hessian(grid[i]).shape == (read.dimension, read.dimension)
        assert bool(read.trouble(grid[i])) <= (not np.isfinite(one))
    assert latex(read).startswith("f(x")
    assert parse(read.text).text == read.text


X, Y = sympy.symbols("x y", real=True)
SYMPY = {
    "asin": sympy.asin, "acos": sympy.acos, "atan": sympy.atan, "ln": sympy.log, "abs": sympy.Abs, "sign": sympy.sign,
    "cbrt": lambda u: sympy.sign(u) * sympy.Abs(u) ** sympy.Rational(1, 3),
    "log10": lambda u: sympy.log(u) / sympy.log(10),
    "min": sympy.Min, "max": sympy.Max, "floor": sympy.floor,
}  # fmt: skip
OPERATIONS = {ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__", ast.Pow: "__pow__"}


def independent(node: ast.AST):
    """The formula as Python's own parser reads it, built of SymPy's own objects."""
    match node:
        case ast.Constant():
            return sympy.Rational(str(node.value))
        case ast.Name():
            return {"x": X, "x1": X, "y": Y, "x2": Y, "pi": sympy.pi, "e": sympy.E}[node.id]
        case ast.UnaryOp():
            return -independent(node.operand)
        case ast.BinOp():
            return getattr(independent(node.left), OPERATIONS[type(node.op)])(independent(node.right))
        case ast.Call():
            name = node.func.id
            return SYMPY.get(name, getattr(sympy, name, None))(*map(independent, node.args))
    raise AssertionError(node)


TEXTS = [
    "x**2 + 3*sin(5*x) + y**2", "-x**2 + 2**-y", "x - y - 1 - x*y", "x/y/2*y", "2**x**y", "-2**x", "x*-y", "x**-2*y",
    "sin(x)*cos(y)*tan(x/2)", "asin(x/4) + acos(y/4) + atan(x*y)", "sinh(x)*cosh(y) - tanh(x - y)", "exp(-x**2/2)*y",
    "log(x + 4)*ln(y + 5) + log10(9 + x)", "sqrt(x + 4)/(1 + y**2)", "cbrt(x)*y", "abs(x - 1)*abs(y)", "sign(x)*y**2",
    "max(x, y) + min(x, 2*y)", "floor(x)*y**3", "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
    "(1 - x)**2 + 100*(y - x**2)**2",
    "(x + 4)**(y/3)", "(x**2 + 1)**y", "x**3*y**4 - x**5", "pi*x + e**y", "1/(x**2 + y**2)",
    "(x + 4)**1.5*(y + 4)**0.25",
    "20 + x**2 + y**2 - 10*(cos(2*pi*x) + cos(2*pi*y))", "abs(x)**3 + max(x, 0)**2", "exp(sin(x*y))/(2 + cos(x))",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_values_and_derivatives_equal_those_of_a_computer_algebra_system(text):
    read = parse(text)
    f = independent(ast.parse(text, mode="eval").body)
    names = [X, Y][: read.dimension]
    gradient = [sympy.diff(f, name) for name in names]
    hessian = [[sympy.diff(slope, name) for name in names] for slope in gradient]
    x = POINTS[:6, : read.dimension]

    def at(expression, point):
        plain = expression.subs(dict(zip(names, map(sympy.Float, point), strict=True)))
        plain = plain.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0)).replace(
            sympy.Heaviside, lambda u, *_: sympy.Integer(int(u > 0))
        )
        plain = plain.doit().replace(sympy.Subs, lambda *_: sympy.Integer(0))
        return complex(plain.evalf())

    for i, point in enumerate(x):
        value = at(f, point)
        assert (np.nan if value.imag else value.real) == pytest.approx(read.value(x)[i], rel=1e-10, nan_ok=True)
        if "floor" in text or np.isnan(read.value(x)[i]):
            continue
        for k in range(len(names)):
            assert at(gradient[k], point) == pytest.approx(read.gradient(x)[i, k], rel=1e-9, abs=1e-9)
            for m in range(len(names)):
                assert at(hessian[k][m], point) == pytest.approx(read.hessian(x)[i, k, m], rel=1e-8, abs=1e-8)


def slope(function, x, h):
    steps = h * np.eye(x.shape[-1])
    return np.stack([(function(x + step) - function(x - step)) / (2 * h) for step in steps], axis=-1)


@settings(deadline=None, max_examples=200)
@given(formulas)
def test_derivatives_agree_with_differences_away_from_kinks(text):
    read = accepted(text)
    x = POINTS[:, : read.dimension]
    with np.errstate(all="ignore"):
        for function, derivative in ((read.value, read.gradient), (read.gradient, read.hessian)):
            rough, fine = slope(function, x, 2e-5), slope(function, x, 1e-5)
            size = abs(function(x)).reshape(len(x), -1).max(axis=1)
            found = derivative(x)
            settled = abs(rough - fine) < 1e-7 * (1 + abs(fine))  # elsewhere is a kink, a pole or a jump nearby
            settled &= (size < 1e3).reshape(-1, *[1] * (fine.ndim - 1)) & np.isfinite(found)
            assert np.allclose(found[settled], fine[settled], rtol=1e-4, atol=1e-4)


PYTHON = st.recursive(
    st.sampled_from(["x", "y", "2", "3"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map("".join)
        | inner.map("-{}".format)
        | inner.map("({})".format)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(PYTHON)
def test_signs_bind_as_in_python(text):
    read = accepted(text)

    def value(node):
        match node:
            case ast.Constant():
                return np.float64(node.value)
            case ast.Name():
                return np.float64({"x": 1.25, "y": 0.75}[node.id])
            case ast.UnaryOp():
                return -value(node.operand)
            case ast.BinOp():
                return getattr(value(node.left), OPERATIONS[type(node.op)])(value(node.right))

    with np.errstate(all="ignore"):
        expected = value(ast.parse(text, mode="eval").body)
    assert read.value(np.array([1.25, 0.75][: read.dimension])) == pytest.approx(expected, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x² + y³", "x**2 + y**3"), ("x^2", "x**2"), ("3×x·y÷2", "3*x*y/2"), ("x − π", "x - pi"), ("x⁻¹⁰", "x**-10"),
        ("x₁ + x₂", "x1 + x2"), ("√(x)", "sqrt(x)"), ("  x + 1 ", "x + 1"), ("x\u00a0+ 1", "x + 1"),
    ],
)  # fmt: skip
def test_pretty_signs_are_written_plainly(text, plain):
    assert parse(text).text == plain
    assert dict(Run("adam", "formula", landscape_knobs={"expression": text}).landscape_knobs)["expression"] == plain


@pytest.mark.parametrize(
    ("text", "typeset"),
    [
        ("x**2 + 3*sin(5*x) + y**2", r"f(x, y) = x^{2} + 3\,\sin\left(5\,x\right) + y^{2}"),
        ("x*2 - (y - 1)", r"f(x, y) = x \cdot 2 - \left(y - 1\right)"),
        ("(x + 1)/(2*x)", r"f(x) = \frac{x + 1}{2\,x}"),
        ("sin(x)**2 + abs(x)**3", r"f(x) = \sin^{2}\left(x\right) + \left|x\right|^{3}"),
        ("(x**2)**3 - -x", r"f(x) = \left(x^{2}\right)^{3} - \left(-x\right)"),
        ("sqrt(x1 + x3)*1e-3", r"f(x_{1}, x_{2}, x_{3}) = \sqrt{x_{1} + x_{3}} \cdot 1 \cdot 10^{-3}"),
        ("max(x, y, 0)", r"f(x, y) = \max\left(x, y, 0\right)"),
        ("exp(-x) + e**x + pi", r"f(x) = e^{-x} + e^{x} + \pi"),
        ("floor(x) + cbrt(x)", r"f(x) = \left\lfloor x \right\rfloor + \sqrt[3]{x}"),
    ],
)
def test_a_formula_is_typeset_as_it_was_written(text, typeset):
    assert latex(parse(text)) == typeset


# The landscape -------------------------------------------------------------------------------------------------------


def linked(text, **more):
    return Run.from_query({"landscape": "formula", "formula.expression": text} | more)


def test_what_a_formula_uses_makes_a_curve_or_a_surface():
    for text, kind, d in (
        ("x**2", "curve", 1),
        ("x1", "curve", 1),
        ("y", "surface", 2),
        ("x*y", "surface", 2),
        ("x5", "surface", 5),
    ):
        ground = ENTRY.make(expression=text, low=-1, high=7)
        assert (ground.kind, ground.dimension) == (kind, d)
        assert (ground.low.tolist(), ground.high.tolist()) == ([-1] * d, [7] * d)
        assert ground.start.tolist() == [1] * d
        assert ground.minima == ()
        assert ground.note == ""


@pytest.mark.parametrize(
    "text", ["sqrt(x) + y**2", "log(x*y)", "sqrt(4 - x**2 - y**2)", "log(x - 2.9)", "1/floor(x/9)"]
)
def test_a_run_starts_where_f_is_defined(text):
    ground = ENTRY.make(expression=text)
    assert np.isfinite(ground.value(ground.start))
    assert np.isfinite(ground.gradient(ground.start)).all()
    assert ground.note.startswith("Undefined in about ") or "floor" in text


def test_a_formula_that_is_defined_nowhere_says_so():
    run, notes = linked("sqrt(-1 - x**2)", optimizer="adam")
    assert notes == []
    trace = record(run)
    assert trace.landscape.note == "Undefined in all of the domain, where no run can go on."
    assert trace.stop.reason == "undefined"
    assert trace.stop.message == "The start is x = -1.5, where f is undefined: square root of a negative number."
    swarm = record(linked("sqrt(-1 - x**2)", optimizer="particle_swarm")[0])
    assert (swarm.stop.reason, swarm.stop.message) == ("undefined", "At step 0, f is undefined at every member.")


@pytest.mark.parametrize(
    ("text", "start", "why"),
    [
        ("sqrt(x) + y**2", "0.5,1", "square root of a negative number"),
        ("log(x)", "0.5", "log of a negative number"),
        ("x**1.5", "0.5", "a negative number to a power that is no whole number"),
        ("x + asin(x)", "-0.5", "asin of a number outside −1 … 1"),
    ],
)
def test_a_run_says_when_it_comes_to_where_f_is_undefined(text, start, why):
    trace = record(
        linked(text, start=start, optimizer="gradient_descent", **{"gradient_descent.learning_rate": "0.5"})[0]
    )
    assert trace.stop.reason == "undefined"
    assert f"where f is undefined: {why}." in trace.stop.message
    assert trace.stop.message.startswith(f"Step {trace.stop.step} leads to ")
    assert trace.stop.message.endswith(f"Step {len(trace) - 1} is the last one shown.")
    assert np.isfinite(trace.fx).all()
    assert trace.stop.step == len(trace)


def test_a_run_says_when_it_comes_to_where_f_has_no_slope():
    trace = record(linked("sqrt(x**2 + y**2)", start="0,0", optimizer="gradient_descent")[0])
    assert (trace.stop.reason, trace.stop.message) == (
        "undefined",
        "The start is (0, 0), where f has no slope. Step 0 is the last one shown.",
    )
    assert record(linked("1/x", start="0", optimizer="adam")[0]).stop.reason in ("diverged", "undefined")


def test_a_wrong_formula_in_a_link_gives_way_to_the_suggested_one_aloud():
    run, notes = linked("x**2 + son(x)", **{"formula.low": "-7"})
    suggested = {"expression": ENTRY.knobs["expression"].default, "low": -7.0, "high": 3.0, "gradient_noise": 0.0}
    assert dict(run.landscape_knobs) == suggested
    assert notes == [
        "Your own formula: expression must be a formula in x and y of at most 200 characters; got 'x**2 + son(x)': at "
        "character 8, there is no function son; did you mean sin? Using the suggested formula, "
        "x**2 + 3*sin(5*x) + y**2."
    ]
    for text in (text for text in HOSTILE if text == text.strip()):
        run, notes = linked(text)
        assert len(notes) == 1, text[:50]
        assert len(notes[0]) < 500
        assert notes[0].isprintable()


def test_a_domain_that_is_turned_round_is_put_right():
    for low, high, taken in (
        (5, 1, (1, 5)),
        (2, 2, (2, 3)),
        (999, 999, (999, 1000)),
        (1, 1.0001, (1, 2)),
        (9, 3, (3, 9)),
    ):
        run, notes = linked("x", **{"formula.low": str(low), "formula.high": str(high)})
        knobs = dict(run.landscape_knobs)
        assert (knobs["low"], knobs["high"]) == taken
        assert notes == [
            f"Your own formula: low must be less than high; got {low} and {high}. Using {taken[0]} and {taken[1]}."
        ]
        assert Run.from_query(run.to_query()) == (run, [])
        with pytest.raises(ValueError, match=r"formula: low must be less than high, by 0.001 at least; got"):
            Run("adam", "formula", landscape_knobs={"low": low, "high": high})
    for value in (5, None, ["x"], b"x", "x" * 10**6):
        with pytest.raises(ValueError, match="formula: expression must be a formula"):
            Run("adam", "formula", landscape_knobs={"expression": value})


@settings(deadline=None, max_examples=60)
@given(formulas, st.floats(-900, 0), st.floats(1, 900))
def test_a_link_holds_the_formula_and_its_domain(text, low, high):
    read = accepted(text)
    given = {"expression": text, "low": low, "high": high}
    run = Run("gradient_descent", "formula", landscape_knobs=given, steps=5)
    assert Run.from_query(run.to_query()) == (run, [])
    assert run.to_query()["formula.expression"] == read.text
    assert hash(run) == hash(Run.from_query(run.to_query())[0])


@pytest.mark.parametrize(
    "text", ["x**2 + 3*sin(5*x) + y**2", "x**4 - 3*x**2 + x", "(x1 - 1)**2 + x2**2 + x3**4", "sqrt(x)"]
)
def test_every_optimizer_runs_on_it(text):
    for entry in fitting(ENTRY.make(expression=text)):
        run = Run.from_query({"landscape": "formula", "optimizer": entry.id, "formula.expression": text})[0]
        trace = record(run)
        assert trace.best_fx[-1] <= trace.best_fx[0]
        assert trace == record(run)
    assert {entry.id for entry in fitting(ENTRY.make(expression=text))} >= {
        "newton",
        "gradient_descent",
        "particle_swarm",
    }
    assert OPTIMIZERS["two_opt"] not in fitting(ENTRY.make(expression=text))


def test_suggested_steps_suit_the_formula():
    rates = [
        dict(Run.suggested("gradient_descent", "formula", landscape_knobs={"expression": text}).knobs)["learning_rate"]
        for text in ("x**2", "50*x**2", "5000*x**2")
    ]
    assert rates == [0.1, 0.018, 0.00018]


def test_two_processes_agree_bit_for_bit():
    code = (
        "from algorithms import Run, record; import hashlib;"
        "f = {'expression': 'x**2*sin(y) + exp(-x*y)/3 + max(x, y)'};"
        "t = record(Run('adam', 'formula', landscape_knobs=f, steps=60));"
        "print(hashlib.sha256(t.x.tobytes() + t.fx.tobytes()).hexdigest(), t.run.id)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_every_function_is_named_in_the_help():
    words = set(re.findall(r"[a-z0-9]+", ENTRY.knobs["expression"].help))
    assert set(FUNCTIONS) - {"ln"} <= words
