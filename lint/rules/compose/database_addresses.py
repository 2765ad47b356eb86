"""Addresses of databases against what the database's own service says of itself."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service, Unknown
from ...finding import Severity
from ...rule import Report, rule
from .addresses import LIKE, PORTS, Connection, connections, kind_of
from .judging import is_official

_IMAGES = "https://hub.docker.com/_/mysql"


def _known(project: Project) -> Iterator[tuple[Connection, Service]]:
    """The connections to services that run the server of an official image as it is."""
    for connection in connections(project):
        service = project.services.get(connection.host.text)
        if service is not None and kind_of(service) and is_official(service) and service is not connection.service:
            yield connection, service


@rule(
    "compose/database-of-other-kind",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql+pymysql://app:${DB_PASSWORD:?}@db/app  # <-
          db:
            image: postgres:17.5
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql+pymysql://app:${DB_PASSWORD:?}@db/app
              CACHE_URL: redis://cache:6379/0
              OTHER_URL: postgresql://app@other/app
          db:
            image: mariadb:11.8.2
          cache:
            image: valkey/valkey:8.1.3
          other:
            image: acme/postgres:17.5
    """,
    source="https://docs.docker.com/compose/how-tos/networking/",
)
def database_of_other_kind(project: Project) -> Iterator[Report]:
    """
    The address of one kind of database leads to a service that runs another.

    The two do not understand each other: the application ends, or waits for ever. Often the database was changed and
    one of the two places forgotten.
    """
    for connection, service in _known(project):
        kind = kind_of(service)
        if connection.kind and kind not in LIKE.get(connection.kind, {connection.kind}):
            message = (
                f'"{connection.variable.name}" speaks {connection.kind}, and service "{service.name}" runs {kind}; '
            )
            yield connection.host.place, message + "make them agree"


