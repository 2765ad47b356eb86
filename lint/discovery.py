"""Finds rules: ours by walking ``lint/rules``, a user's by folder or entry point; no list to keep up."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from . import kept
from .cached import cached_property
from .errors import LintError
from .record import dataclass
from .rule import Rule

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = ("nginx", "compose", "dockerfile", "env", "stack", "lint")
"""In the order of lists and pages; ``lint`` holds the rules about suppressions and files themselves."""

ENTRY_POINTS = "fairlead.rules"


class RuleError(LintError):
    """A rule of a user's own that cannot be loaded, or whose id is taken."""


@dataclass(frozen=True)
class Catalogue:
    """All rules a run may use, loaded family by family when first asked for."""

    folders: tuple[str, ...] = ()

    def family(self, name: str) -> tuple[Rule, ...]:
        """The rules of one family, sorted by id."""
        rules = [*_own(name), *(rule for rule in self._foreign if rule.family == name)]
        return tuple(sorted(_unique(rules), key=lambda rule: rule.id))

    def all(self) -> tuple[Rule, ...]:
        """Every rule, family by family."""
        return tuple(rule for name in FAMILIES for rule in self.family(name))

    def find(self, name: str) -> Rule | None:
        """The rule with the id *name*, if there is one."""
        family = name.partition("/")[0]
        return next((rule for rule in self.family(family) if rule.id == name), None) if family in FAMILIES else None

    @cached_property
    def _foreign(self) -> tuple[Rule, ...]:
        return (*(rule for folder in self.folders for rule in _of_folder(folder)), *_of_entry_points())


def _unique(rules: Sequence[Rule]) -> Sequence[Rule]:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"rule {rule.id}: two rules have this id; rename your own")
        seen.add(rule.id)
    return rules


@cache
def _own(family: str) -> tuple[Rule, ...]:
    if family not in FAMILIES:
        return ()
    folder = os.path.join(os.path.dirname(__file__), "rules", family)  # noqa: PTH118, PTH120 - pathlib costs 3 ms
    package = f"{__package__}.rules.{family}"
    files = sorted(os.listdir(folder))  # noqa: PTH208 - as above
    names = [file.removesuffix(".py") for file in files if file.endswith(".py") and file != "__init__.py"]
    return tuple(rule for name in names for rule in _rules_in(kept.module(f"{package}.{name}")))


def _of_folder(folder: str) -> Iterator[Rule]:
    from pathlib import Path  # noqa: PLC0415 - only rules of one's own need it

    if not Path(folder).is_dir():
        raise RuleError(f"{folder}: no such folder of rules")
    for path in sorted(Path(folder).glob("**/*.py")):
        yield from _rules_in(_module_at(path))


def _module_at(path: Path) -> ModuleType:
    import importlib.util  # noqa: PLC0415 - as above

    name = f"fairlead_rules_of_yours_{abs(hash(os.fspath(path.resolve()))):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RuleError(f"{path}: not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RuleError(f"{path}: {type(error).__name__}: {error}") from error
    return module


def _of_entry_points() -> Iterator[Rule]:
    for name, target in _entry_points():
        try:
            loaded = importlib.import_module(target.partition(":")[0])
        except Exception as error:
            raise RuleError(f"entry point {name!r} of {ENTRY_POINTS}: {type(error).__name__}: {error}") from error
        yield from _rules_in(loaded)


def _entry_points() -> Iterator[tuple[str, str]]:
    """
    The entry points of the group, read from the installed packages' own files.

    ``importlib.metadata`` would do the same and costs 30 ms, more than all our rules.
    """
    for folder in sys.path:
        for text in _installed(folder or "."):
            if f"[{ENTRY_POINTS}]" in text:
                yield from _entries(text)


def _installed(folder: str) -> Iterator[str]:
    """The entry points of each package in *folder*, as its installer wrote them."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".dist-info"))  # noqa: PTH208 - as above
    except OSError:
        return
    for name in names:
        try:
            with open(os.path.join(folder, name, "entry_points.txt"), errors="replace") as stream:  # noqa: PTH118, PTH123
                yield stream.read()
        except OSError:
            continue


def _entries(text: str) -> Iterator[tuple[str, str]]:
    section = text.partition(f"[{ENTRY_POINTS}]")[2].partition("\n[")[0]
    for line in section.splitlines():
        name, equals, target = line.partition("=")
        if equals:
            yield name.strip(), target.strip()


def _rules_in(module: ModuleType) -> list[Rule]:
    return [value for value in vars(module).values() if isinstance(value, Rule)]
