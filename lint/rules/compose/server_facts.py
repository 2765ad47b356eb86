"""
What database servers no longer accept: a dated table, each part with its source.

A floating tag is judged by the newest version it can mean. Time only adds to what was removed, so the table never
says too much when it is old.
"""

from __future__ import annotations

from ...record import dataclass

CHECKED = "2026-11-22"
"""The day on which the table was held to its sources, to mysqld 9.7.4, mariadbd 10.11.19 and postgres 15.18."""

Version = tuple[int, ...]

NEWEST: dict[str, tuple[Version, ...]] = {
    "mysql": ((9, 7), (8, 4), (5, 7)),
    "mariadb": ((12, 0), (11, 8), (10, 11)),
    "redis": ((8, 4), (7, 4), (6, 2)),
    "valkey": ((9, 0), (8, 1), (7, 2)),
    "postgres": ((18,), (17,), (16,), (15,), (14,), (13,)),
}
"""The newest version of each line, the newest line first; those that came after `CHECKED` only remove more."""


@dataclass(frozen=True)
class Change:
    """An option's end: the version that *removed* it, the one that *deprecated* it, and what to write *instead*."""

    removed: Version | None = None
    deprecated: Version | None = None
    instead: str = ""


def _gone(version: Version, *names: str) -> dict[str, Change]:
    return {name: Change(removed=version) for name in names}


# https://dev.mysql.com/doc/mysqld-version-reference/en/optvar-changes-8-0.html and its sisters for 8.2 to 9.7;
# what is said to go in 9.7 was seen to be gone in mysqld 9.7.4 and may have gone earlier.
_MYSQL = {
    **_gone((8, 0, 0), "innodb-file-format", "innodb-file-format-check", "innodb-file-format-max"),
    **_gone((8, 0, 0), "innodb-large-prefix", "innodb-locks-unsafe-for-binlog", "innodb-support-xa"),
    **_gone((8, 0, 0), "innodb-checksums", "innodb-stats-sample-pages", "sync-frm", "partition", "bootstrap"),
    **_gone((8, 0, 1), "show-compatibility-56", "temp-pool"),
    **_gone((8, 0, 2), "innodb-undo-logs"),
    **_gone((8, 0, 3), "query-cache-size", "query-cache-type", "query-cache-limit", "query-cache-min-res-unit"),
    **_gone((8, 0, 3), "query-cache-wlock-invalidate", "ignore-builtin-innodb", "multi-range-count", "secure-auth"),
    **_gone((8, 0, 3), "date-format", "datetime-format", "time-format", "max-tmp-tables"),
    **_gone((8, 0, 11), "old-passwords", "log-builtin-as-identified-by-password"),
    **_gone((8, 0, 13), "log-syslog", "log-syslog-facility", "log-syslog-include-pid", "log-syslog-tag"),
    **_gone((8, 0, 13), "metadata-locks-cache-size", "metadata-locks-hash-instances"),
    **_gone((8, 0, 16), "internal-tmp-disk-storage-engine"),
    **_gone((8, 2, 0), "abort-slave-event-count", "disconnect-slave-event-count"),
    **_gone((8, 3, 0), "daemon-memcached-option", "group-replication-ip-whitelist", "log-bin-use-v1-row-events"),
    **_gone((8, 3, 0), "relay-log-info-file", "master-info-file"),
    **_gone((8, 4, 0), "admin-ssl", "avoid-temporal-upgrade", "binlog-transaction-dependency-tracking"),
    **_gone((8, 4, 0), "old-style-user-limits", "show-old-temporals"),
    **_gone((9, 7), "temptable-use-mmap", "myisam-repair-threads", "innodb-undo-tablespaces"),
    **_gone((9, 7), "replica-parallel-type", "slave-parallel-type"),
    "tx-isolation": Change((8, 0, 3), None, "transaction-isolation"),
    "tx-read-only": Change((8, 0, 3), None, "transaction-read-only"),
    "log-warnings": Change((8, 0, 3), (5, 7, 2), "log-error-verbosity"),
    "storage-engine": Change((5, 7, 5), None, "default-storage-engine"),
    "log-slow-queries": Change((5, 6, 1), None, "slow-query-log"),
    "default-character-set": Change((5, 5, 3), None, "character-set-server"),
    "expire-logs-days": Change((8, 2, 0), (8, 0, 3), "binlog-expire-logs-seconds"),
    "character-set-client-handshake": Change((8, 3, 0), (8, 0, 35)),
    "master-info-repository": Change((8, 3, 0), (8, 0, 23)),
    "relay-log-info-repository": Change((8, 3, 0), (8, 0, 23)),
    "host-cache": Change((8, 3, 0), (8, 0, 30), "host-cache-size=0"),
    "slave-rows-search-algorithms": Change((8, 3, 0), (8, 0, 18)),
    "transaction-write-set-extraction": Change((8, 3, 0), (8, 0, 26)),
    "ssl": Change((8, 4, 0), (8, 0, 26), "tls-version"),
    "default-authentication-plugin": Change((8, 4, 0), (8, 0, 27), "authentication-policy"),
    "mysql-native-password": Change((9, 0, 0), (8, 4, 0)),
    "innodb-log-file-size": Change((9, 7), (8, 0, 30), "innodb-redo-log-capacity"),
    "innodb-log-files-in-group": Change((9, 7), (8, 0, 30), "innodb-redo-log-capacity"),
    "binlog-format": Change(None, (8, 0, 34)),
    "log-slave-updates": Change(None, (8, 0, 26), "log-replica-updates"),
    "slave-start": Change(None, (8, 0, 26), "skip-replica-start"),
    "slave-parallel-workers": Change(None, (8, 0, 26), "replica-parallel-workers"),
    "slave-preserve-commit-order": Change(None, (8, 0, 26), "replica-preserve-commit-order"),
    "slave-net-timeout": Change(None, (8, 0, 26), "replica-net-timeout"),
    "slave-skip-errors": Change(None, (8, 0, 26), "replica-skip-errors"),
    "sync-relay-log-info": Change(None, (8, 0, 34)),
}

