"""How nginx learns where its upstreams are: when it starts, or while it runs."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Service
from ...compose.edits import added
from ...finding import Edit, Severity
from ...place import Place
from ...rule import Report, rule
from ...stack import Container, Stack, Target
from ...stack.passing import all_targets

_CONF = "server {\n    listen 80;\n    location / {\n        proxy_pass http://backend:8000;%s\n    }\n}\n"


@rule(
    "stack/upstream-not-awaited",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              web:  # <-
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
              backend:
                image: ghcr.io/acme/app:1.2.3
        """,
        "default.conf": _CONF % "",
    },
    fixed={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                depends_on: [backend]
              backend:
                image: ghcr.io/acme/app:1.2.3
        """,
        "default.conf": _CONF % "",
    },
    unsafe=True,
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./late.conf:/etc/nginx/conf.d/default.conf:ro"]
              direct:
                image: nginx:1.30.1
                depends_on: [worker]
                volumes: ["./late.conf:/etc/nginx/conf.d/default.conf:ro"]
              worker:
                image: ghcr.io/acme/app:1.2.3
                depends_on: [backend]
              backend:
                image: ghcr.io/acme/app:1.2.3
        """,
        "late.conf": """
            server {
                listen 80;
                resolver 127.0.0.11 valid=5s;
                set $backend backend:8000;
                location / { proxy_pass http://$backend; }
            }
        """,
    },
    source="https://github.com/matomo-org/docker/issues/176",
)
def upstream_not_awaited(stack: Stack) -> Iterator[Report]:
    """
    nginx may start before a service that it sends requests to.

    It looks names up once, when it starts, and a container that does not run yet has no name: nginx ends with "host
    not found in upstream". With depends_on the other one is started first.
    """
    for container in stack.containers.values():
        lost = sorted(
            {each.name for target, each in _others(stack, container) if _starts_first(container, each, target)}
        )
        if lost:
            names = ", ".join(f'"{name}"' for name in lost)
            message = f'nginx of service "{container.name}" ends where {names} does not run yet; add it to depends_on'
            yield container.service.place, message, _edits(container.service, lost)


def _others(stack: Stack, container: Container) -> Iterator[tuple[Target, Container]]:
    for _, target in all_targets((container,)):
        other = stack.named(target.host, container)
        if isinstance(other, Container) and other is not container:
            yield target, other


def _starts_first(container: Container, other: Container, target: Target) -> bool:
    if not target.is_static:
        return False
    return other.name not in container.awaited and container.name not in other.awaited


def _edits(service: Service, names: list[str]) -> tuple[Edit, ...]:
    if service.get("depends_on") is not None:
        return ()
    edit = added(service.value, f"depends_on: [{', '.join(names)}]", safe=False)
    return (edit,) if edit is not None else ()


@rule(
    "stack/upstream-resolved-once",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                depends_on: [backend]
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
              backend:
                image: ghcr.io/acme/app:1.2.3
        """,
        "default.conf": _CONF % "  # <-",
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                depends_on: [backend]
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
              backend:
                image: ghcr.io/acme/app:1.2.3
        """,
        "default.conf": """
            resolver 127.0.0.11 valid=5s;
            upstream app {
                zone app 64k;
                server backend:8000 resolve;
            }
            server {
                listen 80;
                location / { proxy_pass http://app; }
            }
        """,
    },
    source="https://github.com/langgenius/dify/issues/39155",
    lacks=True,
    preset="strict",
)
def upstream_resolved_once(stack: Stack) -> Iterator[Report]:
    """
    nginx looks up where a service is only once, when it starts.

    A container that is made anew gets another address: nginx goes on asking the old one and answers 502 until it is
    reloaded. From 1.27.3 on "resolve" in an upstream with a resolver follows; before that a variable in proxy_pass.
    """
    seen: set[Place] = set()
    for container in stack.containers.values():
        for target, other in _others(stack, container):
            if target.is_static and target.place not in seen:
                seen.add(target.place)
                message = f'nginx keeps the address of "{other.name}" until it is reloaded; '
                yield target.place, message + 'use "resolve" in an upstream, with a resolver'
