"""Headers of an outer block that an inner one loses by adding one of its own."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, ResponseHeader, Unread
from ...policy import Policy
from ...rule import Report, rule
from .answering import blocks_with, own_statement
from .insertion import after

MERGE_SINCE = (1, 29, 3)


@rule(
    "nginx/security-headers-dropped",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options "nosniff" always;

            location ~* \\.(?:css|js)$ {
                root /srv/page;
                add_header Cache-Control "public, max-age=31536000, immutable";  # <-
            }
        }
        """,
        """
        # nginx 1.22.1
        http {
            add_header X-Content-Type-Options nosniff always;
            server {
                add_header_inherit merge;
                add_header X-Frame-Options DENY always;  # <-
            }
        }
        """,
        {
            "nginx.conf": """
                server {
                    add_header X-Content-Type-Options nosniff always;
                    location /a/ {
                        proxy_pass http://127.0.0.1:8080;
                        include snippets/cors.conf;  # <-
                    }
                }
            """,
            "snippets/cors.conf": "add_header Access-Control-Allow-Origin *;",
        },
        """
        add_header X-Frame-Options DENY always;

        location /a/ {
            add_header X-Robots-Tag noindex;  # <-
        }
        """,
    ),
    good=(
        """
        location / {
            add_header X-Content-Type-Options nosniff always;

            location /a/ {
                add_header X-Content-Type-Options nosniff always;
                add_header Cache-Control no-store;
            }
            location /b/ {
                expires 1h;
            }
        }
        """,
        """
        location / {
            add_header_inherit merge;
            add_header X-Content-Type-Options nosniff always;

            location /a/ {
                add_header Cache-Control no-store;
            }
        }
        """,
    ),
    fixed="""
        server {
            listen 80;
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options "nosniff" always;

            location ~* \\.(?:css|js)$ {
                root /srv/page;
                add_header Cache-Control "public, max-age=31536000, immutable";
                add_header X-Frame-Options DENY always;
                add_header X-Content-Type-Options "nosniff" always;
            }
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
    covers=("gixy:add_header_redefinition", "nginx-lint:directive-inheritance", "semgrep:header-redefinition"),
)
def security_headers_dropped(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    An `add_header` in a nested block takes away the security headers of the blocks around it.

    nginx inherits `add_header` only where a block has none of its own: one `Cache-Control` in a location, and its
    answers go out without `X-Frame-Options`, `Strict-Transport-Security` and all the others. Nothing warns of it, and
    the headers are seen on every other page.

    Repeat the headers in that block, best by an `include` of a file that holds them. From nginx 1.29.3 on,
    `add_header_inherit merge` keeps them as well.
    """
    security = {name.lower() for name in policy.headers.security}
    for block, lost in _losses(config):
        if any(header.key in security for header in lost):
            yield _report(config, block, lost)


@rule(
    "nginx/headers-dropped",
    Severity.INFO,
    bad="""
        location / {
            add_header X-Served-By web1;

            location /a/ {
                add_header Cache-Control no-store;  # <-
            }
        }
    """,
    good=(
        """
        location / {
            add_header Cache-Control no-cache;

            location /a/ {
                add_header Cache-Control no-store;
            }
        }
        """,
        """
        location / {
            add_header X-Served-By "";

            location /a/ {
                add_header Cache-Control no-store;
            }
        }
        """,
    ),
    source="https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
    covers=("gixy:add_header_redefinition", "nginx-lint:directive-inheritance", "semgrep:header-redefinition"),
    preset="strict",
)
def headers_dropped(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    An `add_header` in a nested block takes away other headers of the blocks around it.

    As with `nginx/security-headers-dropped`, but the headers lost are none that protect anybody: it may be meant.
    """
    security = {name.lower() for name in policy.headers.security}
    for block, lost in _losses(config):
        if not any(header.key in security for header in lost):
            place, message, *_ = _report(config, block, lost)
            yield place, message


def _losses(config: NginxConfig) -> Iterator[tuple[Directive, tuple[ResponseHeader, ...]]]:
    for block in blocks_with(config, "add_header"):
        lost = config.effective(block).dropped_headers or _lost_of_fragment(config, block)
        if lost and not any(unread.include.parent is block for unread in config.unread if _may_add(unread)):
            yield block, lost


def _lost_of_fragment(config: NginxConfig, block: Directive) -> tuple[ResponseHeader, ...]:
    """The headers at the top of a file that is included somewhere: they hold around its blocks, too."""
    levels = (block, *block.ancestors)
    is_around = config.is_fragment and not any(level.first("add_header") for level in levels[1:])
    tops = [found for found in config.directives if found.name == "add_header"] if is_around else []
    if not tops or config.has("add_header_inherit") or len(tops[0].args) < 2:  # noqa: PLR2004 - name and value
        return ()
    own = {header.key for header in config.effective(block).headers}
    made = (ResponseHeader(top.value, top.args[1], top) for top in tops if len(top.args) > 1)
    return tuple(header for header in made if header.key not in own and header.value)


def _may_add(unread: Unread) -> bool:
    return not unread.names or "add_header" in unread.names


def _report(config: NginxConfig, block: Directive, lost: tuple[ResponseHeader, ...]) -> Report:
    own = [own_statement(block, header) for header in block.find("add_header")]
    names = list(dict.fromkeys(header.name for header in lost))
    them = "it" if len(names) == 1 else "them"
    merge = ', or write "add_header_inherit merge"' if config.version >= MERGE_SINCE else ""
    message = (
        f"this block has an add_header of its own, so it loses {_listed(names)} of the block around it; "
        f"repeat {them} here, best by an include{merge}"
    )
    return own[0].place, message, _repeated(own[-1], lost)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _repeated(last: Directive, lost: tuple[ResponseHeader, ...]) -> tuple[Edit, ...]:
    """The lost headers as they are written, behind *last*."""
    return (after(last, *(_text(header.directive) for header in lost), safe=False),)


def _text(directive: Directive) -> str:
    return f"add_header {' '.join(directive.arg_text(index) for index in range(len(directive.args)))};"
