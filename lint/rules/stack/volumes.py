"""Volumes against the user who writes into them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...dockerfile import Instruction, Stage
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack

_COMPOSE = """
    services:
      app:
        build: .
        volumes:
          - uploads:/app/uploads%s
          - cache:/app/cache:ro
          - ./conf:/app/conf
    volumes:
      uploads: {}
      cache: {}
"""


@rule(
    "stack/volume-of-root",
    Severity.WARNING,
    bad={
        "docker-compose.yml": _COMPOSE % "  # <-",
        "Dockerfile": """
            FROM python:3.13-slim
            RUN useradd --uid 10001 app
            WORKDIR /app
            COPY . .
            USER 10001
        """,
    },
    good=(
        {
            "docker-compose.yml": _COMPOSE % "",
            "Dockerfile": """
                FROM python:3.13-slim
                RUN useradd --uid 10001 app && install -d -o app /app/uploads
                USER 10001
            """,
        },
        {
            "docker-compose.yml": _COMPOSE % "",
            "Dockerfile": """
                FROM python:3.13-slim
                COPY --chown=10001 . /app
                USER 10001
            """,
        },
        {"docker-compose.yml": _COMPOSE % "", "Dockerfile": "FROM python:3.13-slim\n"},
        {"docker-compose.yml": _COMPOSE % "", "Dockerfile": "FROM ghcr.io/acme/base:1.2.3\nUSER 10001\n"},
    ),
    source="https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container",
)
def volume_of_root(stack: Stack) -> Iterator[Report]:
    """
    A named volume is mounted where the image has no folder, and the program does not run as root.

    A fresh volume takes over the owner of the folder it covers; without one it belongs to root, and the first write
    ends with "permission denied". Make the folder in the Dockerfile and give it to the user.
    """
    for container in stack.containers.values():
        if container.user in (None, "", "0", "root") or not _is_known(container) or container.service.get("user"):
            continue
        for mount in container.service.mounts:
            if mount.type != "volume" or mount.read_only is not False or not isinstance(mount.target, str):
                continue
            target = posixpath.normpath(mount.target)
            if not _is_made(container, target) and not _is_shared(container, mount.source):
                message = f'volume "{mount.source}" belongs to root, "{container.name}" runs as {container.user}; '
                yield mount.place, f'{message}make "{target}" in the Dockerfile, owned by that user'


def _is_known(container: Container) -> bool:
    """Whether all of the Dockerfile is understood, and what it stands on is known."""
    return container.stage is not None and container.facts is not None and container.stage.is_fully_understood


def _is_made(container: Container, target: str) -> bool:
    """Whether the Dockerfile may make the folder and give it to somebody, or the image may have it."""
    own = container.facts.folders if container.facts is not None else ()
    if target.startswith(("/home/", "/tmp", "/dev/", "/var/tmp", *own)):  # noqa: S108 - compared, not written
        return True
    return (
        any(_makes(stage, each, target) for stage in container.stage.chain() for each in stage.instructions)
        if container.stage
        else True
    )


def _makes(stage: Stage, instruction: Instruction, target: str) -> bool:
    if instruction.name == "RUN":
        text = instruction.text
        return (
            "chown" in text or posixpath.basename(target) in text or any(word.endswith(".sh") for word in text.split())
        )
    if instruction.name in ("COPY", "ADD"):
        folder = posixpath.join(stage.workdir or "/", stage.text(instruction.target) or "/")
        is_above = (
            target.startswith(posixpath.normpath(folder).rstrip("/") + "/") or posixpath.normpath(folder) == target
        )
        return is_above and instruction.flag("chown") is not None
    return instruction.name in ("WORKDIR", "VOLUME") and target in instruction.text


def _is_shared(container: Container, source: object) -> bool:
    """Whether another container may make the volume its own first."""
    others = (each for each in container.stack.containers.values() if each is not container)
    return any(mount.source == source for other in others for mount in other.service.mounts)


_OWNED = regex(r"\b(?:chown\s+(?:-\w+\s+)*|install\s+(?:-\w+\s+)*-o\s*)(?P<user>\d+)\b(?P<rest>[^&;|\n]*)")


@rule(
    "stack/volume-of-other-user",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                user: "1001:1001"
                volumes:
                  - uploads:/app/uploads  # <-
            volumes:
              uploads: {}
        """,
        "Dockerfile": """
            FROM python:3.13-slim
            RUN mkdir -p /app/uploads && chown -R 10001:10001 /app/uploads
            USER 10001
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                user: "10001"
                volumes: ["uploads:/app/uploads"]
              other:
                build: .
                user: "1001"
                volumes: ["cache:/app/cache", "uploads:/app/uploads:ro"]
              root:
                build: .
                user: root
                volumes: ["uploads:/app/uploads"]
            volumes:
              uploads: {}
              cache: {}
        """,
        "Dockerfile": """
            FROM python:3.13-slim
            RUN mkdir -p /app/uploads && chown -R 10001:10001 /app/uploads
            USER 10001
        """,
    },
    source="https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container",
)
def volume_of_other_user(stack: Stack) -> Iterator[Report]:
    """
    A service runs as another user than the one to whom the Dockerfile gives the folder of its volume.

    A fresh volume takes over the owner of the folder it covers, and the first write ends with "permission denied".
    Make `user` and the Dockerfile agree. Only numbers are compared, since a name says nothing about its number.
    """
    for container in stack.containers.values():
        value = container.service.get("user")
        if value is None or container.user is None or not container.user.isdigit() or container.user == "0":
            continue
        for mount in container.service.mounts:
            if mount.type != "volume" or mount.read_only is not False or not isinstance(mount.target, str):
                continue
            owners = _owners(container, posixpath.normpath(mount.target))
            if owners and container.user not in owners:
                message = f'volume "{mount.source}" belongs to {" or ".join(sorted(owners))}, '
                yield mount.place, f'{message}"{container.name}" runs as {container.user}; make them agree'


def _owners(container: Container, target: str) -> set[str]:
    """To whom the Dockerfile gives the folder, by number; none where it may do so by name."""
    found: set[str] = set()
    for stage in container.stage.chain() if container.stage is not None else ():
        for instruction in stage.all("RUN"):
            given = list(_OWNED.finditer(instruction.text))
            if "chown" in instruction.text and len(given) != instruction.text.count("chown"):
                return set()
            found.update(each["user"] for each in given if target in each["rest"].split())
    return found
