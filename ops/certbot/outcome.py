"""
How a run of certbot ended: in the CA's own words where it had any, and what to do about it.

The CA's problem documents are in certbot's log, with the types that RFC 8555 gives them; what certbot prints is for
people and changes from version to version.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..command import Result
from ..errors import FairleadError, LockedError, UnreachableError

TYPE = re.compile(r'"type":\s*"urn:ietf:params:acme:error:(\w+)"')
DETAIL = re.compile(r'"detail":\s*("(?:[^"\\]|\\.)*")')
LATER = re.compile(r"retry after (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")
NEAR = 400
"""Within so many characters of its type stands a problem's detail."""

PASSING = {"badNonce"}
"""What certbot mends by itself, and logs all the same."""

LIMITED = "rateLimited"
ADVICE = {
    LIMITED: "wait; renewals that the CA asks for itself are not counted, so keep .fairlead/certbot",
    "caa": "let the domain's CAA records name the CA",
    "dns": "see that the name resolves everywhere, and that its servers answer",
    "connection": "let the CA in: port 80 from the whole world, over IPv6 too where there is an AAAA record",
    "unauthorized": "see that the challenge leads to this host and nowhere else",
    "incorrectResponse": "see that the challenge leads to this host and nowhere else",
    "rejectedIdentifier": "the CA does not issue for such a name; take it out of domains",
    "unsupportedIdentifier": "the CA does not issue for such a name; take it out of domains",
    "externalAccountRequired": "set ACME_EAB_KID and ACME_EAB_HMAC_KEY to what the CA gave you",
    "serverInternal": "the CA is in trouble; run this again later",
    "orderNotReady": "the CA is slow; run this again",
}
ACCOUNT = "account"
OF_ACCOUNTS = "ACME_EAB_KID, ACME_EAB_HMAC_KEY and certbot.email are what an account is made with"
SYMPTOMS = (
    ("requires external account binding", ACCOUNT, "the CA takes only customers it knows; " + OF_ACCOUNTS),
    ("No space left on device", "disk", "the disk is full; make room, then run this again"),
    ("Disk quota exceeded", "disk", "the disk is full; make room, then run this again"),
    ("Another instance of Certbot is already running", "locked", "another certbot is at work here; wait for it"),
    ("requests.exceptions.", "unreachable", "the CA cannot be asked; see ACME_SERVER and ACME_CA_BUNDLE"),
    ("TLSV1_ALERT", "unreachable", "the CA cannot be asked; see ACME_SERVER and ACME_CA_BUNDLE"),
)


class CertbotError(FairleadError):
    """certbot gave no certificate; the site serves what it served before."""


@dataclass(frozen=True)
class Outcome:
    """
    How it ended.

    Attributes:
        kind: A type of RFC 8555, or ``disk``, ``locked``, ``unreachable``, ``other``; empty where all went well.
        message: What happened and what to do, in one line.
        wait_until: Until when the CA wants nothing more, where it said so.
    """

    kind: str = ""
    message: str = ""
    wait_until: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether certbot did what it was asked for."""
        return not self.kind

    @property
    def is_of_the_ca(self) -> bool:
        """Whether it was the CA that refused."""
        return bool(self.kind) and self.kind not in {"other", *(kind for _, kind, _ in SYMPTOMS)}

    def error(self, details: str = "") -> FairleadError:
        """As an error with the exit code that fits."""
        kinds: dict[str, type[FairleadError]] = {"unreachable": UnreachableError, "locked": LockedError}
        return kinds.get(self.kind, CertbotError)(self.message, details)


def read_outcome(result: Result, log: str, now: datetime, what: str = "") -> Outcome:
    """
    How a run ended.

    Args:
        log: certbot's log of that run.
        what: What the CA was asked for.
    """
    if result.ok:
        return Outcome()
    said = result.out + result.err
    problems = [each for each in _problems(log) if each[0] not in PASSING]
    if problems:
        kind, detail = next((each for each in problems if each[0] == LIMITED), problems[0])
        advice = OF_ACCOUNTS if what == ACCOUNT and kind != LIMITED else ADVICE.get(kind, "see certbot's log")
        return Outcome(kind, f"the CA refuses ({kind}): {detail}; {advice}", _later(kind, detail, now))
    for text, kind, message in SYMPTOMS:
        if text in said or text in log:
            return Outcome(kind, f"{message} ({_last_words(said)})")
    return Outcome("other", f"certbot failed: {_last_words(said) or result.reason}; see its log")


def _problems(log: str) -> list[tuple[str, str]]:
    """Each type and detail in *log*, in order, once."""
    found: dict[tuple[str, str], None] = {}
    for match in TYPE.finditer(log):
        near = log[max(match.start() - NEAR, 0) : match.end() + NEAR]
        after = DETAIL.search(log, match.end(), match.end() + NEAR) or DETAIL.search(near)
        found[match[1], json.loads(after[1], strict=False) if after else "no reason given"] = None
    return list(found)


def _later(kind: str, detail: str, now: datetime) -> datetime | None:
    told = LATER.search(detail)
    if told:
        return datetime.fromisoformat(f"{told[1]}T{told[2]}+00:00").astimezone(UTC)
    return now + timedelta(hours=1) if kind == LIMITED else None


def _last_words(said: str) -> str:
    """The line of certbot's output that says why; its last lines only say where help is."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Ask for help", "Saving debug log", "Some challenges"))]
    return telling[-1] if telling else ""
