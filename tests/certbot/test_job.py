"""What stops `inv certbot` before it does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.ops.certbot.job import open_job
from fairlead.ops.errors import SettingsError

from ..authority import Authority
from .stacks import NAMED, stack_in


@pytest.mark.parametrize("more", ["", "domains: [{names: ['${DOMAINS-}']}]\n"])
def test_a_site_without_a_name_is_told_where_to_put_one(tmp_path: Path, more: str) -> None:
    with pytest.raises(SettingsError, match=r"the site has no name yet; set domains in fairlead\.yaml, or DOMAINS"):
        open_job(stack_in(tmp_path, more))


def test_a_certificate_of_ones_own_is_not_fought_over(tmp_path: Path) -> None:
    own = Authority().issue("shop.test")
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/fullchain.pem").write_text(own.chain)
    (tmp_path / "certs/privkey.pem").write_text(own.key.value)

    with pytest.raises(SettingsError, match="holds a certificate of your own, which is served; take it away first"):
        open_job(stack_in(tmp_path))


def test_a_hook_that_is_not_there_is_named(tmp_path: Path) -> None:
    hook = "domains: [{names: ['*.shop.test'], challenge: {hook: dns.py}}]\n"

    with pytest.raises(SettingsError, match=f"{tmp_path}/dns.py: no such file; fairlead.yaml names it as the hook"):
        open_job(stack_in(tmp_path, hook))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (NAMED + "certbot: {server: 'http://ca.test/dir'}\n", "certbot.server: 'http://ca.test/dir' does not match"),
        ("domains: [{names: [a.test], challenge: dns-01}]\n", "domains.0.challenge: 'dns-01' is not valid"),
        ("domains: [{names: [a.test], challenge: {plugin: x, hook: y}}]\n", "domains.0.challenge: "),
        ("domains: [{names: []}]\n", "domains.0.names: "),
        ("domains: [{names: [a.test], key: dsa}]\n", "domains.0.key: 'dsa' is not one of"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_that_names_it(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        stack_in(tmp_path, more)

    assert f"fairlead.yaml: {said}" in str(error.value)
    assert "\n" not in str(error.value)
