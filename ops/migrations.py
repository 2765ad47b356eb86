"""
Which changes to the tables a release brings, and which of them a database has: alembic's revisions, read as text.

Pure. Nothing is imported from the migrations: their files name each revision and the ones before it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import SettingsError

NAMES = ("revision", "down_revision")


@dataclass(frozen=True)
class MigrationSettings:
    """
    The migrations of a release and the database that they are for.

    Attributes:
        folder: alembic's folder of revisions.
        service: The compose service that runs MySQL.
        database: The database's name; variables are not filled in yet.
        user: Who may dump all of it.
        password_file: The file in the service's container that holds that user's password.
        dump: Whether it is dumped before migrations run.
    """

    folder: Path
    service: str
    database: str
    user: str
    password_file: str
    dump: bool = True


@dataclass(frozen=True)
class Lineage:
    """
    The revisions of a release.

    Attributes:
        revisions: Every revision, each after those that it builds on.
        before: The revisions that each builds on directly.
    """

    revisions: tuple[str, ...] = ()
    before: Mapping[str, tuple[str, ...]] | None = None

    @property
    def heads(self) -> tuple[str, ...]:
        """The newest: those that no other builds on."""
        used = {name for names in (self.before or {}).values() for name in names}
        return tuple(name for name in self.revisions if name not in used)

    def with_those_before(self, names: Iterable[str]) -> set[str]:
        """*names*, as far as they are known here, and all that they build on."""
        found: set[str] = set()
        waiting = [name for name in names if name in self.revisions]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += (self.before or {}).get(name, ())
        return found

    def pending(self, applied: Iterable[str]) -> tuple[str, ...]:
        """
        The revisions that a database at *applied* has not, in the order in which they run.

        Nothing where it is at a revision that is not known here: its tables are a newer release's, and are left alone.
        """
        names = tuple(applied)
        if any(name not in self.revisions for name in names):
            return ()
        there = self.with_those_before(names)
        return tuple(name for name in self.revisions if name not in there)


def between(older: Lineage, newer: Lineage, applied: Iterable[str]) -> tuple[str, ...]:
    """
    The revisions that a database at *applied* has and *older* does not know, in their order.

    Args:
        newer: The lineage that knows them; what it does not know either is named as it stands.
    """
    names = tuple(applied)
    known = newer.with_those_before(names)
    ordered = [name for name in newer.revisions if name in known]
    strange = [name for name in names if name not in newer.revisions]
    return tuple(name for name in (*ordered, *strange) if name not in older.revisions)


def migration_settings(data: Mapping[str, Any], root: Path) -> MigrationSettings:
    """What fairlead.yaml in *root* says under deploy.migrations."""
    return MigrationSettings(**{**data, "folder": root / data["folder"]})


def lineage_in(folder: Path) -> Lineage:
    """
    The revisions in alembic's folder *folder*.

    Raises:
        SettingsError: no such folder, a file that is not Python, two files of one revision, one that builds on an
            unknown one or on itself.
    """
    if not folder.is_dir():
        raise SettingsError(f"{folder}: no such folder; fairlead.yaml names it under deploy.migrations")
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.py")):
        values = _names_in(path)
        name = values.get("revision")
        if not isinstance(name, str):
            continue  # a helper beside them
        if name in found:
            raise SettingsError(f"{path}: revision {name} is there twice; give it another name")
        found[name] = _names(values.get("down_revision"))
    return Lineage(tuple(_sorted(found, folder)), found)


def lineage_of(data: Mapping[str, object]) -> Lineage:
    """The lineage that `as_data` wrote; an empty one where a release says nothing of migrations."""
    before = data.get("before")
    if not isinstance(before, dict):
        return Lineage()
    found = {str(name): tuple(map(str, names)) for name, names in before.items()}
    return Lineage(tuple(found), found)


def as_data(lineage: Lineage) -> dict[str, object]:
    """*lineage* for a manifest."""
    return {
        "heads": list(lineage.heads),
        "before": {name: list((lineage.before or {}).get(name, ())) for name in lineage.revisions},
    }


def _names_in(path: Path) -> dict[str, object]:
    """What a file assigns to the names that alembic reads; nothing of it runs."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (SyntaxError, ValueError, OSError) as error:
        raise SettingsError(f"{path}: cannot be read as a migration: {error}") from error
    values: dict[str, object] = {}
    for statement in body:
        for target in _targets(statement):
            if isinstance(target, ast.Name) and target.id in NAMES:
                values[target.id] = _value(statement)
    return values


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.AnnAssign):
        return [statement.target]
    return statement.targets if isinstance(statement, ast.Assign) else []


def _value(statement: ast.stmt) -> object:
    node = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    try:
        return ast.literal_eval(node) if node is not None else None
    except ValueError:
        return None


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, tuple | list) else ()


def _sorted(found: Mapping[str, tuple[str, ...]], folder: Path) -> list[str]:
    """Each after those that it builds on; those of one rank by name."""
    done: list[str] = []
    left = dict(sorted(found.items()))
    while left:
        ready = [name for name, before in left.items() if all(each in done for each in before)]
        if not ready:
            name, before = next(iter(left.items()))
            unknown = [each for each in before if each not in found]
            said = f"builds on {unknown[0]}, which is not there" if unknown else "builds on itself, by others"
            raise SettingsError(f"{folder}: revision {name} {said}; mend its down_revision")
        done.append(ready[0])
        del left[ready[0]]
    return done
