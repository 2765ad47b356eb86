"""Packages of Alpine and of Python: what stays behind, and which versions come."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Dockerfile
from ...dockerfile.packages import packages_of, pip_arguments
from ...finding import Severity
from ...rule import Report, rule
from .running import after, bodies, has_cache, kept_runs, runs, verb_of


@rule(
    "dockerfile/apk-cache-left",
    Severity.INFO,
    bad="""
        FROM alpine:3.22
        RUN apk add git  # <-
        USER 1000
    """,
    good="""
        FROM alpine:3.22
        RUN apk add --no-cache git && apk -U --no-cache add curl
        RUN apk add git && rm -rf /var/cache/apk/*
        RUN --mount=type=cache,target=/var/cache/apk apk add git
        USER 1000
    """,
    fixed="""
        FROM alpine:3.22
        RUN apk add --no-cache git
        USER 1000
    """,
    source="https://wiki.alpinelinux.org/wiki/Local_APK_cache",
    covers=("hadolint:DL3019", "trivy:DS-0025", "kics:apk_add_using_local_cache_path"),
    preset="strict",
)
def apk_cache_left(dockerfile: Dockerfile) -> Iterator[Report]:
    """`apk add` without `--no-cache`: the index stays in the layer, or is an old one."""
    for _, each, script in kept_runs(dockerfile):
        if "/var/cache/apk" in each.text + bodies(each) or has_cache(each, "/var/cache/apk", "/etc/apk/cache"):
            continue
        for command in script.named("apk"):
            verb = verb_of(command)
            if verb is not None and verb.text == "add" and not command.option("--no-cache"):
                yield verb.place, "the index stays in this layer; add --no-cache", after(verb, " --no-cache")


@rule(
    "dockerfile/pip-cache-left",
    Severity.INFO,
    bad="""
        FROM python:3.13
        COPY requirements.txt .
        RUN pip install -r requirements.txt  # <-
        USER 1000
    """,
    good=(
        """
        FROM python:3.13
        COPY requirements.txt /
        RUN pip install --no-cache-dir -r requirements.txt && pip download x
        RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
        USER 1000
        """,
        """
        FROM python:3.13
        ENV PIP_NO_CACHE_DIR=1
        COPY requirements.txt /
        RUN python -m pip install -r requirements.txt
        USER 1000
        """,
        """
        FROM python:3.13 AS build
        COPY requirements.txt /
        RUN pip install --prefix=/install -r requirements.txt
        FROM python:3.13
        COPY --from=build /install /usr/local
        USER 1000
        """,
    ),
    fixed="""
        FROM python:3.13
        COPY requirements.txt .
        RUN pip install --no-cache-dir -r requirements.txt
        USER 1000
    """,
    source="https://pip.pypa.io/en/stable/topics/caching/",
    covers=("hadolint:DL3042", "kics:pip_install_keeping_cached_packages"),
    preset="strict",
)
def pip_cache_left(dockerfile: Dockerfile) -> Iterator[Report]:
    """pip keeps every wheel it fetched, in a layer of the image that nobody reads again."""
    stage = dockerfile.final_stage
    for below in stage.chain() if stage else ():
        if "PIP_NO_CACHE_DIR" in below.environment or "PIP_NO_CACHE_DIR" in below.arguments:
            continue
        for each, script in below.runs():
            if has_cache(each, "/root/.cache/pip", "/home") or ".cache" in each.text:
                continue
            for command in script.commands:
                arguments = pip_arguments(command)
                is_off = command.option("--no-cache-dir", "--no-cache") or any(
                    "PIP_NO_CACHE" in word.raw for word in command.assignments
                )
                if arguments and not is_off and command.program != "uv":
                    verb = command.argv[len(command.argv) - len(arguments) - 1]
                    yield (
                        verb.place,
                        "the cache stays in this layer; add --no-cache-dir",
                        after(verb, " --no-cache-dir"),
                    )


@rule(
    "dockerfile/pip-unpinned",
    Severity.INFO,
    bad="""
        FROM python:3.13
        RUN pip install --no-cache-dir fastapi gunicorn==23.0.0  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        RUN pip install --no-cache-dir --upgrade pip setuptools wheel
        RUN pip install --no-cache-dir fastapi==0.116.1 "gunicorn[gevent]~=23.0" . ./wheels/own.whl
        RUN pip install --no-cache-dir -c constraints.txt fastapi
        USER 1000
    """,
    source="https://pip.pypa.io/en/stable/topics/repeatable-installs/",
    covers=("hadolint:DL3013", "kics:unpinned_package_version_in_pip_install"),
    preset="strict",
)
def pip_unpinned(dockerfile: Dockerfile) -> Iterator[Report]:
    """A package without a version: the same Dockerfile gives another image next week."""
    for _, _, script in runs(dockerfile):
        for command in script.commands:
            if pip_arguments(command) is None or command.option("-c", "--constraint", "--require-hashes"):
                continue
            for package in packages_of(command):
                is_open = package.name and package.version is None and package.word.text
                if is_open and package.name not in _TOOLS:
                    yield package.word.place, f'no version for "{package.name}"; write one, or use a lock file'


_TOOLS = ("pip", "setuptools", "wheel", "uv", "poetry", "pipenv", "build")
