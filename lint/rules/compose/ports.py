"""Which ports the world reaches."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Port, PortRange, Project, Service, Unknown
from ...finding import Edit, Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import image_name_of, is_database, is_edge
from .kinds import CONSOLES

_PORTS = "https://docs.docker.com/engine/network/port-publishing/"
Published = tuple[Service, Port]

_WEB = (80, 443)
_ALL = ("0.0.0.0", "::", "[::]", "*")  # noqa: S104 - what to look for, nothing is bound


def is_public(port: Port) -> bool:
    """Whether it is published on all interfaces; not where a variable decides."""
    return port.published is not None and (port.host_ip is None or port.host_ip in _ALL)


def _is_private(service: Service, port: Port, policy: Policy) -> bool:
    """Whether what listens there is a database, a cache, a broker or the engine."""
    if port.protocol != "tcp" or not isinstance(port.target, PortRange):
        return False
    is_listed = any(each in port.target for each in policy.services.private_ports)
    return is_listed or (is_database(service) and not any(each in port.target for each in _WEB))


def _bound(port: Port) -> tuple[Edit, ...]:
    """An edit that puts 127.0.0.1 first, for the short form."""
    if not port.is_short or not port.text or ":" not in port.text or port.host_ip is not None:
        return ()
    return (Edit(port.place, f'"127.0.0.1:{port.text}"', safe=False),)


@rule(
    "compose/private-port-published",
    Severity.ERROR,
    bad=(
        """
        services:
          db:
            image: mysql:9.4.0
            ports:
              - "3306:3306"  # <-
              - 33060:33060  # <-
        """,
        """
        services:
          cache:
            image: redis:8.2.1
            ports:
              - "0.0.0.0:16379:6379"  # <-
              - target: 6379  # <-
                published: "${REDIS_PORT:-6380}"
        """,
    ),
    fixed="""
        services:
          db:
            image: mysql:9.4.0
            ports:
              - "127.0.0.1:3306:3306"
              - "127.0.0.1:33060:33060"
    """,
    unsafe=True,
    good="""
        services:
          db:
            image: mysql:9.4.0
            ports: ["127.0.0.1:3306:3306", "[::1]:3306:3306", "10.0.0.5:3306:3306", "${BIND}:3306:3306"]
            expose: ["3306"]
    """,
    source="https://github.com/fleetdm/fleet/issues/42226",
    covers=("docksec:port-bound-all-interfaces", "dclint:no-unbound-port-interfaces"),
)
def private_port_published(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A database, cache or broker on every interface of the host.

    The engine's own rules come before those of a firewall such as ufw, so the port is open to the world whatever the
    firewall says; open databases are found within hours and held to ransom. Services reach each other by name without
    any published port; for oneself, 127.0.0.1 and a tunnel do. `policy.services.private_ports` lists the ports.
    """
    for service in project.services.values():
        for port in service.ports:
            if is_public(port) and _is_private(service, port, policy):
                message = f'service "{service.name}" opens port {_shown(port)} to the world; '
                yield port.place, message + 'publish nothing, or put "127.0.0.1:" first', _bound(port)


def _shown(port: Port) -> str:
    return f'"{port.text}"' if port.text else f'"{port.target}"'


def _is_meant(service: Service, port: Port, policy: Policy) -> bool:
    """Whether the world is to reach the port: of a proxy, or one of the public ones."""
    if image_name_of(service) in CONSOLES:
        return False
    if is_edge(service) or port.protocol == "udp":
        return True
    ranges = [each for each in (port.published, port.target) if isinstance(each, PortRange)]
    is_hidden = any(isinstance(each, Unknown) for each in (port.published, port.target, port.protocol))
    return is_hidden or any(len(each) == 1 and each.first in policy.services.public_ports for each in ranges)


