"""The container engine of a host: which client reaches it, what it is, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .command import Command, Result
from .errors import UnreachableError
from .host import Host

MINIMUM_ENGINE = (25, 0)
MINIMUM_COMPOSE = (2, 24, 4)
"""The first that knows `!override`, without which the production file would append to lists."""

CLIENTS = ("docker", "/usr/bin/docker", "/usr/local/bin/docker", "/snap/bin/docker")
"""Tried in this order: an older client without plug-ins may be the first on PATH."""

SOCKET = "/var/run/docker.sock"

OWN_LOGS = ("--log-driver", "json-file", "--log-opt", "max-size=10m")
"""Options of containers of ours, whose logs are read: an engine may log elsewhere by itself, with other options."""

ANSWER_S = 20.0

Version = tuple[int, ...]


class EngineError(UnreachableError):
    """The engine cannot be used as it is; the message says what to do."""


class EngineMissingError(EngineError):
    """There is no docker client with the Compose plug-in."""


class EngineTooOldError(EngineError):
    """The engine or Compose is older than the stack needs."""


class EngineNotRunningError(EngineError):
    """The client is there and no engine answers it."""


class EngineForbiddenError(EngineError):
    """An engine runs, and this user may not use it."""


@dataclass(frozen=True)
class Engine:
    """
    What is installed on a host, and whether it answers.

    Attributes:
        client: The docker client to call; None where there is none with Compose.
        compose: Compose's version as it says it; empty where there is none.
        server: The engine's version as it says it; empty where it does not answer.
        trouble: The client's own words on why the engine does not answer.
        may_connect: False where the engine's socket is there and this user may not write to it.
    """

    client: str | None
    compose: str = ""
    server: str = ""
    trouble: str = ""
    may_connect: bool = True

    @property
    def running(self) -> bool:
        """Whether the engine answers."""
        return bool(self.server)

    @property
    def problem(self) -> EngineError | None:
        """What stands in the way of using it, the first thing first; None where nothing does."""
        return self.problem_on("")

    def problem_on(self, host: str) -> EngineError | None:
        """The same, for the machine that fairlead.yaml calls *host*; this machine has no name."""
        at, mend = (f"{host}: ", f"inv provision --host {host}") if host else ("", "./inv doctor --fix")
        if self.client is None:
            return EngineMissingError(f"{at}no docker with Compose is installed; {mend} installs it")
        if version_of(self.compose) < MINIMUM_COMPOSE:
            return _too_old(f"{at}Compose", self.compose, MINIMUM_COMPOSE, mend)
        if not self.may_connect:
            how = f"{mend} adds it to the group docker" if host else "run as root, or: sudo usermod -aG docker $USER"
            return EngineForbiddenError(f"{at}this user may not use the engine at {SOCKET}; {how}, and log in again")
        if not self.running:
            trouble = self.trouble or "no answer"
            return EngineNotRunningError(f"{at}the engine does not run: {trouble}; {mend} starts it")
        if version_of(self.server) < MINIMUM_ENGINE:
            return _too_old(f"{at}the engine", self.server, MINIMUM_ENGINE, mend)
        return None


def engine_facts(host: Host) -> Engine:
    """What is installed on *host*; asks only, and never longer than a minute."""
    client, compose = _client(host)
    if client is None:
        return Engine(None)
    answer = host.run(Command((client, "version", "--format", "{{.Server.Version}}")), timeout_s=ANSWER_S)
    if answer.ok:
        return Engine(client, compose, answer.out.strip())
    return Engine(client, compose, "", _trouble(answer), _may_connect(host))


def require_engine(host: Host) -> Engine:
    """
    The engine of *host*, good enough for the stack.

    Raises:
        EngineError: the one of its kinds that fits, with one line that says what to do.
    """
    engine = engine_facts(host)
    if engine.problem is not None:
        raise engine.problem
    return engine


def docker_client(host: Host) -> str:
    """
    The docker client of *host* whose `docker compose` works; asks no engine.

    Raises:
        EngineMissingError: there is none.
    """
    client, _ = _client(host)
    if client is None:
        raise Engine(None).problem or EngineMissingError("no docker")
    return client


def version_of(text: str) -> Version:
    """The numbers that *text* begins with: ``26.1.5+dfsg1`` is (26, 1, 5); () where it has none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", text.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _client(host: Host) -> tuple[str | None, str]:
    """The first client whose Compose is new enough, or the first with any; and its Compose's version."""
    found: tuple[str | None, str] = (None, "")
    for client in CLIENTS:
        answer = host.run(Command((client, "compose", "version", "--short")), timeout_s=ANSWER_S)
        if not answer.ok:
            continue
        compose = answer.out.strip()
        if version_of(compose) >= MINIMUM_COMPOSE:
            return client, compose
        found = found if found[0] else (client, compose)
    return found


def _may_connect(host: Host) -> bool:
    there = host.run(Command(("test", "-S", SOCKET)), timeout_s=ANSWER_S)
    return not there.ok or host.run(Command(("test", "-w", SOCKET)), timeout_s=ANSWER_S).ok


def _trouble(answer: Result) -> str:
    lines = [line.strip() for line in answer.err.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""


def _too_old(what: str, version: str, minimum: Version, mend: str) -> EngineTooOldError:
    wanted = ".".join(map(str, minimum))
    return EngineTooOldError(f"{what} is {version}, at least {wanted} is needed; {mend} installs it")
