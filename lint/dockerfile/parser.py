"""Reads a Dockerfile: lines to instructions, instructions to stages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ..family import Problem
from ..regex import regex
from ..source import Source
from .faults import faults, order_faults
from .instruction import Instruction, instruction
from .lines import Lines
from .model import Dockerfile
from .passage import Word
from .scope import PLATFORM_ARGUMENTS, Scope, global_scope
from .stage import DEFAULT_SHELL, Stage

EMPTY = "dockerfile/no-stage"
INVALID_VARIABLE = "dockerfile/invalid-variable"

_STAGE_NAME = regex(r"[a-z][a-z0-9-_.]*")


def parse(text: str, path: str) -> Dockerfile:
    """
    The Dockerfile in *text*; never raises: what cannot be read is in its problems.

    Source: BuildKit's own parser, which tests/system/test_dockerfile_model.py holds it to.
    """
    source = Source(text, path)
    lines = Lines(source)
    instructions = tuple(instruction(statement, lines.escape) for statement in lines.statements())
    outer = global_scope(instructions)
    stages = _Stages(outer, instructions)
    problems: list[Problem] = [*lines.problems]
    for each in instructions:
        problems.extend(faults(each))
    problems.extend(order_faults(instructions))
    problems.extend(_variable_problems(outer, *(stage.scope for stage in stages.found)))
    if not instructions:
        problems.append((EMPTY, source.place(0, 0), "a Dockerfile without instructions; it starts with FROM"))
    return Dockerfile(
        path=path,
        source=source,
        escape=lines.escape,
        directives=tuple(lines.directives),
        instructions=instructions,
        stages=tuple(stages.found),
        outer=outer,
        comments=tuple(lines.comments),
        problems=tuple(sorted(problems, key=lambda problem: problem[1])),
        files={path: text},
    )


@lru_cache(64)
def parsed(text: str, path: str) -> Dockerfile:
    """As `parse`, and the same one for the same text: not to be changed; services and rules ask for it again."""
    return parse(text, path)


def _variable_problems(*scopes: Scope) -> Iterator[Problem]:
    for scope in scopes:
        for expansion in scope.expansions.values():
            for place, reason in expansion.errors:
                yield INVALID_VARIABLE, place, reason


class _Stages:
    """Goes through the instructions once and keeps what each stage knows at each point."""

    def __init__(self, outer: Scope, instructions: tuple[Instruction, ...]) -> None:
        self.outer = outer
        self.found: list[Stage] = []
        self.by_name: dict[str, Stage] = {}
        self.shell: tuple[str, ...] = DEFAULT_SHELL
        for each in instructions:
            if each.name == "FROM":
                self._open(each)
            elif self.found:
                self._take(self.found[-1], each)

    def _open(self, opening: Instruction) -> None:
        word = opening.words[0] if opening.words else None
        for flag in opening.flags:
            if flag.value:
                self._outer_text(flag.value_word, opening.escape)
        text = self._outer_text(word, opening.escape) if word else None
        base = self.by_name.get(text.lower()) if text else None
        stage = Stage(len(self.found), opening, None, base, text)
        knows_base = base.scope.knows_base if base else stage.is_scratch
        stage.scope = Scope(base.scope if base else None, knows_base)
        if word and word.passage.origin(word.start) in self.outer.expansions:
            offset = word.passage.origin(word.start)
            stage.scope.expansions[offset] = self.outer.expansions[offset]
        self.shell = self._shell_of(base)
        self.found.append(stage)
        if stage.name_word:
            stage.name = stage.name_word.text.lower()
            if _STAGE_NAME.fullmatch(stage.name):
                self.by_name[stage.name] = stage

    def _shell_of(self, base: Stage | None) -> tuple[str, ...]:
        if base is None:
            return DEFAULT_SHELL
        last = base.last("SHELL")
        return tuple(word.text for word in last.json or ()) or DEFAULT_SHELL if last else DEFAULT_SHELL

    def _outer_text(self, word: Word, escape: str) -> str | None:
        expansion = self.outer.expand(word, escape)
        if any(use.name in PLATFORM_ARGUMENTS for use in expansion.uses):
            return None
        return expansion.text

    def _take(self, stage: Stage, each: Instruction) -> None:
        stage.instructions.append(each)
        stage.scope.take(each, self.outer.arguments)
        if self.shell != DEFAULT_SHELL:
            stage.shells[each.end] = self.shell
        if each.name == "SHELL" and each.json:
            self.shell = tuple(word.text for word in each.json)
        for name in self._origins(stage, each):
            origin = self._stage(name)
            if origin is not None and origin is not stage:
                stage.origins[each.end] = origin

    def _origins(self, stage: Stage, each: Instruction) -> Iterator[str]:
        for flag in each.flags:
            if flag.name == "from" and flag.value:
                text = stage.text(flag.value_word)
                if text:
                    yield text
            elif flag.name == "mount" and flag.options().get("from"):
                yield flag.options()["from"]

    def _stage(self, name: str) -> Stage | None:
        if name.isdecimal() and len(name) < 9:  # noqa: PLR2004 - a number too long is no stage
            return self.found[int(name)] if int(name) < len(self.found) else None
        return self.by_name.get(name.lower())
