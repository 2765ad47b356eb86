"""Secrets that stand in a text of settings, whatever its format: YAML, JSON, ini, properties, Ruby, options of Java."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..regex import regex

_ENTRY = regex(
    r"""(?:^|(?<!\$)\{|[,\[\s;'"]|(?<=\s)-D)(?P<key>[A-Za-z_][\w.\-]{0,80})["']?\]?[ \t]*(?::|=>?)[ \t]*"""
    r"""(?P<value>"(?:[^"\\\n]|\\.){1,400}"|'[^'\n]{1,400}'|[^\s#"'{\[(,;&<>|$][^\s,;"')}\]]{0,400})""",
    re.MULTILINE,
)
_DIRECTIVE = regex(r"^[ \t]*(?P<key>requirepass|masterauth)[ \t]+(?P<value>\"[^\"\n]+\"|\S+)", re.MULTILINE)
_SQL = regex(r"\b(?P<key>PASSWORD|IDENTIFIED[ \t]+BY)[ \t]+(?P<value>'[^'\n]{1,200}')", re.IGNORECASE)
_NO_SECRET = regex(
    r".*[$%]\{.*|.*\$\(.*|\$.*|\{\{.*|<.*>|%\(.*|!.*|ENC\(.*|ENV\[.*|env[.:(].*|.*environ.*|getenv.*|os\..*|process\.env.*"
    r"|vault:.*|file:.*|arn:.*|/.*|\./.*|true|false|yes|no|on|off|null|nil|none|~|\d{1,4}|[\w.]+\(.*|[*x.•-]+"
    r"|str|string|text|bytes|int|integer|any|object|required|optional|secret\w*",
    re.IGNORECASE,
)
_GUARDS_NOTHING = ("truststorepassword", "trust_store_password")
"""Passwords of files that hold public certificates alone."""

_COMMENT = regex(r"[ \t]*(?:#|;|//|--|!)")


def literal_secrets(text: str, is_secret: Callable[[str], bool]) -> Iterator[tuple[int, int, str]]:
    """The literal values under names that *is_secret* takes for those of secrets: from where to where, and the name."""
    for pattern in (_ENTRY, _DIRECTIVE, _SQL):
        for match in pattern.finditer(text):
            key = "password" if pattern is _SQL else match["key"].strip("-").rpartition(".")[2].replace("-", "_")
            start, end = match.span("value")
            if (
                not is_secret(key)
                or key.lower() in _GUARDS_NOTHING
                or _COMMENT.match(text, text.rfind("\n", 0, start) + 1)
            ):
                continue
            if match["value"][0] in "\"'" and match["value"][0] == match["value"][-1]:
                start, end = start + 1, end - 1
            if end > start and not _NO_SECRET.fullmatch(text[start:end]):
                yield start, end, key
