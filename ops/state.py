"""The state of the stack as a person, or a program, wants to see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .certificates.site import site_of
from .compose import Container, containers
from .maintenance.local import order_file
from .maintenance.switching import order_in
from .stack import Stack


def state_json(stack: Stack) -> dict[str, Any]:
    """Services and addresses, for programs."""
    found = containers(stack.host, stack.project)
    return {
        "version": 1,
        "name": stack.settings.name,
        "services": as_json(found),
        "addresses": {**stack.addresses(), **_site(stack, found)},
        **_certificate(stack),
        **_maintenance(stack),
    }


def as_json(found: Iterable[Container]) -> list[dict[str, Any]]:
    """Containers for programs."""
    return [
        {
            "service": container.service,
            "container": container.name,
            "state": container.state,
            "health": container.health or None,
            "ok": container.settled,
            "status": container.status,
            "ports": list(container.ports),
        }
        for container in found
    ]


def print_state(stack: Stack) -> None:
    """A line for each container, then the addresses."""
    from rich.console import Console  # noqa: PLC0415 - 90 ms that other tasks do not need

    found = containers(stack.host, stack.project)
    console = Console(highlight=False, soft_wrap=True)
    if not found:
        console.print(f"{stack.settings.name} is not running; inv up starts it")
        return
    table(found)
    for name, address in {**stack.addresses(), **_site(stack, found)}.items():
        console.print(f"{name}: {address}")
    for certificate in _certificate(stack).values():
        console.print(f"certificate: {certificate['says']}", style=None if certificate["ok"] else "red", markup=False)
    for order in _maintenance(stack).values():
        console.print(order, style="yellow", markup=False)


def table(found: Iterable[Container]) -> None:
    """Prints a line for each container."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    lines = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("service", "state", "since", "ports"):
        lines.add_column(title)
    for container in found:
        colour = "green" if container.settled else "red"
        lines.add_row(
            container.service, f"[{colour}]{_word(container)}[/]", container.status, ", ".join(container.ports)
        )
    Console(highlight=False, soft_wrap=True).print(lines)


def is_well(stack: Stack) -> bool:
    """Whether the stack runs, each service is as it should be, and its certificate is one that browsers take."""
    found = containers(stack.host, stack.project)
    settled = bool(found) and all(container.settled for container in found)
    return settled and all(certificate["ok"] for certificate in _certificate(stack).values())


def _site(stack: Stack, found: Iterable[Container]) -> dict[str, str]:
    """Where the site answers by TLS; nothing where no container publishes that port, as in the developer's shape."""
    if stack.settings.tls is None:
        return {}
    site = site_of(stack)
    published = {port.rpartition(":")[2] for container in found for port in container.ports}
    return {"site": site.url} if str(site.https_port) in published else {}


def _certificate(stack: Stack) -> dict[str, dict[str, Any]]:
    if stack.settings.tls is None:
        return {}
    from .certificates.telling import certificate_words  # noqa: PLC0415 - only stacks with TLS need cryptography

    good, says = certificate_words(stack)
    return {"certificate": {"ok": good, "says": says}}


def _maintenance(stack: Stack) -> dict[str, str]:
    """What was ordered, while maintenance is on."""
    order = order_in(order_file(stack.settings))
    return {"maintenance": str(order)} if order else {}


def _word(container: Container) -> str:
    if container.state == "exited":
        return "done" if container.settled else f"exit {container.exit_code}"
    return container.health or container.state
