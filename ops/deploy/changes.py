"""
What a release changes against the one that serves: behaviour as `inv diff` says it, names of variables, secrets, files.

Pure, and without values: those of variables and secrets are compared and never said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..edge import MAIN

COMPOSE, NGINX = "compose.yaml", "nginx/"
ANY_RELEASE = "RELEASE"
UNSAID = ("environment", "labels.fairlead.")
"""Aspects of a service that are no behaviour here: variables have a list of their own, labels of ours name releases."""


@dataclass(frozen=True)
class Names:
    """Names that differ, by what became of them."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(self._all)

    def below(self, folder: str) -> Names:
        """Those that begin with *folder*, without it."""
        kept = ([name.removeprefix(folder) for name in names if name.startswith(folder)] for names in self._all)
        return Names(*map(tuple, kept))

    @property
    def _all(self) -> tuple[tuple[str, ...], ...]:
        return self.added, self.removed, self.changed

    def __str__(self) -> str:
        signs = (("+", self.added), ("-", self.removed), ("~", self.changed))
        return ", ".join(f"{sign}{name}" for sign, names in signs for name in names)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Names:
    """The keys that came, that went, and whose values differ."""
    return Names(
        tuple(sorted(set(after) - set(before))),
        tuple(sorted(set(before) - set(after))),
        tuple(sorted(name for name in set(before) & set(after) if before[name] != after[name])),
    )


def variables(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Names]:
    """
    The variables of each service that differ, by service; services that came or went are told by `behaviour`.

    Args:
        before: A compose model; its values are complete.
    """
    old, new = before.get("services", {}), after.get("services", {})
    found = {
        name: differing(old[name].get("environment") or {}, new[name].get("environment") or {})
        for name in new
        if name in old
    }
    return {name: names for name, names in found.items() if names}


def behaviour(before: Mapping[str, str], after: Mapping[str, str], releases: Iterable[str]) -> tuple[str, ...]:
    """
    What differs, in one sentence each, beginning with the part of the stack.

    Args:
        before: The texts of a release by their paths in its folder: the compose file, the files of nginx.
        releases: The names of both releases, which stand in both and mean nothing here.
    """
    from ...lint.difference import changes  # noqa: PLC0415 - the linter's models, which other tasks do not need
    from ...lint.difference.reports import TITLES  # noqa: PLC0415
    from ...lint.policy import Policy  # noqa: PLC0415

    names = tuple(releases)
    found = changes(_statements(before, names), _statements(after, names), Policy().is_secret_name)
    return tuple(f"{TITLES[change.part]}: {change.words}" for change in found if not change.aspect.startswith(UNSAID))


def same_model(before: Mapping[str, Any], after: Mapping[str, Any], releases: Iterable[str]) -> bool:
    """Whether two models are the same but for the names of releases in them."""
    names = tuple(releases)
    return _unnamed(json.dumps(before, sort_keys=True), names) == _unnamed(json.dumps(after, sort_keys=True), names)


def _statements(texts: Mapping[str, str], names: tuple[str, ...]) -> list[Any]:
    from ...lint import family as families  # noqa: PLC0415
    from ...lint.difference import statements  # noqa: PLC0415
    from ...lint.files import Files  # noqa: PLC0415

    files = Files({path: _unnamed(text, names) for path, text in texts.items()}, only_overlay=True)
    wanted = {"nginx": f"{NGINX}{MAIN}", "compose": COMPOSE}
    models = {
        name: families.load(name, [path], files, families.Options()) for name, path in wanted.items() if path in texts
    }
    return list(statements(models))


def _unnamed(text: str, names: tuple[str, ...]) -> str:
    """*text* with one word for the names of all releases."""
    known = "|".join(map(re.escape, filter(None, names)))
    return re.sub(rf"(?<![A-Za-z0-9_])(?:{known})(?![A-Za-z0-9_])", ANY_RELEASE, text) if known else text
