"""Who may issue for a name, by its CAA records."""

from __future__ import annotations

import pytest

from fairlead.ops.certbot.caa import read_property, refusal
from fairlead.ops.certbot.records import NO_SUCH_NAME, SERVER_FAILED, Answer

OURS = ("letsencrypt.org",)


def _data(tag: str, value: str, flags: int = 0) -> bytes:
    return bytes([flags, len(tag)]) + tag.encode() + value.encode()


def _refusal(name: str, records: dict[str, list[bytes]], method: str = "http-01") -> str:
    return refusal(name, OURS, method, lambda domain: Answer(0, tuple(records.get(domain, ()))))


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("www.shop.test", {}),
        ("www.shop.test", {"shop.test": [_data("issue", "letsencrypt.org")]}),
        ("www.shop.test", {"shop.test": [_data("issue", "other.test"), _data("issue", "letsencrypt.org")]}),
        ("www.shop.test", {"shop.test": [_data("ISSUE", " LetsEncrypt.org ; validationmethods=http-01")]}),
        ("www.shop.test", {"shop.test": [_data("iodef", "mailto:a@shop.test")]}),
        ("www.shop.test", {"shop.test": [_data("issuewild", ";")]}),
        ("*.shop.test", {"shop.test": [_data("issue", ";"), _data("issuewild", "letsencrypt.org")]}),
        ("www.shop.test", {"www.shop.test": [_data("issue", "letsencrypt.org")], "shop.test": [_data("issue", ";")]}),
    ],
    ids=["none", "above", "one of two", "capitals", "no issue", "wild only", "wild", "the nearest counts"],
)
def test_a_ca_that_is_named_or_not_kept_out_may_issue(name: str, records: dict[str, list[bytes]]) -> None:
    assert "" == _refusal(name, records)


@pytest.mark.parametrize(
    ("name", "records", "said"),
    [
        (
            "www.shop.test",
            {"shop.test": [_data("issue", "other.test")]},
            'shop.test: CAA allows issue "other.test" only; add: issue "letsencrypt.org"',
        ),
        (
            "shop.test",
            {"shop.test": [_data("issue", ";")]},
            'shop.test: CAA allows issue ";" only; add: issue "letsencrypt.org"',
        ),
        (
            "*.shop.test",
            {"shop.test": [_data("issue", "letsencrypt.org"), _data("issuewild", "other.test")]},
            'shop.test: CAA allows issuewild "other.test" only; add: issuewild "letsencrypt.org"',
        ),
        (
            "shop.test",
            {"shop.test": [_data("issue", "letsencrypt.org; validationmethods=dns-01")]},
            'shop.test: CAA allows issue "letsencrypt.org; validationmethods=dns-01", not http-01; '
            "add it to validationmethods",
        ),
        (
            "shop.test",
            {"shop.test": [_data("tbs", "unknown", flags=0x80), _data("issue", "letsencrypt.org")]},
            'shop.test: CAA has tbs "unknown", which is critical and which CAs do not know; remove it',
        ),
    ],
    ids=["another", "nobody", "wildcards", "another method", "critical"],
)
def test_what_keeps_the_ca_out_is_quoted(name: str, records: dict[str, list[bytes]], said: str) -> None:
    assert said == _refusal(name, records)


def test_records_that_cannot_be_read_keep_every_ca_out() -> None:
    said = refusal("shop.test", OURS, "http-01", lambda _: Answer(SERVER_FAILED))

    assert "shop.test: its CAA records cannot be read (SERVFAIL), and a CA refuses then; see its servers" == said


def test_a_name_that_is_not_there_has_no_records_and_its_parents_are_asked() -> None:
    asked = []

    def lookup(domain: str) -> Answer:
        asked.append(domain)
        return Answer(NO_SUCH_NAME)

    assert "" == refusal("*.a.shop.test", OURS, "dns-01", lookup)
    assert ["a.shop.test", "shop.test", "test"] == asked


def test_a_record_that_is_cut_off_is_no_record() -> None:
    with pytest.raises(ValueError, match="a CAA record is cut off"):
        read_property(b"\0\x09issue")
