"""The challenge, tried out on servers of the test's; and whose addresses are whose."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fairlead.ops.certbot.addresses import FOUR, SIX, is_ours, own_addresses, proxy_name
from fairlead.ops.certbot.asking import Reply
from fairlead.ops.certbot.authority import AuthorityError, Directory
from fairlead.ops.certbot.blame import answering
from fairlead.ops.certbot.challenge import PATH, Fetched, Site, Token, fetch
from fairlead.ops.certbot.judging import judged
from fairlead.ops.certbot.preflight import Preflight, examine
from fairlead.ops.certificates.generations import TlsStore
from fairlead.ops.host import LocalHost
from fairlead.ops.stack import Stack

from ..authority import Authority
from .stacks import stack_in

TOKEN = Token("fairlead-abc", "the text")
ASKED = PATH + TOKEN.name
Answer = tuple[int, dict[str, str], str]


@contextmanager
def _server(answers: dict[str, Answer], otherwise: Answer = (404, {}, "")) -> Iterator[int]:
    """A server that answers by ``Host`` and path, or by path alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers["Host"].partition(":")[0]
            status, headers, body = answers.get(host + self.path) or answers.get(self.path) or otherwise
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _fetched(answers: dict[str, Answer], otherwise: Answer = (404, {}, "")) -> Fetched:
    with _server(answers, otherwise) as port:
        site = Site(("shop.test", "www.shop.test"), lambda _: ("127.0.0.1",), http=port, https=port)
        return fetch(TOKEN, "shop.test", "127.0.0.1", site)


@pytest.mark.parametrize("text", ["the text", "the text\n"])
def test_the_very_text_is_what_has_to_come_back(text: str) -> None:
    assert "" == _fetched({ASKED: (200, {}, text)}).fault


def test_a_redirect_to_the_other_name_is_followed() -> None:
    answers: dict[str, Answer] = {
        "shop.test" + ASKED: (301, {"Location": f"http://www.shop.test{ASKED}"}, ""),
        "www.shop.test" + ASKED: (200, {}, TOKEN.text),
    }

    found = _fetched(answers)

    assert ("", f"http://www.shop.test{ASKED}") == (found.fault, found.url)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((404, {}, ""), "answers 404"),
        ((403, {"Server": "cloudflare"}, ""), "answers 403"),
        (
            (200, {"Content-Type": "text/html; charset=utf-8"}, "the text"[:-1]),
            "answers 200 with a page of html, as an application does to every path it does not know",
        ),
        (
            (200, {"Content-Type": "text/plain"}, "  <!doctype html>"),
            "answers 200 with a page of html, as an application does to every path it does not know",
        ),
        ((200, {"Content-Type": "text/plain"}, "another"), 'answers 200 with another text: "another"'),
        ((302, {"Location": ASKED}, ""), "redirects more than 10 times"),
        (
            (302, {"Location": "ftp://shop.test/"}, ""),
            "answers 302 and sends the CA to ftp://shop.test/: a CA follows http and https only",
        ),
        (
            (302, {"Location": "http://shop.test:8080/x"}, ""),
            "answers 302 and sends the CA to http://shop.test:8080/x: a CA follows to the ports 80 and 443 only",
        ),
    ],
)
def test_whatever_else_comes_back_is_described(answer: Answer, fault: str) -> None:
    assert fault == _fetched({ASKED: answer}).fault


def test_a_closed_port_is_told_from_silence() -> None:
    with _server({}) as port:
        pass
    found = fetch(TOKEN, "shop.test", "127.0.0.1", Site(("shop.test",), lambda _: (), http=port))

    assert (f"127.0.0.1:{port}: connection refused", True) == (found.fault, found.refused)


