"""Where everything of a stack stands on a host."""

from __future__ import annotations

from dataclasses import dataclass

BASE = "-base"
"""What the base project's name ends with, after the stack's."""


@dataclass(frozen=True)
class Layout:
    """
    The paths below a host's folder of one stack.

    Attributes:
        stack: The stack's name, with which the names of its compose projects, networks and volumes begin.
        root: The folder, such as ``/srv/agentchat``.
    """

    stack: str
    root: str

    @property
    def base(self) -> str:
        """The folder of the base project: the edge and the data."""
        return f"{self.root}/base"

    @property
    def base_project(self) -> str:
        """The name of the base project."""
        return f"{self.stack}{BASE}"

    @property
    def agent(self) -> str:
        """The container of the agent, of which there is one."""
        return f"{self.stack}-agent"

    @property
    def edge(self) -> str:
        """The generations of nginx's configuration, and the link `live`."""
        return f"{self.root}/nginx"

    @property
    def certificates(self) -> str:
        """The generations of key and chain, and the link `live`."""
        return f"{self.root}/shared/certs"

    @property
    def webroot(self) -> str:
        """Where answers to ACME's challenges are written."""
        return f"{self.root}/shared/acme"

    @property
    def backups(self) -> str:
        """Dumps of the database."""
        return f"{self.root}/shared/backups"

    @property
    def state(self) -> str:
        """The folder of state.json, the lock, the journals and the audit."""
        return f"{self.root}/state"

    @property
    def current(self) -> str:
        """The link to the release that serves."""
        return f"{self.root}/current"

    def keep(self, job: str) -> str:
        """The folder in which timed work *job* is done, such as the renewal of the certificate."""
        return f"{self.root}/keep/{job}"

    def release(self, name: str) -> str:
        """The folder of release *name*."""
        return f"{self.root}/releases/{name}"

    def project(self, name: str) -> str:
        """The compose project of release *name*."""
        return f"{self.stack}-{name}"

    def shared(self, name: str) -> str:
        """The name in the engine of a network or volume that releases share."""
        return f"{self.stack}_{name}"
