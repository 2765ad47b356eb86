"""Entries of maps and their like that nginx refuses."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...regex import regex
from ...rule import Report, rule
from .once import once
from .templated import is_templated

_ALONE = frozenset({"hostnames", "volatile", "ranges", "proxy_recursive"})
"""Entries of ``map`` and ``geo`` that are a word alone."""
_SETTINGS = frozenset({"default", "include", "delete", "proxy", *_ALONE})
_NO_KEYS = frozenset({"include", "hostnames", "volatile"})
_MARKS = ("{{", "<%", "{%")
_SHARE = regex(r"\d+(?:\.\d{1,2})?%")
_ALL = 10_000
"""A hundred per cent, in hundredths of one."""


@rule(
    "nginx/entry-refused",
    Severity.ERROR,
    bad=(
        """
        map $uri $target {
            /old /new;
            /older /new permanent;  # <-
            /oldest;  # <-
        }
        """,
        """
        geo $office {
            default 0;
            if ($uri) {  # <-
                default 1;
            }
            10.0.0.0/33 1;  # <-
            office.example.com 1;  # <-
        }
        """,
        "map $uri target { /old /new; }  # <-",
        """
        map $host $backend {
            default app;
            Example.com shop;
            example.com blog;  # <-
            default web;  # <-
        }
        """,
        """
        split_clients $remote_addr $variant {
            10 new;  # <-
            60% old;
            50% older;  # <-
            * oldest;
        }
        """,
    ),
    good=(
        "map $host $site { hostnames; default a; *.example.com b; include sites.map; }",
        "geo $office { default 0; 10.0.0.0/8 1; 2001:db8::/32 1; 127.0.0.1 1; }",
        "geo $office { ranges; default 0; 10.0.0.0-10.0.0.255 1; }",
        r"map $uri $a { default 1; \default 2; ~a 3; ~a 4; ~A 5; b 6; .b 7; }",
        "split_clients $remote_addr $variant { 0.5% new; 99.5% old; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_map_module.html#map",
)
def entry_refused(config: NginxConfig) -> Iterator[Report]:
    """
    An entry of a `map`, a `geo` or a `split_clients` that nginx does not take; or no variable to set.

    nginx does not start. An entry is a pair, so a value with a space belongs into quotes: `invalid number of the map
    parameters`. A `map` has one `default`, and each word once, whether in capitals or not: `conflicting parameter`. A
    `geo` has networks: `invalid network`. A `split_clients` has shares such as `0.5%`, together no more than 100%.
    """
    yield from once(_entries(config))
    yield from once(_repeated(config))
    yield from once(_shares(config))


def _entries(config: NginxConfig) -> Iterator[Report]:
    for block in _blocks(config, "map", "geo", "split_clients"):
        if block.args and not block.args[-1].startswith("$") and not is_templated(block.file):
            message = f'nginx does not start: "{block.args[-1]}" is no variable; write "${block.args[-1]}"'
            yield block.arg_place(len(block.args) - 1), message
        if (
            block.name == "geo"
            and len(block.args) > 1
            and not block.value.startswith("$")
            and not config.is_unknown(block.value)
        ):
            yield block.arg_place(0), f'nginx does not start: "{block.value}" is no variable; write "${block.value}"'
        in_ranges = block.first("ranges") is not None
        for entry in block.children if block.name != "split_clients" else ():
            said = " ".join((entry.name, *entry.args))
            if any(mark in said for mark in _MARKS) or _is_filled(said):
                continue
            if entry.block is not None:
                yield entry.open_place, f'nginx does not start: no block may stand in a "{block.name}"; close it before'
                continue
            wanted = 0 if entry.name in _ALONE and not entry.args else 1
            if len(entry.args) != wanted:
                what = "a value with spaces belongs into quotes" if entry.args else "it lacks its value"
                yield entry.place, f'nginx does not start: "{entry.name}" is not followed by one value; {what}'
            elif block.name == "geo" and not in_ranges and entry.name not in _SETTINGS and not _is_network(entry):
                yield entry.place, f'nginx does not start: "{entry.name}" is no network; write one such as 10.0.0.0/8'


def _blocks(config: NginxConfig, *names: str) -> Iterator[Directive]:
    for block in config.find(*names):
        if block.block is not None and block.file.token_text(block.token) == block.name:
            yield block


def _repeated(config: NginxConfig) -> Iterator[Report]:
    for block in _blocks(config, "map"):
        if is_templated(block.file):
            continue
        seen: set[str] = set()
        has_names = block.first("hostnames") is not None
        for entry in block.children:
            key = entry.name.lower()
            if key.startswith("~") or key in _NO_KEYS or "{" in key:
                continue
            keys = {key, key[1:], f"*{key}"} if has_names and key.startswith(".") else {key}
            if not seen.isdisjoint(keys):
                yield entry.place, f'nginx does not start: this map has "{entry.name}" already; remove one'
            seen |= keys


def _shares(config: NginxConfig) -> Iterator[Report]:
    for block in _blocks(config, "split_clients"):
        if is_templated(block.file):
            continue
        total = 0
        for entry in block.children:
            share = entry.name
            if share in ("*", "include") or "{" in share or "$" in share or entry.block is not None:
                continue
            if not _SHARE.fullmatch(share) or not (parts := _hundredths(share)):
                yield entry.place, f'nginx does not start: "{share}" is no share; write one such as 10% or 0.5%'
                continue
            total += parts
            if total - parts <= _ALL < total:
                yield entry.place, f'nginx does not start: with "{share}" the shares are more than 100%; lower one'


def _hundredths(share: str) -> int:
    whole, _, part = share.removesuffix("%").partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def _is_filled(text: str) -> bool:
    return "${" in text and text[text.index("${") + 2 :][:1].isupper()


def _is_network(entry: Directive) -> bool:
    import ipaddress  # noqa: PLC0415 - 1 ms, and only a geo needs it

    try:
        return ipaddress.ip_network(entry.name, strict=False) is not None
    except ValueError:
        return False
