"""Room on the disk and in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..up import ROOM_BYTES
from .check_engine import USABLE
from .patient import Patient
from .verdict import Check, Verdict, ok, unseen, wrong

GIB = 1024**3
LEAST_FREE_INODES = 0.05
LEAST_FREE_MEMORY = 0.05
DISK_TODO = "docker system df shows what takes it; inv down --prune frees what builds left, docker image prune the rest"
MEMINFO = Path("/proc/meminfo")

Statistics = Callable[[str], os.statvfs_result]


def checks(patient: Patient, statistics: Statistics = os.statvfs) -> Iterator[Check]:
    """The checks of both groups."""
    yield Check("disk.space", "space", lambda: space(patient.machine, statistics), USABLE)
    yield Check("disk.inodes", "inodes", lambda: inodes(patient.machine, statistics), USABLE)
    yield Check("memory.limits", "limits", lambda: limits(patient), (*USABLE, "settings.compose"))
    yield Check("memory.free", "free", lambda: free_memory(MEMINFO))


def space(machine: Mapping[str, Any], statistics: Statistics) -> Verdict:
    """Whether the engine's folder has room for a build."""
    root = str(machine.get("DockerRootDir", ""))
    try:
        disk = statistics(root)
    except OSError as error:
        return unseen(f"{root}: {error.strerror}", "run this on the engine's own machine, as a user who may look there")
    free = disk.f_bavail * disk.f_frsize
    said = f"{free / GIB:.1f} GB free in {root}"
    if free < ROOM_BYTES:
        return wrong(f"{said}, {ROOM_BYTES / GIB:.0f} GB wanted", DISK_TODO)
    return ok(said)


def inodes(machine: Mapping[str, Any], statistics: Statistics) -> Verdict:
    """Whether the file system of the engine's folder can take more files."""
    root = str(machine.get("DockerRootDir", ""))
    try:
        disk = statistics(root)
    except OSError as error:
        return unseen(f"{root}: {error.strerror}", "run this on the engine's own machine, as a user who may look there")
    if not disk.f_files:
        return ok("as many as there is room for")
    share = disk.f_favail / disk.f_files
    if share < LEAST_FREE_INODES:
        return wrong(f"{share:.1%} of the inodes of {root} are free: no room for further files", DISK_TODO)
    return ok(f"{share:.0%} free")


def limits(patient: Patient) -> Verdict:
    """Whether the memory limits of all services together fit the machine."""
    total = int(patient.machine.get("MemTotal", 0))
    wanted = {name: _limit(service) for name, service in patient.services.items()}
    without = sorted(name for name, limit in wanted.items() if not limit)
    summed = sum(wanted.values())
    said = f"{summed / GIB:.1f} GB for all services, the machine has {total / GIB:.1f} GB"
    if summed > total:
        largest = max(wanted, key=lambda name: wanted[name])
        return wrong(
            f"the limits add up to {said}", f"lower them, {largest}'s first, in the env file; or take more memory"
        )
    return ok(said, *([f"no limit: {', '.join(without)}"] if without else []))


def free_memory(meminfo: Path) -> Verdict:
    """Whether the machine has memory left right now."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
    except OSError as error:
        return unseen(f"{meminfo}: {error.strerror}")
    sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
    available, total = sizes["MemAvailable"], sizes["MemTotal"]
    said = f"{available / GIB:.1f} of {total / GIB:.1f} GB available"
    if available < total * LEAST_FREE_MEMORY:
        return wrong(said, "the kernel kills what is largest when there is none; docker stats shows who takes it")
    return ok(said)


def _limit(service: Mapping[str, Any]) -> int:
    deploy = service.get("deploy") or {}
    limit = ((deploy.get("resources") or {}).get("limits") or {}).get("memory") or service.get("mem_limit") or 0
    replicas = deploy.get("replicas")
    return int(limit) * (1 if replicas is None else int(replicas))
