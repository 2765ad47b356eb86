"""Where variables lead: the addresses of databases that services are told, each part with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from ...compose import Project, Service, Variable
from ...compose.nodes import UNKNOWN, Scalar
from ...finding import Edit
from ...place import Place
from ...record import dataclass
from ...regex import regex
from .judging import image_name_of, whole_services
from .servers import KINDS

_ADDRESS = regex(
    r"(?:jdbc:|db\+)?(?P<scheme>mysql|mariadb|postgres|postgresql|redis|rediss|valkey|mongodb|amqp|amqps)[a-z0-9+]{0,20}://"
    rf"(?:(?P<user>[^:@/\s]*)(?::[^@/\s]*)?@)?(?P<host>[A-Za-z0-9._{UNKNOWN}-]+)(?::(?P<port>[\d{UNKNOWN}]+))?"
    r"(?:/(?P<name>[^/?\s]*)(?:[?].*)?|[/?].*)?",
    re.I,
)
_HOST = regex(
    r"(?P<stem>(?:\w+_)?(?P<kind>MYSQL|MARIADB|POSTGRES|POSTGRESQL|PG|REDIS|VALKEY|MONGO|MONGODB|RABBITMQ|DB|DATABASE)_?)"
    r"HOST(?:NAME)?"
)
_IMAGES = {**KINDS, "mongo": "mongodb", "rabbitmq": "amqp"}
_ALIASES = {
    "postgresql": "postgres",
    "pg": "postgres",
    "rediss": "redis",
    "amqps": "amqp",
    "mongo": "mongodb",
    "rabbitmq": "amqp",
    "db": "",
    "database": "",
}
LIKE = {
    "mysql": {"mysql", "mariadb"},
    "mariadb": {"mysql", "mariadb"},
    "redis": {"redis", "valkey"},
    "valkey": {"redis", "valkey"},
}
"""Servers that understand the same clients."""

PORTS = {
    "mysql": 3306,
    "mariadb": 3306,
    "postgres": 5432,
    "redis": 6379,
    "valkey": 6379,
    "mongodb": 27017,
    "amqp": 5672,
}
"""What they listen on where nothing else is said."""


@dataclass(frozen=True, eq=False)
class Part:
    """
    A part of an address: its *text*, "" where it is not given or not known.

    Where it stands is worked out when a rule asks for `place`.
    """

    text: str
    where: Callable[[], Place]

    @property
    def place(self) -> Place:
        """Where it stands, or the whole value where that cannot be told."""
        return self.where()

    def replaced(self, text: str) -> tuple[Edit, ...]:
        """An edit that writes *text* instead, where the place is that of this part alone."""
        is_exact = self.place.line == self.place.end_line and self.place.end_column - self.place.column == len(
            self.text
        )
        return (Edit(self.place, text, safe=False),) if is_exact and self.text else ()


@dataclass(frozen=True, eq=False)
class Connection:
    """Where a variable leads; *kind* is that of the server, "" where any database may be meant."""

    service: Service
    variable: Variable
    kind: str
    host: Part
    port: Part
    user: Part
    name: Part


def connections(project: Project) -> tuple[Connection, ...]:
    """The databases that services are told of, by an address in one variable or by a host in one of its own."""
    return _connections(project)


@lru_cache(maxsize=1)
def _connections(project: Project) -> tuple[Connection, ...]:
    """Several rules ask; the rules of one project run one after the other."""
    return tuple(_found(project)) if any(map(kind_of, project.services.values())) else ()


def _found(project: Project) -> Iterator[Connection]:
    for service in whole_services(project):
        if service.get("network_mode") is not None:
            continue
        for variable in service.environment.values():
            if variable.handed_through:
                continue
            data = _data(variable)
            address = _ADDRESS.fullmatch(data) if "://" in data else None
            if address is not None:
                yield _of_address(service, variable, address)
            elif "HOST" in variable.name.upper() and (match := _HOST.fullmatch(variable.name.upper())) and data:
                yield _of_host(service, variable, match)


def _data(variable: Variable) -> str:
    """The value, with `UNKNOWN` where a variable nobody gave is in it."""
    if isinstance(variable.value, str):
        return variable.value
    node = variable.entry.node if variable.entry is not None else None
    if not isinstance(node, Scalar) or not isinstance(node.data, str):
        return ""
    return node.data.removeprefix(f"{variable.name}=") if node.text.startswith(f"{variable.name}=") else node.data


def _of_address(service: Service, variable: Variable, address: re.Match[str]) -> Connection:
    kind = address["scheme"].lower()
    parts = [_part(variable, address, name) for name in ("host", "port", "user", "name")]
    return Connection(service, variable, _ALIASES.get(kind, kind), *parts)


def _part(variable: Variable, address: re.Match[str], name: str) -> Part:
    text = address[name] or ""
    return Part("" if UNKNOWN in text else text, lambda: _written(variable, name))


def _written(variable: Variable, name: str) -> Place:
    """Where the part *name* stands in the address as it is written, its variables blotted out."""
    entry = variable.entry
    if entry is None or not entry.text:
        return variable.value_place
    text = entry.text
    for use in entry.uses:
        start, end = use.variable.start, use.variable.end
        text = text[:start] + UNKNOWN * (end - start) + text[end:]
    shift = len(variable.name) + 1 if text.startswith(f"{variable.name}=") else 0
    found = _ADDRESS.fullmatch(text[shift:])
    if found is None or not found[name]:
        return variable.value_place
    start, end = found.span(name)
    return entry.part_place(shift + start, shift + end)


def _of_host(service: Service, variable: Variable, match: re.Match[str]) -> Connection:
    kind = match["kind"].lower()
    stem = variable.name[: match.end("stem")]
    parts = [_beside(service, stem, words) for words in (("PORT",), ("USER", "USERNAME"), ("NAME", "DATABASE", "DB"))]
    host = Part(variable.value.lower() if isinstance(variable.value, str) else "", lambda: variable.value_place)
    return Connection(service, variable, _ALIASES.get(kind, kind), host, *parts)


def _beside(service: Service, stem: str, words: tuple[str, ...]) -> Part:
    """What a variable beside the host's gives, such as DB_PORT beside DB_HOST."""
    found = next((other for word in words if (other := service.environment.get(stem + word)) is not None), None)
    if found is None:
        return Part("", lambda: service.place)
    return Part(found.value if isinstance(found.value, str) else "", lambda: found.value_place)


def kind_of(service: Service) -> str:
    """What kind of server the image of *service* holds; "" for none."""
    return _IMAGES.get(image_name_of(service), "")


def servers_of(project: Project, kind: str) -> list[Service]:
    """The services that a client of *kind* can talk to; those of any database where it is empty."""
    wanted = LIKE.get(kind, {kind}) if kind else set(PORTS) - {"redis", "valkey", "amqp"}
    return [service for service in project.services.values() if kind_of(service) in wanted]
