"""The stack by TLS: who is answered on which port, with what, and how one certificate takes another's place."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from playwright.sync_api import sync_playwright

from fairlead.lint.policy import Policy
from fairlead.ops.certificates.material import Material
from fairlead.ops.certificates.reconcile import ReconcileError
from fairlead.ops.certificates.settling import settle
from fairlead.ops.certificates.x509 import read_chain
from fairlead.ops.stack import open_stack

from ..authority import Authority
from .conftest import Checkout
from .handshakes import anything, load, refusal, shake
from .test_browser import FLAGS

NAMES = ("shop.test", "www.shop.test")
AUTHORITY = Authority(intermediate=True)
HSTS = "max-age=63072000"


@dataclass(frozen=True)
class Shop:
    """The running stack as a site with names."""

    checkout: Checkout

    @property
    def port(self) -> int:
        """Where it answers by TLS."""
        return int(self.checkout.environment["HTTPS_PORT"])

    @property
    def plain(self) -> str:
        """Where port 80 answers."""
        return f"http://127.0.0.1:{self.checkout.environment['HTTP_PORT']}"

    def put(self, material: Material) -> None:
        """Lays a certificate of one's own into the folder."""
        (self.checkout.folder / "certs" / "fullchain.pem").write_text(material.chain)
        (self.checkout.folder / "certs" / "privkey.pem").write_text(material.key.value)

    def get(self, path: str, roots: str | None = None, name: str = NAMES[0]) -> httpx.Response:
        """An answer by TLS; the certificate is verified where *roots* are given."""
        verify = ssl.create_default_context(cadata=roots) if roots else False
        with httpx.Client(verify=verify, timeout=20) as client:
            asked = httpx.Request(
                "GET",
                f"https://127.0.0.1:{self.port}{path}",
                headers={"Host": f"{name}:{self.port}"},
                extensions={"sni_hostname": name},
            )
            return client.send(asked)

    @property
    def live(self) -> str:
        """The fingerprint of the certificate in use."""
        return read_chain((self.checkout.folder / "certs" / "live" / "fullchain.pem").read_text())[0].fingerprint


def _first(material: Material) -> str:
    return read_chain(material.chain)[0].fingerprint


@pytest.fixture(scope="module")
def shop(stack: Checkout) -> Iterator[Shop]:
    """The stack with names and the placeholder; afterwards the laptop's again."""
    named = Shop(replace(stack, environment={**stack.environment, "DOMAINS": ", ".join(NAMES)}))
    ended = named.checkout.inv("up")
    assert ended.code == 0, ended.out + ended.err
    yield named
    _emptied(stack)
    ended = stack.inv("up")
    assert ended.code == 0, ended.out + ended.err


@pytest.fixture(scope="module")
def real(shop: Shop) -> Shop:
    """The site with a certificate of the test's authority."""
    shop.put(AUTHORITY.issue(*NAMES))
    ended = shop.checkout.inv("up")
    assert ended.code == 0, ended.out + ended.err
    return shop


def _emptied(checkout: Checkout) -> None:
    for path in (checkout.folder / "certs").iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


# ---- while there is no certificate


def test_a_laptop_answers_https_for_localhost_with_a_placeholder_and_says_so(stack):
    port = int(stack.environment["HTTPS_PORT"])
    ended = stack.inv("status")

    assert 0 == ended.code
    assert f"site: https://localhost:{port}/\n" in ended.out
    assert "certificate: a placeholder, which no browser trusts, until " in ended.out
    chain = read_chain((stack.folder / "certs" / "live" / "fullchain.pem").read_text())
    assert chain[0].is_placeholder
    assert chain[0].fingerprint == shake(port, "localhost").certificate
    assert 200 == httpx.get(f"https://localhost:{port}/", verify=False).status_code


def test_a_site_with_names_and_a_placeholder_is_not_well(shop):
    ended = shop.checkout.inv("status")
    examined = shop.checkout.inv("doctor")

    assert (1, 1) == (ended.code, examined.code)
    assert "inv certbot gets a real one" in ended.out
    assert "the certificate in use is a placeholder" in examined.out


