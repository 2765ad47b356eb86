"""What BuildKit cannot read, or reads otherwise than it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Dockerfile
from ...dockerfile.lines import DIRECTIVES
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule

_REFERENCE = "https://docs.docker.com/reference/dockerfile/"


@rule(
    "dockerfile/invalid-instruction",
    Severity.ERROR,
    bad="""
        FROM scratch
        FRM scratch  # <-
        COPY --form=a b /c  # <-
        ENV A  # <-
        HEALTHCHECK curl x  # <-
        apt-get update  # <-
    """,
    good="""
        FROM scratch
        COPY <<EOF /script
        FRM scratch
        EOF
        # FRM scratch
        ENV A=1 \\
            # COPY --form=a
            B=2
    """,
    source=_REFERENCE,
    covers=("hadolint:DL1000",),
)
def invalid_instruction(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A line that is no instruction, or an instruction without what it needs.

    BuildKit refuses the whole file.
    """
    yield from dockerfile.problems_of("dockerfile/invalid-instruction")


@rule(
    "dockerfile/unterminated-heredoc",
    Severity.ERROR,
    bad="""
        FROM scratch
        COPY <<EOF /greeting  # <-
        hello
         EOF
    """,
    good="""
        FROM scratch
        COPY <<-EOF /greeting
        \thello
        \tEOF
        # comment
        COPY <<"ONE" <<TWO /
        <<EOF
        ONE
        TWO
    """,
    source=_REFERENCE + "#here-documents",
)
def unterminated_heredoc(dockerfile: Dockerfile) -> Iterator[Report]:
    """A heredoc that the file ends before: the line with its name alone is missing, or has blanks around it."""
    yield from dockerfile.problems_of("dockerfile/unterminated-heredoc")


@rule(
    "dockerfile/invalid-directive",
    Severity.ERROR,
    bad="""
        # escape=x  # <-
        FROM scratch
    """,
    good="""
        # syntax=docker/dockerfile:1
        # escape=`
        FROM scratch
        COPY a `
            /b
    """,
    source=_REFERENCE + "#parser-directives",
)
def invalid_directive(dockerfile: Dockerfile) -> Iterator[Report]:
    """A parser directive that is there twice, or an escape character that is none."""
    yield from dockerfile.problems_of("dockerfile/invalid-directive")


@rule(
    "dockerfile/no-stage",
    Severity.ERROR,
    bad=(
        """
        RUN true  # <-
        FROM scratch
        """,
        "ARG A=1  # <-",
    ),
    good="""
        # comment
        ARG TAG=3.22
        FROM alpine:$TAG
        USER 1000
    """,
    source=_REFERENCE + "#from",
    covers=("hadolint:DL3061",),
)
def no_stage(dockerfile: Dockerfile) -> Iterator[Report]:
    """Something else than ARG before the first FROM, or no FROM at all."""
    yield from dockerfile.problems_of("dockerfile/no-stage")


@rule(
    "dockerfile/invalid-variable",
    Severity.ERROR,
    bad="""
        FROM scratch
        ENV A=${B  # <-
        LABEL c="d  # <-
    """,
    good="""
        FROM scratch
        ENV B=1 A=\\${B C='${' D="$"
    """,
    source=_REFERENCE + "#environment-replacement",
)
def invalid_variable(dockerfile: Dockerfile) -> Iterator[Report]:
    """A variable without its closing brace, or a quote without its partner: BuildKit stops there."""
    yield from dockerfile.problems_of("dockerfile/invalid-variable")


@rule(
    "dockerfile/line-too-long",
    Severity.ERROR,
    bad="FROM scratch\nLABEL a=" + "x" * 65600 + "  # <-",
    good="FROM scratch\nLABEL a=" + "x" * 65000,
    source="https://github.com/moby/buildkit/blob/v0.13.0/frontend/dockerfile/parser/parser.go",
)
def line_too_long(dockerfile: Dockerfile) -> Iterator[Report]:
    """A line of more bytes than BuildKit's reader takes."""
    yield from dockerfile.problems_of("dockerfile/line-too-long")


_LOOKS_LIKE_DIRECTIVE = regex(rf"#\s*({'|'.join(DIRECTIVES)})\s*=\s*\S+\s*", re.IGNORECASE)


@rule(
    "dockerfile/misplaced-directive",
    Severity.WARNING,
    bad="""
        # The image of the back end
        # syntax=docker/dockerfile:1.7  # <-
        FROM scratch
    """,
    good="""
        # syntax=docker/dockerfile:1.7
        # The image of the back end. syntax = what the line above says
        FROM scratch
    """,
    source=_REFERENCE + "#parser-directives",
)
def misplaced_directive(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A parser directive below another comment, a blank line or an instruction.

    There it is a comment like any other: the syntax or the escape character it names is not used.
    """
    read = {directive.place for directive in dockerfile.directives}
    broken = {place for _, place, _ in dockerfile.problems}
    for place, text in dockerfile.comments:
        match = _LOOKS_LIKE_DIRECTIVE.fullmatch(text)
        if match and place not in read and place not in broken:
            yield place, f'"{match[1]}" is read only on the first lines of the file; move it to the top'


@rule(
    "dockerfile/empty-continuation",
    Severity.WARNING,
    bad="FROM scratch\nENV A=1 \\\n  # <-\n    B=2\n",
    good="FROM scratch\nENV A=1 \\\n    # comment\n    B=2\n",
    fixed="FROM scratch\nENV A=1 \\\n    B=2\n",
    source="https://docs.docker.com/reference/build-checks/no-empty-continuation/",
    covers=("buildkit:NoEmptyContinuation", "hadolint:DL1002"),
)
def empty_continuation(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    An empty line inside an instruction that goes on.

    It is skipped today with a warning and will be an error.
    """
    for instruction in dockerfile.instructions:
        for place in instruction.empty_lines:
            edits = (Edit(dockerfile.source.whole_lines(place), ""),)
            yield place, "an empty line inside an instruction; remove it", edits
