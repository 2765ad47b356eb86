"""Where images come from."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...policy import Policy
from ...rule import Report, rule

_POLICY = "policy:\n  images:\n    registries: [docker.io, ghcr.io/acme]\n"


@rule(
    "compose/registry-not-allowed",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: quay.io/acme/app:1.2.3  # <-
              other:
                image: ghcr.io/somebody/app:1.2.3  # <-
        """,
        "fairlead.yaml": _POLICY,
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: ghcr.io/acme/app:1.2.3
                  db:
                    image: mysql:9.7.4
                  any:
                    image: ${REGISTRY}/app:1.2.3
                  built:
                    image: registry.example.com/app:1.2.3
                    build: .
            """,
            "fairlead.yaml": _POLICY,
        },
        {"docker-compose.yml": "services:\n  app:\n    image: quay.io/acme/app:1.2.3\n"},
    ),
    source="https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image",
)
def registry_not_allowed(project: Project, policy: Policy) -> Iterator[Report]:
    """
    An image from a registry that the policy does not name.

    Whoever pushes there decides what runs here. `policy.images.registries` lists hosts such as `docker.io`, or hosts
    with a folder such as `ghcr.io/acme`; while the list is empty every registry will do.
    """
    for service in project.services.values() if policy.images.registries else ():
        image = service.image
        if image is None or service.build is not None or not isinstance(image.full, str):
            continue
        registry, repository = image.name.registry or "", image.name.repository
        if (
            isinstance(registry, str)
            and isinstance(repository, str)
            and not policy.allows_registry(registry, repository)
        ):
            name = f"{registry or 'docker.io'}/{repository}"
            message = f'"{name}" is from none of the allowed registries; mirror it to one of them'
            yield image.place, f"{message}, or add it to policy.images.registries"
