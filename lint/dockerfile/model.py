"""The parsed Dockerfile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..cached import cached_property
from ..family import Problem
from ..place import Place
from ..record import dataclass, field
from ..source import Source
from .instruction import Instruction
from .lines import Directive
from .scope import Scope
from .stage import Stage


@dataclass(eq=False)
class Dockerfile:
    """
    A Dockerfile.

    Attributes:
        instructions: All of them, in order, unknown ones included.
        stages: One for each FROM.
        ignored: The patterns of the .dockerignore that holds for it; None where there is none or it is not known.
        ignore_path: The path of that file.
        has_env_file: Whether a ``.env`` lies beside that file; *has_history* whether a ``.git`` does.
        is_context: Whether that file lies beside the Dockerfile, so that their folder is the build context for sure.
        manifest: The text of the package.json beside the Dockerfile.
    """

    path: str
    source: Source
    escape: str
    directives: tuple[Directive, ...]
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    outer: Scope
    comments: tuple[tuple[Place, str], ...]
    problems: tuple[Problem, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] | None = None
    ignore_path: str | None = None
    has_env_file: bool = False
    has_history: bool = False
    is_context: bool = False
    manifest: str | None = None

    @property
    def text(self) -> str:
        """The text that was parsed."""
        return self.source.text

    @property
    def final_stage(self) -> Stage | None:
        """The last stage: what a build without a target makes."""
        return self.stages[-1] if self.stages else None

    def stage(self, name: str) -> Stage | None:
        """The stage of that name or number, as a build target names it."""
        key = name.lower()
        found = next((stage for stage in reversed(self.stages) if stage.name == key), None)
        if found is None and key.isdecimal() and len(key) < 9:  # noqa: PLR2004 - a number too long is no stage
            return self.stages[int(key)] if int(key) < len(self.stages) else None
        return found

    def problems_of(self, rule: str) -> Iterator[tuple[Place, str]]:
        """The problems that a rule reports."""
        return ((place, message) for name, place, message in self.problems if name == rule)

    def in_stages(self, *names: str) -> Iterator[tuple[Stage, Instruction]]:
        """Each instruction of those names with its stage, in order."""
        return ((stage, each) for stage in self.stages for each in stage.instructions if each.name in names)

    @cached_property
    def needed(self) -> frozenset[int]:
        """Indexes of the stages that the final one is made of."""
        left = [self.final_stage] if self.final_stage else []
        found: set[int] = set()
        while left:
            stage = left.pop()
            if stage.index in found:
                continue
            found.add(stage.index)
            left.extend([stage.base] if stage.base else [])
            left.extend(stage.origins.values())
        return frozenset(found)
