"""Which rules a run applies: a preset, and what the user adds to it or takes from it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

from .discovery import FAMILIES, Catalogue
from .errors import LintError
from .record import dataclass
from .rule import PRESETS, Rule


class SelectionError(LintError):
    """A preset or pattern that names nothing."""


@dataclass(frozen=True)
class Selection:
    """
    Attributes:
        preset: One of `PRESETS`; without meaning where *select* is given.
        select: Ids, families or globs; when given, these rules alone.
        ignore: Ids, families or globs to leave out.
    """

    preset: str = "recommended"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def __contains__(self, rule: object) -> bool:
        return isinstance(rule, Rule) and self._wanted(rule) and not self.ignores(rule.id)

    def _wanted(self, rule: Rule) -> bool:
        if self.select:
            return any(_matches(rule.id, pattern) for pattern in self.select)
        return rule.preset in ("recommended", self.preset)

    def ignores(self, name: str) -> bool:
        """Whether a finding of the id *name* is not wanted."""
        return any(_matches(name, pattern) for pattern in self.ignore)

    def chosen(self, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        """Those of *rules* that the run applies."""
        return tuple(rule for rule in rules if rule in self)

    def check(self, catalogue: Catalogue) -> None:
        """
        Nothing, when every pattern names a rule.

        Raises:
            SelectionError: with a suggestion, for a pattern or preset that names none.
        """
        if self.preset not in PRESETS:
            raise SelectionError(f'preset "{self.preset}" does not exist; there are {", ".join(PRESETS)}')
        for pattern in (*self.select, *self.ignore):
            ids = [rule.id for family in _families(pattern) for rule in catalogue.family(family)]
            if not any(_matches(name, pattern) for name in ids):
                raise SelectionError(unknown_rule(pattern, ids or [rule.id for rule in catalogue.all()]))


def unknown_rule(name: str, ids: Sequence[str]) -> str:
    """The message for a rule that does not exist, with the nearest that does."""
    import difflib  # noqa: PLC0415 - only a slip of the key needs it

    near = difflib.get_close_matches(name, [*ids, *FAMILIES], 1, 0.6)
    hint = f'did you mean "{near[0]}"?' if near else "see --list-rules"
    return f'no rule is called "{name}"; {hint}'


def _families(pattern: str) -> Sequence[str]:
    family = pattern.partition("/")[0]
    return (family,) if family in FAMILIES else FAMILIES


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or name.partition("/")[0] == pattern or fnmatch.fnmatchcase(name, pattern)
