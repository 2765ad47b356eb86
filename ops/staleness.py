"""What runs with something older than the files say, since an earlier run was cut off before it restarted things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .command import Command
from .compose import Container, secret_paths
from .edge import live_generation, reload_words
from .host import Host
from .secret_files import changed_secrets
from .settings import EdgeSettings
from .stack import Stack
from .step import Do, Run, Say, Step

LOADED = ".loaded"
"""Beside the generations: the name of the one that nginx was last told to read."""


def stale_services(stack: Stack, merged: Mapping[str, Any], running: Iterable[Container]) -> list[str]:
    """
    Running services that read a secret whose file is newer than they are, or is going to be written now.

    A file is replaced whole, and a container's mount keeps the old one until it is restarted.
    """
    if stack.settings.secrets is None:
        return []
    paths = secret_paths(merged)
    changed = set(changed_secrets(stack.settings.secrets, paths, stack.values, stack.host))
    stale = set()
    for container in running:
        used = {secret["source"] for secret in merged["services"].get(container.service, {}).get("secrets") or ()}
        if container.state == "running" and (used & changed or _is_older(stack, container, used, paths)):
            stale.add(container.service)
    return sorted(stale)


def must_reload(settings: EdgeSettings) -> bool:
    """Whether nginx was not yet told to read the live generation."""
    marker = settings.folder / LOADED
    return not marker.is_file() or marker.read_text(encoding="utf-8") != live_generation(settings)


def reload_step(stack: Stack, settings: EdgeSettings) -> Step:
    """Tells the running nginx to read the live generation, and remembers that it was told."""
    command = stack.project.command("exec", "-T", settings.service, *reload_words(settings.mount))

    def reload(host: Host, say: Say) -> None:
        Run("reload nginx", command).run(host, say)
        (settings.folder / LOADED).write_text(live_generation(settings) or "", encoding="utf-8")

    return Do("reload nginx", str(command), reload)


def _is_older(stack: Stack, container: Container, used: set[str], paths: Mapping[str, Path]) -> bool:
    files = [paths[name] for name in used if name in paths and paths[name].is_file()]
    if not files:
        return False
    asked = Command((stack.project.client, "inspect", "--format", "{{.State.StartedAt}}", container.name))
    told = stack.host.run(asked, timeout_s=30)
    if not told.ok:
        return False
    # whole seconds would call a file of the same second newer, so nine digits become the six that Python reads
    started = datetime.fromisoformat(told.out.strip()[:26].rstrip("Z") + "+00:00").timestamp()
    return any(path.stat().st_mtime > started for path in files)