@rule(
    "compose/wrong-database-port",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app:${DB_PASSWORD:?}@db:5433/app  # <-
              REDIS_HOST: cache
              REDIS_PORT: "6380"
          db:
            image: postgres:17.5
          cache:
            image: redis:8.0.6
            command: [redis-server, --port, "6380"]
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app:${DB_PASSWORD:?}@db:5432/app
              REDIS_HOST: cache
              REDIS_PORT: "6380"
          db:
            image: postgres:17.5
          cache:
            image: redis:8.0.6
            command: [redis-server, --port, "6380"]
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: postgresql://app:${DB_PASSWORD:?}@db:${DB_PORT:-5432}/app
              OTHER_URL: postgresql://app@moved:5433/app
              OWN_URL: mysql://app@own:3307/app
          db:
            image: postgres:17.5
          moved:
            image: postgres:17.5
            environment: {PGPORT: "5433"}
          own:
            image: mysql:9.7.4
            volumes: ["./my.cnf:/etc/mysql/conf.d/my.cnf:ro"]
    """,
    source="https://docs.docker.com/compose/how-tos/networking/",
    unsafe=True,
)
def wrong_database_port(project: Project) -> Iterator[Report]:
    """
    The address of a database with a port on which its server does not listen: every connection is refused.

    Official images listen on their usual port unless an option, a variable or a file of their own says otherwise.
    """
    for connection, service in _known(project):
        usual, asked = PORTS[kind_of(service)], connection.port.text
        if connection.kind and kind_of(service) not in LIKE.get(connection.kind, {connection.kind}):
            continue
        if not asked.isdigit() or int(asked) == usual or _may_listen_elsewhere(service, asked):
            continue
        message = f'service "{service.name}" listens on {usual}, not on {asked}; write {usual}'
        yield connection.port.place, message, connection.port.replaced(str(usual))


def _may_listen_elsewhere(service: Service, port: str) -> bool:
    """Whether something of its own may set the port, or another rule says that it is the host's."""
    if service.entrypoint is not None or any(str(each.target).startswith("/etc") for each in service.mounts):
        return True
    words = service.command.words if service.command else ()
    if service.configs or any(isinstance(word, Unknown) or port in word or ".conf" in word for word in words):
        return True
    ports = [f"{each.published}:{each.target}" for each in service.ports]
    values = [str(variable.value) for variable in service.environment.values()]
    return any(port in text for text in (*ports, *values, *(str(each.data) for each in service.expose)))


_MADE = {
    "mysql": (("MYSQL_USER",), ("MYSQL_DATABASE",), ("root",)),
    "mariadb": (("MARIADB_USER", "MYSQL_USER"), ("MARIADB_DATABASE", "MYSQL_DATABASE"), ("root",)),
    "postgres": (("POSTGRES_USER",), ("POSTGRES_DB",), ()),
}
"""The variables of a user and a database that the image makes, and the users that are there anyway."""


@rule(
    "compose/database-never-made",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app:${DB_PASSWORD:?}@db/shop  # <-
          admin:
            image: acme/admin:1.2.3
            environment:
              DB_HOST: pg
              DB_USER: admin  # <-
              DB_NAME: store
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_USER: app
              MYSQL_DATABASE: store
              MYSQL_PASSWORD: ${DB_PASSWORD:?}
          pg:
            image: postgres:17.5
            environment:
              POSTGRES_USER: app
              POSTGRES_DB: store
              POSTGRES_PASSWORD: ${DB_PASSWORD:?}
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app:${DB_PASSWORD:?}@db/store
          admin:
            image: acme/admin:1.2.3
            environment:
              DB_HOST: pg
              DB_USER: app
              DB_NAME: store
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_USER: app
              MYSQL_DATABASE: store
              MYSQL_PASSWORD: ${DB_PASSWORD:?}
          pg:
            image: postgres:17.5
            environment:
              POSTGRES_USER: app
              POSTGRES_DB: store
              POSTGRES_PASSWORD: ${DB_PASSWORD:?}
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DATABASE_URL: mysql://app:${DB_PASSWORD:?}@db/store?charset=utf8mb4
              OTHER_URL: mysql://${OTHER_USER:?}:${DB_PASSWORD:?}@db/${OTHER_NAME:?}
              SECOND_URL: postgresql://second:${DB_PASSWORD:?}@scripts/second
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_USER: app
              MYSQL_DATABASE: store
              MYSQL_PASSWORD: ${DB_PASSWORD:?}
          scripts:
            image: postgres:17.5
            environment: {POSTGRES_USER: app, POSTGRES_PASSWORD: "${DB_PASSWORD:?}"}
            volumes: ["./init:/docker-entrypoint-initdb.d:ro"]
    """,
    source=_IMAGES,
)
def database_never_made(project: Project) -> Iterator[Report]:
    """
    An application uses a database or a user that its server's image does not make.

    The image makes those that its variables name, when its folder is empty: MYSQL_DATABASE and MYSQL_USER, POSTGRES_DB
    and POSTGRES_USER. Another name is refused. Services with scripts of their own for the first start are not judged.
    """
    for connection, service in _known(project):
        kind = kind_of(service)
        is_other = connection.kind and kind not in LIKE.get(connection.kind, {connection.kind})
        is_for_tests = "TEST" in connection.variable.name.upper()
        if kind not in _MADE or is_other or is_for_tests or _has_scripts(service):
            continue
        users, names, always = _MADE[kind]
        user, name = _value(service, users), _value(service, names)
        if (connection.user.text in always and not name) or (service.env_files and not (user and name)):
            continue
        is_made = connection.user.text in ("", user, *always) or user in ("", *always)
        if not is_made:
            message = f'service "{service.name}" makes no user "{connection.user.text}", only "{user}"; make them agree'
            yield connection.user.place, message, connection.user.replaced(user)
        elif name and connection.name.text and connection.name.text != name and not _may_make(connection, kind, name):
            message = f'service "{service.name}" makes no database "{connection.name.text}", only "{name}"; '
            yield connection.name.place, message + "make them agree", connection.name.replaced(name)


def _may_make(connection: Connection, kind: str, name: str) -> bool:
    """
    Whether the application may make the database itself.

    The user that PostgreSQL's image makes is allowed to, and frameworks do so; there only a slip of the key is sure.
    """
    import difflib  # noqa: PLC0415 - only a fault needs it

    is_near = bool(difflib.get_close_matches(connection.name.text, [name], 1, 0.8))
    may = kind == "postgres" or connection.user.text in _MADE[kind][2]
    return "create" in connection.variable.text or (may and not is_near)


def _has_scripts(service: Service) -> bool:
    targets = [*(each.target for each in service.mounts), *(each.target for each in service.configs)]
    return any("initdb" in str(target) for target in targets)


def _value(service: Service, names: tuple[str, ...]) -> str:
    """The value of the first of *names* that is known."""
    found = (service.environment.get(name) for name in names)
    return next((each.value for each in found if each is not None and isinstance(each.value, str)), "")