def test_what_does_not_speak_http_is_no_answer() -> None:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        def speak() -> None:
            client, _ = listener.accept()
            client.recv(4096)
            client.sendall(b"SSH-2.0-OpenSSH\r\n")
            client.close()

        thread = threading.Thread(target=speak)
        thread.start()
        found = fetch(TOKEN, "shop.test", "127.0.0.1", Site(("shop.test",), lambda _: (), http=port))
        thread.join()

    assert found.fault.startswith(f"127.0.0.1:{port}: ")
    assert found.reply is None


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"server": "cloudflare", "cf-ray": "8f"}, "Cloudflare"),
        ({"x-amz-cf-id": "x"}, "CloudFront"),
        ({"x-served-by": "cache-fra-1"}, "Fastly"),
        ({"server": "AkamaiGHost"}, "AkamaiGHost"),
        ({"via": "1.1 varnish"}, 'a proxy ("Via: 1.1 varnish")'),
        ({"server": "nginx"}, ""),
        ({"server": "nginx/1.30.6"}, ""),
        ({}, ""),
    ],
)
def test_a_proxy_is_known_by_what_only_it_says(headers: dict[str, str], name: str) -> None:
    assert name == proxy_name(headers)


NAMED = "shop.test at 203.0.113.9"


def _reply(fault: str = "", **headers: str) -> Fetched:
    return Fetched(
        "http://shop.test/x", fault, Reply(200, {name.replace("_", "-"): text for name, text in headers.items()})
    )


@pytest.mark.parametrize(
    ("fetched", "ours", "fault"),
    [
        (
            _reply("answers 403", cf_ray="8f"),
            False,
            f"{NAMED}: Cloudflare stands in front of it and answers 403; let it hand {PATH} on to this host over "
            "port 80, or prove the name over DNS",
        ),
        (
            Fetched("http://shop.test/x", "203.0.113.9:80: no answer within 5 s"),
            False,
            f"{NAMED}: not one of our addresses, and 203.0.113.9:80: no answer within 5 s; remove or correct the A "
            "record, or name it in certbot.addresses where it leads here",
        ),
        (
            Fetched("http://shop.test/x", "203.0.113.9:80: connection refused", refused=True),
            True,
            f"{NAMED}: 203.0.113.9:80: connection refused; nothing listens there; inv up starts the site, and a "
            "firewall has to let port 80 in",
        ),
        (
            Fetched("http://shop.test/x", "203.0.113.9:80: no answer within 5 s"),
            True,
            f"{NAMED}: 203.0.113.9:80: no answer within 5 s; let port 80 in through the firewall; a router that cannot "
            "lead back inside needs --skip-preflight",
        ),
        (
            _reply("answers 404"),
            True,
            f"{NAMED}: answers 404; nginx.conf:6:9: location / answers 404; it has to be: location ^~ {PATH} with "
            "the web root as its root, in the server of port 80",
        ),
        (_reply(server="cloudflare"), True, ""),
    ],
    ids=["proxy", "stale", "closed", "firewall", "hidden", "our own header"],
)
def test_an_address_that_does_not_give_the_token_is_explained(fetched: Fetched, ours: bool, fault: str) -> None:
    assert fault == judged(NAMED, fetched, "nginx.conf:6:9: location / answers 404", ours=ours, all_named=False).fault


def test_a_token_that_came_back_from_elsewhere_is_good_unless_all_our_addresses_are_named() -> None:
    proxied = judged(NAMED, _reply(cf_ray="8f"), "", ours=False, all_named=False)
    natted = judged(NAMED, _reply(), "", ours=False, all_named=False)
    stranger = judged(NAMED, _reply(), "", ours=False, all_named=True)

    assert ("", "Cloudflare stands in front of it and hands the challenge on") == (
        proxied.fault,
        proxied.note.partition(";")[0],
    )
    assert ("", "not an address of this host; the token came back all the same") == (natted.fault, natted.note)
    assert stranger.fault.startswith(f"{NAMED}: not one of certbot.addresses, though our token is there")


class Machine(LocalHost):
    """A machine with the interfaces of the test."""

    def read(self, path: str) -> str | None:
        """Linux's own tables, else the disk."""
        four = "Main:\n  |-- 192.0.2.7\n     /32 host LOCAL\n  |-- 192.0.2.255\n     /32 link BROADCAST\n"
        six = "20010db8000000000000000000000007 02 40 00 80 eth0\nfe800000000000000000000000000007 02 40 20 80 eth0\n"
        return {FOUR: four, SIX: six}.get(path) or super().read(path)


