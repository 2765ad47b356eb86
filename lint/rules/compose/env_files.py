"""Variables of env files that something else overrules."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule


@rule(
    "compose/env-file-overridden",
    Severity.INFO,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                env_file: [app.env]
                environment:
                  LOG_LEVEL: debug  # <-
        """,
        "app.env": "LOG_LEVEL=info\n",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                env_file: [app.env]
                environment:
                  LOG_LEVEL: info
                  REGION: ${REGION:-eu}
        """,
        "app.env": "LOG_LEVEL=info\n",
    },
    source="https://docs.docker.com/compose/how-tos/environment-variables/envvars-precedence/",
    preset="strict",
)
def env_file_overridden(project: Project) -> Iterator[Report]:
    """
    A variable under `environment` that an env file of the service sets to something else.

    `environment` wins, so a change in the env file has no effect.
    """
    for service in project.services.values():
        for reference in service.env_files:
            env = project.env_file(reference.file) if reference.file else None
            for name, value in env.values(project.environment).items() if env is not None and not env.problems else ():
                own = service.own_environment.get(name)
                if own is None or own.handed_through or not isinstance(own.value, str) or "$" in own.text:
                    continue
                if own.value != value:
                    yield own.place, f'"{name}" wins over that of "{reference.path}"; keep one of the two'
