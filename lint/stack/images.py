"""What is known about official images: a dated table, each line with its source."""

from __future__ import annotations

import fnmatch
import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from .. import kept
from ..policy import Policy
from ..record import dataclass

TABLE = os.path.join(os.path.dirname(__file__), "images.json")  # noqa: PTH118, PTH120 - pathlib costs 3 ms of each start


@dataclass(frozen=True)
class ImageFacts:
    """
    What an image holds before anything is built on it.

    Attributes:
        name: As in the table, without the registry of the Hub.
        family: What it is made of, such as ``alpine``; empty where that is not known.
        has: Programs that it certainly has.
        lacks: Programs that it certainly lacks; whatever is in neither is not known.
        user: Who runs in it where nobody says otherwise; None where that is not known.
        ports: What its server listens on by itself; empty where that is not known.
        folders: Where it keeps its data, owned by the user its server runs as.
    """

    name: str
    family: str
    has: frozenset[str]
    lacks: frozenset[str]
    user: str | None
    ports: frozenset[int]
    folders: tuple[str, ...]

    def has_program(self, program: str) -> bool | None:
        """Whether *program* is in it; None where that is not known."""
        return True if program in self.has else False if program in self.lacks else None


NOTHING = ImageFacts("scratch", "empty", frozenset(), frozenset(), None, frozenset(), ())
"""An image made from ``scratch``: whatever is in it was copied there."""


def facts_of(name: str, tag: str | None, today: date | None = None) -> ImageFacts | None:
    """
    The facts about the image *name*, such as ``python`` or ``valkey/valkey``.

    None where the table has none, or is older than the policy allows.
    """
    table = current_table(today)
    for line in _lines(name) if table else ():
        if re.fullmatch(line["tag"], tag or "latest"):
            return _facts(line, table) if _is_covered(line, tag or "latest") else None
    return None


@lru_cache(maxsize=256)
def _lines(name: str) -> tuple[Mapping[str, Any], ...]:
    """What the table says about images of that name, in its order."""
    exact, patterns = _by_name()
    if name not in exact and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
        return ()
    return tuple(line for line in _table()["images"] if _is_of(name, line["image"]))


def _is_of(name: str, pattern: str) -> bool:
    return name == pattern or ("*" in pattern and fnmatch.fnmatchcase(name, pattern))


@cache
def _by_name() -> tuple[frozenset[str], tuple[str, ...]]:
    """The names in the table that are no patterns, and those that are."""
    names = dict.fromkeys(line["image"] for line in _table()["images"])
    return frozenset(names), tuple(name for name in names if "*" in name)


def end_of_life(name: str, tag: str, today: date | None = None) -> tuple[str, date] | None:
    """The version that *tag* means and the day on which its makers stopped to mend it, where the table has it."""
    versions = current_table(today).get("ends", {}).get(name, {})
    named = tag.partition("-")[0].lower()
    if named in versions and not named[:1].isdigit() and named != "source":
        return named, date.fromisoformat(versions[named])
    match = re.match(r"\d+(?:\.\d+)*", tag)
    parts = match[0].split(".") if match else []
    for count in range(len(parts), 0, -1):
        version = ".".join(parts[:count])
        if version in versions:
            return version, date.fromisoformat(versions[version])
    return _before_next(parts, versions)


def end_of_flavour(tag: str, today: date | None = None) -> tuple[str, date] | None:
    """The distribution that *tag* ends in, as ``3.11-slim-buster`` does, and the day of its end."""
    ends = current_table(today).get("ends", {})
    for word in tag.lower().split("-")[1:]:
        number = word.removeprefix("alpine")
        name = "alpine" if number != word else "debian" if word in ends.get("debian", {}) else "ubuntu"
        day = ends.get(name, {}).get(number)
        if day is not None and number != "source" and (name == "alpine" or not number[:1].isdigit()):
            return f"{name} {number}", date.fromisoformat(day)
    return None


def _before_next(parts: list[str], versions: Mapping[str, str]) -> tuple[str, date] | None:
    """A version that the table does not have ended, at the latest, with the next newer one that it has."""
    own = tuple(map(int, parts))
    ends = sorted((tuple(map(int, name.split("."))), day) for name, day in versions.items() if name[:1].isdigit())
    if not own or any(each[: len(own)] == own[: len(each)] for each, _ in ends):
        return None
    newer = next((day for each, day in ends if each > own), None)
    return (".".join(parts[:2]), date.fromisoformat(newer)) if newer else None


def today() -> date:
    """The day that ``SOURCE_DATE_EPOCH`` names where it is set, for runs that can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch.isdigit() else datetime.now(UTC).date()


def packages_with(program: str) -> tuple[str, ...]:
    """The packages that bring *program*, as patterns; its own name is one."""
    return (program, *_table().get("packages", {}).get(program, ()))


def current_table(today: date | None = None) -> Mapping[str, Any]:
    """The table, or nothing where it is too old to be trusted."""
    return _table() if _is_young(today or date.today()) else {}


@cache
def _is_young(today: date) -> bool:
    return today - date.fromisoformat(_table()["checked"]) <= timedelta(days=_max_age_days())


@cache
def _max_age_days() -> int:
    return int(Policy().images.max_facts_age_days)


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = kept.data(TABLE, _loaded)
    return table


def _loaded(path: str) -> Any:
    with open(path, encoding="utf-8") as stream:  # noqa: PTH123 - as above
        return json.load(stream)


def _facts(line: Mapping[str, Any], table: Mapping[str, Any]) -> ImageFacts:
    family = table["families"].get(line.get("family"), {})
    has = frozenset(line.get("has", ()))
    lacks = frozenset(line.get("lacks", ()))
    return ImageFacts(
        line["image"],
        line.get("family", ""),
        has | (frozenset(family.get("has", ())) - lacks),
        lacks | (frozenset(family.get("lacks", ())) - has),
        line.get("user"),
        frozenset(line.get("ports", ())),
        tuple(line.get("folders", ())),
    )


def _is_covered(line: Mapping[str, Any], tag: str) -> bool:
    """Whether the line holds for the version that *tag* starts with; a tag without one means the newest."""
    match = re.match(r"\d+(?:\.\d+)*", tag)
    if match is None or "from" not in line:
        return True
    first = [int(part) for part in line["from"].split(".")]
    given = [int(part) for part in match[0].split(".")]
    return given[: len(first)] >= first[: len(given)]
