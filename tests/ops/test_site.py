"""What the edge is told of the site's names and ports, and that its TLS is the policy's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.lint.policy import Policy
from fairlead.ops.certificates.generations import TlsStore
from fairlead.ops.certificates.hsts import hsts
from fairlead.ops.certificates.site import site_of, site_texts
from fairlead.ops.certificates.starting import starting_steps
from fairlead.ops.certificates.telling import live_words
from fairlead.ops.compose import ComposeProject
from fairlead.ops.edge import generation_files
from fairlead.ops.errors import SettingsError
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for
from fairlead.ops.settings import load_settings
from fairlead.ops.stack import Stack

from ..authority import Authority

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
TEXT = """\
name: shop
compose: {files: [compose.yml]}
edge: {service: nginx, folder: edge, mount: /e, files: [nginx.conf, site], site: site}
tls: {folder: certs, mount: /t, webroot: acme, http_port: "${HTTP_PORT:-80}", https_port: "${HTTPS_PORT:-443}"}
"""
NAMED = "domains: [{names: [shop.test, '*.shop.test']}]\n"


def _stack(folder, text=TEXT, **values):
    (folder / "site").mkdir(exist_ok=True)
    for name in ("nginx.conf", "site/names.conf", "site/ports.conf", "compose.yml"):
        (folder / name).write_text("# as committed\n")
    (folder / "fairlead.yaml").write_text(text)
    settings = load_settings(folder / "fairlead.yaml")
    project = ComposeProject("docker", "shop", settings.compose_files, None, {})
    return Stack(settings, LocalHost(), values, project, development=False)


def _started(stack, now=NOW):
    steps = list(starting_steps(stack, now))
    execute(plan_for("localhost", *steps), {"localhost": stack.host}, lambda *_: None)
    return TlsStore(stack.host, stack.settings.tls.folder).live(), [step.title for step in steps]


def test_a_generation_of_the_edge_holds_the_operators_names_and_ports(tmp_path):
    stack = _stack(tmp_path, TEXT + NAMED, HTTPS_PORT="8443")
    files = generation_files(stack.settings.edge, site_texts(stack))

    assert "server_name shop.test *.shop.test;\n" == files["site/names.conf"]
    assert 'default ":8443";' in files["site/ports.conf"]
    assert 'h3=":8443"; ma=86400' in files["site/ports.conf"]
    assert "# as committed\n" == files["nginx.conf"]


def test_without_domains_the_files_say_what_the_committed_ones_say(tmp_path):
    committed = {
        f"site/{name}": _directives((ROOT / "docker" / "site" / name).read_text())
        for name in ("names.conf", "ports.conf")
    }

    assert committed == {path: _directives(text) for path, text in site_texts(_stack(tmp_path)).items()}
    assert site_of(_stack(tmp_path)).is_local


def _directives(text):
    return " ".join(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def test_a_stack_that_says_nothing_of_tls_keeps_its_files(tmp_path):
    lines = TEXT.splitlines(keepends=True)
    stack = _stack(tmp_path, "".join(line for line in lines if not line.startswith("tls:")))

    assert {} == site_texts(stack)
    with pytest.raises(SettingsError, match="tls is not set"):
        site_of(stack)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", ("localhost",)),
        ("Shop.Test", ("shop.test",)),
        ("shop.test, *.shop.test", ("shop.test", "*.shop.test")),
        ("shop.test www.shop.test shop.test", ("shop.test", "www.shop.test")),
        ("xn--bcher-kva.test", ("xn--bcher-kva.test",)),
    ],
)
def test_a_variable_may_hold_the_names(tmp_path, value, names):
    stack = _stack(tmp_path, TEXT + "domains: [{names: ['${DOMAINS-}']}]\n", DOMAINS=value)

    assert names == site_of(stack).names


@pytest.mark.parametrize("value", ["shop.test;", "$host", "a..b", "-a.test", "*", "*.*.test", "bücher.test", "a" * 64])
def test_what_is_no_name_never_reaches_nginx(tmp_path, value):
    stack = _stack(tmp_path, TEXT + "domains: [{names: ['${DOMAINS-}']}]\n", DOMAINS=value)

    with pytest.raises(SettingsError, match=re.escape(f'domains: "{value}" is no name of a site')):
        site_texts(stack)


@pytest.mark.parametrize(
    ("domains", "port", "url"),
    [
        ("", "443", "https://localhost/"),
        ("shop.test", "8443", "https://shop.test:8443/"),
        ("*.shop.test, shop.test", "443", "https://shop.test/"),
        ("*.shop.test", "443", "https://shop.test/"),
    ],
)
def test_the_site_has_an_address_that_a_browser_can_be_given(tmp_path, domains, port, url):
    stack = _stack(tmp_path, TEXT + "domains: [{names: ['${DOMAINS-}']}]\n", DOMAINS=domains, HTTPS_PORT=port)

    assert url == site_of(stack).url


@pytest.mark.parametrize("port", ["0", "65536", "https", "-1", "80;"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    with pytest.raises(SettingsError, match=re.escape(f'tls.https_port: "{port}" is no port')):
        site_texts(_stack(tmp_path, HTTPS_PORT=port))


def test_several_certificates_are_refused_with_what_to_do(tmp_path):
    text = TEXT + "domains: [{names: [a.test]}, {names: [b.test]}]\n"

    with pytest.raises(SettingsError, match=r"has 2 entries and one certificate is served; move b\.test into"):
        site_of(_stack(tmp_path, text))


def test_hsts_is_the_policys_and_waits_for_a_real_certificate_and_a_name(tmp_path):
    named, local = _stack(tmp_path, TEXT + NAMED), _stack(tmp_path)
    real = Authority().issue("shop.test", "*.shop.test").chain
    assert "" == hsts(local, real)
    (tmp_path / "fairlead.yaml").write_text(TEXT + NAMED)

    assert 'add_header Strict-Transport-Security "max-age=63072000" always;\n' == hsts(named, real)
    assert "" == hsts(named, _started(named)[0].chain)


@pytest.mark.parametrize(
    ("issuer", "distrust"),
    [("shop.test", "signed by itself"), ("(STAGING) Even Endive", "of the staging authority"), ("R12", "")],
)
def test_what_no_browser_trusts_sends_no_hsts_and_is_not_good(tmp_path, issuer, distrust):
    stack = _stack(tmp_path, TEXT + "domains: [{names: [shop.test]}]\n")
    material = Authority(issuer).issue("shop.test")
    store = TlsStore(stack.host, stack.settings.tls.folder)
    store.switch(store.add(material.key, material.chain).name)
    good, says = live_words(store.live(), site_of(stack), NOW)

    assert ("" == distrust, "" == distrust) == (good, bool(hsts(stack, material.chain)))
    assert says.startswith(f"{distrust}, which no browser trusts, until " if distrust else "shop.test, by R12, until ")


def test_a_policy_of_ones_own_says_what_hsts_says(tmp_path):
    text = (
        TEXT
        + NAMED
        + (
            "policy: {headers: {required: {Strict-Transport-Security: "
            '{allowed: ["max-age=.*"], recommended: "max-age=63072000; includeSubDomains"}}}}\n'
        )
    )
    stack = _stack(tmp_path, text)

    assert '"max-age=63072000; includeSubDomains"' in hsts(stack, Authority().issue("shop.test").chain)


def test_the_first_start_puts_a_placeholder_and_the_second_does_nothing(tmp_path):
    stack = _stack(tmp_path)
    live, titles = _started(stack)

    assert "put a placeholder certificate, valid for 7 days" == titles[-1]
    assert ("g1", "") == (live.name, live.hsts)
    assert [] == list(starting_steps(stack, NOW))
    assert 0o755 == (tmp_path / "acme").stat().st_mode & 0o777


def test_a_placeholder_that_nears_its_end_is_made_anew(tmp_path):
    stack = _stack(tmp_path)
    _started(stack)
    live, titles = _started(stack, NOW + timedelta(days=5))

    assert ("g2", ["put a placeholder certificate, valid for 7 days"]) == (live.name, titles)


def test_a_certificate_of_ones_own_is_taken_at_the_first_start(tmp_path):
    stack = _stack(tmp_path, TEXT + NAMED)
    own = Authority().issue("shop.test", "*.shop.test")
    _put(tmp_path, own)
    live, titles = _started(stack)

    assert "take the certificate in certs/" == titles[-1]
    assert own.chain == live.chain
    assert "Strict-Transport-Security" in live.hsts


def test_a_certificate_of_ones_own_that_does_not_fit_stops_the_start(tmp_path):
    stack = _stack(tmp_path, TEXT + NAMED)
    _put(tmp_path, Authority().issue("shop.test"))

    with pytest.raises(SettingsError, match=r"certs: the certificate is not for \*\.shop\.test; put one"):
        list(starting_steps(stack, NOW))


def _put(folder, material):
    (folder / "certs").mkdir()
    (folder / "certs" / "fullchain.pem").write_text(material.chain)
    (folder / "certs" / "privkey.pem").write_text(material.key.value)


def test_a_placeholder_is_a_fault_only_where_the_site_has_a_name(tmp_path):
    local, named = _stack(tmp_path), _stack(tmp_path, TEXT + NAMED)
    live, _ = _started(local)
    good, says = live_words(live, site_of(local), NOW)
    bad, told = live_words(live, site_of(named), NOW)

    assert (True, False) == (good, bad)
    assert says.startswith("a placeholder, which no browser trusts, until ")
    assert told.endswith("; inv certbot gets a real one")
    assert (False, "none; inv up puts a placeholder there") == live_words(None, site_of(local), NOW)


@pytest.mark.parametrize(
    ("issued", "words"),
    [
        ({"days": 90}, "shop.test, *.shop.test, by test authority, until "),
        ({"days": 1, "age_days": 2}, "expired, it was good until "),
    ],
)
def test_a_real_certificate_is_told_with_its_names_and_its_end(tmp_path, issued, words):
    stack = _stack(tmp_path, TEXT + NAMED)
    material = Authority().issue("shop.test", "*.shop.test", **issued)
    store = TlsStore(stack.host, stack.settings.tls.folder)
    store.switch(store.add(material.key, material.chain).name)
    good, says = live_words(store.live(), site_of(stack), NOW)

    assert says.startswith(words)
    assert good == ("by" in words)


def test_the_edge_speaks_the_tls_of_the_policy():
    directives = dict(re.findall(r"(?m)^(ssl_\w+) (.+);$", (ROOT / "docker" / "snippets" / "tls.conf").read_text()))
    tls = Policy().tls

    assert list(tls.protocols) == directives["ssl_protocols"].split()
    assert list(tls.ciphers) == directives["ssl_ciphers"].split(":")
    assert list(tls.curves) == directives["ssl_ecdh_curve"].split(":")
    assert tls.recommended_session_cache == directives["ssl_session_cache"]
    assert ("1d", 86400) == (directives["ssl_session_timeout"], tls.max_session_timeout_s)
