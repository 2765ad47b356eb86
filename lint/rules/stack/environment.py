"""What the code reads from its environment, against what its container gets."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.code import code_of, variables_read

_NOT_OURS = regex(
    r"(?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC|COMPOSE|DOCKER|BUILDKIT|npm)_\w+"
    r"|PATH|HOME|PWD|USER|TZ|LANG|CI|NODE_ENV|HOSTNAME"
)
_DOCKERFILE = "FROM python:3.13.5-slim\nWORKDIR /app\nCOPY app ./app\nUSER 1000\n"
_CODE = 'import os\n\nHOST = os.environ["SMTP_HOST"]\nPORT = int(os.getenv("SMTP_PORT", "587"))\n'


@rule(
    "stack/variable-not-passed",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                environment:  # <-
                  SMTP_PORT: ${SMTP_PORT:-587}
              cache:
                image: redis:8.2.1
        """,
        "Dockerfile": _DOCKERFILE,
        "app/mail.py": _CODE,
        ".env.example": "SMTP_HOST=\nSMTP_PORT=587\n",
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    build: .
                    environment: [SMTP_HOST, "SMTP_PORT=587"]
                  worker:
                    build: .
                    command: [python, -m, app.worker]
            """,
            "Dockerfile": _DOCKERFILE,
            "app/mail.py": _CODE,
            ".env.example": "SMTP_HOST=\nSMTP_PORT=587\n",
        },
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n    env_file: .env\n",
            "Dockerfile": _DOCKERFILE,
            "app/mail.py": _CODE,
            ".env.example": "SMTP_HOST=\nSMTP_PORT=587\nMYSQL_PASSWORD=\n",
        },
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n",
            "Dockerfile": _DOCKERFILE,
            "app/mail.py": _CODE,
        },
    ),
    source="https://github.com/getzep/graphiti/issues/1700",
)
def variable_not_passed(stack: Stack) -> Iterator[Report]:
    """
    A variable that the example env file shows and the code reads, and that no container gets.

    Compose reads the env file for its own `${NAME}` and hands nothing of it to the containers. Whoever sets the
    variable waits for an effect, and the program runs with its default, or ends. Name it under `environment`, or give
    the service the file as `env_file`.
    """
    examples = [
        each for each in stack.env if each.is_example and posixpath.dirname(each.path) == stack.project.directory
    ]
    shown = frozenset(name for each in examples for name in each.by_name if name and not _NOT_OURS.fullmatch(name))
    if not shown or not stack.is_whole or any(_is_unknown(each) for each in stack.containers.values()):
        return
    for group in _groups(stack):
        first = group[0]
        lacking = shown - {name for each in group for name in _passed(each)}
        found = variables_read(code_of(first), lacking)
        if found:
            names = ", ".join(f'"{name}"' for name in sorted(found)[:4]) + (" and more" if len(found) > 4 else "")  # noqa: PLR2004 - as shown
            own = first.service.get("environment")
            place = own.key_place if own is not None else first.service.place
            message = f'{next(iter(found.values())).path} reads {names}, which service "{first.name}" does not get; '
            yield place, message + 'add it to "environment"'


def _groups(stack: Stack) -> list[list[Container]]:
    """The services that are built, those of one Dockerfile together: one may run what the other does not."""
    found: dict[tuple[str | None, str | None], list[Container]] = {}
    for container in stack.containers.values():
        if container.build is not None:
            found.setdefault((container.build.folder, container.build.path), []).append(container)
    return list(found.values())


def _is_unknown(container: Container) -> bool:
    """Whether it may get variables that are not seen here."""
    service, project = container.service, container.stack.project
    return any(each.file is None or project.env_file(each.file) is None for each in service.env_files)


def _passed(container: Container) -> Iterator[str]:
    yield from container.environment
    yield from container.stage.environment if container.stage is not None else ()
    for name in container.environment:
        if name.endswith("_FILE"):
            yield name.removesuffix("_FILE")
    yield from (str(each.source).upper() for each in container.service.secrets)
