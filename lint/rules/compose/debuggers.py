"""Debuggers that wait for whoever connects."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service
from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from .secret_places import is_for_development

_PROD = {"docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n"}
_OPEN = regex(
    r"--inspect(?:-brk|-wait)?=(?:0\.0\.0\.0|\[::\]|\*)(?::\d+)?"
    r"|-m debugpy .*--listen (?:0\.0\.0\.0:)?\d+|-m ptvsd .*--host 0\.0\.0\.0"
    r"|address=(?:\*|0\.0\.0\.0):\d+|\bdlv\b.*--listen[= ](?:0\.0\.0\.0)?:\d+|\bpydevd\b.*"
)
_HINTS = ("--inspect", "debugpy", "ptvsd", "address=", "dlv", "pydevd")
_VARIABLES = ("NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "JAVA_OPTS", "JDK_JAVA_OPTIONS", "CATALINA_OPTS", "JPDA_OPTS")


@rule(
    "compose/debugger-in-production",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                command: python -m debugpy --listen 0.0.0.0:5678 -m uvicorn main:app  # <-
              node:
                image: acme/node:1.2.3
                command: [node, "--inspect=0.0.0.0:9229", server.js]  # <-
              java:
                image: acme/java:1.2.3
                environment:
                  JAVA_TOOL_OPTIONS: -agentlib:jdwp=transport=dt_socket,server=y,address=*:5005  # <-
        """,
        **_PROD,
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: acme/app:1.2.3
                    command: node --inspect=127.0.0.1:9229 server.js
                  java:
                    image: acme/java:1.2.3
                    environment: {JAVA_TOOL_OPTIONS: -Xmx512m}
            """,
            **_PROD,
        },
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: acme/app:1.2.3
                    command: node --inspect=0.0.0.0:9229 server.js
            """,
            "docker-compose.prod.yml": "services:\n  app:\n    command: node server.js\n",
        },
        {"docker-compose.yml": "services:\n  app:\n    command: node --inspect=0.0.0.0:9229 server.js\n"},
    ),
    source="https://nodejs.org/en/learn/getting-started/debugging",
)
def debugger_in_production(project: Project) -> Iterator[Report]:
    """
    A debugger listens on every address of a container in the production stack.

    It asks nobody for a password, and whoever reaches its port, if only from the next container, runs any code in the
    program. Reported where the file for production leaves it as the base has it.
    """
    for service in project.services.values() if project.role == "production" else ():
        for place, text in _texts(service):
            match = _OPEN.search(text) if any(hint in text for hint in _HINTS) else None
            if match and not is_for_development(place.path):
                message = f'service "{service.name}" has a debugger that listens to all; '
                yield place, message + "replace this in the file for production"


def _texts(service: Service) -> Iterator[tuple[Place, str]]:
    """The commands, and the variables that hold options of a program."""
    for command in (service.entrypoint, service.command):
        if command is not None:
            yield command.place, " ".join(word for word in command.words if isinstance(word, str))
    for name in _VARIABLES:
        variable = service.own_environment.get(name)
        if variable is not None and isinstance(variable.value, str):
            yield variable.value_place, variable.value
