"""Options that the server of this version no longer takes."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...compose.edits import removed
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule
from .judging import some
from .server_facts import CHANGES, MYSQL_ONLY, Change, spoken
from .server_files import Option
from .servers import Server, servers

_PREFIX = regex(r"(?:skip|disable|enable|maximum)-")
_NAMES = {"mysql": "MySQL", "mariadb": "MariaDB", "postgres": "PostgreSQL", "redis": "Redis", "valkey": "Valkey"}


def _change(server: Server, option: Option) -> Change | None:
    """What became of *option*; with the prefix ``loose-`` a server takes it or leaves it."""
    changes = CHANGES[server.kind]
    if option.name in changes:
        return changes[option.name]
    bare = _PREFIX.sub("", option.name, count=1)
    return changes.get(bare) if server.kind == "mysql" and bare != option.name else None


def _without(option: Option) -> tuple[Edit, ...]:
    """An edit that takes *option* out of the command's list, where it has an entry of its own."""
    return some(removed(option.entry, safe=False)) if option.entry is not None and option.entry.key is None else ()


@rule(
    "compose/server-option-removed",
    Severity.ERROR,
    bad=(
        """
        services:
          db:
            image: mysql:8
            command:
              - --default-authentication-plugin=mysql_native_password  # <-
              - --max-connections=200
        """,
        """
        services:
          old:
            image: percona:8.0.36
            command: mysqld --query_cache_size=64M --log-warnings=2  # <-
          maria:
            image: mariadb:11.4
            command: --innodb-redo-log-capacity=1G  # <-
          pg:
            image: postgres:16
            command: postgres -c wal_keep_segments=8 -c max_connections=100  # <-
        """,
        {
            "docker-compose.yml": """
                services:
                  db:
                    image: mysql
                    volumes: ["./conf/my.cnf:/etc/mysql/conf.d/my.cnf:ro"]
                  cache:
                    image: redis:7.2
                    command: redis-server /etc/redis.conf
                    volumes: ["./conf/redis.conf:/etc/redis.conf:ro"]
            """,
            "conf/my.cnf": """
                [client]
                default-character-set = utf8mb4
                [mysqld]
                skip_host_cache  # <-
                loose_query_cache_size = 0
                expire_logs_days = 7  # <-
            """,
            "conf/redis.conf": """
                # gopher-enabled no
                gopher-enabled no  # <-
            """,
        },
    ),
    fixed="""
        services:
          db:
            image: mysql:8
            command:
              - --max-connections=200
    """,
    good="""
        services:
          db:
            image: mysql:8.0.20
            command: [--default-authentication-plugin=mysql_native_password, --loose-query-cache-size=0]
          old:
            image: mysql:5.7.44
            command: --query-cache-size=16M
          any:
            image: mysql:${TAG}
            command: --query-cache-size=16M
          maria:
            image: mariadb:11.4.2
            command: [--query-cache-size=16M, --innodb-file-format=Barracuda]
          own:
            image: mysql:9.7.4
            command: [sh, -c, "exec mysqld --query-cache-size=0"]
    """,
    unsafe=True,
    source="https://dev.mysql.com/doc/mysqld-version-reference/en/options-variables.html",
)
def server_option_removed(project: Project) -> Iterator[Report]:
    """
    An option that this version of the server does not know any more, so that it does not start.

    The official image goes into a loop of restarts, and the log says "unknown variable". A moving tag is judged by
    the newest version it can mean, since that is what the next pull brings: `mysql:8` became 8.4 and took
    `default-authentication-plugin` away. Options in a command and in mounted files are read, `-` and `_` are the
    same for MySQL, and with the prefix `loose-` a server skips what it does not know. MariaDB takes MySQL's old
    options with a warning and stops at its new ones.
    """
    for server in servers(project):
        for option in server.options:
            change = _change(server, option)
            if server.kind == "mariadb" and option.name in MYSQL_ONLY:
                message = f'"{option.name}" is an option of MySQL, and MariaDB does not start with it; remove it'
                yield option.place, message, _without(option)
            elif change and change.removed and server.version and server.version >= change.removed:
                what = f'write "{change.instead}"' if change.instead else "remove it"
                since = f"{_NAMES[server.kind]} {spoken(change.removed)}"
                message = f'"{option.name}" is gone since {since}, and the server does not start with it; {what}'
                yield option.place, message, _without(option)


@rule(
    "compose/server-option-deprecated",
    Severity.INFO,
    bad="""
        services:
          db:
            image: mysql:8.0.36
            command:
              - --default-authentication-plugin=mysql_native_password  # <-
              - --innodb_log_file_size=256M  # <-
    """,
    good="""
        services:
          db:
            image: mysql:8.0.20
            command: [--innodb-log-file-size=256M]
          other:
            image: mysql:9.7.4
            command: [--innodb-redo-log-capacity=1G]
    """,
    source="https://dev.mysql.com/doc/mysqld-version-reference/en/options-variables.html",
    preset="strict",
)
def server_option_deprecated(project: Project) -> Iterator[Report]:
    """
    An option that still works and that a later version of the server will refuse.

    The next change of the image's tag then brings a database that does not start.
    """
    for server in servers(project):
        for option in server.options:
            change = _change(server, option)
            if change is None or change.deprecated is None or server.version is None:
                continue
            is_gone = change.removed is not None and server.version >= change.removed
            if server.version >= change.deprecated and not is_gone:
                what = f'write "{change.instead}"' if change.instead else "remove it"
                since = f"{_NAMES[server.kind]} {spoken(change.deprecated)}"
                yield option.place, f'"{option.name}" is deprecated since {since}; {what}'
