"""Which files a run reads, and which of them it reports: files that belong together are read together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from .files import Files, ReadError, shown
from .recognition import FAMILIES, family_by_name, family_of, found_below
from .record import dataclass, field
from .settings import Settings

_HIGHEST = 5
"""How many folders up a stack's compose file is looked for."""


@dataclass
class Scope:
    """
    Attributes:
        paths: The files to read, by family.
        targets: The files whose findings are wanted, or None for all.
        failures: One line for each PATH that is missing, unreadable or none of ours.
    """

    paths: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in FAMILIES})
    targets: set[str] | None = None
    failures: list[str] = field(default_factory=list)

    def add(self, path: str, family: str) -> None:
        """Has *path* read, once."""
        if path not in self.paths[family]:
            self.paths[family].append(path)

    def knows(self, path: str) -> bool:
        """Whether *path* is read."""
        return any(path in paths for paths in self.paths.values())


def scope_of(
    arguments: Sequence[str], settings: Settings, files: Files, kind: str | None = None, *, is_change: bool = False
) -> Scope:
    """
    The scope of a run over the files and folders in *arguments*, or over the project where there are none.

    Args:
        kind: The family of all *arguments*, whatever their names and contents.
        is_change: Whether *arguments* are what a commit changes: files that are gone or none of ours are no mistake.
    """
    scope = Scope()
    if not arguments:
        _add_project(scope, settings, files)
        if not is_change and not any(scope.paths.values()):
            scope.failures.append("no files of a stack here or below; name files, or their kind with --as")
        scope.targets = set() if is_change else None
        return scope
    scope.targets = set()
    if is_change:
        _add_changed(scope, arguments, settings, files)
        return scope
    for path in settings.named.get("compose", ()):
        if path in map(shown, arguments):
            _add_file(scope, path, files, "compose")
    for argument in arguments:
        _add_argument(scope, argument, files, kind)
    for target in sorted(scope.targets):
        _add_companions(scope, target, settings, files)
    return scope


def _add_changed(scope: Scope, arguments: Sequence[str], settings: Settings, files: Files) -> None:
    for path in map(shown, arguments):
        if files.exists(path):
            _add_file(scope, path, files)
            if scope.targets is not None:
                scope.targets.add(path)  # also what nothing but an include makes part of the stack
        if any(settings.named.values()):
            _add_named_companions(scope, settings, files)
        else:
            _add_companions(scope, path, settings, files)


def _add_project(scope: Scope, settings: Settings, files: Files) -> None:
    if any(settings.named.values()):
        _add_named(scope, settings, files)
    else:
        _add_found(scope, ".", files)


def _add_named(scope: Scope, settings: Settings, files: Files) -> None:
    for family, paths in settings.named.items():
        for path in paths:
            scope.add(path, family)
    for folder in sorted({os.path.dirname(path) or "." for path in settings.named.get("compose", ())}):  # noqa: PTH120
        for path in found_below(folder):
            if family_by_name(path) in ("dockerfile", "env"):
                _add_file(scope, path, files)


def _add_argument(scope: Scope, argument: str, files: Files, kind: str | None) -> None:
    path = shown(argument)
    if argument == "" or not (path in files.overlay or os.path.lexists(path)):
        scope.failures.append(f"{argument or chr(34) * 2}: no such file or folder")
    elif path not in files.overlay and os.path.isdir(path):  # noqa: PTH112 - pathlib costs 3 ms of a start
        before = set(_targets(scope))
        _add_found(scope, path, files)
        if set(_targets(scope)) == before:
            scope.failures.append(f"{path}: no files of a stack in this folder or below; name their kind with --as")
    elif _add_file(scope, path, files, kind) is None:
        hint = "name its kind with --as nginx|compose|dockerfile|env"
        scope.failures.append(f"{path}: neither its name nor its content is of a stack's file; {hint}")


def _targets(scope: Scope) -> Iterable[str]:
    return scope.targets or ()


def _add_found(scope: Scope, folder: str, files: Files) -> None:
    for path in found_below(folder):
        _add_file(scope, shown(path), files)


def _add_file(scope: Scope, path: str, files: Files, kind: str | None = None, *, is_target: bool = True) -> str | None:
    """The family as which *path* is read; None when it is none of ours, empty when it cannot be read."""
    try:
        family = kind or family_of(path, files)
        files.read(path)
    except ReadError as error:
        if is_target:
            scope.failures.append(str(error))
        return ""
    if family is not None:
        scope.add(path, family)
        if is_target and scope.targets is not None:
            scope.targets.add(path)
    return family


def _add_companions(scope: Scope, target: str, settings: Settings, files: Files) -> None:
    if target in {path for paths in settings.named.values() for path in paths}:
        _add_named_companions(scope, settings, files)
        return
    folder = os.path.dirname(os.path.abspath(target))  # noqa: PTH100, PTH120
    root = _stack_root(folder)
    if root is not None:
        for path in found_below(root):
            _add_companion(scope, shown(path), files)
        return
    for path in _neighbours(folder):
        _add_companion(scope, shown(path), files)


def _add_named_companions(scope: Scope, settings: Settings, files: Files) -> None:
    wanted, scope.targets = scope.targets, None
    failures = list(scope.failures)
    _add_named(scope, settings, files)
    scope.targets, scope.failures = wanted, failures


def _add_companion(scope: Scope, path: str, files: Files) -> None:
    if not scope.knows(path):
        _add_file(scope, path, files, is_target=False)


def _stack_root(folder: str) -> str | None:
    for parent in _upwards(folder)[: _HIGHEST + 1]:
        try:
            names = os.listdir(parent)  # noqa: PTH208 - names, not paths
        except OSError:
            return None
        if any(family_by_name(name) == "compose" for name in names):
            return parent
        if ".git" in names:
            return None
    return None


def _neighbours(folder: str) -> Iterable[str]:
    """Of a file without a compose file: what lies beside it, and the nginx.conf that may include it."""
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else ()):  # noqa: PTH112, PTH208 - as above
        path = os.path.join(folder, name)  # noqa: PTH118 - as above
        if family_by_name(name) and os.path.isfile(path):  # noqa: PTH113 - as above
            yield path
    for parent in _upwards(folder)[1:3]:
        path = os.path.join(parent, "nginx.conf")  # noqa: PTH118 - as above
        if os.path.isfile(path):  # noqa: PTH113 - as above
            yield path


def _upwards(folder: str) -> list[str]:
    """*folder*, which is absolute, and those around it, up to the root."""
    found = [folder]
    while (outer := os.path.dirname(found[-1])) != found[-1]:  # noqa: PTH120 - as above
        found.append(outer)
    return found
