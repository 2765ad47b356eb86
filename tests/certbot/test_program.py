"""certbot's command lines, and the state that each CA has to itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.ops.certbot.authority import Authority, authority
from fairlead.ops.certbot.program import Certbot
from fairlead.ops.command import Command
from fairlead.ops.domains import LETS_ENCRYPT, STAGING
from fairlead.ops.errors import SettingsError

from .stacks import NAMED, stack_in

OWN = "https://ca.test:14000/dir"


def _certbot(folder: Path, more: str = NAMED, server: str = LETS_ENCRYPT, bundle: Path | None = None) -> Certbot:
    stack = stack_in(folder, more)
    ca = authority(replace(stack.settings.acme, ca_bundle=bundle), {"ACME_SERVER": server}, folder)
    return Certbot(stack, stack.settings.domains[0], "shop", ca, folder / ".fairlead/certbot")


def _words(command: Command) -> str:
    """What certbot itself is given."""
    return " ".join(command.argv[command.argv.index("certbot") + 1 :])


def _has(command: Command, *words: str) -> bool:
    return all(f" {each} " in f" {_words(command)} " for each in words)


def test_the_first_issue_proves_by_the_web_root_with_an_elliptic_key(tmp_path: Path) -> None:
    command = _certbot(tmp_path, NAMED + "certbot: {email: ops@shop.test}\n").issue()

    assert _words(command).startswith("certonly --config-dir /acme/acme-v02.api.letsencrypt.org/config ")
    assert _has(command, "--webroot --webroot-path /srv/acme", "--domain shop.test --domain www.shop.test")
    assert _has(command, "--key-type ecdsa --elliptic-curve secp256r1", "--preferred-profile tlsserver")
    assert _has(command, "--cert-name shop", "--agree-tos --email ops@shop.test --no-eff-email", "--non-interactive")
    assert _has(command, f"--server {LETS_ENCRYPT}")
    assert not _has(command, "--force-renewal")
    assert not _has(command, "--dry-run")


def test_a_dry_run_goes_to_staging_and_to_a_state_of_its_own(tmp_path: Path) -> None:
    command = _certbot(tmp_path).issue(dry=True, replace=True)

    assert _has(command, "--dry-run", f"--server {STAGING}", "--register-unsafely-without-email")
    assert _has(command, "--config-dir /acme/acme-staging-v02.api.letsencrypt.org/config")
    assert not _has(command, "--force-renewal")


def test_a_ca_of_ones_own_is_asked_in_dry_runs_too(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    certbot = _certbot(tmp_path, server=OWN, bundle=bundle)

    for command in (certbot.issue(), certbot.issue(dry=True)):
        assert _has(command, f"--server {OWN}", "--config-dir /acme/ca.test-14000-dir/config")
        assert "REQUESTS_CA_BUNDLE=/acme/ca.test-14000-dir/ca.pem" in command.argv
    assert tmp_path / ".fairlead/certbot/ca.test-14000-dir" == certbot.state()


@pytest.mark.parametrize("force", [True, False])
def test_a_renewal_is_given_no_hook_and_no_sleep(tmp_path: Path, force: bool) -> None:
    command = _certbot(tmp_path).renew(force=force)

    assert _words(command).startswith("renew ")
    assert "hook" not in _words(command)
    assert _has(command, "--cert-name shop", "--no-random-sleep-on-renew", "--non-interactive")
    assert _has(command, "--preferred-profile tlsserver", "--webroot --webroot-path /srv/acme")
    assert not _has(command, "--domain")
    assert force == _has(command, "--force-renewal")


def test_a_plugin_gets_its_token_as_a_file(tmp_path: Path) -> None:
    challenge = "{plugin: rfc2136, credentials: acme_dns_credentials, propagation_s: 20}"
    command = _certbot(tmp_path, f"domains: [{{names: ['*.shop.test'], challenge: {challenge}}}]\n").issue()

    assert _has(command, "--dns-rfc2136 --dns-rfc2136-credentials /run/secrets/acme_dns_credentials")
    assert _has(command, "--dns-rfc2136-propagation-seconds 20", "--domain *.shop.test")
    assert not _has(command, "--webroot")


def test_a_hook_is_called_with_what_it_is_to_do(tmp_path: Path) -> None:
    certbot = _certbot(tmp_path, "domains: [{names: ['*.shop.test'], challenge: {hook: dns.py}}]\n")
    argv = certbot.issue().argv

    assert "/acme/hook auth" == argv[argv.index("--manual-auth-hook") + 1]
    assert "/acme/hook cleanup" == argv[argv.index("--manual-cleanup-hook") + 1]
    assert _has(certbot.issue(), "--manual --preferred-challenges dns")


@pytest.mark.parametrize(
    ("key", "words"),
    [("ecdsa-p384", "--key-type ecdsa --elliptic-curve secp384r1"), ("rsa-3072", "--key-type rsa --rsa-key-size 3072")],
)
def test_the_key_is_as_the_settings_say(tmp_path: Path, key: str, words: str) -> None:
    assert _has(_certbot(tmp_path, f"domains: [{{names: [shop.test], key: {key}}}]\n").issue(), words)


def test_a_container_has_one_name_so_that_one_left_behind_is_found(tmp_path: Path) -> None:
    certbot = _certbot(tmp_path)

    assert certbot.container in certbot.issue().argv
    assert certbot.container in certbot.renew().argv


@pytest.mark.parametrize("server", ["http://ca.test/dir", "ca.test", "https:///dir"])
def test_a_server_that_is_no_https_address_is_refused(tmp_path: Path, server: str) -> None:
    with pytest.raises(SettingsError, match="is not the https address of a directory"):
        _certbot(tmp_path, server=server)


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{tmp_path}/none.pem: no such file"):
        _certbot(tmp_path, bundle=tmp_path / "none.pem")


def test_no_two_cas_share_a_folder() -> None:
    servers = (LETS_ENCRYPT, STAGING, OWN, "https://ca.test/dir", "https://ca.test/acme/acme/directory")

    assert len(servers) == len({Authority(server, server).label() for server in servers})
