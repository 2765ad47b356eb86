"""Images that files are copied from."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Dockerfile, Stage, Word
from ...dockerfile.image import image_name
from ...finding import Severity
from ...policy import Policy
from ...rule import Report, rule
from .base_images import is_floating

_TOOLS = frozenset(
    ["bash", "busybox", "caddy", "composer", "docker", "golang", "node", "nginx", "php", "python", "rust"]
)
"""Official images that files are copied from by a name that is hardly one of a named context."""


def _named(stage: Stage) -> Iterator[tuple[Word, str]]:
    """What ``COPY --from=`` of a stage names, where that can be known."""
    for each in stage.all("COPY"):
        flag = each.flag("from")
        text = stage.text(flag.value_word) if flag and flag.value else None
        if flag and text:
            yield flag.value_word, text


@rule(
    "dockerfile/copied-image-moves",
    Severity.WARNING,
    bad="""
        FROM php:8.4.10-fpm
        COPY --from=composer:latest /usr/bin/composer /usr/bin/composer  # <-
        COPY --from=composer /usr/bin/composer /usr/bin/composer  # <-
        COPY --from=ghcr.io/astral-sh/uv /uv /bin/uv  # <-
        USER 1000
    """,
    good="""
        FROM node:24.4.1 AS build
        FROM php:8.4.10-fpm
        COPY --from=composer:2.8.9 /usr/bin/composer /usr/bin/composer
        COPY --from=composer:2 /usr/bin/composer /usr/bin/composer
        COPY --from=build /dist /srv
        COPY --from=0 /dist /srv
        COPY --from=assets /dist /srv
        USER 1000
    """,
    source="https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
)
def copied_image_moves(dockerfile: Dockerfile, policy: Policy) -> Iterator[Report]:
    """
    A file that is copied from the newest image of a name.

    Next month the same source holds another version of the program, and nothing in the repository has changed. A name
    that is like none of an image is left alone: it may be a named context.
    """
    stages = {stage.name for stage in dockerfile.stages}
    for stage in dockerfile.stages:
        for word, text in _named(stage):
            image = image_name(text)
            if text.lower() in stages or text.isdecimal() or not image.is_valid or image.digest:
                continue
            if image.tag is None and ("/" in text or text in _TOOLS):
                yield word.place, f'image "{text}" has no tag, so it is "latest"; write the version you tested'
            elif image.tag and is_floating(image.tag.lower(), policy):
                yield word.place, f'tag "{image.tag}" of image "{text}" moves; write the version you tested'
