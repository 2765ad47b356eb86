"""Keeps secrets and control characters out of whatever is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..place import Place
from ..regex import regex

MASK = "***"

_NAMES = r"(?:passw(?:or)?d|_pwd|passphrase|secret|token|api[_-]?key|private[_-]?key|credential|requirepass|masterauth)"
_VALUE = r"(?P<value>\"[^\"\n]*\"?|'[^'\n]*'?|[^\s;,}\]]+)"
_NAMED = regex(
    rf"(?P<name>{_NAMES}[\w.-]{{0,60}}" + r"[\"']?[ \t]{0,9}(?:=|:(?!\?[^}\n]*\}))[ \t]{0,9})" + _VALUE,
    re.IGNORECASE,
)
_OPTION = regex(
    rf"(?P<name>(?<![\w-])--?(?![\w-]{{0,60}}file)[\w-]{{0,60}}{_NAMES}[\w-]{{0,60}}"
    + r"[\"']?(?:[ \t]*,)?[ \t]{1,9})(?!-)"
    + _VALUE,
    re.IGNORECASE,
)
_SET = regex(
    rf"(?P<name>\b(?:set\s{{1,9}}\$|\w{{1,30}}_header\s{{1,9}}|ENV\s{{1,9}})[\w-]{{0,60}}{_NAMES}[\w-]{{0,60}}\s{{1,9}})"
    + _VALUE,
    re.IGNORECASE,
)
_HEADER = regex(
    r"(?P<name>\b(?:Bearer|Basic|requirepass|masterauth)(?:[\"']?,)?\s{1,9}[\"']?)(?P<value>[^\s\"';,\]]+)",
    re.IGNORECASE,
)
_ADDRESS = regex(r"(?P<name>\w://[^/\s:@]{0,200}:)(?P<value>[^/\s@]+)(?=@)")
_PATTERNS = (_NAMED, _OPTION, _SET, _HEADER, _ADDRESS)
_HINT = regex(rf"{_NAMES}|Bearer|Basic|://", re.IGNORECASE)
_SHORTEST = 6
"""A shorter secret is too much like any other word to be taken out of a sentence."""
_REFERENCE = regex(
    r"[\"']?\$\{?\w+(?::?\?[^}]*)?\}?[\"']?|[\"']{2}|/run/secrets/\S*|id=\S*|true|false|null|~", re.IGNORECASE
)
_QUOTED = regex(r'"[^"]*"')
_CONTROL_OR_END = regex(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CONTROL = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def masked(line: str, number: int, secret_places: Iterable[Place]) -> str:
    """
    *line* without what looks like a secret and without what a rule found to be one.

    The mask is as long as what it hides wherever that is longer than the mask, so that carets still fit.

    Args:
        secret_places: Those of the line's own file.
    """
    for place in secret_places:
        if place.line <= number <= place.end_line:
            start = place.column - 1 if number == place.line else 0
            end = place.end_column - 1 if number == place.end_line else len(line)
            line = line[:start] + "*" * (end - start) + line[end:]
    for pattern in _PATTERNS:
        line = pattern.sub(_hidden, line)
    return line


def told(message: str, lines: Iterable[str] = ()) -> str:
    """*message* on one line, without what looks like a secret in what it quotes or in the *lines* it is about."""
    if _CONTROL_OR_END.search(message):
        message = printable(message)
    if '"' not in message:
        return message
    message = _QUOTED.sub(lambda quoted: masked(quoted[0], 0, ()), message)
    for line in lines:
        for value in _values(line) if _HINT.search(line) else ():
            if len(value) >= _SHORTEST and value in message:
                message = message.replace(value, MASK)
    return message


def _values(line: str) -> Iterator[str]:
    """What is hidden of *line*."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(line):
            if not _REFERENCE.fullmatch(match["value"]):
                yield match["value"].strip("\"'")


def printable(text: str) -> str:
    """*text* on one line, with nothing in it that a terminal would obey."""
    return _CONTROL.sub("\ufffd", text.replace("\t", " ").replace("\r", "").replace("\n", " "))


def _hidden(match: re.Match[str]) -> str:
    value = match["value"]
    if _REFERENCE.fullmatch(value):
        return match[0]
    quote = value[0] if value[0] in "\"'" and len(value) > 1 else ""
    return match["name"] + quote + "*" * max(len(value) - 2 * len(quote), 1) + quote
