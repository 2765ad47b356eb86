"""What a Dockerfile promises: the base of each stage, what it sets for whoever runs it, and what it does besides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ..dockerfile import Dockerfile, Instruction, Stage
from .statement import Statement

PART = "image"
LAST_WINS = ("USER", "WORKDIR", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "SHELL")


def statements(dockerfile: Dockerfile) -> Iterator[Statement]:
    """Every statement of *dockerfile*; spaces, comments and the names of stages are no part of any."""
    subject = dockerfile.path
    yield Statement(PART, subject, "", "is there")
    last = dockerfile.final_stage
    for stage in dockerfile.stages:
        name = "" if stage is last else f"stage {stage.name or stage.index}: "
        yield Statement(PART, subject, f"{name}base", stage.base_text or stage.opening.text.partition(" ")[0])
        for word in LAST_WINS:
            found = [each for each in stage.instructions if each.name == word]
            if found:
                yield Statement(PART, subject, f"{name}{word}", _text(found[-1]))
        yield Statement(PART, subject, f"{name}steps", _digest(stage))


def _digest(stage: Stage) -> str:
    """What the stage does, as one value for comparing: a step in between moves all that follow."""
    steps = [f"{each.name} {_text(each)}" for each in stage.instructions if each.name not in LAST_WINS]
    return hashlib.sha256("\n".join(steps).encode()).hexdigest()


def _text(instruction: Instruction) -> str:
    flags = [
        f"--{flag.name}={flag.value}" if flag.value is not None else f"--{flag.name}" for flag in instruction.flags
    ]
    documents = [heredoc.body.text for heredoc in instruction.heredocs]
    return "\n".join([" ".join([*flags, *instruction.text.split()]), *documents])
