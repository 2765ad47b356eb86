"""This host, whose engine may be away for a moment: commands to it wait until it is back, and run again."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..command import Command, Result
from ..host import LocalHost

AWAY = ("Cannot connect to the Docker daemon", "error during connect", "connection reset by peer", "unexpected EOF")
BACK_S = 180.0
PAUSE_S = 0.5


class PatientHost(LocalHost):
    """See `LocalHost`. Every command that it is given may run twice."""

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """See `Host`."""
        return self._patiently(lambda: super(PatientHost, self).run(command, timeout_s))

    def stream(self, command: Command, line: Callable[[str], None]) -> Result:
        """See `Host`."""
        return self._patiently(lambda: super(PatientHost, self).stream(command, line))

    def _patiently(self, run: Callable[[], Result]) -> Result:
        until = time.monotonic() + BACK_S
        while True:
            result = run()
            if result.ok or not any(words in result.out + result.err for words in AWAY):
                return result
            while not super().run(Command(("docker", "version", "--format", "{{.Server.Version}}")), 20).ok:
                if time.monotonic() > until:
                    return result
                time.sleep(PAUSE_S)
            if time.monotonic() > until:
                return result
