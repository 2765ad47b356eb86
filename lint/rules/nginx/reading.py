"""What nginx itself, of whatever version, would refuse when it reads the files."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...nginx.values import judged, wrong_values
from ...rule import Report, rule
from .once import once

_GUIDE = "https://nginx.org/en/docs/beginners_guide.html#conf_structure"
_DIRECTIVES = "https://nginx.org/en/docs/dirindex.html"


def faults(config: NginxConfig, name: str) -> Iterator[Report]:
    """What was found wrong while reading, under that name."""
    for fault in config.faults:
        if fault.rule == f"nginx/{name}":
            yield fault.place, fault.message, fault.edits


@rule(
    "nginx/syntax-error",
    Severity.ERROR,
    bad=(
        """
        server {
            listen 8080  # <-
            server_name www.example.com;
            root /srv/www;
        }
        """,
        """
        server {  # <-
            location / { return 404; }
        """,
        """
        server {
            location / { return 404; }
        }
        }  # <-
        """,
        """
        location / {
            add_header X-Robots-Tag "noindex;  # <-
        }
        """,
        "server { location /; }  # <-",
    ),
    good=(
        r"""
        location ~ "^/(\d{4})/(.*)$" {
            return 301 https://archive.example.com/$1;
        }
        """,
        "location = /terms { return 200 'a \"quoted\" word; and a brace }'; }",
        "server { # it's a comment, \"and this is no quote {\n    return 404;\n}",
    ),
    fixed="""
        server {
            listen 8080;
            server_name www.example.com;
            root /srv/www;
        }
    """,
    source=_GUIDE,
    covers=("nginx-lint:missing-semicolon", "nginx-lint:unclosed-quote", "nginx-lint:unmatched-braces"),
)
def syntax_error(config: NginxConfig) -> Iterator[Report]:
    """
    A brace without its other half, a statement without its end, a quote that is never closed.

    nginx does not start, and a reload keeps the old configuration. A forgotten semicolon swallows the next line, so
    nginx blames the wrong one; here it is reported, and mended, where it belongs.
    """
    yield from faults(config, "syntax-error")


@rule(
    "nginx/unknown-directive",
    Severity.ERROR,
    bad=(
        """
        location /api/ {
            proxy_pas http://backend;  # <-
        }
        """,
        "server { sever_name www.example.com; }  # <-",
        "location / { add_haeder X-Robots-Tag noindex always; }  # <-",
    ),
    good=(
        "location / { more_clear_headers Server; return 404; }",
        "location / { SecRulesEnabled; CheckRule '$SQL >= 8' BLOCK; vod hls; }",
        "load_module modules/ngx_http_geoip2_module.so;\nevents {}",
        "geoip2_proxy 10.0.0.0/8;\nmqtt_preread on;\n",
        "mail { auth_http localhost/auth; server { listen 110; protocol pop3; proxy on; } }",
        "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
        "upstream pool {\n    server a:80;\n    REPLICAS\n}\n",
        "location /up/ {\n    %(cache)sproxy_pass http://localhost:%(port)s;\n    @MORE@\n}\n",
    ),
    source=_DIRECTIVES,
)
def unknown_directive(config: NginxConfig) -> Iterator[Report]:
    """
    A directive that nginx does not know, often a misspelt one.

    nginx does not start: `unknown directive`. Directives of well-known modules are known here too, and where
    `load_module` brings in another one, a name is reported only if it is close to one of nginx's.
    """
    yield from faults(config, "unknown-directive")


@rule(
    "nginx/wrong-context",
    Severity.ERROR,
    bad=(
        """
        http {
            proxy_pass http://backend;  # <-
        }
        """,
        "location / { server_name www.example.com; }  # <-",
        "server { location / { if ($arg_a) { alias /srv/; } } }  # <-",
        "location / { if ($arg_a) { if ($arg_b) { return 404; } } }  # <-",
        "upstream backend { server 10.0.0.5:8080; proxy_read_timeout 30s; }  # <-",
    ),
    good=(
        "location / { if ($arg_a) { proxy_pass http://backend; } }",
        "proxy_set_header Host $host;\nproxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    ),
    source=_DIRECTIVES,
    covers=("nginx-lint:invalid-directive-context",),
)
def wrong_context(config: NginxConfig) -> Iterator[Report]:
    """
    A directive in a block that does not take it.

    nginx does not start: `directive is not allowed here`. A file that is only a part of a configuration is judged by
    the blocks that it may belong to, and a file that is included twice by each of its places.
    """
    yield from faults(config, "wrong-context")


@rule(
    "nginx/wrong-argument-count",
    Severity.ERROR,
    bad=(
        """
        location / {
            proxy_set_header Host;  # <-
            proxy_pass http://backend;
        }
        """,
        "location / { client_max_body_size 10 m; }  # <-",
        "server { root /srv/my site; }  # <-",
    ),
    good=("location / { root '/srv/my site'; }", "location / { expires modified +24h; }"),
    source=_DIRECTIVES,
)
def wrong_argument_count(config: NginxConfig) -> Iterator[Report]:
    """
    A directive with more or fewer arguments than it takes.

    nginx does not start: `invalid number of arguments`. A value with a space belongs into quotes.
    """
    yield from faults(config, "wrong-argument-count")


@rule(
    "nginx/wrong-value",
    Severity.ERROR,
    bad=(
        """
        server {
            server_name www.example.com;
            gzip yes;  # <-
        }
        """,
        """
        location /upload/ {
            client_max_body_size 50mb;  # <-
            proxy_read_timeout 90sec;  # <-
            proxy_pass backend:8000;  # <-
            error_page 700 /maintenance.html;  # <-
        }
        """,
        "upstream backend { server 10.0.0.5:8000 weigth=2; server 10.0.0.6:80000; }  # <-",
        "location / { proxy_pass http://10.0.0.5:http; }  # <-",
        "error_log /var/log/nginx/error.log warning;  # <-",
    ),
    good=(
        "server { listen 80; sendfile ON; }",
        "location / { proxy_buffering ${PROXY_BUFFERING}; }",
        "stream { upstream db { server 10.0.0.5:3306 max_fails=3 fail_timeout=30s; } server { proxy_pass db; } }",
        "location / { proxy_pass http://[::1]:8000/a:b; }",
        "location / { proxy_pass http://unix:/run/app.sock; }",
        "location /a { client_max_body_size 1G; keepalive_timeout 1m 30s; error_page 404 = @a; return 204; }",
    ),
    source=_DIRECTIVES,
)
def wrong_value(config: NginxConfig) -> Iterator[Report]:
    """
    A value that its directive does not take: a switch that is neither on nor off, a size in `mb`, a time in `sec`.

    nginx does not start: `invalid value`, `invalid parameter`, `it must be "on" or "off"`. Sizes end in `k` or `m`,
    times in `ms`, `s`, `m`, `h` or `d`; the units of other programs are none here.
    """
    yield from faults(config, "wrong-value")
    yield from once(_wrong(config))


def _wrong(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find(*judged()):
        if directive.context and not _is_of_another_kind(directive):
            for index, message in wrong_values(directive):
                yield directive.arg_place(index), f"nginx does not start: {message}"


def _is_of_another_kind(directive: Directive) -> bool:
    """Whether the name means something else there: in stream, or as a server that passes all on."""
    if directive.name == "proxy_pass":
        return directive.parent is None or directive.parent.name not in ("location", "if", "limit_except")
    return directive.name == "return" and directive.is_inside("stream")