def test_our_addresses_are_those_of_the_interfaces_and_those_named() -> None:
    own = own_addresses(Machine(), ["203.0.113.9"])

    assert {"192.0.2.7", "2001:db8::7", "203.0.113.9"} == own
    assert is_ours("2001:0db8:0::7", own)
    assert is_ours("127.0.0.53", own)
    assert not is_ours("192.0.2.255", own)
    assert not is_ours("2001:db8::8", own)


MERGED = {
    "services": {
        "nginx": {
            "ports": [{"target": 8080, "published": "80"}, {"target": 8443, "published": "443"}],
            "volumes": [{"type": "bind", "source": "WEBROOT", "target": "/srv/acme"}],
        }
    }
}
NGINX = """\
events {}
http {
    server {
        listen 8080;
        server_name shop.test;
        LOCATIONS
    }
}
"""


def _blamed(folder: Path, locations: str) -> str:
    stack = stack_in(folder, nginx=NGINX.replace("LOCATIONS", locations))
    merged = {"services": {"nginx": dict(MERGED["services"]["nginx"])}}
    merged["services"]["nginx"]["volumes"] = [{"source": str(folder / "acme"), "target": "/srv/acme"}]
    return answering(stack, merged, f"http://shop.test{ASKED}")


@pytest.mark.parametrize(
    ("locations", "said"),
    [
        ("location ~ /\\. { return 404; }", "docker/nginx.conf:6:9: location ~ /\\. answers 404"),
        (
            "location / { return 301 https://$host$request_uri; }",
            f"docker/nginx.conf:6:9: location / answers 301 to https://shop.test{ASKED}",
        ),
        (
            "location / { proxy_pass http://127.0.0.1:9000; }",
            "docker/nginx.conf:6:9: location / answers by proxy_pass",
        ),
        (
            "root /var/www; location / { try_files $uri /index.html; }",
            "docker/nginx.conf:6:24: location / answers 200 from /var/www",
        ),
        (
            "location ^~ /.well-known/acme-challenge/ { root /var/www; try_files $uri =404; }",
            "docker/nginx.conf:6:9: location ^~ /.well-known/acme-challenge/ answers 404 from /var/www",
        ),
        ("return 444;", "docker/nginx.conf:3:5: the server itself answers 444"),
    ],
)
def test_the_location_that_hides_the_challenge_is_named(tmp_path: Path, locations: str, said: str) -> None:
    assert said == _blamed(tmp_path, locations)


def test_a_state_that_was_lost_is_told_of_before_the_ca_is_asked_again(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    live = Authority().issue("shop.test")
    store = TlsStore(stack.host, tmp_path / "certs")
    store.switch(store.add(live.key, live.chain).name)
    preflight = _preflight(stack, AuthorityError("no"))

    told = next(check.note for check in examine(preflight) if check.what == "the state")
    (tmp_path / "cert1.pem").write_text("")
    silent = next(check.note for check in examine(preflight) if check.what == "the state")

    assert f"a certificate of test authority is in use, and {tmp_path} has none: keep that folder" == told
    assert "" == silent


def _preflight(stack: Stack, directory: Directory | AuthorityError) -> Preflight:
    return Preflight(stack, stack.settings.domains[0], MERGED, directory, stack.settings.root, stack.settings.root)


@pytest.mark.parametrize(
    ("domains", "said"),
    [
        ("[{names: ['*.shop.test']}]", "*.shop.test: only DNS proves a wildcard; set its challenge"),
        ("[{names: [192.0.2.7]}]", "192.0.2.7: an address, and certificates are for names here"),
        ("[{names: [intranet]}]", "intranet: no CA knows a name without a domain"),
        (
            "[{names: [" + ", ".join(f"n{number}.test" for number in range(26)) + "], challenge: {hook: x}}]",
            '26 names, and the profile "tlsserver" takes 25; take profile "classic"',
        ),
    ],
)
def test_names_that_no_ca_would_take_are_seen_at_once(tmp_path: Path, domains: str, said: str) -> None:
    stack = stack_in(tmp_path, f"domains: {domains}\n")

    check = next(examine(_preflight(stack, AuthorityError("no"))))

    assert check.fault.startswith(said)
