"""
Tokens of an nginx configuration, with the range of each, as nginx itself would cut them.

What is broken is reported and repaired here, so that the parser behind it always receives whole statements:
the rest of a faulty file is still linted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..regex import regex
from .templates import without_marks
from .tokens import BARE, COMMENT, MARK, QUOTED, Flaw, Tokens

DEEPEST = 100
"""How many blocks may be nested; nobody nests ten, and what reads deeper input recurses no further."""

_TOKEN = regex(
    r"""
    [ \t\r\n]*+
    (?:
      ([;}]|\{(?!\{[^\n{}]*\}\}))
    | (\#[^\n]*+)
    | "((?:[^"\\]++|\\[\s\S])*+)"
    | '((?:[^'\\]++|\\[\s\S])*+)'
    | (["'])
    | ((?:\{\{[^\n]*?\}\}|[^ \t\r\n;{\\$]++|\\[\s\S]?|\$\{?)++)
    | \Z
    )
    """,
    re.VERBOSE,
)
_PUNCTUATION, _COMMENT, _LONE_QUOTE, _WORD = 1, 2, 5, 6
_ESCAPE = regex(r"\\([\"'\\trn])")
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}
_QUANTIFIER = regex(r"\{\d+(?:,\d*)?\}[^ \t\r\n;{]*")
_LUA = regex(
    r"""
      --\[(=*)\[.*?(?:\]\1\]|\Z)
    | --[^\n]*
    | \[(=*)\[.*?(?:\]\2\]|\Z)
    | "(?:[^"\\\n]|\\.)*"
    | '(?:[^'\\\n]|\\.)*'
    | [{}]
    """,
    re.VERBOSE | re.DOTALL,
)
_LONGEST_SHOWN, _AFTER_QUOTE = 60, frozenset(" \t\r\n;{)")

Split = Callable[["Tokens", int, str], int]
"""Finds the argument at which a statement with a forgotten ``;`` should have ended; 0 where there is none."""


def tokens(text: str, split: Split | None = None) -> Tokens:
    """
    The tokens of *text*, repaired where they are broken.

    Args:
        split: Asked for each statement over several lines, with the index of its name, for a forgotten ``;``.
    """
    return _Lexer(without_marks(text), split).run()


def unescaped(raw: str) -> str:
    r"""*raw* as nginx stores it: ``\" \' \\ \t \r \n`` are replaced, every other backslash stays."""
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), raw) if "\\" in raw else raw


