"""A release as it stands on its host: the models, the edge's files, the secrets, and what it was made from."""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..command import Command
from ..compose import ComposeProject
from ..deploy.following import Agent
from ..deploy.layout import Layout
from ..deploy.target import Target, TargetError
from ..errors import FairleadError
from ..host import Host

READ_S = 60.0
PACK = 'cd "$1" && tar -cf - --ignore-failed-read base/compose.yaml base/secrets "releases/$2" 2>/dev/null | base64 -w0'
"""Everything at once: one command instead of some thirty."""

SERVER_NAMES = re.compile(r"server_name\s+([^;]+);")


@dataclass(frozen=True)
class Released:
    """
    The release that serves on a host, and the base it runs on.

    Attributes:
        merged: Both models as one, as a laptop's merged model.
        projects: The compose projects of the base and of the release.
        nginx: The text of each file of the edge's configuration, by its path in a generation.
        manifest: What release.json says.
        secrets: The values of the files of secrets, by name; for use, never to be shown.
    """

    host: str
    layout: Layout
    target: Target
    merged: Mapping[str, Any]
    projects: tuple[ComposeProject, ...]
    nginx: Mapping[str, str]
    manifest: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        """The release."""
        return self.target.state.current

    @property
    def private_folders(self) -> tuple[Path, ...]:
        """The folders of the files of secrets."""
        return Path(self.layout.base, "secrets"), Path(self.layout.release(self.name), "secrets")

    def site_names(self, file: str) -> tuple[str, ...]:
        """The names of the site, of *file* of the edge's configuration; none where it is not there."""
        found = SERVER_NAMES.search(self.nginx.get(file, ""))
        return tuple(found[1].split()) if found else ()


def released(host: Host, layout: Layout, target: Target) -> Released:
    """
    What serves on *host*.

    Raises:
        TargetError: nothing does.
        FairleadError: its files cannot be read.
    """
    name = target.state.current
    if not name:
        raise TargetError(f"{host.name}: no release serves there; inv deploy --host {host.name}")
    files = _files(host, layout, name)
    folder = f"releases/{name}"
    base, app = (_json(host, files, f"{path}/compose.yaml") for path in ("base", folder))
    projects = (
        ComposeProject(target.client, layout.base_project, (Path(layout.base, "compose.yaml"),), None, {}),
        ComposeProject(target.client, layout.project(name), (Path(layout.release(name), "compose.yaml"),), None, {}),
    )
    return Released(
        host=host.name,
        layout=layout,
        target=target,
        merged=_merged(layout.stack, base, app),
        projects=projects,
        nginx={path.removeprefix(f"{folder}/nginx/"): text for path, text in files.items() if "/nginx/" in path},
        manifest=_json(host, files, f"{folder}/release.json"),
        secrets={
            PurePosixPath(path).name: text.strip()
            for path, text in files.items()
            if PurePosixPath(path).parent.name == "secrets"
        },
    )


def agent_command(host: Host, found: Released, command: Command) -> Command:
    """
    A docker command that reads the release's files, run by the agent's own client: that is what made the containers.

    Raises:
        TargetError: the host has no agent.
    """
    image = Agent(host, found.target, found.layout).image()
    root = found.layout.root
    limits = ("--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")  # noqa: S108 - its own
    run = ("run", "--rm", *limits, "--user", found.target.user, "--volume", f"{root}:{root}:ro")
    return Command((command.argv[0], *run, "--entrypoint", "docker", image, *command.argv[1:]))


def _files(host: Host, layout: Layout, release: str) -> dict[str, str]:
    told = host.run(Command(("sh", "-c", PACK, "sh", layout.root, release)), timeout_s=READ_S)
    try:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(told.out))) as archive:
            members = [(each.name, archive.extractfile(each)) for each in archive if each.isfile()]
            return {name: file.read().decode(errors="replace") for name, file in members if file}
    except (tarfile.TarError, ValueError) as error:
        raise FairleadError(f"{host.name}: {layout.root}: the release cannot be read: {told.reason}") from error


def _json(host: Host, files: Mapping[str, str], path: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(files[path])
    except (KeyError, ValueError) as error:
        what = "is gone" if isinstance(error, KeyError) else "is no JSON"
        raise FairleadError(f"{host.name}: {path} {what}; deploy again, or go back: inv rollback") from error
    return found


def _merged(stack: str, base: Mapping[str, Any], app: Mapping[str, Any]) -> dict[str, Any]:
    """Networks and volumes by the names that the engine knows them by: those of a project begin with its name."""
    merged: dict[str, Any] = {"name": stack}
    for kind in ("networks", "volumes"):
        merged[kind] = {
            key: {**(value or {}), "name": (value or {}).get("name") or f"{model['name']}_{key}"}
            for model in (app, base)
            for key, value in (model.get(kind) or {}).items()
        }
    for kind in ("services", "secrets"):
        merged[kind] = {**(app.get(kind) or {}), **(base.get(kind) or {})}
    return merged
