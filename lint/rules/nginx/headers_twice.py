"""The same header twice in one answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, ResponseHeader, time_s
from ...regex import regex
from ...rule import Report, rule
from .answering import blocks_with, own_statement
from .gaps import headers_named
from .insertion import without, written

_LISTS = frozenset(
    {"accept-ch", "access-control-allow-headers", "access-control-allow-methods", "access-control-expose-headers"}
    | {"alt-svc", "cache-control", "clear-site-data", "content-language", "content-security-policy"}
    | {"content-security-policy-report-only", "critical-ch", "link", "permissions-policy", "reporting-endpoints"}
    | {"server-timing", "set-cookie", "timing-allow-origin", "vary", "via", "www-authenticate", "x-robots-tag"}
)
"""Headers that may come several times: each says more."""

_HIDING = tuple(f"{kind}_hide_header" for kind in ("proxy", "fastcgi", "uwsgi", "scgi", "grpc"))
_SINGLE = regex(r"\s*\$(\w+|\{\w+\})\s*")


@rule(
    "nginx/header-twice",
    Severity.WARNING,
    bad=(
        """
        location / {
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options nosniff always;
            add_header x-frame-options "DENY" always;  # <-
        }
        """,
        """
        location / {
            add_header Access-Control-Allow-Origin https://a.example;
            add_header Access-Control-Allow-Origin https://b.example;  # <-
        }
        """,
        """
        location / {
            add_header Content-Type application/json;  # <-
            return 200 "{}";
        }
        """,
    ),
    good=(
        """
        location / {
            add_header Set-Cookie a=1;
            add_header Set-Cookie b=1;
            add_header X-Robots-Tag noindex;
            add_header X-Robots-Tag "googlebot: nofollow";
            add_header Access-Control-Allow-Origin $first;
            add_header Access-Control-Allow-Origin $second;
            default_type application/json;
            return 200 "{}";
        }
        location /a/ {
            add_header Content-Type text/plain;
            add_header Content-Length 0;
            return 204;
        }
        location /b/ {
            proxy_hide_header Content-Type;
            add_header Content-Type application/octet-stream;
        }
        """,
    ),
    fixed="""
        location / {
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options nosniff always;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
    covers=("gixy:add_header_content_type",),
)
def header_twice(config: NginxConfig) -> Iterator[Report]:
    """
    One answer carries the same header twice.

    `add_header` adds and never replaces. Of two `X-Frame-Options` that differ browsers take neither, two
    `Access-Control-Allow-Origin` fail the request, and a `Content-Type` that is added stands beside the one nginx has
    set from `types` or `default_type`, which is where it belongs.
    """
    yield from _second_types(config)
    for block in blocks_with(config, "add_header"):
        first: dict[str, ResponseHeader] = {}
        for header in config.effective(block).headers:
            if header.directive.name != "add_header" or not header.value or header.key in _LISTS:
                continue
            earlier = first.setdefault(header.key, header)
            if header.directive.parent is not block or header.key == "content-type":
                continue
            if earlier is not header and not _may_be_empty(earlier) and not _may_be_empty(header):
                yield _again(block, header, earlier)


def _second_types(config: NginxConfig) -> Iterator[Report]:
    for header in headers_named(config, "content-type"):
        block = header.directive.parent
        if header.value and not (block and _has_no_type(config, block)):
            yield header.directive.place, "add_header makes a second Content-Type; set it by default_type or types"


def _has_no_type(config: NginxConfig, block: Directive) -> bool:
    """Whether nginx itself sends none from *block*: it is hidden, empty, or there is nothing to have a type."""
    at = config.effective(block)
    is_hidden = any(found.value.lower() == "content-type" for found in at.settings(*_HIDING))
    is_empty = at.value("default_type", "text/plain") == "" and at.returns is not None
    return is_hidden or is_empty or (at.returns is not None and at.returns.args == ("204",))


def _may_be_empty(header: ResponseHeader) -> bool:
    """Whether it may be left out for some requests: only one of two is then sent."""
    return header.value is None or _SINGLE.fullmatch(header.value) is not None


