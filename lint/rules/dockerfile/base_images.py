"""What an image is built on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Dockerfile
from ...dockerfile.scope import PLATFORM_ARGUMENTS
from ...finding import Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule


@rule(
    "dockerfile/untagged-base",
    Severity.ERROR,
    bad="""
        ARG BASE=python
        FROM node AS page  # <-
        FROM ${BASE}  # <-
        COPY --from=page /page /page
        USER 1000
    """,
    good="""
        ARG BASE
        FROM node:24.4-slim AS page
        FROM scratch AS empty
        FROM page AS second
        FROM registry.example.com:5000/python@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        COPY --from=second /page /page
        USER 1000
    """,
    source="https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
    covers=("hadolint:DL3006", "trivy:DS-0001", "checkov:CKV_DOCKER_7", "kics:image_version_not_explicit"),
)
def untagged_base(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A base image without a tag: the newest one at the time of the build.

    Two builds of the same source differ, and a new major version comes without a change in the repository.
    A default of an ARG counts as written.
    """
    for stage in dockerfile.stages:
        word, image = stage.base_word, stage.image
        if word and image and image.is_valid and image.tag is None and image.digest is None:
            yield word.place, f'base image "{image.name}" has no tag, so it is "latest"; write the version you tested'


@rule(
    "dockerfile/floating-base",
    Severity.ERROR,
    bad="""
        ARG TAG=latest
        FROM nginx:stable-alpine AS one  # <-
        FROM python:${TAG}  # <-
        FROM mcr.microsoft.com/dotnet/aspnet:8.0-nightly  # <-
        FROM node:slim AS page  # <-
        USER 1000
    """,
    good=(
        """
        ARG TAG=3.13.5-slim
        FROM python:${TAG}
        USER 1000
        """,
        """
        FROM jitsi/web:stable-9823 AS page
        FROM acme/base:main-1a2b3c4
        COPY --from=page /page /page
        USER 1000
        """,
    ),
    source="https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
    covers=("hadolint:DL3007", "trivy:DS-0001", "checkov:CKV_DOCKER_7", "kics:image_version_using_latest"),
)
def floating_base(dockerfile: Dockerfile, policy: Policy) -> Iterator[Report]:
    """
    A base image by a tag that means another version next month, such as `latest`, `stable` or `lts-alpine`.

    A tag that goes on with the number of a build, such as `stable-9823`, stays what it is.
    """
    for stage in dockerfile.stages:
        word, image = stage.base_word, stage.image
        if not word or not image or not image.tag or image.digest:
            continue
        if is_floating(image.tag.lower(), policy) or _is_flavour(image.official, image.tag.lower()):
            yield word.place, f'tag "{image.tag}" moves; write the version you tested'


_BUILD = regex(r"v?\d+(?:\.\d+)*|[0-9a-f]{7,64}")
"""The part of a tag that says which build it is."""


_NUMBERED = frozenset(
    [
        "caddy",
        "golang",
        "httpd",
        "mariadb",
        "mongo",
        "mysql",
        "nginx",
        "node",
        "php",
        "postgres",
        "python",
        "redis",
        "ruby",
    ]
)
"""Official images whose tags say a version, so that one without any is the newest."""

_FLAVOURS = frozenset(["alpine", "apache", "bookworm", "bullseye", "fpm", "slim", "trixie"])


def _is_flavour(official: str | None, tag: str) -> bool:
    """Whether *tag* says what the image is like and no version, as in ``python:slim``."""
    return official in _NUMBERED and all(word.rstrip("0123456789.") in _FLAVOURS for word in tag.split("-"))


def is_floating(tag: str, policy: Policy) -> bool:
    """Whether *tag* means another version next month."""
    words = re.split(r"[-_]", tag)
    if words[-1] in ("latest", "nightly"):
        return True
    return words[0] in policy.images.floating_tags and not any(_BUILD.fullmatch(word) for word in words[1:])


