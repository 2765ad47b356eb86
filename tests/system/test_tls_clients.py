"""Clients of the edge as they really are: HTTP/3, those that come back, those that ask for somebody else."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from .acme_site import FORCED, HERE, NAMES, Site

CURL_IMAGE = "fairlead-test-curl"
CURL = "FROM fairlead/debian:trixie-slim\nRUN apt-get update -qq && apt-get install -qq --yes curl\n"
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
COULD_NOT_CONNECT = 7
FOREIGN = "evil.test"
REQUEST = b"GET /version HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"

Curl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def curl(shop: Site, tmp_path_factory: pytest.TempPathFactory) -> Curl:
    """Debian's curl, which speaks HTTP/3 and trusts the site's CA alone; every name leads to the site."""
    client, folder = shop.checkout.client, tmp_path_factory.mktemp("curl")
    subprocess.run((client, "build", "--quiet", "--tag", CURL_IMAGE, "-"), input=CURL.encode(), check=True)
    (folder / "root.pem").write_text(shop.ca.root())

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        engine = (client, "run", "--rm", "--network=host", f"--volume={folder}:/ca:ro", CURL_IMAGE)
        trust = ("--cacert", "/ca/root.pem", "--connect-to", f"::{HERE}:{shop.port}")
        ask = ("curl", "--silent", "--max-time", "20", *trust, *words)
        return subprocess.run((*engine, *ask), capture_output=True, text=True, check=False)

    return run


# ---- HTTP/3


def test_http_3_gives_the_same_answer_as_http_2_with_a_chain_that_is_verified(shop: Site, curl: Curl) -> None:
    url, told = f"https://{NAMES[1]}:{shop.port}/version", ("--write-out", "\n%{http_version} %{http_code}")
    second, third = curl("--http2", *told, url), curl("--http3-only", *told, url)

    assert (0, 0) == (second.returncode, third.returncode), second.stderr + third.stderr
    body = second.stdout.rpartition("\n")[0]
    assert [f"{body}\n2 200", f"{body}\n3 200"] == [second.stdout, third.stdout]


def test_http_3_has_the_same_headers(shop: Site, curl: Curl) -> None:
    url = f"https://{NAMES[0]}:{shop.port}/"
    second, third = (curl(version, "--head", url).stdout.lower() for version in ("--http2", "--http3-only"))

    assert "strict-transport-security: max-age=63072000" in third
    assert _names(second) == _names(third)


def test_a_foreign_name_is_refused_over_http_3_too(shop: Site, curl: Curl) -> None:
    for name in (FOREIGN, "localhost"):
        refused = curl("--http3-only", "--insecure", f"https://{name}:{shop.port}/")

        assert (COULD_NOT_CONNECT, "") == (refused.returncode, refused.stdout)
    asked = ("--header", f"Host: {FOREIGN}", "--write-out", "%{http_code}", f"https://{NAMES[0]}:{shop.port}/")
    assert curl("--http3-only", *asked).stdout.endswith("421")


def _names(head: str) -> set[str]:
    return {line.partition(":")[0] for line in head.splitlines() if ":" in line}


# ---- those that come back


@dataclass
class Visitor:
    """A client that keeps its session, as browsers do."""

    port: int
    version: ssl.TLSVersion
    session: ssl.SSLSession | None = None

    def __post_init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.minimum_version = self.context.maximum_version = self.version

    def visit(self, name: str = NAMES[0]) -> tuple[bytes, bool]:
        """The answer's first line, and whether the session was taken up again."""
        with (
            socket.create_connection((HERE, self.port), 10) as plain,
            self.context.wrap_socket(plain, server_hostname=name, session=self.session) as secure,
        ):
            secure.sendall(REQUEST)
            answer = b"".join(iter(lambda: secure.recv(65536), b""))
            self.session = secure.session
            return answer.partition(b"\r\n")[0], bool(secure.session_reused)


@pytest.fixture(params=[TLS_1_2, TLS_1_3], ids=["1.2", "1.3"])
def visitor(shop: Site, request: pytest.FixtureRequest) -> Visitor:
    return Visitor(shop.port, request.param)


def test_a_client_that_comes_back_takes_up_its_session_at_every_worker(visitor: Visitor) -> None:
    first = visitor.visit()
    again = [visitor.visit() for _ in range(20)]

    assert (b"HTTP/1.1 200 OK", False) == first
    assert {(b"HTTP/1.1 200 OK", True)} == set(again)


def test_after_a_renewal_everybody_is_let_in_and_http_3_gets_the_new_certificate(shop: Site, curl: Curl) -> None:
    url, shown = f"https://{NAMES[0]}:{shop.port}/version", ("--write-out", "%{certs}", "--output", "/dev/null")
    visitors = [Visitor(shop.port, version) for version in (TLS_1_2, TLS_1_3)]
    known = [visitor.visit() for visitor in visitors]
    before = curl("--http3-only", *shown, url)
    renewed = shop.inv("certbot.renew", *FORCED)
    again = [visitor.visit() for visitor in visitors]
    after = curl("--http3-only", *shown, url)

    assert 0 == renewed.code, renewed.out + renewed.err
    assert [b"HTTP/1.1 200 OK"] * 4 == [line for line, _ in (*known, *again)]
    assert shop.newest().pem.strip() in after.stdout
    assert shop.newest().pem.strip() not in before.stdout


def test_a_session_opens_no_other_name(visitor: Visitor) -> None:
    visitor.visit()

    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        visitor.visit(FOREIGN)


# ---- those that ask for somebody else, or not as they should


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (f"GET /.well-known/acme-challenge/x HTTP/1.1\r\nHost: {FOREIGN}\r\n\r\n", b""),
        (f"GET http://{FOREIGN}/ HTTP/1.1\r\nHost: shop.test\r\n\r\n", b""),
        ("GET / HTTP/1.0\r\n\r\n", b""),
        ("GET / HTTP/1.1\r\nHost: SHOP.test.\r\nConnection: close\r\n\r\n", b"HTTP/1.1 301 Moved Permanently"),
    ],
)
def test_port_80_answers_to_our_names_alone_however_they_are_written(shop: Site, asked: str, answered: bytes) -> None:
    assert answered == _spoken(shop.ca.http_port, asked.encode())


def _spoken(port: int, text: bytes) -> bytes:
    with socket.create_connection((HERE, port), 10) as plain:
        plain.sendall(text)
        return b"".join(iter(lambda: plain.recv(65536), b"")).partition(b"\r\n")[0]


def test_plain_http_on_the_port_for_tls_gets_no_page(shop: Site) -> None:
    assert b"HTTP/1.1 400 Bad Request" == _spoken(shop.port, REQUEST)