def _again(block: Directive, header: ResponseHeader, earlier: ResponseHeader) -> Report:
    is_one_file = header.directive.via is earlier.directive.via
    place = (header.directive if is_one_file else own_statement(block, header.directive)).place
    if header.value == earlier.value and is_one_file:
        edits: tuple[Edit, ...] = (without(header.directive),) if header.always <= earlier.always else ()
        return place, f"{header.name} is added twice, so answers carry it twice; remove one", edits
    where = f"line {earlier.place.line}" if earlier.place.path == place.path else str(earlier.place)
    return place, f'{header.name} is added on {where} as well, as "{earlier.value}"; keep one'


@rule(
    "nginx/cache-control-twice",
    Severity.WARNING,
    bad=(
        """
        location ~* \\.(?:css|js)$ {
            expires 30d;  # <-
            add_header Cache-Control "public, immutable";
        }
        """,
        """
        location / {
            add_header Cache-Control "no-store";
            expires 1h;  # <-
        }
        location /a/ {
            expires 1h;
            location /a/b {
                add_header Cache-Control no-cache;  # <-
            }
        }
        location /b/ {
            add_header Cache-Control no-cache;
            add_header Cache-Control "public";  # <-
        }
        """,
    ),
    good="""
        map $sent_http_content_type $lifetime {
            default off;
            text/css 1y;
        }
        server {
            expires $lifetime;
            location / {
                expires off;
                add_header Cache-Control "public, max-age=2592000, immutable";
            }
            location /b/ {
                add_header Cache-Control $cache_control;
                add_header X-Frame-Options DENY always;
            }
        }
    """,
    fixed="""
        location ~* \\.(?:css|js)$ {
            add_header Cache-Control "public, max-age=2592000, immutable";
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_headers_module.html#expires",
)
def cache_control_twice(config: NginxConfig) -> Iterator[Report]:
    """
    Two Cache-Control headers in one answer.

    `expires` sends one of its own, `add_header Cache-Control` a second beside it. Caches join the two; where they
    contradict each other, some keep what must not be kept, and some read the first alone. One `add_header` that says
    it all, `max-age` included, is enough.
    """
    for block in blocks_with(config, "add_header"):
        sent = [header for header in config.effective(block).headers if header.key == "cache-control"]
        sent = [header for header in sent if header.value and not _may_be_empty(header)]
        own = [header for header in sent if header.directive.parent is block and header.directive.name == "add_header"]
        expiring = [header for header in sent if header.directive.name == "expires"]
        if own and expiring:
            yield _beside(block, own[0], expiring[0], sent)
        elif len(own) > 1:
            place = own_statement(block, own[1].directive).place
            yield place, f'Cache-Control is added as "{own[0].value}" as well; write both in one'


def _beside(
    block: Directive, added: ResponseHeader, expiring: ResponseHeader, sent: Sequence[ResponseHeader]
) -> Report:
    is_here = expiring.directive.parent is block
    statement = own_statement(block, expiring.directive if is_here else added.directive)
    message = (
        f'"expires" sends Cache-Control "{expiring.value}" beside "{added.value}"; say all of it in one add_header'
    )
    if not is_here or len(sent) != 2 or expiring.directive.via is not added.directive.via:  # noqa: PLR2004 - a pair
        return statement.place, message
    joined = _joined(expiring, added)
    if joined is None:
        return statement.place, message
    return statement.place, message, (without(expiring.directive), Edit(added.directive.arg_place(1), written(joined)))


def _joined(expiring: ResponseHeader, added: ResponseHeader) -> str | None:
    """Both in one, where they agree; None where only the owner knows which was meant."""
    seconds = time_s(expiring.directive.args[-1].lstrip("+"))
    words = [word.strip() for word in (added.value or "").split(",") if word.strip()]
    is_plain = {word.lower() for word in words} <= {"public", "private", "immutable", "no-transform"}
    if not seconds or not is_plain or len(expiring.directive.args) != 1 or added.always:
        return None
    scope = [word for word in words if word.lower() in ("public", "private")]
    rest = [word for word in words if word not in scope]
    return ", ".join([*scope, f"max-age={int(seconds)}", *rest])
