"""Marks of template languages that are no part of a configuration: Jinja, Helm, ERB, and lines envsubst fills in."""

from __future__ import annotations

import re

from ..regex import regex

_STATEMENT = regex(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LINE = regex(
    r"^[ \t]*(?:\$\{[A-Z][A-Z0-9_]*\}|\{\{(?:(?!\}\})[\s\S])*\}\}|[A-Z][A-Z0-9_]{2,}|%\(\w+\)s"
    r"|%[A-Z][A-Z0-9_]*%|@[A-Z][A-Z0-9_]*@|__[A-Z][A-Z0-9_]*__)[ \t\r]*$",
    re.MULTILINE,
)
"""A line that a template engine, or a script with sed, replaces by statements; nginx has no words in capitals."""

_CONTROL = regex(
    r"(?:^|(?<=[;{}]))(?P<blank>[ \t]*)\{\{-?\s*(?:if|else|end|range|with|define|block|/\*)(?![\w.])(?:(?!\}\}).)*\}\}",
    re.MULTILINE,
)
"""What only steers a Go template, between two statements; within one it is left in, as a value that is unknown."""

_SHELL_VALUE = regex(r"\$\{\{")
_DIRECTION = regex(r"^>[ \t][^\n]*$", re.MULTILINE)
"""A line of Kong's own template language."""

_CODE = regex(r"<%(?!=)(?!-\s*(?!else\b|end\b)[\w.]+\s*-?%>).*?%>", re.DOTALL)
_VALUE = regex(r"<%([^\n]*?)%>")


def without_marks(text: str) -> str:
    """
    *text* with blanks for what only a template engine reads, so that every offset stays what it was.

    A value of ERB or EJS is written as one of Jinja.
    """
    if "<%" in text:
        text = _VALUE.sub(r"{{\1}}", _CODE.sub(_blank, text))
    if "${{" in text:
        text = _DIRECTION.sub(_blank, _SHELL_VALUE.sub("{{ ", text))
    if "{%" in text or "{{" in text:
        text = _STATEMENT.sub(_blank, text)
    if "{{" in text:
        text, count = _CONTROL.subn(_blank, text)
        while count:
            text, count = _CONTROL.subn(_blank, text)
    if _LINE.search(text):
        text = _LINE.sub(lambda line: _blank(line) if _begins_statement(text, line.start()) else line[0], text)
    return text


def _blank(mark: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", mark[0])


def _begins_statement(text: str, line: int) -> bool:
    """Whether the line that begins at *line* does not go on with a statement of the line above."""
    above = text[max(0, line - 500) : line].rstrip()
    return not above or above[-1] in ";{}" or above.rpartition("\n")[2].lstrip().startswith("#")
