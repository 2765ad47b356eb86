"""Runs the keeper on a host: a container that goes on when the one who started it is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..command import Command, Result
from ..deploy.following import StillRunningError
from ..deploy.layout import Layout
from ..deploy.target import Target
from ..engine import OWN_LOGS, SOCKET
from ..errors import FairleadError, LockedError, UnreachableError
from ..host import Host
from ..reach import HERE
from .image import KEEPER

ANSWER_S = 60.0
DIGEST = re.compile(rf"{KEEPER.repository}:[0-9a-f]{{16}}")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _nothing(_: str) -> None:
    """For whoever wants to know only how it ended."""


@dataclass(frozen=True)
class Keeper:
    """
    The keeper of one kind of work on a host.

    Attributes:
        job: The work, such as ``certbot``: what its folder and its container are called by.
    """

    host: Host
    target: Target
    layout: Layout
    job: str

    @property
    def name(self) -> str:
        """The container's name, which only one can have."""
        return f"{self.layout.stack}-keeper-{self.job}"

    @property
    def folder(self) -> str:
        """Where it works."""
        return self.layout.keep(self.job)

    @property
    def image(self) -> str:
        """The name under which its host finds the newest keeper, whatever the release."""
        return f"{KEEPER.repository}:{self.layout.stack}"

    def use(self, image: str) -> None:
        """
        Makes *image* the one that is used from now on, by timers too; names of earlier ones are taken away.

        Raises:
            FairleadError: the host has it not.
        """
        tagged = self._docker("tag", image, self.image)
        if not tagged.ok:
            raise FairleadError(f"{self.host.name}: {image}: {tagged.reason}")
        listed = self._docker("images", "--format", "{{.Repository}}:{{.Tag}}", KEEPER.repository).out.split()
        earlier = [name for name in listed if DIGEST.fullmatch(name) and name != image]
        if earlier:
            self._docker("image", "rm", *earlier)  # another stack's own name for one of them keeps it

    def command(self, *words: str, named: str = "", detached: bool = False, more: tuple[str, ...] = ()) -> Command:
        """
        The command that runs the task *words* in it.

        Args:
            named: What its container is called by, beside the work; the one that goes on alone has no such name.
            more: Further options of ``docker run``.
        """
        name = f"{self.name}-{named}" if named else self.name
        how = ("--detach", "--name", name) if detached else ("--rm", "--name", name)
        return Command((self.target.client, "run", *how, *self._options(), *more, self.image, *words))

    def run(self, words: tuple[str, ...], line: Callable[[str], None] = _nothing) -> Result:
        """
        Runs the task *words* to its end; *line* takes each line as it comes.

        Raises:
            LockedError: another one is at work.
            StillRunningError: the connection was lost; it goes on.
        """
        if self._docker("inspect", "--format", "{{.State.Running}}", self.name).out.strip() == "true":
            raise LockedError(f"{self.host.name}: {self.name} is at work there; docker logs {self.name} shows on what")
        self._docker("rm", "--force", self.name)  # one that ended, and that nobody followed to its end
        started = self.host.run(self.command(*words, detached=True), timeout_s=ANSWER_S)
        if not started.ok:
            raise FairleadError(f"{self.host.name}: {self.name} does not start: {started.reason}")
        try:
            return self._followed(line)
        except (UnreachableError, KeyboardInterrupt) as error:
            why = "no longer followed" if isinstance(error, KeyboardInterrupt) else "the connection was lost"
            raise StillRunningError(
                f"{self.host.name}: {why}, the task goes on there; docker logs {self.name} shows it"
            ) from error

    def _followed(self, line: Callable[[str], None]) -> Result:
        self.host.stream(Command((self.target.client, "logs", "--follow", self.name)), line)
        ended = self.host.run(Command((self.target.client, "wait", self.name)))
        told = self._docker("logs", self.name)
        self._docker("rm", "--force", self.name)
        if not re.fullmatch(r"\d+\s*", ended.out):
            raise FairleadError(f"{self.host.name}: {self.name} was ended in the middle: {ended.reason}; run it again")
        return Result(int(ended.out), told.out, told.err)

    def _options(self) -> tuple[str, ...]:
        """The engine's socket, the stack's folder at its own path, and the host's network: what it asks is outside."""
        return (
            *("--user", self.target.user),
            *("--group-add", self.target.docker_group),
            *("--network", "host"),
            *("--read-only", "--tmpfs", "/tmp"),  # noqa: S108 - its own
            *("--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges"),
            *("--volume", f"{SOCKET}:{SOCKET}"),
            *("--volume", f"{self.layout.root}:{self.layout.root}"),
            *("--workdir", self.folder),
            *("--env", f"{HERE}={self.host.name}"),
            *OWN_LOGS,
        )

    def _docker(self, *words: str) -> Result:
        return self.host.run(Command((self.target.client, *words)), timeout_s=ANSWER_S)
