"""Files of ours on a host that are not as they were sent; no content of a secret is said, or kept here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..command import Command
from ..host import Host
from ..rotation import PREVIOUS
from .hashing import SECRETS, known_key, secret_hashes
from .known_secrets import secrets_on
from .layout import Layout
from .upload import Upload

ASK_S = 60.0
MISSING = 123
"""What xargs says where a command that it ran found a file missing."""


def edited(host: Host, folder: str, sent: Mapping[str, Any], layout: Layout) -> Iterator[str]:
    """
    One line for each file below *folder* that differs.

    Args:
        sent: Its manifest: ``files`` with digests, ``secret_hashes`` with keyed hashes.
    """
    yield from _files(host, folder, sent.get("files") or {})
    yield from _secrets(host, folder, sent.get("secret_hashes") or {}, known_key(host, layout))


def _files(host: Host, folder: str, sent: Mapping[str, str]) -> Iterator[str]:
    """The names go in on standard input: of thousands no command line would hold."""
    if not sent:
        return
    names = "".join(f"{path}\0" for path in sent)
    told = host.run(Command(("xargs", "-0", "sha256sum", "--"), names, directory=folder), timeout_s=ASK_S)
    if told.exit_code not in (0, MISSING):
        yield f"{folder}: its files cannot be compared: {told.reason}"
        return
    found = {path: digest for digest, path in re.findall(r"^([0-9a-f]{64})  (.*)$", told.out, re.MULTILINE)}
    yield from _differing(folder, sent, found)


def _secrets(host: Host, folder: str, sent: Mapping[str, str], key: bytes | None) -> Iterator[str]:
    """A signing key's old value is taught to older releases: that one differs by intent."""
    meant = {name for name in sent if name.upper().endswith(PREVIOUS) and name[: -len(PREVIOUS)] in sent}
    if not sent or key is None:
        return
    files = [Upload(f"{SECRETS}{name}", content) for name, content in secrets_on(host, folder).items()]
    wanted = {f"{SECRETS}{name}": digest for name, digest in sent.items() if name not in meant}
    yield from _differing(
        folder, wanted, {f"{SECRETS}{name}": each for name, each in secret_hashes(files, key).items()}
    )


def _differing(folder: str, sent: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for path, digest in sent.items():
        if path not in found:
            yield f"{folder}/{path}: is gone"
        elif found[path] != digest:
            yield f"{folder}/{path}: was edited there"
