"""What a HEALTHCHECK calls, against what is in the image."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Dockerfile
from ...finding import Severity
from ...rule import Report, rule


@rule(
    "dockerfile/healthcheck-tool-missing",
    Severity.ERROR,
    bad=(
        """
        FROM python:3.13.5-slim
        USER 1000
        HEALTHCHECK CMD curl --fail http://127.0.0.1:8000/health || exit 1  # <-
        """,
        """
        FROM node:24.4-alpine
        USER 1000
        HEALTHCHECK CMD ["curl", "--fail", "http://127.0.0.1:3000/"]  # <-
        """,
    ),
    good=(
        """
        FROM python:3.13.5-slim
        RUN apt-get update \\
            && apt-get install --yes --no-install-recommends curl=8.14.1-2 \\
            && rm -rf /var/lib/apt/lists/*
        USER 1000
        HEALTHCHECK CMD curl --fail http://127.0.0.1:8000/health || exit 1
        """,
        """
        FROM ghcr.io/acme/base:1.2.3
        USER 1000
        HEALTHCHECK CMD curl --fail http://127.0.0.1:8000/health || exit 1
        """,
        """
        FROM node:24.4-alpine
        USER 1000
        HEALTHCHECK CMD wget -q --spider http://127.0.0.1:3000/
        """,
    ),
    source="https://github.com/promptfoo/promptfoo/issues/1202",
)
def healthcheck_tool_missing(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    HEALTHCHECK calls a program that the image does not have.

    Every check fails with "not found", so the container is unhealthy for ever although it works. Slim and alpine images
    have no curl, images of Debian no wget. What an image that is not known here has, or a script installs, is not
    judged.
    """
    stage = dockerfile.final_stage
    if stage is None or stage.healthcheck is None:
        return
    from ...stack.building import image_facts  # noqa: PLC0415 - only where there is a check
    from ...stack.checking import check_of_stage  # noqa: PLC0415
    from ...stack.programs import all_missing, image_has_program  # noqa: PLC0415

    check = check_of_stage(stage)
    if check is None:
        return
    facts = image_facts(stage.root.base_text)
    for place, programs in check.alternatives():
        if all_missing(image_has_program(stage, facts, each) for each in programs):
            yield place, f"the image has no {programs[0]}; install it, or check with a program that is there"
