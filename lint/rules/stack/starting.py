"""What a service starts, against what its image would have started."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...dockerfile import image_name
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.building import plain_name

_WITHOUT_ENTRYPOINT = frozenset(
    ("alpine", "buildpack-deps", "debian", "golang", "python", "ruby", "rust", "scratch", "ubuntu")
)
"""Official images that start the words of the command as they are."""

_COMMAND = "https://docs.docker.com/reference/compose-file/services/#command"


@rule(
    "stack/command-without-program",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                command: --workers 4 --bind 0.0.0.0:8000  # <-
              files:
                image: python:3.13.5-slim
                command: ["-m", "http.server"]  # <-
        """,
        "Dockerfile": """
            FROM python:3.13.5-slim
            CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                command: --workers 4
              node:
                image: node:24.4.1
                command: ["--version"]
              db:
                image: mysql:9.7.4
                command: ["--skip-name-resolve"]
              own:
                image: python:3.13.5-slim
                entrypoint: [python]
                command: ["-m", "http.server"]
        """,
        "Dockerfile": """
            FROM python:3.13.5-slim
            ENTRYPOINT ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]
            CMD ["--workers", "2"]
        """,
    },
    source=_COMMAND,
)
def command_without_program(stack: Stack) -> Iterator[Report]:
    """
    A command of options alone for an image that has no entrypoint to take them.

    `command` replaces the CMD of the image, its program included, and adds nothing to it. The engine looks for a
    program called `--workers` and finds none. Write the whole command, or give the image an ENTRYPOINT.
    """
    for container in stack.containers.values():
        command = container.service.command
        first = command.words[0] if command is not None and command.words else ""
        if not isinstance(first, str) or not first.startswith("-") or container.service.entrypoint is not None:
            continue
        if command is not None and _has_no_entrypoint(container):
            message = f'the image of service "{container.name}" has no entrypoint to take "{first}"; '
            yield command.place, message + "write the program in front of it"


def _has_no_entrypoint(container: Container) -> bool:
    """Whether surely nothing comes before the command."""
    if container.root_image is None:
        return False
    name = plain_name(image_name(container.root_image).name)
    if container.build is not None and (container.stage is None or container.stage.entrypoint is not None):
        return False
    return name in _WITHOUT_ENTRYPOINT


_FALLBACK = regex(r"\$#|\$\{#|\$\{[@*1]:?-|\$\{1\+|-z\s+\"?\$\{?1")
_TAKES_COMMAND = regex(r"^\s*(?:exec\s+)?(?:\S+\s+)*\"\$@\"", re.MULTILINE)


@rule(
    "stack/entrypoint-drops-command",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    build: .
                    entrypoint: ["./wait-for-it.sh", "db:3306", "--"]  # <-
            """,
            "Dockerfile": """
                FROM python:3.13.5-slim
                WORKDIR /app
                CMD ["gunicorn", "app:app"]
            """,
        },
        {
            "docker-compose.yml": """
                services:
                  app:
                    build: .
                    entrypoint: /app/prepare.sh  # <-
            """,
            "Dockerfile": """
                FROM python:3.13.5-slim
                WORKDIR /app
                COPY prepare.sh ./
                CMD ["gunicorn", "app:app"]
            """,
            "prepare.sh": '#!/bin/sh\npython manage.py migrate\nexec "$@"\n',
        },
    ),
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    build: .
                    entrypoint: ["./wait-for-it.sh", "db:3306", "--"]
                    command: ["gunicorn", "-b", "0.0.0.0:8000", "app:app"]
                  other:
                    build: .
                    entrypoint: [python, worker.py]
            """,
            "Dockerfile": """
                FROM python:3.13.5-slim
                WORKDIR /app
                CMD ["gunicorn", "app:app"]
            """,
        },
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n    entrypoint: /app/prepare.sh\n",
            "Dockerfile": 'FROM python:3.13.5-slim\nWORKDIR /app\nCOPY prepare.sh ./\nCMD ["gunicorn", "app:app"]\n',
            "prepare.sh": '#!/bin/sh\nif [ $# -eq 0 ]; then set -- gunicorn app:app; fi\nexec "$@"\n',
        },
    ),
    source="https://docs.docker.com/reference/compose-file/services/#entrypoint",
)
def entrypoint_drops_command(stack: Stack) -> Iterator[Report]:
    """
    An entrypoint that runs the command it is given, and no command: the image's CMD is dropped beside `entrypoint`.

    The script waits or prepares, has nothing to run after that, and ends; the container with it. Write the command
    under `command` too.
    """
    for container in stack.containers.values():
        service, stage = container.service, container.stage
        entry = service.entrypoint
        if entry is None or service.command is not None or stage is None or stage.cmd is None:
            continue
        words = [word for word in entry.words if isinstance(word, str)]
        if words and len(words) == len(entry.words) and (words[-1] == "--" or _runs_arguments(container, words)):
            shown = stage.cmd.command.text.strip()
            message = f'beside "entrypoint" the image\'s own CMD {shown} is dropped; '
            yield entry.place, message + 'write it under "command"'


def _runs_arguments(container: Container, words: list[str]) -> bool:
    """Whether it is a script alone that ends by running what it is given, and does nothing without it."""
    names = [word for word in words if word not in ("sh", "bash", "/bin/sh", "/bin/bash", "-e")]
    if len(names) != 1:
        return False
    folder = container.service.data("working_dir") or (container.stage.workdir if container.stage else None) or "/"
    here = container.tree.source(posixpath.normpath(posixpath.join(str(folder), names[0])))
    source = container.stack.text(here) if here is not None else None
    if source is None or _FALLBACK.search(source.text):
        return False
    lines = [line for line in source.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and _TAKES_COMMAND.match(lines[-1]) is not None
