"""Variables that Compose wants before it merges."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...compose.nodes import scalars
from ...finding import Severity
from ...rule import Report, rule


@rule(
    "compose/required-before-override",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                hostname: ${APP_HOST:?set the host}  # <-
        """,
        "docker-compose.prod.yml": """
            services:
              app:
                hostname: app.example.com
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?set the tag}
                hostname: ${APP_HOST-}
        """,
        "docker-compose.prod.yml": """
            services:
              app:
                hostname: app.example.com
        """,
    },
    source="https://docs.docker.com/reference/compose-file/interpolation/",
)
def required_before_override(project: Project) -> Iterator[Report]:
    """
    A variable that the base requires, in a value that an override replaces.

    Compose fills in each file before it merges them, so it refuses to start without a value nobody uses.
    """
    if len(project.layers) < 2 or not project.missing:  # noqa: PLR2004 - a base and what lies over it
        return
    kept = {(scalar.source.path, scalar.start) for scalar in scalars(project.tree)}
    for use in project.missing:
        scalar = use.scalar
        services = project.layers[0].tree.children.get("services")
        is_direct = services is not None and any(scalar is each for each in scalars(services))
        if is_direct and (scalar.source.path, scalar.start) not in kept and scalar.source.path == project.paths[0]:
            yield (
                use.place,
                f'"{use.name}" is required here, and the value replaced by an override; write "${{{use.name}-}}"',
            )
