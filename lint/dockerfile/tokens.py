"""Shell text cut into words, operators and redirections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..record import dataclass
from ..regex import regex
from .passage import Passage

_SPACE = regex(r"(?:[ \t\r\f\v]|\\\n)+")
_OPERATOR = regex(r"&&|\|\||;;&|;;|;&|\|&|&(?!>)|[;|()\n]")
_REDIRECT = regex(r"\d*(?:<<<|<<-?|<>|>>|>\||>&|<&|[<>])|&>>?")
_HEREDOC_NAME = regex(r"[ \t]*(['\"]?)([^\s'\"|&;<>()]+)\1")
_PLAIN = regex(r"[^\s'\"\\$`;&|()<>*?\[#~{]+")
_BRACED = regex(r"\$\{[^{}'\"`]*\}")
_NAMED = regex(r"\$(?:\w+|[@*#?$!-])")
_DOUBLE_PLAIN = regex(r'[^"\\$`]+')


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """
    A piece of shell text.

    Attributes:
        kind: ``word``, ``operator``, ``redirect``, or ``broken`` where a quote or a bracket is left open.
        value: For a word what the shell makes of it, or None where it depends on something else.
        nested: The texts of command substitutions in it.
    """

    kind: str
    text: str
    value: str | None
    passage: Passage
    start: int
    end: int
    nested: tuple[Passage, ...] = ()


def tokens(passage: Passage) -> Iterator[Token]:
    """The tokens of *passage*; bodies of heredocs inside the text are skipped."""
    yield from _Tokenizer(passage).all()


class _BrokenError(Exception):
    pass


class _Tokenizer:
    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.text = passage.text
        self.at = 0
        self.heredocs: list[tuple[str, bool]] = []
        self.nested: list[Passage] = []

    def all(self) -> Iterator[Token]:
        try:
            while self.at < len(self.text):
                space = _SPACE.match(self.text, self.at)
                if space:
                    self.at = space.end()
                elif self.text[self.at] == "#":
                    self._skip_comment()
                else:
                    yield self._token()
        except _BrokenError:
            yield self._made("broken", self.at, None)

    def _skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _made(self, kind: str, start: int, value: str | None) -> Token:
        nested, self.nested = tuple(self.nested), []
        return Token(kind, self.text[start : self.at], value, self.passage, start, self.at, nested)

    def _token(self) -> Token:
        start = self.at
        redirect = _REDIRECT.match(self.text, start)
        if redirect and not self._is_substitution(redirect):
            self.at = redirect.end()
            operator = redirect[0].lstrip("0123456789")
            if operator in ("<<", "<<-"):
                self._open_heredoc(operator == "<<-")
            return self._made("redirect", start, None)
        operator_match = _OPERATOR.match(self.text, start)
        if operator_match:
            self.at = operator_match.end()
            token = self._made("operator", start, None)
            if token.text == "\n":
                self._skip_heredocs()
            return token
        value = self._word()
        return self._made("word", start, value)

    def _is_substitution(self, redirect: re.Match[str]) -> bool:
        return redirect[0] in ("<", ">") and self.text.startswith("(", redirect.end())

    def _open_heredoc(self, strips_tabs: bool) -> None:
        name = _HEREDOC_NAME.match(self.text, self.at)
        if name:
            self.heredocs.append((name[2], strips_tabs))

    def _skip_heredocs(self) -> None:
        for name, strips_tabs in self.heredocs:
            self._skip_heredoc(name, strips_tabs)
        self.heredocs.clear()

    def _skip_heredoc(self, name: str, strips_tabs: bool) -> None:
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end].rstrip("\r")
            self.at = min(end + 1, len(self.text))
            if (line.lstrip("\t") if strips_tabs else line) == name:
                return

    def _word(self) -> str | None:
        pieces: list[str | None] = []
        while self.at < len(self.text):
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                self.at = plain.end()
                pieces.append(plain[0])
                continue
            if not self._continues(pieces):
                break
            pieces.append(self._piece())
        return None if None in pieces else "".join(piece for piece in pieces if piece is not None)

    def _continues(self, pieces: list[str | None]) -> bool:
        character = self.text[self.at]
        if character in "<>":
            return not pieces and self.text.startswith("(", self.at + 1)
        return character not in " \t\r\f\v\n;&|()"

    def _piece(self) -> str | None:
        character = self.text[self.at]
        readers = {
            "'": self._single_quoted,
            '"': self._double_quoted,
            "\\": self._escaped,
            "$": self._dollar,
            "`": self._backquoted,
            "<": self._process_substitution,
            ">": self._process_substitution,
        }
        if character in readers:
            return readers[character]()
        self.at += 1
        return self._glob(character)

    def _escaped(self) -> str:
        piece = self.text[self.at + 1 : self.at + 2]
        self.at = min(self.at + 2, len(self.text))
        return "" if piece == "\n" else piece

    def _process_substitution(self) -> None:
        self.at += 1
        self._substitution()

    def _glob(self, character: str) -> str | None:
        """A character that may make the shell look for files or a home folder."""
        if character in "#~" or character.isspace():
            return character
        if character == "[" and self.text[self.at : self.at + 1].strip() in ("", "["):
            return character
        if character == "{":
            return (
                character if not re.match(r"[^\s{}]*(?:,|\.\.)[^\s{}]*\}", self.text[self.at : self.at + 80]) else None
            )
        return None

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise _BrokenError
        value = self.text[self.at + 1 : end]
        self.at = end + 1
        return value

    def _double_quoted(self) -> str | None:
        self.at += 1
        pieces: list[str | None] = []
        while self.at < len(self.text):
            plain = _DOUBLE_PLAIN.match(self.text, self.at)
            if plain:
                self.at = plain.end()
                pieces.append(plain[0])
                continue
            character = self.text[self.at]
            if character == '"':
                self.at += 1
                return None if None in pieces else "".join(piece for piece in pieces if piece is not None)
            if character == "$":
                pieces.append(self._dollar())
            elif character == "`":
                self._backquoted()
                pieces.append(None)
            else:
                piece = self.text[self.at + 1 : self.at + 2]
                self.at += 2
                pieces.append("" if piece == "\n" else piece if piece in '"\\$`' else "\\" + piece)
        raise _BrokenError

    def _dollar(self) -> str | None:
        named = _NAMED.match(self.text, self.at) or _BRACED.match(self.text, self.at)
        if named:
            self.at = named.end()
            return None
        self.at += 1
        if self.text.startswith("(", self.at):
            self._substitution()
            return None
        if self.text.startswith("{", self.at):
            self._balanced("{", "}")
            return None
        if self.text.startswith(("'", '"'), self.at):
            self._single_quoted() if self.text[self.at] == "'" else self._double_quoted()
            return None
        return "$"

    def _substitution(self) -> None:
        start = self.at
        is_arithmetic = self.text.startswith("((", start)
        self._balanced("(", ")")
        if not is_arithmetic:
            self.nested.append(self.passage.part(start + 1, self.at - 1))

    def _backquoted(self) -> None:
        match = re.compile(r"`((?:[^`\\]|\\.)*+)`", re.DOTALL).match(self.text, self.at)
        if not match:
            raise _BrokenError
        if "\\" not in match[1]:
            self.nested.append(self.passage.part(*match.span(1)))
        self.at = match.end()

    def _balanced(self, opening: str, closing: str) -> None:
        """Moves behind the bracket that closes the one at hand; quotes and escapes inside are skipped."""
        pattern = re.compile(rf"\\.|'[^']*'|\"(?:[^\"\\]|\\.)*+\"|[{opening}{closing}'\"]", re.DOTALL)
        depth = 0
        for match in pattern.finditer(self.text, self.at):
            if match[0] in ("'", '"') and opening == "(":
                raise _BrokenError
            depth += (match[0] == opening) - (match[0] == closing)
            if depth == 0 and match[0] == closing:
                self.at = match.end()
                return
        raise _BrokenError
