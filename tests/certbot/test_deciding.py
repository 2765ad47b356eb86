"""What is due, what is left of the limit, and when the CA may be asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.ops.certbot.authority import Window
from fairlead.ops.certbot.due import due, is_late
from fairlead.ops.certbot.limits import tokens
from fairlead.ops.certbot.lineage import Lineage, faults, issued, lineage, remains
from fairlead.ops.certbot.memory import Attempt, Memory, may_try_at, read_memory, write_memory
from fairlead.ops.domains import CertificateSettings
from fairlead.ops.host import LocalHost

from ..authority import Authority

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WANTED = CertificateSettings("shop", ("shop.test", "www.shop.test"))
SERVER = "https://ca.test/dir"
CONF = f"""\
version = 5.8.0
[renewalparams]
server = {SERVER}
authenticator = webroot
"""


def _lineage(*names: str, days: float = 90, age_days: float = 1) -> Lineage:
    return Lineage("shop", Path("/x"), Authority().issue(*names, days=days, age_days=age_days), {})


def test_the_first_certificate_is_issued() -> None:
    assert ("issue", "there is no certificate yet") == (
        due(WANTED, None, None, NOW).what,
        due(WANTED, None, None, NOW).why,
    )


def test_other_names_or_another_key_are_issued_anew_although_the_old_is_good() -> None:
    names = due(WANTED, _lineage("shop.test"), None, TODAY)
    key = due(CertificateSettings("shop", ("shop.test",), key="rsa-2048"), _lineage("shop.test"), None, TODAY)

    assert ("issue", True, "the one there is is for shop.test") == (names.what, names.replace, names.why)
    assert ("issue", True, "the one there is has a key of kind ecdsa-p256") == (key.what, key.replace, key.why)


def test_the_order_of_names_is_no_difference() -> None:
    assert "nothing" == due(WANTED, _lineage("www.shop.test", "shop.test"), None, TODAY).what


@pytest.mark.parametrize(
    ("days", "age_days", "what"),
    [
        (90, 59, "nothing"),
        (90, 61, "renew"),
        (6, 2.9, "nothing"),
        (6, 3.1, "renew"),
        (45, 29, "nothing"),
        (45, 31, "renew"),
    ],
)
def test_a_certificate_is_renewed_when_a_third_of_its_life_is_left_or_half_of_a_short_one(
    days: float, age_days: float, what: str
) -> None:
    found = _lineage(*WANTED.names, days=days, age_days=age_days)

    assert what == due(WANTED, found, None, TODAY).what


def test_the_ca_may_want_it_sooner_and_says_why() -> None:
    window = Window(TODAY - HOUR, TODAY + HOUR, "https://ca.test/incident")

    found = due(WANTED, _lineage(*WANTED.names), window, TODAY)

    assert "renew" == found.what
    assert "(https://ca.test/incident)" in found.why
    assert "nothing" == due(WANTED, _lineage(*WANTED.names), Window(TODAY + HOUR, TODAY + DAY), TODAY).what


@pytest.mark.parametrize(
    ("window", "late"),
    [
        (Window(TODAY - HOUR, TODAY + HOUR), False),
        (Window(TODAY - 8 * HOUR, TODAY - 6 * HOUR), False),
        (Window(TODAY - 9 * HOUR, TODAY - 8 * HOUR), True),
        (None, True),
    ],
)
def test_a_renewal_is_late_when_the_window_is_over_and_the_timer_had_its_turn(
    window: Window | None, late: bool
) -> None:
    assert late == is_late(_lineage(*WANTED.names, days=90, age_days=61).certificate, window, TODAY)


@pytest.mark.parametrize(
    ("days", "age_days", "late"), [(90, 60.2, False), (90, 60.4, True), (1, 0.6, False), (1, 0.65, True)]
)
def test_a_renewal_that_the_next_turn_of_the_timer_does_is_not_late(days: float, age_days: float, late: bool) -> None:
    assert late == is_late(_lineage(*WANTED.names, days=days, age_days=age_days).certificate, None, TODAY)
    assert is_late(_lineage(*WANTED.names, days=5, age_days=5.1).certificate, Window(TODAY, TODAY + DAY), TODAY)


def test_an_expired_certificate_is_renewed_and_the_day_is_said() -> None:
    found = due(WANTED, _lineage(*WANTED.names, days=5, age_days=6), None, TODAY)

    assert "renew" == found.what
    assert found.why.startswith("it expired on ")


@pytest.mark.parametrize(
    ("hours_ago", "left"),
    [((), 5), ((1,), 4), ((1, 2, 3, 4, 5), 0), ((35, 36), 4), ((200, 300), 5), ((1, 2, 3, 4, 5, 6), 0), ((33,), 4)],
)
def test_certificates_for_the_same_names_come_back_one_in_34_hours(hours_ago: tuple[int, ...], left: int) -> None:
    assert left == tokens([NOW - each * HOUR for each in hours_ago], NOW).left


def test_it_is_said_when_there_is_one_more() -> None:
    found = tokens([NOW - HOUR] * 5, NOW)

    assert NOW + 33 * HOUR == found.next
    assert "0 of 5 certificates for these names left, one more at 2026-11-24 21:00 UTC" == str(found)
    assert "5 of 5 certificates for these names left" == str(tokens([], NOW))


def _attempts(*outcomes: str) -> list[Attempt]:
    return [Attempt(NOW + index * HOUR, "issue", outcome) for index, outcome in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("outcomes", "hours"),
    [
        ((), None),
        (("failed", "failed"), None),
        (("failed",) * 3, 2 + 1),
        (("failed",) * 5, 4 + 4),
        (("failed",) * 12, 11 + 24),
        (("failed", "failed", "ok", "failed"), None),
        (("failed", "failed", "begun", "failed"), 3 + 1),
        (("failed", "nothing", "failed", "failed"), 3 + 1),
    ],
)
def test_the_third_failure_in_a_row_waits_and_each_further_one_twice_as_long(
    outcomes: tuple[str, ...], hours: int | None
) -> None:
    assert (None if hours is None else NOW + hours * HOUR) == may_try_at(_attempts(*outcomes))


def test_a_dry_run_that_goes_well_ends_no_row_of_failures() -> None:
    tried = [*_attempts("failed", "failed"), Attempt(NOW, "dry run", "ok"), Attempt(NOW, "issue", "failed")]

    assert NOW + HOUR == may_try_at(tried)


def test_the_moment_that_the_ca_names_is_kept_to() -> None:
    told = Attempt(NOW, "issue", "failed", wait_until=NOW + 7 * DAY)

    assert NOW + 7 * DAY == may_try_at([told])


def test_attempts_are_remembered_and_a_file_that_was_cut_off_is_no_trouble(tmp_path: Path) -> None:
    host = LocalHost()
    memory = Memory(preflight="p").begun(NOW, "issue").ended("failed", "no", NOW + HOUR)
    write_memory(host, tmp_path, memory)

    assert memory == read_memory(host, tmp_path)
    (tmp_path / "attempts.json").write_text('{"attempts": [{"ti')
    assert Memory() == read_memory(host, tmp_path)


def _kept(folder: Path, conf: str = CONF, days: float = 90) -> None:
    material = Authority().issue(*WANTED.names, days=days)
    for part in ("renewal", "live/shop", "archive/shop"):
        (folder / part).mkdir(parents=True)
    (folder / "renewal/shop.conf").write_text(conf)
    (folder / "live/shop/fullchain.pem").write_text(material.chain)
    (folder / "live/shop/privkey.pem").write_text(material.key.value)
    (folder / "archive/shop/cert1.pem").write_text(material.chain)
    (folder / "archive/shop/cert2.pem").write_text("cut off")


def test_what_certbot_keeps_is_read(tmp_path: Path) -> None:
    _kept(tmp_path)
    found = lineage(LocalHost(), tmp_path, "shop")

    assert found is not None
    assert WANTED.names == found.certificate.names
    assert [found.certificate.not_before] == issued(LocalHost(), tmp_path, "shop", reversed(WANTED.names))
    assert [] == issued(LocalHost(), tmp_path, "shop", ["shop.test"])
    assert [] == remains(LocalHost(), tmp_path, "shop")
    assert [] == list(faults(found, SERVER))


@pytest.mark.parametrize("conf", ["", "version = 5.8.0\n"])
def test_a_lineage_that_was_cut_off_is_none_and_its_remains_are_found(tmp_path: Path, conf: str) -> None:
    _kept(tmp_path, conf)

    assert lineage(LocalHost(), tmp_path, "shop") is None
    parts = ["renewal/shop.conf", "live/shop", "archive/shop"]
    assert [tmp_path / part for part in parts] == remains(LocalHost(), tmp_path, "shop")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("renew_hook = systemctl reload nginx", "renew_hook runs at every renewal, and its failure is not seen"),
        ("server = https://elsewhere.test/dir", "renews at https://elsewhere.test/dir, not at https://ca.test/dir"),
        ("authenticator = standalone", "standalone needs port 80 for itself"),
    ],
)
def test_a_renewal_that_would_do_something_else_is_found(tmp_path: Path, line: str, said: str) -> None:
    _kept(tmp_path, CONF + line + "\n")
    found = lineage(LocalHost(), tmp_path, "shop")

    assert found is not None
    (fault,) = faults(found, SERVER)
    assert fault.startswith(f"{tmp_path}/renewal/shop.conf: {said}")
