"""Whether and how gzip compresses."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...policy import Policy
from ...rule import Report, rule
from .answering import answering, is_passed_on, is_whole, servers
from .insertion import after, inside

_OTHERS = ("brotli", "brotli_static", "zstd", "zstd_static", "gzip_static", "pagespeed")


@rule(
    "nginx/gzip-off",
    Severity.INFO,
    bad=(
        """
        events {}
        http {  # <-
            gzip_types text/css application/javascript application/json image/svg+xml;
            server_tokens off;
            server {
                listen 80;
                root /srv/page;
                add_header X-Content-Type-Options nosniff always;
            }
        }
        """,
        """
        events {}
        http {
            gzip_types text/css application/javascript application/json image/svg+xml;
            gzip_vary on;
            server {
                listen 80;
                root /srv/page;
                gzip on;
            }
            server {  # <-
                listen 81;
                root /srv/page;
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            root /srv/page;
        }
        """,
        """
        events {}
        http {
            server_tokens off;
            gzip off;
            server {
                listen 80;
                return 301 https://$host$request_uri;
            }
        }
        """,
    ),
    fixed="""
        events {}
        http {
            gzip on;
            gzip_vary on;
            gzip_types text/css application/javascript application/json image/svg+xml;
            server_tokens off;
            server {
                listen 80;
                root /srv/page;
                add_header X-Content-Type-Options nosniff always;
            }
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip",
    covers=("nginx-lint:gzip-not-enabled",),
)
def gzip_off(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Files are sent uncompressed.

    Scripts and styles shrink to a third or less, which is what the first visit over a slow line waits for. A server
    that only passes requests on is not meant: the one behind it may compress.
    """
    http = config.http
    if http is None or not is_whole(config):
        return
    with_files = [(server, _file_blocks(config, server)) for server in servers(config)]
    lacking = [server for server, blocks in with_files if blocks and not any(_compresses(config, it) for it in blocks)]
    statements = _statements(config, http, policy)
    if lacking and len(lacking) == len([server for server, blocks in with_files if blocks]):
        yield http.place, 'files are sent uncompressed; add "gzip on" to http', (inside(http, *statements),)
        return
    for server in lacking:
        yield server.place, 'files of this server are sent uncompressed; add "gzip on"', (inside(server, "gzip on;"),)


def _file_blocks(config: NginxConfig, server: Directive) -> list[Directive]:
    return [block for block in answering(config, server) if not is_passed_on(config, block)]


def _compresses(config: NginxConfig, block: Directive) -> bool:
    """Whether somebody decided about it, here or in a file that was not read."""
    at = config.effective(block)
    return at.setting("gzip", *_OTHERS) is not None or config.may_hold(block, "gzip")


def _statements(config: NginxConfig, http: Directive, policy: Policy) -> list[str]:
    statements = ["gzip on;"]
    if http.first("gzip_vary") is None:
        statements.append("gzip_vary on;")
    if http.first("gzip_types") is None:
        statements.append(f"gzip_types {' '.join(policy.gzip.recommended_types)};")
    return statements


@rule(
    "nginx/gzip-without-vary",
    Severity.INFO,
    bad=(
        """
        http {
            gzip on;  # <-
            gzip_types text/css application/javascript application/json image/svg+xml;
        }
        """,
        """
        server {
            gzip on;
            gzip_vary off;  # <-
        }
        """,
    ),
    good=(
        """
        server {
            gzip on;
        }
        """,
        """
        http {
            gzip on;
            gzip_types text/css application/javascript application/json image/svg+xml;
            server_tokens off;
            server {
                gzip_vary on;
                return 404;
            }
        }
        """,
    ),
    fixed="""
        http {
            gzip on;
            gzip_vary on;
            gzip_types text/css application/javascript application/json image/svg+xml;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_vary",
)
def gzip_without_vary(config: NginxConfig) -> Iterator[Report]:
    """
    Compressed answers do not say that there is another form.

    A cache in between may then hand the compressed bytes to somebody who did not ask for them, or the plain ones to
    everybody. `gzip_vary on` adds `Vary: Accept-Encoding`.
    """
    for gzip in config.find("gzip"):
        block = gzip.parent
        if block is None or gzip.value.lower() != "on":
            continue
        found = config.effective(block).setting("gzip_vary")
        if found and found.value.lower() == "off":
            place = found.arg_place(0)
            yield place, 'compressed answers do not say so to caches; write "gzip_vary on"', (Edit(place, "on"),)
        elif found is None and is_in_sight(config, block) and not _varies(config, block):
            message = 'compressed answers do not say so to caches; add "gzip_vary on"'
            yield gzip.place, message, (after(gzip, "gzip_vary on;"),)


def is_in_sight(config: NginxConfig, block: Directive) -> bool:
    """Whether all levels around *block* were read, up to http."""
    return "http" in [level.name for level in (block, *block.ancestors)] and not config.may_hold(block, "gzip_vary")


def _varies(config: NginxConfig, block: Directive) -> bool:
    is_set_inside = any(found.name == "gzip_vary" for found in block.walk())
    return is_set_inside or any(header.key == "vary" for header in config.effective(block).headers)
