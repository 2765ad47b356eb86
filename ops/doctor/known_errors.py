"""What programs write into their logs when something is wrong, what it means, and what to do: a table."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownError:
    """
    One line that a program writes.

    Attributes:
        kinds: The programs that write it; empty: any.
        lasting: Whether it matters even when all is well again; others are over once every service is healthy.
    """

    kinds: frozenset[str]
    pattern: re.Pattern[str]
    means: str
    todo: str
    lasting: bool = False


def _known(kinds: str, pattern: str, means: str, todo: str, *, lasting: bool = False) -> KnownError:
    return KnownError(frozenset(kinds.split()), re.compile(pattern), means, todo, lasting)


KNOWN_ERRORS = (
    # MySQL and MariaDB
    _known(
        "mysql",
        r"Access denied for user",
        "MySQL refuses a password: the data volume was made with another one, which a changed variable does not change",
        "put the old password back, or change it in MySQL too (ALTER USER); inv down --volumes starts without data",
    ),
    _known(
        "mysql",
        r"unknown (variable|option) '?.*(query_cache|query-cache)",
        "query_cache_size and its like are gone since MySQL 8.0.3: the server does not start with them",
        "take them out of the command or my.cnf; the buffer pool does their work",
    ),
    _known(
        "mysql",
        r"unknown (variable|option) '?.*default[_-]authentication[_-]plugin",
        "default_authentication_plugin is gone since MySQL 8.4: the server does not start with it",
        "take it out; caching_sha2_password is the default, and every client of today knows it",
    ),
    _known(
        "mysql",
        r"unknown (variable|option)",
        "MySQL does not know an option of its command or my.cnf and does not start",
        "take the option out, or begin its name with loose-",
    ),
    _known(
        "mysql",
        r"(Cannot allocate memory for the buffer pool|mmap\(\d+ bytes\) failed|InnoDB.*[Oo]ut of memory|errno 12\b)",
        "MySQL gets no memory for its buffer pool",
        "lower innodb_buffer_pool_size or raise the service's memory limit; the pool belongs below half of it",
    ),
    _known(
        "mysql",
        r"(Unable to lock \S*ibdata1|Another process with pid \d+ is using unix socket)",
        "another MySQL still uses the same data folder",
        "wait until it has ended, or stop the other container: docker ps --filter volume=...",
    ),
    _known(
        "mysql",
        r"(Invalid MySQL server (up|down)grade|downgrade from \S+ to \S+ is not supported|Upgrade.* is not supported)",
        "the data were written by a version of MySQL that this one cannot follow",
        "run the version that wrote them, or go up one LTS version at a time",
    ),
    _known(
        "mysql",
        r"(--initialize specified but the data directory has files|data directory .*unusable)",
        "the data folder holds files of an installation that was never finished",
        "inv down --volumes empties it, if there is nothing in it that you want",
    ),
    _known(
        "mysql",
        r"(Too many connections)",
        "MySQL has all the connections that max_connections allows",
        "lower the pools of the back end, or raise max_connections",
        lasting=True,
    ),
    _known(
        "mysql",
        r"(marked as crashed|[Dd]atabase page corruption|InnoDB: Corruption)",
        "MySQL found broken data",
        "make a copy of the volume first, then read about innodb_force_recovery, or play a backup back",
        lasting=True,
    ),
    # Redis and Valkey
    _known(
        "redis",
        r"(MISCONF|Background saving error|Write error saving DB|Error (opening|writing) .*(AOF|append))",
        "Redis cannot write its data to the disk and refuses changes",
        "see to room and rights in its data volume",
        lasting=True,
    ),
    _known(
        "redis",
        r"(Can't save in background: fork: Cannot allocate memory|Out Of Memory allocating)",
        "Redis gets no memory for a copy of itself, which it needs to save",
        "raise its memory limit above maxmemory with room to spare, or set vm.overcommit_memory=1 on the machine",
        lasting=True,
    ),
    _known(
        "redis",
        r"(Bad file format reading the append only file|Unexpected end of file reading the append only file)",
        "Redis's append-only file is broken, as after a crash on a full disk",
        "copy the volume, then redis-check-aof --fix on the file",
    ),
    _known(
        "redis",
        r"(Aborting Redis startup because of ACL errors|FATAL CONFIG FILE ERROR|Bad directive or wrong number of arg)",
        "Redis does not accept its settings or its users' file",
        "compare the users' file and the service's command with redis.io",
    ),
    # what clients of the two write
    _known(
        "",
        r"(NOAUTH|WRONGPASS|invalid username-password pair)",
        "Redis refuses the password, or got none",
        "inv up writes the password's file anew and restarts who reads it; both sides must have the same",
    ),
    _known(
        "",
        r"OOM command not allowed when used memory",
        "Redis is full and may not drop anything",
        "raise maxmemory, or let it drop old keys: maxmemory-policy allkeys-lru",
        lasting=True,
    ),
    _known(
        "gunicorn",
        r"(\(1045, |Access denied for user)",
        "MySQL refuses the back end's password: the data volume was made with another one",
        "put the old password back, or change it in MySQL too (ALTER USER); inv down --volumes starts without data",
    ),
    _known(
        "gunicorn",
        r"(\(2003, |Can't connect to MySQL server|Lost connection to MySQL server)",
        "the back end cannot reach MySQL",
        "see whether mysql runs, and whether both share a network",
    ),
    # gunicorn and what it runs
    _known(
        "gunicorn",
        r"WORKER TIMEOUT",
        "a gunicorn worker was busy or stuck for longer than its timeout, and was killed with all it was doing",
        "look for a slow query or call in its last lines; blocking work does not belong into an async worker",
        lasting=True,
    ),
    _known(
        "gunicorn",
        r"(was sent SIGKILL! Perhaps out of memory)",
        "a gunicorn worker was killed, most often for want of memory",
        "raise the service's memory limit, or lower WEB_CONCURRENCY",
        lasting=True,
    ),
    _known(
        "gunicorn",
        r"(Worker failed to boot|Worker \(pid:\d+\) exited with code 3|HaltServer)",
        "gunicorn's workers cannot load the application",
        "the traceback above that line says where; inv logs shows it",
    ),
    _known(
        "gunicorn",
        r"(ModuleNotFoundError|ImportError|AppImportError|Failed to find attribute)",
        "the application cannot be imported: a package or a name is missing in the image",
        "inv build makes the image anew; compare the locked requirements",
    ),
    _known(
        "gunicorn",
        r"^[a-z][\w.-]*: [A-Z][A-Z0-9_]{3,}\b",
        "the back end does not accept a setting",
        "the line names it; mend it in the env file, then inv up",
    ),
    _known(
        "gunicorn",
        r"(Connection in use|\[Errno 98\]|Address already in use)",
        "another process in the container has the port",
        "give one of them another port",
    ),
    _known(
        "",
        r"(Can't locate revision identified by|Target database is not up to date|Multiple head revisions)",
        "Alembic does not know the revision that the tables are at, or has two newest ones",
        "run the release that made it, or merge the heads; alembic current and alembic heads show both sides",
    ),
    _known(
        "",
        r"(alembic\.util\.exc\.|migrate: stopped half-way|migrate: .*(refuses|cannot be reached))",
        "the migration of the tables failed",
        "inv logs says at which revision; mend it, then inv up runs it again",
    ),
    # nginx
    _known(
        "nginx",
        r"host not found in upstream",
        "nginx does not start: the name of an upstream is not there while it starts",
        "start that service first (depends_on), or use resolver and resolve",
    ),
    _known(
        "nginx",
        r"bind\(\) to \S+ failed \(98",
        "nginx does not start: the port is taken inside the container",
        "two listen lines or two processes want it; nginx -T shows the lines",
    ),
    _known(
        "nginx",
        r"bind\(\) to \S+ failed \(13",
        "nginx may not open a port below 1024 as this user",
        "listen above 1024, or add the capability NET_BIND_SERVICE",
    ),
    _known(
        "nginx",
        r"(cannot load certificate|no \"ssl_certificate\" is defined|SSL_CTX_use_PrivateKey)",
        "nginx has no certificate and key that fit each other",
        "look at the files it names; inv certbot makes them",
    ),
    _known(
        "nginx",
        r"\[(emerg|alert|crit)\].*\(13: Permission denied\)",
        "nginx may not read or write a file",
        "see who owns the file or folder it names, and which user nginx has",
    ),
    _known(
        "nginx",
        r"\[(emerg|alert|crit)\].*\(30: Read-only file system\)",
        "nginx wants to write where the container is read-only",
        "point the path it names at a tmpfs, such as /tmp",
    ),
    _known(
        "nginx",
        r"\[emerg\].*\(2: No such file or directory\)",
        "nginx does not start: a file that it names is not there",
        "compare the path with what is mounted; inv up writes the edge's files anew",
    ),
    _known(
        "nginx",
        r"\[emerg\]",
        "nginx does not accept its configuration",
        "the line names file and place; inv lint says more",
    ),
    _known(
        "nginx",
        r"(worker_connections are not enough|Too many open files)",
        "nginx has no connections or files left",
        "raise worker_connections, and worker_rlimit_nofile above it",
        lasting=True,
    ),
    _known(
        "nginx",
        r"(connect\(\) failed \(111|no live upstreams|could not be resolved \((2|3):)",
        "nginx cannot reach what it hands requests to",
        "see whether that service runs and listens where the upstream says",
    ),
    _known(
        "nginx",
        r"upstream timed out \(110",
        "a service behind nginx answers too late",
        "look at that service's logs and load; a longer timeout only hides it",
    ),
    # anything
    _known(
        "",
        r"(No space left on device|Disk is full|errno: 28\b|Errcode: 28\b)",
        "the disk, or a tmpfs of the container, is full",
        "docker system df and df -h say where; then start the service again",
        lasting=True,
    ),
    _known(
        "",
        r"exec (format error|/\S+: no such file or directory)",
        "the image is for another kind of processor, or its script names an interpreter that it has not",
        "build it for this machine; save scripts with Unix line ends",
    ),
)
"""In order of preference: a line is explained by the first that fits it."""
