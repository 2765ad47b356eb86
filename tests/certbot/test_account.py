"""The account at a CA: who its owner is, and what of an account can be used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.ops.certbot.account import PARTS, broken_accounts, has_account, owner
from fairlead.ops.certbot.authority import Authority, Directory
from fairlead.ops.certbot.preflight import Preflight, examine
from fairlead.ops.certbot.program import Certbot
from fairlead.ops.errors import SettingsError
from fairlead.ops.host import LocalHost

from .stacks import stack_in

KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
OWN = "https://ca.test/acme/directory"
_NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("values", [{}, {"ACME_EAB_KID": "", "ACME_EAB_HMAC_KEY": " "}])
def test_most_cas_need_to_know_nobody(values: Mapping[str, str]) -> None:
    assert owner(values) is None


def test_the_key_of_the_owner_is_only_in_the_file_that_certbot_reads() -> None:
    found = owner({"ACME_EAB_KID": "kid-1", "ACME_EAB_HMAC_KEY": f" {KEY}\n"})

    assert found is not None
    assert KEY not in f"{found} {found!r} {found.configuration()}"
    assert f"eab-kid = kid-1\neab-hmac-key = {KEY}\n" == found.configuration().value


@pytest.mark.parametrize(
    ("kid", "key", "said"),
    [
        ("kid-1", "", "ACME_EAB_HMAC_KEY is empty and ACME_EAB_KID is not"),
        ("", KEY, "ACME_EAB_KID is empty and ACME_EAB_HMAC_KEY is not"),
        ("kid 1", KEY, 'ACME_EAB_KID: "kid 1" is no key id as a CA gives it'),
        ("kid\n[x]", KEY, "is no key id as a CA gives it"),
        ("kid-1", KEY[:15], "ACME_EAB_HMAC_KEY: no key as a CA gives it"),
        ("kid-1", KEY + "+/", "ACME_EAB_HMAC_KEY: no key as a CA gives it"),
        ("kid-1", KEY + "\neab-kid = other", "ACME_EAB_HMAC_KEY: no key as a CA gives it"),
    ],
)
def test_half_an_owner_is_refused_and_the_key_not_shown(kid: str, key: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        owner({"ACME_EAB_KID": kid, "ACME_EAB_HMAC_KEY": key})

    assert said in str(error.value)
    assert not key or key not in str(error.value)


def test_no_argument_of_certbot_says_who_the_owner_is(tmp_path: Path) -> None:
    stack = stack_in(tmp_path, ACME_EAB_KID="kid-1", ACME_EAB_HMAC_KEY=KEY)
    certbot = Certbot(stack, stack.settings.domains[0], "shop", Authority(OWN, OWN), tmp_path / "certbot")

    known, anybody = str(certbot.register(owned=True)), str(certbot.register())

    assert " register --config-dir /acme/ca.test-acme/config " in known
    assert known.endswith(" --config /acme/ca.test-acme/owner.ini")
    assert "owner.ini" not in anybody
    for command in (known, anybody, str(certbot.issue()), str(certbot.issue(dry=True)), str(certbot.renew())):
        assert KEY not in command
        assert "eab" not in command


def _account(folder: Path, name: str, **odd: str) -> Path:
    account = folder / "accounts/ca.test/acme/directory" / name
    account.mkdir(parents=True)
    for part in PARTS:
        (account / part).write_text(odd.get(part.partition(".")[0], "{}"))
    return account


def test_an_account_that_was_cut_off_is_none(tmp_path: Path) -> None:
    host = LocalHost()
    broken = [_account(tmp_path, "a", regr=""), _account(tmp_path, "b", private_key='{"kty": "RS')]
    missing = _account(tmp_path, "c")
    (missing / "meta.json").unlink()

    assert not has_account(host, tmp_path)
    assert [*broken, missing] == broken_accounts(host, tmp_path)
    _account(tmp_path, "d")
    assert has_account(host, tmp_path)
    assert [*broken, missing] == broken_accounts(host, tmp_path)
    assert [] == broken_accounts(host, tmp_path / "none")


def _said(folder: Path, directory: Directory, **values: str) -> str:
    stack = stack_in(folder, **values)
    preflight = Preflight(stack, stack.settings.domains[0], {"services": {}}, directory, folder, folder / "config")
    return next(check.fault for check in examine(preflight) if check.what == "the account")


def test_a_ca_with_customers_is_not_asked_without_a_number(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    anybody, customers = Directory(None, _NOW), Directory(None, _NOW, owners_only=True)

    assert "" == _said(tmp_path, anybody)
    assert "set ACME_EAB_KID and ACME_EAB_HMAC_KEY to what it gave you" in _said(tmp_path, customers)
    assert "" == _said(tmp_path, customers, ACME_EAB_KID="kid-1", ACME_EAB_HMAC_KEY=KEY)
    _account(tmp_path / "config", "a")
    assert "" == _said(tmp_path, customers)
