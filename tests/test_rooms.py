"""The rooms keep to themselves, and nothing is in the project that should not be."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("algorithms", "dashboard", "pages")
CLOSED = [  # room, and what it may not import
    ("algorithms", {"streamlit", "plotly", "dashboard", "pages"}),
    ("dashboard/charts", {"streamlit", "pages"}),
]
DANGEROUS = {"eval", "exec", "sympify", "parse_expr", "pickle.load", "pickle.loads"}
UNWANTED = {  # each in two parts, or this file would be the first to hold it
    "a registry's host": r"pypi[.]" r"org|python" r"hosted|npm" r"js[.]|registry[.]" r"npm|deb[.]" r"debian",
    "a path of one machine": r"/(work|root|home|tmp|Users)" r"/",
    "something put off": r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b",
}


def tracked() -> list[Path]:
    """Every file of the project that version control knows or would take."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return [path for name in done.stdout.splitlines() if (path := ROOT / name).is_file()]
    hidden = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__", "uv.lock"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.relative_to(ROOT).parts)]


def scripts(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    return found


@pytest.mark.parametrize(("room", "foreign"), CLOSED, ids=[room for room, _ in CLOSED])
def test_a_room_does_not_know_what_comes_after_it(room, foreign):
    assert scripts(room), f"{room} is empty"
    for path in scripts(room):
        assert not imported(ast.parse(path.read_text("utf-8"))) & foreign, name(path)


def test_charts_know_only_the_picture_of_the_rest_of_the_dashboard():
    for path in scripts("dashboard/charts"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("dashboard"):
                assert str(node.module).startswith("dashboard.charts"), name(path)


@pytest.mark.parametrize("path", scripts("pages"), ids=name)
def test_a_page_is_thin(path):
    assert len(path.read_text("utf-8").splitlines()) <= 80


def test_nothing_runs_text_as_code():
    for path in scripts(*ROOMS):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in DANGEROUS, f"{name(path)}:{node.lineno}"
                assert called.removeprefix("sympy.") not in DANGEROUS, f"{name(path)}:{node.lineno}"


@pytest.mark.parametrize("what", UNWANTED)
def test_no_file_holds(what):
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), 1)
        found += [f"{name(path)}:{number}" for number, line in lines if re.search(UNWANTED[what], line)]
    assert not found
