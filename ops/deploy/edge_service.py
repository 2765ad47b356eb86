"""Whether the service that fairlead.yaml names as the edge can be switched: before anything is built or sent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from ..command import Command
from ..edge_command import configuration_in, live_configuration
from ..errors import SettingsError
from ..host import Host
from ..settings import EdgeSettings
from .split import EDGE, TIER

ASK_S = 60.0
FORM = "[{{json .Config.Entrypoint}},{{json .Config.Cmd}}]"

Started = tuple[list[str], list[str]]
"""What an image starts by itself: its entry point and its command."""


class EdgeError(SettingsError):
    """A generation would not reach the nginx of this stack; the message names the service and what it lacks."""


def check_edge(merged: Mapping[str, Any], edge: EdgeSettings, image: Callable[[str], Started | None]) -> None:
    """
    Refuses an edge that a switch would not reach: another nginx would go on serving the old release.

    Args:
        merged: The compose model, with tiers.
        image: What an image starts by itself, by its name; None where it is not here yet.

    Raises:
        EdgeError: what is wrong with it, and what to do.
    """
    service = merged["services"].get(edge.service)
    if service is None:
        there = ", ".join(merged["services"])
        raise EdgeError(f"fairlead.yaml: edge.service: {edge.service}: no such service; there are {there}")
    where = f"services.{edge.service}"
    if service.get(TIER) != EDGE:
        raise EdgeError(
            f"{where}: {TIER}: {service.get(TIER)}; fairlead.yaml names it as the edge, so write {TIER}: {EDGE}"
        )
    if service.get("network_mode") in {"host", "none"}:
        raise EdgeError(
            f"{where}.network_mode: {service['network_mode']}: nginx finds a release by its name in a network; remove "
            "it, name its networks, and publish its ports"
        )
    _check_mount(where, service, edge)
    _check_words(where, service, edge, image)


def started_by(host: Host, client: str, image: str) -> Started | None:
    """What *image* starts by itself; None where the engine of *host* has it not."""
    told = host.run(Command((client, "image", "inspect", "--format", FORM, image)), timeout_s=ASK_S)
    if not told.ok:
        return None
    entrypoint, command = json.loads(told.out)
    return entrypoint or [], command or []


def _check_mount(where: str, service: Mapping[str, Any], edge: EdgeSettings) -> None:
    folder, target = os.path.normpath(edge.folder), os.path.normpath(edge.mount)
    binds = (mount for mount in service.get("volumes") or () if mount.get("type") == "bind")
    targets = [os.path.normpath(each["target"]) for each in binds if os.path.normpath(each["source"]) == folder]
    if target in targets:
        return
    if targets:
        raise EdgeError(
            f"{where}.volumes: mounts {folder} at {targets[0]}, and fairlead.yaml says {edge.mount} (edge.mount); "
            "write the same in both"
        )
    raise EdgeError(
        f"{where}.volumes: does not mount {folder}, where the generations of nginx's configuration are; add a bind of "
        f"it at {edge.mount}, read_only (fairlead.yaml: edge.folder, edge.mount)"
    )


def _check_words(
    where: str, service: Mapping[str, Any], edge: EdgeSettings, image: Callable[[str], Started | None]
) -> None:
    entrypoint, command = service.get("entrypoint"), service.get("command")
    if entrypoint is None:
        own = image(str(service.get("image", ""))) or ([], [])
        entrypoint, command = own[0], own[1] if command is None else command
    wanted = live_configuration(edge.mount)
    file = configuration_in([*entrypoint, *(command or ())])
    if file not in {None, wanted}:
        raise EdgeError(
            f"{where}: its nginx runs on {file or 'a file of its image'}, which no deploy changes; set "
            f'command: [nginx, -c, {wanted}, -g, "daemon off;"]'
        )
