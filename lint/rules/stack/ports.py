"""Published and exposed ports against what the program in the container opens."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import PortRange
from ...dockerfile.ports import Port
from ...finding import Severity
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.passing import all_targets


@rule(
    "stack/published-port-not-open",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                ports:
                  - "127.0.0.1:8080:8080"  # <-
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
              app:
                image: ghcr.io/acme/app:1.2.3
                command: [uvicorn, "app:app", --host, 0.0.0.0]
                ports:
                  - target: 5000  # <-
                    published: 5000
        """,
        "default.conf": "server { listen 80; location / { return 200; } }\n",
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                ports: ["127.0.0.1:8080:80", "127.0.0.1:5353:5353/udp"]
                volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro"]
              app:
                image: ghcr.io/acme/app:1.2.3
                command: [uvicorn, "app:app", --host, 0.0.0.0, --port, "5000"]
                ports: ["127.0.0.1:5000:5000", "127.0.0.1:5678:5678"]
              unknown:
                image: ghcr.io/acme/app:1.2.3
                ports: ["127.0.0.1:9000:9000"]
        """,
        "default.conf": "server { listen 80; location / { return 200; } }\n",
    },
    source="https://docs.docker.com/engine/network/#published-ports",
)
def published_port_not_open(stack: Stack) -> Iterator[Report]:
    """
    A port is published on which nothing in the container listens.

    Whoever connects is refused. The number on the right of the colon is the container's own port. An application may
    open a port for debugging or counters beside its own: where that one is published, others are not judged.
    """
    for container in stack.containers.values():
        opened = container.listening
        for port in container.service.ports if opened and not _may_open_more(container, opened) else ():
            target = port.target
            if not opened or not isinstance(target, PortRange) or port.protocol != "tcp" or len(target) > 1:
                continue
            if target.first not in opened:
                written = None if port.is_short else port.value.get("target")
                place = written.place if written is not None else port.place
                numbers = " or ".join(map(str, sorted(opened)))
                yield place, f'nothing in service "{container.name}" listens on {target}; its program opens {numbers}'


def _may_open_more(container: Container, opened: frozenset[int]) -> bool:
    """Whether an application of the stack's own is published on the port that its command names."""
    if container.is_nginx or (container.facts is not None and container.facts.ports and container.build is None):
        return False
    targets = (port.target for port in container.service.ports)
    return any(number in target for target in targets if isinstance(target, PortRange) for number in opened)


@rule(
    "stack/port-not-exposed",
    Severity.INFO,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                ports:
                  - "127.0.0.1:8000:8000"  # <-
        """,
        "Dockerfile": """
            FROM ghcr.io/acme/base:1.2.3
            EXPOSE 3000
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                ports: ["127.0.0.1:8000:3000"]
        """,
        "Dockerfile": """
            FROM ghcr.io/acme/base:1.2.3
            EXPOSE 3000
        """,
    },
    source="https://docs.docker.com/reference/dockerfile/#expose",
    preset="strict",
)
def port_not_exposed(stack: Stack) -> Iterator[Report]:
    """A port is published, or asked by nginx, that the image's EXPOSE does not name: one may be out of date."""
    for container in stack.containers.values():
        for port in container.service.ports:
            target = port.target
            if isinstance(target, PortRange) and port.protocol == "tcp" and _is_other(container, target):
                yield port.place, _message(container, target)
    for container, passed in all_targets(stack.containers.values()):
        other = stack.named(passed.host, container)
        if isinstance(other, Container) and passed.port is not None:
            target = PortRange(passed.port, passed.port)
            if _is_other(other, target):
                yield passed.place, _message(other, target)


def _message(container: Container, target: PortRange) -> str:
    names = ", ".join(each.word.text for each in _exposed(container))
    return f'the image of "{container.name}" exposes {names}, not {target}; make them agree'


def _exposed(container: Container) -> tuple[Port, ...]:
    return container.stage.ports if container.stage is not None else ()


def _is_other(container: Container, target: PortRange) -> bool:
    """Whether the image names ports and not these, where nothing better is known."""
    exposed = _exposed(container)
    if not exposed or container.listening is not None or _runs_another(container):
        return False
    return not any(each.first <= target.first and target.last <= each.last for each in exposed)


def _runs_another(container: Container) -> bool:
    return container.service.command is not None or container.service.entrypoint is not None
