"""Maintenance of the stack on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .. import edge
from ..agent.nginx import running_nginx
from ..certificates.site import site_texts
from ..errors import SettingsError
from ..settings import EdgeSettings, Settings
from ..stack import Stack
from ..staleness import LOADED
from ..step import Step
from .order import FILE, Order
from .switching import hsts_in, note_step, order_in, switch_steps
from .texts import with_maintenance


def order_file(settings: Settings) -> Path:
    """Where the order for the stack on this machine is kept."""
    return settings.state / FILE


def wanted_files(stack: Stack, settings: EdgeSettings) -> dict[str, str]:
    """The generation that should be live on this machine: the checkout's files, with maintenance while that is on."""
    return _texts(stack, settings, order_in(order_file(stack.settings)))


def edge_of(settings: Settings) -> EdgeSettings:
    """
    The edge, where it can be put into maintenance.

    Raises:
        SettingsError: fairlead.yaml tells of none, or of no folder for the tool's own files.
    """
    if settings.edge is None or settings.edge.site is None:
        raise SettingsError("fairlead.yaml: edge.site is not set; maintenance is two files there: docs/operating.md")
    return settings.edge


def steps(stack: Stack, order: Order | None) -> Iterator[Step]:
    """
    Puts the stack into maintenance, or out of it where *order* is None.

    Raises:
        SettingsError: its nginx does not read what is written for it.
    """
    settings = edge_of(stack.settings)
    files = _texts(stack, settings, order)

    def loaded() -> None:
        (settings.folder / LOADED).write_text(edge.live_generation(settings) or "", encoding="utf-8")

    yield note_step(order_file(stack.settings), order)
    nginx = running_nginx(stack.host, stack.project.name, settings.service, settings.mount, stack.project.client)
    yield from switch_steps(settings, nginx, files, stack.settings.deploy.drain_s, loaded)


def _texts(stack: Stack, settings: EdgeSettings, order: Order | None) -> dict[str, str]:
    files = edge.generation_files(settings, site_texts(stack))
    return with_maintenance(files, order, hsts_in(stack.settings.tls.folder) if stack.settings.tls else "")
