"""The folder where root file systems and base images are kept, by content, so that a fresh engine needs no build."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from .command import Command
from .errors import StepFailedError
from .host import Host
from .lock import in_turn

KEPT = 2
"""How many copies of each kind stay; older ones are deleted."""


def cache_folder() -> Path:
    """FAIRLEAD_CACHE, or fairlead in the user's folder for caches."""
    chosen = os.environ.get("FAIRLEAD_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fairlead"


def only_one(say: Callable[[str], None]) -> AbstractContextManager[None]:
    """Waits until no other process builds or keeps base images, and holds that place; a killed one holds nothing."""
    return in_turn(cache_folder() / ".lock", "waits for another run that builds base images", say)


def unfinished(target: Path) -> Path:
    """What *target* is called while it is written; a name that nobody else writes."""
    return target.with_name(f"{target.name}.{os.getpid()}.unfinished")


def rootfs(key: str) -> Path:
    """Where the root file system of that key lies, or would."""
    return cache_folder() / f"rootfs-{key}.tar"


def archive(key: str) -> Path:
    """Where the base images of that key lie together, or would."""
    return cache_folder() / f"bases-{key}.tar.zst"


def save(host: Host, client: str, references: list[str], kept: Path) -> None:
    """Writes the images to *kept*, whole or not at all, and deletes older copies."""
    writing = unfinished(kept)
    script = '"$1" save "${@:3}" | zstd --quiet --force -1 -T0 -o "$2"'
    command = Command(("bash", "-o", "pipefail", "-c", script, "save", client, str(writing), *references))
    result = host.run(command)
    if not result.ok:
        writing.unlink(missing_ok=True)
        raise StepFailedError(host.name, "keep a copy of the base images", result.reason)
    writing.replace(kept)
    forget_older(kept)


def load(host: Host, client: str, kept: Path, say: Callable[[str], None]) -> None:
    """
    Brings the images of *kept* into the engine.

    Raises:
        StepFailedError: the copy is damaged; it is deleted, so that the next run builds.
    """
    command = Command(("bash", "-o", "pipefail", "-c", 'zstd -dc "$2" | "$1" load', "load", client, str(kept)))
    result = host.stream(command, say)
    if not result.ok:
        kept.unlink(missing_ok=True)
        reason = f"{result.reason}; {kept} is damaged and was deleted, the same command again builds the images"
        raise StepFailedError(host.name, "load the base images", reason, result.out)


def forget_older(kept: Path) -> None:
    """Deletes all but the newest few of *kept*'s kind, and what killed runs left; for who holds `only_one`."""
    kind = kept.name.split("-")[0]
    found = sorted(kept.parent.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    left = [path for path in found if path.suffix == ".unfinished"]
    for path in (*left, *[path for path in found if path not in left][KEPT:]):
        path.unlink(missing_ok=True)
