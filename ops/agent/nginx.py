"""The running nginx of a base project: what it is asked, and told, from outside its container."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..command import Command, Result
from ..edge import reload_words
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
class Log:
    """Lines of an access log, and why they are not all there; *problem* is empty where they are."""

    lines: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Nginx:
    """
    The container that runs nginx.

    Attributes:
        container: Its id.
        mount: Where the generations stand in it.
        client: The docker client.
    """

    host: Host
    container: str
    mount: str
    client: str = "docker"

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
        Lets nginx read the live generation, and waits until new workers are at work and old ones take no more.

        nginx tells the old ones a moment after it has started the new: whoever looks in between sees none leaving.

        Raises:
            NginxError: it goes on with the old one.
        """
        before = self.workers()
        told = self._inside(*reload_words(self.mount))
        if not told.ok:
            raise NginxError(f"nginx -s reload: {_words(told)}")
        until = time.monotonic() + RELOAD_S
        while not ((now := self.workers()) - before) or now & before:
            if time.monotonic() > until:
                break
            time.sleep(PAUSE_S)
        if not now - before:
            log = self.host.run(Command((self.client, "logs", "--tail", "20", self.container)), timeout_s=60)
            said = [line for line in (log.out + log.err).splitlines() if "[emerg]" in line or "[alert]" in line]
            raise NginxError(f"nginx goes on with the old configuration: {said[-1] if said else 'no new worker'}")

    def workers(self) -> set[str]:
        """The process ids of the workers that take connections."""
        return {pid for pid, title in self._processes() if WORKER in title and LEAVING not in title}

    def leaving(self) -> set[str]:
        """The process ids of the workers that only end what they have."""
        return {pid for pid, title in self._processes() if WORKER in title and LEAVING in title}

    def ask(self, address: str, port: int = 0) -> tuple[int, str]:
        """
        The status of *address* asked from inside the container, and its body or the reason why there is none.

        Args:
            port: Where nginx itself listens for that name, whatever its certificate is; 0: where the address says.
        """
        form = "\n%{http_code}"
        here = ("--insecure", "--connect-to", f"::127.0.0.1:{port}") if port else ()
        words = ("curl", "--silent", "--show-error", "--max-time", str(ASK_S), "--write-out", form, *here, address)
        result = self._inside(*words)
        body, _, status = result.out.rpartition("\n")
        return (int(status) if status.isdigit() else 0), body if result.ok else _words(result)

    def log(self, since: float, until: float | None = None) -> Log:
        """The access log between two moments, seconds since the epoch."""
        end = ("--until", f"{until:.3f}") if until is not None else ()
        asked = Command((self.client, "logs", "--since", f"{since:.3f}", *end, self.container))
        result = self.host.run(asked, timeout_s=60)
        return Log(tuple(result.out.splitlines()), "" if result.ok else f"docker logs: {result.reason}")

    def _inside(self, *words: str) -> Result:
        return self.host.run(Command((self.client, "exec", self.container, *words)), timeout_s=60)

    def _processes(self) -> list[tuple[str, str]]:
        top = self.host.run(Command((self.client, "top", self.container, "-eo", "pid,args")), timeout_s=60)
        if not top.ok:
            raise NginxError(f"docker top: {top.reason}")
        rows = (line.split(None, 1) for line in top.out.splitlines()[1:])
        return [(row[0], row[1]) for row in rows if len(row) == 2]  # noqa: PLR2004 - pid and title


def running_nginx(host: Host, project: str, service: str, mount: str, client: str = "docker") -> Nginx | None:
    """
    nginx of *service* of the compose project *project*; None where no container of it runs.

    Raises:
        NginxError: the engine does not say: what is taken for stopped would be told nothing, and ask what is gone.
    """
    labels = {"project": project, "service": service}
    filters = [
        word for key, value in labels.items() for word in ("--filter", f"label=com.docker.compose.{key}={value}")
    ]
    words = (client, "ps", "--quiet", "--no-trunc", "--filter", "status=running", *filters)
    told = host.run(Command(words), timeout_s=60)
    if not told.ok:
        raise NginxError(f"docker ps: {told.reason}")
    found = told.out.split()
    return Nginx(host, found[0], mount, client) if found else None


def _words(result: Result) -> str:
    lines = [line for line in (result.err + result.out).splitlines() if line.strip()]
    known = [line for line in lines if "[emerg]" in line or "curl:" in line]
    return (known or lines or [result.reason])[-1].strip()
