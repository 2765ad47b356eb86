"""How the text of a file is laid out: what nginx stumbles over, and what misleads or bothers people."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...nginx.file import NginxFile
from ...nginx.tokens import COMMENT
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from .once import once
from .templated import is_templated

_TRAILING = regex(r"[ \t]+(?=\r?$)", re.MULTILINE)
_INDENT = regex(r"^[ \t]+(?=[^\s#])", re.MULTILINE)


@rule(
    "nginx/byte-order-mark",
    Severity.ERROR,
    bad="\ufeffserver { listen 127.0.0.1:81; return 404; }  # <-\n",
    good="# a mark in the middle, \ufeff, is a letter like others\nserver { listen 127.0.0.1:81; return 404; }\n",
    fixed="server { listen 127.0.0.1:81; return 404; }\n",
    source="https://www.unicode.org/faq/utf_bom.html#bom1",
)
def byte_order_mark(config: NginxConfig) -> Iterator[Report]:
    """
    The file starts with a byte order mark, which some editors of Windows write and none shows.

    nginx does not start: to it the mark is the first letter of the first directive, which it then does not know.
    """
    for file in config.sources:
        if file.text.startswith("\ufeff"):
            place = file.place(0, 1)
            yield (
                place,
                "nginx does not start: a byte order mark; save the file as UTF-8 without it",
                (Edit(place, ""),),
            )


@rule(
    "nginx/trailing-space",
    Severity.INFO,
    preset="strict",
    bad="server {\n    listen 127.0.0.1:81;  \t# <-\n    return 404;\n}\n",
    good="server {\n    listen 127.0.0.1:81;\n\n    # a comment  \n    return 200 'a line  \n    and another';\n}\n",
    fixed="server {\n    listen 127.0.0.1:81;\n    return 404;\n}\n",
    source="https://git-scm.com/docs/git-diff",
    covers=("nginx-lint:trailing-whitespace", "nginx-linter:trailing-whitespace"),
)
def trailing_space(config: NginxConfig) -> Iterator[Report]:
    """White space at the end of a line, which nobody sees and some editors take out, so that changes seem larger."""
    for file in config.sources:
        for found in _TRAILING.finditer(file.text):
            if not _is_inside_token(file, found.start()):
                place = file.place(*found.span())
                yield place, "white space at the end of the line; take it out", (Edit(place, ""),)


def _is_inside_token(file: NginxFile, offset: int) -> bool:
    """Whether *offset* lies in a text in quotes, in a program, or in a comment, whose end is its own."""
    index = bisect_right(file.starts, offset) - 1
    return index >= 0 and (offset < file.ends[index] or (file.kinds[index] == COMMENT and offset == file.ends[index]))


@rule(
    "nginx/mixed-line-ends",
    Severity.INFO,
    preset="strict",
    bad="gzip off;\r\nsendfile on;  # <-\ntcp_nopush on;\r\n",
    good="gzip off;\r\nsendfile on;\r\n",
    source="https://git-scm.com/docs/gitattributes#_end_of_line_conversion",
    covers=("nginx-linter:line-ending",),
)
def mixed_line_ends(config: NginxConfig) -> Iterator[Report]:
    """Lines of one file that end as on Windows, and others that do not: a part of another file was pasted in."""
    for file in config.sources:
        windows = file.text.count("\r\n")
        plain = file.text.count("\n") - windows
        if windows and plain:
            ends = re.finditer(r"\r\n" if windows < plain else r"(?<!\r)\n", file.text)
            start = next(ends).start()
            kind = "ends as on Windows, and others do not" if windows < plain else "does not end as on Windows"
            line = file.text.rfind("\n", 0, start) + 1
            yield file.place(line, max(start, line)), f"this line {kind}; save the file with one kind of line ends"


@rule(
    "nginx/tabs-and-spaces",
    Severity.INFO,
    preset="strict",
    bad="server {\n    listen 127.0.0.1:81;\n\treturn 404;  # <-\n}\n",
    good="server {\n\tlisten 127.0.0.1:81;\n\tadd_before_body /a;\n\t# text\n    # text\n\treturn 404;\n}\n",
    source="https://editorconfig.org/",
)
def tabs_and_spaces(config: NginxConfig) -> Iterator[Report]:
    """Some lines begin with tabs and others with spaces, so what stands below what depends on the editor."""
    for file in config.sources:
        if "\t" not in file.text:
            continue
        leads = [found for found in _INDENT.finditer(file.text) if not _is_inside_token(file, found.start())]
        tabbed = [found for found in leads if "\t" in found[0]]
        spaced = [found for found in leads if found[0].startswith("  ") and "\t" not in found[0]]
        if tabbed and spaced:
            odd, others = (tabbed, "spaces") if len(tabbed) <= len(spaced) else (spaced, "tabs")
            own = "tab" if others == "spaces" else "space"
            yield file.place(*odd[0].span()), f"this line begins with a {own}, and others with {others}; use one kind"


@rule(
    "nginx/indented-otherwise",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            location /a/ {
                return 404;
            }
                listen 127.0.0.1:81;  # <-
        }
    """,
    good=(
        """
        server {
            listen 127.0.0.1:81;
                # what a comment stands below is its own matter
            location /a/ { return 404; } location /b/ {
              return 404;
            }
        }
        """,
        "http {\n{{ range .Sites }}\n  server_tokens off;\n    sendfile on;\n{{ end }}\n}\n",
    ),
    fixed="""
        server {
            location /a/ {
                return 404;
            }
            listen 127.0.0.1:81;
        }
    """,
    source="https://nginx.org/en/docs/beginners_guide.html#conf_structure",
    covers=("nginx-lint:indent", "nginx-linter:indentation"),
)
def indented_otherwise(config: NginxConfig) -> Iterator[Report]:
    """
    A statement that is indented otherwise than the first one of its block.

    It seems to belong to another block: what looks as if it held in a location holds for the whole server, or the
    other way round. Only statements at the start of a line are compared; files with marks of a template are left alone.
    """
    yield from once(_indented(config))


