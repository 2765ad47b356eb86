"""How much each part of a stack may open at once, against what the next part takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Service, Value
from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.gunicorn import setting
from ...stack.starting import started, variable
from ..compose.addresses import Connection, connections
from ..compose.servers import Server, servers

_NGINX = """
    worker_processes 2;
    %s
    events { worker_connections 4096; }
    http { server { listen 80; } }
"""


@rule(
    "stack/open-files-below-connections",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
                ulimits:
                  nofile: 1024  # <-
              other:
                image: nginx:1.30.1
                volumes: ["./other.conf:/etc/nginx/nginx.conf:ro"]
                ulimits:
                  nofile:
                    soft: 1024  # <-
                    hard: 2048
        """,
        "nginx.conf": _NGINX % "",
        "other.conf": _NGINX % "worker_rlimit_nofile 8192;",
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
                ulimits: {nofile: 65536}
              other:
                image: nginx:1.30.1
                volumes: ["./other.conf:/etc/nginx/nginx.conf:ro"]
                ulimits: {nofile: {soft: 1024, hard: 65536}}
              usual:
                image: nginx:1.30.1
                volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
        """,
        "nginx.conf": _NGINX % "",
        "other.conf": _NGINX % "worker_rlimit_nofile 8192;",
    },
    source="https://nginx.org/en/docs/ngx_core_module.html#worker_connections",
)
def open_files_below_connections(stack: Stack) -> Iterator[Report]:
    """
    nginx may open fewer files than it is to hold connections.

    Each connection is an open file, and a proxied one is two: nginx says so in a warning when it starts, and under
    load refuses visitors with "too many open files". Raise `ulimits.nofile`, or lower worker_connections.
    """
    for container in stack.containers.values():
        value = container.service.get("ulimits.nofile")
        main = next((site.config for site in container.sites if site.is_main), None)
        if value is None or main is None:
            continue
        wanted = next((each.value for each in main.find("worker_connections")), "")
        raised = next((each.value for each in main.find("worker_rlimit_nofile")), "")
        soft, hard, place = _nofile(value)
        if soft is None or hard is None or not wanted.isdigit() or (raised and not raised.isdigit()):
            continue
        allowed = max(soft, min(int(raised), hard)) if raised else soft
        if 0 < allowed < int(wanted):
            message = f"nginx may open {allowed} files and is to hold {wanted} connections; "
            yield place.place, message + "raise this, or lower worker_connections"


def _nofile(value: Value) -> tuple[int | None, int | None, Value]:
    """The soft and the hard limit, and the value to name; None where they cannot be known."""
    if isinstance(value.data, int):
        return value.data, value.data, value
    soft, hard = value.get("soft"), value.get("hard")
    one, two = (each.data if each is not None and isinstance(each.data, int) else None for each in (soft, hard))
    return one, two, soft or value


_POOL = regex(
    r"(?:\w+_)?(?:DB|DATABASE|SQLALCHEMY|MYSQL|POSTGRES|PG|SQL)_?(?:MAX_)?POOL_?(?:MAX_)?(?:SIZE|CONNECTIONS|MAX)?"
)
_OVERFLOW = regex(r"(?:\w+_)?(?:DB|DATABASE|SQLALCHEMY|MYSQL|POSTGRES|PG|SQL)_?(?:POOL_)?MAX_OVERFLOW")
_MOST = {"mysql": ("max-connections", 151), "mariadb": ("max-connections", 151), "postgres": ("max_connections", 100)}
"""The option that limits the connections, and its default."""


@rule(
    "stack/pools-above-max-connections",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                command: gunicorn --workers 4 --bind 0.0.0.0:8000 app:app
                environment:
                  DATABASE_URL: mysql://app:${DB_PASSWORD:?}@db/app
                  DB_POOL_SIZE: 20
                  DB_MAX_OVERFLOW: 10
                deploy: {replicas: 2}
              db:
                image: mysql:9.7.4
                command: [--max-connections=200]  # <-
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                command: gunicorn --workers 4 --bind 0.0.0.0:8000 app:app
                environment:
                  DATABASE_URL: mysql://app:${DB_PASSWORD:?}@db/app
                  DB_POOL_SIZE: 20
                  DB_MAX_OVERFLOW: 10
              unknown:
                image: ghcr.io/acme/other:1.2.3
                environment:
                  DATABASE_URL: mysql://app:${DB_PASSWORD:?}@db/app
                  DB_POOL_SIZE: 500
              db:
                image: mysql:9.7.4
                command: [--max-connections=200]
        """,
    },
    source="https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool.params.pool_size",
)
def pools_above_max_connections(stack: Stack) -> Iterator[Report]:
    """
    The applications may open more connections than their database takes.

    Each worker process has a pool of its own: workers, times replicas, times the pool with its overflow. Above
    max_connections the database refuses, to the health check and to whoever looks what is wrong too. Reported where
    all of these numbers are written down.
    """
    by_name = {server.service.name: server for server in servers(stack.project, *_MOST)}
    sums: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    for connection in connections(stack.project) if by_name else ():
        pair = (connection.service.name, connection.host.text)
        container = stack.containers.get(connection.service.name)
        if pair[1] in by_name and pair not in seen and container is not None:
            seen.add(pair)
            sums[pair[1]] = sums.get(pair[1], 0) + _connections_of(container, connection)
    for name, total in sums.items():
        server = by_name[name]
        option, allowed = _allowed(server)
        if allowed is not None and total > allowed:
            place = option if option is not None else server.service.place
            message = f'up to {total} connections are opened to service "{name}", which takes {allowed}; '
            yield place, message + "raise max_connections, or lower workers and pools"


def _connections_of(container: Container, connection: Connection) -> int:
    """How many connections the service opens at most; 0 where that is not written down."""
    server = started(container)
    if server is None or server.name not in ("gunicorn", "uvicorn") or not isinstance(container.service.replicas, int):
        return 0
    given = (
        setting(container, server, "workers", "-w") if server.name == "gunicorn" else list(server.options("--workers"))
    )
    text = (given or [variable(container, "WEB_CONCURRENCY") or "1"])[-1]
    pools, overflows = _numbers(connection.service, _POOL), _numbers(connection.service, _OVERFLOW)
    if given is None or not text.isdigit() or len(pools) != 1:
        return 0
    return int(text) * container.service.replicas * (pools[0] + sum(overflows))


def _numbers(service: Service, names: re.Pattern[str]) -> list[int]:
    """The numbers that variables of such names give."""
    found = [each.value for each in service.environment.values() if names.fullmatch(each.name.upper())]
    return [int(value) for value in found if isinstance(value, str) and value.isdigit()]


def _allowed(server: Server) -> tuple[Place | None, int | None]:
    """Where the database is told how many connections it takes, and the number; None where that is not known."""
    name, usual = _MOST[server.kind]
    option = server.option(name)
    if option is None:
        return None, usual if server.is_known else None
    return option.place, int(option.value) if isinstance(option.value, str) and option.value.isdigit() else None
