"""Cuts an env file into settings, as Compose's own reader does, and goes on where that one gives up."""

from __future__ import annotations

import re

from ..family import Problem
from ..place import Place
from ..regex import regex
from ..source import Source
from .escapes import unescaped
from .model import EnvEntry, EnvFile

SPACE = " \t\v\f\r\x85\xa0"
"""What Compose skips inside a line."""

WHITE = (
    SPACE + "\n\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What Compose skips between settings and cuts off after a value."""

INVALID_LINE = "env/invalid-line"
UNTERMINATED = "env/unterminated-quote"
INVALID_VARIABLE = "env/invalid-variable"

_BETWEEN = regex(f"[{WHITE}]*")
_BLANKS = regex(f"[{SPACE}]*")
_EXPORT = regex(rf"export[\t\f\r ]+[{SPACE}]*|export(?=\n)")
_UP_TO_SEPARATOR = regex(r"[^=:\n]*")
_ORDINARY = regex(r'([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"\\\n$]*)"|([^\s"\'#$][^\n#$]*))(?=\n)')
# without ++, whose alternatives Python before 3.11.5 gets wrong
_SURE = regex(r"[^$]*(?:(?:\$\$|\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$(?![{$]))[^$]*)*")
_NAME = regex(rf"[A-Za-z0-9_.\-\[\]{SPACE}]*")
_UP_TO_QUOTE = {quote: re.compile(rf"(?:[^\\{quote}]++|\\.)*+", re.DOTALL) for quote in "'\""}


def parse(text: str, path: str) -> EnvFile:
    """
    The env file in *text*; never raises.

    Source: compose-go, package dotenv; tests/system/test_envfile_model.py holds it to the real Compose.
    """
    return _Parser(Source(text, path)).parsed()


class _Parser:
    """One pass over a text; *at* is the offset of the next character to read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 1 if source.text.startswith("\ufeff") else 0
        self.entries: list[EnvEntry] = []
        self.comments: list[tuple[Place, str]] = []
        self.problems: list[Problem] = []

    def parsed(self) -> EnvFile:
        self._skip(_BETWEEN)
        while self.at < len(self.text):
            ordinary = _ORDINARY.match(self.text, self.at)
            if ordinary:
                self._ordinary(ordinary)
            elif self.text[self.at] == "#":
                self._comment(self.at)
            else:
                self._setting()
            self._skip(_BETWEEN)
        path = self.source.path
        return EnvFile(
            path, self.source, tuple(self.entries), tuple(self.comments), tuple(self.problems), {path: self.text}
        )

    def _ordinary(self, match: re.Match[str]) -> None:
        """Takes most lines of most files at one go, for speed alone: `_setting` would find the same."""
        name, quoted, plain = match.groups()
        self.at = match.end()
        if plain is None:
            value, quote, start = quoted, '"', match.start(2)
        else:
            value, quote, start = plain.rstrip(WHITE), "", match.start(3)
        end = start + len(value)
        ranges = (match.start(), end + len(quote)), match.span(1), (start, end)
        self.entries.append(EnvEntry(name, value, quote, "=", False, self.source, *ranges))

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _comment(self, start: int) -> None:
        self.at = self.source.line_end(start)
        text = self.text[start : self.at].rstrip("\r")
        self.comments.append((self.source.place(start, start + len(text)), text))

    def _refuse(self, rule: str, start: int, end: int, message: str) -> None:
        self.problems.append((rule, self.source.place(start, end), message))
        self.at = self.source.line_end(start)

    def _setting(self) -> None:
        start = self.at
        export = _EXPORT.match(self.text, start)
        if export:
            self.at = export.end()
            if self.at == len(self.text):
                self._refuse(INVALID_LINE, start, start + len("export"), '"export" without a name; remove it')
                return
            if self.text[self.at] == "\n":
                return
        name_start = self.at
        end = self._name_end(name_start)
        if end < 0:
            return
        name = self.text[name_start:end].rstrip(WHITE)
        name_range = (name_start, name_start + len(name))
        if end == len(self.text):
            self.at = name_start
            self._value((start, name_start), (name_start, name_start), "", bool(export))
        elif self.text[end] == "\n":
            self.at = end
            ranges = (start, name_range[1]), name_range, (name_range[1], name_range[1])
            self.entries.append(EnvEntry(name, None, "", "", bool(export), self.source, *ranges))
        else:
            self.at = end + 1
            self._skip(_BLANKS)
            self._value((start, end + 1), name_range, self.text[end], bool(export))

    def _name_end(self, start: int) -> int:
        """The offset of the separator, line end or end of text after a name, or -1 where there is no name."""
        up_to = _UP_TO_SEPARATOR.match(self.text, start)
        end = up_to.end() if up_to else start
        wrong = self._wrong_character(start, end)
        if wrong >= 0:
            line = self.source.line_end(start)
            character = f'"{self.text[wrong]}"' if self.text[wrong].isprintable() else f"U+{ord(self.text[wrong]):04X}"
            told = f"a name cannot hold {character}; write NAME=value, or # before a comment"
            self._refuse(INVALID_LINE, wrong, min(wrong + 1, line), told)
            return -1
        name = self.text[start:end].rstrip(WHITE)
        if " " in name and end < len(self.text):
            self._refuse(INVALID_LINE, start, start + len(name), "a name cannot hold a space; write NAME=value")
            return -1
        return end

    def _wrong_character(self, start: int, end: int) -> int:
        match = _NAME.match(self.text, start, end)
        at = match.end() if match else start
        while at < end and (self.text[at].isalnum() or self.text[at] in SPACE + "_.-[]"):
            at += 1
        return at if at < end else -1

    def _value(self, before: tuple[int, int], name: tuple[int, int], separator: str, exported: bool) -> None:
        quote = self.text[self.at : self.at + 1]
        if quote in _UP_TO_QUOTE:
            self._quoted(before[0], name, separator, exported)
            return
        start, line = self.at, self.source.line_end(self.at)
        raw = self.text[start:line]
        hash_at = raw.find(" #")
        value = (raw if hash_at < 0 else raw[:hash_at]).rstrip(WHITE)
        self.at = line
        end = start + len(value)
        ranges = (before[0], max(end, before[1])), name, (start, end)
        self._take(EnvEntry(self.text[slice(*name)], value, "", separator, exported, self.source, *ranges))
        if hash_at >= 0:
            self._comment(start + hash_at + 1)

    def _quoted(self, start: int, name: tuple[int, int], separator: str, exported: bool) -> None:
        opening = self.at
        quote = self.text[opening]
        match = _UP_TO_QUOTE[quote].match(self.text, opening + 1)
        end = match.end() if match else opening + 1
        if end >= len(self.text) or self.text[end] != quote:
            told = f"no closing {quote} up to the end of the file; close the quote"
            self._refuse(UNTERMINATED, opening, opening + 1, told)
            return
        value, origins = unescaped(self.text[opening + 1 : end], quote, opening + 1)
        self.at = end + 1
        ranges = (start, end + 1), name, (opening + 1, end)
        self._take(EnvEntry(self.text[slice(*name)], value, quote, separator, exported, self.source, *ranges, origins))

    def _take(self, entry: EnvEntry) -> None:
        self.entries.append(entry)
        if not entry.value or "${" not in entry.value or _SURE.fullmatch(entry.value):
            return
        for error in entry.cut.errors:
            told = 'Compose cannot read this variable; write ${NAME} or ${NAME:-default}, or "$$" for a plain "$"'
            self.problems.append((INVALID_VARIABLE, entry.place_of(error), told))
