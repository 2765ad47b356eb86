"""Buffers: sizes that do not go together, that are too small, and bodies that are never deleted."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, Effective, NginxConfig, answering_blocks, size_bytes
from ...policy import Policy
from ...record import dataclass
from ...rule import Report, rule
from .answering import is_whole
from .insertion import after
from .once import once

_CORE = "https://nginx.org/en/docs/http/ngx_http_core_module.html"
_KINDS = ("proxy", "fastcgi", "uwsgi", "scgi")
_PAGE = 4096
"""The size of a page of memory, which nginx takes for one buffer where nothing is said; 8 buffers are its choice."""
_COUNT = 8
_BOTH = 2


@rule(
    "nginx/buffers-at-odds",
    Severity.ERROR,
    bad=(
        """
        http {
            server_tokens off;
            server {
                listen 127.0.0.1:81;
                proxy_buffer_size 128k;  # <-
                return 404;
            }
        }
        """,
        """
        http {
            server {
                location ~ \\.php$ {
                    fastcgi_buffers 8 16k;
                    fastcgi_buffer_size 32k;
                    fastcgi_busy_buffers_size 16k;  # <-
                    fastcgi_pass unix:/run/php/fpm.sock;
                }
            }
        }
        """,
        "location / { proxy_buffer_size 8k; proxy_buffers 4 16k; proxy_busy_buffers_size 64k; }  # <-",
        "location / { proxy_buffers 1 64k; }  # <-",
    ),
    good=(
        "location /a/ { proxy_buffer_size 128k; proxy_buffers 4 256k; proxy_busy_buffers_size 256k; }",
        "location /a/ { proxy_buffer_size 128k; }",
        "http { server_tokens off; proxy_buffer_size 8k; server { listen 127.0.0.1:81; return 404; } }",
        "http { server_tokens off; proxy_buffer_size 64k; proxy_buffers 8 64k; server { listen 127.0.0.1:81; return 404; } }",  # noqa: E501 - one line
    ),
    fixed="""
        http {
            server_tokens off;
            server {
                listen 127.0.0.1:81;
                proxy_buffer_size 128k;
                proxy_buffers 8 128k;
                return 404;
            }
        }
    """,
    unsafe=True,
    source="https://github.com/kubernetes/ingress-nginx/issues/363",
)
def buffers_at_odds(config: NginxConfig) -> Iterator[Report]:
    """
    Sizes of buffers that do not go together.

    nginx does not start: `"proxy_busy_buffers_size" must be less than the size of all "proxy_buffers" minus one
    buffer`. What may be busy with sending is, where nothing is said, twice the larger of `proxy_buffer_size` and one of
    `proxy_buffers`; so `proxy_buffer_size 16k` alone, beside the usual 8 buffers of 4k, is enough to keep it down. It
    is the same with the buffers of fastcgi, uwsgi and scgi.
    """
    names = {kind: tuple(f"{kind}_{end}" for end in _ENDS) for kind in _KINDS}
    for kind, own in names.items():
        if config.has(*own):
            yield from once(_at_odds(config, kind, own))


_ENDS = ("buffer_size", "buffers", "busy_buffers_size")


def _at_odds(config: NginxConfig, kind: str, names: tuple[str, ...]) -> Iterator[Report]:
    for block in answering_blocks(config):
        at = config.effective(block)
        sizes = _sizes(at, names)
        is_known = is_whole(config) or all(at.setting(name) for name in names) or (sizes and sizes.count < _BOTH)
        if sizes is None or not is_known or (is_whole(config) and config.may_hold(block, *names)):
            continue
        if sizes.count < _BOTH and sizes.buffers:
            yield sizes.buffers.arg_place(0), f'nginx does not start: "{kind}_buffers" needs at least 2 buffers'
        elif sizes.busy_bytes < sizes.largest and sizes.busy:
            message = f'nginx does not start: "{sizes.busy.value}" is less than one buffer, {_short(sizes.largest)}'
            yield sizes.busy.arg_place(0), message
        elif sizes.busy_bytes >= (sizes.count - 1) * sizes.one_bytes:
            yield _too_busy(kind, sizes)


@dataclass(frozen=True)
class _Sizes:
    """The sizes that hold in a block, in bytes, and the directives that say so."""

    first: Directive | None
    buffers: Directive | None
    busy: Directive | None
    first_bytes: int
    count: int
    one_bytes: int
    busy_bytes: int

    @property
    def largest(self) -> int:
        return max(self.first_bytes, self.one_bytes)


def _sizes(at: Effective, names: tuple[str, ...]) -> _Sizes | None:
    first, buffers, busy = (at.setting(name) for name in names)
    count = (buffers.value if buffers else str(_COUNT)) if buffers is None or len(buffers.args) > 1 else ""
    first_bytes = size_bytes(first.value) if first else _PAGE
    one_bytes = size_bytes(buffers.args[1]) if buffers and count else _PAGE
    if first_bytes is None or one_bytes is None or not count.isdigit():
        return None
    busy_bytes = size_bytes(busy.value) if busy else 2 * max(first_bytes, one_bytes)
    if busy_bytes is None or not (first or buffers or busy):
        return None
    return _Sizes(first, buffers, busy, first_bytes, int(count), one_bytes, busy_bytes)


def _too_busy(kind: str, sizes: _Sizes) -> Report:
    cause = sizes.busy or (sizes.first if sizes.first_bytes > sizes.one_bytes else None) or sizes.buffers or sizes.first
    if cause is None:
        raise AssertionError("nginx's own sizes go together")
    edits: tuple[Edit, ...] = ()
    if sizes.busy:
        room = f"write less than {_short((sizes.count - 1) * sizes.one_bytes)}, all buffers but one"
    else:
        statement = f"{kind}_buffers {_COUNT} {_short(sizes.largest)};"
        room = f'add "{statement}"' if sizes.buffers is None else f'write "{statement}"'
        edits = (after(cause, statement, safe=False),) if sizes.buffers is None else ()
    what = _short(sizes.busy_bytes)
    return (
        cause.arg_place(0),
        f'nginx does not start: {what} may be busy, more than "{kind}_buffers" has; {room}',
        edits,
    )


def _short(size: int) -> str:
    return f"{size // 1024}k" if size % 1024 == 0 else str(size)


@rule(
    "nginx/header-buffers-small",
    Severity.WARNING,
    bad=(
        "large_client_header_buffers 2 1k;  # <-",
        "server { large_client_header_buffers 4 2048; }  # <-",
    ),
    good=("large_client_header_buffers 4 16k;", "large_client_header_buffers 8 8k;", "client_header_buffer_size 1k;"),
    source=f"{_CORE}#large_client_header_buffers",
)
def header_buffers_small(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Buffers for request headers that a few cookies fill.

    A line of the request that does not fit into one of these is answered with 414 or 400: who is signed in, or comes
    by a long link, is locked out, and nobody else notices. Guides to hardening write `2 1k`; nginx's own choice is
    `4 8k`. The least is the policy's `limits.min_header_buffer_bytes`.
    """
    least = policy.limits.min_header_buffer_bytes
    for directive in config.find("large_client_header_buffers"):
        size = size_bytes(directive.args[1]) if len(directive.args) > 1 else None
        if size is not None and size < least:
            message = (
                f'"{directive.args[1]}" for a line of the request: a few cookies fill it; write {_short(least)} or more'
            )
            yield directive.arg_place(1), message


@rule(
    "nginx/bodies-kept",
    Severity.WARNING,
    bad="location /upload/ { client_body_in_file_only on; proxy_pass http://backend; }  # <-",
    good=(
        "location /upload/ { client_body_in_file_only clean; proxy_pass http://backend; }",
        "location /upload/ { client_body_in_file_only off; proxy_pass http://backend; }",
    ),
    fixed="location /upload/ { client_body_in_file_only clean; proxy_pass http://backend; }",
    unsafe=True,
    source=f"{_CORE}#client_body_in_file_only",
)
def bodies_kept(config: NginxConfig) -> Iterator[Report]:
    """
    The body of each request becomes a file that nobody deletes.

    `on` keeps the files when the request is over: the disk fills up, and what people sent, passwords included, stays
    there. `clean` deletes them.
    """
    for directive in config.find("client_body_in_file_only"):
        if directive.value.lower() == "on":
            place = directive.arg_place(0)
            yield place, '"on" keeps the bodies of all requests for ever; write "clean"', (Edit(place, "clean", False),)
