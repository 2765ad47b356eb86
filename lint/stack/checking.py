"""The health check of a container: the programs it needs and the addresses it asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ..compose import Healthcheck, Value
from ..dockerfile import Command, Instruction, Passage, Script, Stage
from ..dockerfile import shell as shell_text
from ..place import Place
from ..record import dataclass
from ..regex import regex
from ..source import Source

if TYPE_CHECKING:
    from .container import Container

Locate = Callable[[str], Place]

_URL = regex(
    r"(?P<scheme>https?)://(?P<host>localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(?P<port>\d+))?(?P<path>/[^\s\"'|;&)]*)?(?=$|[\s\"'|;&)/])"
)
_SHELL = regex(r"(?:.*/)?(?:ba|da|a)?sh")
_LOOKUPS = {"command", "which", "type", "hash"}
_GIVING_UP = {"exit", "false", "true", ":", "kill", "echo", "printf", "return"}


@dataclass(frozen=True)
class Probe:
    """An address of its own that a health check asks, at *place*."""

    scheme: str
    host: str
    port: int
    path: str
    place: Place
    host_place: Place


@dataclass(frozen=True)
class Check:
    """
    A health check.

    Attributes:
        uses_shell: Whether the engine gives it to a shell.
        shell: The shell that it names itself, as in ``bash -c "..."``; else empty.
        script: Its commands.
        text: All of it, as one line.
        place: Where the command stands.
        locate: Gives the place of a text in it.
    """

    uses_shell: bool
    shell: str
    script: Script
    text: str
    place: Place
    locate: Locate

    def alternatives(self) -> Iterator[tuple[Place, tuple[str, ...]]]:
        """The programs it needs, each with those that are tried where it fails, at the place of the first."""
        if self.shell:
            yield self.locate(self.shell), (self.shell.rpartition("/")[2],)
        commands = [each for each in self.script.commands if each.argv]
        if not self.script.is_understood or any(each.program in _LOOKUPS or each.is_conditional for each in commands):
            return
        groups: list[list[str]] = []
        for command in commands:
            if command.before == "||" and groups and command.program not in _GIVING_UP:
                groups[-1].append(command.program)
            else:
                groups.append([command.program])
        for group in groups:
            if group[0]:
                yield self.locate(group[0]), tuple(group)

    def probes(self) -> Iterator[Probe]:
        """The addresses in it that are the container's own."""
        for match in _URL.finditer(self.text):
            port = int(match["port"] or {"http": 80, "https": 443}[match["scheme"]])
            place = self.locate(match[0])
            yield Probe(match["scheme"], match["host"], port, match["path"] or "/", place, self.locate(match["host"]))

    def commands(self, *names: str) -> list[Command]:
        """Its commands of those names."""
        return list(self.script.named(*names))


def check_of(container: Container) -> Check | None:
    """The check of the service, else that of its image's last stage."""
    check = container.service.healthcheck
    if check is not None and (check.disabled or check.words or check.kind == "NONE"):
        return _of_service(check, container)
    if container.service.data("healthcheck.test") is not None:
        return None
    return check_of_stage(container.stage) if container.stage is not None else None


def check_of_stage(stage: Stage) -> Check | None:
    """The check that a HEALTHCHECK of the stage, or of one below it, makes."""
    for each in stage.chain():
        for instruction in reversed(each.instructions):
            if instruction.name == "HEALTHCHECK":
                return None if instruction.text.upper() == "NONE" else _of_stage(each, instruction)
    return None


def _of_service(check: Healthcheck, container: Container) -> Check | None:
    words = [word for word in check.words if isinstance(word, str)]
    value = container.service.get("healthcheck.test")
    if check.disabled or check.kind == "NONE" or len(words) != len(check.words) or value is None or not words:
        return None
    uses_shell = check.kind == "CMD-SHELL"
    shell = words[0] if _runs_text(words) else ""
    import shlex  # noqa: PLC0415 - only a service with a health check needs it

    line = words[2] if shell else " ".join(words) if uses_shell else shlex.join(words)
    entries = list(value.entries()) or [value]
    return Check(uses_shell, shell, _script(line), " ".join(words), value.place, _locator(entries))


def _runs_text(words: list[str]) -> bool:
    """Whether it is ``sh -c "..."``."""
    return len(words) == 3 and bool(_SHELL.fullmatch(words[0])) and bool(re.fullmatch(r"-\w*c", words[1]))  # noqa: PLR2004 - shell, option, text


@lru_cache(256)  # services of one kind have one check
def _script(text: str) -> Script:
    return shell_text.script(Passage(text, Source(text, "")))


def _locator(entries: list[Value]) -> Locate:
    """Finds a text in the values of a check; the whole of the first that holds it where escapes hide it."""

    def locate(text: str) -> Place:
        for entry in entries:
            if text not in entry.text:
                continue
            match = re.search(rf"(?<![\w./-]){re.escape(text)}(?![\w-])", entry.text) or re.search(
                re.escape(text), entry.text
            )
            if match:
                return entry.part_place(match.start(), match.end())
        return entries[0].place

    return locate


def _of_stage(stage: Stage, instruction: Instruction) -> Check:
    words = [word.text for word in instruction.json or ()]
    shell = words[0] if _runs_text(words) else ""
    script = _script(words[2]) if shell else stage.script(instruction)
    text = " ".join(words) if words else instruction.command.text

    def locate(found: str) -> Place:
        passage = instruction.passage
        start = passage.text.find(found, instruction.command_start)
        return passage.place(start, start + len(found)) if start >= 0 else instruction.place

    return Check(instruction.json is None, shell, script, text, instruction.place, locate)
