"""Whether the services that nginx sends requests to can be reached from it."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...rule import Report, rule
from ...stack import Container, Stack, Target
from ...stack.passing import all_targets

_CONF = """
    server {
        listen 80;
        location /api/ { proxy_pass %s; }
    }
"""


@rule(
    "stack/upstream-wrong-port",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                depends_on: [backend]
              backend:
                image: ghcr.io/acme/app:1.2.3
                command: [gunicorn, --bind, "0.0.0.0:7860", "app:app"]
        """,
        "default.conf": """
            server {
                listen 80;
                location /api/ {
                    proxy_pass http://backend:8000;  # <-
                }
            }
        """,
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
                command: [gunicorn, --bind, "0.0.0.0:7860", "app:app"]
        """,
        "default.conf": """
            server {
                listen 80;
                location /api/ {
                    proxy_pass http://backend:7860;
                }
            }
        """,
    },
    unsafe=True,
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                depends_on: [backend, other]
              backend:
                image: ghcr.io/acme/app:1.2.3
                command: [gunicorn, --bind, "0.0.0.0:7860", "app:app"]
                ports: ["127.0.0.1:8000:7860"]
              other:
                image: ghcr.io/acme/app:1.2.3
                command: [gunicorn, --config, conf.py, "app:app"]
        """,
        "default.conf": """
            server {
                listen 80;
                location /api/ { proxy_pass http://backend:7860; }
                location /other/ { proxy_pass http://other:9000; }
            }
        """,
    },
    source="https://docs.docker.com/compose/how-tos/networking/",
)
def upstream_wrong_port(stack: Stack) -> Iterator[Report]:
    """
    nginx sends requests to a port on which the service does not listen.

    Every request is refused and ends with 502. What counts is the port inside the container, never the published one.
    """
    for container, target in all_targets(stack.containers.values()):
        other = stack.named(target.host, container)
        if not isinstance(other, Container) or other is container or target.port is None:
            continue
        if other.listening and other.is_closed(target.port):
            ports = " or ".join(map(str, sorted(other.listening)))
            yield (
                target.place,
                f'service "{other.name}" does not listen on {target.port}; write {ports}',
                _edits(target, ports),
            )


def _edits(target: Target, port: str) -> tuple[Edit, ...]:
    """The one port that is right, where another is written."""
    text = target.directive.arg_text(0)
    if not port.isdigit() or text.count(f":{target.port}") != 1:
        return ()
    return (Edit(target.place, text.replace(f":{target.port}", f":{port}"), safe=False),)


@rule(
    "stack/upstream-on-other-network",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                networks: [front]
                depends_on: [backend]
              backend:
                image: ghcr.io/acme/app:1.2.3
                networks: [back]
            networks:
              front: {}
              back: {}
        """,
        "default.conf": """
            server {
                listen 80;
                location /api/ {
                    proxy_pass http://backend:8000;  # <-
                }
            }
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
                networks: [front]
                depends_on: [backend]
              backend:
                image: ghcr.io/acme/app:1.2.3
                networks: [back, front]
            networks:
              front: {}
              back: {}
        """,
        "default.conf": _CONF % "http://backend:8000",
    },
    source="https://docs.docker.com/compose/how-tos/networking/",
)
def upstream_on_other_network(stack: Stack) -> Iterator[Report]:
    """
    nginx sends requests to a service with which it shares no network.

    Names are known only to containers on a common network: nginx ends with "host not found in upstream".
    """
    for container, target in all_targets(stack.containers.values()):
        other = stack.named(target.host, container)
        if not isinstance(other, Container) or target.host in container.extra_names:
            continue
        if stack.share_network(container, other) is False and not container.may_know_others:
            message = f'"{container.name}" and "{other.name}" share no network; '
            yield target.place, f'{message}put "{other.name}" on one of {", ".join(container.service.network_names)}'
