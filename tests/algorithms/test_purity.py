"""The package stands alone: no dashboard, no charts, no server."""

import ast
from pathlib import Path

import pytest

import algorithms

ROOT = Path(algorithms.__file__).parent


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_of_the_dashboard_is_imported(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] not in {"streamlit", "plotly", "dashboard", "pages"}


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_global_randomness(file):
    assert "np.random.seed" not in file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random":
            assert node.attr in {"default_rng", "Generator"}
