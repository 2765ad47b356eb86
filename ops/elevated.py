"""A host on which every command runs as root, by sudo where the user who logged in is another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .command import Command, Result, Secret
from .errors import FairleadError
from .host import Host
from .ssh.files import put, read

SUDO = ("sudo", "-n")


class NoRootError(FairleadError):
    """This user is not root, and sudo asks for a password or is not there."""

    exit_code = 2


def elevated(host: Host) -> Host:
    """
    *host* itself where root logged in, else *host* through sudo.

    Raises:
        NoRootError: sudo does not let this user in without a password.
    """
    if host.run(Command(("id", "-u"))).out.strip() == "0":
        return host
    tried = host.run(Command((*SUDO, "true")))
    if not tried.ok:
        user = host.run(Command(("id", "-un"))).out.strip()
        raise NoRootError(
            f"{host.name}: {user} is not root, and sudo without a password does not work ({tried.reason}); log in as "
            f"root, or let {user} use sudo: {user} ALL=(ALL) NOPASSWD: ALL in a file of /etc/sudoers.d"
        )
    return ElevatedHost(host)


class ElevatedHost:
    """*host* through sudo."""

    def __init__(self, host: Host) -> None:
        self.name = host.name
        self._host = host

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """See `Host`."""
        return self._host.run(_as_root(command), timeout_s)

    def stream(self, command: Command, line: Callable[[str], None]) -> Result:
        """See `Host`."""
        return self._host.stream(_as_root(command), line)

    def attach(self, command: Command) -> int:
        """See `Host`."""
        return self._host.attach(_as_root(command))

    def put(self, path: str, content: str | Secret, mode: int) -> None:
        """See `Host`."""
        put(self, path, content, mode)

    def read(self, path: str) -> str | None:
        """See `Host`."""
        return read(self, path)


def _as_root(command: Command) -> Command:
    # sudo drops the environment that it is called with, but for what is named
    names = ",".join(name for name, _ in command.environment)
    # env says 127 for a program that is not there, as a shell does; sudo itself says 1
    return replace(command, argv=(*SUDO, *((f"--preserve-env={names}",) if names else ()), "env", *command.argv))
