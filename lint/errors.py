"""The base of what the linter raises."""

from __future__ import annotations


class LintError(Exception):
    """Something that a user can put right; the message is one line that says what, where and what to do."""

    exit_code = 2
    """Wrong use, wrong settings or unreadable input, in the table of exit codes."""
