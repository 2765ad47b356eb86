"""A command as data: what runs, what it reads, and how it is shown."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

MASK = "***"
SHORTEST = 6
"""Shorter secrets are not masked in texts: replacing every "on" would make them unreadable."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is used and never shown: its text forms are the mask."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return MASK


@dataclass(frozen=True, slots=True)
class Command:
    """
    An argument list, run without a shell.

    Secrets go into *stdin* or *environment*, never into *argv*: every user of a machine can read arguments.

    Attributes:
        environment: Added to the environment the host gives.
        directory: Where it runs; the host's own default where None.
    """

    argv: tuple[str, ...]
    stdin: str | Secret | None = None
    environment: tuple[tuple[str, str | Secret], ...] = ()
    directory: str | None = None

    def __str__(self) -> str:
        shown = [f"{name}={_quoted(value)}" for name, value in self.environment]
        shown += [shlex.quote(word) for word in self.argv]
        if self.stdin is not None:
            shown.append(f"<<< {_quoted(self.stdin)}")
        return " ".join(shown)


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended; *out* and *err* are what it printed."""

    exit_code: int
    out: str = ""
    err: str = ""

    @property
    def ok(self) -> bool:
        """Whether it exited with 0."""
        return self.exit_code == 0

    @property
    def reason(self) -> str:
        """The last line it printed that says something, for an error of one line."""
        lines = [line.strip() for line in (self.err + "\n" + self.out).splitlines() if line.strip()]
        last = [line.strip() for line in self.err.splitlines() if line.strip()][-1:] or lines[-1:]
        return f"exit {self.exit_code}: {last[0]}" if last else f"exit {self.exit_code}"


def without(text: str, secrets: Iterable[str]) -> str:
    """*text* with each of *secrets* masked, in their order."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _quoted(text: str | Secret) -> str:
    return MASK if isinstance(text, Secret) else shlex.quote(text)
