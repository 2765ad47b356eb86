"""What real nginx answers where a rule reports something, and that it answers otherwise once that is mended."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread

import pytest

from fairlead.lint.nginx.ambiguity import squared
from fairlead.lint.rules.nginx.tls_keys import dh_bits
from fairlead.tests.nginx.fastcgi import program
from fairlead.tests.nginx.served import asked, running
from fairlead.tests.nginx.site import SERVER, Site, fixed, reports


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("tries", ["$uri $uri/", "$uri $uri.html $uri/", "$uri/ $uri"])
def test_a_missing_file_is_500_until_the_list_ends_with_404(site: Site, tries: str) -> None:
    site.write("www/index.html", "page")
    http = SERVER.format(f"location / {{ try_files {tries}; }}")

    assert reports("missing-file-loops", http)
    assert [500] == [reply.status for reply in site.ask(http, "/none")]
    assert [404, 200] == [reply.status for reply in site.ask(fixed("missing-file-loops", http), "/none", "/index.html")]


def test_a_program_that_nothing_runs_is_sent_as_text(site: Site) -> None:
    site.write("www/index.php", "<?php $password")
    http = SERVER.format("location / { try_files $uri /index.php?$query_string; }")
    run = http.replace("location", "location ~ \\.php$ { fastcgi_pass 127.0.0.1:BACK; } location", 1)

    assert (True, False) == (reports("source-served", http), reports("source-served", run))
    assert ["<?php $password"] == [reply.body for reply in site.ask(http, "/none")]
    assert [502] == [reply.status for reply in site.ask(run, "/none")]


def test_a_copy_of_a_program_is_sent_as_text(site: Site) -> None:
    site.write("www/config.php.bak", "secret")
    php = "location ~ \\.php$ { fastcgi_pass 127.0.0.1:BACK; }"
    closed = SERVER.format(f"location ~ (?:\\.(?:bak|orig)|~)$ {{ deny all; }} {php}")

    assert (True, False) == (reports("backups-served", SERVER.format(php)), reports("backups-served", closed))
    assert ["secret"] == [reply.body for reply in site.ask(SERVER.format(php), "/config.php.bak")]
    assert [403] == [reply.status for reply in site.ask(closed, "/config.php.bak")]


def test_an_alias_without_a_group_leads_nowhere(site: Site) -> None:
    site.write("pictures/a.png", "picture")
    bad = SERVER.format("location ~ \\.png$ { alias FOLDER/pictures/; }")
    good = SERVER.format("location ~ ^/(.+\\.png)$ { alias FOLDER/pictures/$1; }")

    assert (True, False) == (reports("alias-without-group", bad), reports("alias-without-group", good))
    assert [301] == [reply.status for reply in site.ask(bad, "/a.png")]
    assert ["picture"] == [reply.body for reply in site.ask(good, "/a.png")]


def test_one_parameter_loses_all_others(site: Site) -> None:
    http = SERVER.format(
        """fastcgi_param SCRIPT_FILENAME FOLDER/www/a.php;
        location / {
            fastcgi_param HTTPS on;
            fastcgi_pass 127.0.0.1:BACK;
        }"""
    )
    with program() as site.back:
        bad, good = site.ask(http, "/")[0].body, site.ask(fixed("parameters-dropped", http), "/")[0].body

    assert reports("parameters-dropped", http)
    assert ("HTTPS=on" in bad, "SCRIPT_FILENAME" in bad) == (True, False)
    assert ("HTTPS=on" in good, "SCRIPT_FILENAME" in good) == (True, True)


def test_a_header_called_proxy_reaches_the_program(site: Site) -> None:
    http = SERVER.format(
        """location / {
            fastcgi_param SCRIPT_FILENAME FOLDER/a.php;
            fastcgi_pass 127.0.0.1:BACK;
        }"""
    )
    told = []
    with program() as site.back:
        for text in (http, fixed("proxy-header-to-program", http)):
            with running(site.main(text), site.port):
                told.append(asked(site.port, "/", headers={"Proxy": "http://attacker"}).body)

    assert reports("proxy-header-to-program", f"http {{ {http} }}")
    assert "HTTP_PROXY=http://attacker\n" in told[0]
    assert "HTTP_PROXY" not in told[1]


def test_nginx_names_no_script_by_itself(site: Site) -> None:
    http = SERVER.format(
        """location ~ \\.php$ {
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_pass 127.0.0.1:BACK;
        }"""
    )
    with program() as site.back:
        bad, good = site.ask(http, "/a.php")[0].body, site.ask(fixed("script-not-named", http), "/a.php")[0].body

    assert reports("script-not-named", http)
    assert "SCRIPT_FILENAME" not in bad
    assert "/www/a.php\n" in good


def test_an_error_page_of_a_location_replaces_all_others(site: Site) -> None:
    site.write("www/500.html", "sorry")
    own = "location /a { error_page 404 /404.html; return 500; } location /b { return 500; } location /500.html { }"
    http = SERVER.format(f"error_page 500 /500.html; {own}")

    assert reports("list-dropped", http)
    assert [False, True] == [reply.body == "sorry" for reply in site.ask(http, "/a", "/b")]


def test_a_few_cookies_fill_small_buffers(site: Site) -> None:
    http = "client_header_buffer_size 512; large_client_header_buffers 2 {}; " + SERVER.format("return 204;").replace(
        "{", "{{"
    ).replace("}", "}}")
    status = []
    for size in ("1k", "8k"):
        with running(site.main(http.format(size)), site.port):
            status.append(asked(site.port, "/", headers={"Cookie": "a" * 2000}).status)

    assert (True, False) == tuple(reports("header-buffers-small", http.format(size)) for size in ("1k", "8k"))
    assert [400, 204] == status


@pytest.mark.parametrize(("word", "kept"), [("on", 1), ("clean", 0)])
def test_bodies_stay_on_the_disk(site: Site, word: str, kept: int) -> None:
    http = SERVER.format(
        f"lingering_close off; location / {{ client_body_in_file_only {word}; "
        "proxy_pass http://127.0.0.1:PORT/made; } location /made { client_body_in_file_only off; return 204; }"
    )
    with running(site.main(http), site.port), socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(b"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecret")
        while connection.recv(1000):
            pass

    assert (kept > 0) is reports("bodies-kept", http)
    assert kept == len([path for path in (site.folder / "client_body").rglob("*") if path.is_file()])


@pytest.mark.parametrize("pattern", ["^/(.*)/(.*)/edit$", "^/(.*)x(.*)x$", "^/~(.+?)(/.*)?$", r"\..*/.*\.php$"])
def test_a_long_address_makes_pcre_give_up_on_a_quadratic_expression(site: Site, pattern: str) -> None:
    found = squared(pattern)
    assert found is not None
    # The letters at the end keep PCRE from giving up at once, for want of one that the expression needs.
    attack = f"{found.prefix}{found.pump * (7900 // len(found.pump))}{found.end}.php/edit!"
    uri = f"/{attack.removeprefix('/')}".replace("\n", "%0a")
    location = f'location ~ "{pattern}" {{ return 204; }}'
    http = f"large_client_header_buffers 4 16k; {SERVER.format(location)}"

    assert reports("quadratic-expression", http)
    assert [500] == [reply.status for reply in site.ask(http, uri)]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate and its key, made for the test."""
    folder = tmp_path_factory.mktemp("tls")
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a.test", *files]
    subprocess.run(command, capture_output=True, check=True)
    return folder


