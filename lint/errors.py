"""The base of what the linter raises."""

from __future__ import annotations


class LintError(Exception):
    """Something that a user can put right; the message is one line that says what, where and what to do."""
