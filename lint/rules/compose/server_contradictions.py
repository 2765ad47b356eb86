"""Options of one database server that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Unknown
from ...finding import Severity
from ...rule import Report, rule
from .server_files import Option
from .servers import Server, servers

_REPEATED = (
    "replicate-",
    "binlog-do-db",
    "binlog-ignore-db",
    "plugin-load",
    "early-plugin-load",
    "performance-schema-",
    "ignore-db-dir",
    "loose-",
    "save",
    "user",
    "rename-command",
    "loadmodule",
    "include",
    "client-output-buffer-limit",
    "notify-keyspace-events",
    "bind",
    "sentinel",
)
"""Begins options that may be given more than once."""

_ON = ("1", "on", "true", "yes")


@rule(
    "compose/server-option-twice",
    Severity.WARNING,
    bad=(
        """
        services:
          db:
            image: mysql:9.7.4
            command: [--max-connections=100, --sql-mode=ANSI, --max_connections=500]  # <-
        """,
        {
            "docker-compose.yml": """
                services:
                  cache:
                    image: redis:8.0.6
                    command: redis-server /redis.conf
                    volumes: ["./redis.conf:/redis.conf:ro"]
            """,
            "redis.conf": """
                maxmemory 100mb
                maxmemory-policy allkeys-lru
                maxmemory 200mb  # <-
            """,
        },
    ),
    good="""
        services:
          db:
            image: mysql:9.7.4
            command: [--binlog-do-db=a, --binlog-do-db=b, --max-connections=100, --max-connections=100]
          cache:
            image: redis:8.0.6
            command: [redis-server, --save, 60 1, --save, 300 10]
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/program-options.html",
)
def server_option_twice(project: Project) -> Iterator[Report]:
    """
    An option that is given twice, with two values.

    The later one counts. Somebody changed the one and wonders why nothing happens.
    """
    for server in servers(project):
        first: dict[tuple[str, str], Option] = {}
        for option in server.options:
            if option.name.startswith(_REPEATED) or not isinstance(option.value, str):
                continue
            other = first.setdefault((option.place.path, option.name), option)
            if isinstance(other.value, str) and other.value.lower() != option.value.lower():
                message = f'"{option.name}" is {other.value} before, and {option.value} counts; keep one of them'
                yield option.place, message


def _is_on(server: Server, name: str) -> bool:
    value = server.value(name)
    return isinstance(value, str) and value.lower() in _ON


@rule(
    "compose/server-options-contradict",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            command: [--gtid-mode=ON, --enforce-gtid-consistency=OFF]  # <-
          old:
            image: mysql:8.4.6
            command: [--gtid_mode=ON]  # <-
          pg:
            image: postgres:17.5
            command: postgres -c wal_level=minimal  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            command: [--gtid-mode=ON, --enforce-gtid-consistency=ON]
          other:
            image: mysql:9.7.4
            command: [--gtid-mode=ON]
          more:
            image: mysql:8.4.6
            command: [--gtid-mode=ON, "--enforce-gtid-consistency=${CONSISTENCY}"]
          pg:
            image: postgres:17.5
            command: postgres -c wal_level=minimal -c max_wal_senders=0
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/replication-options-gtids.html",
)
def server_options_contradict(project: Project) -> Iterator[Report]:
    """
    Two options that need each other, and only one of them is set: the server says so and ends.

    MySQL's `gtid-mode` requires `enforce-gtid-consistency`, both of which MySQL 9 has on unless told otherwise.
    PostgreSQL's `wal_level=minimal` requires `max_wal_senders=0`, and no `archive_mode`.
    """
    for server in servers(project, "mysql"):
        mode, enforce = server.option("gtid-mode"), server.value("enforce-gtid-consistency")
        is_off = isinstance(enforce, str) and enforce.lower() in ("off", "0", "false", "warn")
        is_old = server.version is not None and server.version < (9,)
        is_missing = is_old and server.is_known and server.option("enforce-gtid-consistency") is None
        if mode is not None and _is_on(server, "gtid-mode") and (is_off or is_missing):
            yield mode.place, '"gtid-mode=ON" does not start without it; add "enforce-gtid-consistency=ON"'
    for server in servers(project, "postgres"):
        level, senders = server.option("wal_level"), server.value("max_wal_senders")
        is_sure = server.is_known and not isinstance(senders, Unknown)
        if level is not None and level.value == "minimal" and is_sure and senders != "0":
            yield level.place, '"wal_level=minimal" does not start without it; add "max_wal_senders=0"'
        elif level is not None and level.value == "minimal" and _is_on(server, "archive_mode"):
            yield level.place, '"wal_level=minimal" does not start with "archive_mode=on"; remove one of them'
