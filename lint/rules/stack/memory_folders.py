"""Folders in memory, against the user who writes into them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Service
from ...finding import Severity
from ...place import Place
from ...rule import Report, rule
from ...stack import Stack

_OTHERS_MAY_WRITE = 0o002


@rule(
    "stack/tmpfs-of-root",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                user: "10001"
                tmpfs:
                  - /run/app:mode=0755  # <-
              built:
                build: .
                tmpfs: ["/run/app:size=10m,mode=700"]  # <-
        """,
        "Dockerfile": "FROM python:3.13.5-slim\nUSER 10001\n",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: ghcr.io/acme/app:1.2.3
                user: "10001"
                tmpfs: [/tmp, "/run/app:mode=0700,uid=10001", "/run/b:mode=1777", "/run/c:size=10m"]
              root:
                image: ghcr.io/acme/app:1.2.3
                user: root
                tmpfs: ["/run/app:mode=0755"]
        """,
    },
    source="https://docs.docker.com/engine/storage/tmpfs/#tmpfs-mount-options",
)
def tmpfs_of_root(stack: Stack) -> Iterator[Report]:
    """
    A folder in memory with a mode of its own belongs to root, and the program runs as somebody else.

    Without options everybody may write there. With `mode=0755` only its owner may, who is root unless `uid` says
    otherwise: the first write ends with "permission denied".
    """
    for container in stack.containers.values():
        if container.user in (None, "", "0", "root"):
            continue
        for place, folder, options in _folders(container.service):
            mode = options.get("mode", "")
            is_closed = re.fullmatch(r"[0-7]{3,5}", mode) is not None and not int(mode, 8) & _OTHERS_MAY_WRITE
            owner = options.get("uid", "0")
            if is_closed and owner == "0" and options.get("gid", "0") == "0":
                message = f'"{folder}" belongs to root, and service "{container.name}" runs as {container.user}; '
                yield (
                    place,
                    message + f"add uid={container.user}" if container.user.isdigit() else message + "add its uid",
                )


def _folders(service: Service) -> Iterator[tuple[Place, str, dict[str, str]]]:
    for entry in service.tmpfs:
        folder, _, text = str(entry.data).partition(":")
        pairs = (part.partition("=") for part in text.split(","))
        yield entry.place, folder, {name: value for name, _, value in pairs}
