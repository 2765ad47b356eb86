"""Secrets that a build takes as arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project, Service, Value
from ...finding import Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import dockerfile_of
from .secret_places import FRONT_END, may_be_secret

_BUILD_SECRETS = "https://docs.docker.com/build/building/secrets/"


@rule(
    "compose/secret-in-build-argument",
    Severity.ERROR,
    bad="""
        services:
          app:
            build:
              context: .
              args:
                NPM_TOKEN: ${NPM_TOKEN}  # <-
                PIP_PASSWORD:  # <-
          other:
            build:
              context: .
              args:
                - GIT_TOKEN=kw8Zr2Vb91  # <-
    """,
    good=(
        """
        services:
          app:
            build:
              context: .
              args: {RELEASE: "1.2.3", TOKEN_URL: "https://example.com", SECRET_KEY: ""}
              secrets: [npm_token]
        secrets:
          npm_token: {environment: NPM_TOKEN}
        """,
        {
            "docker-compose.yml": """
                services:
                  app:
                    build: {context: ., args: {NPM_TOKEN: "${NPM_TOKEN:?}"}}
                    healthcheck: {test: [CMD, "true"]}
            """,
            "Dockerfile": "FROM python:3.13.5\nUSER 1000\n",
        },
    ),
    source=_BUILD_SECRETS,
    covers=("buildkit:SecretsUsedInArgOrEnv", "trivy:DS-0031"),
    conceals=True,
)
def secret_in_build_argument(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret as a build argument.

    `docker history` shows it to everybody who may pull the image. Name it under `build.secrets` and mount it with
    `RUN --mount=type=secret`, which leaves nothing behind.
    """
    for service in project.services.values():
        for variable in service.build.args.values() if service.build else ():
            if not policy.is_secret_name(variable.name) or FRONT_END.match(variable.name):
                continue
            if not _is_taken(service, variable.name):
                continue
            if not variable.handed_through and variable.entry and _is_dummy(variable.entry, variable.value):
                continue
            message = f'build argument "{variable.name}" stays in the history of the image; use build.secrets'
            yield variable.value_place, message


def _is_taken(service: Service, name: str) -> bool:
    """Whether the Dockerfile has an ARG of that name; what it does not ask for is kept nowhere."""
    dockerfile, word = dockerfile_of(service), re.compile(rf"\b{re.escape(name)}\b")
    asked = ("ARG", "ONBUILD")
    return dockerfile is None or any(it.name in asked and word.search(it.text) for it in dockerfile.instructions)


def _is_dummy(entry: Value, value: object) -> bool:
    """Whether nothing is passed, or what a build needs to get on and nobody needs to know."""
    text = value if isinstance(value, str) else ""
    return not entry.uses and (not may_be_secret(text) or text.lower() in ("dummy", "unused", "build", "placeholder"))