# https://mariadb.com/docs/release-notes: MariaDB takes its own old options with a warning,
# and refuses to start with these of MySQL, each seen to stop mariadbd 10.11.19.
MYSQL_ONLY = frozenset(
    [
        "admin-address",
        "authentication-policy",
        "binlog-transaction-compression",
        "cte-max-recursion-depth",
        "default-collation-for-utf8mb4",
        "enforce-gtid-consistency",
        "gtid-mode",
        "information-schema-stats-expiry",
        "innodb-dedicated-server",
        "innodb-redo-log-capacity",
        "log-error-verbosity",
        "mandatory-roles",
        "max-execution-time",
        "mysql-native-password",
        "mysqlx",
        "mysqlx-port",
        "partial-revokes",
        "replica-parallel-workers",
        "sql-require-primary-key",
        "super-read-only",
        "temptable-max-ram",
    ]
)

# https://www.postgresql.org/docs/release/; each line's release notes name what that version no longer knows.
_POSTGRES = {
    "checkpoint_segments": Change((9, 5), None, "max_wal_size"),
    "sql_inheritance": Change((10,)),
    "min_parallel_relation_size": Change((10,), None, "min_parallel_table_scan_size"),
    "replacement_sort_tuples": Change((11,)),
    "wal_keep_segments": Change((13,), None, "wal_keep_size"),
    "operator_precedence_warning": Change((14,)),
    "vacuum_cleanup_index_scale_factor": Change((14,)),
    "stats_temp_directory": Change((15,)),
    "promote_trigger_file": Change((16,)),
    "vacuum_defer_cleanup_age": Change((16,)),
    "db_user_namespace": Change((17,)),
    "old_snapshot_threshold": Change((17,)),
    "trace_recovery_messages": Change((17,)),
}

# https://raw.githubusercontent.com/redis/redis/7.0/00-RELEASENOTES; seen to stop redis-server 7.0.15.
_REDIS = {
    "vm-enabled": Change((2, 6)),
    "really-use-vm": Change((2, 6)),
    "glueoutputbuf": Change((2, 6)),
    "hash-max-zipmap-entries": Change((2, 6), None, "hash-max-listpack-entries"),
    "gopher-enabled": Change((7, 0)),
}

CHANGES: dict[str, dict[str, Change]] = {
    "mysql": _MYSQL,
    "postgres": _POSTGRES,
    "redis": _REDIS,
    "valkey": _REDIS,
    "mariadb": {},
}


def newest(kind: str, tag: str) -> Version | None:
    """
    The newest version that *tag* can mean, with 999 for parts it leaves open; None where it says nothing.

    ``8`` of MySQL is 8.4.999, ``latest`` the newest of all, ``8.0-bookworm`` 8.0.999.
    """
    first = tag.replace("_", "-").partition("-")[0]
    if first in ("", "latest", "lts", "innovation", "stable", "oracle", "oraclelinux9", "alpine", "bookworm", "trixie"):
        return (*NEWEST[kind][0], 999)
    parts = first.removeprefix("v").split(".")
    if not all(part.isdigit() and len(part) <= 4 for part in parts):  # noqa: PLR2004 - more is a date
        return None
    given = tuple(int(part) for part in parts)
    line = next((each for each in NEWEST[kind] if each[: len(given)] == given), given)
    return (*(line if len(given) == 1 else given), 999)


def spoken(version: Version) -> str:
    """*version* as people write it, without the parts that were left open."""
    return ".".join(str(part) for part in version if part != 999)  # noqa: PLR2004 - as `newest` fills in
