"""Secrets and configs that Compose itself puts into a container."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import FileMount
from ...finding import Severity
from ...rule import Report, rule
from ...stack import Container, Stack


@rule(
    "stack/secret-in-readonly-service",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                read_only: true
                secrets:
                  - source: db_password  # <-
                configs:
                  - motd  # <-
            secrets:
              db_password: {environment: DB_PASSWORD}
            configs:
              motd: {content: welcome}
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                read_only: true
                secrets: [from_file]
              writable:
                image: ghcr.io/acme/app:1.2.3
                secrets: [db_password]
            secrets:
              db_password: {environment: DB_PASSWORD}
              from_file: {file: ./secrets/db_password}
        """,
    },
    source="https://github.com/docker/compose/issues/12031",
)
def secret_in_readonly_service(stack: Stack) -> Iterator[Report]:
    """
    A service with a read-only root gets a secret from an environment variable, or a config that is no file.

    Compose copies such a secret into the container, which a read-only root forbids: the service does not start
    ("container rootfs is marked read-only"). A secret from a file is mounted, and works.
    """
    for container in stack.containers.values():
        if container.service.flag("read_only") is True:
            for what, mount in _copied(container):
                message = f'{what} "{mount.source}" cannot be written into a read-only service; '
                yield mount.place, message + 'take it from a "file"'


def _copied(container: Container) -> Iterator[tuple[str, FileMount]]:
    """What Compose writes into the container instead of mounting it."""
    service, project = container.service, container.stack.project
    for what, mounts, section in (
        ("secret", service.secrets, project.secrets),
        ("config", service.configs, project.configs),
    ):
        for mount in mounts:
            value = section.get(mount.source) if isinstance(mount.source, str) else None
            if value is not None and any(value.get(key) is not None for key in ("environment", "content")):
                yield what, mount
