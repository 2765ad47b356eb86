"""What the faults of proxying, locations and servers do in real nginx, and that their mending helps."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.lint.engine import Setup, lint
from fairlead.lint.examples import mended
from fairlead.lint.files import Files
from fairlead.lint.rule import Rule
from fairlead.lint.selection import Selection
from fairlead.tests.nginx.served import Reply, asked, free_port, main_file, nginx_binary, running


class Echo(BaseHTTPRequestHandler):
    """Answers with the request line and the headers that it got."""

    def do_GET(self) -> None:
        text = f"{self.requestline}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def backend() -> Iterator[int]:
    """The port of a back end that tells what it was asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@contextmanager
def served(folder: Path, statements: str, backend: int = 9) -> Iterator[int]:
    """nginx with *statements* in http, ``PORT``, ``BACKEND`` and ``ROOT`` in them filled in; the port."""
    folder.chmod(0o755)
    root = folder / "page"
    root.mkdir(exist_ok=True)
    (root / "index.html").write_text("the page")
    port = free_port()
    text = statements.replace("PORT", str(port)).replace("BACKEND", f"127.0.0.1:{backend}").replace("ROOT", str(root))
    with running(main_file(folder, text), port):
        yield port


def rule_called(name: str) -> Rule:
    """One of ours."""
    rule = Catalogue().find(name)
    assert rule is not None
    return rule


def found(name: str, statements: str) -> list[int]:
    """The lines of *statements* of http in which the rule called *name* finds something."""
    files = Files({"nginx.conf": f"events {{}} http {{\n{statements}}}\n"}, only_overlay=True)
    setup = Setup(Catalogue(), Selection("strict", select=(name,)))
    return [each.place.line - 1 for each in lint({"nginx": ["nginx.conf"]}, files, setup).findings]


def fixed(name: str, statements: str) -> str:
    """*statements* of http after the rule called *name* mended them, unsafe edits included."""
    main = f"events {{}}\nhttp {{\n{statements}}}\n"
    text = mended(rule_called(name), {"nginx.conf": main})["nginx.conf"]
    assert text != main
    return text.removeprefix("events {}\nhttp {\n").rstrip().removesuffix("}")


def told(reply: Reply, name: str) -> str:
    """What the back end got as header *name*; nothing where it did not."""
    lines = (line.partition(": ") for line in reply.body.split("\n")[1:])
    return next((value.strip() for key, _, value in lines if key.lower() == name), "")


def line_of(reply: Reply) -> str:
    """The request line that the back end got, without the version, which grew in nginx 1.29.7."""
    return reply.body.partition("\n")[0].rpartition(" ")[0]


