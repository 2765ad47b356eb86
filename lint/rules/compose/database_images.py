"""What the official images of databases want from their variables, and who may reach Redis."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service
from ...finding import Severity
from ...rule import Report, rule
from .judging import is_official, whole_services
from .servers import KINDS, Server, servers


@rule(
    "compose/root-as-database-user",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_USER: root  # <-
              MYSQL_ROOT_PASSWORD: ${MYSQL_ROOT_PASSWORD:?}
          maria:
            image: mariadb:11.4.2
            environment:
              - MARIADB_USER=root  # <-
              - MARIADB_ROOT_PASSWORD=${MARIADB_ROOT_PASSWORD:?}
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_USER: app
              MYSQL_PASSWORD: ${MYSQL_PASSWORD:?}
              MYSQL_ROOT_PASSWORD: ${MYSQL_ROOT_PASSWORD:?}
    """,
    source="https://github.com/docker-library/mysql/blob/master/template/docker-entrypoint.sh",
)
def root_as_database_user(project: Project) -> Iterator[Report]:
    """
    `root` as the user that the image of MySQL or MariaDB makes for the application.

    The image refuses to start with it: the variable is for a second user, whose rights end at one database.
    """
    for service in project.services.values():
        if not is_official(service) or _kind(service) not in ("mysql", "mariadb"):
            continue
        for name in ("MYSQL_USER", "MARIADB_USER"):
            variable = service.own_environment.get(name)
            if variable is not None and variable.value == "root":
                yield variable.value_place, f'"{name}" is for another user than "root"; name one, or remove it'


def _kind(service: Service) -> str:
    name = service.image.name.basename if service.image else ""
    return KINDS.get(name, "") if isinstance(name, str) else ""


@rule(
    "compose/root-password-shared",
    Severity.WARNING,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_USER: app
              MYSQL_PASSWORD: ${DB_PASSWORD:?}
              MYSQL_ROOT_PASSWORD: ${DB_PASSWORD:?}  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_USER: app
              MYSQL_PASSWORD: ${DB_PASSWORD:?}
              MYSQL_ROOT_PASSWORD: ${DB_ROOT_PASSWORD:?}
          second:
            image: mariadb:11.8.2
            environment:
              MARIADB_PASSWORD: ${DB_PASSWORD:?}
              MARIADB_USER: app
              MARIADB_RANDOM_ROOT_PASSWORD: "1"
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/security-against-attack.html",
)
def root_password_shared(project: Project) -> Iterator[Report]:
    """
    The application's password is that of the database's root, too.

    Whoever reads it in the application, which everybody on the net may talk to, owns the whole server.
    """
    for service in project.services.values():
        if not is_official(service) or _kind(service) not in ("mysql", "mariadb"):
            continue
        for prefix in ("MYSQL", "MARIADB"):
            own, root = (service.own_environment.get(f"{prefix}{name}") for name in ("_PASSWORD", "_ROOT_PASSWORD"))
            if own is None or root is None or own.entry is None or root.entry is None:
                continue
            names = [[use.name for use in each.entry.uses] for each in (own, root) if each.entry is not None]
            if names[0] and names[0] == names[1]:
                message = f'"{names[0][0]}" is the password of the application and of root; give root one of its own'
                yield root.value_place, message


_PASSWORDS = {
    "mysql": ("MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"),
    "mariadb": (
        "ROOT_PASSWORD",
        "ALLOW_EMPTY_PASSWORD",
        "ALLOW_EMPTY_ROOT_PASSWORD",
        "RANDOM_ROOT_PASSWORD",
        "ROOT_PASSWORD_HASH",
    ),
    "postgres": ("POSTGRES_PASSWORD", "POSTGRES_HOST_AUTH_METHOD"),
}


