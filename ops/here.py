"""A host of fairlead.yaml on which this itself runs, in the keeper: nothing goes over the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .command import Command, Result, Secret
from .errors import SettingsError
from .host import LocalHost
from .inventory import HostEntry
from .ssh import RemoteHost
from .ssh.host import Readable


class Here(RemoteHost):
    """This machine under a host's name."""

    def __init__(self, entry: HostEntry) -> None:
        super().__init__(entry)
        self._here = LocalHost()

    def fabric(self) -> Any:
        """
        There is no connection to oneself.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(f"{self.name}: this is {self.name} itself; run this from another machine")

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """See `Host`."""
        return self._here.run(command, timeout_s)

    def stream(self, command: Command, line: Callable[[str], None], source: Readable | None = None) -> Result:
        """See `Host`; there is no connection with which *source* could end."""
        return self._here.stream(command, line)

    def attach(self, command: Command) -> int:
        """See `Host`."""
        return self._here.attach(command)

    def put(self, path: str, content: str | Secret, mode: int) -> None:
        """See `Host`."""
        self._here.put(path, content, mode)

    def read(self, path: str) -> str | None:
        """See `Host`."""
        return self._here.read(path)
