"""What a plan is made of: each step can be shown, run and, where it says so, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .command import Command, Result, Secret
from .errors import StepFailedError
from .host import Host

Say = Callable[[str], None]
"""Takes a line about what a step is doing right now."""


class Step(Protocol):
    """One change to one host. *title* is an imperative; `str()` shows exactly what will be done, without secrets."""

    @property
    def title(self) -> str:
        """What it does, in a few words."""

    def run(self, host: Host, say: Say) -> None:
        """Does it; raises `StepFailedError`."""

    def undo(self, host: Host) -> bool:
        """Takes it back, also when it only half happened; False where there is nothing to take back."""


@dataclass(frozen=True)
class Run:
    """Runs a command, line by line in sight."""

    title: str
    do: Command
    back: Command | None = None

    def run(self, host: Host, say: Say) -> None:
        """See `Step`."""
        result = host.stream(self.do, say)
        if not result.ok:
            raise StepFailedError(host.name, self.title, result.reason, end_of(result))

    def undo(self, host: Host) -> bool:
        """See `Step`."""
        return self.back is not None and host.run(self.back).ok

    def __str__(self) -> str:
        return str(self.do)


@dataclass(frozen=True)
class Write:
    """Replaces a file in one step."""

    title: str
    path: str
    content: str | Secret
    mode: int

    def run(self, host: Host, say: Say) -> None:
        """See `Step`."""
        say(self.path)
        try:
            host.put(self.path, self.content, self.mode)
        except OSError as error:
            raise StepFailedError(host.name, self.title, f"{self.path}: {error.strerror}") from error

    def undo(self, host: Host) -> bool:
        """See `Step`; what was written stays."""
        return False

    def __str__(self) -> str:
        return f"write {self.path} (mode {self.mode:04o})"


@dataclass(frozen=True)
class WriteAll:
    """Replaces several files, each in one step; pairs of path and content, all with the same mode."""

    title: str
    files: tuple[tuple[str, str | Secret], ...]
    mode: int

    def run(self, host: Host, say: Say) -> None:
        """See `Step`."""
        for path, content in self.files:
            Write(self.title, path, content, self.mode).run(host, say)

    def undo(self, host: Host) -> bool:
        """See `Step`; what was written stays."""
        return False

    def __str__(self) -> str:
        return "\n    ".join(str(Write(self.title, path, content, self.mode)) for path, content in self.files)


@dataclass(frozen=True)
class Do:
    """Calls a function of ours that changes the host and is no single command, such as waiting until all is healthy."""

    title: str
    shown: str
    action: Callable[[Host, Say], None]
    back: Callable[[Host], None] | None = None

    def run(self, host: Host, say: Say) -> None:
        """See `Step`."""
        try:
            self.action(host, say)
        except OSError as error:
            raise StepFailedError(host.name, self.title, os_words(error)) from error

    def undo(self, host: Host) -> bool:
        """See `Step`."""
        if self.back is None:
            return False
        self.back(host)
        return True

    def __str__(self) -> str:
        return self.shown


def end_of(result: Result, lines: int = 15) -> str:
    """The last lines of what it printed, for the details of an error."""
    return "\n".join((result.out + result.err).rstrip().splitlines()[-lines:])


def os_words(error: OSError) -> str:
    """What the system said, with the file where it was about one."""
    said = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {said}" if error.filename else said