def test_a_placeholder_sends_no_hsts(shop):
    for path in ("/", "/assets/none.js", "/api/me"):
        assert "strict-transport-security" not in shop.get(path).headers


# ---- who is answered


def test_a_handshake_for_a_name_that_is_not_ours_is_refused(shop):
    for name in ("evil.test", "localhost", "shop.test.evil.test", None):
        assert "TLSV1_UNRECOGNIZED_NAME" == refusal(shop.port, name)
    assert [""] * 2 == [refusal(shop.port, name) for name in NAMES]


def test_a_foreign_host_after_a_good_handshake_is_misdirected(shop):
    with httpx.Client(verify=False) as client:
        asked = httpx.Request(
            "GET",
            f"https://127.0.0.1:{shop.port}/",
            headers={"Host": "evil.test"},
            extensions={"sni_hostname": NAMES[0]},
        )

        assert 421 == client.send(asked).status_code


def test_port_80_gives_a_foreign_name_no_answer(shop):
    for host in ("evil.test", "127.0.0.1"):
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(shop.plain, headers={"Host": host})


def test_port_80_redirects_each_name_to_itself_with_path_and_query(shop):
    for name in NAMES:
        answer = httpx.get(f"{shop.plain}/a/b%20c?d=e&f=%2F", headers={"Host": name})

        assert 301 == answer.status_code
        assert f"https://{name}:{shop.port}/a/b%20c?d=e&f=%2F" == answer.headers["location"]


def test_the_challenge_of_the_ca_is_answered_on_both_ports(shop):
    folder = shop.checkout.folder / ".fairlead" / "acme" / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".token-1").write_text("token.thumbprint")
    path = "/.well-known/acme-challenge/.token-1"
    answers = (httpx.get(shop.plain + path, headers={"Host": NAMES[1]}), shop.get(path))

    assert [(200, "token.thumbprint")] * 2 == [(answer.status_code, answer.text) for answer in answers]
    missing = httpx.get(f"{shop.plain}/.well-known/acme-challenge/none", headers={"Host": NAMES[0]})
    assert 404 == missing.status_code


def test_the_plain_page_of_the_machine_itself_stays(shop):
    assert 200 == httpx.get(shop.checkout.site).status_code


# ---- with what


def test_http_2_is_spoken_and_http_3_is_there_and_announced(shop):
    assert "h2" == shake(shop.port, NAMES[0]).alpn
    assert f'h3=":{shop.port}"; ma=86400' == shop.get("/").headers["alt-svc"]
    assert "alt-svc" not in httpx.get(shop.checkout.site).headers
    assert b"\0\0\0\1" in _quic_versions(shop.port)


def _quic_versions(port):
    """What a QUIC server answers to a version that it cannot know: those that it speaks (RFC 9000, section 6)."""
    unknown = b"\xc0\x1a\x2a\x3a\x4a\x08" + b"fairlead" + b"\x08" + b"whichone" + bytes(1200)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(10)
        sender.sendto(unknown, ("127.0.0.1", port))
        answer = sender.recv(2000)
    assert b"\0\0\0\0" == answer[1:5]
    return answer[7 + answer[5] + answer[6 + answer[5]] :]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_versions_that_are_broken_are_refused_by_the_server(shop, version):
    context = anything()
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = context.maximum_version = version

    assert "TLSV1_ALERT_PROTOCOL_VERSION" == refusal(shop.port, NAMES[0], context)


def test_only_ciphers_of_the_policy_are_accepted(shop):
    accepted = set()
    for cipher in {each["name"] for each in anything().get_ciphers() if each["protocol"] != "TLSv1.3"}:
        context = anything()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{cipher}:@SECLEVEL=0")
        if not refusal(shop.port, NAMES[0], context):
            accepted.add(cipher)

    assert {name for name in Policy().tls.ciphers if "ECDSA" in name} == accepted
    assert "TLSv1.3" == shake(shop.port, NAMES[0]).version


