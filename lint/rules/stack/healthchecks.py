"""What health checks call, against the image that runs them."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.programs import all_missing

_ASKING = ("curl", "wget", "http", "nc", "netcat", "ncat", "telnet")
_INSTEAD = {
    "python": 'python -c "import urllib.request as u; u.urlopen(...)"',
    "node": 'node -e "fetch(...).then(r => process.exit(r.ok ? 0 : 1))"',
    "redis-cli": "redis-cli ping",
    "pg_isready": "pg_isready",
    "mysqladmin": "mysqladmin ping",
    "wget": "wget --spider -q",
    "curl": "curl --fail --silent",
    "healthcheck.sh": "healthcheck.sh --connect --innodb_initialized",
}
_SUCCESSORS = {"mysqladmin": "healthcheck.sh", "mysql": "mariadb", "mongo": "mongosh"}


@rule(
    "stack/healthcheck-tool-missing",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  backend:
                    image: python:3.13.5-slim
                    healthcheck:
                      test: curl -f http://127.0.0.1/ || exit 1  # <-
                  page:
                    image: node:24.4.1-alpine
                    healthcheck:
                      test: ["CMD", "curl", "-f", "http://127.0.0.1:3000/"]  # <-
            """,
        },
        {
            "docker-compose.yml": """
                services:
                  backend:
                    build: .
                    healthcheck:
                      test: ["CMD", "curl", "-f", "http://localhost:7860/health"]  # <-
                  cache:
                    image: redis:8.2.1
                    healthcheck:
                      test: wget -q --spider http://localhost:6379 || exit 1  # <-
                  db:
                    image: mariadb:11.8
                    healthcheck:
                      test: ["CMD", "mysqladmin", "ping"]  # <-
            """,
            "Dockerfile": """
                FROM python:3.13-slim
                RUN apt-get update && apt-get install -y --no-install-recommends gcc
                COPY . /app
                CMD ["gunicorn", "-b", "0.0.0.0:7860", "app:app"]
            """,
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    build:
                      context: .
                      target: serve
            """,
            "Dockerfile": """
                FROM node:24-alpine AS build
                RUN apk add --no-cache curl
                FROM node:24-alpine AS serve
                COPY --from=build /app /app
                HEALTHCHECK CMD curl -f http://127.0.0.1:3000/ || exit 1  # <-
                FROM serve AS develop
                RUN apk add --no-cache curl
            """,
        },
    ),
    fixed={
        "docker-compose.yml": """
    services:
      backend:
        image: python:3.13.5-slim
        healthcheck:
          test: ["CMD", "python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:80/', timeout=5)"]
      page:
        image: node:24.4.1-alpine
        healthcheck:
          test: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:3000/"]
        """,
    },
    unsafe=True,
    good=(
        {
            "docker-compose.yml": """
                services:
                  backend:
                    build: .
                    healthcheck:
                      test: ["CMD", "curl", "-f", "http://localhost:7860/health"]
                  web:
                    image: nginx:1.30-alpine
                    healthcheck:
                      test: ["CMD", "curl", "-f", "http://127.0.0.1/"]
                  db:
                    image: mysql:9.4
                    healthcheck: {test: [CMD, curl, "-f", "http://127.0.0.1:3306"]}
                  tried:
                    image: python:3.13-slim
                    healthcheck: {test: "curl -f http://127.0.0.1/ || python -c 'print()'"}
                  unknown:
                    image: ghcr.io/acme/app:1.2.3
                    healthcheck: {test: [CMD, curl, "-f", "http://127.0.0.1:8000/"]}
            """,
            "Dockerfile": """
                FROM python:3.13-slim
                RUN apt-get update && apt-get install -y --no-install-recommends curl
                CMD ["gunicorn", "-b", "0.0.0.0:7860", "app:app"]
            """,
        },
        {
            "docker-compose.yml": "services:\n  web:\n    build: .\n",
            "Dockerfile": """
                FROM python:3.13-slim
                RUN ./install-tools.sh
                HEALTHCHECK CMD curl -f http://127.0.0.1:3000/ || exit 1
            """,
        },
    ),
    source="https://github.com/BerriAI/litellm/issues/9295",
)
def healthcheck_tool_missing(stack: Stack) -> Iterator[Report]:
    """
    A health check calls a program that the image does not have.

    Every check fails with "executable file not found", so the container is unhealthy for ever although it works:
    what waits for it never starts, and a deployment takes the release back. Slim and alpine images have no curl,
    images of Debian no wget. What an image that is not known here has, or a script installs, is not judged. A
    HEALTHCHECK of the Dockerfile itself is reported by `dockerfile/healthcheck-tool-missing`.
    """
    for container in stack.containers.values():
        check = container.check if not container.is_checked_alone else None
        if check is not None and check.uses_shell and container.has_program("sh") is False:
            continue  # that alone is why it fails
        for place, programs in check.alternatives() if check else ():
            if all_missing(map(container.has_program, programs)):
                advice = _advice(container, programs[0])
                message = f'the image of service "{container.name}" has no {programs[0]}; {advice}'
                yield place, message, tuple(_asked_otherwise(container, programs[0]))


_FORMS = {
    "curl": '["CMD", "curl", "-fsS", "{url}"]',
    "wget": '["CMD", "wget", "-q", "--spider", "{url}"]',
    "python": '["CMD", "python", "-c", "import urllib.request as u; u.urlopen(\'{url}\', timeout=5)"]',
    "node": '["CMD", "node", "-e", "fetch(\'{url}\').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]',
}


def _asked_otherwise(container: Container, program: str) -> Iterator[Edit]:
    """The same address asked with what the image has, where the check is one line of the Compose file."""
    value, check = container.service.get("healthcheck.test"), container.check
    if value is None or check is None or program not in ("curl", "wget") or value.uses:
        return
    addresses = [f"{each.scheme}://{each.host}:{each.port}{each.path}" for each in check.probes()]
    there = next((name for name in _FORMS if name != program and container.has_program(name)), None)
    is_plain = len(addresses) == 1 and len([each for each in check.script.commands if each.program != "exit"]) == 1
    if there is not None and is_plain and value.place.line == value.place.end_line:
        yield Edit(value.place, _FORMS[there].format(url=addresses[0]), safe=False)


def _advice(container: Container, program: str) -> str:
    others = tuple(_INSTEAD) if program in _ASKING else (_SUCCESSORS.get(program, ""),)
    there = next((name for name in others if name != program and container.has_program(name)), None)
    if there is None:
        return f"install {program}, or check without it"
    return f"check with {_INSTEAD.get(there, there)}, or install {program}"


@rule(
    "stack/healthcheck-without-shell",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                healthcheck:
                  test: /app health || exit 1  # <-
        """,
        "Dockerfile": """
            FROM golang:1.25 AS build
            RUN go build -o /app .
            FROM gcr.io/distroless/static-debian12
            COPY --from=build /app /app
            ENTRYPOINT ["/app"]
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                healthcheck:
                  test: ["CMD", "/app", "health"]
              other:
                image: alpine:3.22
                healthcheck:
                  test: /app health || exit 1
        """,
        "Dockerfile": """
            FROM golang:1.25 AS build
            RUN go build -o /app .
            FROM scratch
            COPY --from=build /app /app
            ENTRYPOINT ["/app"]
        """,
    },
    source="https://docs.docker.com/reference/compose-file/services/#healthcheck",
)
def healthcheck_without_shell(stack: Stack) -> Iterator[Report]:
    """
    A health check for a shell, in an image that has none.

    A test that is one text, or begins with CMD-SHELL, is run by /bin/sh. Images made from scratch or of distroless
    have no shell, so every check fails. A list that begins with CMD runs the program itself.
    """
    for container in stack.containers.values():
        check = container.check
        if check is not None and check.uses_shell and container.has_program("sh") is False:
            message = f'the image of service "{container.name}" has no shell; '
            yield check.place, message + "write the check as a list that starts with CMD"
