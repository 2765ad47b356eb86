"""Starts the agent on a host and follows what it says; the agent goes on when nobody follows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..command import Command, Result
from ..engine import OWN_LOGS, SOCKET
from ..errors import FairleadError, LockedError, UnreachableError
from ..host import Host
from ..kept_json import data_of
from .agent_image import AGENT
from .layout import Layout
from .target import Target, TargetError

NOT_TAKEN_BACK = 3
ANSWER_S, BACK_S, LOCK_S, PAUSE_S = 120.0, 60.0, 5.0, 0.5
SOCKETS, RUN = "/var/run/", "/run/host"
AGAIN = ("--restart", "on-failure:5")
"""Of a command that exits with 0 once it has told how it ended: whatever else its exit code is, it was cut off."""

ENDED, ENDED_MODE = "ended.json", 0o640
"""The file in the state folder that says how the last one ended that somebody followed."""

Line = Callable[[Mapping[str, Any]], None]


class StillRunningError(FairleadError):
    """Nobody follows the agent any more, and it works on."""

    exit_code = 6


class AgentError(FairleadError):
    """The agent ended with an error; *exit_code* is its own."""

    def __init__(self, message: str, details: str = "", exit_code: int = 1) -> None:
        super().__init__(message, details)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Agent:
    """The one agent of a stack on a host: a container with a fixed name, which only one can have."""

    host: Host
    target: Target
    layout: Layout

    @property
    def name(self) -> str:
        """The container's name."""
        return self.layout.agent

    def runs(self) -> bool:
        """Whether one is at work now."""
        return self._docker("inspect", "--format", "{{.State.Running}}", self.name).out.strip() == "true"

    def holder(self) -> str:
        """What the one that runs does, for whom, and since when: what it wrote into its lock, which takes a moment."""
        until, told = time.monotonic() + LOCK_S, self._lock()
        while not told and time.monotonic() < until and self.runs():
            time.sleep(PAUSE_S)
            told = self._lock()
        return f"{told or 'an agent'} is at work there"

    def image(self) -> str:
        """
        The newest image of it that the host has.

        Raises:
            TargetError: there is none.
        """
        found = self._docker("images", "--format", "{{.Repository}}:{{.Tag}}", AGENT.repository).out.split()
        if not found:
            raise TargetError(f"{self.host.name}: no agent there yet; inv deploy brings it")
        return found[0]

    def refuse_at_work(self) -> None:
        """
        Raises:
            LockedError: one is at work; the message says what it does, for whom, since when.
        """
        if self.runs():
            raise self._locked()

    def run(self, image: str, words: tuple[str, ...], line: Line, *, again: bool = False) -> None:
        """
        Runs the command *words* to its end.

        Args:
            again: The engine starts it again where it dies, and after a boot, since nothing serves while it is away.

        Raises:
            LockedError: one is at work.
            AgentError: it failed; whether all was taken back is its exit code.
            StillRunningError: the connection was lost; the agent goes on.
        """
        self.refuse_at_work()
        # one that ended, and that nobody followed to its end; never one that another operator has just started
        self._docker("rm", self.name)
        self._keep({})
        try:
            started = self._docker("run", "--detach", *(AGAIN if again else ()), *self._options(), image, *words)
        except UnreachableError as error:
            raise self._left("the connection was lost while the agent was started; it may be at work there") from error
        if not started.ok:
            if self.runs():
                raise self._locked()
            raise FairleadError(f"{self.host.name}: the agent does not start: {_words(started)}; nothing was changed")
        self.follow(line)

    def follow(self, line: Line) -> None:
        """
        Follows the agent that runs, or tells how the last one ended.

        Raises:
            AgentError, StillRunningError: as `run`.
        """
        reading = _Reading(line)
        try:
            self._read(reading)
            while not reading.last and self._comes_back() and self.runs():
                self._read(reading)  # the engine was away for a moment: the agent was not
            self._docker("wait", self.name)
            self._end(reading)
        except (UnreachableError, KeyboardInterrupt) as error:
            why = "no longer followed" if isinstance(error, KeyboardInterrupt) else "the connection was lost"
            raise self._left(f"{why}, the agent goes on there") from error
        _raise_if_failed(self.host.name, reading.last)

    def _end(self, reading: _Reading) -> None:
        """How it ended is kept before it is removed: another one may follow it, and have read less by then."""
        if not reading.last and self._is_gone():
            reading.last = data_of(self.host.read(self._ended), f"{self.host.name}: {self._ended}")
            return
        if not reading.last:
            self._read(reading)  # what it said while the engine was away
        self._keep(reading.last)
        self._docker("rm", "--force", self.name)

    @property
    def _ended(self) -> str:
        return f"{self.layout.state}/{ENDED}"

    def _is_gone(self) -> bool:
        """Whether the engine says so; one that is away says nothing."""
        told = self._docker("ps", "--all", "--quiet", "--filter", f"name=^/{self.name}$")
        return told.ok and not told.out.strip()

    def _keep(self, end: Mapping[str, Any]) -> None:
        with suppress(OSError):  # a full disk: then only this one knows
            self.host.put(self._ended, json.dumps(end) + "\n", ENDED_MODE)

    def _left(self, why: str) -> StillRunningError:
        name = self.host.name
        return StillRunningError(f"{name}: {why}; inv deploy --resume --host {name} follows it")

    def _lock(self) -> str:
        return (self.host.read(f"{self.layout.state}/lock") or "").partition(" (process ")[0].strip()

    def _locked(self) -> LockedError:
        name = self.host.name
        return LockedError(f"{name}: {self.holder()}; inv deploy --resume --host {name} follows it")

    def _read(self, reading: _Reading) -> None:
        """Reads what the agent says from its beginning; what was told before is told once."""
        reading.again()
        self.host.stream(Command((self.target.client, "logs", "--follow", self.name)), reading)

    def _comes_back(self) -> bool:
        """Whether the engine answers, waiting for one that restarts."""
        until = time.monotonic() + BACK_S
        while not self._docker("version", "--format", "{{.Server.Version}}").ok:
            if time.monotonic() > until:
                return False
            time.sleep(PAUSE_S)
        return True

    def _options(self) -> tuple[str, ...]:
        """
        It has the folder of the engine's socket, the stack's at the same path, and no network.

        The folder, since an engine that is started again makes another socket, and a mount of the old one stays dead.
        """
        return (
            *("--name", self.name),
            *("--user", self.target.user),
            *("--group-add", self.target.docker_group),
            *("--network", "none"),
            *("--read-only", "--tmpfs", "/tmp"),  # noqa: S108 - its own
            *("--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges"),
            *("--mount", f"type=bind,source={SOCKETS},target={RUN},readonly,bind-recursive=disabled"),
            *("--env", f"DOCKER_HOST=unix://{RUN}/{SOCKET.removeprefix(SOCKETS)}"),
            *("--volume", f"{self.layout.root}:{self.layout.root}"),
            *OWN_LOGS,
        )

    def _docker(self, *words: str) -> Result:
        return self.host.run(Command((self.target.client, *words)), timeout_s=ANSWER_S)


