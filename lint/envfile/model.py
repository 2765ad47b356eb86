"""The parsed env file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from ..cached import cached_property
from ..family import Problem
from ..files import Files
from ..place import Place
from ..record import dataclass, field
from ..source import Source
from .interpolation import MissingVariableError, Part, Parts, Variable, parts_of, replaced


@dataclass(frozen=True, eq=False)
class EnvEntry:
    """
    One setting of an env file.

    Attributes:
        name: What is set; empty where a line has a value and no name, which Compose accepts.
        value: The value with quotes and escapes undone and variables still in it,
            or None for a bare ``NAME``, which takes its value from the environment.
        quote: The quote around the value, ``'`` or ``"``, or empty.
        separator: ``=``, ``:``, or empty for a bare name.
        exported: Whether ``export`` stands before the name.
        statement: Offsets of the whole setting, from ``export`` or the name to the end of the value.
    """

    name: str
    value: str | None
    quote: str
    separator: str
    exported: bool
    source: Source
    statement: tuple[int, int]
    name_range: tuple[int, int]
    value_range: tuple[int, int]
    origins: tuple[tuple[int, int], ...] = ()
    """Where escapes were undone: (offset in the value, offset in the file) pairs; between them both count alike."""

    @property
    def name_place(self) -> Place:
        """The name, or, where there is none, the place where it would stand."""
        return self.source.place(*self.name_range)

    @property
    def value_place(self) -> Place:
        """The value between its quotes; empty, after the separator or the name, where there is none."""
        return self.source.place(*self.value_range)

    @property
    def place(self) -> Place:
        """The whole setting, quotes included and comments not."""
        return self.source.place(*self.statement)

    @cached_property
    def cut(self) -> Parts:
        """The value cut at its variables, and the ranges in it that Compose refuses."""
        if self.value is None or self.quote == "'":
            return Parts((self.value,) if self.value else ())
        return parts_of(self.value)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The value as literal pieces and variables; a value in single quotes has no variables."""
        return self.cut.parts

    def place_of(self, part: Variable | tuple[int, int]) -> Place:
        """Where a variable of `parts`, or a range of characters of `value`, stands in the file."""
        start, end = (part.start, part.end) if isinstance(part, Variable) else part
        return self.source.place(self._origin(start), max(self._origin(start), self._origin(end - 1) + 1))

    def _origin(self, offset: int) -> int:
        at = bisect_right(self.origins, offset, key=lambda pair: pair[0])
        if not at:
            return self.value_range[0] + offset
        value_offset, source_offset = self.origins[at - 1]
        return source_offset + offset - value_offset


@dataclass(frozen=True, eq=False)
class EnvFile:
    """
    An env file; `entries` holds every setting in order, duplicates included.

    *problems* are what Compose refuses: one of them and it reads nothing of the file. *reader* is None for a text that
    lies nowhere.
    """

    path: str
    source: Source
    entries: tuple[EnvEntry, ...]
    comments: tuple[tuple[Place, str], ...]
    problems: tuple[Problem, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    reader: Files | None = None

    @property
    def text(self) -> str:
        """The text that was parsed."""
        return self.source.text

    @cached_property
    def by_name(self) -> Mapping[str, EnvEntry]:
        """The entry that wins for each name: the last one."""
        return {entry.name: entry for entry in self.entries}

    def problems_of(self, rule: str) -> Iterator[tuple[Place, str]]:
        """The problems that a rule reports."""
        return ((place, message) for name, place, message in self.problems if name == rule)

    @cached_property
    def is_example(self) -> bool:
        """Whether the name says that it shows what to set and is not read itself."""
        name = self.path.rpartition("/")[2].lower()
        return any(part in name for part in ("example", "sample", "template", "dist", "tmpl"))

    @cached_property
    def is_for_development(self) -> bool:
        """Whether the name says that it is for a developer's machine or for tests."""
        name = self.path.rpartition("/")[2].lower()
        return any(
            part in ("dev", "development", "local", "test", "testing", "ci") for part in re.split(r"[._-]", name)
        )

    def values(self, environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """
        What Compose takes from the file, each name with its last value and variables replaced.

        A variable is looked up in *environment* first, then among the lines above. A bare ``NAME`` counts only
        where *environment* has it. A value that Compose would refuse is left out.
        """
        known = environment or {}
        values: dict[str, str] = {}
        for entry in self.entries:
            value = _value(entry, known, values)
            if value is not None:
                values[entry.name] = value
        return values


def _value(entry: EnvEntry, environment: Mapping[str, str], above: Mapping[str, str]) -> str | None:
    if entry.value is None:
        return environment.get(entry.name)
    if entry.cut.errors:
        return None
    try:
        return replaced(entry.parts, lambda name: environment.get(name, above.get(name)))
    except MissingVariableError:
        return None
