"""Reading files of a stack: as text with every oddity named, from disk or from edits not yet written."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from .errors import LintError
from .record import dataclass, field
from .regex import regex

LARGEST_BYTES = 64 * 1024 * 1024
"""More than any configuration holds; larger files are refused instead of filling the memory."""

_HALF = regex(r"[\ud800-\udfff]")


class ReadError(LintError):
    """A file that cannot be read as text; *reason* is half a sentence for the user."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass
class Files:
    """
    The one way by which models get at files.

    Attributes:
        overlay: Texts that stand for what is on disk, by path: standard input, an example, an edit on trial.
        only_overlay: Whether nothing but the overlay exists, as for the examples of a rule.
        absent: Paths that do not exist whatever is on disk, as in an earlier revision.
        undecodable: Paths of files that hold bytes which are not UTF-8, once they were read.
        modes: Of overlaid files, for examples; that of no other overlaid file is known.
    """

    overlay: Mapping[str, str] = field(default_factory=dict)
    only_overlay: bool = False
    absent: frozenset[str] = frozenset()
    undecodable: set[str] = field(default_factory=set)
    modes: Mapping[str, int] = field(default_factory=dict)
    _cache: dict[str, str] = field(default_factory=dict)

    def read(self, path: str) -> str:
        """
        The text of *path*; a byte order mark and Windows line ends are left in it.

        Bytes that are not UTF-8 become U+FFFD and the path is kept in `undecodable`: never write such a text back.

        Raises:
            ReadError: for folders, devices, missing and forbidden files, and files beyond `LARGEST_BYTES`.
        """
        path = os.path.normpath(path)
        if path in self.overlay:
            return self._encodable(path, self.overlay[path])
        if self.only_overlay or path in self.absent:
            raise ReadError(path, "no such file")
        if path not in self._cache:
            self._cache[path] = self._decoded(path, _content(path))
        return self._cache[path]

    def _decoded(self, path: str, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError:
            self.undecodable.add(path)
            return content.decode(errors="replace")

    def _encodable(self, path: str, text: str) -> str:
        """Half a character, which Python can hold and no file can, counts as bytes that are not UTF-8."""
        if text.isascii() or not _HALF.search(text):
            return text
        self.undecodable.add(path)
        return _HALF.sub("\ufffd", text)

    def exists(self, path: str) -> bool:
        """Whether *path* is a file that could be read, without reading it."""
        path = os.path.normpath(path)
        if path in self.overlay:
            return True
        return not self.only_overlay and path not in self.absent and os.path.isfile(path)  # noqa: PTH113 - as below

    def mode(self, path: str) -> int | None:
        """Who may read and enter, as the file's mode says; None where only a text is known."""
        path = os.path.normpath(path)
        if path in self.overlay or self.only_overlay or path in self.absent or os.name != "posix":
            return self.modes.get(path)
        try:
            return stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116 - pathlib costs 3 ms of each start
        except (OSError, ValueError):
            return None

    def is_folder(self, path: str) -> bool:
        """Whether *path* is a folder, on disk or as a parent of an overlaid file."""
        path = os.path.normpath(path)
        inside = path + os.sep
        if any(name.startswith(inside) for name in self.overlay):
            return True
        return not self.only_overlay and os.path.isdir(path)  # noqa: PTH112 - pathlib costs 3 ms of each start

    def glob(self, pattern: str) -> list[str]:
        """The files that match *pattern*, sorted by name as nginx sorts them."""
        import fnmatch  # noqa: PLC0415 - only includes with a wildcard need it
        import glob  # noqa: PLC0415

        pattern = os.path.normpath(pattern)
        found = set() if self.only_overlay else set(glob.glob(pattern))  # noqa: PTH207 - Path.glob takes no absolute pattern
        found.update(
            name
            for name in self.overlay
            if fnmatch.fnmatch(name, pattern) and name.count(os.sep) == pattern.count(os.sep)
        )
        return sorted(found - self.absent)


def normal(path: str) -> str:
    """*path* without detours: a file below the current folder has one name, so in docker ``../docker/a`` is ``a``."""
    path = os.path.normpath(path)
    if not path.startswith(".." + os.sep):
        return path
    here = os.getcwd().rstrip(os.sep) + os.sep  # noqa: PTH109
    absolute = os.path.normpath(os.path.join(here, path))  # noqa: PTH118
    return os.path.relpath(absolute, here) if (absolute + os.sep).startswith(here) else path


def shown(path: str | os.PathLike[str]) -> str:
    """*path* as a user would write it: relative to the current folder where it lies inside."""
    absolute = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps ".."
    here = os.getcwd()  # noqa: PTH109
    inside = absolute.startswith(here.rstrip(os.sep) + os.sep)
    return os.path.relpath(absolute, here) if inside else absolute


def _content(path: str) -> bytes:
    try:
        return _regular_content(path)
    except OSError as error:
        raise ReadError(path, (error.strerror or str(error)).lower()) from None
    except ValueError:
        raise ReadError(path, "a name that no file can have") from None


def _regular_content(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(path, _kind(status.st_mode) + ", not a file")
        if status.st_size > LARGEST_BYTES:
            raise ReadError(path, f"larger than {LARGEST_BYTES // 1024 // 1024} MiB")
        return stream.read(LARGEST_BYTES)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
