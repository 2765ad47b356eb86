"""What the image runs, against what the tests and the developers run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from ...source import Source
from ...stack import Container, Stack

_COMPOSE = "services:\n  app:\n    build: .\n"
_FILES = {"python": (".python-version", "runtime.txt"), "node": (".nvmrc", ".node-version")}
_TOOLS = {"python": "python", "node": r"node(?:js)?"}
_PIPELINE = regex(
    r"^[ \t]*-?[ \t]*(?P<what>python|node)-version:[ \t]*(?P<value>[^\n#]+?(?:\n[ \t]+-[^\n]+)*)[ \t]*(?:#.*)?$", re.M
)
_IMAGE = regex(r"^[ \t]*(?:-[ \t]+)?(?:image|container):[ \t]*[\"']?(?P<what>python|node):(?P<value>[\w.-]+)", re.M)
_VERSION = regex(r"\d+(?:\.\d+)*")


@rule(
    "stack/runtime-not-as-tested",
    Severity.INFO,
    bad=(
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM python:3.13.5-slim  # <-\nUSER 1000\n",
            ".python-version": "3.12.4\n",
        },
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM node:24.4.1 AS build  # <-\nRUN npm ci\nUSER 1000\n",
            ".github/workflows/test.yml": """
                jobs:
                  test:
                    steps:
                      - uses: actions/setup-node@v4
                        with:
                          node-version: 22
            """,
        },
    ),
    good=(
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM python:3.13.5-slim\nUSER 1000\n",
            ".python-version": "3.13\n",
            ".github/workflows/test.yml": """
                jobs:
                  test:
                    strategy:
                      matrix:
                        python-version: ["3.12", "3.13"]
                    steps:
                      - uses: actions/setup-python@v5
                        with:
                          python-version: ${{ matrix.python-version }}
            """,
        },
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM node:24-alpine\nUSER 1000\n",
            ".nvmrc": "lts/*\n",
        },
    ),
    source="https://github.com/actions/setup-python#specifying-a-python-version",
    preset="strict",
)
def runtime_not_as_tested(stack: Stack) -> Iterator[Report]:
    """
    The image has a Python or Node of another version than the tests of the pipeline, or the file for developers, name.

    What was tested is not what runs. Read are .python-version, .nvmrc and their like, .tool-versions, and the
    pipelines of GitHub and GitLab; only the first two numbers of a version are compared, of Node only the first.
    """
    seen: set[Place] = set()
    for container in stack.containers.values():
        for name, version, place in _runtimes(container):
            found = list(_named(container, name)) if place not in seen else []
            seen.add(place)
            if found and not any(_is_same(name, version, each) for each, _ in found):
                other, path = found[0]
                yield place, f"the image has {name} {version}, and {path} names {other}; make them agree"


def _runtimes(container: Container) -> Iterator[tuple[str, str, Place]]:
    for stage in container.dockerfile.stages if container.dockerfile is not None else ():
        image, word = stage.image, stage.base_word
        version = _VERSION.match(image.tag or "") if image is not None else None
        if image is not None and version and image.official in _FILES and word is not None:
            yield str(image.official), version[0], word.place


def _named(container: Container, name: str) -> Iterator[tuple[str, str]]:
    """The versions that files beside the sources name, each with the file."""
    stack, build = container.stack, container.build
    directory = stack.project.directory
    folders = dict.fromkeys((build.folder or "" if build is not None else "", directory, posixpath.dirname(directory)))
    for folder in folders:
        for file in _FILES[name]:
            source = stack.text(posixpath.join(folder, file))
            match = re.match(rf"\s*(?:{name}-|v)?(\d+(?:\.\d+)*)", source.text) if source is not None else None
            if source is not None and match:
                yield match[1], source.path
        source = stack.text(posixpath.join(folder, ".tool-versions"))
        match = re.search(rf"^{_TOOLS[name]}[ \t]+(\d[\d.]*)", source.text, re.M) if source is not None else None
        if source is not None and match:
            yield match[1], source.path
        yield from _of_pipelines(stack, folder, name)


def _of_pipelines(stack: Stack, folder: str, name: str) -> Iterator[tuple[str, str]]:
    paths = [
        *stack.reader.glob(posixpath.join(folder, ".github/workflows/*.y*ml")),
        posixpath.join(folder, ".gitlab-ci.yml"),
    ]
    for path in paths:
        source: Source | None = stack.text(path)
        for pattern in (_PIPELINE, _IMAGE) if source is not None else ():
            for match in pattern.finditer(source.text if source is not None else ""):
                if match["what"] == name and "${{" not in match["value"]:
                    yield from ((version, path) for version in _VERSION.findall(match["value"]))


def _is_same(name: str, one: str, other: str) -> bool:
    count = 2 if name == "python" else 1
    first, second = one.split(".")[:count], other.split(".")[:count]
    shared = min(len(first), len(second))
    return first[:shared] == second[:shared]
