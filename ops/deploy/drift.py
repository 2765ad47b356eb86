"""Where a host differs from the release that serves there: containers, images, files. Asks only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..command import Command
from ..host import Host
from ..maintenance.order import FILE, order_of
from ..maintenance.texts import paths
from .layout import Layout
from .split import APP, DATA, EDGE, STACK_LABEL
from .target import Target

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"


def drift(host: Host, target: Target, layout: Layout) -> list[str]:
    """One line for each difference; empty where the host is as its release says."""
    manifest = json.loads(host.read(f"{layout.release(target.state.current)}/release.json") or "{}")
    running = _containers(host, target)
    return [
        *_missing(manifest, running, layout, target.state.current),
        *_other_images(manifest, running),
        *_strangers(running, layout, target.state.current),
        *_edited(host, layout, target.state.current, manifest.get("files", {})),
        *_edge(host, layout, target.state.current),
    ]


def _containers(host: Host, target: Target) -> list[dict[str, Any]]:
    listed = host.run(Command((target.client, "ps", "--quiet", "--no-trunc")), timeout_s=60).out.split()
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


def _edited(host: Host, layout: Layout, current: str, files: Mapping[str, str]) -> Iterator[str]:
    """Files of the release whose content is not what was sent."""
    if not files:
        return
    folder = layout.release(current)
    told = host.run(Command(("sha256sum", *files), directory=folder), timeout_s=60)
    found = {path: digest for digest, path in re.findall(r"^([0-9a-f]{64})  (.*)$", told.out, re.MULTILINE)}
    for path, digest in files.items():
        if path not in found:
            yield f"{folder}/{path}: is gone"
        elif found[path] != digest:
            yield f"{folder}/{path}: was edited there"


def _edge(host: Host, layout: Layout, current: str) -> Iterator[str]:
    compared = host.run(
        Command(("diff", "--recursive", "--brief", f"{layout.edge}/live/", f"{layout.release(current)}/nginx/")),
        timeout_s=60,
    )
    meant = _maintenance(host, layout)
    for line in compared.out.splitlines():
        if not any(f"/live/{path} and " in line for path in meant):
            yield f"the edge's configuration: {line}"


def _maintenance(host: Host, layout: Layout) -> tuple[str, ...]:
    """The files of the edge that are meant to differ, while maintenance is on."""
    order = order_of(host.read(f"{layout.state}/{FILE}"))
    return paths(order.site) if order else ()
