"""What BuildKit refuses in an instruction, whatever the image is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..family import Problem
from .instruction import KNOWN, KNOWN_FLAGS, WITH_JSON, Instruction
from .words import NotStringsError, json_words

INVALID = "dockerfile/invalid-instruction"
NO_STAGE = "dockerfile/no-stage"

_ONE_ARGUMENT = {"FROM", "RUN", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "ARG",
                 "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL", "LABEL", "MAINTAINER"}  # fmt: skip
_BEFORE_FROM = ("ARG", "FROM")


def faults(instruction: Instruction) -> Iterator[Problem]:
    """The problems of one instruction and of what it triggers."""
    if instruction.name not in KNOWN:
        yield INVALID, instruction.word.place, _unknown(instruction)
        return
    yield from _flag_faults(instruction)
    if instruction.name in _ONE_ARGUMENT and not instruction.text and not instruction.heredocs:
        yield INVALID, instruction.word.place, f"{instruction.name} without an argument; add one or remove the line"
        return
    yield from _argument_faults(instruction)
    if instruction.trigger:
        yield from _trigger_faults(instruction.trigger)


def order_faults(instructions: Sequence[Instruction]) -> Iterator[Problem]:
    """Instructions before the first FROM, and a file without one."""
    for instruction in instructions:
        if instruction.name == "FROM":
            return
        if instruction.name in KNOWN and instruction.name not in _BEFORE_FROM:
            told = f"{instruction.name} before the first FROM; only ARG may stand there"
            yield NO_STAGE, instruction.word.place, told
            return
    if instructions:
        yield NO_STAGE, instructions[0].word.place, "no FROM in this file; a Dockerfile starts with FROM"


def _unknown(instruction: Instruction) -> str:
    name = instruction.name
    near = nearest(name, KNOWN)
    if near:
        return f'"{instruction.word.text}" is no instruction; did you mean {near}?'
    return "a line that starts with no instruction; is the \\ at the end of the line above missing?"


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The one of *known* that *name* may be a slip of the pen for; *likeness* goes from 0 to 1."""
    import difflib  # noqa: PLC0415 - needed for what is wrong only

    return next(iter(difflib.get_close_matches(name[:60], sorted(known), 1, likeness)), None)


def _flag_faults(instruction: Instruction) -> Iterator[Problem]:
    known = KNOWN_FLAGS.get(instruction.name, set())
    seen: set[str] = set()
    for flag in instruction.flags:
        if flag.name not in known:
            near = nearest(flag.name, known)
            hint = f"did you mean --{near}?" if near else f"it has {_listed(known)}"
            yield INVALID, flag.place, f"{instruction.name} has no such flag; {hint}"
        elif flag.name in seen and flag.name not in ("mount", "exclude", "device"):
            yield INVALID, flag.place, f"--{flag.name} twice; keep one"
        seen.add(flag.name)


def _listed(known: set[str]) -> str:
    return ", ".join(f"--{name}" for name in sorted(known)) if known else "no flags at all"


def _argument_faults(instruction: Instruction) -> Iterator[Problem]:
    name = instruction.name
    if name in WITH_JSON or name == "HEALTHCHECK":
        try:
            json_words(instruction.passage, instruction.command_start)
        except NotStringsError as error:
            place = instruction.passage.place(*error.span)
            yield INVALID, place, "an array with something else than strings; put each element in double quotes"
    checks = {
        "FROM": _from_faults,
        "ENV": _pair_faults,
        "LABEL": _pair_faults,
        "COPY": _copy_faults,
        "ADD": _copy_faults,
        "SHELL": _shell_faults,
        "HEALTHCHECK": _health_faults,
    }
    if name in checks:
        yield from checks[name](instruction)


def _from_faults(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    is_named = len(words) == 3 and words[1].text.upper() == "AS"  # noqa: PLR2004 - FROM image AS name
    if len(words) != 1 and not is_named:
        yield INVALID, words[1].place, "FROM takes an image, or an image, AS and a name"


def _pair_faults(instruction: Instruction) -> Iterator[Problem]:
    if instruction.is_legacy_pair:
        if instruction.pairs and instruction.pairs[0].value is None:
            told = f"{instruction.name} without a value; write {instruction.name} name=value"
            yield INVALID, instruction.pairs[0].name.place, told
        return
    for pair in instruction.pairs:
        if pair.value is None:
            told = "no = in this word; write name=value, and quotes around a value with spaces"
            yield INVALID, pair.name.place, told
        elif not pair.name.text:
            yield INVALID, pair.value.place, "a value without a name; write name=value"


def _copy_faults(instruction: Instruction) -> Iterator[Problem]:
    if instruction.target is None or (not instruction.sources and not instruction.heredocs):
        yield INVALID, instruction.word.place, f"{instruction.name} needs a source and a target"


def _shell_faults(instruction: Instruction) -> Iterator[Problem]:
    if not instruction.json:
        told = 'SHELL needs a JSON array; write SHELL ["/bin/bash", "-o", "pipefail", "-c"]'
        yield INVALID, instruction.argument.place, told


def _health_faults(instruction: Instruction) -> Iterator[Problem]:
    kind = instruction.words[0].text.upper()
    if kind not in ("CMD", "NONE"):
        yield INVALID, instruction.words[0].place, "HEALTHCHECK takes NONE, or CMD and a command"
    elif kind == "NONE" and len(instruction.words) > 1:
        yield INVALID, instruction.words[1].place, "HEALTHCHECK NONE takes nothing more"
    elif kind == "CMD" and len(instruction.words) == 1:
        yield INVALID, instruction.words[0].place, "HEALTHCHECK CMD without a command"


def _trigger_faults(trigger: Instruction) -> Iterator[Problem]:
    if trigger.name in ("ONBUILD", "FROM", "MAINTAINER"):
        yield INVALID, trigger.word.place, f"ONBUILD cannot trigger {trigger.name}"
        return
    yield from faults(trigger)
