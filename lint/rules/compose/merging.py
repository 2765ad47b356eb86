"""Files that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule


@rule(
    "compose/cannot-merge",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.28.0
                ports: ["127.0.0.1:80:80"]
        """,
        "docker-compose.prod.yml": """
            services:
              web:
                ports:
                  http: "127.0.0.1:80:80"  # <-
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.28.0
                environment: ["A=1"]
        """,
        "docker-compose.prod.yml": """
            services:
              web:
                environment: {A: "2"}
        """,
    },
    source="https://docs.docker.com/reference/compose-file/merge/",
)
def cannot_merge(project: Project) -> Iterator[Report]:
    """
    A list in one file where another has a map, or the other way round.

    Compose refuses the files. Only where the reference has two forms for one thing, as for ``environment``, may one
    file use the one and another the other.
    """
    yield from project.problems_of("compose/cannot-merge")


@rule(
    "compose/extends-unresolved",
    Severity.ERROR,
    bad="""
        services:
          base:
            image: nginx:1.28.0
          web:
            extends: bse  # <-
          api:
            extends:
              file: common.yml  # <-
              service: base
    """,
    good={
        "docker-compose.yml": """
            services:
              base:
                image: nginx:1.28.0
              web:
                extends: base
              api:
                extends:
                  file: ${COMMON}
                  service: base
        """,
    },
    source="https://docs.docker.com/reference/compose-file/services/#extends",
)
def extends_unresolved(project: Project) -> Iterator[Report]:
    """
    An ``extends`` that names a service or file which is not there, or leads back to itself.

    Compose refuses the files. A ``file`` is looked for in the folder of the file that names it.
    """
    yield from project.problems_of("compose/extends-unresolved")


@rule(
    "compose/include-unresolved",
    Severity.ERROR,
    bad="""
        include:
          - other/compose.yml  # <-
        services:
          web:
            image: nginx:1.28.0
    """,
    good="""
        include:
          - ${OTHER}
          - oci://registry.example.com/team/project:1
        services:
          web:
            image: nginx:1.28.0
    """,
    source="https://docs.docker.com/reference/compose-file/include/",
)
def include_unresolved(project: Project) -> Iterator[Report]:
    """
    An ``include`` of a file that is not there, that leads back, or that defines the same resource otherwise.

    Compose refuses the files. What is included is not merged: a service, network or volume of both must be the same.
    To change what was included, put the change into an override file.
    """
    yield from project.problems_of("compose/include-unresolved")