def _indented(config: NginxConfig) -> Iterator[Report]:
    marked = {file.path for file in config.sources if is_templated(file)}
    blocks = (block.block for block in config.walk() if block.block)
    for children in (config.directives, *blocks):
        yield from _odd_ones([child for child in children if child.file.path not in marked])


def _odd_ones(children: list[Directive]) -> Iterator[Report]:
    """The first of each run of statements that are indented alike and otherwise than the first; all are mended."""
    firsts: dict[int, str] = {}
    run: list[tuple[Directive, str, str]] = []
    for child in children:
        lead = _lead(child)
        if lead is None:
            continue
        first = firsts.setdefault(id(child.via), lead)
        is_odd = lead.expandtabs(4) != first.expandtabs(4)
        if run and not (is_odd and lead == run[0][1] and child.via is run[0][0].via):
            yield _run(run)
            run = []
        if is_odd:
            run.append((child, lead, first))
    if run:
        yield _run(run)


def _lead(child: Directive) -> str | None:
    """The white space before a statement; None where it is not the first of its line."""
    start = child.file.starts[child.token]
    lead = child.file.text[child.file.text.rfind("\n", 0, start) + 1 : start].removeprefix("\ufeff")
    return None if lead.strip(" \t") else lead


def _run(run: list[tuple[Directive, str, str]]) -> Report:
    child = run[0][0]
    others = f" and {len(run) - 1} more" if len(run) > 1 else ""
    return (
        child.place,
        f'"{child.name}"{others} indented otherwise than what the block begins with; line it up',
        tuple(Edit(_blank_before(each, lead), first) for each, lead, first in run),
    )


def _blank_before(child: Directive, lead: str) -> Place:
    start = child.file.starts[child.token]
    return child.file.place(start - len(lead), start)