class _Reading:
    """Hands on each line that the agent says, once, and keeps the last."""

    def __init__(self, line: Line) -> None:
        self.last: dict[str, Any] = {}
        self._line = line
        self._told = 0
        self._seen = 0

    def again(self) -> None:
        """The next line is the agent's first."""
        self._seen = 0

    def __call__(self, text: str) -> None:
        data = _parsed(text)
        if not data:
            return
        self._seen += 1
        if data.get("event") == "end":
            self.last = data
        elif self._seen > self._told:
            self._told = self._seen
            self._line(data)


def _raise_if_failed(host: str, last: Mapping[str, Any]) -> None:
    if not last:
        raise AgentError(
            f"{host}: the agent was ended in the middle; inv deploy --resume --host {host} goes on, "
            "--abort takes it back",
            exit_code=NOT_TAKEN_BACK,
        )
    if last["exit"]:
        raise AgentError(f"{host}: {last['text']}", last.get("details", ""), int(last["exit"]))


def _words(result: Result) -> str:
    """Docker's own words: its last line only names the help."""
    lines = [line for line in result.err.splitlines() if line.strip() and not line.startswith("See '")]
    return lines[-1].strip() if lines else result.reason


def _parsed(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return {}  # the engine's own words, such as that it is away
    return data if isinstance(data, dict) else {}
