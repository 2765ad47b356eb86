"""What works, and is said in a roundabout way: hosts told apart by a condition, one root in many places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, listens
from ...rule import Report, rule
from .answering import speaks_tls
from .once import once

_HOSTS = ("$host", "$http_host", "${host}", "${http_host}")
_REDIRECTS = ("permanent", "redirect")
_SECURE = ("https://$host", "https://$server_name", "https://${host}", "https://$http_host")
_MANY = 3
"""From so many places on, one line for all of them is shorter."""


@rule(
    "nginx/host-in-condition",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            listen 80;
            server_name example.com www.example.com;
            if ($host = example.com) {  # <-
                return 301 https://www.example.com$request_uri;
            }
            location / { return 404; }
        }
    """,
    good=(
        "server { listen 80; server_name example.com; return 301 https://www.example.com$request_uri; }",
        "server { listen 80; server_name a.test; if ($host !~ ^[a-z.]+$) { return 444; } location / { return 404; } }",
        "server { listen 80; server_name a.test; if ($scheme = http) { return 301 https://$host$request_uri; } }",
    ),
    source="https://www.nginx.com/resources/wiki/start/topics/tutorials/config_pitfalls/",
)
def host_in_condition(config: NginxConfig) -> Iterator[Report]:
    """
    A redirect for one host, by an `if` in a server that has several.

    It works, and is tried for every request; a server of its own, with that name and `return 301`, is found by the
    name at once, and says what is meant. Certbot writes such conditions: in its servers nothing else is left, so they
    may as well become a plain `return`. It is no more than information since nothing goes wrong.
    """
    yield from once(_by_condition(config))


def _by_condition(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("if"):
        if directive.parent is None or directive.parent.name != "server" or directive.value not in _HOSTS:
            continue
        leaving = (
            each
            for each in directive.children
            if (each.name == "return" and each.value.startswith(("30", "http", "$scheme")))
            or (each.name == "rewrite" and each.args[-1:] and each.args[-1] in _REDIRECTS)
        )
        if directive.args[1:2] in (("=",), ("~",), ("~*",)) and next(leaving, None):
            message = f'"{directive.args[-1]}" is told apart for each request; give it a server with "return 301"'
            yield directive.place, message


@rule(
    "nginx/root-in-each-location",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            listen 127.0.0.1:81;
            location / { root /srv/www; }  # <-
            location /a/ { root /srv/www; }
            location /b/ { root /srv/www; }
        }
    """,
    good=(
        "server { listen 127.0.0.1:81; root /srv/www; location / { return 404; } location /a/ { expires 1d; } }",
        """
        server {
            listen 127.0.0.1:81;
            location / { root /srv/www; }
            location /a/ { root /srv/other; }
            location /b/ { root /srv/www; }
        }
        """,
    ),
    source="https://www.nginx.com/resources/wiki/start/topics/tutorials/config_pitfalls/",
)
def root_in_each_location(config: NginxConfig) -> Iterator[Report]:
    """
    The same `root` in location after location.

    The next location will be written without one, and serve files from nginx's own folder. Write it once, in the
    server; a location of another folder keeps its own.
    """
    yield from once(_repeated(config))


def _repeated(config: NginxConfig) -> Iterator[Report]:
    for server in config.servers:
        if server.first("root") is not None or config.may_hold(server, "root"):
            continue
        roots = [root for block in server.find("location") if (root := block.first("root")) is not None]
        counts = Counter(root.value for root in roots)
        for root in roots:
            if counts.pop(root.value, 0) >= _MANY:
                yield (
                    root.arg_place(0),
                    f'"{root.value}" stands in location after location; write it once, in the server',
                )


@rule(
    "nginx/temporary-tls-redirect",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            listen 80;
            server_name example.com;
            return 302 https://$host$request_uri;  # <-
        }
    """,
    good=(
        "server { listen 80; server_name example.com; return 301 https://$host$request_uri; }",
        "server { listen 80; server_name example.com; return 302 https://other.example.com/; }",
        "server { listen 80; server_name example.com; return 308 https://$host$request_uri; }",
    ),
    fixed="""
        server {
            listen 80;
            server_name example.com;
            return 301 https://$host$request_uri;
        }
    """,
    unsafe=True,
    source="https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/TLS",
)
def temporary_tls_redirect(config: NginxConfig) -> Iterator[Report]:
    """
    From http to https, but only for now: 302.

    Browsers keep a 301 and go to https by themselves the next time; with 302 they come without TLS each time, and so
    do search engines. Where HSTS is sent the difference is small.
    """
    for server in config.servers:
        if speaks_tls(server) or all(listen.port == 443 for listen in listens(server)):  # noqa: PLR2004 - https
            continue
        for directive in (server, *server.walk()):
            if _is_temporary(directive):
                edits = (Edit(directive.arg_place(0), "301", safe=False),)
                yield directive.arg_place(0), "browsers forget this and come without TLS again; write 301", edits


def _is_temporary(directive: Directive) -> bool:
    if directive.name != "return" or directive.value != "302" or len(directive.args) < 2:  # noqa: PLR2004 - with an address
        return False
    is_whole_path = directive.args[1].endswith(("$request_uri", "${request_uri}"))
    return is_whole_path and directive.args[1].startswith(_SECURE)
