"""Images on a host that no release is made of: of earlier agents, of releases that are gone, and without a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from ..agent.bundle import FILE
from ..command import Command
from ..errors import FairleadError, SettingsError
from ..host import Host
from ..kept_json import kept_on
from .agent_image import AGENT
from .layout import Layout
from .naming import mentions
from .pulling import repository_of
from .target import Target

ASK_S = 120.0
PROJECT = "com.docker.compose.project"
FORM = ("--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
NAMED = re.compile(r"(?<![A-Za-z0-9_])r\d+(?![A-Za-z0-9_])")
"""The name of a release in that of an image."""


def old_images(host: Host, target: Target, layout: Layout) -> list[str]:
    """
    The images of this stack that nothing on the host needs, and of agents all but the newest.

    What a container uses, or what a release that is there is made of, is none of them; where a release does not say
    what it is made of, only agents are.

    Raises:
        FairleadError: the engine does not answer.
    """
    found = [name for name, _ in _rows(host, target.client, AGENT.repository)][1:]
    with suppress(SettingsError):
        found += _unneeded(host, target, layout)
    used = _used(host, target.client) if found else set()
    return [each for each in found if each not in used]


def remove(host: Host, client: str, images: Iterable[str]) -> int:
    """Removes *images*, and gives how many; one that got into use meanwhile stays."""
    return sum(host.run(Command((client, "image", "rm", each)), timeout_s=ASK_S).ok for each in images)


def _unneeded(host: Host, target: Target, layout: Layout) -> list[str]:
    manifests = [kept_on(host, f"{layout.release(name)}/{FILE}") for name in target.releases]
    needed = {name: str(identity) for each in manifests for name, identity in (each.get("images") or {}).items()}
    own = {repository_of(name) for name in needed if any(mentions(name, each) for each in target.releases)}
    named = (name for name, _ in _rows(host, target.client) if name not in needed)
    unnamed = ("--filter", "dangling=true", "--filter", f"label={PROJECT}={layout.stack}")
    nameless = (each for _, each in _rows(host, target.client, *unnamed) if each not in needed.values())
    return [*_gone(named, own, target), *nameless]


def _gone(names: Iterable[str], repositories: set[str], target: Target) -> Iterator[str]:
    """Those of releases that were there: by their repositories, and no newer than what is there."""
    newest = max((int(name[1:]) for name in target.releases), default=0)
    for name in names:
        if repository_of(name) not in repositories or any(mentions(name, each) for each in target.releases):
            continue
        if any(int(found[1:]) < newest for found in NAMED.findall(name)):
            yield name


def _rows(host: Host, client: str, *words: str) -> list[tuple[str, str]]:
    told = host.run(Command((client, "images", *FORM, *words)), timeout_s=ASK_S)
    if not told.ok:
        raise FairleadError(f"{host.name}: docker images: {told.reason}")
    return [(name, identity) for name, _, identity in (line.partition(" ") for line in told.out.splitlines())]


def _used(host: Host, client: str) -> set[str]:
    """The images of all containers, running or not: their ids, and the names that they were started by."""
    script = 'ids=$("$1" ps --all --quiet); test -z "$ids" || "$1" inspect --format "{{.Config.Image}} {{.Image}}" $ids'
    told = host.run(Command(("sh", "-c", script, "sh", client)), timeout_s=ASK_S)
    if not told.ok:
        raise FairleadError(f"{host.name}: docker ps: {told.reason}")
    return set(told.out.split())
