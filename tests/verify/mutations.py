"""Every directive of the edge and every key of the compose model, deleted or changed once: what there is to try."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.lint.nginx import read
from fairlead.lint.nginx.directive import Directive

MAIN = "nginx.conf"
FLAGS = {"on": "off", "off": "on"}
NUMBER = re.compile(r"^(\d+)([smhdkKMG]?)$")
FREE_PORT = re.compile(r":\d{5}\b")
"""Another one in each run."""

ALIKE = ("server", "location", "return", "server_name", "default_type", "access_log", "try_files", "root", "include")
LEFT_OUT = ("build", "depends_on", "x-fairlead-tier", "profiles", "pull_policy", "scale")
"""Keys that make no part of a container: how an image is built, in which order things start, for whom they count."""


@dataclass(frozen=True)
class Edited:
    """
    One text of the edge's configuration with one directive deleted or changed.

    Attributes:
        what: ``deleted``, or what it became.
        file: Below the generation.
    """

    file: str
    line: int
    name: str
    said: str
    what: str
    text: str

    @property
    def key(self) -> str:
        """Stable as long as the directive is: for going on where a run ended."""
        return f"{self.file} | {self.said} | {self.what} | {self.line}"


def edits(folder: Path) -> Iterator[Edited]:
    """Each directive of the generation in *folder*, deleted once and, where there is a sensible way, changed once."""
    config = read(str(folder / MAIN))
    seen: set[tuple[str, int]] = set()
    for directive in config.walk():
        path = Path(directive.file.path)
        at = (directive.file.path, directive.token)
        if at in seen or not path.is_relative_to(folder):
            continue
        seen.add(at)
        yield from _edited(directive, str(path.relative_to(folder)))


def _edited(directive: Directive, file: str) -> Iterator[Edited]:
    text, place = directive.file.text, directive.whole_place
    start, end = _offset(text, place.line, place.column), _offset(text, place.end_line, place.end_column)
    said = _said(directive)
    yield Edited(file, place.line, directive.name, said, "deleted", text[:start] + text[end:])
    for index, new in list(_changes(directive))[:1]:
        where = directive.arg_place(index)
        first, last = _offset(text, where.line, where.column), _offset(text, where.end_line, where.end_column)
        what = f"{directive.args[index][:30]} becomes {new}" if new else f"without {directive.args[index][:30]}"
        yield Edited(file, place.line, directive.name, said, " ".join(what.split()), text[:first] + new + text[last:])


def _said(directive: Directive) -> str:
    """The directive; those of which there are several alike with the location or listener that they stand in."""
    words = FREE_PORT.sub(":PORT", " ".join(" ".join((directive.name, *directive.args)).split()))[:90]
    if directive.name not in ALIKE:
        return words
    around = [directive, *directive.ancestors]
    location = next((each for each in around[1:] if each.name == "location"), None)
    server = next((each for each in around if each.name == "server" and each.block is not None), None)
    listen = next(server.find("listen"), None) if server else None
    where = [" ".join(each.args) for each in (location, listen) if each is not None]
    return f"{words} ({', '.join(where)})" if where else words


def _changes(directive: Directive) -> Iterator[tuple[int, str]]:
    """Which argument becomes what; empty where it is left out."""
    args = directive.args
    if directive.block is not None or directive.name == "include" or not args:
        return
    found = NUMBER.match(args[0])
    if directive.name == "return" and len(args) == 1:
        yield 0, "410"
    elif args[0] in FLAGS and len(args) == 1:
        yield 0, FLAGS[args[0]]
    elif found and len(args) == 1:
        more = f"{int(found[1]) * 10 or 1}{found[2]}"
        yield 0, "1" if directive.name == "gzip_comp_level" else more
    elif directive.name in ("add_header", "proxy_set_header") and len(args) > 1:
        yield 1, "changed"
    elif len(args) > 1:
        yield len(args) - 1, ""


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1


@dataclass(frozen=True)
class Keyed:
    """
    One key of a service's model, deleted or changed.

    Attributes:
        path: From the service on; numbers for entries of lists.
        model: The whole model of the project with it.
    """

    service: str
    path: tuple[str | int, ...]
    what: str
    model: dict[str, Any]

    @property
    def key(self) -> str:
        """As reports name it."""
        return f"{self.service} | {'.'.join(map(str, self.path))} | {self.what}"


def keys(model: Mapping[str, Any], service: str) -> Iterator[Keyed]:
    """Each key of *service*, at any depth; whole commands, and lists entry by entry."""
    for path in _paths(model["services"][service]):
        changed = copy.deepcopy(dict(model))
        parent: Any = changed["services"][service]
        for step in path[:-1]:
            parent = parent[step]
        value, last = parent[path[-1]], path[-1]
        what = "deleted"
        if path in (("image",), ("command",), ("entrypoint",)) or path[-1] == "test":
            parent[last], what = _other(value), "changed"
        else:
            del parent[last]
        yield Keyed(service, path, what, changed)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for key in sorted(value):
        each, here = value[key], (*path, key)
        if here[0] in LEFT_OUT or (each is None and key in ("command", "entrypoint")):
            continue
        if isinstance(each, dict) and each:
            yield from _paths(each, here)
        elif isinstance(each, list) and key not in ("command", "entrypoint", "test"):
            yield from ((*here, index) for index in range(len(each)))
        else:
            yield here


def _other(value: Any) -> Any:
    """Another value that the service still starts with."""
    if isinstance(value, str):
        return value.replace(":", "-other:") if ":" in value else f"{value}-other"
    if value and value[0] == "CMD-SHELL":
        return [value[0], f"{value[1]} #"]
    if value and value[0] == "CMD":
        return [*value[:1], "env", *value[1:]]
    return list(value[:-1])
