"""Tools that were needed to build and have no business in the image."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Dockerfile, Script
from ...dockerfile.packages import Package, installed
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from .running import kept_runs

_COMPILERS = regex(r"build-essential|build-base|gcc|g\+\+|clang|cmake|make|autoconf|automake|musl-dev|python3-dev")


@rule(
    "dockerfile/build-tools-in-image",
    Severity.WARNING,
    bad="""
        FROM python:3.13-slim
        RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq5 && rm -rf /var/lib/apt/lists/*  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13-slim AS build
        RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev
        FROM python:3.13-alpine
        COPY --from=build /venv /venv
        RUN apk add --no-cache -t .build gcc && pip install --no-cache-dir a==1 && apk del .build
        RUN apk add --no-cache libpq
        USER 1000
    """,
    source="https://docs.docker.com/build/building/multi-stage/",
    preset="strict",
)
def build_tools_in_image(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A compiler in the image that runs: megabytes that nobody needs, and a welcome tool for whoever gets in.

    A stage of its own builds what is needed, and the image copies the result. What the same RUN removes again does
    not count.
    """
    for _, _, script in kept_runs(dockerfile):
        if not _removes(script):
            yield from (_report(package) for package in installed(script) if _is_compiler(package))


def _removes(script: Script) -> bool:
    verbs = {"apt-get": ("purge", "remove", "autoremove"), "apt": ("purge", "remove"), "apk": ("del",)}
    return (
        any(word.text in verbs[command.program] for command in script.named(*verbs) for word in command.arguments)
        or not script.is_understood
    )


def _is_compiler(package: Package) -> bool:
    return package.manager in ("apt", "apk", "dnf") and bool(package.name and _COMPILERS.fullmatch(package.name))


def _report(package: Package) -> Report:
    return package.word.place, f'"{package.name}" stays in the image; build in a stage of its own and copy the result'