@rule(
    "dockerfile/base-past-end-of-life",
    Severity.WARNING,
    bad="""
        ARG VERSION=3.8-slim
        FROM node:16-alpine AS page  # <-
        FROM docker.io/library/python:${VERSION}  # <-
        COPY --from=page /page /page
        FROM python:3.14-slim-buster  # <-
        USER 1000
    """,
    good="""
        ARG VERSION=3.14
        FROM node:24.4-alpine AS page
        FROM registry.example.com/python:3.8 AS own
        FROM python:${VERSION}
        COPY --from=page /page /page
        COPY --from=own /own /own
        USER 1000
    """,
    source="https://endoflife.date/",
)
def base_past_end_of_life(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    An image is built on a version whose makers no longer mend it: holes that are found from now on stay open.

    The days are in a table with its sources, for official images only; the rule is silent once the table is older
    than a year.
    """
    from ...stack.images import end_of_flavour, end_of_life, today  # noqa: PLC0415 - reads its table only for a Dockerfile

    for stage in dockerfile.stages:
        word, image = stage.base_word, stage.image
        if word is None or image is None or not image.tag or not _OFFICIAL.fullmatch(image.name):
            continue
        name = image.name.rpartition("/")[2]
        found = end_of_life(name, image.tag)
        if found is not None and found[1] < today():
            yield word.place, f'"{name} {found[0]}" gets no updates since {found[1]}; go to a newer version'
        elif (below := end_of_flavour(image.tag)) is not None and below[1] < today():
            yield word.place, f'it is made of "{below[0]}", without updates since {below[1]}; go to a newer one'


_OFFICIAL = regex(r"(?:docker\.io/)?(?:library/)?[a-z0-9_-]+")
"""The names of images that are Docker's own."""


@rule(
    "dockerfile/undefined-argument-in-from",
    Severity.ERROR,
    bad="""
        FROM python:${VERSION}  # <-
        ARG VERSION=3.13
        USER 1000
    """,
    good="""
        ARG VERSION=3.13
        FROM --platform=$BUILDPLATFORM python:${VERSION} AS build
        FROM python:${OTHER:-3.13}
        COPY --from=build /a /b
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/undefined-arg-in-from/",
    covers=("buildkit:UndefinedArgInFrom",),
)
def undefined_argument_in_from(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A variable in FROM that no ARG above the first FROM declares.

    It is empty there, whatever is passed with `--build-arg`; an ARG inside a stage does not reach a FROM.
    """
    declared = set(dockerfile.outer.arguments) | PLATFORM_ARGUMENTS
    for stage in dockerfile.stages:
        for word in (*stage.opening.words[:1], *(flag.value_word for flag in stage.opening.flags if flag.value)):
            for use in dockerfile.outer.expansions[word.passage.origin(word.start)].uses:
                if use.name not in declared and use.operator not in ("-", ":-", "+", ":+", "?", ":?"):
                    yield use.place, f'"{use.name}" is empty here; declare it with ARG above the first FROM'


@rule(
    "dockerfile/argument-without-default-in-from",
    Severity.WARNING,
    bad="""
        ARG TAG
        FROM python:${TAG}  # <-
        USER 1000
    """,
    good=(
        """
        ARG TAG
        FROM python:${TAG:-3.13}
        USER 1000
        """,
        """
        ARG REGISTRY
        FROM ${REGISTRY}python:3.13
        USER 1000
        """,
    ),
    source="https://docs.docker.com/reference/build-checks/invalid-default-arg-in-from/",
    covers=("buildkit:InvalidDefaultArgInFrom",),
    preset="strict",
)
def argument_without_default_in_from(dockerfile: Dockerfile) -> Iterator[Report]:
    """A FROM that names no valid image unless an argument is passed, which a plain `docker build` does not do."""
    for stage in dockerfile.stages:
        word = stage.base_word
        if word is None:
            continue
        for use in dockerfile.outer.expansions[word.passage.origin(word.start)].uses:
            setting = dockerfile.outer.arguments.get(use.name)
            if setting is None or setting.pair.value is not None or use.operator:
                continue
            blank = word.text.replace("${" + use.name + "}", "").replace("$" + use.name, "")
            if not blank or blank.endswith((":", "/", "@")) or blank.startswith((":", "/")):
                yield use.place, f'without "{use.name}" this is no image; give its ARG a default'
