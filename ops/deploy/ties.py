"""What services want of each other and of the host: what two releases side by side, in a project each, cannot have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .mounting import SplitError

Model = dict[str, Any]
ALONE = {
    "ports": "two releases run side by side during a switch, and one port serves one of them: let nginx publish",
    "container_name": "two releases run side by side during a switch, and a name is for one container",
}
"""What a service of the app tier cannot have, and why."""

ADDRESSES = ("ipv4_address", "ipv6_address", "mac_address")
SHARED = ("network_mode", "ipc", "pid", "uts", "cgroup")
OF_SERVICE = "service:"


def check_app(services: Mapping[str, Model], names: Iterable[str]) -> None:
    """
    Refuses what only one release at a time can have.

    Args:
        names: The services of the app tier.

    Raises:
        SplitError: names the first such key.
    """
    for name in names:
        service = services[name]
        for key, why in ALONE.items():
            if service.get(key):
                raise SplitError(f"services.{name}.{key}: {why}; remove it for production")
        if service.get("network_mode") == "host":
            raise SplitError(
                f"services.{name}.network_mode: host: two releases run side by side during a switch, and would listen "
                "at the same ports of the host; nginx reaches a release by its name in a network; remove it for "
                "production"
            )
        for place, address in _addresses(service):
            raise SplitError(
                f"services.{name}.{place}: {address}: two releases run side by side during a switch, and an address is "
                "for one container; remove it for production: nginx finds a release by its name"
            )


def check_ties(services: Mapping[str, Model], together: Iterable[str]) -> None:
    """
    Refuses what a service shares with one that is not in its project: a release has one of its own.

    Args:
        together: The services of one project.

    Raises:
        SplitError: names the first such key.
    """
    mine = set(together)
    for name in sorted(mine):
        for key, other, instead in _ties(services[name]):
            if other not in mine:
                raise SplitError(
                    f"services.{name}.{key}: {other} is in another project than {name}, since they change at different "
                    f"times; {instead}"
                )


def without_links(service: Model, together: Iterable[str]) -> Model:
    """*service* without links to services of another project: it finds them by their names in its networks."""
    if not service.get("links"):
        return service
    mine = set(together)
    links = [link for link in service["links"] if str(link).partition(":")[0] in mine]
    rest = {key: value for key, value in service.items() if key != "links"}
    return rest | ({"links": links} if links else {})


def in_order(services: Mapping[str, Model], names: Sequence[str]) -> tuple[str, ...]:
    """*names*, each after those that it depends on, directly or by others; else as they stand."""
    ordered: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or name not in services:
            return
        seen.add(name)
        for other in services[name].get("depends_on") or ():
            visit(other)
        ordered.append(name)

    for name in names:
        visit(name)
    return tuple(name for name in ordered if name in names)


def _addresses(service: Model) -> Iterator[tuple[str, str]]:
    if service.get("mac_address"):
        yield "mac_address", str(service["mac_address"])
    for network, how in (service.get("networks") or {}).items():
        for key in ADDRESSES:
            if (how or {}).get(key):
                yield f"networks.{network}.{key}", str(how[key])


def _ties(service: Model) -> Iterator[tuple[str, str, str]]:
    """Key, the other service, and what to do instead."""
    for key in SHARED:
        value = str(service.get(key) or "")
        if value.startswith(OF_SERVICE):
            yield key, value.removeprefix(OF_SERVICE), "give both the same tier, or remove it"
    for each in service.get("volumes_from") or ():
        name = str(each).partition(":")[0]
        if name != "container":
            yield "volumes_from", name, "name the volumes in both"
    for link in service.get("links") or ():
        name, _, alias = str(link).partition(":")
        if alias not in {"", name}:
            yield "links", name, f"give {name} the alias {alias} in a network that both have, or use its own name"
