"""What a Dockerfile promises: the base of each stage, what it sets for whoever runs it, and what it does besides."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from ..dockerfile import Dockerfile, Instruction, Stage
from .statement import Statement

PART = "image"
LAST_WINS = ("USER", "WORKDIR", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "SHELL")
STATE = ("USER", "WORKDIR", "SHELL", "ENV", "ARG")
"""What the steps after it see."""

STEPS = ("RUN", "COPY", "ADD", "ONBUILD")


def statements(dockerfile: Dockerfile) -> Iterator[Statement]:
    """Every statement of *dockerfile*; spaces, comments and the names of stages are no part of any."""
    subject = dockerfile.path
    yield Statement(PART, subject, "", "is there")
    numbers = {stage.name: str(stage.index + 1) for stage in dockerfile.stages if stage.name}
    for stage in dockerfile.stages:
        is_last = stage is dockerfile.final_stage
        key = "" if is_last else f"stage {stage.index + 1}: "
        said = "" if is_last else f"stage {stage.name or stage.index + 1}: "
        for aspect, value in _of_stage(stage, numbers):
            yield Statement(PART, subject, f"{key}{aspect}", value, f"{said}{aspect}")
    if dockerfile.ignored is not None:
        yield Statement(PART, subject, "context", _digest("\n".join(dockerfile.ignored)))


def _of_stage(stage: Stage, numbers: dict[str, str]) -> Iterator[tuple[str, str]]:
    base = f"stage {stage.base.index + 1}" if stage.base is not None else stage.base_text
    yield "base", base or stage.opening.text.partition(" ")[0]
    for word in LAST_WINS:
        found = [each for each in stage.instructions if each.name == word]
        if found:
            yield word, _text(found[-1], numbers)
    for each in stage.instructions:
        for pair in each.pairs:
            yield f"{each.name} {pair.name.text}", _unquoted(pair.value.text if pair.value is not None else "")
        if each.name == "EXPOSE":
            ports = (word.text.lower() for word in each.words)
            yield from ((f"EXPOSE {port}" if "/" in port else f"EXPOSE {port}/tcp", "is there") for port in ports)
        if each.name == "VOLUME":
            yield from ((f"VOLUME {word.text}", "is there") for word in each.json or each.words)
    yield "steps", _steps(stage, numbers)


def _steps(stage: Stage, numbers: dict[str, str]) -> str:
    """What the stage does, as one value for comparing: each step with what it sees, but for values told by name."""
    state: dict[str, str] = {}
    done: list[str] = []
    for each in stage.instructions:
        if each.name in ("ENV", "ARG"):
            state.update({f"{each.name} {pair.name.text}": "" for pair in each.pairs})
        elif each.name in STATE:
            state[each.name] = _text(each, numbers)
        elif each.name in STEPS or each.name not in (*LAST_WINS, "LABEL", "EXPOSE", "VOLUME", "MAINTAINER"):
            done.append(f"{sorted(state.items())} {each.name} {_text(each, numbers)}")
    return _digest("\n".join(done))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] in "\"'" and text[0] == text[-1] else text


def _text(instruction: Instruction, numbers: dict[str, str]) -> str:
    named = [(flag.name, _by_number(flag.name, flag.value, numbers)) for flag in instruction.flags]
    flags = [f"--{name}" if value is None else f"--{name}={value}" for name, value in named]
    words = instruction.json
    text = " ".join(instruction.text.split())
    if words is not None:
        text = ("CMD " if instruction.name == "HEALTHCHECK" else "") + json.dumps([word.text for word in words])
    documents = [heredoc.body.text for heredoc in instruction.heredocs]
    return "\n".join([" ".join([*sorted(flags), text]), *documents])


def _by_number(name: str, value: str | None, numbers: dict[str, str]) -> str | None:
    """The value of a flag with stages by their numbers."""
    if value is None or name not in ("from", "mount"):
        return value
    if name == "from":
        return numbers.get(value.lower(), value)
    return re.sub(r"\bfrom=([^,]+)", lambda match: f"from={numbers.get(match[1].lower(), match[1])}", value)
