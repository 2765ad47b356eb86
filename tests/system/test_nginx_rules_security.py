"""What nginx really does where the rules about security report something, and what it does once that is mended."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairlead.lint.engine import Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.nginx.backtracking import blowup
from fairlead.lint.selection import Selection
from fairlead.tests.nginx.served import Reply, asked, free_ports, main_file, nginx_binary, running

TOKEN = "/.well-known/acme-challenge/token"


def reported(rule: str, text: str) -> bool:
    """Whether *rule* finds its fault in *text*."""
    files = Files({"nginx.conf": text}, only_overlay=True)
    findings = lint({"nginx": ["nginx.conf"]}, files, Setup(selection=Selection("strict", select=(rule,)))).findings
    return any(finding.rule == rule for finding in findings)


class Site:
    """nginx in a folder of the test's own, with files that are there to be found or not."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.folder = folder
        self.port, self.back_end = free_ports(2)

    def write(self, path: str, text: str) -> None:
        """Puts a file below the folder."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def ask(self, rule: str, server: str, *uris: str) -> tuple[bool, list[Reply]]:
        """Whether *rule* reports *server*, and what nginx answers there."""
        path = main_file(self.folder, f"server {{ listen 127.0.0.1:{self.port}; {self._filled(server)} }}\n")
        with running(path, self.port):
            return reported(rule, path.read_text()), [asked(self.port, uri) for uri in uris]

    def refusal(self, rule: str, server: str) -> tuple[bool, str]:
        """Whether *rule* reports *server*, and what `nginx -t` says; nothing where it is content."""
        path = main_file(self.folder, f"server {{ {self._filled(server)} }}\n")
        command = [nginx_binary(), "-p", str(self.folder), "-c", str(path), "-t", "-q"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        return reported(rule, path.read_text()), said.stderr if said.returncode else ""

    def _filled(self, server: str) -> str:
        return server.replace("FOLDER", str(self.folder)).replace("PORT", str(self.port))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def statuses(replies: list[Reply]) -> list[int]:
    return [reply.status for reply in replies]


@pytest.mark.parametrize(
    ("location", "status", "is_reported"),
    [
        ("location /.well-known/acme-challenge/ { root FOLDER/acme; } location ~ /\\. { deny all; }", 403, True),
        ("location ^~ /.well-known/acme-challenge/ { root FOLDER/acme; } location ~ /\\. { deny all; }", 200, False),
        ("return 301 https://x$request_uri; location ^~ /.well-known/ { root FOLDER/acme; }", 301, True),
        (
            "location / { return 301 https://x$request_uri; } location ^~ /.well-known/ { root FOLDER/acme; }",
            200,
            False,
        ),
        ("auth_basic a; auth_basic_user_file /dev/null; location ^~ /.well-known/ { root FOLDER/acme; }", 401, True),
        ("deny all; location ^~ /.well-known/ { allow all; root FOLDER/acme; }", 200, False),
    ],
)
def test_a_challenge_is_answered_where_the_location_is_not_shadowed(
    site: Site, location: str, status: int, is_reported: bool
) -> None:
    site.write(f"acme{TOKEN}", "proof")

    found, replies = site.ask("nginx/acme-challenge-shadowed", location, TOKEN)

    assert (is_reported, [status]) == (found, statuses(replies))


@pytest.mark.parametrize(
    ("location", "uri", "status", "is_reported"),
    [
        ("location /files { alias FOLDER/files/; }", "/files../secret", 200, True),
        ("location /files/ { alias FOLDER/files/; }", "/files../secret", 404, False),
        ("location ~ ^/files(.*)$ { alias FOLDER/files/$1; }", "/files../secret", 200, True),
        ("location ~ ^/files/(.*)$ { alias FOLDER/files/$1; }", "/files../secret", 404, False),
        ("location ~ /f(iles)(.*)$ { alias FOLDER/files/$2; }", "/files../secret", 200, True),
    ],
)
def test_an_alias_leads_out_of_its_folder_where_the_path_has_no_slash(
    site: Site, location: str, uri: str, status: int, is_reported: bool
) -> None:
    site.write("secret", "secret")
    site.write("files/a", "a")

    found, replies = site.ask("nginx/alias-traversal", f"root FOLDER/nothing; {location}", uri)

    assert (is_reported, [status]) == (found, statuses(replies))


def test_an_alias_without_slash_finds_neighbours_and_not_its_own(site: Site) -> None:
    site.write("files/a", "a")
    site.write("files-old", "old")
    faulty = "location /files/ { alias FOLDER/files; }"

    bad, broken = site.ask("nginx/alias-without-slash", faulty, "/files/a", "/files/-old")
    good, mended = site.ask("nginx/alias-without-slash", faulty.replace("files;", "files/;"), "/files/a", "/files/-old")

    assert (True, [404, 200]) == (bad, statuses(broken))
    assert (False, [200, 404]) == (good, statuses(mended))


@contextmanager
def back_end(port: int) -> Iterator[list[bytes]]:
    """A server that notes what it is sent."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


