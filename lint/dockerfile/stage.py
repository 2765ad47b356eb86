"""Build stages: where they start from and what they leave behind."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from ..cached import cached_property
from ..record import dataclass, field
from .command import Script
from .expansion import Expansion
from .image import ImageName, image_name
from .instruction import Instruction
from .packages import Package, installed
from .passage import Passage, Word
from .ports import Port, exposed_port
from .scope import Scope, Setting
from .shell import exec_command, script
from .words import Flag

DEFAULT_SHELL = ("/bin/sh", "-c")
_POSIX_SHELLS = {"sh", "bash", "ash", "dash", "ksh", "zsh"}


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """One COPY or ADD: where from, what and where to; *stage* is None for the context and for a foreign image."""

    instruction: Instruction
    sources: tuple[Word, ...]
    target: Word | None
    origin: Flag | None
    stage: Stage | None


@dataclass(eq=False)
class Stage:
    """
    One FROM and what follows it.

    Attributes:
        name: In lower case; None for a stage without one.
        base: The stage it builds on, where that is one of this file.
        image: The image it builds on; None where that is a stage, ``scratch``, or not known.
        base_text: What FROM names with variables replaced by their defaults; None where it cannot be known.
        instructions: Those after FROM.
    """

    index: int
    opening: Instruction
    name: str | None
    base: Stage | None
    base_text: str | None
    instructions: list[Instruction] = field(default_factory=list)
    scope: Scope = field(default_factory=Scope)
    shells: dict[int, tuple[str, ...]] = field(default_factory=dict)
    origins: dict[int, Stage] = field(default_factory=dict)
    """For instructions with ``--from=``: the stage it names, by the instruction's offset in the file."""

    @property
    def base_word(self) -> Word | None:
        """The image or stage after FROM, as written."""
        return self.opening.words[0] if self.opening.words else None

    @property
    def name_word(self) -> Word | None:
        """The name after AS, as written."""
        words = self.opening.words
        return words[2] if len(words) == 3 and words[1].text.upper() == "AS" else None  # noqa: PLR2004 - image AS name

    @property
    def platform(self) -> Flag | None:
        """The flag ``--platform``."""
        return self.opening.flag("platform")

    @property
    def is_scratch(self) -> bool:
        """Whether it starts from nothing."""
        return self.base is None and self.base_text == "scratch"

    @cached_property
    def image(self) -> ImageName | None:
        if self.base is not None or not self.base_text or self.is_scratch:
            return None
        return image_name(self.base_text)

    def chain(self, most: int = 50) -> Iterator[Stage]:
        """This stage and those it builds on, down to the image."""
        stage: Stage | None = self
        while stage is not None and most:
            yield stage
            stage = stage.base
            most -= 1

    @property
    def root(self) -> Stage:
        """The stage at the bottom, which names an image."""
        return list(self.chain())[-1]

    @property
    def root_image(self) -> ImageName | None:
        """The image at the bottom; None for ``scratch`` and where it is not known."""
        return self.root.image

    def all(self, *names: str) -> Iterator[Instruction]:
        """The instructions of those names in this stage, in order."""
        return (each for each in self.instructions if each.name in names)

    def last(self, name: str) -> Instruction | None:
        """The last instruction of that name in this stage or in one it builds on."""
        for stage in self.chain():
            for each in reversed(stage.instructions):
                if each.name == name:
                    return each
        return None

    def expansion(self, word: Word) -> Expansion:
        """*word* of one of this stage's instructions as the builder reads it."""
        found = self.scope.expansions.get(word.passage.origin(word.start))
        return found or Expansion(word.text)

    def text(self, word: Word | None) -> str | None:
        """The same as plain text; None where it cannot be known."""
        return self.expansion(word).text if word is not None else None

    @property
    def user(self) -> Instruction | None:
        """The USER that holds at the end; None where the image decides."""
        return self.last("USER")

    @cached_property
    def user_text(self) -> str | None:
        """That user with variables replaced, group included; None where no USER says it or it cannot be known."""
        for stage in self.chain():
            for each in reversed(stage.instructions):
                if each.name == "USER":
                    return stage.text(each.argument)
        return None

    @cached_property
    def workdir(self) -> str | None:
        """The working folder at the end; None where the image decides or it cannot be known."""
        path = self.base.workdir if self.base else ("/" if self.is_scratch else None)
        for each in self.all("WORKDIR"):
            text = self.text(each.argument)
            if text is None:
                path = None
            elif text.startswith("/") or path is not None:
                path = posixpath.normpath(posixpath.join(path or "/", text))
        return path

    @cached_property
    def environment(self) -> Mapping[str, Setting]:
        """What ENV leaves in the image, by name; what the base image itself sets is not known here."""
        found: dict[str, Setting] = {}
        for scope in reversed(list(self.scope.chain())):
            found.update(scope.environment)
        return found

    @property
    def arguments(self) -> Mapping[str, Setting]:
        """The ARGs declared in this stage."""
        return self.scope.arguments

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        """What EXPOSE names, in this stage and those it builds on."""
        return tuple(
            port
            for stage in reversed(list(self.chain()))
            for each in stage.all("EXPOSE")
            for word in each.words
            if (port := exposed_port(word, stage.text(word))) is not None
        )

    @property
    def entrypoint(self) -> Instruction | None:
        """The ENTRYPOINT that holds at the end; None where the image decides."""
        return self.last("ENTRYPOINT")

    @cached_property
    def cmd(self) -> Instruction | None:
        """The CMD that holds at the end: an ENTRYPOINT above it takes it away."""
        for stage in self.chain():
            for each in reversed(stage.instructions):
                if each.name == "CMD":
                    return each
            if any(stage.all("ENTRYPOINT")):
                return None
        return None

    @property
    def healthcheck(self) -> Instruction | None:
        """The HEALTHCHECK that holds at the end."""
        return self.last("HEALTHCHECK")

    def shell(self, instruction: Instruction) -> tuple[str, ...]:
        """What runs the shell form of *instruction*."""
        return self.shells.get(instruction.end, DEFAULT_SHELL)

    def script(self, instruction: Instruction) -> Script:
        """The commands of a RUN, CMD, ENTRYPOINT or HEALTHCHECK of this stage."""
        found: Script | None = self._scripts.get(instruction.end)
        if found is None:
            found = self._scripts[instruction.end] = self._script(instruction)
        return found

    @cached_property
    def _scripts(self) -> dict[int, Script]:
        return {}

    def _script(self, instruction: Instruction) -> Script:
        if instruction.json is not None:
            return exec_command(instruction.json)
        if posixpath.basename(self.shell(instruction)[0]) not in _POSIX_SHELLS:
            return Script((), False)
        return _shell_script(instruction)

    def runs(self) -> Iterator[tuple[Instruction, Script]]:
        """Each RUN of this stage with its commands."""
        return ((each, self.script(each)) for each in self.all("RUN"))

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """What RUN installs in this stage and those it builds on, as far as the words say."""
        return tuple(
            package
            for stage in reversed(list(self.chain()))
            for _, commands in stage.runs()
            for package in installed(commands)
        )

    @cached_property
    def is_fully_understood(self) -> bool:
        """Whether every RUN up to here could be read, so that what is not in `packages` was not installed by name."""
        return all(commands.is_understood for stage in self.chain() for _, commands in stage.runs())

    @cached_property
    def copies(self) -> tuple[Copy, ...]:
        """The COPY and ADD of this stage."""
        return tuple(
            Copy(each, each.sources, each.target, each.flag("from"), self.origins.get(each.end))
            for each in self.all("COPY", "ADD")
        )


def _shell_script(instruction: Instruction) -> Script:
    line = script(instruction.command)
    bodies = [heredoc.body for heredoc in instruction.heredocs]
    if not bodies:
        return line
    if not line.commands:  # RUN <<EOF: the body is the script
        return _body_script(bodies[0])
    if len(bodies) == 1 and line.commands[-1].program in _POSIX_SHELLS and not line.commands[-1].operands():
        body = _body_script(bodies[0])
        return Script((*line.commands, *body.commands), line.is_understood and body.is_understood)
    return line


def _body_script(body: Passage) -> Script:
    first = body.text.split("\n", 1)[0]
    if first.startswith("#!") and first.rstrip().rpartition("/")[2].split(" ")[-1] not in _POSIX_SHELLS:
        return Script((), False)
    return script(body)