def test_a_real_certificate_brings_hsts_once_to_every_location(real):
    for path in ("/", "/assets/none.js", "/api/me", "/version", "/.env"):
        answer = real.get(path, AUTHORITY.root)

        assert [HSTS] == answer.headers.get_list("strict-transport-security")
        assert ["nosniff"] == answer.headers.get_list("x-content-type-options")
    assert "strict-transport-security" not in httpx.get(real.checkout.site).headers
    assert 0 == real.checkout.inv("status").code


def test_a_browser_takes_the_page(real, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "root.pem").write_text(AUTHORITY.root)
    database = tmp_path / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for command in (["-N", "--empty-password"], ["-A", "-n", "test", "-t", "C,,", "-i", str(tmp_path / "root.pem")]):
        subprocess.run(["certutil", "-d", f"sql:{database}", *command], check=True, capture_output=True)
    rules = f"--host-resolver-rules=MAP {NAMES[0]}:443 127.0.0.1:{real.port}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, rules])
        page = chromium.new_page()
        answer = page.goto(f"https://{NAMES[0]}/")
        assert answer is not None
        seen = answer.security_details() or {}
        chromium.close()

    assert (200, "TLS 1.3", "test authority 2") == (answer.status, seen.get("protocol"), seen.get("issuer"))


# ---- one certificate in place of another


def test_a_swap_under_load_loses_no_connection(real, until):
    before, new = real.live, AUTHORITY.issue(*NAMES)
    with load(real.port, NAMES[0]) as made:
        until(lambda: made.connections > 500, "500 connections before")
        real.put(new)
        ended = real.checkout.inv("up")
        after = made.connections
        until(lambda: made.connections > after + 500, "500 connections after")

    assert (0, []) == (ended.code, made.failures), ended.out + ended.err
    assert {before, _first(new)} == set(made.seen)
    assert made.connections > 1000
    assert [HSTS] == real.get("/", AUTHORITY.root).headers.get_list("strict-transport-security")


def test_a_key_of_another_certificate_is_refused_and_the_old_one_stays(real):
    before, new = real.live, AUTHORITY.issue(*NAMES)
    real.put(Material(new.chain, AUTHORITY.issue(*NAMES).key))
    ended = real.checkout.inv("up")

    assert 1 == ended.code
    assert "certs: the key does not belong to the certificate; nothing was changed; 127.0.0.1:" in ended.err
    assert (before, before) == (real.live, shake(real.port, NAMES[0]).certificate)


def test_a_configuration_that_something_else_broke_keeps_the_old_certificate(real, monkeypatch):
    before, new = real.live, AUTHORITY.issue(*NAMES)
    broken = real.checkout.folder / ".fairlead" / "edge" / "live" / "snippets" / "proxy.conf"
    text = broken.read_text()
    real.put(new)
    broken.write_text(text + "flase on;\n")
    error = _refused(real, monkeypatch)
    broken.write_text(text)

    assert 1 == error.exit_code
    assert 'unknown directive "flase"' in str(error)
    assert f"on disk is the one by test authority 2, {_first(new)[:8]}" in str(error)
    assert (before, before) == (real.live, shake(real.port, NAMES[0]).certificate)
    assert 0 == real.checkout.inv("up").code
    assert _first(new) == shake(real.port, NAMES[0]).certificate


def test_a_reload_that_never_happens_is_a_failure_and_the_old_certificate_stays(real, monkeypatch):
    before, new = real.live, AUTHORITY.issue(*NAMES)
    real.put(new)
    container = real.checkout.container("nginx")
    master = int(real.checkout.docker("inspect", "--format", "{{.State.Pid}}", container))
    os.kill(master, signal.SIGSTOP)
    try:
        error = _refused(real, monkeypatch)
    finally:
        os.kill(master, signal.SIGCONT)

    assert 1 == error.exit_code
    assert "s after the reload; on disk is the one by test authority 2" in str(error)
    assert (before, before) == (real.live, shake(real.port, NAMES[0]).certificate)
    assert 0 == real.checkout.inv("up").code
    assert _first(new) == shake(real.port, NAMES[0]).certificate


def _refused(shop, monkeypatch):
    for name, value in shop.checkout.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ReconcileError) as caught:
        settle(open_stack(start=shop.checkout.folder), lambda *_: None)
    return caught.value
