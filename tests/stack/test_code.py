"""What the code of an application reads from its environment, seen as text."""

from __future__ import annotations

import pytest

from fairlead.lint.source import Source
from fairlead.lint.stack.code import variables_read


@pytest.mark.parametrize(
    "text",
    [
        'os.environ["SMTP_HOST"]',
        "os.environ.get('SMTP_HOST', 'mail')",
        'os.getenv("SMTP_HOST")',
        'env.str("SMTP_HOST")',
        "config('SMTP_HOST', default='')",
        "process.env.SMTP_HOST || 'mail'",
        "process.env['SMTP_HOST']",
        'ENV["SMTP_HOST"]',
        'ENV.fetch("SMTP_HOST")',
        'os.Getenv("SMTP_HOST")',
        "getenv('SMTP_HOST')",
    ],
)
def test_a_variable_that_the_code_reads_is_seen(text: str) -> None:
    source = Source(text, "app.py")

    assert {"SMTP_HOST": source} == variables_read((source,), frozenset(("SMTP_HOST", "SMTP_PORT")))


@pytest.mark.parametrize("text", ["SMTP_HOST = 1", "process.env.SMTP_HOSTNAME", "# SMTP_HOST", 'f("SMTP_HOST")', ""])
def test_a_name_alone_is_no_variable_that_is_read(text: str) -> None:
    assert {} == variables_read((Source(text, "app.py"),), frozenset(("SMTP_HOST",)))


def test_without_names_nothing_is_looked_for() -> None:
    assert {} == variables_read((Source('os.getenv("A")', "app.py"),), frozenset())
