"""Marks of template languages that are no part of the configuration: Jinja, Helm, and lines filled in by envsubst."""

from __future__ import annotations

import re

_STATEMENT = re.compile(r"\{%[^\n]*?%\}|^[ \t]*\{\{[^\n]*\}\}[ \t\r]*$", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*\$\{[A-Z][A-Z0-9_]*\}[ \t\r]*$", re.MULTILINE)


def without_marks(text: str) -> str:
    """*text* with blanks for what only a template engine reads, so that every offset stays what it was."""
    if "{%" in text or "{{" in text:
        text = _STATEMENT.sub(_blank, text)
    if "${" in text:
        text = _LINE.sub(lambda line: _blank(line) if _begins_statement(text, line.start()) else line[0], text)
    return text


def _blank(mark: re.Match[str]) -> str:
    return " " * len(mark[0])


def _begins_statement(text: str, line: int) -> bool:
    """Whether the line that begins at *line* does not go on with a statement of the line above."""
    above = text[max(0, line - 500) : line].rstrip()
    return not above or above[-1] in ";{}" or above.rpartition("\n")[2].lstrip().startswith("#")
