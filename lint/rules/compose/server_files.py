"""The options of database servers: what one is, and those in the files that are mounted."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ...compose import Project, Service, Unknown, Value
from ...compose.nodes import Mapping
from ...place import Place
from ...record import dataclass
from ...regex import regex
from ...source import Source

_MYSQL_FILES = regex(r"/etc/(?:mysql/.*|my|my\.cnf\.d/[^/]+|mysql/.*/[^/]+)\.cnf")
_MYSQL_FOLDERS = (
    "/etc/mysql",
    "/etc/mysql/conf.d",
    "/etc/mysql/mysql.conf.d",
    "/etc/mysql/mariadb.conf.d",
    "/etc/my.cnf.d",
)
_SECTION = regex(r"\s*\[([^\]]+)\]")
_SERVER_SECTION = regex(r"(?:mysqld|server|mariadb|mariadbd)(?:-[\d.]+)?")
_ASSIGNMENT = regex(r"\s*([A-Za-z][\w.-]*)\s*(?:=\s*(.*?))?\s*$")
_DIRECTIVE = regex(r"\s*([A-Za-z][\w-]*)(?:\s+(.*?))?\s*$")


@dataclass(frozen=True, eq=False)
class Option:
    """
    One option of a server.

    Attributes:
        name: In lower case, with ``-`` for ``_`` where the server takes both.
        value: None where it has none, `Unknown` where a variable decides.
        text: As written.
        place: The whole option, or its line in a file.
        entry: The one entry of a command's list that holds it, or None.
    """

    name: str
    value: str | Unknown | None
    text: str
    place: Place
    entry: Value | None = None


def options_of_files(service: Service, kind: str, words: Sequence[Option]) -> tuple[list[Option], bool]:
    """The options of the mounted files that the server reads, and whether all of those could be read."""
    options: list[Option] = []
    is_known = True
    named = _named_files(service, kind)
    for source, target in _mounted(service):
        paths = _paths_of(service.project, source, target, kind, named)
        if paths is None:
            is_known = False
            continue
        for path in paths:
            named.discard(target)
            text = service.project.mounted_text(path)
            is_known = is_known and text is not None
            options += _of_text(text or "", path, kind)
    return options, is_known and not named and not any(each.name == "config-file" for each in words)


def _named_files(service: Service, kind: str) -> set[str]:
    """The paths in the container of the files that the command names."""
    words = [word for word in service.command.words if isinstance(word, str)] if service.command else []
    if kind in ("redis", "valkey"):
        return {word for word in words if word.endswith(".conf")}
    named = (word.partition("config_file=")[2] for word in words) if kind == "postgres" else ()
    return {word for word in named if word}


def _mounted(service: Service) -> Iterator[tuple[str | None, str]]:
    """What is mounted: the path on this machine, or None where that cannot be known, and the one in the container."""
    for mount in service.mounts:
        if isinstance(mount.target, str) and mount.type == "bind":
            yield mount.path, posixpath.normpath(mount.target)
    for config in (*service.configs, *service.secrets):
        if isinstance(config.target, str) and isinstance(config.source, str):
            declared = service.project.configs.get(config.source) or service.project.secrets.get(config.source)
            file = declared.get("file") if declared is not None and isinstance(declared.node, Mapping) else None
            path = file.data if file is not None and isinstance(file.data, str) else None
            base = file.node.source.base if file is not None else ""
            yield (posixpath.normpath(posixpath.join(base, path)) if path else None), posixpath.normpath(config.target)


def _paths_of(project: Project, source: str | None, target: str, kind: str, named: set[str]) -> list[str] | None:
    """The files of *source* that the server reads; none where it reads none; None where that cannot be known."""
    if kind in ("mysql", "mariadb"):
        if target in _MYSQL_FOLDERS:
            return project.reader.glob(posixpath.join(source, "*.cnf")) or None if source else None
        wanted = _MYSQL_FILES.fullmatch(target) is not None
    else:
        wanted = target in named or (target == "/var/lib/postgresql/data/postgresql.conf" and kind == "postgres")
        below = [each for each in named if each.startswith(target + "/")]
        if below and source:
            named.difference_update(below)
            return [posixpath.join(source, each[len(target) + 1 :]) for each in below]
    if not wanted:
        return []
    return [source] if source else None


def _of_text(text: str, path: str, kind: str) -> Iterator[Option]:
    source, offset = Source(text, path), 0
    is_server = kind not in ("mysql", "mariadb")
    for line in text.split("\n"):
        bare = line.rstrip("\r")
        section = _SECTION.match(bare) if kind in ("mysql", "mariadb") else None
        if section:
            is_server = _SERVER_SECTION.fullmatch(section[1].strip()) is not None
        elif is_server and bare.strip() and not bare.lstrip().startswith(("#", ";", "!")):
            found = _of_line(bare, kind)
            if found is not None:
                start = offset + len(bare) - len(bare.lstrip())
                place = source.place(start, offset + len(bare.split(" #")[0].rstrip()))
                yield Option(found[0], found[1], bare.strip(), place)
        offset += len(line) + 1


def _of_line(line: str, kind: str) -> tuple[str, str | None] | None:
    if kind in ("redis", "valkey"):
        match = _DIRECTIVE.match(line)
        return (match[1].lower(), (match[2] or "").strip("\"'")) if match else None
    match = _ASSIGNMENT.match(re.sub(r"\s#.*", "", line))
    if match is None:
        return None
    value = match[2].strip("\"'") if match[2] is not None else None
    name = match[1].lower()
    return (name.replace("_", "-") if kind != "postgres" else name), value