def complaint(folder: Path, statements: str) -> str:
    """What ``nginx -t`` says against *statements* of http."""
    said = subprocess.run(
        [nginx_binary(), "-t", "-q", "-p", str(folder), "-c", str(main_file(folder, statements))],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stderr


PLAIN = """server {
    listen 127.0.0.1:PORT;
    location / {
        proxy_pass http://BACKEND;
    }
}
"""
NAMED = """upstream app { server BACKEND; }
server {
    listen 127.0.0.1:PORT;
    location / {
        proxy_pass http://app;
    }
}
"""


def test_without_headers_the_back_end_knows_neither_name_nor_visitor(tmp_path: Path, backend: int) -> None:
    with served(tmp_path, NAMED, backend) as port:
        reply = asked(port, "/", host="shop.example.com", headers={"X-Forwarded-For": "6.6.6.6"})

        assert ("app", "6.6.6.6", "") == tuple(told(reply, key) for key in KEYS)

    with served(tmp_path, fixed("nginx/proxy-headers-missing", NAMED), backend) as port:
        reply = asked(port, "/", host="shop.example.com", headers={"X-Forwarded-For": "6.6.6.6"})

        assert ("shop.example.com", "6.6.6.6, 127.0.0.1", "http") == tuple(told(reply, key) for key in KEYS)


KEYS = ("host", "x-forwarded-for", "x-forwarded-proto")
SET_AROUND = """server {
    listen 127.0.0.1:PORT;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    location / { proxy_pass http://BACKEND; }
    location /ws/ {
        proxy_set_header X-Room one;
        proxy_pass http://BACKEND;
    }
}
"""


def test_one_header_in_a_location_drops_those_around_it(tmp_path: Path, backend: int) -> None:
    assert [8] == found("nginx/proxy-headers-dropped", SET_AROUND)
    with served(tmp_path, SET_AROUND, backend) as port:
        assert "shop.example.com" == told(asked(port, "/", host="shop.example.com"), "host")
        assert f"127.0.0.1:{backend}" == told(asked(port, "/ws/", host="shop.example.com"), "host")

    with served(tmp_path, fixed("nginx/proxy-headers-dropped", SET_AROUND), backend) as port:
        assert "shop.example.com" == told(asked(port, "/ws/", host="shop.example.com"), "host")


MISMATCH = """server {
    listen 127.0.0.1:PORT;
    location /api {
        proxy_pass http://BACKEND/;
    }
    location /v1/ {
        proxy_pass http://BACKEND/one;
    }
}
"""


def test_mismatched_slashes_double_one_or_lose_one_and_open_what_is_beside(tmp_path: Path, backend: int) -> None:
    assert [4, 7] == found("nginx/proxy-slash-mismatch", MISMATCH)
    with served(tmp_path, MISMATCH, backend) as port:
        assert "GET //users" == line_of(asked(port, "/api/users"))
        assert "GET /internal" == line_of(asked(port, "/apiinternal"))
        assert "GET /oneusers" == line_of(asked(port, "/v1/users"))

    with served(tmp_path, fixed("nginx/proxy-slash-mismatch", MISMATCH), backend) as port:
        assert "GET /users" == line_of(asked(port, "/api/users"))
        assert 404 == asked(port, "/apiinternal").status
        assert "GET /one/users" == line_of(asked(port, "/v1/users"))


@pytest.mark.parametrize(
    "location",
    [
        "location ~ ^/a { proxy_pass http://127.0.0.1:9/; }",
        "location @a { proxy_pass http://127.0.0.1:9/; }",
        "location /a { if ($arg_a) { proxy_pass http://127.0.0.1:9/; } }",
        "location /a { limit_except GET { proxy_pass http://127.0.0.1:9/; } }",
    ],
)
def test_nginx_refuses_a_path_that_replaces_nothing(tmp_path: Path, location: str) -> None:
    statements = f"server {{\n{location}\n}}\n"

    assert [2] == found("nginx/proxy-path-refused", statements)
    assert '"proxy_pass" cannot have URI part' in complaint(tmp_path, statements)


def test_a_path_behind_a_variable_is_all_that_is_asked_for(tmp_path: Path, backend: int) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        set $target BACKEND;
        location /api/ { proxy_pass http://$target/; }
        location /whole/ { proxy_pass http://$target; }
    }
    """

    assert [4] == found("nginx/proxy-path-lost", statements)
    with served(tmp_path, statements, backend) as port:
        assert "GET /" == line_of(asked(port, "/api/users"))
        assert "GET /whole/users" == line_of(asked(port, "/whole/users"))


def test_a_websocket_needs_both_headers_and_a_newer_http(tmp_path: Path, backend: int) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        location /chat/ {
            proxy_set_header Upgrade $http_upgrade;
            proxy_pass http://BACKEND;
        }
    }
    """
    asking = {"Upgrade": "websocket", "Connection": "Upgrade"}
    with served(tmp_path, statements, backend) as port:
        reply = asked(port, "/chat/", headers=asking)

        assert "websocket" == told(reply, "upgrade")
        assert told(reply, "connection") in ("", "close")

    with served(tmp_path, fixed("nginx/upgrade-not-passed-on", statements), backend) as port:
        assert "upgrade" == told(asked(port, "/chat/", headers=asking), "connection")

    with served(tmp_path, PLAIN, backend) as port:
        assert "" == told(asked(port, "/", headers=asking), "upgrade")


def test_a_name_in_a_variable_needs_a_resolver(tmp_path: Path) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        set $target api.example.com;
        location / { proxy_pass http://$target; }
    }
    """

    assert [4] == found("nginx/proxy-without-resolver", statements)
    with served(tmp_path, statements) as port:
        assert 502 == asked(port, "/").status


def test_the_query_chooses_which_machine_is_asked(tmp_path: Path, backend: int) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        location /fetch { proxy_pass http://$arg_to/secret; }
    }
    """

    assert [3] == found("nginx/request-to-any-host", statements)
    with served(tmp_path, statements, backend) as port:
        assert "GET /secret" == line_of(asked(port, f"/fetch?to=127.0.0.1:{backend}"))


def test_the_header_host_may_name_another_than_the_request_line(tmp_path: Path, backend: int) -> None:
    statements = """server {
        listen 127.0.0.1:PORT default_server;
        return 444;
    }
    server {
        listen 127.0.0.1:PORT;
        server_name shop.example.com;
        location / {
            proxy_set_header Host $http_host;
            proxy_pass http://BACKEND;
        }
    }
    """
    line = "http://shop.example.com/"
    with served(tmp_path, statements, backend) as port:
        assert "evil.example.net" == told(asked(port, line, host="evil.example.net"), "host")

    with served(tmp_path, statements.replace("$http_host", "$host"), backend) as port:
        assert "shop.example.com" == told(asked(port, line, host="evil.example.net"), "host")


def test_who_may_name_any_address_comes_in_from_the_one_that_is_allowed(tmp_path: Path) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        root ROOT;
        set_real_ip_from 0.0.0.0/0;
        real_ip_header X-Forwarded-For;
        allow 10.1.2.3;
        deny all;
    }
    """
    with served(tmp_path, statements) as port:
        assert 403 == asked(port, "/index.html").status
        assert 200 == asked(port, "/index.html", headers={"X-Forwarded-For": "10.1.2.3"}).status


SHADOWED = r"""server {
    listen 127.0.0.1:PORT;
    location ~ \.php$ { return 200 all; }
    location ~ ^/admin/.*\.php$ { return 403; }
    location ~* \.(js|css|png)$ { return 200 all; }
    location ~* \.(css|png)$ { return 403; }
    location ~ ^/api { return 200 all; }
    location ~ ^/api/v2 { return 403; }
    location /api/health { return 403; }
    location ^~ /static/ { return 200 all; }
    location ~ ^/static/.*\.txt$ { return 403; }
}
"""


def test_a_location_that_another_shadows_never_answers(tmp_path: Path) -> None:
    assert [4, 6, 8, 9, 11] == found("nginx/unreachable-location", SHADOWED)
    with served(tmp_path, SHADOWED) as port:
        paths = ("/admin/a.php", "/a.png", "/api/v2/a", "/api/health", "/static/a.txt")

        assert ["all"] * 5 == [asked(port, path).body for path in paths]


def test_a_return_in_the_server_answers_before_every_location(tmp_path: Path) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        return 200 server;
        location = /health { return 200 location; }
    }
    """

    assert [4] == found("nginx/unreachable-location", statements)
    with served(tmp_path, statements) as port:
        assert "server" == asked(port, "/health").body


def test_an_if_takes_try_files_away_and_leaves_proxy_pass(tmp_path: Path, backend: int) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        location / {
            root ROOT;
            if ($arg_a) { set $seen 1; }
            try_files $uri /index.html;
        }
        location /api/ {
            if ($arg_a) { set $seen 1; }
            proxy_pass http://BACKEND/;
        }
    }
    """

    assert [5] == found("nginx/if-takes-over", statements)
    with served(tmp_path, statements, backend) as port:
        assert [200, 404] == [asked(port, path).status for path in ("/none", "/none?a=1")]
        assert "GET /x?a=1" == line_of(asked(port, "/api/x?a=1"))


def test_of_several_ifs_with_headers_the_last_one_counts(tmp_path: Path) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        location / {
            root ROOT;
            if ($arg_a) { add_header X-A 1; }
            if ($arg_b) { add_header X-B 1; }
        }
    }
    """

    assert [5] == found("nginx/headers-of-several-ifs", statements)
    with served(tmp_path, statements) as port:
        reply = asked(port, "/index.html?a=1&b=1")

        assert ("", "1") == (reply.header("x-a"), reply.header("x-b"))


