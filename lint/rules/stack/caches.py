"""Passwords of caches: what the applications are given against what the server asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack

_IMAGES = ("redis", "valkey/valkey")
_GUARDED = regex(r".*(?:requirepass|aclfile)|user|.*\.(?:conf|acl)|\$.*|.*[$`].*", re.DOTALL)
_PASSWORD = regex(r"(?:\w+_)?(?:REDIS|VALKEY)_?(?:AUTH_?)?(?:PASSWORD|PASSWD|PASS|AUTH)(?:_FILE)?")
_URL = regex(r"(?:redis|rediss|valkey)://[^/@\s]*:[^/@\s]+@")


@rule(
    "stack/cache-password-not-asked",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                environment:
                  REDIS_PASSWORD: ${REDIS_PASSWORD:?}
              cache:
                image: redis:8.2.1
                command: redis-server --appendonly yes  # <-
                environment:
                  REDIS_PASSWORD: ${REDIS_PASSWORD:?}
              sessions:  # <-
                image: valkey/valkey:8.1
        """,
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: ghcr.io/acme/app:1.2.3
                    environment:
                      REDIS_PASSWORD_FILE: /run/secrets/redis_password
                  cache:
                    image: redis:8.2.1
                    command: [redis-server, --aclfile, /run/secrets/redis_acl]
                  written:
                    image: redis:8.2.1
                    command: [sh, -c, 'redis-server --requirepass "$$(cat /run/secrets/redis_password)"']
                  configured:
                    image: redis:8.2.1
                    command: [redis-server, /etc/redis/redis.conf]
                  second:
                    image: redis:8.2.1
            """,
        },
        {
            "docker-compose.yml": """
                services:
                  other:
                    image: bitnamilegacy/redis:8.0
                    environment:
                      REDIS_PASSWORD: ${REDIS_PASSWORD:?}
            """,
        },
        {"docker-compose.yml": "services:\n  cache:\n    image: redis:8.2.1\n"},
    ),
    source="https://github.com/redis/docker-library-redis/issues/261",
)
def cache_password_not_asked(stack: Stack) -> Iterator[Report]:
    """
    A password for Redis or Valkey is handed out, and the server asks for none.

    The official images read no variable such as REDIS_PASSWORD: without --requirepass or an ACL file everybody on the
    network reads and deletes all data. Clients that send the password anyway get an error, or a warning nobody sees.
    """
    containers = list(stack.containers.values())
    servers = [each for each in containers if each.image_name.rpartition("/")[2] in ("redis", "valkey")]
    open_ones = [each for each in servers if _asks_nothing(each)]
    is_handed_out = len(open_ones) == len(servers) and any(_has_password(each) for each in containers)
    for container in open_ones:
        if is_handed_out or _has_password(container):
            command = container.service.command
            place = command.place if command is not None else container.service.place
            message = f'service "{container.name}" asks for no password although one is handed out; '
            yield place, message + "add --requirepass or --aclfile to its command"


def _asks_nothing(container: Container) -> bool:
    """Whether it is surely a server without a password: an official image, and nothing that could set one."""
    if container.image_name not in _IMAGES or container.build is not None or container.words is None:
        return False
    return not _is_configured(container) and not any(_GUARDED.fullmatch(word) for word in container.words)


def _has_password(container: Container) -> bool:
    for variable in container.environment.values():
        if _PASSWORD.fullmatch(variable.name.upper()) and variable.value != "":
            return True
        if isinstance(variable.value, str) and _URL.match(variable.value):
            return True
    return False


def _is_configured(container: Container) -> bool:
    """Whether a script or a configuration may set a password."""
    service = container.service
    mounts = [str(mount.target) for mount in service.mounts]
    return (
        service.entrypoint is not None
        or bool(service.configs)
        or any("redis" in each or "valkey" in each for each in mounts)
    )
