"""Expressions that double their time are told from those that do not, by texts that show it."""

from __future__ import annotations

import re

import pytest

from fairlead.lint.nginx.backtracking import blowup
from fairlead.lint.nginx.expressions import UnknownExpressionError, sample, tree
from fairlead.lint.nginx.newlines import forbids_newline, may_hold_newline

SLOW = [
    r"^/(a+)+$",
    r"^/(a|a)*$",
    r"^(\w+\s?)*$",
    r"^/([a-zA-Z0-9]+)*\.php$",
    r"^/(.+)+/end$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"^/([^/]+/?)+\.html$",
    r"^/(a|ab|b)*c$",
    r"(x+x+)+y",
    r"^/(?:[a-z]+-?)+/$",
    r"^/(a*)*b",
    r"^/((a{1,3})+)+$",
]
QUICK = [
    r"^/(a+)+",
    r"^/(.*)$",
    r"\.php$",
    r"^/(?:[a-z]+-)+x$",
    r"\.(?:css|js)(?:\.map)?$",
    r"^/([a-z]+/)*x$",
    r"^/(?:[^/]+/)*[^/]+\.php$",
    r"^(.+\.php)(/.+)$",
    r"^/([0-9a-f]{8})-([0-9a-f]{4})+$",
    r"^/(?:a|b)+$",
    r"^/(v\d+(\.\d+)*)/",
    r"^/(a?b)+$",
    r"^((?:\d{1,3}\.){3}\d{1,3})$",
]
UNKNOWN = [r"^(?!x)(a+)+$", r"^/(?>a+)+$", r"^/(a++)+$", r"^(a)\1+$", r"(?(1)a|b)", "(", "[a", r"a\Qb", "x**"]


@pytest.mark.parametrize("pattern", SLOW)
def test_a_slow_expression_comes_with_a_text_that_does_not_match(pattern: str) -> None:
    found = blowup(pattern)

    assert found is not None
    assert re.search(pattern, f"{found.prefix}{found.pump * 3}{found.end}") is None


@pytest.mark.parametrize("pattern", [*QUICK, *UNKNOWN])
def test_nothing_is_said_of_an_expression_that_is_quick_or_not_read(pattern: str) -> None:
    assert blowup(pattern) is None


@pytest.mark.parametrize("pattern", UNKNOWN)
def test_what_has_no_plain_meaning_is_not_read(pattern: str) -> None:
    with pytest.raises(UnknownExpressionError):
        tree(pattern)


@pytest.mark.parametrize("pattern", [*QUICK, *SLOW, r"[^\w]x[]a-c-]\x41", r"(?i)A[B-D]", r"(?<name>a)[[:digit:]]{2,}"])
def test_a_sample_of_an_expression_matches_it(pattern: str) -> None:
    python = pattern.replace("(?<name>", "(?P<name>").replace("[[:digit:]]", r"\d")

    assert re.search(python, sample(tree(pattern)))


@pytest.mark.parametrize(
    ("pattern", "capture", "may_hold"),
    [
        (r"^/([^/]+)/(.*)$", "1", True),
        (r"^/([^/]+)/(.*)$", "2", False),
        (r"^/(?<rest>[^?]*)$", "rest", True),
        (r"^/(\w+)(\S*)$", "2", False),
        (r"^/(?:[^a])(b)$", "1", False),
        (r"^/(\s)(?=x)$", "1", False),
    ],
)
def test_a_group_may_hold_a_line_feed_where_a_class_lets_it(pattern: str, capture: str, may_hold: bool) -> None:
    assert may_hold == may_hold_newline(pattern, capture)


@pytest.mark.parametrize(("pattern", "forbids"), [(r"^/[a-z]+$", True), (r"^/[^/]+$", False), (r"/[a-z]+", False)])
def test_an_anchored_expression_of_plain_letters_forbids_line_feeds(pattern: str, forbids: bool) -> None:
    assert forbids == forbids_newline(pattern)