def test_the_first_server_answers_names_that_are_nobodys_and_names_written_twice(tmp_path: Path) -> None:
    statements = """server { listen 127.0.0.1:PORT; server_name one.test; return 200 one; }
    server { listen 127.0.0.1:PORT; server_name two.test ONE.test; return 200 two; }
    """

    assert [1] == found("nginx/no-default-server", statements)
    assert [2] == found("nginx/server-name-taken", statements)
    with served(tmp_path, statements) as port:
        assert ["one", "two", "one"] == [asked(port, "/", host=f"{name}.test").body for name in ("one", "two", "no")]


@pytest.mark.parametrize(
    ("name", "statements", "words"),
    [
        ("location-twice", "server { location /a { }\nlocation ^~ /a { } }\n", "duplicate location"),
        ("listen-twice", "server { listen 8080;\nlisten 0.0.0.0:8080; }\n", "duplicate listen"),
        (
            "listen-twice",
            "server { listen 8080 default_server; }\nserver { listen 8080 default_server; }\n",
            "duplicate default server",
        ),
        ("wrong-value", "server {\ngzip yes; }\n", 'it must be "on" or "off"'),
        ("unknown-directive", "server {\nsever_name a; }\n", "unknown directive"),
        ("wrong-context", "server {\nupstream a { } }\n", "not allowed here"),
        ("wrong-argument-count", "server {\nroot a b; }\n", "invalid number of arguments"),
        ("include-missing", "server {\ninclude none.conf; }\n", "No such file"),
        (
            "socket-options-twice",
            "server { listen 8080 backlog=9; }\nserver { listen 8080 backlog=9; }\n",
            "duplicate listen options",
        ),
        ("undefined-variable", "server {\nreturn 301 https://$hots/; }\n", 'unknown "hots" variable'),
        ("undefined-variable", "server {\nset $a $connection_upgrade; }\n", 'unknown "connection_upgrade" variable'),
        ("missing-zone", "server {\nlimit_req zone=login; }\n", "zero size shared memory zone"),
        ("missing-zone", "server {\nproxy_cache pages; }\n", '"proxy_cache" zone "pages" is unknown'),
        ("missing-log-format", "server {\naccess_log logs/a.log main; }\n", "unknown log format"),
    ],
)
def test_nginx_does_not_start(tmp_path: Path, name: str, statements: str, words: str) -> None:
    assert [2] == found(f"nginx/{name}", statements)
    assert words in complaint(tmp_path, statements)


