"""The paths that health checks ask for, against those that the code or the nginx configuration knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import location
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.code import code_of

_HEALTH = r"health|healthz|healthcheck|ping|ready|readyz|readiness|live|livez|liveness|alive|heartbeat|up"
_ROUTE = regex(rf"[\"'`](?P<path>/(?:[\w.-]+/){{0,4}}(?:{_HEALTH})/?)[\"'`]")
_LOCATION = regex(rf"/(?:[\w.-]+/){{0,4}}(?:{_HEALTH})/?")
_DOCKERFILE = """
    FROM python:3.13.5-alpine
    WORKDIR /app
    COPY main.py ./
    USER 1000
    CMD ["uvicorn", "main:app", "--host", "0.0.0.0"]
"""
_COMPOSE = """
    services:
      app:
        build: .
        healthcheck:
          test: [CMD, wget, -q, --spider, "http://127.0.0.1:8000%s"]%s
"""
_CODE = '@app.get("/health")\ndef health() -> str:\n    return "ok"\n'


@rule(
    "stack/healthcheck-wrong-path",
    Severity.WARNING,
    bad=(
        {
            "docker-compose.yml": _COMPOSE % ("/healthz", "  # <-"),
            "Dockerfile": _DOCKERFILE,
            "main.py": _CODE,
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                    healthcheck:
                      test: curl -fsS http://127.0.0.1/health  # <-
            """,
            "default.conf": """
                server {
                    listen 80;
                    location = /healthz { return 204; }
                    location / { root /srv; }
                }
            """,
        },
    ),
    fixed={
        "docker-compose.yml": _COMPOSE % ("/health", ""),
        "Dockerfile": _DOCKERFILE,
        "main.py": _CODE,
    },
    good=(
        {
            "docker-compose.yml": _COMPOSE % ("/api/health", ""),
            "Dockerfile": _DOCKERFILE,
            "main.py": _CODE,
        },
        {
            "docker-compose.yml": _COMPOSE % ("/docs", ""),
            "Dockerfile": _DOCKERFILE,
            "main.py": "app = FastAPI()\n",
        },
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                    healthcheck:
                      test: curl -fsS http://127.0.0.1/api/ping
            """,
            "default.conf": """
                server {
                    listen 80;
                    location = /healthz { return 204; }
                    location /api/ { proxy_pass http://10.0.0.9:8000; }
                }
            """,
        },
    ),
    unsafe=True,
    source="https://docs.docker.com/reference/compose-file/services/#healthcheck",
)
def healthcheck_wrong_path(stack: Stack) -> Iterator[Report]:
    """
    A health check asks for a path that neither the code nor the nginx configuration has, and they have another one.

    The answer is 404, or the page that answers everything: the service is unhealthy for ever, or healthy whatever
    happens.
    """
    for container in stack.containers.values():
        check = container.check
        for probe in check.probes() if check is not None else ():
            path = probe.path.partition("?")[0]
            if path == "/" or check is None:
                continue
            others = _of_nginx(container, path) if container.sites else _of_code(container, path)
            if others:
                place = check.locate(probe.path)
                edits = (Edit(place, others[0], safe=False),) if place != check.place else ()
                yield place, f'nothing in service "{container.name}" knows "{path}"; ask for "{others[0]}"', edits


def _of_code(container: Container, path: str) -> list[str]:
    """The paths for checks that the code has, where it surely does not have *path*."""
    word = re.compile(rf"[/\"'`]{re.escape(path.rstrip('/').rpartition('/')[2])}(?![\w-])")
    sources = code_of(container)
    if any(word.search(source.text) for source in sources):
        return []
    return list(dict.fromkeys(match["path"] for source in sources for match in _ROUTE.finditer(source.text)))


def _of_nginx(container: Container, path: str) -> list[str]:
    """The same for the locations of its nginx configuration."""
    found: dict[str, None] = {}
    for site in container.sites:
        for each in map(location, site.config.locations):
            is_exact = each.modifier == "="
            is_match = each.pattern == path if is_exact else each.pattern != "/" and path.startswith(each.pattern)
            if is_match or each.modifier in ("~", "~*") or not site.is_complete:
                return []
            if _LOCATION.fullmatch(each.pattern):
                found[each.pattern] = None
    return list(found)
