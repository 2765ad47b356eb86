"""What becomes of the path of a request that is passed on."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...regex import regex
from ...rule import Report, rule
from .once import once
from .passing import passings

_PASS = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass"  # noqa: S105 - an address
_FOLDER = regex(r"/(?:[\w%.~/-]*/)?")
_UNFINISHED = regex(r"/(?:[\w%.~/-]*/)?[a-zA-Z0-9]+|/(?:[\w%.~/-]*/)?[a-zA-Z0-9][\w-]*[a-zA-Z0-9]")
"""The path of a folder without the slash at its end: not of a file, and not the beginning of a name."""


@rule(
    "nginx/proxy-slash-mismatch",
    Severity.WARNING,
    bad=(
        """
        location /api {
            proxy_pass http://backend/;  # <-
        }
        """,
        """
        location /api/ {
            proxy_pass http://backend/v1;  # <-
        }
        """,
        "location ^~ /shop { proxy_pass http://127.0.0.1:8080/store/; }  # <-",
        "location / { proxy_pass http://backend/app; }  # <-",
    ),
    good=(
        "location /api/ { proxy_pass http://backend/; }",
        "location /api { proxy_pass http://backend; }",
        "location /api { proxy_pass http://backend/v1; }",
        "location = /api { proxy_pass http://backend/; }",
        "location /check { internal; proxy_pass http://backend/; }",
        "location / { proxy_pass http://backend/; }",
        "location /thumb/ { proxy_pass http://images/render?path=; }",
        "location /icons/ { proxy_pass http://images/icon_; }",
        "location /status/ { proxy_pass http://backend/status.html; }",
        "location /old { rewrite ^/old(?:/(.*))?$ /new/$1 break; proxy_pass http://backend/; }",
    ),
    fixed="""
        location /api/ {
            proxy_pass http://backend/;
        }
    """,
    unsafe=True,
    source=_PASS,
    covers=("nginx-lint:proxy-pass-with-uri",),
)
def proxy_slash_mismatch(config: NginxConfig) -> Iterator[Report]:
    """
    A slash at the end of the location's path or of the back end's, and none at the other's.

    nginx cuts the one off and puts the other in its place, letter by letter. With `location /api` and `http://b/` the
    back end gets `//users` for `/api/users`, and `/internal` for `/apiinternal`, which was to be out of reach; with
    `location /api/` and `http://b/v1` it gets `/v1users`. Either both end in a slash or neither does.
    """
    yield from once(_mismatches(config))


def _mismatches(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        head, uri = passing.location, passing.target.uri
        if (
            head is None
            or not head.pattern
            or not head.is_prefix
            or passing.target.has_variables
            or passing.block.first("rewrite")
        ):
            continue
        if passing.block.name != "location" or config.is_unknown(head.pattern) or passing.at.setting("internal"):
            continue
        place = passing.directive.arg_place(0)
        if not head.pattern.endswith("/") and _FOLDER.fullmatch(uri):
            message = f'"{head.pattern}/x" is asked for as "{uri}/x"; write "location {head.pattern}/"'
            yield place, message, (_slash(head.directive, len(head.directive.args) - 1),)
        elif head.pattern.endswith("/") and _UNFINISHED.fullmatch(uri):
            message = f'"{head.pattern}x" is asked for as "{uri}x"; end the path with a slash, "{uri}/"'
            yield place, message, (_slash(passing.directive, 0),)


def _slash(directive: Directive, index: int) -> Edit:
    """Puts a slash behind an argument, inside its quotes."""
    text = directive.arg_text(index)
    closing = text[-1] if text[-1:] in "\"'" else ""
    return Edit(directive.arg_place(index), f"{text.removesuffix(closing)}/{closing}", safe=False)


@rule(
    "nginx/proxy-path-refused",
    Severity.ERROR,
    bad=(
        """
        location ~ ^/api/v\\d+/ {
            proxy_pass http://backend/api/;  # <-
        }
        """,
        "location @backend { proxy_pass http://backend/; }  # <-",
        "location /a/ { if ($arg_debug) { proxy_pass http://debug/; } proxy_pass http://backend; }  # <-",
        "location /a/ { limit_except GET { proxy_pass http://writer/; } proxy_pass http://backend; }  # <-",
    ),
    good=(
        "location ~ ^/api/v\\d+/ { proxy_pass http://backend; }",
        "location ~ ^/api/(v1|v2)/ { proxy_pass http://unix:/run/app.sock; }",
        "location ~ ^/a/(b|c)$ { proxy_pass http://backend/$1; }",
        "location @backend { proxy_pass http://backend; }",
    ),
    source=_PASS,
)
def proxy_path_refused(config: NginxConfig) -> Iterator[Report]:
    """
    A path behind the back end's name, where nginx cannot tell what it is to replace.

    nginx does not start: `"proxy_pass" cannot have URI part` in a location given by an expression, in a named one, in
    `if` or in `limit_except`. Even the lone slash is a path. Leave it out, or change the path with `rewrite ... break`.
    """
    yield from once(_refused(config))


def _refused(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        head, target = passing.location, passing.target
        if not target.uri or target.has_variables or head is None:
            continue
        if passing.block.name == "if":
            where = "inside if"
        elif passing.block.name == "limit_except":
            where = "inside limit_except"
        elif head.is_regex or head.modifier == "@":
            where = "in a named location" if head.modifier == "@" else "in a location with an expression"
        else:
            continue
        message = f'nginx does not start: no path may follow the back end {where}; take "{target.uri}" out'
        yield passing.directive.arg_place(0), message


@rule(
    "nginx/proxy-path-lost",
    Severity.WARNING,
    bad=(
        """
        location /api/ {
            resolver 127.0.0.11;
            set $backend backend:8000;
            proxy_pass http://$backend/;  # <-
        }
        """,
        """
        location ~ ^/v1/ {
            resolver 127.0.0.11;
            set $backend backend;
            proxy_pass http://$backend:8000/api/;  # <-
        }
        """,
    ),
    good=(
        "location /api/ { resolver 127.0.0.11; set $backend backend; proxy_pass http://$backend:8000; }",
        "location /api/ { resolver 127.0.0.11; set $b backend; proxy_pass http://$b:8000$request_uri; }",
        "location = / { resolver 127.0.0.11; set $b backend; proxy_pass http://$b:8000/; }",
        "location /check { internal; resolver 127.0.0.11; set $b backend; proxy_pass http://$b:8000/verify; }",
    ),
    source=_PASS,
)
def proxy_path_lost(config: NginxConfig) -> Iterator[Report]:
    """
    A path behind a back end that is named by a variable: every request asks for that very path.

    Without a variable nginx puts the path in place of the location's. With one it replaces nothing and sends what is
    written, so `/api/users` becomes `/`. Leave the path out, and change it with `rewrite ... break` before.
    """
    yield from once(_lost_paths(config))


def _lost_paths(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        head, target = passing.location, passing.target
        if "$" not in f"{target.host}{target.port}" or "$" in target.uri or not target.uri.endswith("/"):
            continue
        if head is None or head.modifier == "=" or "?" in target.uri or passing.at.setting("internal"):
            continue
        message = f'with a variable in it, every request asks for "{target.uri}" alone; leave that path out'
        yield passing.directive.arg_place(0), message
