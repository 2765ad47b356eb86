"""Words of an instruction: white space, quotes, flags, pairs and JSON arrays, as BuildKit cuts them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ..place import Place
from ..record import dataclass
from ..regex import regex
from .passage import Passage, Word, word

_BARE = regex(r"[^\s]+")


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """
    ``--name=value`` before the arguments of an instruction.

    Attributes:
        name: In lower case, without the dashes.
        value: What follows ``=``, or None for a bare ``--name``.
        word: The whole flag as written.
    """

    name: str
    value: str | None
    word: Word

    @property
    def place(self) -> Place:
        """The whole flag."""
        return self.word.place

    @property
    def value_word(self) -> Word:
        """What follows ``=``, as written."""
        at = self.word.text.find("=") + 1
        return self.word.part(at if at else len(self.word.text), len(self.word.text))

    def options(self) -> dict[str, str]:
        """The parts of a value such as ``type=cache,target=/root/.cache``; a part without ``=`` is ``"true"``."""
        parts = (part.partition("=") for part in (self.value or "").split(",") if part)
        return {key.strip().lower(): value if equals else "true" for key, equals, value in parts}


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """``name=value`` of ENV, ARG or LABEL; *value* is None for an ARG without default."""

    name: Word
    value: Word | None


def bare_words(passage: Passage, start: int) -> tuple[Word, ...]:
    """Cut at white space and nothing else, as FROM, EXPOSE, and COPY without JSON are."""
    return tuple(word(passage, *match.span()) for match in _BARE.finditer(passage.text, start))


def quoted_words(passage: Passage, start: int, escape: str) -> tuple[Word, ...]:
    """Cut at white space outside quotes, as ENV, ARG and LABEL are; the quotes stay in the words."""
    escaped = re.escape(escape)
    pattern = re.compile(rf"(?:'[^']*'?|\"(?:{escaped}.|[^\"])*+\"?|{escaped}.|[^\s'\"])+", re.DOTALL)
    return tuple(word(passage, *match.span()) for match in pattern.finditer(passage.text, start))


def flags(passage: Passage, start: int) -> tuple[tuple[Flag, ...], int]:
    """The flags from *start* on, and the offset of the first word after them."""
    found: list[Flag] = []
    pattern = re.compile(r"\s*(--(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^\s'\"\\])*)")
    at = start
    while match := pattern.match(passage.text, at):
        at = match.end()
        if match[1] == "--":
            break
        found.append(_flag(word(passage, *match.span(1))))
    blank = re.compile(r"\s*").match(passage.text, at)
    return tuple(found), blank.end() if blank else at


def _flag(written: Word) -> Flag:
    name, equals, value = re.sub(r"\\(.)|['\"]", r"\1", written.text).partition("=")
    return Flag(name[2:].lower(), value if equals else None, written)


def pairs(words: tuple[Word, ...]) -> Iterator[Pair]:
    """Each word cut at its first ``=``."""
    for each in words:
        at = each.text.find("=")
        if at < 0:
            yield Pair(each, None)
        else:
            yield Pair(each.part(0, at), each.part(at + 1, len(each.text)))


class NotStringsError(Exception):
    """A JSON array that holds something else than strings; BuildKit refuses the file."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__("not a string")
        self.span = start, end


_STRING = regex(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_BLANK = regex(r"[ \t\r\n]*")


def json_words(passage: Passage, start: int) -> tuple[Word, ...] | None:
    """
    The strings of a JSON array that is all there is from *start* on; None where it is no such array.

    Raises:
        NotStringsError: where it is an array with something else in it.
    """
    text = passage.text
    if not text.startswith("[", start):
        return None
    spans = _string_spans(text, start + 1)
    if spans is None:
        _check_strings(text, start)
        return None
    return tuple(Word(json.loads(text[first:last]), passage, first, last) for first, last in spans)


def _string_spans(text: str, at: int) -> list[tuple[int, int]] | None:
    spans: list[tuple[int, int]] = []
    at = _after_blank(text, at)
    if text.startswith("]", at):
        return spans if not text[at + 1 :].strip() else None
    while match := _STRING.match(text, at):
        spans.append(match.span())
        at = _after_blank(text, match.end())
        if text.startswith("]", at):
            return spans if not text[at + 1 :].strip() else None
        if not text.startswith(",", at):
            return None
        at = _after_blank(text, at + 1)
    return None


def _after_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _check_strings(text: str, start: int) -> None:
    try:
        data = json.loads(text[start:])
    except (ValueError, RecursionError):
        return
    if isinstance(data, list):
        raise NotStringsError(start, len(text.rstrip()))