def test_the_group_of_an_if_is_gone_once_rewrite_has_matched(tmp_path: Path) -> None:
    statements = r"""server {
        listen 127.0.0.1:PORT;
        location /a/ { if ($args ~ "id=(\d+)") { rewrite ^ /out/$1? last; } }
        location /b/ { if ($args ~ "id=(\d+)") { set $id $1; rewrite ^ /out/$id? last; } }
        location /out/ { return 200 "<$uri>"; }
    }
    """

    assert [3] == found("nginx/missing-group", statements)
    with served(tmp_path, statements) as port:
        assert ["</out/>", "</out/5>"] == [asked(port, path).body for path in ("/a/?id=5", "/b/?id=5")]


def test_a_group_that_is_not_there_is_empty(tmp_path: Path) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        rewrite ^/a/(.*)$ /b/$1/$2 last;
        location /b/ { return 200 "<$uri>"; }
    }
    """

    assert [3] == found("nginx/missing-group", statements)
    with served(tmp_path, statements) as port:
        assert "</b/x/>" == asked(port, "/a/x").body


def test_try_files_beside_proxy_pass_does_the_opposite(tmp_path: Path, backend: int) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        location / {
            root ROOT;
            try_files $uri =404;
            proxy_pass http://BACKEND;
        }
    }
    """

    assert [5] == found("nginx/files-before-back-end", statements)
    with served(tmp_path, statements, backend) as port:
        assert "GET /index.html" == line_of(asked(port, "/index.html"))
        assert 404 == asked(port, "/api").status


def test_the_root_of_the_machine_gives_every_file_away(tmp_path: Path) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        root /;
    }
    """

    assert [3] == found("nginx/root-of-the-machine", statements)
    with served(tmp_path, statements) as port:
        assert 200 == asked(port, "/etc/passwd").status


def test_what_the_visitor_claims_is_handed_on_or_completed(tmp_path: Path, backend: int) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        location / {
            proxy_set_header X-Forwarded-For $http_x_forwarded_for;
            proxy_pass http://BACKEND;
        }
    }
    """
    claimed = {"X-Forwarded-For": "6.6.6.6"}
    with served(tmp_path, statements, backend) as port:
        assert "6.6.6.6" == told(asked(port, "/", headers=claimed), "x-forwarded-for")

    with served(tmp_path, fixed("nginx/forwarded-for-from-client", statements), backend) as port:
        assert "6.6.6.6, 127.0.0.1" == told(asked(port, "/", headers=claimed), "x-forwarded-for")


def test_two_spellings_are_one_variable(tmp_path: Path) -> None:
    statements = """server {
        listen 127.0.0.1:PORT;
        set $target one;
        set $Target two;
        return 200 $target;
    }
    """

    assert [4] == found("nginx/variable-in-two-spellings", statements)
    with served(tmp_path, statements) as port:
        assert "two" == asked(port, "/").body