SPLITTING = [
    ("return 301 https://h$uri;", True),
    ("return 301 https://h$request_uri;", False),
    ("location / { rewrite ^ https://h$uri? permanent; }", True),
    ("location / { rewrite ^/([^?]*)$ https://h/$1 permanent; }", False),
    ("location / { add_header X-A $document_uri; return 204; }", True),
    ("location / { proxy_set_header X-A $uri; proxy_pass http://127.0.0.1:BACK; }", True),
    ("location / { proxy_pass http://127.0.0.1:BACK$uri; }", True),
    ("location / { proxy_pass http://127.0.0.1:BACK; }", False),
    ("location ~ ^/([^?]*)$ { return 301 https://h/$1; }", True),
    ("location ~ ^/(.*)$ { return 301 https://h/$1; }", False),
    ("location ~ ^/(?<rest>[^?]*)$ { proxy_set_header X-A $rest; proxy_pass http://127.0.0.1:BACK; }", True),
    ("location / { if ($uri ~ ^/([^?]*)$) { return 301 https://h/$1; } }", True),
    ("location / { if ($request_uri ~ ^/([^?]*)$) { return 301 https://h/$1; } }", False),
    ("location / { set $to $uri; return 301 https://h$to; }", True),
    ("error_page 404 =302 https://h$uri; location / { return 404; }", True),
]


@pytest.mark.parametrize(("server", "splits"), SPLITTING)
def test_a_decoded_path_adds_a_header_exactly_where_it_is_reported(site: Site, server: str, splits: bool) -> None:
    text = f"server {{ listen 127.0.0.1:{site.port}; {server.replace('BACK', str(site.back_end))} }}\n"
    path = main_file(site.folder, text)

    with back_end(site.back_end) as seen, running(path, site.port), _connected(site.port) as connection:
        connection.sendall(b"GET /x%0d%0aX-Bad:%201%0d%0a HTTP/1.0\r\nHost: localhost\r\n\r\n")
        head = b"".join(iter(lambda: connection.recv(65536), b"")).split(b"\r\n\r\n")[0]

    was_split = any(b"\r\nX-Bad: 1" in text for text in (head, *seen))
    assert (splits, splits) == (was_split, reported("nginx/header-splitting", path.read_text()))


ACCESS = [
    ("nginx/return-before-access", "location / { deny all; return 200 open; }", 200, True),
    ("nginx/return-before-access", "location / { deny all; root FOLDER; }", 403, False),
    ("nginx/allow-without-deny", "location / { allow 10.0.0.0/8; root FOLDER; }", 200, True),
    ("nginx/allow-without-deny", "location / { allow 10.0.0.0/8; deny all; root FOLDER; }", 403, False),
    ("nginx/access-rule-without-effect", "location / { deny all; allow 127.0.0.1; root FOLDER; }", 403, True),
    ("nginx/access-rule-without-effect", "location / { allow 127.0.0.1; deny all; root FOLDER; }", 200, False),
]


@pytest.mark.parametrize(("rule", "server", "status", "is_reported"), ACCESS)
def test_lists_let_in_whom_the_rules_say(site: Site, rule: str, server: str, status: int, is_reported: bool) -> None:
    site.write("page", "page")

    found, replies = site.ask(rule, server, "/page")

    assert (is_reported, [status]) == (found, statuses(replies))


