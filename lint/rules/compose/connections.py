"""Addresses in variables that do not lead to the service they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import PortRange, Project, Service, Variable
from ...finding import Severity
from ...place import Place
from ...record import dataclass
from ...regex import regex
from ...rule import Report, rule
from .judging import image_name_of, whole_services
from .servers import KINDS

_ADDRESS = regex(
    r"(?P<scheme>mysql|mariadb|postgres|postgresql|redis|rediss|valkey|mongodb|amqp|amqps)[a-z0-9+]{0,20}://"
    r"(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>\d+))?(?:[/?].*)?",
    re.I,
)
_HOST = regex(
    r"(?:\w+_)?(?P<kind>MYSQL|MARIADB|POSTGRES|POSTGRESQL|PG|REDIS|VALKEY|MONGO|MONGODB|RABBITMQ|DB|DATABASE)_?HOST(?:NAME)?"
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {
    "mysql": 3306,
    "mariadb": 3306,
    "postgres": 5432,
    "redis": 6379,
    "valkey": 6379,
    "mongodb": 27017,
    "amqp": 5672,
}
_IMAGES = {**KINDS, "mongo": "mongodb", "rabbitmq": "amqp"}
_ALIASES = {
    "postgresql": "postgres",
    "pg": "postgres",
    "rediss": "redis",
    "amqps": "amqp",
    "mongo": "mongodb",
    "rabbitmq": "amqp",
}
_LIKE = {
    "mysql": {"mysql", "mariadb"},
    "mariadb": {"mysql", "mariadb"},
    "redis": {"redis", "valkey"},
    "valkey": {"redis", "valkey"},
}


@dataclass(frozen=True, eq=False)
class _Connection:
    """
    Where a variable leads: the *kind* of server, "" where any database may be meant, its *host* and *port*.

    *place* is the host in the file, where that can be told, else the whole value.
    """

    service: Service
    variable: Variable
    kind: str
    host: str
    port: int | None
    place: Place


def _connections(project: Project) -> Iterator[_Connection]:
    for service in whole_services(project):
        if service.get("network_mode") is not None:
            continue
        for variable in service.own_environment.values():
            if not isinstance(variable.value, str) or variable.handed_through:
                continue
            address = _ADDRESS.fullmatch(variable.value)
            if address is not None:
                kind = address["scheme"].lower()
                port = int(address["port"]) if address["port"] else None
                place = variable.value_place
                yield _Connection(service, variable, _ALIASES.get(kind, kind), address["host"], port, place)
            elif match := _HOST.fullmatch(variable.name.upper()):
                kind = match["kind"].lower()
                kind = "" if kind in ("db", "database") else _ALIASES.get(kind, kind)
                port = _port_beside(service, variable.name)
                yield _Connection(service, variable, kind, variable.value.lower(), port, variable.value_place)


def _port_beside(service: Service, name: str) -> int | None:
    """The port that a variable beside *name* gives, such as DB_PORT beside DB_HOST."""
    other = service.own_environment.get(re.sub(r"HOST(?:NAME)?$", "PORT", name))
    return int(other.value) if other is not None and isinstance(other.value, str) and other.value.isdigit() else None


def _kind_of(service: Service) -> str:
    return _IMAGES.get(image_name_of(service), "")


def _servers_of(project: Project, kind: str) -> list[Service]:
    wanted = _LIKE.get(kind, {kind}) if kind else set(_PORTS) - {"redis", "valkey", "amqp"}
    return [service for service in project.services.values() if _kind_of(service) in wanted]


@rule(
    "compose/localhost-instead-of-service",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@localhost:5432/app  # <-
              REDIS_HOST: 127.0.0.1  # <-
          db:
            image: postgres:17.5
          cache:
            image: redis:8.0.6
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@db:5432/app
              MONGO_HOST: localhost
              SERVER_HOST: localhost
              MYSQL_ROOT_HOST: localhost
          beside:
            image: acme/app:1.2.3
            network_mode: service:db
            environment: {PGHOST: localhost}
          db:
            image: postgres:17.5
            environment: {PGHOST: localhost}
    """,
    source="https://github.com/nsidnev/fastapi-realworld-example-app/issues/40",
)
def localhost_instead_of_service(project: Project) -> Iterator[Report]:
    """
    A database at `localhost`, which to a container is the container itself.

    The connection is refused although the database runs: it is another container, and its name is that of its
    service.
    """
    for connection in _connections(project):
        if connection.host not in _LOOPBACK or "ROOT_HOST" in connection.variable.name.upper():
            continue
        if _kind_of(connection.service) or connection.service.entrypoint is not None:
            continue
        servers = _servers_of(project, connection.kind)
        if servers and not any(server is connection.service for server in servers):
            names = " or ".join(f'"{server.name}"' for server in servers[:2])
            message = f'"{connection.variable.name}" leads to the container itself; write {names}'
            yield connection.place, message


