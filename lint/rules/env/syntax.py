"""Lines that Compose refuses, or reads otherwise than they look."""

from __future__ import annotations

from collections.abc import Iterator

from ...envfile import EnvEntry, EnvFile
from ...finding import Edit, Severity
from ...rule import Report, rule

_SYNTAX = "https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax"


@rule(
    "env/invalid-line",
    Severity.ERROR,
    bad="""
        MODE=production
        MAIL FROM=a@example.com  # <-
        - LEVEL=info  # <-
    """,
    good="""
        # MAIL FROM=a@example.com
        MAIL_FROM=a b@example.com
        export LEVEL=info
    """,
    source=_SYNTAX,
)
def invalid_line(env: EnvFile) -> Iterator[Report]:
    """A line that is no setting: Compose reads nothing of the whole file and stops."""
    yield from env.problems_of("env/invalid-line")


@rule(
    "env/unterminated-quote",
    Severity.ERROR,
    bad="""
        TITLE="Agent chat  # <-
        PORT=7860
    """,
    good="""
        TITLE="Agent
        chat"
        OTHER=it's
        THIRD='it\\'s'
    """,
    source=_SYNTAX,
)
def unterminated_quote(env: EnvFile) -> Iterator[Report]:
    """A quote that is never closed: everything up to the end of the file would be the value, so Compose stops."""
    yield from env.problems_of("env/unterminated-quote")


@rule(
    "env/invalid-variable",
    Severity.ERROR,
    bad="""
        HOST=example.com
        ADDRESS=https://${HOST/api  # <-
        OTHER=${1}  # <-
    """,
    good="""
        HOST=example.com
        ADDRESS=https://${HOST}/api
        PRICE=5$
        PATTERN='${HOST/api'
    """,
    source=_SYNTAX,
)
def invalid_variable(env: EnvFile) -> Iterator[Report]:
    """A variable without its closing brace, or with a name that is none: Compose reads nothing of the whole file."""
    yield from env.problems_of("env/invalid-variable")


@rule(
    "env/duplicate-name",
    Severity.WARNING,
    bad="""
        PORT=7860  # <-
        MODE=production
        PORT=7861
    """,
    good="""
        PORT=7860
        port=7861
        # PORT=7862
        PATHS=/a
        PATHS=$PATHS:/b
    """,
    fixed="""
        MODE=production
        PORT=7861
    """,
    source=_SYNTAX,
)
def duplicate_name(env: EnvFile) -> Iterator[Report]:
    """A name is set twice: the last one counts, and whoever changes the first wonders."""
    later: dict[str, EnvEntry] = {}
    for entry in reversed(env.entries):
        last = later.setdefault(entry.name, entry)
        if last is entry or not entry.name or entry.value is None:
            continue
        if any(variable.name == entry.name for variable in last.cut.variables()):
            continue
        edits = (
            (Edit(entry.source.whole_lines(entry.place), ""),)
            if _is_alone(entry) and not _is_used_below(env, entry)
            else ()
        )
        message = f'"{entry.name}" is set again on line {last.name_place.line}, and that one counts; remove this one'
        yield entry.name_place, message, edits


def _is_alone(entry: EnvEntry) -> bool:
    """Whether nothing else stands on the lines of the setting."""
    text, (start, end) = entry.source.text, entry.statement
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return not before.strip() and not text[end : entry.source.line_end(end)].strip()


def _is_used_below(env: EnvFile, entry: EnvEntry) -> bool:
    return any(variable.name == entry.name for other in env.entries for variable in other.cut.variables())


@rule(
    "env/comment-becomes-value",
    Severity.ERROR,
    bad="""
        PORT=7860
        LEVEL= # debug, info or warning  # <-
    """,
    good="""
        PORT=7860 # the port
        COLOUR=#fff
        LEVEL=
        # debug, info or warning
        NAME="" # empty
    """,
    fixed="""
        PORT=7860
        LEVEL="" # debug, info or warning
    """,
    source="https://github.com/compose-spec/compose-go/blob/v2.4.8/dotenv/parser.go",
)
def comment_becomes_value(env: EnvFile) -> Iterator[Report]:
    """
    A comment behind an empty value.

    A comment starts at a blank and a `#` after the value. Here there is no value, so the comment itself becomes it.
    """
    for entry in env.entries:
        if entry.quote or not entry.value or not entry.value.startswith("# "):
            continue
        start = entry.value_range[0]
        place = entry.source.place(entry.source.text.index(entry.separator, entry.name_range[1]) + 1, start + 1)
        yield entry.value_place, 'this comment is the value; write "" before it', (Edit(place, '"" #'),)


@rule(
    "env/text-after-quote",
    Severity.ERROR,
    bad="""
        TITLE="Agent" chat  # <-
        GREETING='it''s'  # <-
    """,
    good="""
        TITLE="Agent chat" # with a comment
        GREETING="it's"
        EMPTY=''
    """,
    source="https://github.com/compose-spec/compose-go/blob/v2.4.8/dotenv/parser.go",
)
def text_after_quote(env: EnvFile) -> Iterator[Report]:
    """Something stands behind a closing quote: Compose takes it for another setting, or refuses the file."""
    lines = {entry.place.end_line: entry for entry in env.entries if entry.quote}
    for entry in env.entries:
        before = lines.get(entry.place.line)
        if before is not None and before is not entry and before.statement[1] <= entry.statement[0]:
            yield entry.place, "text behind a closing quote is another setting; put all of it into the quotes"
    for rule_id, place, _ in env.problems:
        before = lines.get(place.line)
        if rule_id == "env/invalid-line" and before is not None and place.column >= before.place.end_column:
            yield place, "text behind a closing quote; put all of it into the quotes"


@rule(
    "env/value-without-name",
    Severity.ERROR,
    bad="PORT=7860\n=value  # <-\n",
    good="PORT=7860\nMYSQL_PASSWORD\n",
    source="https://github.com/compose-spec/compose-go/blob/v2.4.8/dotenv/parser.go",
)
def value_without_name(env: EnvFile) -> Iterator[Report]:
    """
    A value without a name.

    So is a bare name on the last line when the line has no end: Compose reads it as the value of nothing.
    """
    for entry in env.entries:
        if entry.name or entry.value is None or not entry.value:
            continue
        if entry.separator:
            yield entry.place, "a value without a name; write NAME=value"
        else:
            yield entry.place, "Compose takes this for a value without a name; end the line"
