"""Imports point one way: tasks -> ops -> lint -> nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for top in ("lint", "ops", "schemas") for path in (ROOT / top).rglob("*.py"))

MODELS = ("lint.nginx", "lint.compose", "lint.dockerfile", "lint.envfile", "lint.stack")
ABOVE_FINDINGS = (*MODELS, "lint.rule", "lint.rules", "lint.engine", "lint.report", "lint.fix")

# each line: who may not import what, both by the beginnings of their names
FORBIDDEN = (
    ("schemas", ("lint", "ops", "tasks", "developer")),
    ("lint", ("ops", "tasks", "developer")),
    ("ops", ("tasks", "developer")),
    ("lint.place", (*ABOVE_FINDINGS, "lint.finding")),
    ("lint.finding", ABOVE_FINDINGS),
    ("lint.rules", ("lint.engine", "lint.report", "lint.fix", "lint.cli", "lint.discovery")),
    ("lint.report", ("lint.rules",)),
    ("lint.fix", ("lint.rules",)),
    ("ops.plan", ("ops.host", "ops.execute", "time", "datetime", "random", "secrets", "subprocess")),
)
# A library and the modules that alone may import it. lint.data reads the files whose values matter and places do not;
# lint.meaning compares a text before and after an edit, below any model.
OWNERS = {
    "crossplane": ("lint.nginx",),
    "ruamel": ("lint.compose", "lint.data", "lint.meaning"),
    "fabric": ("ops.ssh.connection",),
    "paramiko": ("ops.ssh",),
}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    """The absolute names that *path* imports, inside functions too, without our own package's ``fairlead.``."""
    package = list(path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("fairlead.") for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}".strip(".").removeprefix("fairlead.") for alias in node.names)


def _is_within(name: str, beginning: str) -> bool:
    return f"{name}.".startswith(f"{beginning}.")


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_imports_nothing_above_it(path: Path) -> None:
    forbidden = {what for who, names in FORBIDDEN if _is_within(_name(path), who) for what in names}

    assert [] == [name for name in _imports(path) if any(_is_within(name, what) for what in forbidden)]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_library_is_imported_by_its_owner_alone(path: Path) -> None:
    foreign = [name for name, owners in OWNERS.items() if not any(_name(path).startswith(owner) for owner in owners)]

    assert [] == [name for name in _imports(path) if any(_is_within(name, library) for library in foreign)]
