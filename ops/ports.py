"""Which ports of this machine are taken, and by what."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

from .command import Command
from .host import Host

LISTEN = "0A"


def port_is_free(address: str, port: int) -> bool:
    """Whether a TCP listener could be bound to *address* (empty: every one) and *port* now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def port_holder(host: Host, client: str, port: int) -> str:
    """The container or the process that listens on *port*, in words for a message."""
    asked = Command((client, "ps", "--filter", f"publish={port}", "--format", "{{.Names}}"))
    names = host.run(asked, timeout_s=20).out.split()
    if names:
        return f"container {names[0]} (docker stop {names[0]})"
    process = next(iter(_processes(_inodes(port))), None)
    return f"process {process[0]} ({process[1]})" if process else "another process"


def _inodes(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found


def _processes(inodes: set[str]) -> Iterator[tuple[str, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (folder / "fd").iterdir()):
                yield folder.name, (folder / "comm").read_text(encoding="utf-8").strip()
        except OSError:
            continue  # it ended meanwhile, or is another user's
