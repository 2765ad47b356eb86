"""Sends many files at once, and gives them their place in one step."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass

from ..command import Command, Secret
from ..errors import StepFailedError
from ..host import Host
from ..ssh.host import RemoteHost
from ..step import Say
from .ticking import ticking

TITLE = "send the files of the release"
UNPACK = (
    'set -e; umask 027; part=$(mktemp -d -- "$1.part.XXXXXX"); trap \'rm -rf -- "$part"\' EXIT; chmod 0750 "$part"; '
    '$2 | tar -xzp -C "$part"; sync -f "$part" || sync; mv -T -- "$part" "$1"; sync -f "$1" || sync'
)
"""
A folder takes the place of an empty one, and of no other: of two that send the same, one gets an error.

What has its name is on the disk, whole: a loss of power leaves no file of it empty.
"""


@dataclass(frozen=True)
class Upload:
    """A file that travels: its path below the folder, its content, its mode."""

    path: str
    content: str | bytes | Secret
    mode: int = 0o644

    @property
    def data(self) -> bytes:
        """The content as it stands in the file."""
        content = self.content.value if isinstance(self.content, Secret) else self.content
        return content.encode() if isinstance(content, str) else content


def send(host: Host, folder: str, files: Iterable[Upload], say: Say = lambda _: None) -> int:
    """
    Makes *folder* on the host, holding *files*, and gives how many bytes went over.

    Args:
        say: Told now and then how far it is.

    Raises:
        StepFailedError: it did not get there; a folder of that name that was there is as it was.
    """
    packed = _archive(files)
    words, source = ("sh", "-c", UNPACK, "sh", folder), Counted(packed)
    with ticking(say, folder, lambda: source.done, len(packed), then="it is unpacked there"):
        if isinstance(host, RemoteHost):
            result = host.pour(Command((*words, "cat")), source)
        else:
            result = host.run(Command((*words, "base64 -d"), Secret(base64.b64encode(packed).decode())))
    if not result.ok:
        raise StepFailedError(host.name, TITLE, f"{folder}: {result.reason}; nothing was changed there, run it again")
    return len(packed)


class Counted:
    """Bytes that are read one after the other, and how many have been."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    @property
    def done(self) -> int:
        """How many have been read."""
        return self._data.tell()

    def read(self, size: int) -> bytes:
        """See `Readable`."""
        return self._data.read(size)


def _archive(files: Iterable[Upload]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        made: set[str] = set()
        for file in sorted(files, key=lambda each: each.path):
            _add_folders(archive, file.path, made)
            entry = tarfile.TarInfo(file.path)
            entry.size, entry.mode = len(file.data), file.mode
            archive.addfile(entry, io.BytesIO(file.data))
    return packed.getvalue()


def _add_folders(archive: tarfile.TarFile, path: str, made: set[str]) -> None:
    """Folders are open to the containers they are mounted into; those of secrets to nobody."""
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        name = "/".join(parts[:count])
        if name not in made:
            made.add(name)
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o700 if name == "secrets" else 0o755
            archive.addfile(entry)
