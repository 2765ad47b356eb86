"""What the faults about headers, caching, gzip and logs do in real nginx, and that their mending helps."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.lint.examples import mended
from fairlead.lint.rule import Rule
from fairlead.tests.nginx.served import Reply, asked, free_port, main_file, nginx_binary, running

PAGE = "<html>" + "the page " * 200 + "</html>\n"
SCRIPT = "const a = 1;\n" * 200
PACKED = {"Accept-Encoding": "gzip"}


@contextmanager
def served(folder: Path, statements: str) -> Iterator[int]:
    """nginx with *statements* in http, ``PORT`` and ``ROOT`` in them filled in; the port."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    root = folder / "page"
    (root / "assets").mkdir(parents=True, exist_ok=True)
    (root / "index.html").write_text(PAGE)
    (root / "assets" / "app.js").write_text(SCRIPT)
    port = free_port()
    text = statements.replace("PORT", str(port)).replace("ROOT", str(root)).replace("FOLDER", str(folder))
    with running(main_file(folder, f"types {{ text/html html; application/javascript js; }}\n{text}"), port):
        yield port


def all_of(reply: Reply, name: str) -> list[str]:
    """Every value of a header."""
    return [value for key, value in reply.headers if key == name]


def rule_called(name: str) -> Rule:
    """One of ours."""
    rule = Catalogue().find(name)
    assert rule is not None
    return rule


def fixed(name: str, statements: str) -> str:
    """*statements* of http after the rule called *name* mended them, unsafe edits included."""
    main = f"events {{}}\nhttp {{\n{statements}}}\n"
    text = mended(rule_called(name), {"nginx.conf": main})["nginx.conf"]
    assert text != main
    return text.removeprefix("events {}\nhttp {\n").rstrip().removesuffix("}")


def test_one_header_in_a_location_loses_the_others_until_they_are_repeated(tmp_path: Path) -> None:
    statements = """
        server {
            listen 127.0.0.1:PORT;
            root ROOT;
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options nosniff always;
            location /assets/ {
                add_header Cache-Control "public, max-age=31536000, immutable";
            }
        }
    """
    with served(tmp_path, statements) as port:
        assert "DENY" == asked(port, "/index.html").header("x-frame-options")
        assert "" == asked(port, "/assets/app.js").header("x-frame-options")

    with served(tmp_path, fixed("nginx/security-headers-dropped", statements)) as port:
        script = asked(port, "/assets/app.js")

        assert ("DENY", "nosniff") == (script.header("x-frame-options"), script.header("x-content-type-options"))


def test_a_line_break_in_a_header_is_sent_as_it_is(tmp_path: Path) -> None:
    statements = 'server { listen 127.0.0.1:PORT; add_header X-A "one\n  two"; return 204; }\n'

    with served(tmp_path, statements) as port:
        assert "\n" in asked(port, "/").header("x-a")

    with served(tmp_path, fixed("nginx/header-over-lines", statements)) as port:
        assert "one two" == asked(port, "/").header("x-a")


def test_a_page_for_an_error_has_only_the_headers_with_always(tmp_path: Path) -> None:
    statements = """
        server {
            listen 127.0.0.1:PORT;
            root ROOT;
            add_header X-Frame-Options DENY;
        }
    """
    with served(tmp_path, statements) as port:
        assert "DENY" == asked(port, "/index.html").header("x-frame-options")
        assert "" == asked(port, "/none").header("x-frame-options")

    with served(tmp_path, fixed("nginx/header-without-always", statements)) as port:
        assert "DENY" == asked(port, "/none").header("x-frame-options")


def test_expires_sends_a_second_cache_control_until_both_are_one(tmp_path: Path) -> None:
    statements = """
        server {
            listen 127.0.0.1:PORT;
            root ROOT;
            expires 30d;
            add_header Cache-Control "public, immutable";
        }
    """
    with served(tmp_path, statements) as port:
        assert ["max-age=2592000", "public, immutable"] == all_of(asked(port, "/index.html"), "cache-control")

    with served(tmp_path, fixed("nginx/cache-control-twice", statements)) as port:
        assert ["public, max-age=2592000, immutable"] == all_of(asked(port, "/index.html"), "cache-control")


def test_add_header_never_replaces(tmp_path: Path) -> None:
    statements = """
        server {
            listen 127.0.0.1:PORT;
            add_header X-Frame-Options DENY;
            add_header x-frame-options DENY;
            add_header Content-Type application/json;
            return 200 "{}";
        }
    """
    with served(tmp_path, statements) as port:
        reply = asked(port, "/")

        assert ["DENY", "DENY"] == all_of(reply, "x-frame-options")
        assert ["text/plain", "application/json"] == all_of(reply, "content-type")


