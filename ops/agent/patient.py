"""This host, whose engine may be away for a moment: commands to it wait until it is back, and run again."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..command import Command, Result
from ..host import Host, LocalHost

AWAY = ("Cannot connect to the Docker daemon", "error during connect")
"""What docker says where there is no engine."""

CUT_OFF = ("connection reset by peer", "unexpected EOF")
"""What it says where there was one; and what programs in containers say of connections of their own."""

BACK_S = 180.0
PAUSE_S = 0.5


class PatientHost(LocalHost):
    """See `LocalHost`. Every command that it is given may run twice; what must not goes to `once`."""

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
            if result.ok or not self._was_away(result):
                return result
            while not self._answers():
                if time.monotonic() > until:
                    return result
                time.sleep(PAUSE_S)
            if time.monotonic() > until:
                return result

    def _was_away(self, result: Result) -> bool:
        said = result.out + result.err
        if any(words in said for words in AWAY):
            return True
        return any(words in said for words in CUT_OFF) and not self._answers()

    def _answers(self) -> bool:
        return super().run(Command(("docker", "version", "--format", "{{.Server.Version}}")), 20).ok


def once(host: Host) -> Host:
    """*host*, whose commands run once, whatever the engine does."""
    return LocalHost() if isinstance(host, PatientHost) else host
