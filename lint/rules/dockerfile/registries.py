"""Where base images come from."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Dockerfile
from ...finding import Severity
from ...policy import Policy
from ...rule import Report, rule

_POLICY = "policy:\n  images:\n    registries: [docker.io, ghcr.io/acme]\n"


@rule(
    "dockerfile/registry-not-allowed",
    Severity.WARNING,
    bad={
        "Dockerfile": """
            FROM quay.io/acme/base:1.2.3 AS build  # <-
            FROM ghcr.io/somebody/base:1.2.3  # <-
            COPY --from=build /a /b
            USER 1000
        """,
        "fairlead.yaml": _POLICY,
    },
    good=(
        {
            "Dockerfile": """
                ARG BASE
                FROM ghcr.io/acme/base:1.2.3 AS build
                FROM scratch AS empty
                FROM python:3.13.5 AS next
                COPY --from=build /a /b
                FROM next
                USER 1000
            """,
            "fairlead.yaml": _POLICY,
        },
        {"Dockerfile": "FROM quay.io/acme/base:1.2.3\nUSER 1000\n"},
    ),
    source="https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image",
    covers=("hadolint:DL3026",),
)
def registry_not_allowed(dockerfile: Dockerfile, policy: Policy) -> Iterator[Report]:
    """
    A base image from a registry that the policy does not name.

    Whoever pushes there decides what the image holds. `policy.images.registries` lists hosts such as `docker.io`, or
    hosts with a folder such as `ghcr.io/acme`; while the list is empty every registry will do.
    """
    for stage in dockerfile.stages if policy.images.registries else ():
        word, image = stage.base_word, stage.image
        if word is None or image is None or not image.is_valid:
            continue
        if not policy.allows_registry(image.registry, image.repository):
            name = f"{image.registry or 'docker.io'}/{image.repository}"
            message = f'"{name}" is from none of the allowed registries; mirror it to one of them'
            yield word.place, f"{message}, or add it to policy.images.registries"
