"""The running nginx of a base project: what it is asked, and told, from outside its container."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from ..command import Command, Result
from ..errors import FairleadError
from ..host import Host

WORKER = "nginx: worker process"
LEAVING = "is shutting down"
RELOAD_S = 15.0
ASK_S = 10
PAUSE_S = 0.1


class NginxError(FairleadError):
    """nginx does not take what it is given."""


@dataclass(frozen=True)
class Nginx:
    """
    The container that runs nginx.

    Attributes:
        container: Its id.
        mount: Where the generations stand in it.
    """

    host: Host
    container: str
    mount: str

    def test(self, generation: str) -> None:
        """
        Lets nginx read *generation* without using it.

        Raises:
            NginxError: with nginx's own words.
        """
        result = self._inside("nginx", "-t", "-c", f"{self.mount}/{generation}/nginx.conf")
        if not result.ok:
            raise NginxError(f"nginx -t: {_words(result)}")

    def reload(self) -> None:
        """
        Lets nginx read the live generation, and waits until new workers are at work.

        Raises:
            NginxError: it goes on with the old one.
        """
        before = self.workers()
        told = self.host.run(Command(("docker", "kill", "--signal", "HUP", self.container)), timeout_s=60)
        if not told.ok:
            raise NginxError(f"nginx is not told: {told.reason}")
        until = time.monotonic() + RELOAD_S
        while not self.workers() - before:
            if time.monotonic() > until:
                log = self.host.run(Command(("docker", "logs", "--tail", "20", self.container)), timeout_s=60)
                said = [line for line in (log.out + log.err).splitlines() if "[emerg]" in line or "[alert]" in line]
                raise NginxError(f"nginx goes on with the old configuration: {said[-1] if said else 'no new worker'}")
            time.sleep(PAUSE_S)

    def workers(self) -> set[str]:
        """The process ids of the workers that take connections."""
        return {pid for pid, title in self._processes() if WORKER in title and LEAVING not in title}

    def leaving(self) -> set[str]:
        """The process ids of the workers that only end what they have."""
        return {pid for pid, title in self._processes() if WORKER in title and LEAVING in title}

    def ask(self, address: str) -> tuple[int, str]:
        """The status of *address* asked from inside the container, and its body or the reason why there is none."""
        form = "\n%{http_code}"
        words = ("curl", "--silent", "--show-error", "--max-time", str(ASK_S), "--write-out", form, address)
        result = self._inside(*words)
        body, _, status = result.out.rpartition("\n")
        return (int(status) if status.isdigit() else 0), body if result.ok else _words(result)

    def statuses_since(self, moment: float) -> list[int]:
        """The statuses in the access log since *moment*, seconds since the epoch; JSON or the common form."""
        asked = Command(("docker", "logs", "--since", f"{moment:.3f}", self.container))
        log = self.host.run(asked, timeout_s=60)
        return [int(found[1] or found[2]) for line in log.out.splitlines() if (found := STATUS.search(line))]

    def _inside(self, *words: str) -> Result:
        return self.host.run(Command(("docker", "exec", self.container, *words)), timeout_s=60)

    def _processes(self) -> list[tuple[str, str]]:
        top = self.host.run(Command(("docker", "top", self.container, "-eo", "pid,args")), timeout_s=60)
        if not top.ok:
            raise NginxError(f"docker top: {top.reason}")
        rows = (line.split(None, 1) for line in top.out.splitlines()[1:])
        return [(row[0], row[1]) for row in rows if len(row) == 2]  # noqa: PLR2004 - pid and title


STATUS = re.compile(r'"status": ?"?(\d{3})\b|" (\d{3}) \d+ "')


def _words(result: Result) -> str:
    lines = [line for line in (result.err + result.out).splitlines() if line.strip()]
    known = [line for line in lines if "[emerg]" in line or "curl:" in line]
    return (known or lines or [result.reason])[-1].strip()
