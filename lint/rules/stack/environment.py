"""What containers are told about their surroundings, against what is there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...compose import Project, Variable
from ...envfile import EnvFile
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


@rule(
    "stack/undocumented-variable",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                environment:
                  API_KEY: ${API_KEY:?}
                  MODE: ${APP_MODE}  # <-
        """,
        ".env.example": "API_KEY=\n",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                environment:
                  API_KEY: ${API_KEY:?}
                  MODE: ${APP_MODE:-production}
                volumes: ["${PWD}/data:/data"]
        """,
        ".env.example": "API_KEY=\n",
    },
    source="https://github.com/monicahq/docker/issues/63",
    preset="strict",
)
def undocumented_variable(stack: Stack) -> Iterator[Report]:
    """
    The Compose file needs a variable that the example env file does not show.

    Whoever sets the stack up copies the example, and the variable is empty without a word.
    """
    examples = _examples(stack)
    shown = {name for each in examples for name in each.by_name}
    for use in stack.project.uses if examples else ():
        is_needed = use.variable.operator in ("", "?", ":?")
        if is_needed and use.name not in shown and not _OF_THE_SYSTEM.fullmatch(use.name):
            shown.add(use.name)
            yield use.place, f'"{examples[0].path}" does not show "{use.name}"; add it there, or give it a default'


_OF_THE_SYSTEM = regex(
    r"PWD|HOME|USER|UID|GID|HOSTNAME|SHELL|PATH|TMPDIR|CI|COMPOSE_\w+|DOCKER_\w+|BUILDKIT_\w+|XDG_\w+|SSH_\w+|DISPLAY"
)


def _examples(stack: Stack) -> list[EnvFile]:
    """The example env files beside the Compose file."""
    folder = stack.project.directory
    return [each for each in stack.env if each.is_example and posixpath.dirname(each.path) == folder]


@rule(
    "stack/documented-variable-unused",
    Severity.INFO,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                environment:
                  API_KEY: ${API_KEY:?}
        """,
        ".env.example": "API_KEY=\nWORKER_COUNT=4  # <-\n",
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: ghcr.io/acme/app:1.2.3
                    environment:
                      API_KEY: ${API_KEY:?}
                      WORKERS: ${WORKER_COUNT:-4}
                    secrets: [signing_key]
                secrets:
                  signing_key: {file: ./secrets/signing_key}
            """,
            ".env.example": "API_KEY=\nWORKER_COUNT=4\nSIGNING_KEY=\nCOMPOSE_PROJECT_NAME=app\n",
        },
        {
            "docker-compose.yml": "services:\n  app:\n    image: ghcr.io/acme/app:1.2.3\n    env_file: .env\n",
            ".env": "WORKER_COUNT=4\n",
            ".env.example": "WORKER_COUNT=4\n",
        },
    ),
    source="https://github.com/getzep/graphiti/issues/1700",
    preset="strict",
)
def documented_variable_unused(stack: Stack) -> Iterator[Report]:
    """
    The example env file shows a variable that reaches no container.

    Whoever sets it changes nothing. An env file that Compose reads for itself is not handed to the services: each
    variable needs a line under "environment", or the file an "env_file".
    """
    if not stack.is_whole or any(container.service.env_files for container in stack.containers.values()):
        return
    used = {use.name for project in stack.projects for use in project.uses}
    used |= {name for project in stack.projects for name in _handed_through(project)}
    kept = {name.upper() for name in (*stack.project.secrets, *stack.project.configs)}
    for example in _examples(stack):
        for name, entry in example.by_name.items():
            known = name in used or name.upper() in kept or _OF_THE_SYSTEM.fullmatch(name)
            if (
                name
                and not known
                and not any(use.name == name for each in example.entries for use in each.cut.variables())
            ):
                yield entry.name_place, f'no service gets "{name}"; add it under "environment", or remove it here'


def _handed_through(project: Project) -> Iterator[str]:
    for service in project.services.values():
        yield from (name for name, variable in service.own_environment.items() if variable.handed_through)
        yield from service.build.args if service.build else ()
