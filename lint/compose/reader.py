"""A file's text to trees, one for each document, with the C parser's events."""

from __future__ import annotations

import re
from typing import Any

from ..regex import regex
from .builder import COLON, Builder
from .nodes import Node, Source
from .problem import Problem, error

_UNPRINTABLE = regex("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TEMPLATE = regex(r"\{%|<%|\{\{[^{}\n]*\}\}")
_ATTEMPTS = 8
_COLON = regex(r"""(?<=[^\s'"\[\]{},]):(?=\S)""")
"""A colon inside of a word. In ``[80:80]`` the C parser stops at it, Compose's does not."""


def read(source: Source) -> tuple[list[Node], list[Problem]]:
    """
    The documents of *source*, and what is wrong with it as YAML.

    After a syntax error the lines at fault are left out and the rest is read,
    so the trees hold as much as can be; ``source.complete`` is then False. What else seems wrong may come from that,
    so nothing is said about it.
    """
    text = source.body
    problems: list[Problem] = []
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        problems.append(_unprintable(source, unprintable))
        text = _UNPRINTABLE.sub("_", text)
    builder, fault = _built(source, text)
    if fault is not None and "unexpected ':'" in str(fault.problem):
        text = _COLON.sub(COLON, text)
        builder, fault = _built(source, text)
    if fault is not None:
        problems.append(_syntax(source, fault))
        builder = _rest(source, text, builder, fault)
        builder.problems[:] = [each for each in builder.problems if each[0] == "compose/invalid-interpolation"]
    source.complete = not problems
    builder.publish()
    return builder.documents, [*problems, *builder.problems]


def _built(source: Source, text: str) -> tuple[Builder, Any]:
    """What the events of *text* build, up to its end or the fault that ends them."""
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined] # noqa: PLC0415 - a re-export
    from ruamel.yaml.error import MarkedYAMLError  # noqa: PLC0415 - 20 ms that a run without Compose files saves

    builder = Builder(source)
    parser = CParser(text)
    try:
        builder.consume(parser.get_event)
    except MarkedYAMLError as fault:
        builder.close()
        return builder, fault
    return builder, None


def _rest(source: Source, text: str, builder: Builder, fault: Any) -> Builder:
    """Reads again without the lines at fault, as often as it takes, or keeps what was built before."""
    lines = text.split("\n")
    for attempt in range(_ATTEMPTS):
        mark = fault.context_mark if fault.context_mark and _is_unclosed(fault) ^ attempt % 2 else fault.problem_mark
        line = min(mark.line, len(lines) - 1)
        while line and not lines[line].strip():
            line -= 1
        lines[line] = " " * len(lines[line])
        builder, fault = _built(source, "\n".join(lines))
        if fault is None:
            break
    return builder


def _syntax(source: Source, fault: Any) -> Problem:
    mark = fault.context_mark if fault.context_mark and _is_unclosed(fault) else fault.problem_mark
    index = min(mark.index, max(len(source.body) - 1, 0))
    if source.body[index : index + 1] in ("\n", "\r"):
        index = max(len(source.body[:index].rstrip()) - 1, 0)
    place = source.place(index, min(index + 1, len(source.body)))
    if _TEMPLATE.search(source.body):
        return error("yaml-syntax", place, "not YAML, and it looks like a template; lint the file that is made of it")
    return error("yaml-syntax", place, _explained(source, fault, index))


def _is_unclosed(fault: Any) -> bool:
    """Whether a quote or bracket is never closed, which the parser notices far below."""
    return "quoted scalar" in str(fault.context) or "flow" in str(fault.context)


def _explained(source: Source, fault: Any, index: int) -> str:
    problem = str(fault.problem)
    character = source.body[index : index + 1]
    line = source.body.split("\n")[min(fault.problem_mark.line, source.body.count("\n"))]
    if "cannot start any token" in problem:
        if character == "\t":
            return "a tab where YAML wants spaces; indent with spaces"
        return f'a value cannot start with "{character}"; put it in quotes'
    if "mapping values are not allowed" in problem:
        hint = "put the whole ${...} in quotes" if "${" in line else "put the value in quotes or mend the indentation"
        return f'": " where no key can stand; {hint}'
    if "quoted scalar" in str(fault.context):
        return f"the quote {character} that opens here is never closed"
    if "flow" in str(fault.context):
        hint = "; put ${...} inside of it in quotes" if "${" in line else ""
        opens = f"the {character} that opens here" if character in ("[", "{") else "a bracket that opens before"
        return f"{opens} is not closed, or what is inside is not a list or map{hint}"
    return f"not YAML: {problem}; mend the indentation or quote the value"


def _unprintable(source: Source, match: re.Match[str]) -> Problem:
    place = source.place(match.start(), match.end())
    return error("yaml-syntax", place, f"character U+{ord(match[0]):04X} is not allowed in YAML; remove it")
