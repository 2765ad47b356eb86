"""A lock that dies with its holder, and says who holds it."""

from __future__ import annotations

import fcntl
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from .errors import LockedError


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """
    Holds the lock file *path* while the block runs.

    Args:
        what: The command that holds it, for the one who meets it.

    Raises:
        LockedError: another process holds it; the message says who, what and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LockedError(f"{what}: {file.read().strip() or 'another run'} is at work here; wait for it") from None
        file.truncate(0)
        file.write(f"{getpass.getuser()}'s {what} (process {os.getpid()}, since {datetime.now(UTC):%H:%M:%S} UTC)")
        file.flush()
        yield
        file.truncate(0)
