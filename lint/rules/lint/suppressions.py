"""Suppressions that explain nothing, hide nothing or name nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...rule import Report, rule
from ...suppression import Audit

_SOURCE = "docs/lint.md#suppressions"


@rule(
    "lint/suppression-without-reason",
    Severity.WARNING,
    bad="""
        server_tokens on; # fairlead: ignore[nginx/server-tokens-on] # <-
    """,
    good="""
        server_tokens on; # fairlead: ignore[nginx/server-tokens-on] the status page of the tests reads it
    """,
    source=_SOURCE,
)
def suppression_without_reason(audit: Audit) -> Iterator[Report]:
    """
    A suppression that does not say why.

    Whoever meets the comment in a year cannot tell a decision from an escape. Write the reason behind the bracket.
    """
    for suppression in audit.suppressions:
        if not suppression.reason:
            yield suppression.place, "the suppression gives no reason; write it behind the bracket"


@rule(
    "lint/suppression-without-rule",
    Severity.WARNING,
    bad="""
        server_tokens off; # fairlead: ignore it is fine # <-
    """,
    good="""
        # a fairlead is a ring that guides a rope
        server_tokens off;
    """,
    source=_SOURCE,
)
def suppression_without_rule(audit: Audit) -> Iterator[Report]:
    """
    A suppression that names no rule, and so hides nothing.

    Hiding all findings of a line would hide those of next year's rules, too.
    """
    for suppression in audit.suppressions:
        if not suppression.ids:
            yield suppression.place, 'the suppression names no rule and hides nothing; write "ignore[rule-id] reason"'


@rule(
    "lint/unused-suppression",
    Severity.WARNING,
    bad="""
        server_tokens off; # fairlead: ignore[nginx/server-tokens-on] mended since # <-
    """,
    good="""
        # fairlead: ignore[nginx/server-tokens-on] the status page of the tests reads it
        server_tokens on;
    """,
    source=_SOURCE,
)
def unused_suppression(audit: Audit) -> Iterator[Report]:
    """
    A suppression that hides nothing.

    What it was written for is mended or has moved; left behind, it hides the next fault of that kind.
    Only rules that the run applies are judged.
    """
    for name, place in audit.unused:
        yield place, f'nothing to ignore: "{name}" finds no fault here; remove the suppression'


@rule(
    "lint/unknown-rule",
    Severity.WARNING,
    bad="""
        server_tokens on; # fairlead: ignore[nginx/server-token-on] slipped key # <-
    """,
    good="""
        server_tokens on; # fairlead: ignore[nginx/server-tokens-on] the status page of the tests reads it
    """,
    source=_SOURCE,
)
def unknown_rule(audit: Audit) -> Iterator[Report]:
    """
    A suppression of a rule that does not exist.

    It hides nothing, though whoever wrote it believes that it does.
    """
    for _, place, message in audit.unknown:
        yield place, message
