"""
The TLS store: generations ``g1``, ``g2``, ... of key and chain, and a link ``live`` that names the one in use.

Key and chain change together, since nginx reads both through the link. Everything goes through the host, so that a
laptop's folder and a remote host's are the same to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..command import Command, Result, Secret
from ..errors import FairleadError
from ..host import Host
from .material import CHAIN, KEY, Material

KEPT = 3
HSTS = "hsts.conf"
FOLDER_MODE, KEY_MODE, PUBLIC_MODE = 0o750, 0o640, 0o644
NAME = re.compile(r"g(\d+)")


class StoreError(FairleadError):
    """The store's folder cannot be changed; the message has no key material."""


@dataclass(frozen=True)
class Generation:
    """
    One generation as it stands in the folder.

    Attributes:
        chain: In PEM, the site's own certificate first.
        hsts: What nginx adds to the answers of the site; empty while it serves a placeholder.
    """

    name: str
    folder: Path
    chain: str
    hsts: str = ""


class TlsStore:
    """
    The generations in *folder* of *host*.

    Files belong to the user who runs this and to the folder's group; that group is what the service that runs nginx
    is given, since a key has mode 0640 in folders of mode 0750.
    """

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self.folder = folder

    def live(self) -> Generation | None:
        """The one in use; None where there is none, or where the link names one that is not whole."""
        named = self.host.run(Command(("readlink", str(self.folder / "live"))))
        return self.generation(named.out.strip()) if named.ok else None

    def generation(self, name: str) -> Generation | None:
        """The generation of that name; None where it is not there, or was cut off while it was written."""
        folder = self.folder / name
        hsts = self.host.read(str(folder / HSTS)) if NAME.fullmatch(name) else None
        chain = self.host.read(str(folder / CHAIN)) if hsts is not None else None
        return None if chain is None or hsts is None else Generation(name, folder, chain, hsts)

    def names(self) -> list[str]:
        """The names of all there are, oldest first, those cut off among them."""
        listed = self.host.run(Command(("ls", "-1", str(self.folder))))
        found = [match for line in listed.out.splitlines() if (match := NAME.fullmatch(line.strip()))]
        return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]

    def next_name(self) -> str:
        """The name that the next generation gets."""
        names = self.names()
        return f"g{int(names[-1][1:]) + 1}" if names else "g1"

    def material(self, generation: Generation) -> Material | None:
        """Key and chain of a generation; None where its key is missing."""
        key = self.host.read(str(generation.folder / KEY))
        return None if key is None else Material(generation.chain, Secret(key), str(generation.folder))

    def add(self, key: Secret, chain: str, hsts: str = "") -> Generation:
        """
        Writes a new generation; nothing uses it until `switch`.

        Raises:
            StoreError: the folder cannot be written, or the disk is full; what was begun is removed.
        """
        generation = Generation(self.next_name(), self.folder / self.next_name(), chain, hsts)
        self._make(self.folder)
        self._make(generation.folder)
        try:
            self._put(generation.folder / KEY, key, KEY_MODE)
            self._put(generation.folder / CHAIN, chain, PUBLIC_MODE)
            self._put(generation.folder / HSTS, hsts, PUBLIC_MODE)  # the last one: with it the generation is whole
            self._run("chgrp", "-R", self.group(), str(generation.folder))
        except FairleadError:
            self.remove(generation.name)
            raise
        return generation

    def switch(self, name: str) -> None:
        """
        Makes generation *name* the live one, by renaming a new link over the old.

        Raises:
            StoreError: there is no such generation, or the link cannot be written.
        """
        if self.generation(name) is None:
            raise StoreError(f"{self.folder / name}: no whole generation; inv up writes one")
        fresh = str(self.folder / ".live.new")
        self._run("ln", "-sfn", name, fresh)
        self._rename(fresh, str(self.folder / "live"))

    def unlink(self) -> None:
        """Takes the link away, as it was before the first generation."""
        self._run("rm", "-f", str(self.folder / "live"))

    def remove(self, name: str) -> None:
        """Removes generation *name*, also one that was cut off; never the live one."""
        live = self.live()
        if NAME.fullmatch(name) and (live is None or live.name != name):
            self._run("rm", "-rf", str(self.folder / name))

    def prune(self) -> None:
        """Removes all but the newest three; never the live one."""
        for name in self.names()[:-KEPT]:
            self.remove(name)

    def group(self) -> str:
        """The number of the group that may read the keys: that of the folder, else that of the user who runs this."""
        listed = self.host.run(Command(("ls", "-ldn", str(self.folder))))
        return listed.out.split()[3] if listed.ok else self.host.run(Command(("id", "-g"))).out.strip()

    def _rename(self, link: str, target: str) -> None:
        """In one step, and never into the folder that *target* points to; a Mac's mv has another word for it."""
        renamed = self.host.run(Command(("mv", "-T", link, target)))
        if not (renamed.ok or self.host.run(Command(("mv", "-fh", link, target))).ok):
            raise self._error("mv", target, renamed)

    def _make(self, folder: Path) -> None:
        self._run("install", "-d", "-m", f"{FOLDER_MODE:04o}", str(folder))

    def _put(self, path: Path, content: str | Secret, mode: int) -> None:
        self._guarded(path, lambda: self.host.put(str(path), content, mode))

    def _run(self, *argv: str) -> None:
        result: Result = self.host.run(Command(argv))
        if not result.ok:
            raise self._error(argv[0], argv[-1], result)

    def _error(self, program: str, path: str, result: Result) -> StoreError:
        return StoreError(f"{path}: {program}: {result.reason}; see that {self.folder} is yours and has room")

    def _guarded(self, path: Path, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            raise StoreError(f"{path}: {(error.strerror or 'cannot be written').lower()}") from error
