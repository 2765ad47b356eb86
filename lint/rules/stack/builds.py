"""What Compose builds, against the Dockerfile and the files that are there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...dockerfile import Stage
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from ...stack import Stack
from ...stack.ignoring import is_git_ignored

_BUILD = "https://docs.docker.com/reference/compose-file/build/"
_WRITTEN = regex(
    r".+\.(?:py|js|cjs|mjs|ts|tsx|jsx|vue|json|ya?ml|toml|txt|conf|cfg|ini|sh|lock|html|css|xml|gradle|go|mod|sum|rs|rb|php"
    r"|java|kt|properties|template|sql|md)|(?:.*/)?(?:Gemfile|Pipfile|Makefile|Procfile)"
)
_SOURCES = regex(
    r".+\.(?:py|js|cjs|mjs|ts|tsx|jsx|vue|svelte|go|rs|rb|php|java|kt|scala|cs|fs|c|cc|cpp|ex|exs|toml|lock|gradle|csproj|sln)"
    r"|package\.json|requirements.*\.txt|pom\.xml|go\.mod|Gemfile|Pipfile|composer\.json"
)
"""Files that are there only where the sources of a program are."""

_MADE = regex(
    r"(?:.*/)?(?:dist|build|out|target|bin|obj|node_modules|vendor|public|static|generated|gen|artifacts?|release|releases"
    r"|coverage|versions?|wheels|wheelhouse|certs?|ssl|secrets?|data|output|publish|tmp|package)(?:/.*)?"
)


@rule(
    "stack/dockerfile-missing",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build:
                  context: .
                  dockerfile: docker/Dockerfile.prod  # <-
        """,
        "Dockerfile": "FROM python:3.13.5\n",
        "app.py": "",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
              absent:
                build: {context: ., dockerfile: docker/Dockerfile.prod}
              other:
                build: https://github.com/acme/app.git
              inline:
                build:
                  context: .
                  dockerfile_inline: FROM alpine:3.22
        """,
        "Dockerfile": "FROM python:3.13.5\n",
    },
    source=_BUILD,
)
def dockerfile_missing(stack: Stack) -> Iterator[Report]:
    """
    A service is built from a Dockerfile that is not there, so neither it nor what waits for it starts.

    Where no sources of a program lie in the build context, they are elsewhere, and nothing is said.
    """
    for container in stack.containers.values():
        build, path = container.service.build, container.build.path if container.build else None
        if build is None or path is None or stack.reader.exists(path) or not _is_here(stack, build.folder):
            continue
        value = build.value.get("dockerfile")
        message = f'there is no "{path}"; correct the path'
        yield value.place if value is not None else build.place, message


def _is_here(stack: Stack, folder: str | None) -> bool:
    """Whether the context is a folder that holds the sources of a program, and not only the stack's own files."""
    if folder is None or not (folder in ("", ".") or stack.reader.is_folder(folder)):
        return False
    levels = (posixpath.join(folder, "*"), posixpath.join(folder, "*", "*"))
    return any(_SOURCES.fullmatch(posixpath.basename(path)) for level in levels for path in stack.reader.glob(level))


@rule(
    "stack/build-target-unknown",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build:
                  context: .
                  target: production  # <-
        """,
        "Dockerfile": "FROM node:24.4 AS build\nFROM nginx:1.30.1 AS prod\n",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: {context: ., target: Prod}
              first:
                build: {context: ., target: "0"}
              unknown:
                build: {context: ., target: "${TARGET}"}
        """,
        "Dockerfile": "FROM node:24.4 AS build\nFROM nginx:1.30.1 AS prod\n",
    },
    source=_BUILD + "#target",
)
def build_target_unknown(stack: Stack) -> Iterator[Report]:
    """A service is built up to a stage that its Dockerfile does not have: the build ends with an error."""
    for container in stack.containers.values():
        built = container.build
        if built is None or built.target is None or built.dockerfile is None or built.stage is not None:
            continue
        value = container.service.get("build.target")
        names = [stage.name for stage in built.dockerfile.stages if stage.name]
        if value is not None and built.dockerfile.stages:
            there = f"there are {', '.join(names)}" if names else "its stages have no names"
            yield value.place, f'the Dockerfile has no stage "{built.target}"; {there}'


@rule(
    "stack/copy-source-missing",
    Severity.ERROR,
    bad={
        "deploy/docker-compose.yml": """
            services:
              app:
                build:
                  context: ..
                  dockerfile: deploy/Dockerfile
        """,
        "deploy/Dockerfile": """
            FROM python:3.13.5
            COPY requirements.txt /app/
            COPY conf/app.yaml /app/  # <-
        """,
        "requirements.txt": "fastapi==0.115.0\n",
    },
    good={
        "deploy/docker-compose.yml": """
            services:
              app:
                build:
                  context: ..
                  dockerfile: deploy/Dockerfile
        """,
        "deploy/Dockerfile": """
            FROM python:3.13.5 AS unused
            COPY nowhere.txt /app/
            FROM python:3.13.5
            COPY requirements.txt package*.json /app/
            COPY dist/app.js made.json app.jar server /app/
            COPY --from=ghcr.io/acme/tools:1.2.3 /etc/tools.conf /etc/
        """,
        "requirements.txt": "fastapi==0.115.0\n",
        ".gitignore": "made.json\n",
    },
    source="https://docs.docker.com/reference/dockerfile/#copy",
)
def copy_source_missing(stack: Stack) -> Iterator[Report]:
    """
    COPY names a file that is not in the build context, so the build ends with "not found".

    Paths start at the context that the Compose file names, not at the Dockerfile. What git ignores, or what by its
    name is made by a build, may come before the image is built and is not judged; nor is a context without sources.
    """
    for container in stack.containers.values():
        built = container.build
        if built is None or built.stage is None or built.folder is None or not _is_here(stack, built.folder):
            continue
        for stage in _needed(built.stage):
            for copy in stage.copies:
                for word in copy.sources if copy.origin is None else ():
                    text = stage.text(word)
                    if text and _is_missing(stack, built.folder, text):
                        where = f'"{built.folder or "."}"'
                        yield word.place, f'the build context {where} has no "{text.lstrip("./")}"; correct the path'


def _needed(stage: Stage) -> list[Stage]:
    """The stages that *stage* is made of, itself among them."""
    found: list[Stage] = []
    waiting = [stage]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.append(each)
            waiting += [*([each.base] if each.base else []), *each.origins.values()]
    return found


def _is_missing(stack: Stack, folder: str, text: str) -> bool:
    path = posixpath.normpath(text.lstrip("/"))
    if "://" in text or any(sign in text for sign in "*?[$") or not _WRITTEN.fullmatch(path) or path.startswith(".."):
        return False
    here = posixpath.normpath(posixpath.join(folder, path))
    if stack.reader.exists(here) or stack.reader.is_folder(here) or _MADE.fullmatch(posixpath.dirname(path)):
        return False
    return not is_git_ignored(stack, here) and not _is_of_module(stack, folder, path)


def _is_of_module(stack: Stack, folder: str, path: str) -> bool:
    """Whether *path* lies in a submodule of git, which may not be checked out here."""
    first = path.partition("/")[0]
    sources = (stack.text(posixpath.join(folder, ".gitmodules")), stack.text(".gitmodules"))
    return any(source is not None and first in source.text for source in sources)
