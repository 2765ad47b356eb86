"""After `inv up`: what the running stack serves is what its folder says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..compose import model, published
from ..execute import Record
from ..stack import Stack
from .material import material_in
from .reconcile import Outcome, Wanted, reconcile
from .served import Endpoint
from .site import site_of, tls_of

EVERY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
"""Where a port that is published on every address answers on the machine itself."""


def settle(stack: Stack, record: Record) -> Outcome | None:
    """
    Puts a certificate of one's own that lies in the folder in front of the world, and sees that the live one is served.

    None where the stack publishes no https, as in the developer's shape.

    Raises:
        ReconcileError: what is served is another, and stays.
    """
    endpoints = endpoints_of(stack, model(stack.host, stack.project))
    if not endpoints:
        return None
    own = material_in(stack.host, tls_of(stack).folder)
    return reconcile(stack, Wanted(site_of(stack).names, endpoints, own), record)


def endpoints_of(stack: Stack, merged: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    """Where this machine publishes the site by TLS, seen from itself."""
    edge, port = stack.settings.edge, site_of(stack).https_port
    ours = [each for each in published(merged) if edge is not None and each[0] == edge.service]
    addresses = [address for _, address, number, kind in ours if (number, kind) == (port, "tcp")]
    return tuple(dict.fromkeys(Endpoint(EVERY.get(address, address), port) for address in addresses))
