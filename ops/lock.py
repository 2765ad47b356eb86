"""A lock that dies with its holder, and says who holds it."""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from .errors import LockedError, SettingsError


@contextmanager
def locked(path: Path, what: str, who: str = "") -> Iterator[None]:
    """
    Holds the lock file *path* while the block runs.

    Args:
        what: The command that holds it, for the one who meets it; with the release where it is about one.
        who: On whose behalf, and from where; this very user where it is not said.

    Raises:
        LockedError: another process holds it; the message says who, what and since when.
        SettingsError: this user may not write there.
    """
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LockedError(f"{what}: {file.read().strip() or 'another run'} is at work here; wait for it") from None
        file.truncate(0)
        since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        holder = f"{what} by {who or operator()}, since {since} (process {os.getpid()})"
        with suppress(OSError):  # a full disk: the lock itself holds, it only has no name on it
            os.write(file.fileno(), holder.encode())
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def in_turn(path: Path, waits: str, say: Callable[[str], None] = print) -> Iterator[None]:
    """
    Holds the lock file *path* while the block runs, and waits until it is free.

    Args:
        waits: What *say* is told where it has to wait.

    Raises:
        SettingsError: this user may not write there.
    """
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waits)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _opened(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        owner = path.parent if path.parent.exists() else path.parent.parent
        reason = (error.strerror or "cannot be written").lower()
        raise SettingsError(
            f"{path}: {reason}; run this as the user who owns {owner}, or give it to yourself"
        ) from error


def operator() -> str:
    """Who runs this, and from where, for those who meet it: ann@laptop."""
    return f"{user_name()}@{socket.gethostname()}"


def user_name() -> str:
    """Who runs this, for those who read of it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return f"user {os.getuid()}"
