"""Functions fit a screen and modules an idea."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    ROOT / "tasks.py",
    *sorted(path for top in ("lint", "ops", "schemas", "developer") for path in (ROOT / top).rglob("*.py")),
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_above_300_lines_and_no_function_above_50(path: Path) -> None:
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    lines = len(text.splitlines())

    assert lines <= 300
    assert [] == [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 50]
