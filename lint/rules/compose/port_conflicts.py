"""Ports that more than one container wants."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Port, PortRange, Project, Service, Unknown
from ...finding import Severity
from ...rule import Report, rule
from .judging import is_for_swarm, run_together

Published = tuple[Service, Port]

_ALL = ("0.0.0.0", "::", "[::]", "*")  # noqa: S104 - what to look for, nothing is bound


@rule(
    "compose/duplicate-port",
    Severity.ERROR,
    bad="""
        services:
          one:
            ports: ["127.0.0.1:8080:80"]
          two:
            ports:
              - "8080:8080"  # <-
              - "9000-9005:9000-9005"
          three:
            ports:
              - "9003:9003"  # <-
    """,
    good="""
        services:
          one:
            ports: ["127.0.0.1:8080:80", "53:53/udp", "53:53/tcp"]
          two:
            ports: ["10.0.0.5:8080:80"]
          three:
            profiles: [a]
            ports: ["9000:80"]
          four:
            profiles: [b]
            ports: ["9000:80"]
          five:
            ports: ["${PORT}:80", "80"]
          six:
            ports: ["${PORT}:80", "80"]
    """,
    source="https://docs.docker.com/reference/compose-file/services/#ports",
    covers=("dclint:no-duplicate-exported-ports",),
)
def duplicate_port(project: Project) -> Iterator[Report]:
    """
    A port of the host that two services want: the second does not start.

    Addresses, protocols, ranges and profiles are looked at; 0.0.0.0 meets every address.
    """
    ports = [
        (service, port)
        for service in project.services.values()
        for port in service.ports
        if isinstance(port.published, PortRange) and port.published.first and isinstance(port.protocol, str)
    ]
    for (one, first), (two, second) in _overlapping(ports):
        if _collide(first, second) and run_together(one, two):
            other = f'service "{one.name}"' if one is not two else "another entry"
            yield second.place, f'port "{second.published}" is published by {other} already; choose another'


def _overlapping(ports: list[Published]) -> Iterator[tuple[Published, Published]]:
    """The pairs whose ranges overlap, the one that the files have first before the other."""
    numbered = sorted(enumerate(ports), key=lambda each: _published(each[1][1]).first)
    waiting: list[tuple[int, Published]] = []
    for index, pair in numbered:
        first = _published(pair[1]).first
        waiting = [each for each in waiting if _published(each[1][1]).last >= first]
        for other, before in waiting:
            yield (before, pair) if other < index else (pair, before)
        waiting.append((index, pair))


def _published(port: Port) -> PortRange:
    return port.published if isinstance(port.published, PortRange) else PortRange(0, 0)


def _collide(one: Port, two: Port) -> bool:
    if not isinstance(one.published, PortRange) or not isinstance(two.published, PortRange):
        return False
    if len(one.published) > len(_targets(one)) or len(two.published) > len(_targets(two)):
        return False
    return one.published.overlaps(two.published) and one.protocol == two.protocol and _share_address(one, two)


def _targets(port: Port) -> PortRange:
    return port.target if isinstance(port.target, PortRange) else PortRange(0, 0)


def _share_address(one: Port, two: Port) -> bool:
    if isinstance(one.host_ip, Unknown) or isinstance(two.host_ip, Unknown):
        return False
    return one.host_ip == two.host_ip or any(each is None or each in _ALL for each in (one.host_ip, two.host_ip))


@rule(
    "compose/fixed-port-with-replicas",
    Severity.ERROR,
    bad="""
        services:
          app:
            ports:
              - "8080:80"  # <-
            deploy: {replicas: 3}
          other:
            scale: 2
            ports:
              - "9000-9000:80"  # <-
    """,
    good="""
        services:
          app:
            ports: ["80", "9000-9005:80"]
            deploy: {replicas: 3}
          single:
            ports: ["8080:80"]
            deploy: {replicas: 1}
          global:
            ports: ["8081:80"]
            deploy: {replicas: "${REPLICAS}"}
    """,
    source="https://docs.docker.com/reference/compose-file/deploy/#replicas",
)
def fixed_port_with_replicas(project: Project) -> Iterator[Report]:
    """
    One port of the host for several containers: the second finds it taken and does not start.

    Swarm lets them share it, so what is written for Swarm is not reported.
    """
    for service in project.services.values() if not is_for_swarm(project) else ():
        replicas = service.replicas
        if isinstance(replicas, Unknown) or replicas < 2:  # noqa: PLR2004
            continue
        for port in service.ports:
            if isinstance(port.published, PortRange) and 0 < len(port.published) < replicas and port.published.first:
                message = f'{replicas} containers of service "{service.name}" cannot share port "{port.published}"; '
                yield port.place, message + "put a proxy in front, or give a range"
