"""Comments that hide findings, and what becomes of those that do not."""

from __future__ import annotations

import json

import pytest


def found(lint, folder, text: str, *arguments: str) -> list[tuple[str, int]]:
    (folder / "nginx.conf").write_text(text)
    only = arguments or ("--select", "lint,nginx/server-tokens-on")
    report = json.loads(lint("nginx.conf", "--format", "json", *only).out)
    return [(it["rule"], it["line"]) for it in report["findings"]]


@pytest.mark.parametrize(
    "text",
    [
        "server_tokens on; # fairlead: ignore[nginx/server-tokens-on] tests read it\n",
        "# fairlead: ignore[nginx/server-tokens-on] tests read it\nserver_tokens on;\n",
        "# fairlead: ignore[nginx/server-tokens-on] tests read it\n# and more words\n\nserver_tokens on;\n",
        "#fairlead:ignore[nginx/server-tokens-on]: tests read it\r\nserver_tokens on;\r\n",
        "server_tokens on; # fairlead: ignore[ nginx/server-tokens-on ] tests read it",
    ],
)
def test_a_suppression_on_or_above_the_line_hides_its_finding(folder, lint, text: str) -> None:
    assert [] == found(lint, folder, text)


def test_a_suppression_behind_a_statement_does_not_reach_the_next_line(folder, lint) -> None:
    text = "gzip on; # fairlead: ignore[nginx/server-tokens-on] tests read it\nserver_tokens on;\n"

    assert [("lint/unused-suppression", 1), ("nginx/server-tokens-on", 2)] == found(lint, folder, text)


def test_a_suppression_hides_one_line_only(folder, lint) -> None:
    text = "# fairlead: ignore[nginx/server-tokens-on] tests read it\nserver_tokens on;\nserver_tokens on;\n"

    assert [("nginx/server-tokens-on", 3)] == found(lint, folder, text)


def test_one_comment_may_name_several_rules_and_each_is_judged(folder, lint) -> None:
    (folder / "nginx.conf").write_text(
        "server_tokens on; # fairlead: ignore[nginx/server-tokens-on, lint/odd-text] tests read it\n"
    )

    report = json.loads(lint("nginx.conf", "--format", "json", "--select", "lint,nginx/server-tokens-on").out)

    (finding,) = report["findings"]
    assert ("lint/unused-suppression", 62, 75) == (finding["rule"], finding["column"], finding["end_column"])


def test_a_suppression_of_a_rule_that_did_not_run_is_not_unused(folder, lint) -> None:
    text = "gzip on; # fairlead: ignore[nginx/server-tokens-on] tests read it\n"

    assert [] == found(lint, folder, text, "--select", "lint")


def test_without_a_reason_it_hides_and_is_reported_itself(folder, lint) -> None:
    text = "server_tokens on; # fairlead: ignore[nginx/server-tokens-on]\n"

    assert [("lint/suppression-without-reason", 1)] == found(lint, folder, text)


def test_a_misspelt_rule_is_reported_with_the_nearest_one(folder, lint) -> None:
    (folder / "nginx.conf").write_text("gzip on; # fairlead: ignore[nginx/server-token-on] tests read it\n")

    result = lint("nginx.conf", "--select", "lint")

    assert 'no rule is called "nginx/server-token-on"; did you mean "nginx/server-tokens-on"?' in result.out


def test_a_hash_inside_a_value_is_no_comment(folder, lint) -> None:
    text = 'add_header X-Note "# fairlead: ignore[nginx/server-tokens-on] no"; server_tokens on;\n'

    assert [("nginx/server-tokens-on", 1)] == found(lint, folder, text)
