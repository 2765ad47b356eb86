"""What health checks ask, against what the server listens on."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...rule import Report, rule
from ...stack import Container, Stack


@rule(
    "stack/healthcheck-wrong-port",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                healthcheck:
                  test: ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7860", "http://127.0.0.1:8000/health"]  # <-
              cache:
                image: redis:8.2.1
                healthcheck:
                  test: curl -f http://localhost:8080/  # <-
        """,
        "Dockerfile": """
            FROM python:3.13-slim
            CMD ["gunicorn", "--bind=0.0.0.0:7860", "app:app"]
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                healthcheck:
                  test: ["CMD", "python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/health')"]
              other:
                build: .
                command: [gunicorn, -c, conf.py, "app:app"]
                healthcheck:
                  test: ["CMD", "python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9999/health')"]
        """,
        "Dockerfile": """
            FROM python:3.13-slim
            CMD ["gunicorn", "--bind=0.0.0.0:7860", "app:app"]
        """,
    },
    source="https://docs.docker.com/reference/compose-file/services/#healthcheck",
)
def healthcheck_wrong_port(stack: Stack) -> Iterator[Report]:
    """
    A health check asks a port on which the container's server does not listen.

    Every check is refused, and the service is unhealthy for ever. The port that the server opens is read from its
    command, from the nginx configuration, or is the one that is usual for the image.
    """
    for container in stack.containers.values():
        check, ports = container.check, container.listening
        for probe in check.probes() if check is not None and ports else ():
            if ports and container.is_closed(probe.port):
                message = f'nothing in service "{container.name}" listens on port {probe.port}; '
                yield probe.place, f"{message}ask {_ports(ports)}"


def _ports(ports: frozenset[int]) -> str:
    return " or ".join(map(str, sorted(ports)))


@rule(
    "stack/healthcheck-asks-ipv6",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                healthcheck:
                  test: ["CMD", "wget", "-q", "--spider", "http://localhost:7860/health"]  # <-
        """,
        "Dockerfile": """
            FROM python:3.13-alpine
            CMD ["gunicorn", "--bind", "0.0.0.0:7860", "app:app"]
        """,
    },
    fixed={
        "docker-compose.yml": """
            services:
              app:
                build: .
                healthcheck:
                  test: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:7860/health"]
        """,
        "Dockerfile": """
            FROM python:3.13-alpine
            CMD ["gunicorn", "--bind", "0.0.0.0:7860", "app:app"]
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                healthcheck:
                  test: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:7860/health"]
              both:
                build: .
                command: [gunicorn, --bind, "[::]:7860", "app:app"]
                healthcheck:
                  test: ["CMD", "wget", "-q", "--spider", "http://localhost:7860/health"]
        """,
        "Dockerfile": """
            FROM python:3.13-alpine
            CMD ["gunicorn", "--bind", "0.0.0.0:7860", "app:app"]
        """,
    },
    source="https://github.com/wallabag/docker/issues/407",
)
def healthcheck_asks_ipv6(stack: Stack) -> Iterator[Report]:
    """
    A check with busybox's wget asks "localhost", which is an IPv6 address first, of a server that speaks IPv4 only.

    The wget of alpine images takes the first address of a name and tries no other, so the check is refused although
    the server works.
    """
    for container in stack.containers.values():
        check = container.check
        if check is None or not check.commands("wget") or not _is_busybox(container):
            continue
        for probe in check.probes():
            if probe.host == "localhost" and container.is_ipv4_only:
                edit = Edit(probe.host_place, "127.0.0.1")
                yield (
                    probe.host_place,
                    '"localhost" is ::1 first and the server listens on IPv4 only; write 127.0.0.1',
                    (edit,),
                )


def _is_busybox(container: Container) -> bool:
    """Whether wget is busybox's, not one that was installed beside it."""
    if container.facts is None or container.facts.family != "alpine":
        return False
    stage = container.stage
    return stage is None or not any(package.name in ("wget", None) for package in stage.packages)
