"""A dump of the database: whole or not there, compressed, readable by its owner alone."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ..errors import StepFailedError
from ..host import Host
from ..step import Say
from .bundle import Bundle
from .database import Database, DatabaseError, Found, Migrations, running_database
from .record import settle

TITLE = "dump the database"
SUFFIX, COPY_SUFFIX = ".sql.gz", ".redis.tar.gz"
"""What a dump of MySQL's and a copy of Redis's files end with."""

COPY_OF = "-data-"
MOMENT = r"\d{8}T\d{6}Z"
DUMP = re.compile(rf"r\d+(-data)?-from-.+-{MOMENT}{re.escape(SUFFIX)}")
COPY = re.compile(rf"r\d+{COPY_OF}(?P<service>.+)-{MOMENT}{re.escape(COPY_SUFFIX)}")
"""Our own names: other files in the folder are somebody else's."""

CHUNK = 1 << 20
SAID_EVERY = 64
"""A line about how far it is for each so many chunks."""

LEVEL = 5
SPARE_BYTES = 64 * 1024**2
END = b"-- Dump completed"
OPTIONS = (
    *("--single-transaction", "--quick", "--hex-blob", "--routines", "--triggers", "--events"),
    *("--no-tablespaces", "--set-gtid-purged=OFF", "--default-character-set=utf8mb4"),
)
"""One moment of all tables, without a lock that writers would wait for."""


@dataclass(frozen=True)
class Dump:
    """A dump that was made: where, how big, and its digest."""

    path: Path
    bytes: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.path} ({self.bytes / 1e6:.1f} MB, sha256 {self.sha256})"


def needed_bytes(found: Found) -> int:
    """
    The room that a dump of *found* takes at most, as far as anyone can know before.

    Rows as text take up to twice the room of the tables, and become a quarter or less of that by compression.
    """
    return found.size_bytes // 2 + SPARE_BYTES


def free_bytes(folder: Path) -> int:
    """How much this user may still write below *folder*, or below the nearest folder above it that is there."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    room = os.statvfs(there)
    return room.f_bavail * room.f_frsize


def refuse_without(needed: int, folder: Path, host: str, step: str) -> None:
    """
    Refuses to begin where *folder* lacks room.

    Raises:
        StepFailedError: what is free, and what is needed.
    """
    free = free_bytes(folder)
    if free < needed:
        said = f"{folder}: {free / 1e6:.0f} MB are free, up to {needed / 1e6:.0f} MB are needed"
        raise StepFailedError(host, step, said)


def dump_before_migrations(host: Host, bundle: Bundle, say: Say) -> str:
    """
    Dumps the database where migrations of *bundle* are pending, and says for people what it did; nothing where none is.

    Raises:
        StepFailedError: the database does not answer, there is no room, or the dump failed.
    """
    migrations = bundle.migrations or Migrations()
    database, found = found_database(host, bundle, migrations)
    pending = migrations.lineage.pending(found.applied)
    if not pending or not (found.applied or found.size_bytes):
        say("no migration is pending" if not pending else "the database is empty")
        return ""
    names = ", ".join(pending)
    if not migrations.dump:
        return f"the migrations {names} run without a dump, as fairlead.yaml says"
    made = dump(database, found, dump_path(Path(bundle.layout.backups), bundle.name, found), say)
    return f"the database before the migrations {names}: {made}"


def found_database(host: Host, bundle: Bundle, migrations: Migrations) -> tuple[Database, Found]:
    """
    The database that runs in the base of *bundle*.

    Raises:
        StepFailedError: it does not run, or does not answer.
    """
    database = running_database(host, "docker", bundle.layout.base_project, migrations)
    if database is None:
        raise StepFailedError(host.name, TITLE, f"no container of {migrations.service} runs")
    try:
        return database, database.look()
    except DatabaseError as error:
        raise StepFailedError(host.name, TITLE, str(error)) from error


def dump(database: Database, found: Found, path: Path, say: Say) -> Dump:
    """
    Dumps *database* into *path*, which is there afterwards only where it is whole.

    Raises:
        StepFailedError: no room, or the client of the database failed; with its own words.
    """
    refuse_without(needed_bytes(found), path.parent, database.host.name, TITLE)
    words = database.words("mysqldump", *OPTIONS, database.migrations.database)
    with appearing(path) as file:
        _write(database.host.name, words, file, say)
    return made_at(path, say)


@contextmanager
def appearing(path: Path) -> Iterator[IO[bytes]]:
    """What the block writes is at *path* once it is whole, for its owner alone; nothing where the block fails."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
        settle(path.parent)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def made_at(path: Path, say: Say) -> Dump:
    """The dump that is at *path* now, which *say* is told of."""
    made = Dump(path, path.stat().st_size, _digest(path))
    say(str(made))
    return made


def dump_path(folder: Path, release: str, found: Found, now: datetime | None = None) -> Path:
    """Where the dump goes that is made before *release*: named by that, by the revisions in it, and by the time."""
    revisions = "+".join(found.applied).replace("/", "_") or "none"
    return folder / f"{release}-from-{revisions}-{_moment(now)}{SUFFIX}"


def copy_path(folder: Path, release: str, service: str, now: datetime | None = None) -> Path:
    """Where the copy of the files of *service* goes that is made while *release* serves."""
    return folder / f"{release}{COPY_OF}{service}-{_moment(now)}{COPY_SUFFIX}"


def old_dumps(names: Iterable[str], keep: int) -> list[str]:
    """
    Those of *names* that are dumps and not among the newest *keep* of theirs, oldest first; the name ends in the time.

    Dumps of MySQL are of one kind, copies of each Redis of another.
    """
    known = sorted((name for name in names if _kind(name)), key=lambda name: name.rpartition("-")[2])
    newer = {name: [other for other in known[at + 1 :] if _kind(other) == _kind(name)] for at, name in enumerate(known)}
    return [name for name in known if len(newer[name]) >= keep]


def half_dumps(names: Iterable[str]) -> list[str]:
    """Those of *names* that were to become dumps, and whose writer was killed."""
    return [name for name in names if name.startswith(".") and _kind(name[1:].rpartition(".")[0])]


def _kind(name: str) -> str:
    """Of what a file is a dump of ours; empty where it is none."""
    found = DUMP.fullmatch(name) or COPY.fullmatch(name)
    return found["service"] if found and "service" in found.groupdict() else SUFFIX if found else ""


def _moment(now: datetime | None) -> str:
    return (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")


def _write(host: str, words: tuple[str, ...], file: IO[bytes], say: Say) -> None:
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as running,
    ):
        last = b""
        # no name and no time in it, so that the same content is the same file
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=LEVEL, mtime=0) as packed:
            for number, chunk in enumerate(chunks(running.stdout)):
                packed.write(chunk)
                last = (last + chunk)[-200:]
                if number % SAID_EVERY == 0:
                    say(f"{number * CHUNK / 1e6:.0f} MB of text")
        code = running.wait()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    if code or END not in last:
        reason = said[-1] if said else f"mysqldump ended early (exit {code})"
        raise StepFailedError(host, TITLE, reason)


def chunks(stream: IO[bytes] | None) -> Iterator[bytes]:
    """What *stream* gives, a piece at a time."""
    while stream is not None and (chunk := stream.read(CHUNK)):
        yield chunk


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
