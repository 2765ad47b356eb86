"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Word = Literal["ok", "wrong", "skipped"]

WRONG, WRONG_SETTINGS, UNREACHABLE, INCOMPLETE = 1, 2, 5, 7
"""Exit codes of the house's table."""

SEVEREST_FIRST = (UNREACHABLE, WRONG_SETTINGS, WRONG, INCOMPLETE)


@dataclass(frozen=True)
class Verdict:
    """
    What one look gave.

    Attributes:
        says: What was seen, in a few words; for a wrong one, what is wrong.
        todo: What to do about it.
        details: Lines worth reading, such as those of a log; never a secret.
        exit_code: What it makes of the whole run; 0 where it does not matter.
    """

    word: Word
    says: str = ""
    todo: str = ""
    details: tuple[str, ...] = ()
    exit_code: int = 0


@dataclass(frozen=True)
class Check:
    """
    One thing to look at.

    Attributes:
        id: Stable, for programs: ``group.subject``.
        needs: Ids of the checks before it without which a look makes no sense.
    """

    id: str
    title: str
    look: Callable[[], Verdict]
    needs: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The part of the chart that it belongs to."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Finding:
    """A check and its verdict."""

    check: Check
    verdict: Verdict


def ok(says: str = "", *details: str) -> Verdict:
    """It was looked at and is as it should be."""
    return Verdict("ok", says, "", details)


def wrong(says: str, todo: str, *details: str, exit_code: int = WRONG) -> Verdict:
    """It was looked at and is not as it should be."""
    return Verdict("wrong", says, todo, details, exit_code)


def skipped(why: str) -> Verdict:
    """It was not looked at, and need not be."""
    return Verdict("skipped", why)


def unseen(why: str, todo: str = "") -> Verdict:
    """It should have been looked at and could not be."""
    return Verdict("skipped", why, todo, exit_code=INCOMPLETE)


def exit_code(findings: list[Finding]) -> int:
    """The severest of what *findings* mean, 0 where all is well."""
    seen = {finding.verdict.exit_code for finding in findings}
    return next((code for code in SEVEREST_FIRST if code in seen), 0)
