"""A good site on a real nginx, and every way of spoiling it that a check from outside has to see."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from .authority import Authority, self_signed

NAME = "shop.test"
SCRIPT = "/assets/app-4f9d2c81.js"
HEADERS = """
add_header Strict-Transport-Security "max-age=63072000" always;
add_header X-Content-Type-Options nosniff always;
add_header X-Frame-Options DENY always;
add_header Referrer-Policy strict-origin-when-cross-origin always;
add_header Permissions-Policy "camera=(), microphone=()" always;
add_header Cross-Origin-Opener-Policy same-origin always;
add_header Cross-Origin-Resource-Policy same-origin always;
add_header Content-Security-Policy "default-src 'none'; script-src 'self'; frame-ancestors 'none'" always;
"""
MAIN = """
daemon off; master_process off; pid FOLDER/nginx.pid; error_log FOLDER/error.log;
events {}
http {
    access_log FOLDER/access.log;
    client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi;
    types { text/html html; application/javascript js; image/png png; text/plain txt; application/json map; }
    default_type application/octet-stream;
    server_tokens off;
    gzip on; gzip_vary on; gzip_min_length 256; gzip_types application/javascript text/plain;
    server { listen 127.0.0.1:PLAIN default_server; return 444; }
    server {
        listen 127.0.0.1:PLAIN; server_name shop.test;
        location ^~ /.well-known/acme-challenge/ { root FOLDER/acme; try_files $uri =404; }
        location / { return 301 https://$host:TLS$request_uri; }
    }
    server {
        listen 127.0.0.1:TLS ssl http2 default_server; server_name _;
        ssl_reject_handshake on;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305;
    }
    server {
        listen 127.0.0.1:TLS ssl http2; server_name shop.test;
        ssl_certificate FOLDER/chain.pem; ssl_certificate_key FOLDER/key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305;
        root FOLDER/page;
        include FOLDER/headers.conf;
        location ^~ /assets/ {
            include FOLDER/headers.conf;
            add_header Cache-Control "public, max-age=31536000, immutable";
            try_files $uri =404;
        }
        location /api/ {
            include FOLDER/headers.conf;
            add_header Cache-Control no-store always;
            default_type application/json;
            return 200 '{"ok": true}';
        }
        location ~ /\\. { return 404; }
        location ~ \\.(map|sql|pem|txt)$ { try_files $uri =404; }
        location / {
            include FOLDER/headers.conf;
            add_header Cache-Control "no-cache";
            try_files $uri /index.html;
        }
    }
}
"""
PAGE = f'<!doctype html><title>Shop</title><script src="{SCRIPT}"></script><img src="/assets/logo-1a2b3c4d.png">' + (
    "<p>what there is to buy</p>" * 100
)


@dataclass(frozen=True)
class Spoiled:
    """
    One fault.

    Attributes:
        red: Ids of the checks that have to fail; others may too.
        edits: Texts of the configuration and what takes their place.
        files: Further files below the folder, by path.
        certificate: Writes others than the good certificate.
    """

    name: str
    red: tuple[str, ...]
    edits: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    files: dict[str, str | bytes] = field(default_factory=dict)
    certificate: Callable[[Authority, Path], None] | None = None
    word: str = "FAIL"


def lay_out(folder: Path, authority: Authority, plain: int, tls: int, spoiled: Spoiled | None = None) -> Path:
    """Writes everything that nginx needs into *folder*; the path of its configuration."""
    main, headers = MAIN, HEADERS
    for old, new in spoiled.edits if spoiled else ():
        assert old in main, old
        main = main.replace(old, new)
    for old, new in spoiled.headers if spoiled else ():
        assert old in headers, old
        headers = headers.replace(old, new)
    files: dict[str, str | bytes] = {
        "page/index.html": PAGE,
        f"page{SCRIPT}": "console.log('a file of some length');\n" * 100,
        "page/assets/logo-1a2b3c4d.png": b"\x89PNG\r\n" + bytes(range(256)) * 8,
        "headers.conf": headers,
        "nginx.conf": _filled(main, folder, plain, tls),
        **(spoiled.files if spoiled else {}),
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode()
        (folder / path).write_bytes(data)
    (spoiled.certificate if spoiled and spoiled.certificate else good_certificate)(authority, folder)
    return folder / "nginx.conf"


def _filled(text: str, folder: Path, plain: int, tls: int) -> str:
    return text.replace("FOLDER", str(folder)).replace(":PLAIN", f":{plain}").replace(":TLS", f":{tls}")


def good_certificate(authority: Authority, folder: Path) -> None:
    """As a good site has it."""
    authority.write(folder, authority.issue(NAME))


def _issued(**fault: object) -> Callable[[Authority, Path], None]:
    return lambda authority, folder: authority.write(folder, authority.issue(NAME, **fault))  # type: ignore[arg-type]


def _unsigned(authority: Authority, folder: Path) -> None:
    authority.write(folder, self_signed(NAME), whole=False)


def _without_intermediate(authority: Authority, folder: Path) -> None:
    authority.write(folder, authority.issue(NAME), whole=False)


PROTOCOLS, CIPHERS = "ssl_protocols TLSv1.2 TLSv1.3;", "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256"
REDIRECT = "return 301 https://$host:TLS$request_uri;"
ASSETS = """location ^~ /assets/ {
            include FOLDER/headers.conf;"""
API = """location /api/ {
            include FOLDER/headers.conf;"""

DOTS = "location ~ /\\. {"
NAMED = "location ~ \\.(map|sql|pem|txt)$ { try_files $uri =404; }"
TRACE = "error_page 404 @trace; location @trace { return 500 'Traceback (most recent call last):'; }\n        "
FORGETFUL = """
            proxy_set_header Host shop.test; proxy_ssl_server_name on; proxy_ssl_name shop.test;
            proxy_set_header If-None-Match ""; proxy_pass https://127.0.0.1:TLS/raw/;
            break;"""
PREFLIGHT = """            if ($request_method = OPTIONS) {
                add_header Access-Control-Allow-Origin *;
                add_header Access-Control-Allow-Methods "GET, DELETE";
                return 204;
            }
"""
CHALLENGE = "location ^~ /.well-known/acme-challenge/ { root FOLDER/acme; try_files $uri =404; }"


def _location(text: str) -> tuple[tuple[str, str], ...]:
    """One more location."""
    return ((DOTS, f"location {text}\n        {DOTS}"),)


SPOILED = (
    Spoiled("no redirect to HTTPS", ("RD1",), ((REDIRECT, "return 200 hello;"),)),
    Spoiled("the redirect leads to plain HTTP", ("RD1",), ((REDIRECT, "return 301 http://$host:PLAIN/x;"),)),
    Spoiled("the redirect forgets the path", ("RD3",), ((REDIRECT, "return 301 https://$host:TLS/;"),)),
    Spoiled(
        "HTTPS leads back to plain HTTP",
        ("RD5", "RD0"),
        _location("= / { return 302 http://shop.test:PLAIN/; }"),
    ),
    Spoiled(
        "redirects go round",
        ("RD0", "RD2"),
        _location("= / { return 302 /; }"),
    ),
    Spoiled("the page is gone", ("RD0",), (("try_files $uri /index.html;", "return 503;"),)),
    Spoiled(
        "any name gets the page",
        ("RD7",),
        (
            ("ssl_reject_handshake on;", "ssl_certificate FOLDER/chain.pem; ssl_certificate_key FOLDER/key.pem;"),
            ("server_name _;", "server_name other.test;"),
            ("ssl http2; server_name shop.test;", "ssl http2; server_name shop.test fairlead-verify.invalid;"),
        ),
    ),
    Spoiled("the certificate is signed by itself", ("TL1",), certificate=_unsigned),
    Spoiled("the intermediate is not sent", ("TL1",), certificate=_without_intermediate),
    Spoiled("the certificate has expired", ("TL1", "TL3"), certificate=_issued(age=timedelta(days=91))),
    Spoiled("the certificate was not renewed", ("TL3",), certificate=_issued(age=timedelta(days=75))),
    Spoiled(
        "a six-day certificate was not renewed",
        ("TL3",),
        certificate=_issued(lifetime=timedelta(days=6), age=timedelta(days=5)),
    ),
    Spoiled("the certificate is for another name", ("TL2",), certificate=_issued(names=("www.shop.test",))),
    Spoiled(
        "the key is of 1024 bits",
        ("TL8",),
        ((CIPHERS, CIPHERS.replace("ECDHE-E", "@SECLEVEL=0:ECDHE-E")),),
        certificate=_issued(rsa_bits=1024),
    ),
    Spoiled(
        "TLS 1.0 and 1.1 are spoken",
        ("TL6",),
        ((PROTOCOLS, "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;"), (CIPHERS, "ssl_ciphers ALL:@SECLEVEL=0")),
    ),
    Spoiled("no TLS 1.3", ("TL6",), ((PROTOCOLS, "ssl_protocols TLSv1.2;"),), word="WARN"),
    Spoiled("a weak cipher", ("TL7",), ((CIPHERS, "ssl_ciphers ECDHE-ECDSA-AES128-SHA"),)),
    Spoiled(
        "a cipher without forward secrecy",
        ("TL7",),
        ((CIPHERS, "ssl_ciphers AES128-GCM-SHA256"),),
        certificate=_issued(rsa_bits=2048),
    ),
    Spoiled("no HTTP/2", ("TL10",), (("127.0.0.1:TLS ssl http2", "127.0.0.1:TLS ssl"),)),
    Spoiled("a responder, and nothing stapled", ("TL13",), certificate=_issued(ocsp="http://ocsp.test/")),
    Spoiled(
        "whoever names no host gets the certificate",
        ("TL12",),
        (
            (
                "ssl_reject_handshake on;",
                "ssl_certificate FOLDER/chain.pem; ssl_certificate_key FOLDER/key.pem; return 444;",
            ),
        ),
    ),
    Spoiled(
        "no HSTS", ("HD1", "HD13"), headers=(('add_header Strict-Transport-Security "max-age=63072000" always;', ""),)
    ),
    Spoiled("HSTS for a day", ("HD1",), headers=(("max-age=63072000", "max-age=86400"),)),
    Spoiled(
        "HSTS twice",
        ("HD1", "HD9"),
        headers=(
            ("add_header X-F", 'add_header Strict-Transport-Security "max-age=63072000" always;\nadd_header X-F'),
        ),
    ),
    Spoiled("HSTS without always", ("HD1",), headers=(('63072000" always', '63072000"'),)),
    Spoiled("no nosniff", ("HD2",), headers=(("add_header X-Content-Type-Options nosniff always;", ""),)),
    Spoiled("nosniff without always", ("HD2",), headers=(("nosniff always", "nosniff"),)),
    Spoiled(
        "a location with headers of its own loses the others", ("HD1", "HD2"), ((ASSETS, "location ^~ /assets/ {"),)
    ),
    Spoiled("the API loses the security headers", ("HD1", "HD2"), ((API, "location /api/ {"),)),
    Spoiled("inline scripts run", ("HD3",), headers=(("script-src 'self'", "script-src 'self' 'unsafe-inline'"),)),
    Spoiled("scripts from anywhere run", ("HD3",), headers=(("script-src 'self'", "script-src https:"),)),
    Spoiled(
        "a policy that is none",
        ("HD3",),
        headers=(("default-src 'none'; script-src 'self'", "default-src 'none'; default-src 'self'"),),
    ),
    Spoiled("anybody may frame the page", ("HD4",), headers=(("frame-ancestors 'none'", "frame-ancestors *"),)),
    Spoiled(
        "nothing keeps others from framing the page",
        ("HD4",),
        headers=(("; frame-ancestors 'none'", ""), ("add_header X-Frame-Options DENY always;", "")),
    ),
    Spoiled("the referrer is sent whole", ("HD5",), headers=(("strict-origin-when-cross-origin", "unsafe-url"),)),
    Spoiled(
        "no Permissions-Policy",
        ("HD6",),
        headers=(('add_header Permissions-Policy "camera=(), microphone=()" always;', ""),),
    ),
    Spoiled("no opener policy", ("HD7",), headers=(("add_header Cross-Origin-Opener-Policy same-origin always;", ""),)),
    Spoiled("no resource policy", ("HD8",), headers=(("Resource-Policy same-origin", "Resource-Policy cross-origin"),)),
    Spoiled("the version of nginx is told", ("HD10",), (("server_tokens off;", "server_tokens on;"),)),
    Spoiled(
        "the application tells its name",
        ("HD10",),
        headers=(("add_header X-F", "add_header X-Powered-By PHP/8.3 always;\nadd_header X-F"),),
    ),
    Spoiled(
        "any origin may read, with credentials",
        ("HD11",),
        headers=(
            (
                "add_header X-F",
                "add_header Access-Control-Allow-Origin $http_origin always;\n"
                "add_header Access-Control-Allow-Credentials true always;\n"
                'add_header Access-Control-Allow-Methods "GET, DELETE" always;\nadd_header X-F',
            ),
        ),
    ),
    Spoiled(
        "any origin may delete",
        ("HD15",),
        (("            try_files $uri /index.html;", PREFLIGHT + "            try_files $uri /index.html;"),),
    ),
    Spoiled(
        "a session without flags",
        ("HD12",),
        headers=(("add_header X-F", 'add_header Set-Cookie "session=1; Path=/";\nadd_header X-F'),),
    ),
    Spoiled("assets are kept for an hour", ("CA1",), (("max-age=31536000, immutable", "max-age=3600"),)),
    Spoiled("assets are not immutable", ("CA1",), (("max-age=31536000, immutable", "max-age=31536000"),), word="WARN"),
    Spoiled("the page is kept for a day", ("CA2",), (('"no-cache"', '"max-age=86400"'),)),
    Spoiled("answers of the API are kept", ("CA3",), (("no-store always", '"public, max-age=60" always'),)),
    Spoiled(
        "the API is answered with the page", ("AP11",), (("return 200 '{\"ok\": true}';", "rewrite ^ /index.html;"),)
    ),
    Spoiled("no ETag", ("CA4",), (("server_tokens off;", "server_tokens off; etag off;"),), word="WARN"),
    Spoiled(
        "ETags count for nothing",
        ("CA4",),
        ((ASSETS, ASSETS + FORGETFUL), *_location("^~ /raw/ { alias FOLDER/page/assets/; gzip off; }")),
    ),
    Spoiled(
        "the page fails over HTTP/2",
        ("ST7",),
        ((DOTS, f"if ($server_protocol = HTTP/2.0) {{ return 500; }}\n        {DOTS}"),),
    ),
    Spoiled(
        "HTTP/3 is announced and not there",
        ("ST8",),
        headers=(("add_header X-F", "add_header Alt-Svc 'h3=\":9\"' always;\nadd_header X-F"),),
    ),
    Spoiled(
        "a connection for each request", ("ST9",), (("server_tokens off;", "server_tokens off; keepalive_timeout 0;"),)
    ),
    Spoiled(
        "any method gets the page",
        ("EX7",),
        ((DOTS, f"if ($request_method = FAIRLEAD) {{ return 200 hello; }}\n        {DOTS}"),),
        word="WARN",
    ),
    Spoiled(
        "who does not want gzip gets it",
        ("CA7",),
        ((ASSETS, ASSETS + " gzip_static always;"),),
        files={f"page{SCRIPT}.gz": gzip.compress(b"console.log('a file of some length');\n" * 100)},
    ),
    Spoiled("no gzip", ("CA6",), (("gzip on;", "gzip off;"),)),
    Spoiled("scripts are not compressed", ("CA6",), (("gzip_types application/javascript text/plain;", ""),)),
    Spoiled("compressed without Vary", ("CA8",), (("gzip_vary on;", ""),)),
    Spoiled(
        "pictures are compressed again", ("CA9",), (("gzip_types application", "gzip_types image/png application"),)
    ),
    Spoiled(
        "a twin of another build",
        ("CA10",),
        ((ASSETS, ASSETS + " gzip_static on;"),),
        files={f"page{SCRIPT}.gz": gzip.compress(b"console.log('an older release');\n" * 100)},
    ),
    Spoiled(
        "compressed twice",
        ("CA9",),
        ((ASSETS, ASSETS + " add_header Content-Encoding gzip;"),),
        files={f"page{SCRIPT}": gzip.compress(gzip.compress(b"console.log(1);\n" * 200))},
        word="FAIL",
    ),
    Spoiled(
        "the repository is served",
        ("EX1",),
        ((DOTS + " return 404; }", ""),),
        files={"page/.git/HEAD": "ref: refs/heads/main\n"},
    ),
    Spoiled(
        "the env file is served",
        ("EX1",),
        ((DOTS + " return 404; }", ""),),
        files={"page/.env": "PASSWORD=x\n"},
    ),
    Spoiled(
        "a dump is served",
        ("EX1",),
        (("types {", "types { text/plain sql;"),),
        files={"page/backup.sql": "CREATE TABLE people (id int);\n"},
    ),
    Spoiled("a private key is served", ("EX1b",), files={"page/privkey.pem": "-----BEGIN PRIVATE KEY-----\n"}),
    Spoiled("a source map is served", ("EX2",), files={f"page{SCRIPT}.map": '{"version": 3, "mappings": "AAAA"}'}),
    Spoiled(
        "the API documents itself",
        ("EX3",),
        _location("= /docs { default_type text/html; return 200 '<div id=swagger-ui></div>'; }"),
    ),
    Spoiled(
        "nginx's counters are open",
        ("EX4",),
        _location("= /nginx_status { stub_status; }"),
    ),
    Spoiled(
        "folders are listed",
        ("EX5",),
        (
            (ASSETS, ASSETS + " autoindex on;"),
            (
                "            try_files $uri =404;\n        }\n        location /api/",
                "        }\n        location /api/",
            ),
        ),
    ),
    Spoiled(
        "an alias lets paths climb",
        ("EX6",),
        (
            (
                "location ^~ /assets/ {\n            include FOLDER/headers.conf;",
                "location ^~ /assets {\n            alias FOLDER/page/assets/; include FOLDER/headers.conf;",
            ),
            (
                "            try_files $uri =404;\n        }\n        location /api/",
                "        }\n        location /api/",
            ),
        ),
        files={"page/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"},
    ),
    Spoiled(
        "errors show a traceback",
        ("EX8",),
        ((NAMED, TRACE + NAMED),),
    ),
    Spoiled(
        "a script of the page is gone",
        ("AP5", "CA1"),
        (
            (
                "try_files $uri =404;\n        }\n        location /api/",
                "try_files /nothing =404;\n        }\n        location /api/",
            ),
        ),
    ),
    Spoiled(
        "missing files are answered with the page",
        ("AP10",),
        (
            (
                "try_files $uri =404;\n        }\n        location /api/",
                "try_files $uri /index.html;\n        }\n        location /api/",
            ),
        ),
    ),
    Spoiled("scripts are answered with the page", ("AP5",), ((ASSETS, ASSETS + " rewrite \\.js$ /index.html;"),)),
    Spoiled(
        "a forwarded host is believed",
        ("RD8",),
        _location(
            "= / { if ($http_x_forwarded_host) { return 302 //$http_x_forwarded_host/; } rewrite ^ /index.html; }"
        ),
    ),
    Spoiled(
        "the challenge path leads elsewhere",
        ("RD9",),
        (
            (
                CHALLENGE,
                "location ^~ /.well-known/ { return 301 https://elsewhere.test$request_uri; }",
            ),
        ),
        word="WARN",
    ),
)
