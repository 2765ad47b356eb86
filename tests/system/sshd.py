"""A real sshd of a test's own on loopback, and a home folder that knows how to reach it."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .conftest import free_port

SSHD = "/usr/sbin/sshd"


def key(path: Path) -> Path:
    """A new key pair at *path*."""
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path), check=True)
    return path


@dataclass
class Sshd:
    """
    An sshd that lets in the key of *home*.

    Attributes:
        home: The folder to use as HOME; its ssh_config names the server `prod`.
    """

    folder: Path
    home: Path
    port: int
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        (self.home / ".ssh").mkdir(mode=0o700, parents=True)
        key(self.home / ".ssh" / "id_ed25519")
        self.folder.mkdir()
        key(self.folder / "host_key")
        shutil.copy(self.home / ".ssh" / "id_ed25519.pub", self.folder / "authorized_keys")
        self.trust()

    def trust(self) -> None:
        """Writes the server's key into the home's known_hosts, as its only one."""
        kind, value, *_ = (self.folder / "host_key.pub").read_text().split()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {kind} {value}\n")

    @property
    def known_hosts(self) -> Path:
        """The known_hosts file of the home."""
        return self.home / ".ssh" / "known_hosts"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """The server, up and listening; ended with all that it serves."""
        config = self.folder / "config"
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.folder}/host_key",
            f"AuthorizedKeysFile {self.folder}/authorized_keys",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
            *self.options,
        ]
        config.write_text("\n".join(lines) + "\n")
        Path("/run/sshd").mkdir(exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen((SSHD, "-D", "-e", "-f", config), stderr=log)
        try:
            self._await(process)
            yield process
        finally:
            for each in children(process.pid):
                with suppress(ProcessLookupError):
                    each.kill()
            process.terminate()
            process.wait()

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return
        raise AssertionError((self.folder / "log").read_text())


@dataclass
class Process:
    """A process by its id."""

    pid: int

    def kill(self) -> None:
        """Ends it at once."""
        subprocess.run(("kill", "-KILL", str(self.pid)), capture_output=True, check=False)


def children(pid: int) -> list[Process]:
    """The processes that *pid* started and that still are: for sshd, one for each connection."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [Process(int(each)) for each in listed.read_text().split()] if listed.exists() else []


def server(folder: Path, *options: str) -> Sshd:
    """An sshd, not yet started, with everything in *folder*."""
    return Sshd(folder / "sshd", folder / "home", free_port(), options)
