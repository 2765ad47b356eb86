"""What a container starts: the words of its entrypoint and command, and the server among them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..compose import Command as ComposeCommand
from ..dockerfile import Instruction, Passage, Stage
from ..dockerfile import shell as shell_text
from ..record import dataclass
from ..source import Source

if TYPE_CHECKING:
    from .container import Container

_SHELLS = ("sh", "bash", "ash", "dash")
SERVERS = (
    "gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve", "flask", "fastapi", "streamlit",
    "nginx", "openresty", "redis-server", "valkey-server", "mysqld", "mariadbd", "postgres", "php", "next", "serve",
    "vite", "http.server", "manage.py", "uwsgi", "puma", "unicorn",
)  # fmt: skip
"""Servers whose way of listening is known."""


@dataclass(frozen=True)
class Started:
    """A server that a container starts, with its arguments; a word with a variable stays as written."""

    name: str
    arguments: tuple[str, ...]

    def options(self, *names: str) -> Iterator[str]:
        """The values of the options *names*, in order: ``--port 1``, ``--port=1``, ``-p 1``, ``-p1``."""
        words = self.arguments
        for index, word in enumerate(words):
            for name in names:
                if word == name and index + 1 < len(words):
                    yield words[index + 1]
                elif name.startswith("--") and word.startswith(f"{name}="):
                    yield word[len(name) + 1 :]
                elif not name.startswith("--") and word.startswith(name) and len(word) > len(name) and word[1] != "-":
                    yield word[len(name) :].removeprefix("=")

    def option(self, *names: str) -> str | None:
        """The last of them."""
        return next(iter(list(self.options(*names))[::-1]), None)


def words(container: Container) -> tuple[str, ...] | None:
    """Entrypoint and command as one list of words; None where a part of it is not known."""
    service, stage = container.service, container.stage
    if service.entrypoint is not None:
        entry: Sequence[str] | None = _of_service(service.entrypoint)
        command: Sequence[str] | None = ()
    else:
        entry = _of_stage(stage, stage.entrypoint) if stage is not None else ()
        command = _of_stage(stage, stage.cmd) if stage is not None else ()
    if service.command is not None:
        command = _of_service(service.command)
    if entry is None or command is None:
        return None
    if container.build is not None and stage is None:
        return None
    return (*entry, *command)


def _of_service(command: ComposeCommand) -> Sequence[str] | None:
    found = [word for word in command.words if isinstance(word, str)]
    return found if len(found) == len(command.words) else None


def _of_stage(stage: Stage, instruction: Instruction | None) -> Sequence[str] | None:
    if instruction is None:
        return ()
    if instruction.json is not None:
        return [word.text for word in instruction.json]
    return [posixpath.basename(stage.shell(instruction)[0]), "-c", instruction.command.text]


def started(container: Container) -> Started | None:
    """The server it starts; None where that is none of those known here."""
    if container.words is None:
        return None
    for line in _lines(container.words):
        for index, word in enumerate(line):
            name = re.sub(r"[\d.]+$", "", posixpath.basename(word)) if word != "http.server" else word
            if name in SERVERS and not word.startswith("-"):
                return Started(name, tuple(line[index + 1 :]))
    return None


def _lines(given: Sequence[str]) -> list[Sequence[str]]:
    """The simple commands: those of a shell's text, or the words themselves; none where several run side by side."""
    for index, word in enumerate(given[:-1]):
        if re.fullmatch(r"-\w*c", word) and index and posixpath.basename(given[index - 1]) in (*_SHELLS, "-o", "-e"):
            text = given[index + 1]
            found = shell_text.script(Passage(text, Source(text, "")))
            if not found.is_understood or any(command.before == "&" for command in found.commands):
                return []
            return [[each.known for each in command.words] for command in found.commands]
    return [given]


def variable(container: Container, name: str) -> str | None:
    """What the environment variable *name* is inside; "" where it is not set, None where it cannot be told."""
    given = container.environment.get(name)
    if given is not None:
        return given.value if isinstance(given.value, str) else None
    settings: Mapping[str, object] = container.stage.environment if container.stage is not None else {}
    if name in settings:
        value = getattr(settings[name], "value", None)
        return value if isinstance(value, str) else None
    return ""
