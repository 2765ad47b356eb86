"""
nginx configurations: read by crossplane, with the exact place of every token.

`load` and `read` give an `NginxConfig`; everything a rule needs hangs on it:

- ``config.find("add_header", ...)`` lists directives at any depth; ``config.servers``, ``.locations``, ``.upstreams``;
- a `Directive` has ``name``, ``args``, ``block``, ``parent``, ``ancestors``, ``place``, ``arg_place(0)``, ``find()``;
- `location`, `listen`, `header`, `proxy_pass`, `size_bytes` and `time_s` read arguments that have a form of their own;
- ``config.effective(block)`` gives the `Effective` settings after inheritance: ``headers``, ``dropped_headers``,
  ``headers_for(404)``, ``compression``, ``proxy``, ``access``, ``tls``, ``setting("root")``, ``settings("allow")``;
- ``config.answer("https://host/path")`` says which server and location answer, with what headers, and why; `explain`
  puts it into words;
- ``config.may_hold(block, "gzip")`` tells whether an include that could not be read might set it: stay silent then;
- ``config.is_unknown(value)`` tells whether a template fills the value in;
- ``config.version`` is the nginx that will run it, to be compared with ``(1, 25, 1)``.

A file that is included twice is seen in both contexts, so the same place may come up twice.
"""

from collections.abc import Sequence

from .blocks import (
    Header,
    Listen,
    Location,
    ProxyPass,
    header,
    listen,
    listens,
    location,
    proxy_pass,
    server_names,
    size_bytes,
    time_s,
)
from .config import Fault, NginxConfig, Unread
from .directive import Directive
from .effective import HANDLERS, PASSES, Effective, answering_blocks
from .headers import ResponseHeader
from .loading import load, read_all
from .reading import parse, read
from .table import NEWEST, Version
from .topics import Access, Compression, Proxy, Tls


def explain(configs: Sequence[NginxConfig], url: str) -> str:
    """
    What those of *configs* that listen on the port of *url* answer to it, and why, for people.

    Raises:
        BadUriError: where *url* is no address of a page (a ``ValueError``).
    """
    from .explaining import explain_all  # noqa: PLC0415 - only questions about a URL need it

    return explain_all(configs, url)


__all__ = [
    "HANDLERS",
    "NEWEST",
    "PASSES",
    "Access",
    "Compression",
    "Directive",
    "Effective",
    "Fault",
    "Header",
    "Listen",
    "Location",
    "NginxConfig",
    "Proxy",
    "ProxyPass",
    "ResponseHeader",
    "Tls",
    "Unread",
    "Version",
    "answering_blocks",
    "explain",
    "header",
    "listen",
    "listens",
    "load",
    "location",
    "parse",
    "proxy_pass",
    "read",
    "read_all",
    "server_names",
    "size_bytes",
    "time_s",
]