class _Lexer:
    """One pass over a text; `name` is the index of the current statement's name, or -1 between statements."""

    def __init__(self, text: str, split: Split | None) -> None:
        self.text = text
        self.split = split
        self.out = Tokens()
        self.open: list[int] = []
        self.name = -1
        self.ignored_braces = 0

    def run(self) -> Tokens:
        position: int | None = 1 if self.text.startswith("\ufeff") else 0
        while position is not None:
            position = self._from(position)
        self._finish()
        return self.out

    def _from(self, position: int) -> int | None:
        """Reads on from *position*; the new position where reading must start afresh, None at the end."""
        add, escaped = self.out.add, "\\"
        values, starts, ends, kinds = self.out.columns
        for match in _TOKEN.finditer(self.text, position):
            kind = match.lastindex
            if kind == _WORD:
                value, (start, end) = match[_WORD], match.span(_WORD)
                if "}" in value and (end := self._bare_end(start, end)) != match.end():
                    value = self.text[start:end]
                if self.name < 0:
                    self.name = len(values)
                values.append(unescaped(value) if escaped in value else value)
                starts.append(start)
                ends.append(end)
                kinds.append(BARE)
                if end != match.end():
                    return end
            elif kind == _PUNCTUATION:
                jump = self._mark(match[1], match.start(1))
                if jump:
                    return jump
            elif kind == _COMMENT:
                add(match[2].rstrip("\r"), match.start(2), match.start(2) + len(match[2].rstrip("\r")), COMMENT)
            elif kind == _LONE_QUOTE:
                return self._unclosed(match.start(5))
            elif kind is not None:
                jump = self._quoted(match[kind], match.start(kind) - 1, match.end())
                if jump:
                    return jump
        return None

    def _bare_end(self, start: int, end: int) -> int:
        """
        Where a bare word with a ``}`` in it ends.

        nginx reads on through the brace. A word that merely lacks the ``;`` before the block's closing brace
        ends before it: that is what was meant, and the fault is reported there.
        """
        word = self.text[start:end]
        if not word.endswith("}") or "{" in word or self.text[end : end + 1] == ";":
            return end
        following = re.compile(r"[ \t\r\n]*").match(self.text, end)
        last = following is not None and self.text[following.end() : following.end() + 1] in ("", "}")
        return start + len(word.rstrip("}")) if last or "\n" in (following[0] if following else "") else end

    def _mark(self, mark: str, at: int) -> int:
        """One of ``; { }``; an offset to read on from, or 0 to go on."""
        if mark == ";" and self.name >= 0:
            self._end_statement(";", at, at + 1)
        elif mark == "}":
            self._close(at)
        elif self.name < 0:
            self._nameless(mark, at)
        else:
            return self._open(at)
        return 0

    def _end_statement(self, mark: str, start: int, end: int) -> None:
        if self.text.find("\n", self.out.starts[self.name], start) >= 0:
            self._divide(start)
        self.out.add(mark, start, end, MARK)
        self.name = -1

    def _divide(self, end: int) -> None:
        """Inserts the ``;`` that was forgotten between two statements on lines of their own."""
        first = self.out.starts[self.name]
        while self.split and self.text.find("\n", first, end) >= 0:
            index = self.split(self.out, self.name, self.text)
            if not index:
                return
            at = self.out.ends[index - 1]
            self._missing_semicolon(index - 1)
            self.out.values.insert(index, ";")
            self.out.starts.insert(index, at)
            self.out.ends.insert(index, at)
            self.out.kinds.insert(index, MARK)
            self.name = index + 1
            first = self.out.starts[self.name]

    def _missing_semicolon(self, index: int) -> None:
        at = self.out.ends[index]
        name = self.out.values[self.name]
        self.out.flaws.append(Flaw(at, at, f'no ";" after the directive "{_shown(name)}"; add one here', ";"))

    def _nameless(self, mark: str, at: int) -> None:
        if mark == "{":
            self.ignored_braces += 1
            self.out.flaws.append(Flaw(at, at + 1, 'a "{" without the name of a block before it; remove it or name it'))
        else:
            self.out.flaws.append(Flaw(at, at + 1, 'a ";" without a directive before it; remove it'))

    def _quantifier(self, at: int) -> int:
        """The offset behind the ``{1,3}`` of an expression without quotes, which nginx takes for a block; or 0."""
        match = _QUANTIFIER.match(self.text, at)
        last = len(self.out.values) - 1
        if match is None or self.out.kinds[last] != BARE or self.out.ends[last] != at:
            return 0
        start = self.out.starts[last]
        self.out.values[last] += match[0]
        self.out.ends[last] = match.end()
        if not any(flaw.start == start for flaw in self.out.flaws[-1:]):
            message = 'an expression with a "{" in it, which nginx takes for a block; put it into quotes'
            self.out.flaws.append(Flaw(start, match.end(), message))
        return match.end()

    def _open(self, at: int) -> int:
        if quantified := self._quantifier(at):
            return quantified
        if self.out.values[self.name].endswith("_by_lua_block"):
            return self._lua(at)
        self._divide(at)
        if len(self.open) >= DEEPEST:
            return self._too_deep(at)
        self.open.append(len(self.out.values))
        self.out.add("{", at, at + 1, MARK)
        self.name = -1
        return 0

    def _too_deep(self, at: int) -> int:
        self.out.flaws.append(Flaw(at, at + 1, f"more than {DEEPEST} blocks nested; nothing inside this one is read"))
        self.out.closing[len(self.out.values)] = len(self.out.values) + 1
        self.out.add("{", at, at + 1, MARK)
        self._end_statement("}", at + 1, at + 1)
        depth = 0
        end = len(self.text)
        for match in _TOKEN.finditer(self.text, at):
            if match.lastindex == 1 and match[1] != ";":
                depth += 1 if match[1] == "{" else -1
                if depth == 0:
                    return match.end()
        return end

    def _lua(self, at: int) -> int:
        depth, end = 0, len(self.text)
        for match in _LUA.finditer(self.text, at):
            if match[0] in "{}":
                depth += 1 if match[0] == "{" else -1
                if depth == 0:
                    end = match.start()
                    break
        else:
            self.out.flaws.append(Flaw(at, at + 1, 'a block of Lua that is never closed; add "}" where it ends'))
        self.out.add(self.text[at + 1 : end], at, end, QUOTED)
        closed = min(end + 1, len(self.text))
        self._end_statement(";", min(end, closed), closed)
        return closed

    def _close(self, at: int) -> None:
        if self.name >= 0:
            self._unfinished()
        if self.open:
            self._close_block(at, at + 1)
        elif self.ignored_braces:
            self.ignored_braces -= 1
        else:
            self.out.flaws.append(Flaw(at, at + 1, 'a "}" that closes nothing; remove it, or open its block'))

    def _unfinished(self) -> None:
        """Ends a statement that runs into a closing brace or the end of the file."""
        last = len(self.out.values) - 1
        while self.out.kinds[last] == COMMENT:
            last -= 1
        end = self.out.ends[last]
        self._divide(end)
        self._missing_semicolon(last)
        self.out.add(";", end, end, MARK)
        self.name = -1

    def _close_block(self, start: int, end: int) -> None:
        self.out.closing[self.open.pop()] = len(self.out.values)
        self.out.add("}", start, end, MARK)

    def _quoted(self, raw: str, start: int, end: int) -> int:
        following = self.text[end : end + 1]
        if following and following not in _AFTER_QUOTE:
            if "\n" in raw:
                return self._unclosed(start)
            message = f"a quoted value with {following!r} right behind it; put a space, or all of it into the quotes"
            self.out.flaws.append(Flaw(end, end + 1, message))
        if self.name < 0:
            self.name = len(self.out.values)
        self.out.add(unescaped(raw), start, end, QUOTED)
        return 0

    def _unclosed(self, start: int) -> int:
        """A quote without its partner: the value is taken to end with the line."""
        quote = self.text[start]
        line_end = self.text.find("\n", start)
        line = self.text[start + 1 : len(self.text) if line_end < 0 else line_end].rstrip()
        value = re.sub(r"[ \t]*[;{]*$", "", line)
        message = f"a {quote} that is never closed; close it where the value ends"
        self.out.flaws.append(Flaw(start, start + 1, message))
        if self.name < 0:
            self.name = len(self.out.values)
        end = start + 1 + len(value)
        self.out.add(value, start, end, QUOTED)
        return max(end, start + 1)

    def _finish(self) -> None:
        """Ends and closes whatever the end of the text left open."""
        if self.name >= 0:
            self._unfinished()
        end = len(self.text)
        for index in reversed(list(self.open)):
            at = self.out.starts[index]
            self.out.flaws.append(Flaw(at, at + 1, 'a block that is never closed; add "}" where it ends'))
            self._close_block(end, end)


def _shown(word: str) -> str:
    return word if len(word) <= _LONGEST_SHOWN else word[: _LONGEST_SHOWN - 3] + "..."
