"""certbot's end in the CA's own words, and what to do about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.ops.certbot.outcome import CertbotError, read_outcome
from fairlead.ops.command import Result
from fairlead.ops.errors import LockedError, UnreachableError

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ENDING = "Ask for help or search for solutions at https://community.letsencrypt.org.\n"


def _log(*problems: tuple[str, str]) -> str:
    return "\n".join(
        json.dumps({"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, "status": 400}, indent=2)
        for kind, detail in problems
    )


def test_success_is_success_whatever_the_log_holds() -> None:
    assert read_outcome(Result(0), _log(("badNonce", "old")), NOW).ok


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("caa", "let the domain's CAA records name the CA"),
        ("connection", "let the CA in: port 80 from the whole world"),
        ("unauthorized", "see that the challenge leads to this host and nowhere else"),
        ("rejectedIdentifier", "take it out of domains"),
        ("somethingNew", "see certbot's log"),
    ],
)
def test_the_cas_own_words_are_quoted_with_what_to_do(kind: str, advice: str) -> None:
    found = read_outcome(Result(1, err=ENDING), _log(("badNonce", "JWS has no nonce"), (kind, 'it said "no"')), NOW)

    assert kind == found.kind
    assert f'the CA refuses ({kind}): it said "no"; ' in found.message
    assert advice in found.message
    assert isinstance(found.error(), CertbotError)
    assert found.is_of_the_ca


def test_a_limit_comes_before_all_else_and_its_moment_is_kept() -> None:
    detail = "too many certificates (5) already issued, retry after 2026-11-24 13:36:07 UTC: see the docs"

    found = read_outcome(Result(1), _log(("unauthorized", "x"), ("rateLimited", detail)), NOW)

    assert "rateLimited" == found.kind
    assert datetime(2026, 11, 24, 13, 36, 7, tzinfo=UTC) == found.wait_until


def test_a_limit_without_a_moment_waits_for_an_hour() -> None:
    assert NOW + timedelta(hours=1) == read_outcome(Result(1), _log(("rateLimited", "slow down")), NOW).wait_until


@pytest.mark.parametrize(
    ("said", "kind", "error"),
    [
        ("OSError: [Errno 28] No space left on device: '/acme/logs'", "disk", CertbotError),
        ("Another instance of Certbot is already running.", "locked", LockedError),
        ("requests.exceptions.ConnectionError: HTTPSConnectionPool(host='ca.test')", "unreachable", UnreachableError),
        ("An unexpected error occurred:\nKeyError: 'x'", "other", CertbotError),
    ],
)
def test_trouble_of_the_machine_is_told_from_a_refusal(said: str, kind: str, error: type[Exception]) -> None:
    found = read_outcome(Result(1, err=f"{said}\n{ENDING}"), "", NOW)

    assert kind == found.kind
    assert said.splitlines()[-1] in found.message
    assert error is type(found.error())
    assert not found.is_of_the_ca


def test_a_container_that_says_nothing_is_a_failure_with_its_code() -> None:
    assert "certbot failed: exit 137; see its log" == read_outcome(Result(137), "", NOW).message


def test_a_refused_account_is_laid_to_what_it_was_made_with() -> None:
    found = read_outcome(Result(1), _log(("unauthorized", "external account binding JWS")), NOW, "account")
    unknown = read_outcome(Result(1, err="Server requires external account binding. Please use --eab-kid\n"), "", NOW)

    assert "ACME_EAB_KID, ACME_EAB_HMAC_KEY and certbot.email are what an account is made with" in found.message
    assert "account" == unknown.kind
    assert "the CA takes only customers it knows; ACME_EAB_KID" in unknown.message
