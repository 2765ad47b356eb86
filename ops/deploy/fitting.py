"""Whether a stack can be deployed as releases, and whether the host has what it takes from there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..certificates.site import site_texts
from ..edge import generation_files, generation_sources
from ..errors import SettingsError
from ..stack import Stack
from .edge_service import check_edge, started_by
from .layout import Layout
from .mounting import Sources, SplitError
from .naming import own_name
from .split import APP, JOB, TIER, Projects, split
from .upstreams import UpstreamError, for_release
from .whole import check_generation, mounts_of

PASSING = (APP, JOB)
"""What comes and goes with a release."""


def sources_of(stack: Stack, layout: Layout) -> Sources:
    """What stands for what in the checkout of *stack*."""
    settings = stack.settings
    known = {}
    if settings.edge is not None:
        known[_plain(settings.edge.folder)] = layout.edge
    if settings.tls is not None:
        known[_plain(settings.tls.folder)] = layout.certificates
        known[_plain(settings.tls.webroot)] = layout.webroot
    private = [settings.state, *([settings.env.file] if settings.env.file.exists() else [])]
    if settings.secrets is not None:
        private.append(settings.secrets.folder)
    return Sources(str(settings.root), known, tuple(map(_plain, private)))


def projects_of(stack: Stack, merged: Mapping[str, Any], name: str, layout: Layout) -> Projects:
    """
    The two projects of release *name*; images have a name there that is the release's own.

    Raises:
        SettingsError: the stack cannot be split, or names files that are not there.
    """
    images = {
        service: own_name(str(value["image"]), name) if value[TIER] in PASSING else str(value["image"])
        for service, value in merged["services"].items()
    }
    sources = sources_of(stack, layout)
    projects = split(dict(merged), name, layout, sources, images)
    for where, path in _travelling(merged, sources):
        if not Path(path).exists():
            raise SplitError(f"{where}: {path}: not there; make it, or take it out")
    return projects


def _travelling(merged: Mapping[str, Any], sources: Sources) -> Iterator[tuple[str, str]]:
    """What has to be in the checkout: which service or config names it, and its path."""
    for name, service in merged["services"].items():
        for mount in service.get("volumes") or ():
            made = (mount.get("bind") or {}).get("create_host_path")
            if mount.get("type") == "bind" and not made and sources.travels(str(mount["source"])):
                yield f"services.{name}.volumes", str(mount["source"])
        for config in service.get("configs") or ():
            told = (merged.get("configs") or {}).get(config["source"]) or {}
            if "file" in told:
                yield f"configs.{config['source']}", str(told["file"])


def nginx_of(stack: Stack, merged: Mapping[str, Any], name: str) -> dict[str, str]:
    """
    nginx's files of release *name*, by their paths in a generation.

    Raises:
        SettingsError: fairlead.yaml names no edge, or one that no switch reaches; a file is missing; nginx reaches
            a service past the generation.
    """
    settings = stack.settings.edge
    if settings is None:
        raise SettingsError(
            "fairlead.yaml: edge is not set; a deploy switches nginx, so name its service and its files"
        )
    check_edge(merged, settings, partial(started_by, stack.host, stack.project.client))
    files = generation_files(settings, site_texts(stack))
    apps = [service for service, value in merged["services"].items() if value.get(TIER) == APP]
    service, apart = merged["services"][settings.service], sources_of(stack, Layout(name, "")).known
    check_generation(files, settings, stack.settings.root, mounts_of(service, stack.settings.root, apart), apps)
    names, folders = further_names(merged, settings.service), shared_folders(merged, settings.service)
    try:
        return for_release(files, apps, name, names, folders)
    except UpstreamError as error:
        source = generation_sources(settings).get(error.path)
        raise (error.at(os.path.relpath(source, stack.settings.root)) if source else error) from None


def further_names(merged: Mapping[str, Any], edge: str) -> dict[str, str]:
    """The service of tier app that each further name is of by which nginx finds one, in the networks that it is in."""
    services = merged["services"]
    mine = set((services.get(edge) or {}).get("networks") or ())
    return {
        str(alias): name
        for name, service in services.items()
        for network, how in (service.get("networks") or {}).items()
        if service.get(TIER) == APP and network in mine
        for alias in (how or {}).get("aliases") or ()
    }


def shared_folders(merged: Mapping[str, Any], edge: str) -> list[str]:
    """The folders of nginx's container that are volumes of the app tier, too."""
    services = merged["services"]
    theirs = {
        mount.get("source") for service in services.values() if service.get(TIER) == APP for mount in _volumes(service)
    }
    return [str(mount["target"]) for mount in _volumes(services.get(edge) or {}) if mount["source"] in theirs]


def _volumes(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    mounts = service.get("volumes") or ()
    return [mount for mount in mounts if mount.get("type") == "volume" and mount.get("source")]


def _plain(path: Path) -> str:
    """As Compose writes it, which takes out `..` and follows no links."""
    return os.path.normpath(path)
