"""Which ports the world reaches."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Port, PortRange, Project, Service, Unknown
from ...finding import Edit, Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import image_name_of, is_database, is_edge
from .kinds import CONSOLES
from .taking_away import taken_away

_PORTS = "https://docs.docker.com/engine/network/port-publishing/"

_WEB = (80, 443)
_ALL = ("0.0.0.0", "::", "[::]", "*")  # noqa: S104 - what to look for, nothing is bound


def is_public(port: Port) -> bool:
    """Whether it is published on all interfaces; not where a variable decides."""
    return port.published is not None and _is_open(port)


def _is_open(port: Port) -> bool:
    """As `is_public`; a port that the engine picks is as open as another."""
    return port.host_ip is None or port.host_ip in _ALL


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
              - "6379"  # <-
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
    covers=("docksec:compose-port-bound-all-interfaces", "dclint:no-unbound-port-interfaces"),
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
            if _is_open(port) and _is_private(service, port, policy):
                message = f'service "{service.name}" opens port {_shown(port)} to the world; '
                yield port.place, message + 'publish nothing, or put "127.0.0.1:" first', _bound(port)


def _shown(port: Port) -> str:
    return f'"{port.text}"' if port.text else f'"{port.target}"'


def _is_meant(service: Service, port: Port, policy: Policy) -> bool:
    """Whether the world is to reach the port: of a proxy, or one of the public ones."""
    if image_name_of(service) in CONSOLES:
        return False
    if is_edge(service) or port.protocol == "udp":
        return not _is_console(service, port)
    ranges = [each for each in (port.published, port.target) if isinstance(each, PortRange)]
    is_hidden = any(isinstance(each, Unknown) for each in (port.published, port.target, port.protocol))
    return is_hidden or any(len(each) == 1 and each.first in policy.services.public_ports for each in ranges)


@rule(
    "compose/port-on-all-interfaces",
    Severity.WARNING,
    bad=(
        """
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
        "services: {proxy: {image: 'jc21/nginx-proxy-manager:2.12.3', ports: ['80:80', '81:81']}}  # <-\n",
    ),
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
    good=(
        """
        services:
          app:
            image: acme/app:1.2.3
            ports: ["127.0.0.1:3000:3000", "80:3000", "443:443", "3000", "51820:51820/udp"]
          web:
            image: nginx:1.29.4
            ports: ["8090:80"]
        """,
        {
            "docker-compose.yml": "services: {page: {build: ., ports: ['8090:8090']}}\n",
            "Dockerfile": "FROM nginx:1.29.4\nUSER 101\n",
        },
    ),
    source=_PORTS,
    covers=(
        "dclint:no-unbound-port-interfaces",
        "kics:container_traffic_not_bound_to_host_interface",
        "docksec:compose-port-bound-all-interfaces",
    ),
)
def port_on_all_interfaces(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A port without an address, which is open to the world past the host's firewall.

    What a proxy in front or somebody on the host is to reach needs 127.0.0.1 only. The ports of the web, of mail and
    the like are meant for the world and not reported; `policy.services.public_ports` lists them.
    """
    edges = _edges(project)
    for service, port in _application_ports(project, policy):
        if edges and not _is_console(service, port):
            continue
        message = f'service "{service.name}" publishes {_shown(port)} on all interfaces; '
        yield port.place, message + 'put an address first, such as "127.0.0.1:..."', _bound(port)


def _is_console(service: Service, port: Port) -> bool:
    """Whether it is that of Nginx Proxy Manager, where everything is set up."""
    is_manager = image_name_of(service) == "nginx-proxy-manager"
    return is_manager and isinstance(port.target, PortRange) and 81 in port.target  # noqa: PLR2004


def _application_ports(project: Project, policy: Policy) -> Iterator[tuple[Service, Port]]:
    for service in project.services.values():
        for port in service.ports:
            if is_public(port) and not _is_private(service, port, policy) and not _is_meant(service, port, policy):
                yield service, port


def _edges(project: Project) -> list[Service]:
    """The proxies that publish 80 or 443."""
    edges = []
    for service in project.services.values() if any(map(is_edge, project.services.values())) else ():
        ends = [end for port in service.ports if is_public(port) for end in (port.published, port.target)]
        ranges = [end for end in ends if isinstance(end, PortRange)]
        if is_edge(service) and any(web in each for each in ranges for web in _WEB):
            edges.append(service)
    return edges


@rule(
    "compose/port-beside-proxy",
    Severity.WARNING,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.29.4
                    ports: ["80:80", "443:443"]
                  app:
                    image: acme/app:1.2.3
                    ports:
                      - "3000:3000"  # <-
            """,
            "docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n",
        },
        """
        services:
          web:
            image: nginx:1.29.4
            ports: ["80:80", "443:443"]
          app:
            image: acme/app:1.2.3
            ports:
              - "3000:3000"  # <-
        """,
    ),
    fixed={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                ports: ["80:80", "443:443"]
              app:
                image: acme/app:1.2.3
                ports:
                  - "3000:3000"
        """,
        "docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n    ports: !reset []\n",
    },
    unsafe=True,
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
        found = list(_application_ports(project, policy))
        ports: dict[str, list[Port]] = {}
        for service, port in found:
            ports.setdefault(service.name, []).append(port)
        for service, port in found:
            message = f'service "{service.name}" publishes {_shown(port)} past the proxy "{edge.name}"; '
            own = ports[service.name]
            edits = taken_away(project, service, "ports", [each.place for each in own]) or _exposed(service, own)
            yield port.place, message + "remove it, the proxy reaches the service by name", edits


def _exposed(service: Service, ports: list[Port]) -> tuple[Edit, ...]:
    """``expose`` with the container's ports instead of ``ports``, where all of them stand in the one file in short."""
    value = service.get("ports")
    if (
        value is None
        or value.key is None
        or service.get("expose") is not None
        or len(list(value.entries())) != len(ports)
    ):
        return ()
    paths = {value.key.place.path, *(port.place.path for port in ports)}
    if len(paths) > 1 or any(not port.is_short or not isinstance(port.target, PortRange) for port in ports):
        return ()
    entries = tuple(Edit(port.place, f'"{port.target}"', safe=False) for port in ports)
    return (Edit(value.key.place, "expose", safe=False), *entries)
