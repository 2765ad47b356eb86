"""A port of the host that leads to a port of this machine, by the OpenSSH client: the faster one for bulk data."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import UnreachableError
from .host import RemoteHost
from .keys import files_of

ALLOCATED = re.compile(r"Allocated port (\d+) for remote forward")
OPEN_S = 20.0
END_S = 5.0
AGAIN, PAUSE_S = 20, 0.5
"""How often a broken tunnel is opened again, and how long after it broke."""


class TunnelError(UnreachableError):
    """
    The host, or this machine, allows no tunnel.

    Attributes:
        reason: Why, in ssh's own words.
    """

    def __init__(self, host: str, reason: str, help_: str) -> None:
        super().__init__(f"{host}: no tunnel: {reason}; {help_}")
        self.reason = reason


@contextmanager
def reverse_tunnel(host: RemoteHost, port: int) -> Iterator[int]:
    """
    Leads a port of the host's 127.0.0.1 to *port* of this machine's, while the block runs; gives the host's port.

    A tunnel that breaks is opened again at the same port: what uses it there tries again by itself.

    Raises:
        TunnelError: there is no ssh here, or sshd forwards nothing.
    """
    program = shutil.which("ssh")
    if program is None:
        raise TunnelError(host.name, "no ssh on this machine", "install the OpenSSH client")

    def open_(remote_port: int) -> subprocess.Popen[str]:
        words = _words(host, f"127.0.0.1:{remote_port}:127.0.0.1:{port}")
        return subprocess.Popen((program, *words), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    first = open_(0)
    tunnel = _Kept(first, open_)
    try:
        tunnel.port = _allocated(host, first)
        tunnel.keep()
        yield tunnel.port
    finally:
        tunnel.end()


class _Kept:
    """A tunnel that is opened again when it breaks."""

    def __init__(self, process: subprocess.Popen[str], open_: Callable[[int], subprocess.Popen[str]]) -> None:
        self.port = 0
        self._process = process
        self._open = open_
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def keep(self) -> None:
        """Watches it from now on."""
        self._watching.start()

    def end(self) -> None:
        """Ends it for good."""
        self._over.set()
        _stop(self._process)
        if self._watching.ident is not None:
            self._watching.join()
            _stop(self._process)  # one that was opened in between
        if self._process.stderr:
            self._process.stderr.close()

    def _watch(self) -> None:
        for _ in range(AGAIN):
            _drained(self._process)
            if self._over.wait(PAUSE_S):
                return
            self._process = self._open(self.port)


def _drained(process: subprocess.Popen[str]) -> None:
    """Waits for its end; what it says is read, so that it never waits for a reader."""
    for _ in process.stderr or ():
        continue
    process.wait()
    if process.stderr:
        process.stderr.close()


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _words(host: RemoteHost, forward: str) -> list[str]:
    """ssh as Fabric's connection found the way: the same names, keys and known hosts."""
    connection: Any = host.fabric()
    config = Path("~/.ssh/config").expanduser()
    known = " ".join(str(Path(name).expanduser()) for name in files_of(connection.ssh_config.get("userknownhostsfile")))
    keys = connection.connect_kwargs.get("key_filename") or _own_keys()
    keys = [keys] if isinstance(keys, str) else keys
    options = {
        "BatchMode": "yes",
        "ExitOnForwardFailure": "yes",
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "4",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": known,
    }
    words = ["-N", "-T", "-F", str(config) if config.is_file() else "none"]
    words += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    words += [word for key in keys for word in ("-i", key)]
    if host.entry.jump:
        words += ["-J", ",".join(host.entry.jump)]
    words += ["-p", str(connection.port), "-l", connection.user, "-R", forward]
    return [*words, "--", host.entry.address]


def _own_keys() -> list[str]:
    """ssh looks for a user's keys where the password file says the home is; Fabric, as everything else, in $HOME."""
    names = ("id_ed25519", "id_ecdsa", "id_rsa")
    return [str(path) for name in names if (path := Path(f"~/.ssh/{name}").expanduser()).is_file()]


def _allocated(host: RemoteHost, process: subprocess.Popen[str]) -> int:
    """The port that sshd chose; ssh says it among whatever else it has to say."""
    said: list[str] = []
    late = threading.Timer(OPEN_S, process.kill)
    late.start()
    try:
        for line in process.stderr or ():
            if found := ALLOCATED.search(line):
                return int(found[1])
            said.append(line.strip())
    finally:
        late.cancel()
    reason = next((line for line in reversed(said) if line), f"no answer within {OPEN_S:g} s")
    raise TunnelError(host.name, reason, "sshd there needs AllowTcpForwarding yes, or remote")
