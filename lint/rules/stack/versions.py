"""Versions of what runs, against what the application asks for and what is still mended."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from datetime import date

from ...dockerfile import Stage, image_name
from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.images import end_of_life, today

_COMPOSE = "services:\n  app:\n    build: .\n"
_PART = regex(r"\s*(?P<operator>>=|<=|==|!=|~=|>|<|\^|~|=)?\s*v?(?P<version>\d+(?:\.(?:\d+|\*|x))*)\s*$")


@rule(
    "stack/base-past-end-of-life",
    Severity.WARNING,
    bad={
        "docker-compose.yml": "services:\n  app:\n    build: {context: ., args: {VERSION: 3.8-slim}}\n",
        "Dockerfile": """
            ARG VERSION=3.14-slim
            FROM python:${VERSION}  # <-
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: {context: ., args: {VERSION: 3.14-slim}}
              other:
                build: {context: ., dockerfile: Dockerfile.other}
        """,
        "Dockerfile": """
            ARG VERSION=3.8-slim
            FROM python:${VERSION}
        """,
        "Dockerfile.other": "FROM ghcr.io/acme/python:3.8\n",
    },
    source="https://devguide.python.org/versions/",
)
def base_past_end_of_life(stack: Stack) -> Iterator[Report]:
    """
    A build argument chooses a base image whose makers no longer mend it: holes that are found from now on stay open.

    A version that stands in the Dockerfile itself is reported by `dockerfile/base-past-end-of-life`. The dates are
    those of the makers, in a table with its sources; it is silent once it is older than a year.
    """
    for container in stack.containers.values():
        found = _ended(container)
        place = _image_place(container)
        if found is not None and place is not None and not _is_written(container):
            version, day = found
            yield place, f"{container.image_name} {version} is no longer mended since {day}; move to a newer version"


def _ended(container: Container) -> tuple[str, date] | None:
    tag = image_name(container.root_image).tag if container.root_image else None
    found = end_of_life(container.image_name, tag) if tag else None
    return found if found is not None and found[1] < today() else None


def _is_written(container: Container) -> bool:
    """Whether the Dockerfile alone, without the service's arguments, names that image."""
    image = container.stage.root.image if container.stage is not None else None
    return image is not None and container.root_image is not None and image.tag == image_name(container.root_image).tag


def _image_place(container: Container) -> Place | None:
    """Where FROM names the image; `compose/image-past-end-of-life` looks at those that are pulled."""
    if container.build is None:
        return None
    word = container.stage.root.base_word if container.stage is not None else None
    return word.place if word is not None and word.place.path == container.build.path else None


@rule(
    "stack/runtime-not-as-required",
    Severity.WARNING,
    bad=(
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM python:3.10-slim\nCOPY pyproject.toml /app/\n",
            "pyproject.toml": '[project]\nname = "app"\nrequires-python = ">=3.11,<4"  # <-\n',
        },
    ),
    good=(
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM python:3.12-slim\nCOPY pyproject.toml /app/\n",
            "pyproject.toml": '[project]\nname = "app"\nrequires-python = ">=3.11,<4"\n',
        },
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM node:22-alpine\nCOPY package.json /app/\n",
            "package.json": '{"name": "app", "engines": {"node": "^20.0.0 || >=22"}}\n',
        },
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": "FROM python:3-slim\nCOPY pyproject.toml /app/\n",
            "pyproject.toml": '[project]\nname = "app"\nrequires-python = ">=3.14"\n',
        },
    ),
    source="https://packaging.python.org/en/latest/specifications/pyproject-toml/#requires-python",
    preset="strict",
)
def runtime_not_as_required(stack: Stack) -> Iterator[Report]:
    """
    The image has a Python or Node that the application's own metadata excludes.

    pip refuses to install it; npm only warns, and the program fails later where it uses what is new.
    """
    seen: set[Place] = set()
    for container in stack.containers.values():
        for name, version, place, asked in _requirements(container):
            if place not in seen and _allows(asked, version) is False:
                seen.add(place)
                yield place, f'the image has {name} {version}, which "{asked}" excludes; make them agree'


def _requirements(container: Container) -> Iterator[tuple[str, str, Place, str]]:
    """What runs in each stage, its version, and what a file that is copied there asks for."""
    for stage in container.dockerfile.stages if container.dockerfile is not None else ():
        image = stage.root_image
        name = (image.official or "") if image is not None else ""
        version = re.match(r"\d+(?:\.\d+)*", image.tag or "") if image is not None else None
        if name not in _REQUIREMENTS or version is None:
            continue
        file, read = _REQUIREMENTS[name]
        for path in _copied(container, stage, file):
            found = read(container.stack, path)
            if found is not None:
                yield name, version[0], *found


def _copied(container: Container, stage: Stage, name: str) -> Iterator[str]:
    """The files of that name that the stage copies."""
    folder = container.build.folder if container.build is not None else None
    for copy in stage.copies if folder is not None else ():
        for word in copy.sources if copy.origin is None else ():
            text = stage.text(word)
            if text and posixpath.basename(text) == name:
                yield posixpath.normpath(posixpath.join(folder or "", text.lstrip("/")))


def _of_pyproject(stack: Stack, path: str) -> tuple[Place, str] | None:
    source = stack.text(path)
    match = re.search(r"^requires-python\s*=\s*\"(?P<value>[^\"\n]+)\"", source.text, re.MULTILINE) if source else None
    if source is None or match is None:
        return None
    stack.report_in(source)
    return source.place(*match.span("value")), match["value"]


def _of_package(stack: Stack, path: str) -> tuple[Place, str] | None:
    source = stack.text(path)
    try:
        data = json.loads(source.text) if source is not None else None
    except ValueError:
        return None
    engines = data.get("engines") if isinstance(data, dict) else None
    value = engines.get("node") if isinstance(engines, dict) else None
    if source is None or not isinstance(value, str) or (start := source.text.find(json.dumps(value))) < 0:
        return None
    stack.report_in(source)
    return source.place(start + 1, start + 1 + len(value)), value


_REQUIREMENTS = {"python": ("pyproject.toml", _of_pyproject), "node": ("package.json", _of_package)}


def _allows(requirement: str, version: str) -> bool | None:
    """Whether *requirement* lets *version* in, as far as its numbers go; None where that cannot be told."""
    answers = [_allows_all(each, version) for each in requirement.split("||")]
    return True if True in answers else None if None in answers else False


def _allows_all(requirement: str, version: str) -> bool | None:
    parts = [part for part in re.split(r",|(?<=\d|x|\*)\s+(?=[<>=!~^])", requirement.strip()) if part.strip()]
    answers = [_allows_part(part, version) for part in parts]
    return False if False in answers else None if None in answers or not answers else True


def _allows_part(part: str, version: str) -> bool | None:
    match = _PART.match(part)
    if match is None:
        return None
    operator = match["operator"] or ""
    asked = [int(number) for number in match["version"].split(".") if number.isdigit()]
    given = [int(number) for number in version.split(".")]
    shared = min(len(asked), len(given))
    asked, given = asked[:shared], given[:shared]
    if operator in (">=", "^", "~", "~=") and given < asked:
        return False
    if operator == "<" and (given > asked or (given == asked and shared == len(match["version"].split(".")))):
        return False
    if operator == "<=" and given > asked:
        return False
    if operator in ("^", "") and given[:1] != asked[:1]:
        return False
    return True if operator in (">=", ">", "<", "<=") else None
