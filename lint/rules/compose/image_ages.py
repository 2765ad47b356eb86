"""Images whose makers no longer mend them."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule
from .judging import is_official


@rule(
    "compose/image-past-end-of-life",
    Severity.WARNING,
    bad="""
        services:
          db:
            image: mysql:5.7.44  # <-
          cache:
            image: postgres:12-alpine  # <-
          script:
            image: docker.io/library/python:3.7  # <-
          web:
            image: nginx:1.25-alpine  # <-
          base:
            image: debian:buster-slim  # <-
          old:
            image: python:3.13-slim-buster  # <-
    """,
    good="""
        services:
          db:
            image: mysql:8.4.6
          script:
            image: python:3.13.5
          major:
            image: node:22.18
          other:
            image: acme/mysql:5.7
          flavour:
            image: python:3.13-slim-bookworm
    """,
    source="https://endoflife.date/",
    lacks=True,
)
def image_past_end_of_life(project: Project) -> Iterator[Report]:
    """
    A version that gets no security updates any more.

    What is found in it from then on stays open, and the way to a living version grows longer with each one skipped.
    The days are in a table with its sources; the rule is silent when the table is older than the policy allows.
    """
    from ...stack.images import end_of_flavour, end_of_life, today  # noqa: PLC0415 - reads its table only for official images

    now = today()
    for service in project.services.values():
        image = service.image
        if image is None or not isinstance(image.name.tag, str) or not is_official(service):
            continue
        found = end_of_life(str(image.name.basename), image.name.tag.removeprefix("v"), now)
        if found is not None and found[1] < now:
            message = f'"{image.name.basename} {found[0]}" gets no updates since {found[1]}; go to a newer version'
            yield image.place, message
        elif (below := end_of_flavour(image.name.tag, now)) is not None and below[1] < now:
            yield image.place, f'it is made of "{below[0]}", without updates since {below[1]}; go to a newer one'
