"""The database servers of a project with the options they start with, from commands and mounted files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from ...compose import Project, Service, Unknown, Value
from ...compose.nodes import Scalar, Sequence
from ...place import Place
from ...record import dataclass
from .judging import image_name_of
from .server_facts import Version, newest
from .server_files import Option, options_of_files

KINDS = {
    "mysql": "mysql",
    "mysql-server": "mysql",
    "percona": "mysql",
    "percona-server": "mysql",
    "mariadb": "mariadb",
    "postgres": "postgres",
    "postgis": "postgres",
    "pgvector": "postgres",
    "redis": "redis",
    "valkey": "valkey",
}
"""What servers the images hold, by the last part of their name."""

_PROGRAMS = {
    "mysql": ("mysqld", "mysqld_safe", "docker-entrypoint.sh"),
    "mariadb": ("mariadbd", "mysqld", "docker-entrypoint.sh"),
    "postgres": ("postgres", "docker-entrypoint.sh"),
    "redis": ("redis-server", "docker-entrypoint.sh"),
    "valkey": ("valkey-server", "redis-server", "docker-entrypoint.sh"),
}


@dataclass(frozen=True, eq=False)
class Server:
    """
    A service that runs a database server.

    Attributes:
        kind: ``mysql`` (Percona's too), ``mariadb``, ``postgres``, ``redis`` or ``valkey``.
        version: The newest that its image's tag can mean, or None.
        options: Those of files first, then those of the command, which win.
        is_known: Whether every option is among them.
    """

    service: Service
    kind: str
    version: Version | None
    options: tuple[Option, ...]
    is_known: bool

    def option(self, name: str) -> Option | None:
        """The option called *name* that counts, if it is given."""
        return next((each for each in reversed(self.options) if each.name == name), None)

    def value(self, name: str) -> str | Unknown | None:
        """Its value, or None where it is not given."""
        found = self.option(name)
        return None if found is None else found.value


def servers(project: Project, *kinds: str) -> Iterator[Server]:
    """The servers of *kinds*, or all."""
    return (server for server in _all(project) if not kinds or server.kind in kinds)


@lru_cache(maxsize=1)
def _all(project: Project) -> tuple[Server, ...]:
    """Each rule about servers asks; the rules of one project run one after the other."""
    return tuple(
        _server(service, KINDS[image_name_of(service)])
        for service in project.services.values()
        if image_name_of(service) in KINDS
    )


def _server(service: Service, kind: str) -> Server:
    words, is_read = _of_command(service, kind)
    files, are_read = options_of_files(service, kind, words)
    return Server(service, kind, version_of(service, kind), (*files, *words), is_read and are_read)


def version_of(service: Service, kind: str) -> Version | None:
    """The newest version that the service's image can mean; None where a digest or a variable decides."""
    name = service.image.name if service.image else None
    if name is None or isinstance(name.tag, Unknown) or isinstance(name.digest, Unknown):
        return None
    found = newest(kind, name.tag or "latest")
    return None if name.digest and found and not re.match(r"\d+\.\d+", name.tag or "") else found


def _of_command(service: Service, kind: str) -> tuple[list[Option], bool]:
    """The options of the command, and whether they are all that is given there."""
    if service.entrypoint is not None:
        return [], False
    if service.command is None or service.command.is_empty:
        return [], True
    words = list(_words(service))
    if words and words[0][0].rpartition("/")[2] in _PROGRAMS[kind]:
        words = words[1:]
        if words and words[0][0] in _PROGRAMS[kind]:
            words = words[1:]
    elif words and not words[0][0].startswith("-"):
        return [], False
    options = list(_PARSERS[kind](words))
    return options, not any(isinstance(word, Unknown) for word in service.command.words)


Word = tuple[str, Value, Place]
"""A word as written, the entry it stands in, its place."""


def _words(service: Service) -> Iterator[Word]:
    value = service.get("command")
    if value is None or service.command is None:
        return
    if isinstance(value.node, Sequence):
        for entry in value.entries():
            yield entry.text, entry, entry.place
        return
    start = 0
    for word in service.command.words:
        if isinstance(word, Unknown):
            break
        at, end = _found(value.text, word, start)
        place = value.part_place(at, end) if at >= 0 else value.place
        start = max(at, start)
        yield word, value, place


def _found(text: str, word: str, start: int) -> tuple[int, int]:
    """Where *word* stands in *text*; one whose value came from a variable is found by its name."""
    at = text.find(word, start)
    if at >= 0 or "=" not in word:
        return at, at + len(word)
    match = re.compile(re.escape(word.partition("=")[0]) + r"=\S*").search(text, start)
    return match.span() if match else (-1, -1)


def _filled(text: str, entry: Value, word: str) -> str | Unknown | None:
    """The value *text* of *word* with its variables filled in."""
    if "$" not in text:
        return text
    if not isinstance(entry.node, Scalar) or not isinstance(entry.data, str):
        return Unknown(text)
    return entry.data[len(word) - len(text) :] if entry.text == word else Unknown(text)


def _long_options(words: list[Word], *, dashes: bool) -> Iterator[Option]:
    """``--name=value``, ``--name value`` and ``--name``; *dashes*: whether ``_`` in names is the same as ``-``."""
    for index, (text, entry, place) in enumerate(words):
        if not text.startswith("--") or len(text) == 2:  # noqa: PLR2004 - the length of "--"
            continue
        name, equals, rest = text[2:].partition("=")
        name = name.lower().replace("_", "-") if dashes else name.lower().replace("-", "_")
        value = _filled(rest, entry, text) if equals else _next_value(words, index)
        yield Option(name, value, text, place, entry if isinstance(entry.node, Scalar) and entry.text == text else None)


def _next_value(words: list[Word], index: int) -> str | Unknown | None:
    if index + 1 == len(words) or words[index + 1][0].startswith("-"):
        return None
    text, entry, _ = words[index + 1]
    return _filled(text, entry, text)


def _of_mysql_words(words: list[Word]) -> Iterator[Option]:
    return _long_options(words, dashes=True)


def _of_postgres_words(words: list[Word]) -> Iterator[Option]:
    yield from _long_options(words, dashes=False)
    for index, (text, entry, place) in enumerate(words):
        setting, at = (text[2:], index) if text.startswith("-c") and len(text) > 2 else ("", index)  # noqa: PLR2004 - the length of "-c"
        if text == "-c" and index + 1 < len(words):
            setting, entry, place = words[index + 1]  # noqa: PLW2901 - the option is the word after
            at = index + 1
        name, equals, rest = setting.partition("=")
        if equals:
            value = _filled(rest, entry, words[at][0])
            yield Option(
                name.strip().lower(), value if isinstance(value, Unknown) else (value or "").strip("' "), setting, place
            )


def _of_redis_words(words: list[Word]) -> Iterator[Option]:
    return _long_options(words, dashes=True)


_PARSERS: dict[str, Callable[[list[Word]], Iterator[Option]]] = {
    "mysql": _of_mysql_words,
    "mariadb": _of_mysql_words,
    "postgres": _of_postgres_words,
    "redis": _of_redis_words,
    "valkey": _of_redis_words,
}