@rule(
    "compose/port-on-all-interfaces",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            ports:
              - "3000:3000"  # <-
              - 9090:9090/tcp  # <-
          admin:
            image: phpmyadmin:5.2.2
            ports: ["8080:80"]  # <-
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            ports:
              - "127.0.0.1:3000:3000"
              - "127.0.0.1:9090:9090/tcp"
          admin:
            image: phpmyadmin:5.2.2
            ports: ["127.0.0.1:8080:80"]
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            ports: ["127.0.0.1:3000:3000", "80:3000", "443:443", "3000", "51820:51820/udp"]
          web:
            image: nginx:1.29.4
            ports: ["8090:80"]
    """,
    source=_PORTS,
    covers=(
        "dclint:no-unbound-port-interfaces",
        "kics:container_traffic_not_bound_to_host_interface",
        "docksec:port-bound-all-interfaces",
    ),
)
def port_on_all_interfaces(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A port without an address, which is open to the world past the host's firewall.

    What a proxy in front or somebody on the host is to reach needs 127.0.0.1 only. The ports of the web, of mail and
    the like are meant for the world and not reported; `policy.services.public_ports` lists them.
    """
    if _edges(project):
        return
    for service, port in _application_ports(project, policy):
        message = f'service "{service.name}" publishes {_shown(port)} on all interfaces; '
        yield port.place, message + 'put an address first, such as "127.0.0.1:..."', _bound(port)


def _application_ports(project: Project, policy: Policy) -> Iterator[tuple[Service, Port]]:
    for service in project.services.values():
        for port in service.ports:
            if is_public(port) and not _is_private(service, port, policy) and not _is_meant(service, port, policy):
                yield service, port


def _edges(project: Project) -> list[Service]:
    """The proxies that publish 80 or 443."""
    edges = []
    for service in project.services.values() if any(map(is_edge, project.services.values())) else ():
        targets = [port.target for port in service.ports if is_public(port) and isinstance(port.target, PortRange)]
        if is_edge(service) and any(web in each for each in targets for web in _WEB):
            edges.append(service)
    return edges


@rule(
    "compose/port-beside-proxy",
    Severity.WARNING,
    bad="""
        services:
          web:
            image: nginx:1.29.4
            ports: ["80:80", "443:443"]
          app:
            image: acme/app:1.2.3
            ports:
              - "3000:3000"  # <-
    """,
    good="""
        services:
          web:
            image: nginx:1.29.4
            ports: ["80:80", "443:443"]
          app:
            image: acme/app:1.2.3
            expose: ["3000"]
          admin:
            image: acme/admin:1.2.3
            ports: ["127.0.0.1:4000:4000"]
    """,
    source=_PORTS,
    covers=("dclint:no-unbound-port-interfaces", "kics:container_traffic_not_bound_to_host_interface"),
)
def port_beside_proxy(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A port of an application that the world reaches without passing the proxy in front of it.

    No TLS, no limits, no headers, and whoever asks may say in X-Forwarded-For who he is. The proxy reaches the service
    by its name; `expose` says so to readers.
    """
    for edge in _edges(project)[:1]:
        for service, port in _application_ports(project, policy):
            message = f'service "{service.name}" publishes {_shown(port)} past the proxy "{edge.name}"; '
            yield port.place, message + "remove it, the proxy reaches the service by name"


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
        if _collide(first, second) and _run_together(one, two):
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


def _run_together(one: Service, two: Service) -> bool:
    if one is two or not one.profiles or not two.profiles:
        return True
    return bool({each for each in one.profiles if isinstance(each, str)} & set(two.profiles))


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
    """One port of the host for several containers: the second finds it taken and does not start."""
    for service in project.services.values():
        replicas = service.replicas
        if isinstance(replicas, Unknown) or replicas < 2 or service.data("deploy.mode") == "global":  # noqa: PLR2004
            continue
        for port in service.ports:
            if isinstance(port.published, PortRange) and 0 < len(port.published) < replicas and port.published.first:
                message = f'{replicas} containers of service "{service.name}" cannot share port "{port.published}"; '
                yield port.place, message + "put a proxy in front, or give a range"
