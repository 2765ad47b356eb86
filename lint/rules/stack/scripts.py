"""Scripts that start the stack, against the files that make it up."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from ...source import Source
from ...stack import Stack

_NAMES = regex(
    r"(?:.*[-_])?(?:deploy|release|prod|production|start|up|update|install)(?:[-_.].*)?\.sh|[Mm]akefile", re.I
)
_CALL = regex(
    r"^[^#\n]*?(?P<call>\bdocker(?:-compose|[ \t]+compose)"
    r"(?P<options>(?:[ \t]+-[\w-]+(?:[= \t]+[^\s;&|-][^\s;&|]*)?)*?)"
    r"[ \t]+(?P<verb>up|build|pull|create|restart|start))\b",
    re.M,
)
_TARGET = regex(r"^(?P<name>[\w.-]+)[ \t]*:(?!=)", re.M)
_PRODUCTION = regex(r"deploy|prod|release", re.I)
_BASE = "services:\n  app:\n    image: ghcr.io/acme/app:1.2.3\n    ports: ['127.0.0.1:8000:8000']\n"
_PROD = "services:\n  app:\n    ports: !reset []\n    restart: unless-stopped\n"


@rule(
    "stack/production-file-not-loaded",
    Severity.INFO,
    bad=(
        {
            "docker-compose.yml": _BASE,
            "docker-compose.prod.yml": _PROD,
            "deploy.sh": "#!/bin/sh\ngit pull\ndocker compose pull  # <-\ndocker compose up -d --build  # <-\n",
        },
        {
            "docker-compose.yml": _BASE,
            "docker-compose.prod.yml": _PROD,
            "Makefile": "dev:\n\tdocker compose up\n\ndeploy:\n\tdocker-compose up -d  # <-\n",
        },
    ),
    good=(
        {
            "docker-compose.yml": _BASE,
            "docker-compose.prod.yml": _PROD,
            "deploy.sh": "docker compose -f docker-compose.yml -f docker-compose.prod.yml up -d\n",
            "start-dev.sh": "docker compose up\n",
        },
        {
            "docker-compose.yml": _BASE,
            "docker-compose.prod.yml": _PROD,
            ".env": "COMPOSE_FILE=docker-compose.yml:docker-compose.prod.yml\n",
            "deploy.sh": "docker compose up -d\n",
        },
        {"docker-compose.yml": _BASE, "deploy.sh": "docker compose up -d\n"},
    ),
    source="https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/",
    preset="strict",
)
def production_file_not_loaded(stack: Stack) -> Iterator[Report]:
    """
    A script that deploys calls Compose without the file for production, which Compose never takes by itself.

    It reads `docker-compose.yml` and `docker-compose.override.yml` alone: what runs is the stack of the developers.
    Name both files with `-f`, or set COMPOSE_FILE in the env file.
    """
    project = stack.project
    names = [posixpath.basename(path) for path in project.paths]
    if project.role != "production" or len(names) == 1 or "COMPOSE_FILE" in project.environment:
        return
    for path in _scripts(stack):
        source = stack.text(path)
        if source is None or "COMPOSE_FILE" in source.text or any(name in source.text for name in names[1:]):
            continue
        for start, end in _calls(source, posixpath.basename(path)):
            stack.report_in(source)
            yield source.place(start, end), f'this reads "{names[0]}" without "{names[-1]}"; name both with -f'


def _scripts(stack: Stack) -> Iterator[str]:
    folder = stack.project.directory
    for pattern in ("*.sh", "scripts/*.sh", "bin/*.sh", "[Mm]akefile"):
        for path in stack.reader.glob(posixpath.join(folder, pattern)):
            if _NAMES.fullmatch(posixpath.basename(path)) and "dev" not in posixpath.basename(path).lower():
                yield path


def _calls(source: Source, name: str) -> Iterator[tuple[int, int]]:
    """Where Compose is called without naming files; in a Makefile, below targets that are for production."""
    for match in _CALL.finditer(source.text):
        words = match["options"].replace("=", " ").split()
        if "-f" in words or any(
            word.startswith(("-f", "--file", "--project-directory", "--context")) for word in words
        ):
            continue
        if name.lower() == "makefile":
            targets = [each["name"] for each in _TARGET.finditer(source.text, 0, match.start())]
            if not targets or not _PRODUCTION.search(targets[-1]):
                continue
        yield match.span("call")