@rule(
    "compose/published-port-inside",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app@db:3307/app  # <-
              REDIS_HOST: cache
              REDIS_PORT: "6380"
          db:
            image: mysql:9.7.4
            ports: ["127.0.0.1:3307:3306"]
          cache:
            image: redis:8.0.6
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app@db:3306/app
              OTHER_URL: mysql://app@moved:3308/app
          db:
            image: mysql:9.7.4
            ports: ["127.0.0.1:3307:3306"]
          moved:
            image: mysql:9.7.4
            command: [--port=3308]
            ports: ["127.0.0.1:3308:3308"]
    """,
    source="https://docs.docker.com/compose/how-tos/networking/",
)
def published_port_inside(project: Project) -> Iterator[Report]:
    """
    The port that a service has on the host, in an address that other containers use.

    Between containers the port is the container's own; what `ports` publishes is for the host alone, and the
    connection is refused.
    """
    for connection in _connections(project):
        service = project.services.get(connection.host)
        if service is None or connection.port is None:
            continue
        for port in service.ports:
            published, target = port.published, port.target
            if not isinstance(published, PortRange) or not isinstance(target, PortRange) or len(published) > 1:
                continue
            own = [each.target for each in service.ports if isinstance(each.target, PortRange)]
            is_own = any(connection.port in each for each in own) or _is_set(service, connection.port)
            if connection.port in published and connection.port not in target and not is_own:
                message = f'port {connection.port} of "{service.name}" is there on the host alone; write {target}'
                yield connection.place, message


def _is_set(service: Service, port: int) -> bool:
    """Whether the service's own options or variables name the port."""
    words = service.command.words if service.command else ()
    values = [variable.value for variable in service.environment.values()]
    exposed = [str(entry.data) for entry in service.expose]
    return any(str(port) in str(text) for text in (*words, *values, *exposed))


@rule(
    "compose/host-near-service",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@databse/app  # <-
              REDIS_HOST: redis_cache  # <-
          database:
            image: postgres:17.5
          redis-cache:
            image: redis:8.0.6
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app@database/app
              OTHER_URL: postgresql://app@database.example.com/app
              REDIS_HOST: redis-main
          database:
            image: postgres:17.5
            networks: {default: {aliases: [databse]}}
          cache:
            image: redis:8.0.6
            hostname: redis-main
    """,
    source="https://github.com/nginx/docker-nginx/issues/127",
)
def host_near_service(project: Project) -> Iterator[Report]:
    """
    The address of a database whose host is nearly, and not quite, the name of a service.

    The name leads nowhere, and the application does not start.
    """
    known = _names(project)
    for connection in _connections(project):
        host = connection.host
        if host in known or "." in host or host in _LOOPBACK or _has_external(project):
            continue
        import difflib  # noqa: PLC0415 - only an unknown host needs it

        for near in difflib.get_close_matches(
            host, [server.name for server in _servers_of(project, connection.kind)], 1, 0.85
        ):
            message = f'no service is called "{host}"; did you mean "{near}"?'
            yield connection.place, message


def _names(project: Project) -> set[str]:
    found = set(project.services)
    for service in project.services.values():
        found.update(str(service.data(key)) for key in ("container_name", "hostname") if service.get(key))
        found.update(str(alias) for attached in service.networks.values() for alias in attached.aliases)
        found.update(str(entry.data).partition(":")[0].partition("=")[0] for entry in service.texts("extra_hosts"))
        found.update(
            str(entry.data).rpartition(":")[2] for key in ("links", "external_links") for entry in service.texts(key)
        )
    return found


def _has_external(project: Project) -> bool:
    """Whether a network is shared with containers of other projects."""
    return any(network.get("external") is not None for network in project.networks.values())