@rule(
    "compose/database-password-missing",
    Severity.ERROR,
    bad="""
        services:
          db:  # <-
            image: mysql:9.7.4
            environment:
              MYSQL_DATABASE: app
          pg:  # <-
            image: postgres:17.5
          maria:
            image: mariadb:11.4.2
            environment:
              - MYSQL_ROOT_PASSWORD=  # <-
              - MARIADB_DATABASE=app
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            environment:
              MYSQL_ROOT_PASSWORD_FILE: /run/secrets/root
          pg:
            image: postgres:17.5
            env_file: [pg.env]
          maria:
            image: mariadb:11.4.2
            environment: [MYSQL_RANDOM_ROOT_PASSWORD=1]
          kept:
            image: postgres:17.5
            volumes: ["kept:/var/lib/postgresql/data"]
        volumes:
          kept: {external: true}
    """,
    source="https://hub.docker.com/_/mysql",
    lacks=True,
)
def database_password_missing(project: Project) -> Iterator[Report]:
    """
    A database of an official image without any word about its password.

    On an empty data folder, as on the first start on a new host, the image ends with an error. Give the password
    as a file: `MYSQL_ROOT_PASSWORD_FILE: /run/secrets/...`.
    """
    for service in whole_services(project):
        kind = _kind(service)
        if kind not in _PASSWORDS or not is_official(service) or service.entrypoint is not None or _keeps_data(service):
            continue
        if any(project.env_file(each.file) is None if each.file else True for each in service.env_files):
            continue
        prefixes = ("MARIADB_", "MYSQL_") if kind == "mariadb" else ("",)
        names = {prefix + name for prefix in prefixes for name in _PASSWORDS[kind]}
        given = [each for name, each in service.environment.items() if name.removesuffix("_FILE") in names]
        first = "MARIADB_ROOT_PASSWORD" if kind == "mariadb" else _PASSWORDS[kind][0]
        if not given:
            yield service.place, f'service "{service.name}" does not start on an empty folder; add "{first}_FILE"'
        elif all(each.value == "" and each.origin == "environment" and not each.text for each in given):
            message = f'"{given[0].name}" is empty, and service "{service.name}" does not start on an empty folder; '
            yield given[0].value_place, message + f'give "{first}_FILE" instead'


def _keeps_data(service: Service) -> bool:
    """Whether its data may be there already, made elsewhere."""
    for mount in service.mounts:
        volume = service.project.volumes.get(mount.source) if isinstance(mount.source, str) else None
        if mount.type == "bind" or (volume is not None and volume.get("external") is not None):
            return True
    return False


@rule(
    "compose/cache-without-password",
    Severity.INFO,
    bad="""
        services:
          cache:  # <-
            image: redis:8.0.6
          other:  # <-
            image: valkey/valkey:8.1.3
            command: [valkey-server, --appendonly, "yes"]
    """,
    good="""
        services:
          locked:
            image: valkey/valkey:8.1.3
            command: [valkey-server, --aclfile, /run/secrets/acl]
          own:
            image: redis:8.0.6
            command: [sh, -c, exec redis-server /made.conf]
    """,
    source="https://redis.io/docs/latest/operate/oss_and_stack/management/security/",
    preset="strict",
    lacks=True,
)
def cache_without_password(project: Project) -> Iterator[Report]:
    """
    A Redis that asks nobody for a password.

    Whoever breaks into any service beside it reads all sessions and, by writing files, runs programs in it. Name the
    users in a file for `--aclfile`, so that no password stands on the command line.
    """
    for server in servers(project, "redis", "valkey"):
        if server.is_known and not server.service.env_files and _is_open(server) and not _published(server):
            yield server.service.place, f'service "{server.service.name}" asks for no password; add "--aclfile"'


def _is_open(server: Server) -> bool:
    names = ("requirepass", "aclfile", "user")
    variables = server.service.environment
    return not any(server.option(name) for name in names) and not any("PASSWORD" in name.upper() for name in variables)


@rule(
    "compose/open-cache-published",
    Severity.ERROR,
    bad="""
        services:
          cache:
            image: redis:8.0.6  # <-
            ports: ["6379:6379"]
          other:
            image: valkey/valkey:8.1.3
            ports: ["10.0.0.5:6380:6379"]
            command: [valkey-server, --appendonly, "yes"]  # <-
    """,
    good="""
        services:
          cache:
            image: redis:8.0.6
            ports: ["127.0.0.1:6379:6379"]
          locked:
            image: valkey/valkey:8.1.3
            command: [valkey-server, --aclfile, /run/secrets/acl]
    """,
    source="https://github.com/sprintcube/docker-compose-lamp/issues/100",
)
def open_cache_published(project: Project) -> Iterator[Report]:
    """
    A Redis without a password on a port that others reach.

    Within hours somebody writes a program into it and runs it: such servers dig for coins. Publish no port, or one on
    127.0.0.1 alone, and name the users in a file for `--aclfile`. A firewall of the host does not help, since the
    engine's own rules come before its.
    """
    for server in servers(project, "redis", "valkey"):
        service = server.service
        published = _published(server)
        if published and server.is_known and not service.env_files and _is_open(server):
            image = service.get("image")
            place = service.command.place if service.command else image.place if image is not None else service.place
            yield (
                place,
                f'service "{service.name}" asks for no password and is published by "{published}"; add "--aclfile"',
            )


def _published(server: Server) -> str:
    """A port of the server that not the host alone reaches, as written."""
    for port in server.service.ports:
        if isinstance(port.host_ip, str | None) and not str(port.host_ip or "").startswith(
            ("127.", "::1", "localhost")
        ):
            return port.text or str(port.target)
    return ""
