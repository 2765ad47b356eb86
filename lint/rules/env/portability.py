"""What Compose reads and other programs do not: a shell, ``docker run --env-file``, a library."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...envfile import EnvFile
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule

_SYNTAX = "https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax"


@rule(
    "env/blanks-around-equals",
    Severity.WARNING,
    bad="""
        PORT = 7860  # <-
        MODE= production  # <-
    """,
    good="""
        PORT=7860
        MODE=two words
        LIST="a = b"
    """,
    fixed="""
        PORT=7860
        MODE=production
    """,
    source=_SYNTAX,
)
def blanks_around_equals(env: EnvFile) -> Iterator[Report]:
    """Blanks around the `=`: Compose drops them, a shell and `docker run --env-file` refuse the file."""
    for entry in env.entries:
        if entry.separator != "=" or not entry.name or not entry.value:
            continue
        start, end = entry.name_range[1], entry.value_range[0] - len(entry.quote)
        between = entry.source.text[start:end]
        if between != "=" and not (entry.value.startswith("# ") and not entry.quote):
            place = entry.source.place(start, end)
            yield place, 'blanks around "="; remove them', (Edit(place, "="),)


@rule(
    "env/yaml-style",
    Severity.WARNING,
    bad="""
        PORT: 7860  # <-
    """,
    good="""
        PORT=7860
        ADDRESS=http://example.com
    """,
    fixed="""
        PORT=7860
    """,
    source=_SYNTAX,
    preset="strict",
)
def yaml_style(env: EnvFile) -> Iterator[Report]:
    """`NAME: value`: Compose takes it, other programs that read the file do not."""
    for entry in env.entries:
        if entry.separator == ":" and entry.name:
            place = entry.source.place(entry.name_range[1], entry.value_range[0] - len(entry.quote))
            yield place, 'only Compose reads ":" here; write "="', (Edit(place, "="),)


@rule(
    "env/windows-line-ends",
    Severity.WARNING,
    bad="PORT=7860\rMODE=production  # <-\nLEVEL=info\r\n",
    good="PORT=7860\nMODE=production\n",
    source="https://docs.docker.com/reference/cli/docker/container/run/#env",
)
def windows_line_ends(env: EnvFile) -> Iterator[Report]:
    """Lines that end as on Windows: a shell and `docker run --env-file` keep the carriage return in the value."""
    at = env.text.find("\r")
    if at >= 0:
        place = env.source.place(at, at + 1)
        edits = tuple(Edit(env.source.place(*match.span()), "") for match in re.finditer(r"\r+(?=\n|\Z)", env.text))
        yield place, "a carriage return is part of this line; save the file with line feeds alone", edits


@rule(
    "env/byte-order-mark",
    Severity.WARNING,
    bad="\ufeffPORT=7860  # <-\n",
    good="PORT=7860\nMARK=\ufeff\n",
    fixed="PORT=7860\n",
    source="https://www.unicode.org/faq/utf_bom.html#bom1",
)
def byte_order_mark(env: EnvFile) -> Iterator[Report]:
    """The file starts with a byte order mark: for a shell and most programs it is part of the first name."""
    if env.text.startswith("\ufeff"):
        place = env.source.place(0, 1)
        yield place, "a byte order mark; save the file as UTF-8 without it", (Edit(place, ""),)


_SHELL_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")


@rule(
    "env/odd-name",
    Severity.INFO,
    bad="""
        1ST=a  # <-
        mail.host=b  # <-
    """,
    good="""
        FIRST_1=a
        _mail_host=b
    """,
    source="https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html",
    preset="strict",
)
def odd_name(env: EnvFile) -> Iterator[Report]:
    """A name that no shell can read: only letters, digits and underscores, and no digit first."""
    for entry in env.entries:
        if entry.name and not _SHELL_NAME.fullmatch(entry.name):
            yield entry.name_place, f'a shell cannot read "{entry.name}"; use letters, digits and _'
