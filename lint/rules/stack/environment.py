"""What containers are told about their surroundings, against what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Variable
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack

_LOOPBACK = regex(r"localhost|127\.0\.0\.1|\[?::1\]?", re.IGNORECASE)
_URL = regex(
    r"(?P<scheme>mysql|mariadb|postgres|postgresql|redis|rediss|valkey|mongodb|amqp|amqps|memcached|nats|kafka|clickhouse|jdbc:\w+)"
    r"(?:\+\w+)?://(?:[^@/\s]*@)?(?P<host>localhost|127\.0\.0\.1|\[::1\])(?::(?P<port>\d+))?",
    re.IGNORECASE,
)
_HOST_NAME = regex(
    r"(?:\w+_)?(?P<what>DB|DATABASE|MYSQL|MARIADB|POSTGRES|POSTGRESQL|PG|REDIS|VALKEY|CACHE|MONGO|MONGODB|RABBITMQ|AMQP|MEMCACHED)_?HOST(?:NAME)?"
)
_KINDS = {
    "mysql": ("mysql", "mariadb", "percona"),
    "mariadb": ("mysql", "mariadb"),
    "postgres": ("postgres", "postgis", "pgvector", "timescaledb"),
    "pg": ("postgres", "postgis", "pgvector", "timescaledb"),
    "redis": ("redis", "valkey", "keydb", "redis-stack-server", "redis-stack", "dragonfly"),
    "valkey": ("valkey", "redis"),
    "cache": ("redis", "valkey", "memcached", "keydb"),
    "mongo": ("mongo", "mongodb-community-server"),
    "rabbitmq": ("rabbitmq",),
    "amqp": ("rabbitmq",),
    "memcached": ("memcached",),
    "db": ("mysql", "mariadb", "postgres", "postgis", "pgvector", "percona", "timescaledb", "mongo"),
}


@rule(
    "stack/localhost-in-environment",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                environment:
                  MYSQL_HOST: localhost  # <-
                  REDIS_URL: redis://127.0.0.1:6379/0  # <-
              db:
                image: mysql:8.4
              cache:
                image: redis:8.2.1
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                environment:
                  MYSQL_HOST: db
                  REDIS_URL: redis://cache:6379/0
                  MONGO_HOST: localhost
                  PUBLIC_URL: http://localhost:8080
              host:
                image: ghcr.io/acme/app:1.2.3
                network_mode: host
                environment: {MYSQL_HOST: localhost}
              db:
                image: mysql:8.4
                environment: {MYSQL_ROOT_HOST: localhost}
              cache:
                image: redis:8.2.1
        """,
    },
    source="https://github.com/nsidnev/fastapi-realworld-example-app/issues/40",
)
def localhost_in_environment(stack: Stack) -> Iterator[Report]:
    """
    A container is told that its database is on "localhost", which inside of it is the container itself.

    The database is another service of the stack: every connection is refused. Write the name of its service.
    """
    for container in stack.containers.values():
        if container.service.get("network_mode") is not None or _kind(container) in sum(_KINDS.values(), ()):
            continue
        for variable in container.environment.values():
            other = _meant(variable, stack)
            if other is not None:
                message = f'"localhost" is service "{container.name}" itself; '
                yield variable.value_place, f'{message}"{variable.name}" should name the service "{other.name}"'


def _meant(variable: Variable, stack: Stack) -> Container | None:
    """The database of the stack that a variable misses by naming the container itself."""
    value = variable.value if isinstance(variable.value, str) else ""
    url = _URL.match(value)
    name = _HOST_NAME.fullmatch(variable.name.upper())
    if url:
        word = url["scheme"].lower().removeprefix("jdbc:").removesuffix("s")
    elif name and _LOOPBACK.fullmatch(value):
        word = name["what"].lower()
    else:
        return None
    word = {"postgresql": "postgres", "mongodb": "mongo", "database": "db", "redi": "redis", "postgre": "postgres"}.get(
        word, word
    )
    found = [each for each in stack.containers.values() if _kind(each) in _KINDS.get(word, ())]
    return found[0] if len(found) == 1 else None


def _kind(container: Container) -> str:
    return container.image_name.rpartition("/")[2] if container.build is None else ""
