"""Values of server options that the server does not understand, so that it does not start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project
from ...finding import Edit, Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from .server_files import Option
from .servers import Server, servers

_MEMORY = regex(
    r"(?:shared_buffers|(?:maintenance_|autovacuum_|logical_decoding_)?work_mem|effective_cache_size|wal_buffers|temp_buffers"
    r"|(?:max|min)_wal_size|wal_keep_size|max_slot_wal_keep_size|huge_page_size|hash_mem|log_rotation_size|max_stack_depth)"
)
_POSTGRES_SIZE = regex(r"-?\d+(?:\.\d+)?\s*(?:B|kB|MB|GB|TB)?")
_SIZE = regex(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kKmMgGtT])i?[bB]?")
_REDIS_SIZE = regex(r"\d+(?:b|k|kb|m|mb|g|gb)?|\d+%", re.I)
_POLICIES = ("noeviction", *(f"{which}-{how}" for which in ("allkeys", "volatile") for how in ("lru", "lfu", "random")),
             "volatile-ttl", "allkeys-lrm", "volatile-lrm")  # fmt: skip
_SWITCH = ("yes", "no")
_CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "redis": {
        "maxmemory-policy": _POLICIES,
        "appendonly": _SWITCH,
        "protected-mode": _SWITCH,
        "appendfsync": ("always", "everysec", "no"),
        "loglevel": ("debug", "verbose", "notice", "warning", "nothing"),
    },
    "postgres": {
        "wal_level": ("minimal", "replica", "logical", "archive", "hot_standby"),
        "log_statement": ("none", "ddl", "mod", "all"),
    },
    "mysql": {
        "transaction-isolation": ("read-uncommitted", "read-committed", "repeatable-read", "serializable"),
    },
}
_MEANT = {"true": "yes", "on": "yes", "1": "yes", "false": "no", "off": "no", "0": "no", "info": "notice"}
_GONE_MODES = frozenset(
    ("NO_AUTO_CREATE_USER", "DB2", "MAXDB", "MSSQL", "MYSQL323", "MYSQL40", "ORACLE", "POSTGRESQL", "NO_FIELD_OPTIONS",
     "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS")
)  # fmt: skip
"""Modes that MySQL 8.0 no longer knows; MariaDB does."""


@rule(
    "compose/server-value-refused",
    Severity.ERROR,
    bad=(
        """
        services:
          pg:
            image: postgres:17.5
            command: postgres -c shared_buffers=1G -c work_mem=16mb  # <-
          cache:
            image: valkey/valkey:8.1.3
            command: [valkey-server, --maxmemory-policy, allkeys_lru, --maxmemory, 100mb]  # <-
          queue:
            image: redis:8.0.6
            command: [redis-server, --appendonly, "true"]  # <-
          db:
            image: mysql:8.4.6
            command: ["--sql-mode=STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER"]  # <-
          maria:
            image: mariadb:11.8.2
            command: [--transaction-isolation=READ_COMMITTED]  # <-
        """,
        {
            "docker-compose.yml": """
                services:
                  cache:
                    image: redis:8.0.6
                    command: redis-server /redis.conf
                    volumes: ["./redis.conf:/redis.conf:ro"]
            """,
            "redis.conf": "maxmemory 1.5gb  # <-\nmaxmemory-policy allkeys-lru\n",
        },
    ),
    fixed="""
        services:
          pg:
            image: postgres:17.5
            command: postgres -c shared_buffers=1GB -c work_mem=16MB
          cache:
            image: valkey/valkey:8.1.3
            command: [valkey-server, --maxmemory-policy, allkeys-lru, --maxmemory, 100mb]
          queue:
            image: redis:8.0.6
            command: [redis-server, --appendonly, "yes"]
          db:
            image: mysql:8.4.6
            command: ["--sql-mode=STRICT_TRANS_TABLES"]
          maria:
            image: mariadb:11.8.2
            command: [--transaction-isolation=READ-COMMITTED]
    """,
    good="""
        services:
          pg:
            image: postgres:17.5
            command: postgres -c shared_buffers=1GB -c work_mem=16384 -c max_wal_size="2 GB"
          cache:
            image: valkey/valkey:8.1.3
            command: [valkey-server, --maxmemory-policy, ALLKEYS-LRU, --maxmemory, 100MB]
          db:
            image: mysql:8.4.6
            command: ["--sql-mode=STRICT_TRANS_TABLES", --innodb-buffer-pool-size=1GB]
          maria:
            image: mariadb:11.8.2
            command: ["--sql-mode=NO_AUTO_CREATE_USER", "--transaction-isolation=${ISOLATION}"]
    """,
    source="https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",
)
def server_value_refused(project: Project) -> Iterator[Report]:
    """
    A value that the server does not understand: it says so and does not start.

    PostgreSQL wants `GB` where MySQL wants `G`, Redis takes `yes` and not `true`, and MySQL 8.0 forgot some of its
    modes. Each of these was tried with the servers themselves.
    """
    for server in servers(project):
        for option in server.options:
            fault = _fault(server, option) if isinstance(option.value, str) and option.value else None
            if fault is not None:
                why, meant = fault
                message = f'{server.kind} does not start with "{option.name} {option.value}"; {why}'
                yield option.place, message, value_replaced(project, option, meant)


def _fault(server: Server, option: Option) -> tuple[str, str] | None:
    """What is wrong with the value, and what is meant, "" where that is not known."""
    value, kind = str(option.value), server.kind
    if kind == "postgres" and _MEMORY.fullmatch(option.name):
        return None if _POSTGRES_SIZE.fullmatch(value) else _with_unit(value)
    if kind in ("redis", "valkey") and option.name == "maxmemory" and not _REDIS_SIZE.fullmatch(value):
        return 'write a whole number with its unit, such as "1536mb"', ""
    if kind == "mysql" and option.name == "sql-mode" and server.version is not None and server.version >= (8,):
        return _without_gone_modes(value)
    family = "redis" if kind == "valkey" else "mysql" if kind == "mariadb" else kind
    choices = _CHOICES.get(family, {}).get(option.name)
    if choices is None or value.lower() in choices or value.isdigit():
        return None
    meant = _nearest(value, choices)
    return (f'write "{meant}"' if meant else f"write one of {', '.join(choices[:8])}"), meant


def _with_unit(value: str) -> tuple[str, str] | None:
    match = _SIZE.fullmatch(value)
    if match is None:
        return 'write a number with a unit, such as "512MB"', ""
    unit = "kB" if match["unit"] in "kK" else f"{match['unit'].upper()}B"
    meant = f"{match['number']}{unit}"
    return f'its units are kB, MB, GB and TB: write "{meant}"', meant


def _without_gone_modes(value: str) -> tuple[str, str] | None:
    modes = [each.strip() for each in value.split(",")]
    gone = [each for each in modes if each.upper() in _GONE_MODES]
    if not gone:
        return None
    return f'the mode "{gone[0]}" is gone since 8.0; remove it', ",".join(each for each in modes if each not in gone)


def _nearest(value: str, choices: tuple[str, ...]) -> str:
    import difflib  # noqa: PLC0415 - only to mend

    plain = value.lower().replace("_", "-")
    meant = plain if plain in choices else _MEANT.get(value.lower(), "")
    found = meant if meant in choices else next(iter(difflib.get_close_matches(plain, choices, 1, 0.8)), "")
    return found.upper() if value.isupper() else found


def value_replaced(project: Project, option: Option, meant: str, *, safe: bool = True) -> tuple[Edit, ...]:
    """The value replaced where it stands, on the line of the option or, for a list, in the item after it."""
    place, value = option.place, str(option.value)
    text = project.files.get(place.path) or project.mounted_text(place.path) or ""
    lines = text.split("\n")
    if not meant or place.line > len(lines):
        return ()
    line = lines[place.line - 1]
    at = line.find(value, place.column - 1 + len(option.name))
    if at < 0:
        return ()
    return (Edit(Place(place.path, place.line, at + 1, place.line, at + 1 + len(value)), meant, safe),)
