"""Replaces files so that at every moment the old or the new text is there, whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import LintError


class ReplaceError(LintError):
    """A file that is left as it was, and why."""


def replace_text(path: str, before: str, after: str) -> None:
    """
    Writes *after* where *before* stands; mode, owner and extended attributes stay, links are followed.

    Raises:
        ReplaceError: when the file is no longer as it was read, has several names, or cannot be written.
    """
    real = os.path.realpath(path)
    try:
        status = os.stat(real)  # noqa: PTH116 - the same call for both kinds of path
        _refuse_odd(path, real, status, before)
        _replace(real, status, after.encode())
    except OSError as error:
        raise ReplaceError(f"{path}: not mended: {(error.strerror or str(error)).lower()}") from None


def create_text(path: str, text: str) -> None:
    """
    Makes a file that only its owner can read, since what is moved into new files may be secret.

    Raises:
        ReplaceError: when there is one by now, or it cannot be made.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode())
    except OSError as error:
        raise ReplaceError(f"{path}: not made: {(error.strerror or str(error)).lower()}") from None


def _refuse_odd(path: str, real: str, status: os.stat_result, before: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ReplaceError(f"{path}: not mended: not a regular file")
    if status.st_nlink > 1:
        raise ReplaceError(f"{path}: not mended: the file has several names (hard links), and only one would change")
    if not os.access(real, os.W_OK):
        raise ReplaceError(f"{path}: not mended: no permission to write")
    if Path(real).read_bytes() != before.encode():
        raise ReplaceError(f"{path}: not mended: it changed while it was read; run again")


def _replace(real: str, status: os.stat_result, content: bytes) -> None:
    folder, name = os.path.split(real)
    trial = os.path.join(folder, f".{name}.{os.getpid()}.fairlead")  # noqa: PTH118 - beside the file, by name
    handle = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            _like(real, status, stream.fileno())
            os.fsync(stream.fileno())
        os.replace(trial, real)  # noqa: PTH105 - the name of the call says that it is atomic
    except BaseException:
        Path(trial).unlink(missing_ok=True)
        raise
    _sync_folder(folder)


def _like(real: str, status: os.stat_result, handle: int) -> None:
    made = os.fstat(handle)
    if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
        os.fchown(handle, status.st_uid, status.st_gid)
    for name in os.listxattr(real):
        os.setxattr(handle, name, os.getxattr(real, name))
    os.fchmod(handle, stat.S_IMODE(status.st_mode))


def _sync_folder(folder: str) -> None:
    handle = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
