"""Where a host differs from the release that serves there: containers, images, files. Asks only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..agent.bundle import FILE as RELEASE
from ..command import Command
from ..errors import FairleadError, SettingsError
from ..host import Host
from ..kept_json import kept_on
from ..maintenance.order import FILE, order_of
from ..maintenance.texts import paths
from .base_digests import FILE as BASE
from .edited import edited
from .layout import Layout
from .split import APP, DATA, EDGE, STACK_LABEL
from .target import Target

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"


def drift(host: Host, target: Target, layout: Layout) -> list[str]:
    """
    One line for each difference; empty where the host is as its release says.

    Raises:
        FairleadError: the engine there does not answer.
    """
    current = target.state.current
    folder = layout.release(current)
    try:
        manifest, base = (kept_on(host, f"{path}") for path in (f"{folder}/{RELEASE}", f"{layout.base}/{BASE}"))
    except SettingsError as error:
        return [str(error).removeprefix(f"{host.name}: ")]
    running = _containers(host, target)
    return [
        *([] if manifest else [f"{folder}/{RELEASE}: is gone"]),
        *_missing(manifest, running, layout, current),
        *_other_images(manifest, running),
        *_strangers(running, layout, current),
        *edited(host, folder, manifest, layout),
        *edited(host, layout.base, base, layout),
        *_edge(host, layout, current),
    ]


def _containers(host: Host, target: Target) -> list[dict[str, Any]]:
    asked = host.run(Command((target.client, "ps", "--quiet", "--no-trunc")), timeout_s=60)
    if not asked.ok:
        raise FairleadError(f"{host.name}: docker ps: {asked.reason}")
    listed = asked.out.split()
    if not listed:
        return []
    told = host.run(Command((target.client, "inspect", *listed)), timeout_s=60)
    found: list[dict[str, Any]] = json.loads(told.out or "[]")
    return found


def _place(container: Mapping[str, Any]) -> tuple[str, str]:
    labels = container["Config"]["Labels"] or {}
    return str(labels.get(PROJECT, "")), str(labels.get(SERVICE, ""))


def _wanted(manifest: Mapping[str, Any], layout: Layout, current: str) -> set[tuple[str, str]]:
    services = manifest.get("services", {})
    base = {(layout.base_project, name) for tier in (EDGE, DATA) for name in services.get(tier, ())}
    return base | {(layout.project(current), name) for name in services.get(APP, ())}


def _missing(
    manifest: Mapping[str, Any], running: Iterable[Mapping[str, Any]], layout: Layout, current: str
) -> Iterator[str]:
    there = {_place(container) for container in running}
    for project, service in sorted(_wanted(manifest, layout, current) - there):
        yield f"{service}: no container of {project} runs"


def _other_images(manifest: Mapping[str, Any], running: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    wanted = manifest.get("images", {})
    for container in running:
        name, runs = container["Config"]["Image"], container["Image"]
        if name in wanted and wanted[name] != runs:
            yield f"{container['Name'].lstrip('/')}: runs {runs[:19]} as {name}, the release has {wanted[name][:19]}"


def _strangers(running: Iterable[Mapping[str, Any]], layout: Layout, current: str) -> Iterator[str]:
    ours = {layout.base_project, layout.project(current)}
    for container in running:
        labels = container["Config"]["Labels"] or {}
        project = labels.get(PROJECT, "")
        if (labels.get(STACK_LABEL) == layout.stack or project == layout.stack) and project not in ours:
            yield f"{container['Name'].lstrip('/')}: runs, and {project} is not what serves"


def _edge(host: Host, layout: Layout, current: str) -> Iterator[str]:
    compared = host.run(
        Command(("diff", "--recursive", "--brief", f"{layout.edge}/live/", f"{layout.release(current)}/nginx/")),
        timeout_s=60,
    )
    if compared.exit_code not in (0, 1):
        yield f"the edge's configuration: cannot be compared: {compared.reason}"
    meant = _maintenance(host, layout)
    for line in compared.out.splitlines():
        if not any(f"/live/{path} and " in line for path in meant):
            yield f"the edge's configuration: {line}"


def _maintenance(host: Host, layout: Layout) -> tuple[str, ...]:
    """The files of the edge that are meant to differ, while maintenance is on."""
    order = order_of(host.read(f"{layout.state}/{FILE}"))
    return paths(order.site) if order else ()
