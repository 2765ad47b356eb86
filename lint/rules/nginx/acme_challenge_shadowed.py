"""Certificates that cannot be renewed."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, Location, NginxConfig, location
from ...nginx.asking import Reply, reply
from ...place import Place
from ...rule import Report, rule
from .answering import speaks_tls

_FOLDER = "/.well-known/acme-challenge/"
_PROBE = f"{_FOLDER}h1TnQ-0vA_b3Zc"
_HEADS = ("/.well-known", "/.well-known/", "/.well-known/acme-challenge", _FOLDER)
_REFUSED = (401, 403, 404, 405, 410, 444)


@rule(
    "nginx/acme-challenge-shadowed",
    Severity.ERROR,
    bad=(
        """
        server {
            listen 80;
            server_name example.com;
            location /.well-known/acme-challenge/ {  # <-
                root /var/www/acme;
            }
            location ~ /\\. {
                deny all;
            }
        }
        """,
        """
        server {
            listen 80;
            location ~ /\\.(?!git) { return 404; }
            location ~ /\\.well-known/acme-challenge { root /var/www/acme; }  # <-
        }
        """,
        """
        server {
            listen 80;
            auth_basic "staff only";
            auth_basic_user_file /etc/nginx/staff;
            location ^~ /.well-known/acme-challenge/ { root /var/www/acme; }  # <-
        }
        """,
        """
        server {
            listen 80;
            return 301 https://example.com$request_uri;
            location /.well-known/acme-challenge/ { root /var/www/acme; }  # <-
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            location ^~ /.well-known/acme-challenge/ { root /var/www/acme; }
            location ~ /\\. { deny all; }
        }
        """,
        """
        server {
            listen 80;
            location /.well-known/acme-challenge/ { root /var/www/acme; }
            location ~ /\\.(?!well-known) { deny all; }
            location / { return 301 https://example.com$request_uri; }
        }
        """,
        """
        server {
            listen 80;
            listen 443 ssl;
            if ($scheme = http) { return 301 https://example.com$request_uri; }
            location /.well-known/acme-challenge/ { root /var/www/acme; }
        }
        """,
        """
        server {
            listen 80;
            location /.well-known/acme-challenge/ { root /var/www/acme; }
            location ~ /\\.ht { deny all; }
        }
        """,
    ),
    fixed="""
        server {
            listen 80;
            server_name example.com;
            location ^~ /.well-known/acme-challenge/ {
                root /var/www/acme;
            }
            location ~ /\\. {
                deny all;
            }
        }
    """,
    source="https://github.com/certbot/certbot/issues/730",
)
def acme_challenge_shadowed(config: NginxConfig) -> Iterator[Report]:
    """
    A location for ACME challenges that no challenge reaches, or that turns them away.

    An expression such as `~ /\\.` wins over a plain prefix, however long; a `return` of the server comes before every
    location; `auth_basic` and `deny` are inherited. The certificate is then not renewed, which shows when it has run
    out. `^~` before the prefix keeps expressions out.
    """
    for server in config.servers:
        own = _own(server)
        if not own or config.may_hold(server, "location", "return", "rewrite"):
            continue
        answer = reply(config, server, _PROBE)
        if answer is None or _serves(answer, own) or _is_harmless(config, answer):
            continue
        found = own[0]
        yield _pattern_place(found.directive), _message(answer, own), _mended(answer, found)


def _own(server: Directive) -> list[Location]:
    return [location(found) for found in server.find("location") if _is_for_challenges(found)]


def _is_for_challenges(directive: Directive) -> bool:
    head = location(directive)
    if directive.block is None or head.modifier == "@":
        return False
    return "acme-challenge" in head.pattern if head.is_regex else head.pattern in _HEADS


def _serves(answer: Reply, own: list[Location]) -> bool:
    return _is_inside(answer.block, own) and (answer.status or 200) not in _REFUSED


def _is_inside(block: Directive, own: list[Location]) -> bool:
    heads = [each.directive for each in own]
    return block in heads or any(outer in heads for outer in block.ancestors)


def _is_harmless(config: NginxConfig, answer: Reply) -> bool:
    """Whether something answers that is neither a refusal nor a redirect, or a redirect that the authority follows."""
    if answer.redirect.startswith("https://"):
        return any(_serves_by_tls(config, server) for server in config.servers if speaks_tls(server))
    return bool(answer.redirect) or (answer.status or 200) not in _REFUSED


def _serves_by_tls(config: NginxConfig, server: Directive) -> bool:
    own = _own(server)
    answer = reply(config, server, _PROBE, scheme="https") if own else None
    return answer is not None and _serves(answer, own)


def _message(answer: Reply, own: list[Location]) -> str:
    if _is_inside(answer.block, own):
        what = {401: 'a password is asked for; add "auth_basic off"', 403: 'everybody is denied; add "allow all"'}
        return f"challenges are turned away with {answer.status}; {what.get(answer.status or 0, 'let them in')}"
    if answer.by is not None and not answer.by.is_inside("location"):
        return f'"{answer.by.name}" of the server answers before any location; move it into "location /"'
    winner = str(answer.location) if answer.location else "the server itself"
    advice = 'put "^~" before the path' if not own[0].is_regex else 'move it up, or write a prefix with "^~"'
    return f'"{winner}" answers challenges instead, with {answer.status}; {advice}'


def _pattern_place(directive: Directive) -> Place:
    return directive.arg_place(len(directive.args) - 1)


def _mended(answer: Reply, found: Location) -> tuple[Edit, ...]:
    by_expression = answer.location is not None and answer.location.is_regex
    if found.modifier or not by_expression:
        return ()
    place = found.directive.arg_place(0)
    return (Edit(Place(place.path, place.line, place.column, place.line, place.column), "^~ "),)
