"""Ports with TLS that nginx opens and nobody publishes."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import PortRange
from ...finding import Severity
from ...nginx import listens
from ...place import Place
from ...rule import Report, rule
from ...stack import Container, Stack

_CONF = """
    server { listen 80; location / { return 301 https://$host$request_uri; } }
    server {
        listen 443 ssl;%s
        ssl_certificate /etc/nginx/certs/site.pem;
        ssl_certificate_key /etc/nginx/certs/site.key;
        location / { return 200; }
    }
"""
_COMPOSE = """
    services:
      web:
        image: nginx:1.30.1
        ports: [%s]
        volumes: ["./default.conf:/etc/nginx/conf.d/default.conf:ro", "./certs:/etc/nginx/certs:ro"]
"""


@rule(
    "stack/tls-port-not-published",
    Severity.WARNING,
    bad={"docker-compose.yml": _COMPOSE % '"80:80"', "default.conf": _CONF % "  # <-"},
    good=(
        {"docker-compose.yml": _COMPOSE % '"80:80", "443:443"', "default.conf": _CONF % ""},
        {"docker-compose.yml": _COMPOSE % "", "default.conf": _CONF % ""},
        {"docker-compose.yml": _COMPOSE % '"80:80", "8443:443/tcp"', "default.conf": _CONF % ""},
    ),
    source="https://docs.docker.com/engine/network/port-publishing/",
)
def tls_port_not_published(stack: Stack) -> Iterator[Report]:
    """
    nginx listens with TLS on a port that is not published, while others of its ports are.

    Visitors come in by plain HTTP, are sent to HTTPS, and are refused there. Publish the port beside the other.
    """
    seen: set[Place] = set()
    for container in stack.containers.values():
        targets = [port.target for port in container.service.ports if port.protocol == "tcp"]
        known = [target for target in targets if isinstance(target, PortRange)]
        if not known or len(known) != len(targets) or container.service.get("network_mode") is not None:
            continue
        for place, port in _with_tls(container):
            if place not in seen and not any(port in target for target in known) and not _is_reached(stack, container):
                seen.add(place)
                yield place, f'port {port} of service "{container.name}" is not published; add "{port}:{port}" to ports'


def _with_tls(container: Container) -> Iterator[tuple[Place, int]]:
    for site in container.sites:
        for server in site.servers:
            for each in listens(server):
                if each.is_ssl and not each.is_quic and each.port and each.directive is not None:
                    yield each.directive.arg_place(0), each.port


def _is_reached(stack: Stack, container: Container) -> bool:
    """Whether another nginx of the stack stands in front of it."""
    others = (each for each in stack.containers.values() if each is not container)
    return any(target.host in container.names for other in others for site in other.sites for target in site.targets)
