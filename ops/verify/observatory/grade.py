"""The score and the grade of all tests together."""

from __future__ import annotations

from dataclasses import dataclass

from . import cookies, csp, page, redirection, single
from .result import Observed, Result

ALGORITHM = 6
ORIGIN = "https://http-observatory.security.mozilla.org"
"""The foreign origin that the Observatory claims to be."""

_EXTRA_FROM = 90
_LOWEST = {100: "A+", 90: "A", 85: "A-", 80: "B+", 70: "B", 65: "B-", 60: "C+", 50: "C", 45: "C-", 40: "D+", 30: "D"}
_LOWEST |= {25: "D-", 0: "F"}


@dataclass(frozen=True)
class Grade:
    """A letter, a score of 0 or more, and what each test gave to it."""

    letter: str
    score: int
    results: tuple[Result, ...]

    @property
    def losses(self) -> tuple[Result, ...]:
        """The tests that cost something, the dearest first."""
        return tuple(sorted((each for each in self.results if each.modifier < 0), key=lambda each: each.modifier))


def graded(observed: Observed) -> Grade:
    """The grade of *observed*."""
    found = page.read(observed.html)
    results = (
        csp.judged(observed, found.policies),
        cookies.judged(observed),
        single.sharing(observed, ORIGIN),
        redirection.judged(observed),
        single.referrer(observed, found.referrer),
        single.hsts(observed),
        page.integrity(observed, found),
        single.nosniff(observed),
        single.framing(observed),
        single.resource(observed),
        single.embedder(observed),
        single.opener(observed),
    )
    score = scored([each.modifier for each in results])
    return Grade(letter(score), score, results)


def scored(modifiers: list[int]) -> int:
    """The score: extra credit counts only where 90 are reached without any."""
    without_credit = 100 + sum(each for each in modifiers if each < 0)
    score = 100 + sum(modifiers) if without_credit >= _EXTRA_FROM else without_credit
    return max(0, score)


def letter(score: int) -> str:
    """The grade of *score*."""
    return next(name for lowest, name in _LOWEST.items() if score >= lowest)