def test_an_answer_without_content_has_no_type_of_its_own(tmp_path: Path) -> None:
    statements = "server { listen 127.0.0.1:PORT; add_header Content-Type text/plain; return 204; }\n"

    with served(tmp_path, statements) as port:
        assert ["text/plain"] == all_of(asked(port, "/"), "content-type")


def test_the_version_is_told_unless_it_is_switched_off(tmp_path: Path) -> None:
    statements = "server { listen 127.0.0.1:PORT; return 404; }\n"

    with served(tmp_path, statements) as port:
        reply = asked(port, "/")
        assert "nginx/" in reply.header("server")
        assert "nginx/" in reply.body

    with served(tmp_path, fixed("nginx/server-tokens-on", statements)) as port:
        assert ("nginx", False) == (asked(port, "/").header("server"), "nginx/" in asked(port, "/").body)


MISSING = {
    "nginx/no-nosniff": "x-content-type-options",
    "nginx/no-frame-options": "x-frame-options",
    "nginx/no-referrer-policy": "referrer-policy",
    "nginx/no-permissions-policy": "permissions-policy",
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_header_is_sent_from_every_place_after_mending(name: str, tmp_path: Path) -> None:
    statements = """
        server {
            listen PORT;
            root ROOT;
            location / {
                try_files $uri =404;
            }
            location /app/ {
                add_header Cache-Control no-cache;
                try_files /index.html =404;
            }
        }
    """
    with served(tmp_path, fixed(name, statements)) as port:
        for uri in ("/index.html", "/app/x", "/none"):
            assert asked(port, uri).header(MISSING[name]), uri

        assert "no-cache" == asked(port, "/app/x").header("cache-control")


def test_the_fallback_page_has_the_headers_of_its_own_location(tmp_path: Path) -> None:
    statements = """
        server {
            listen 127.0.0.1:PORT;
            add_header X-Frame-Options DENY always;
            location = /index.html {
                root ROOT;
            }
            location / {
                root ROOT;
                add_header X-Frame-Options DENY always;
                add_header Cache-Control no-cache;
                try_files $uri /index.html;
            }
        }
    """
    with served(tmp_path, statements) as port:
        assert (200, "") == (asked(port, "/some/view").status, asked(port, "/some/view").header("cache-control"))

    with served(tmp_path, fixed("nginx/page-without-no-cache", statements)) as port:
        view = asked(port, "/some/view")

        assert ("no-cache, no-store, must-revalidate", "DENY") == (
            view.header("cache-control"),
            view.header("x-frame-options"),
        )


def test_a_location_for_the_page_keeps_what_the_page_had(tmp_path: Path) -> None:
    statements = """
        server {
            listen 127.0.0.1:PORT;
            add_header X-Frame-Options DENY always;
            location / {
                root ROOT;
                try_files $uri $uri/ /index.html;
            }
        }
    """
    with served(tmp_path, fixed("nginx/page-without-no-cache", statements)) as port:
        for uri in ("/", "/some/view", "/index.html"):
            reply = asked(port, uri)

            assert (200, PAGE, "DENY") == (reply.status, reply.body, reply.header("x-frame-options"))
            assert "no-cache, no-store, must-revalidate" == reply.header("cache-control")


def test_a_missing_script_is_a_page_with_200_until_it_is_404(tmp_path: Path) -> None:
    statements = """
        server {
            listen 127.0.0.1:PORT;
            root ROOT;
            location /assets/ {
                expires 1y;
                try_files $uri /index.html;
            }
        }
    """
    with served(tmp_path, statements) as port:
        reply = asked(port, "/assets/app-0a1b.js")
        assert (200, "text/html") == (reply.status, reply.header("content-type"))

    with served(tmp_path, fixed("nginx/asset-answered-with-page", statements)) as port:
        assert (404, 200) == (asked(port, "/assets/app-0a1b.js").status, asked(port, "/assets/app.js").status)


def test_gzip_alone_compresses_pages_and_no_scripts(tmp_path: Path) -> None:
    statements = "gzip on;\nserver { listen 127.0.0.1:PORT; root ROOT; }\n"

    with served(tmp_path, statements) as port:
        assert "gzip" == asked(port, "/index.html", headers=PACKED).header("content-encoding")
        assert "" == asked(port, "/assets/app.js", headers=PACKED).header("content-encoding")
        assert "" == asked(port, "/index.html", headers=PACKED).header("vary")

    with served(tmp_path, fixed("nginx/gzip-types-missing", statements)) as port:
        assert "gzip" == asked(port, "/assets/app.js", headers=PACKED).header("content-encoding")

    with served(tmp_path, fixed("nginx/gzip-without-vary", statements)) as port:
        assert "Accept-Encoding" == asked(port, "/index.html", headers=PACKED).header("vary")


def test_gzip_is_off_unless_it_is_switched_on(tmp_path: Path) -> None:
    statements = "server { listen PORT; root ROOT; }\n"

    with served(tmp_path, statements) as port:
        assert "" == asked(port, "/index.html", headers=PACKED).header("content-encoding")

    with served(tmp_path, fixed("nginx/gzip-off", statements)) as port:
        assert "gzip" == asked(port, "/assets/app.js", headers=PACKED).header("content-encoding")


def test_a_request_through_a_proxy_gets_the_plain_answer(tmp_path: Path) -> None:
    statements = "gzip on;\nset_real_ip_from 10.0.0.0/8;\nserver { listen 127.0.0.1:PORT; root ROOT; }\n"
    through = {**PACKED, "Via": "1.1 cdn"}

    with served(tmp_path, statements) as port:
        assert "" == asked(port, "/index.html", headers=through).header("content-encoding")

    with served(tmp_path, fixed("nginx/gzip-not-for-proxies", statements)) as port:
        assert "gzip" == asked(port, "/index.html", headers=through).header("content-encoding")


def test_text_html_among_the_types_makes_nginx_warn(tmp_path: Path) -> None:
    statements = "gzip_types text/html text/css;\n"

    assert "duplicate MIME type" in checked(tmp_path, statements)
    assert "" == checked(tmp_path, fixed("nginx/gzip-type-useless", statements))


def checked(folder: Path, statements: str) -> str:
    """What ``nginx -t`` says beside that all is well."""
    path = main_file(folder, statements)
    command = [nginx_binary(), "-p", str(folder), "-c", str(path), "-t", "-q"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return "\n".join(line for line in said.splitlines() if "[warn]" in line)


def test_error_log_off_is_a_file_called_off(tmp_path: Path) -> None:
    with served(tmp_path, "error_log off;\nserver { listen 127.0.0.1:PORT; return 204; }\n"):
        assert (tmp_path / "off").exists()


CACHE = """
    proxy_cache_path FOLDER/cache keys_zone=pages:1m;
    server {
        listen 127.0.0.1:PORT;
        server_name a.example b.example;
        location / {
            proxy_pass http://127.0.0.1:PORT/made/;
            proxy_set_header Host made.example;
            proxy_set_header X-For $host;
            proxy_cache pages;
            proxy_cache_valid 1h;
            %s
        }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name made.example;
        add_header Set-Cookie "session=$http_x_for";
        return 200 "$http_x_for";
    }
"""


def test_a_key_without_the_host_mixes_sites(tmp_path: Path) -> None:
    mixing = "proxy_cache_key $request_uri; proxy_ignore_headers Set-Cookie;"
    with served(tmp_path, CACHE % mixing) as port:
        assert ["a.example", "a.example"] == [asked(port, "/", host=host).body for host in ("a.example", "b.example")]

    with served(tmp_path / "whole", CACHE % mixing.replace("$request_uri", "$host$request_uri")) as port:
        assert ["a.example", "b.example"] == [asked(port, "/", host=host).body for host in ("a.example", "b.example")]


def test_a_kept_answer_hands_on_its_cookie(tmp_path: Path) -> None:
    with served(tmp_path, CACHE % "proxy_cache_key $request_uri; proxy_ignore_headers Set-Cookie;") as port:
        cookies = [asked(port, "/", host=host).header("set-cookie") for host in ("a.example", "b.example")]

        assert ["session=a.example", "session=a.example"] == cookies


WRITING = (
    "nginx/gzip-off",
    "nginx/gzip-types-missing",
    "nginx/gzip-without-vary",
    "nginx/gzip-not-for-proxies",
    "nginx/server-tokens-on",
    "nginx/upstream-headers-shown",
)


@pytest.mark.parametrize("name", WRITING)
def test_nginx_accepts_what_a_mending_writes(name: str, tmp_path: Path) -> None:
    text = rule_called(name).fixed
    assert isinstance(text, str)
    path = tmp_path / "nginx.conf"
    path.write_text(text if "events" in text else f"events {{}}\n{text}")
    command = [nginx_binary(), "-p", str(tmp_path), "-c", str(path), "-t", "-q", "-e", str(tmp_path / "error.log")]
    options = ["-g", f"pid {tmp_path}/pid;"]
    said = subprocess.run([*command, *options], capture_output=True, text=True, check=False)

    assert (0, "") == (said.returncode, said.stderr)
