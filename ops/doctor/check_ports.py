"""Published ports: ours, free, or taken by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..compose import published
from ..ports import port_holder, port_is_free
from .check_engine import USABLE
from .check_settings import COMPOSE
from .patient import Patient
from .verdict import Check, Verdict, ok, skipped, wrong


def checks(patient: Patient) -> Iterator[Check]:
    """One check for each port that the model publishes."""
    found = published(patient.merged) if patient.merged else []
    for service, address, port, protocol in found:
        name = str(port) if protocol == "tcp" else f"{port}-{protocol}"
        title = f"{name} of {service}"
        yield Check(
            f"ports.{service}.{name}", title, _looking(patient, service, address, port, protocol), (*USABLE, COMPOSE)
        )
    if not found:
        yield Check("ports.published", "published", lambda: ok("none"), (*USABLE, COMPOSE))


def _looking(patient: Patient, service: str, address: str, port: int, protocol: str) -> Callable[[], Verdict]:
    def look() -> Verdict:
        if any(port in container.published for container in patient.of(service) if container.running):
            return ok("ours")
        if protocol != "tcp":
            return skipped(f"{protocol} ports are not tried")
        if port_is_free(address, port):
            return ok("free")
        holder = port_holder(patient.host, patient.client, port)
        return wrong(f"port {port} is taken by {holder}", f"end it, or give {service} another port in the env file")

    return look
