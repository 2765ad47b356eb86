"""A copy of the files in which Redis keeps its data: whole or not there, compressed, readable by its owner alone."""

from __future__ import annotations

import gzip
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import IO

from ..errors import StepFailedError
from ..step import Say
from .dump import CHUNK, LEVEL, SAID_EVERY, SPARE_BYTES, Dump, appearing, chunks, made_at, refuse_without
from .redis import Kept, Redis, RedisError

TRIES = 5
MAGIC = (b"REDIS", b"VALKE")
CHANGED = 1
"""The exit code of tar where a file grew while it was read: of a log the end is missing then, and no more."""


def title(service: str) -> str:
    """The step that copies the files of *service*."""
    return f"copy the data of {service}"


def saved(redis: Redis, path: Path, say: Say) -> Dump | None:
    """
    Copies what *redis* keeps on the disk into *path*; None where it keeps nothing there.

    Raises:
        StepFailedError: it cannot be had whole, or there is no room.
    """
    step = title(redis.store.service)
    try:
        kept = redis.kept()
        if kept is None:
            return None
        if not kept.is_log:
            say("BGSAVE")
            redis.save()
            kept = redis.kept() or kept
        refuse_without(kept.bytes + SPARE_BYTES, path.parent, redis.host.name, step)
        for left in reversed(range(TRIES)):
            try:
                return _copied(redis, kept, path, say)
            except RedisError as error:
                if not left:
                    raise
                say(f"{error}; again")
    except RedisError as error:
        raise StepFailedError(redis.host.name, step, f"{error}; nothing was changed") from error
    return None


def _copied(redis: Redis, kept: Kept, path: Path, say: Say) -> Dump:
    with appearing(path) as file:
        _write(redis, kept, file, say)
        file.seek(0)
        why = _fault(file, kept, redis.read(f"{kept.folder}/{kept.manifest}" if kept.manifest else ""))
        if why:
            raise RedisError(f"{redis.store.service}: {why}")
    return made_at(path, say)


def _write(redis: Redis, kept: Kept, file: IO[bytes], say: Say) -> None:
    words = (redis.client, "exec", redis.container, "tar", "-C", kept.folder, "-cf", "-", kept.path)
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as running,
    ):
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=LEVEL, mtime=0) as packed:
            for number, chunk in enumerate(chunks(running.stdout)):
                packed.write(chunk)
                if number % SAID_EVERY == 0:
                    say(f"{number * CHUNK / 1e6:.0f} MB")
        code = running.wait()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    if code > CHANGED or code < 0:
        raise RedisError(f"{redis.store.service}: {said[-1] if said else f'tar: exit {code}'}")


def _fault(file: IO[bytes], kept: Kept, manifest: str) -> str:
    """
    Why the archive in *file* is not whole; empty where it is.

    Args:
        manifest: The one in the container, after the copy: each file that it names has been there all the time.
    """
    try:
        with tarfile.open(fileobj=file, mode="r:gz") as archive:
            names = set(archive.getnames())
            if not kept.manifest:
                part = archive.extractfile(kept.path) if kept.path in names else None
                is_whole = part is not None and (kept.is_log or part.read(len(MAGIC[0])) in MAGIC)
                return "" if is_whole else f"{kept.path} is no file of its data"
            inside = archive.extractfile(kept.manifest) if kept.manifest in names else None
            if inside is None or inside.read().decode() != manifest:
                return "its append-only log was written anew while it was copied"
    except (tarfile.TarError, EOFError, OSError) as error:
        return f"the copy cannot be read: {error}"
    folder = kept.manifest.rpartition("/")[0]
    absent = [name for name in parts(manifest) if f"{folder}/{name}" not in names]
    return f"{absent[0]} was gone while it was copied" if absent else ""


def parts(manifest: str) -> list[str]:
    """The files that a manifest of Redis's names: ``file NAME seq N type T``, one a line."""
    rows = [line.split() for line in manifest.splitlines()]
    return [row[1] for row in rows if len(row) > 1 and row[0] == "file"]