def test_a_file_of_passwords_is_served_where_it_is_reported(site: Site) -> None:
    site.write("site/users", "a:b")
    faulty = "root FOLDER/site; location /staff/ { auth_basic a; auth_basic_user_file FOLDER/site/users; }"

    bad, open_replies = site.ask("nginx/secret-file-served", faulty, "/users")
    closed = f"{faulty} location = /users {{ return 404; }}"
    good, closed_replies = site.ask("nginx/secret-file-served", closed, "/users")

    assert (True, [200], "a:b") == (bad, statuses(open_replies), open_replies[0].body)
    assert (False, [404]) == (good, statuses(closed_replies))


def test_hidden_files_are_served_unless_a_location_keeps_them(site: Site) -> None:
    site.write("site/.git/config", "[core]")
    rule, closed = "nginx/dotfiles-served", "location ~ /\\.(?!well-known) { return 404; }"

    _, open_replies = site.ask(rule, "root FOLDER/site;", "/.git/config")
    _, closed_replies = site.ask(rule, f"root FOLDER/site; {closed}", "/.git/config")

    assert ([200], [404]) == (statuses(open_replies), statuses(closed_replies))
    assert reported(rule, "events {} http { server { listen 80; root /srv/site; } }")
    assert not reported(rule, f"events {{}} http {{ server {{ listen 80; root /srv/site; {closed} }} }}")


@pytest.mark.parametrize("pattern", ["^/(a+)+$", "^/(\\w+\\s?)*$", "^/([a-z]+)*\\.php$", "^/((?:a|b|ab)*)c$"])
def test_a_slow_expression_makes_pcre_give_up_on_a_short_path(site: Site, pattern: str) -> None:
    found = blowup(pattern)
    assert found is not None
    attack = f"{found.prefix}{found.pump * 40}.phpc!"

    is_reported, replies = site.ask("nginx/slow-expression", f'location ~ "{pattern}" {{ return 204; }}', attack)

    assert (True, [500]) == (is_reported, statuses(replies))


def test_a_redirect_with_the_clients_host_leads_to_a_port_without_tls(site: Site) -> None:
    with_port = main_file(site.folder, f"server {{ listen {site.port}; return 301 https://$http_host/; }}\n")
    with running(with_port, site.port):
        bad = asked(site.port, "/", host="example.com:8080").header("location")

    alone = main_file(site.folder, f"server {{ listen {site.port}; return 301 https://$host/; }}\n")
    with running(alone, site.port):
        good = asked(site.port, "/", host="example.com:8080").header("location")

    assert ("https://example.com:8080/", "https://example.com/") == (bad, good)


def test_a_browser_cannot_speak_to_a_port_without_tls(site: Site) -> None:
    path = main_file(site.folder, f"server {{ listen 127.0.0.1:{site.port}; return 204; }}\n")

    with running(path, site.port), _connected(site.port) as connection, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")


@pytest.mark.parametrize(
    ("rule", "server", "words"),
    [
        ("nginx/tls-without-certificate", "listen 127.0.0.1:PORT ssl;", 'no "ssl_certificate" is defined'),
        ("nginx/certificate-without-key", "listen 127.0.0.1:PORT ssl; ssl_certificate a.pem;", "ssl_certificate_key"),
        (
            "nginx/verification-without-authority",
            "listen 127.0.0.1:PORT; location / { proxy_ssl_verify on; proxy_pass https://127.0.0.1:1; }",
            "no proxy_ssl_trusted_certificate",
        ),
    ],
)
def test_nginx_does_not_start_where_the_rules_say_so(site: Site, rule: str, server: str, words: str) -> None:
    is_reported, said = site.refusal(rule, server)

    assert is_reported
    assert words in said


@pytest.mark.parametrize(
    "server",
    [
        "listen 127.0.0.1:PORT; proxy_ssl_verify on; root FOLDER;",
        "listen 127.0.0.1:PORT ssl; ssl_reject_handshake on;",
    ],
)
def test_nginx_starts_where_the_rules_are_silent(site: Site, server: str) -> None:
    for rule in ("nginx/verification-without-authority", "nginx/tls-without-certificate"):
        assert (False, "") == site.refusal(rule, server)
