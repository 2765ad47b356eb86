"""Whether a host has the disk and the memory that a release needs beside the one that serves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..command import Command
from ..host import Host
from .target import TargetError

ASK_S = 60.0
SPARE_DISK_BYTES = 256 * 1024**2
"""What stays free: logs, the engine's own files, a database that grows."""

BUILD_BYTES = 1024**3
"""What building takes at least, as long as no release says how big its images are."""

UNKNOWN_BYTES = 64 * 1024**2
"""What a service is taken to need that has never run there and says nothing of its memory."""

SHARE_OF_LIMIT = 4
"""A service that has never run there is taken to start with a quarter of its limit."""

MORE = 1.1
"""A new release may need a little more than the one before."""


@dataclass(frozen=True)
class Room:
    """
    One kind of room.

    Attributes:
        what: ``disk`` or ``memory``.
        place: The folder whose disk it is; empty for memory.
    """

    what: str
    place: str
    needed_bytes: int
    there_bytes: int

    @property
    def suffices(self) -> bool:
        """Whether there is enough."""
        return self.there_bytes >= self.needed_bytes

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        return f"{self.what}{where}: {_mega(self.needed_bytes)} MB needed, {_mega(self.there_bytes)} MB there"


def refuse_without(host: str, rooms: Iterable[Room]) -> None:
    """
    Refuses a host that lacks room.

    Raises:
        TargetError: one kind does not suffice; the message says which.
    """
    for room in rooms:
        if not room.suffices:
            todo = "inv gc removes old releases" if room.what == "disk" else "lower limits or workers, or add memory"
            raise TargetError(f"{host}: {room}; nothing was sent; {todo}")


def disks(host: Host, client: str, needs: Mapping[str, int]) -> list[Room]:
    """
    The disks of *needs*, which says how many bytes go below which folder; folders of one disk count together.

    Args:
        needs: The empty path stands for where the engine keeps its images.
    """
    told = host.run(Command((client, "info", "--format", "{{.DockerRootDir}}")), timeout_s=ASK_S).out.strip()
    by_disk: dict[str, Room] = {}
    for path, needed in needs.items():
        place = path or told or "/"
        disk, free = _disk(host, place)
        before = by_disk.get(disk, Room("disk", place, SPARE_DISK_BYTES, free))
        by_disk[disk] = Room("disk", before.place, before.needed_bytes + needed, free)
    return list(by_disk.values())


def disks_to_build(host: Host, client: str, images: Iterable[str]) -> list[Room]:
    """
    The disk for building on *host* itself: every layer may be new.

    Args:
        images: Those that serve, as far as they are known; the new ones are taken to be as big.
    """
    names = sorted(images)
    asked = Command((client, "image", "inspect", "--format", "{{.Size}}", *names))
    sizes = host.run(asked, timeout_s=ASK_S).out.split() if names else []
    return disks(host, client, {"": max(sum(int(each) for each in sizes if each.isdigit()), BUILD_BYTES)})


def memory(host: Host, services: Mapping[str, Any], running: Mapping[str, int]) -> Room:
    """
    The memory for *services* of a model, which start beside what runs.

    Args:
        running: What each service uses now, in the release that serves.
    """
    needed = sum(_need(service, running.get(name, 0)) for name, service in services.items())
    text = host.read("/proc/meminfo") or ""
    found = {name: int(size) * 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    return Room("memory", "", needed, found.get("MemAvailable", 0) + found.get("SwapFree", 0))


def used_memory(host: Host, client: str, project: str) -> dict[str, int]:
    """The memory that each service of a compose project has in use, by its processes; all its containers together."""
    label = "com.docker.compose"
    form = f'{{{{.ID}}}} {{{{.Label "{label}.service"}}}}'
    words = (client, "ps", "--no-trunc", "--filter", f"label={label}.project={project}", "--format", form)
    found: dict[str, int] = {}
    for line in host.run(Command(words), timeout_s=ASK_S).out.splitlines():
        identity, _, service = line.partition(" ")
        top = host.run(Command((client, "top", identity, "-eo", "pid,rss")), timeout_s=ASK_S).out
        sizes = (row.split()[-1] for row in top.splitlines()[1:] if row.split())
        found[service] = found.get(service, 0) + sum(int(size) * 1024 for size in sizes if size.isdigit())
    return found


def _disk(host: Host, place: str) -> tuple[str, int]:
    """The disk that *place*, or the folder above it that is there, is on, and the bytes free there."""
    script = (
        'at=$1; until [ -e "$at" ]; do at=$(dirname "$at"); done; df --block-size=1 --output=source,avail,target "$at"'
    )
    told = host.run(Command(("sh", "-c", script, "sh", place)), timeout_s=ASK_S).out.splitlines()
    words = told[-1].split() if len(told) > 1 else []
    free = next((int(word) for word in words[1:] if word.isdigit()), 0)
    return (words[-1] if words else place), free


def _need(service: Mapping[str, Any], used: int) -> int:
    """By what it uses, else by what it reserves, else by its limit; for each of its replicas."""
    deploy = service.get("deploy") or {}
    count = int(deploy.get("replicas") or service.get("scale") or 1)
    if used:
        return int(used * MORE)
    resources = deploy.get("resources") or {}
    reserved = _bytes((resources.get("reservations") or {}).get("memory") or service.get("mem_reservation"))
    limit = _bytes((resources.get("limits") or {}).get("memory") or service.get("mem_limit"))
    return count * (reserved or limit // SHARE_OF_LIMIT or UNKNOWN_BYTES)


def _bytes(text: object) -> int:
    """A size as `docker compose config` writes it: bytes, as a number or a text."""
    return int(str(text)) if str(text).isdigit() else 0


def _mega(size: int) -> str:
    return str(round(size / 1e6))
