"""`inv certbot` against a real CA, with a name server of its own and the real stack: what it is for."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from fairlead.schemas import first_error

from .acme import Pebble, name_server
from .acme_site import FORCED, HERE, NAMES, Site
from .conftest import free_port
from .handshakes import load

CONNECTIONS = 1000


@pytest.fixture
def site(shop: Site) -> Site:
    return shop


def test_one_command_replaces_the_placeholder_within_half_a_minute(site: Site) -> None:
    first = site.first

    assert first is not None
    assert first.ended.code == 0, first.ended.out + first.ended.err
    assert first.before.is_placeholder
    assert "first certificate" in first.ended.out
    assert first.took_s < 30
    assert site.newest() == site.served()
    assert NAMES == site.served().names
    assert "ecdsa-p256" == site.served().key


def test_the_start_says_that_a_placeholder_is_served(site: Site) -> None:
    assert site.first is not None
    assert "put a placeholder certificate, valid for 7 days" in site.first.up.out
    assert "certificate: a placeholder, which no browser trusts, until " in site.first.up.out


def test_certbot_is_the_pinned_one_and_not_the_distributions(site: Site) -> None:
    lock = (site.checkout.folder / "docker/certbot/requirements.lock").read_text()
    image = f"agentchat/certbot:{site.checkout.environment['RELEASE']}"

    told = site.checkout.docker("run", "--rm", image, "--version").split()

    assert f"certbot=={told[-1]} " in lock
    assert (5, 8) <= tuple(map(int, told[-1].split(".")[:2]))


def test_openssl_confirms_the_served_chain(site: Site, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_text(site.ca.root())
    asked = ("openssl", "s_client", "-connect", f"{HERE}:{site.port}", "-servername", NAMES[1])
    proof = ("-CAfile", str(root), "-verify_hostname", NAMES[1], "-verify_return_error", "-brief")

    said = subprocess.run((*asked, *proof), input="", capture_output=True, text=True, check=False)

    assert 0 == said.returncode, said.stderr
    assert "Verification: OK" in said.stderr
    assert f"Verified peername: {NAMES[1]}" in said.stderr


def test_a_browser_takes_the_served_chain_for_good(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root.pem").write_text(site.ca.root())
    store = tmp_path / ".pki/nssdb"
    store.mkdir(parents=True)
    tool = ("certutil", "-d", f"sql:{store}")
    subprocess.run((*tool, "-N", "--empty-password"), check=True)
    subprocess.run((*tool, "-A", "-t", "C,,", "-n", "test", "-i", str(tmp_path / "root.pem")), check=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", f"--host-resolver-rules=MAP {NAMES[0]} {HERE}"]

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        answer = chromium.new_page().goto(f"https://{NAMES[0]}:{site.port}/")
        assert answer is not None
        status, details = answer.status, answer.security_details()
        chromium.close()

    assert 200 == status
    assert details is not None
    assert str(details["issuer"]).startswith("Pebble Intermediate CA")


def test_nothing_is_asked_of_the_ca_where_nothing_is_due(site: Site) -> None:
    before = site.served()

    ended = site.inv("certbot")

    assert 0 == ended.code
    assert "nothing to do (100 % of its life is left" in ended.out
    assert before == site.served()


def test_a_dry_run_shows_the_commands_and_changes_nothing(site: Site) -> None:
    before = sorted(site.state.rglob("*"))

    ended = site.inv("--dry", "certbot.issue", *FORCED)

    assert 0 == ended.code
    assert "certonly" in ended.out
    assert f"--server {site.ca.server}" in ended.out
    assert before == sorted(site.state.rglob("*"))


def test_a_thousand_connections_during_renewals_all_get_a_certificate_and_an_answer(site: Site) -> None:
    issued = [site.served().fingerprint]
    with load(site.port, NAMES[0], threads=2) as made:
        while made.connections < CONNECTIONS:  # a second renewal where the first was over sooner
            ended = site.inv("certbot.renew", *FORCED)
            assert 0 == ended.code, ended.out + ended.err
            issued.append(site.served().fingerprint)
        during = made.connections

    assert during >= CONNECTIONS
    assert [] == made.failures
    assert set(issued) == set(made.seen)
    assert len(set(issued)) == len(issued)
    assert site.newest() == site.served()


def test_three_generations_are_kept_and_nginx_reads_the_keys_as_one_of_the_group(site: Site) -> None:
    folder = site.checkout.folder / "certs"
    generations = sorted(folder.glob("g*"))
    groups = site.checkout.inside("nginx", "id", "-G").split()

    assert {"fullchain.pem", "hsts.conf", "privkey.pem"} == {path.name for path in (folder / "live").iterdir()}
    assert 2 <= len(generations) <= 3
    assert {0o750} == {stat.S_IMODE(each.stat().st_mode) for each in (folder, *generations)}
    keys = [(each / "privkey.pem").stat() for each in generations]
    assert {0o640} == {stat.S_IMODE(key.st_mode) for key in keys}
    assert {str(key.st_gid) for key in keys} <= set(groups)
    assert "0" != site.checkout.inside("nginx", "id", "-u").strip()


def test_a_renewal_with_its_switch_takes_a_quarter_of_a_minute_at_most(site: Site) -> None:
    took_s = [_renewed(site)]
    while took_s[-1] >= 15 and len(took_s) < 3:  # the machine may be busy with other things
        took_s.append(_renewed(site))

    assert took_s[-1] < 15


def _renewed(site: Site) -> float:
    begun = time.monotonic()
    ended = site.inv("certbot.renew", *FORCED)
    assert 0 == ended.code, ended.out + ended.err
    return time.monotonic() - begun


def test_the_ca_may_ask_for_an_early_renewal(site: Site) -> None:
    renewed = site.inv("certbot.renew", *FORCED)  # one whose window certbot has not looked at yet
    assert 0 == renewed.code, renewed.err
    before = site.newest()
    site.ca.wants_renewal(before.pem)

    ended = site.inv("certbot")

    assert 0 == ended.code, ended.out + ended.err
    assert "new certificate (the CA wants it renewed from" in ended.out
    assert before != site.served() == site.newest()


def test_a_short_lived_certificate_is_renewed_when_half_its_life_is_over(
    site: Site, until: Callable[[Callable[[], bool], str], None]
) -> None:
    settings = site.checkout.folder / "fairlead.yaml"
    text = settings.read_text()
    settings.write_text(text.replace('names: ["${DOMAINS-}"]', 'names: ["${DOMAINS-}"]\n    profile: shortlived'))
    try:
        short = site.inv("certbot.issue", *FORCED)
        assert 0 == short.code, short.out + short.err
        before = site.newest()
        again = site.inv("certbot.renew")
        until(lambda: "new certificate" in site.inv("certbot.renew").out, "the certificate is renewed by itself")
        after = site.served()
    finally:
        settings.write_text(text)
        site.inv("certbot.renew", *FORCED)

    assert 45 == site.served().days_left(after.not_before)  # by the profile of the settings again
    assert (before.not_after - before.not_before).total_seconds() <= 60
    assert "nothing to do" in again.out
    assert before != after
    assert after.not_before < before.not_after


HOOK = """#!/usr/bin/env python3
import json, os, sys, urllib.request
where = open("/run/secrets/acme_dns_credentials").read().strip()
host = f"_acme-challenge.{os.environ['CERTBOT_DOMAIN']}."
what = {"auth": "set-txt", "cleanup": "clear-txt"}[sys.argv[1]]
data = json.dumps({"host": host, "value": os.environ["CERTBOT_VALIDATION"]}).encode()
urllib.request.urlopen(urllib.request.Request(f"{where}/{what}", data), timeout=5)
"""


def test_a_wildcard_is_proven_over_dns_and_its_token_comes_as_a_file(site: Site) -> None:
    (site.checkout.folder / "hook.py").write_text(HOOK)
    settings = site.checkout.folder / "fairlead.yaml"
    text = settings.read_text()
    challenge = "{hook: hook.py, credentials: acme_dns_credentials}"
    settings.write_text(text.replace('["${DOMAINS-}"]', f'["${{DOMAINS-}}"]\n    challenge: {challenge}'))
    wild = {"DOMAINS": "shop.test,*.shop.test", "ACME_DNS_CREDENTIALS": site.ca.records}
    try:
        early = site.inv("certbot", **wild)
        site.inv("up", **wild)
        without = site.inv("certbot", **{**wild, "ACME_DNS_CREDENTIALS": ""})
        ended = site.inv("certbot", **wild)
        served = site.served("any.shop.test")
        renewed = site.inv("certbot.renew", *FORCED, **wild)
    finally:
        settings.write_text(text)
        site.inv("up")
        back = site.inv("certbot")

    assert 1 == early.code
    assert "inv up first" in early.err
    assert 2 == without.code
    assert "ACME_DNS_CREDENTIALS is empty; the challenge over DNS needs it" in without.err
    assert 0 == ended.code, ended.out + ended.err
    assert {"shop.test", "*.shop.test"} == set(served.names)
    assert 0 == renewed.code, renewed.out + renewed.err
    assert 0 == back.code, back.out + back.err


TOKEN_FILE = """\
dns_rfc2136_server = {address}
dns_rfc2136_port = {port}
dns_rfc2136_name = certbot.
dns_rfc2136_algorithm = HMAC-SHA256
dns_rfc2136_secret = ${{RFC2136_SECRET}}
"""


def test_a_plugin_proves_a_wildcard_at_a_name_server_that_takes_updates(site: Site, tmp_path: Path) -> None:
    secret, (port, *others) = base64.b64encode(os.urandom(32)).decode(), (free_port() for _ in range(5))
    address, client = site.ca.address, site.checkout.client
    (site.checkout.folder / "token.ini").write_text(TOKEN_FILE.format(address=address, port=port))
    settings = site.checkout.folder / "fairlead.yaml"
    text = settings.read_text()
    challenge = "{plugin: rfc2136, credentials: acme_dns_credentials, propagation_s: 2}"
    with_plugin = text.replace('["${DOMAINS-}"]', f'["${{DOMAINS-}}"]\n    challenge: {challenge}')
    with_token = with_plugin.replace("  templates:\n", "  templates:\n    acme_dns_credentials: token.ini\n")
    settings.write_text(with_token.replace(site.ca.resolver, f"{address}:{port}"))
    with name_server(client, tmp_path, address, port, secret) as dns:
        ca = Pebble(client, address, tmp_path, site.ca.http_port, tuple(others), other_dns=dns)
        own = {"ACME_SERVER": ca.server, "ACME_CA_BUNDLE": str(ca.bundle), "RFC2136_SECRET": secret}
        wild = {**own, "DOMAINS": "wild.test,*.wild.test"}
        try:
            ca.start()
            up = site.inv("up", **wild)
            ended = site.inv("certbot", **wild)
            served = site.served("any.wild.test")
        finally:
            ca.stop()
            settings.write_text(text)
            site.inv("up")
            back = site.inv("certbot")

    assert 0 == up.code, up.out + up.err
    assert 0 == ended.code, ended.out + ended.err
    assert {"wild.test", "*.wild.test"} == set(served.names)
    assert 0 == back.code, back.out + back.err
    assert secret not in ended.out + ended.err


def test_the_state_is_told_to_people_and_programs(site: Site) -> None:
    told = site.inv("certbot.status")
    data = json.loads(site.inv("certbot.status", "--json").out)

    assert "in use:   the same" in told.out
    assert f"served:   {HERE}:{site.port} {NAMES[0]}: the same" in told.out
    assert re.search(r"limit:    \d of 5 certificates for these names left", told.out)
    assert first_error("certbot", data) is None
    assert site.served().fingerprint == data["certificate"]["fingerprint"] == data["in_use"]["fingerprint"]
    assert all(each["is_newest"] for each in data["served"])
    assert data["renewal_window"] is not None
    assert (told.code == 0) == (data["faults"] == [])


def test_a_forced_renewal_has_to_be_meant_and_its_price_is_said(site: Site) -> None:
    before = site.newest()

    ended = site.inv("certbot.renew", "--force-renewal")

    assert 1 == ended.code
    assert re.search(r"takes one: \d of 5 certificates for these names left.*; say --yes too", ended.err)
    assert before == site.newest() == site.served()


def test_a_loop_stands_in_for_the_timer_in_a_container(site: Site) -> None:
    loop = site.checkout.start("certbot.renew", "--loop")
    assert loop.stdout is not None
    said = next((line for line in loop.stdout if "nothing to do" in line), "")
    alive = loop.poll() is None
    loop.terminate()
    loop.communicate()

    assert said
    assert alive


def test_no_hook_is_left_in_what_certbot_keeps(site: Site) -> None:
    kept = (site.state / "renewal" / f"{site.checkout.name}.conf").read_text()

    assert "hook" not in kept
    assert f"server = {site.ca.server}" in kept
    assert "authenticator = webroot" in kept