def _over_tls(port: int, name: str, host: str) -> str:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=name) as connection:
        connection.sendall(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return connection.recv(65536).decode().partition("\r\n")[0]


def test_a_server_that_refuses_handshakes_answers_by_another_one(site: Site, certificate: Path) -> None:
    files = f"ssl_certificate {certificate}/cert.pem; ssl_certificate_key {certificate}/key.pem;"
    rejecting = """server {
        listen 127.0.0.1:PORT ssl default_server;
        ssl_reject_handshake on;
    }"""
    named = f"server {{ listen 127.0.0.1:PORT ssl; server_name a.test; {files} return 204; }}"
    got = []
    for text in (rejecting, fixed("rejected-names-answered", rejecting)):
        with running(site.main(f"{text} {named}"), site.port):
            got.append(_over_tls(site.port, "a.test", "b.test"))
            with pytest.raises(ssl.SSLError):
                _over_tls(site.port, "b.test", "b.test")

    assert reports("rejected-names-answered", rejecting)
    assert ["HTTP/1.1 404 Not Found", "HTTP/1.1 421 Misdirected Request"] == got


def test_an_old_nginx_does_not_start_with_the_hybrid_curve(site: Site, certificate: Path) -> None:
    files = f"ssl_certificate {certificate}/cert.pem; ssl_certificate_key {certificate}/key.pem;"
    http = f"server {{ listen 127.0.0.1:PORT ssl; ssl_ecdh_curve X25519MLKEM768:X25519; {files} }}"

    assert reports("hybrid-curve-unknown", http) is ("failed" in site.refusal(http))


@pytest.mark.parametrize("bits", [512, 1024])
def test_the_size_of_parameters_is_what_openssl_made(bits: int) -> None:
    command = ["openssl", "dhparam", "-dsaparam", str(bits)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert bits == dh_bits(text)


def test_a_site_without_an_ipv6_socket_is_another_one_there(site: Site) -> None:
    http = """server {
        listen 127.0.0.1:BACK;
        listen PORT default_server;
        listen [::]:PORT default_server;
        server_name one.test;
        return 200 one;
    }
    server {
        listen PORT;
        server_name two.test;
        return 200 two;
    }""".replace("PORT", str(site.port))
    got = []
    for text in (http, fixed("wrong-site-by-ipv6", http)):
        with running(site.main(text), site.port):
            got += [asked(site.port, "/", host="two.test", address=address).body for address in ("127.0.0.1", "::1")]

    assert reports("wrong-site-by-ipv6", http)
    assert ["two", "one", "two", "two"] == got


def test_a_name_to_listen_on_has_to_be_found_first(site: Site) -> None:
    http = "server { listen nobody.invalid:PORT; return 204; }"

    assert reports("listen-on-name", http)
    assert "host not found" in site.refusal(http)


class Slow(BaseHTTPRequestHandler):
    """Answers when a second request is there, or when it is clear that none will come; tells who asked."""

    together = Barrier(2)

    def do_GET(self) -> None:
        try:
            met = self.together.wait(1) >= 0
        except BrokenBarrierError:
            met = False
        text = f"{met} {self.headers.get('X-User', '')} {self.headers.get('Connection', '')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def back_end(site: Site) -> Iterator[None]:
    """A back end that tells whether two requests were there at once."""
    Slow.together = Barrier(2)
    server = ThreadingHTTPServer(("127.0.0.1", site.back), Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


CACHED = """proxy_cache_path FOLDER/cache keys_zone=pages:1m;
    server {{
        listen 127.0.0.1:PORT;
        location / {{
            proxy_cache pages;
            proxy_cache_valid 1h;
            {}
            proxy_pass http://127.0.0.1:BACK;
        }}
    }}"""


@pytest.mark.usefixtures("back_end")
def test_without_a_lock_two_visitors_ask_the_back_end_for_the_same(site: Site) -> None:
    http = CACHED.format("")
    with running(site.main(http), site.port), ThreadPoolExecutor(2) as visitors:
        bodies = list(visitors.map(lambda _: asked(site.port, "/").body, range(2)))
    assert reports("cache-without-lock", http)
    assert [True, True] == [body.startswith("True") for body in bodies]

    Slow.together = Barrier(2)
    other = fixed("cache-without-lock", http).replace("FOLDER/cache", "FOLDER/locked")
    with running(site.main(other), site.port), ThreadPoolExecutor(2) as visitors:
        bodies = list(visitors.map(lambda _: asked(site.port, "/").body, range(2)))
    assert [True, True] == [body.startswith("False") for body in bodies]


@pytest.mark.usefixtures("back_end")
def test_a_cache_hands_one_user_what_was_made_for_another(site: Site) -> None:
    http = CACHED.format("proxy_set_header X-User $remote_user;")
    known = http.replace("proxy_cache_valid", "proxy_cache_key $request_uri$remote_user; proxy_cache_valid")
    got = []
    for text in (http, known.replace("FOLDER/cache", "FOLDER/known")):
        with running(site.main(text), site.port):
            for proof in ("YW5uOmE=", "Ym9iOmE="):
                got.append(asked(site.port, "/", headers={"Authorization": f"Basic {proof}"}).body.split()[1])

    assert (True, False) == (reports("cache-across-users", http), reports("cache-across-users", known))
    assert ["ann", "ann", "ann", "bob"] == got


@pytest.mark.usefixtures("back_end")
def test_connection_close_keeps_no_connection_whatever_the_version(site: Site) -> None:
    http = """upstream app { server 127.0.0.1:BACK; keepalive 4; }
    server {
        listen 127.0.0.1:PORT;
        location / { proxy_http_version 1.1; proxy_set_header Connection close; proxy_pass http://app; }
    }"""

    assert reports("keepalive-without-effect", f"http {{ {http} }}")
    assert "close" == site.ask(http, "/")[0].body.split()[-1]


@pytest.mark.usefixtures("back_end")
def test_a_silent_back_end_is_cut_off_when_the_time_is_over(site: Site) -> None:
    http = SERVER.format("location / { proxy_read_timeout 100ms; proxy_pass http://127.0.0.1:BACK; }")

    assert [504] == [reply.status for reply in site.ask(http, "/live/ws")]
