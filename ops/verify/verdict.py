"""What a check is, and what it finds: promised beside observed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Subject = TypeVar("Subject")

_MADE_UP = re.compile(r"fairlead-(?:token-)?[0-9a-f]{10}")

Word = Literal["PASS", "FAIL", "WARN", "SKIP", "ERROR"]
WORDS: tuple[Word, ...] = ("FAIL", "ERROR", "WARN", "PASS", "SKIP")
"""As a reader wants them: what needs doing first."""

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The linter's words, the worst first."""


@dataclass(frozen=True)
class Verdict:
    """
    What one look at one target gave.

    Attributes:
        promised: What should be so, and where it comes from.
        observed: What was seen; for SKIP and ERROR, why nothing was.
        target: What was looked at: an address, a location, a container.
        evidence: Lines worth reading, such as a request and its headers; secrets are taken out before.
        mend: What to do; empty where nothing is.
        place: ``file:line`` of the promise, where it stands in a file.
        rules: Ids of the linter's rules about the same promise.
    """

    word: Word
    promised: str = ""
    observed: str = ""
    target: str = ""
    evidence: tuple[str, ...] = ()
    mend: str = ""
    place: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check(Generic[Subject]):
    """
    One promise to look at.

    Attributes:
        id: Stable, for programs and baselines: ``HD3``.
        quick: Whether it belongs to the default set; ``--all`` runs the others too.
        rules: Ids of the linter's rules about the same promise.
    """

    id: str
    group: str
    severity: Severity
    title: str
    look: Callable[[Subject], Iterable[Verdict]]
    quick: bool = True
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """
    A check's verdict on one target.

    Attributes:
        duration_s: How long the whole check took, over all its targets.
        flaky: Whether a network error came first and the request was made again.
        known_until: The day until which a baseline puts this failure off; empty where it does not.
    """

    check: Check[object]
    verdict: Verdict
    duration_s: float = 0.0
    flaky: bool = False
    known_until: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What a baseline knows it by: names made for this one run are left out."""
        return self.check.id, _MADE_UP.sub("fairlead-*", self.verdict.target)


Look = Callable[[Subject], Iterable[Verdict]]


def check(
    identity: str,
    group: str,
    severity: Severity,
    title: str,
    *,
    quick: bool = True,
    rules: tuple[str, ...] = (),
) -> Callable[[Look[Subject]], Check[Subject]]:
    """Makes a check of a function that yields a verdict for each target."""

    def made(look: Look[Subject]) -> Check[Subject]:
        return Check(identity, group, severity, title, look, quick, rules)

    return made


def passed(promised: str, observed: str, target: str = "", *evidence: str, place: str = "") -> Verdict:
    """It was seen, and is as promised."""
    return Verdict("PASS", promised, observed, target, evidence, place=place)


def failed(promised: str, observed: str, target: str, mend: str, *evidence: str, place: str = "") -> Verdict:
    """It was seen, and is not as promised."""
    return Verdict("FAIL", promised, observed, target, evidence, mend, place)


def warned(promised: str, observed: str, target: str, mend: str, *evidence: str, place: str = "") -> Verdict:
    """It was seen; nothing is broken yet."""
    return Verdict("WARN", promised, observed, target, evidence, mend, place)


def skipped(why: str, target: str = "") -> Verdict:
    """There is nothing to look at here: not promised, or not of this kind."""
    return Verdict("SKIP", observed=why, target=target)


def unseen(why: str, target: str = "", promised: str = "", mend: str = "") -> Verdict:
    """It should have been looked at and could not be; never a pass."""
    return Verdict("ERROR", promised, f"not checked: {why}", target, mend=mend)
