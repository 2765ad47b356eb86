"""What lies in the folders that an nginx serves, so that `try_files` can be told in advance."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ....lint.nginx import NginxConfig
from ...command import Command
from ...host import Host

MOST_ENTRIES = 20_000
DEEPEST = 6
ASK_S = 20.0

Kind = Literal["file", "folder"]


@dataclass(frozen=True)
class Folder:
    """
    Entries by path.

    Attributes:
        is_known: False where they could not be listed, or not all of them.
    """

    entries: Mapping[str, Kind] = field(default_factory=dict)
    is_known: bool = False

    def __call__(self, path: str) -> Kind | None:
        """What is at *path*, as the linter's model asks: with a slash at its end nothing is a file."""
        found = self.entries.get(posixpath.normpath(path))
        return None if found == "file" and path.endswith("/") else found

    def files_below(self, folder: str) -> list[str]:
        """The paths of the files in *folder* and below it, without precompressed twins."""
        inside = folder.rstrip("/") + "/"
        found = [path for path, kind in self.entries.items() if kind == "file" and path.startswith(inside)]
        return sorted(path for path in found if not path.endswith((".gz", ".br", ".zst")) and "/." not in path)


def listing(host: Host, client: str, container: str, config: NginxConfig) -> Folder:
    """The files below every ``root`` and ``alias`` of *config* that is a plain absolute path."""
    roots = {each.value for each in config.find("root", "alias")}
    plain = sorted(root for root in roots if posixpath.isabs(root) and "$" not in root)
    if any(root not in plain for root in roots):
        return Folder()
    if not plain:
        return Folder({}, is_known=True)
    command = ("find", "-L", *plain, "-maxdepth", str(DEEPEST), "-printf", "%y %p\\n")
    said = host.run(Command((client, "exec", container, *command)), timeout_s=ASK_S)
    return entries_of(said.out, is_whole="find:" not in said.err or "No such file" in said.err)


def entries_of(text: str, *, is_whole: bool = True) -> Folder:
    """The entries in what ``find -printf '%y %p\\n'`` printed."""
    lines = text.splitlines()
    kinds: dict[str, Kind] = {"f": "file", "d": "folder"}
    pairs = (line.partition(" ") for line in lines[:MOST_ENTRIES])
    found = {posixpath.normpath(path): kinds[letter] for letter, _, path in pairs if letter in kinds}
    return Folder(found, is_known=is_whole and len(lines) <= MOST_ENTRIES)
