"""Who reaches whom inside of a stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...compose import Project, Service, Value
from ...finding import Severity
from ...rule import Report, rule
from .judging import is_database, is_edge, whole_services

if TYPE_CHECKING:
    from ipaddress import IPv4Network

_NETWORKS = "https://docs.docker.com/compose/how-tos/networking/"


def _networks(service: Service) -> frozenset[str]:
    """The networks a service is on, by their names in the file."""
    mode = service.data("network_mode")
    if mode is not None:
        return frozenset()
    return frozenset(service.networks) or frozenset(["default"])


@rule(
    "compose/database-beside-proxy",
    Severity.WARNING,
    bad="""
        services:
          web:
            image: nginx:1.29.4
            ports: ["80:80"]
          app:
            image: acme/app:1.2.3
          db:  # <-
            image: mysql:9.4.0
    """,
    good="""
        services:
          web:
            image: nginx:1.29.4
            ports: ["80:80"]
            networks: [front]
          app:
            image: acme/app:1.2.3
            networks: [front, data]
          db:
            image: mysql:9.4.0
            networks: [data]
        networks:
          front: {}
          data: {internal: true}
    """,
    source=_NETWORKS,
    covers=("docksec:compose-no-network-segmentation",),
    preset="strict",
    lacks=True,
)
def database_beside_proxy(project: Project) -> Iterator[Report]:
    """
    A database that the proxy in front reaches.

    Whoever breaks into what faces the world has the database next. The application is on two networks, the proxy on
    one of them and the database on the other, which is `internal: true`.
    """
    services = list(whole_services(project))
    edges = [(edge, _networks(edge)) for edge in services if is_edge(edge) and edge.ports]
    for service in services if edges else ():
        if not is_database(service) or service.profiles or service.entrypoint is not None:
            continue
        on = _networks(service)
        edge = next((edge for edge, networks in edges if networks & on), None)
        if edge is not None:
            message = f'service "{service.name}" is on a network of the proxy "{edge.name}"; put it on one of its own'
            yield service.place, message


@rule(
    "compose/address-conflict",
    Severity.ERROR,
    bad="""
        services:
          one:
            networks: {data: {ipv4_address: 10.5.0.2}}
          two:
            networks: {data: {ipv4_address: 10.5.0.2}}  # <-
          three:
            networks: {data: {ipv4_address: 10.6.0.2}}  # <-
        networks:
          data: {ipam: {config: [{subnet: 10.5.0.0/24}]}}
          more:
            ipam: {config: [{subnet: 10.5.0.128/25}]}  # <-
    """,
    good="""
        services:
          one:
            networks: {data: {ipv4_address: 10.5.0.2}}
          two:
            networks: {data: {ipv4_address: "${ADDRESS}"}}
        networks:
          data: {ipam: {config: [{subnet: 10.5.0.0/24}]}}
          more: {ipam: {config: [{subnet: 10.5.1.0/24}]}}
          other: {ipam: {config: [{subnet: "${SUBNET}"}]}}
    """,
    source="https://docs.docker.com/reference/compose-file/services/#ipv4_address-ipv6_address",
)
def address_conflict(project: Project) -> Iterator[Report]:
    """An address that two services have, that lies outside of its network, or a network that overlaps another."""
    subnets: list[tuple[str, IPv4Network, Value]] = list(_subnets(project))
    for index, (name, subnet, value) in enumerate(subnets):
        other = next((each for each in subnets[:index] if each[0] != name and each[1].overlaps(subnet)), None)
        if other is not None:
            yield value.place, f'subnet "{subnet}" of network "{name}" overlaps "{other[0]}"; choose another'
    taken: dict[tuple[str, str], str] = {}
    for service in project.services.values():
        for network, attachment in service.networks.items():
            address, value_ = attachment.ipv4_address, service.get("networks", network, "ipv4_address")
            if not isinstance(address, str) or value_ is None:
                continue
            first = taken.setdefault((network, address), service.name)
            if first != service.name:
                yield value_.place, f'address "{address}" is that of service "{first}" already; choose another'
            elif _is_outside(address, [subnet for name, subnet, _ in subnets if name == network]):
                yield value_.place, f'address "{address}" is outside of network "{network}"; choose another'


def _subnets(project: Project) -> Iterator[tuple[str, IPv4Network, Value]]:
    for name, network in project.networks.items():
        config = network.get("ipam.config")
        for entry in config.entries() if config is not None else ():
            value = entry.get("subnet")
            if value is not None and isinstance(value.data, str):
                from ipaddress import IPv4Network  # noqa: PLC0415 - few stacks name subnets

                try:
                    yield name, IPv4Network(value.data, strict=False), value
                except ValueError:
                    continue


def _is_outside(address: str, subnets: list[IPv4Network]) -> bool:
    from ipaddress import IPv4Address  # noqa: PLC0415 - as above

    try:
        parsed = IPv4Address(address)
    except ValueError:
        return False
    return bool(subnets) and all(parsed not in subnet for subnet in subnets)
