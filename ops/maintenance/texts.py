"""
What nginx is told during maintenance: two files of a generation of the edge, which are empty at other times.

The one, included in `http`, says who is let in; the other, included in each server of the site, closes it. The page
stands in variables, so that no file has to be there for nginx and every method gets the same answer. A status that
nobody else uses leads to it: a 503 of the stack's own stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..errors import SettingsError
from .order import Order
from .page import JSON, content_policy

VISITORS, CLOSED = "visitors.conf", "maintenance.conf"
MARK = "# Written by inv maintenance; inv maintenance --off takes it away."
HEADER = "Maintenance"
"""The header by which our own tasks know such an answer."""

AS_PAGE, AS_JSON = 598, 599
CLOSED_STATUS = 503
RETRY_S = 300
CHUNK_BYTES = 1800
"""nginx reads words of at most 4096 bytes, and escaping may double one."""

ACME = r"~^/\.well-known/acme-challenge/"
HEADERS = {
    "Retry-After": str(RETRY_S),
    "Cache-Control": "no-store",
    HEADER: "on",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "0",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Request-ID": "$request_id",
}


def paths(site: str) -> tuple[str, str]:
    """The two files' paths in a generation."""
    return f"{site}/{VISITORS}", f"{site}/{CLOSED}"


def with_maintenance(files: Mapping[str, str], order: Order | None, hsts: str = "") -> dict[str, str]:
    """
    The files of a generation as they are while *order* holds.

    Args:
        hsts: The value of Strict-Transport-Security that the site sends; empty where it sends none.

    Raises:
        SettingsError: the stack's nginx does not include the two files; the message says what to add.
    """
    if order is None:
        return dict(files)
    check_includes(files, order.site)
    visitors, closed = paths(order.site)
    merges = any(re.search(r"^\s*add_header_inherit\s", text, re.MULTILINE) for text in files.values())
    return {**files, visitors: "".join(_visitors(order, hsts)), closed: "".join(_closed(order, merges=merges))}


def same_but_for_maintenance(live: Mapping[str, str], files: Mapping[str, str]) -> bool:
    """Whether *live* are *files*, but for what maintenance has written in their place."""
    written = {path for path, text in live.items() if is_written(text)}
    return live.keys() == files.keys() and all(live[path] == files[path] for path in files.keys() - written)


def is_written(text: str) -> bool:
    """Whether a file of a generation is one that maintenance wrote."""
    return text.startswith(MARK)


def check_includes(files: Mapping[str, str], site: str) -> None:
    """
    Looks whether nginx would read the two files.

    Raises:
        SettingsError: it would not.
    """
    plain = "\n".join(re.sub(r"#[^\n]*", "", text) for text in files.values())
    wanted = {path: f"include {path};" for path in paths(site)}
    missing = {
        path for path in wanted if not re.search(rf"\binclude\s+[\"']?(?:\S*/)?{re.escape(path)}[\"']?\s*;", plain)
    }
    if not missing:
        return
    visitors, closed = paths(site)
    to_add = [f"`{wanted[visitors]}` to http"] if visitors in missing else []
    to_add += [f"`{wanted[closed]}` to each server of the site"] if closed in missing else []
    raise SettingsError(
        f"nginx does not read {' and '.join(sorted(missing))}: add {' and '.join(to_add)}, with an empty file beside "
        f"{site}/names.conf for each, and bring that up; see docs/operating.md"
    )


def _visitors(order: Order, hsts: str) -> Iterator[str]:
    yield f"{MARK}\n"
    yield "geo $maintenance_public {\n    default 1;\n"
    yield "".join(f"    {address} 0;\n" for address in ("127.0.0.0/8", "::1", *order.allow))
    yield "}\n\n"
    yield from _map("$uri", "$maintenance_shut", "1", {_exactly(path): "0" for path in order.open} | {ACME: "0"})
    yield from _map("$uri", "$maintenance_below", "page", {f"~^{re.escape(path)}(/|$)": "api" for path in order.api})
    yield from _map("$http_accept", "$maintenance_wanted", "page", {"~text/html": "page", "~application/json": "api"})
    yield from _map(
        "$maintenance_public$maintenance_shut:$maintenance_below:$maintenance_wanted",
        "$maintenance",
        "",
        {"~^11:.*api": "api", "~^11:": "page"},
    )
    yield from _map("$https", "$maintenance_hsts", "", {"on": hsts})
    for number, part in _parts(order.page):
        yield f"geo $maintenance_{number} {{\n    default {_word(part)};\n}}\n"


def _closed(order: Order, *, merges: bool) -> Iterator[str]:
    yield f"{MARK}\n"
    for status, kind in ((AS_PAGE, "page"), (AS_JSON, "api")):
        yield f"if ($maintenance = {kind}) {{\n    return {status};\n}}\n"
        yield f"error_page {status} =503 @maintenance_{kind};\n"
    page = "".join(f"$maintenance_{number}" for number, _ in _parts(order.page))
    inherit = "    add_header_inherit off;\n" if merges else ""
    for kind, mime, body in (("page", "text/html", f'"{page}"'), ("api", "application/json", f"'{JSON}'")):
        headers = HEADERS | {"Content-Security-Policy": content_policy(order.page if kind == "page" else "")}
        yield f"\nlocation @maintenance_{kind} {{\n{inherit}"
        yield "".join(f"    add_header {name} {_word(value)} always;\n" for name, value in headers.items())
        yield "    add_header Strict-Transport-Security $maintenance_hsts always;\n"
        yield f"    default_type {mime};\n    charset utf-8;\n    return 503 {body};\n}}\n"


def _map(source: str, name: str, default: str, values: Mapping[str, str]) -> Iterator[str]:
    yield f"map {_word(source)} {name} {{\n    default {_word(default)};\n"
    yield "".join(f"    {_word(key)} {_word(value)};\n" for key, value in values.items())
    yield "}\n\n"


def _exactly(path: str) -> str:
    """As an expression: keys that are plain words share a table whose size the stack decides."""
    return f"~^{re.escape(path)}$"


def _word(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parts(page: str) -> list[tuple[int, str]]:
    """The page in numbered parts that nginx can read, cut between characters."""
    parts, part, size = [], "", 0
    for character in page:
        length = len(character.encode())
        if size + length > CHUNK_BYTES:
            parts.append(part)
            part, size = "", 0
        part, size = part + character, size + length
    return list(enumerate([*parts, part], 1))
