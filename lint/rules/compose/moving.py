"""Edits that move a literal secret out of a Compose file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from ...compose import Project, Variable
from ...errors import LintError
from ...finding import Edit
from ...place import Place
from ...regex import regex
from ...source import Source

_EXAMPLES = (".env.example", ".env.sample", ".env.template", "env.example", "docker.env.example")
_IGNORING = frozenset({".env", "*.env", ".env*", "**/.env", ".*"})
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")


def moved(project: Project, variable: Variable, literal: str, taken: Mapping[str, set[str]]) -> tuple[Edit, ...]:
    """
    ``${NAME:?}`` for the literal, the name in the example env file, and the value in ``.env``.

    Nothing where the name is taken for another value or the value cannot be written in single quotes.
    """
    name, text = variable.name, literal
    if variable.origin != "environment" or not _NAME.fullmatch(name) or re.search(r"['\\\n]", text):
        return ()
    if name in project.environment or taken.get(name, set()) - {text}:
        return ()
    in_map = variable.entry is not None and variable.entry.key is not None
    reference = f'"${{{name}:?}}"' if in_map else f"${{{name}:?}}"
    return (Edit(variable.value_place, reference, safe=False), *kept(project, name, text))


def kept(project: Project, name: str, text: str) -> tuple[Edit, ...]:
    """A secret as *name* in the ``.env``, which git is to ignore, and the name alone in the example."""
    edits: list[Edit] = []
    edits.append(appended(project, posixpath.join(project.directory, ".env"), f"{name}='{text}'", safe=False))
    if not _is_ignored(project):
        edits.append(appended(project, posixpath.join(project.directory, ".gitignore"), ".env", safe=False))
    for example in _EXAMPLES:
        path = posixpath.join(project.directory, example)
        if project.reader.exists(path):
            env = project.env_file(path)
            if env is not None and name not in env.by_name:
                edits.append(appended(project, path, f"{name}=", safe=False))
            break
    return tuple(edits)


def _is_ignored(project: Project) -> bool:
    """Whether a ``.gitignore`` beside the project's files, or in a folder above, keeps ``.env`` out of git."""
    folder = project.directory
    while True:
        lines = _text(project, posixpath.join(folder, ".gitignore")).splitlines()
        if any(line.strip().lstrip("/") in _IGNORING for line in lines):
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder) if folder != "/" else ""


def _text(project: Project, path: str) -> str:
    """The text of a file that need not be there."""
    try:
        return project.reader.read(path) if project.reader.exists(path) else ""
    except LintError:
        return ""


def values_by_name(project: Project) -> Mapping[str, set[str]]:
    """The values that services give to each variable; `moved` wants them to give no name to two values."""
    found: dict[str, set[str]] = {}
    for service in project.services.values():
        for name, variable in service.own_environment.items():
            if isinstance(variable.value, str):
                found.setdefault(name, set()).add(variable.value)
    return found


def appended(project: Project, path: str, line: str, *, safe: bool = True) -> Edit:
    """*line* at the end of the file at *path*, which may not exist yet."""
    text = _text(project, path)
    end = Source(text, path).place(len(text), len(text))
    place = Place(path, end.line, end.column, end.line, end.column)
    return Edit(place, f"{line}\n" if not text or text.endswith("\n") else f"\n{line}\n", safe=safe)
