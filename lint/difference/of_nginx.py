"""What an nginx configuration promises: for every server and location what holds there after inheritance."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..nginx import Directive, NginxConfig, answering_blocks
from ..nginx.blocks import size_bytes, time_s
from ..nginx.table import _CONTEXTS, masks
from ..record import dataclass
from .statement import Statement

PART = "nginx"
HEADERS = frozenset({"add_header", "expires"})
OF_THE_BLOCK = frozenset(
    {"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass", "try_files", "return"}
    | {"rewrite", "set", "internal", "stub_status", "listen", "server_name", "break", "limit_except", "if", "alias"}
)
"""Settings that hold in the block in which they stand, and not in the locations inside it."""

HEADS = frozenset({"server", "location", "if", "limit_except", "include", "http"})
INHERITED = _CONTEXTS["S"] | _CONTEXTS["L"] | _CONTEXTS["J"]


SETS = frozenset(
    {"gzip_types", "brotli_types", "zstd_types", "sub_filter_types", "charset_types", "addition_types", "ssi_types"}
    | {"ssl_protocols", "proxy_ssl_protocols", "grpc_ssl_protocols", "gzip_proxied", "proxy_next_upstream"}
    | {
        "proxy_cache_methods",
        "fastcgi_cache_methods",
        "proxy_hide_header",
        "fastcgi_hide_header",
        "proxy_ignore_headers",
    }
)
"""Settings whose words have no order."""

KEYED = frozenset(
    {"proxy_set_header", "grpc_set_header", "fastcgi_param", "uwsgi_param", "scgi_param", "proxy_cookie_path"}
    | {"proxy_hide_header", "fastcgi_hide_header", "proxy_pass_header", "fastcgi_pass_header", "auth_request_set"}
)
"""Settings that hold several times, each for what its first word names."""


@dataclass(frozen=True)
class Named:
    """An answering block, and the words for it."""

    block: Directive
    words: str


def statements(config: NginxConfig, prefix: str) -> Iterator[Statement]:
    """
    Every statement of *config*; places and the layout of files are no part of any.

    Args:
        prefix: Begins every subject, where a stack has several configurations.
    """
    for each in _unnamed(config):
        yield Statement(each.part, f"{prefix}{each.subject}", each.aspect, each.value)


def _unnamed(config: NginxConfig) -> Iterator[Statement]:
    yield from _of_the_whole(config)
    names = sorted({each.name for each in config.walk() if _is_inherited(each.name)})
    order: dict[str, int] = {}
    for named in _named(config):
        yield from _of_a_block(config, named, names)
        yield from _order(named, order)


def _named(config: NginxConfig) -> Iterator[Named]:
    seen: dict[str, int] = {}
    for block in answering_blocks(config):
        heads = [each for each in (block, *block.ancestors) if each.name in HEADS and each.name != "http"]
        words = " ".join(_head(each) for each in reversed(heads))
        seen[words] = seen.get(words, 0) + 1
        yield Named(block, words if seen[words] == 1 else f"{words} ({seen[words]})")


def _head(block: Directive) -> str:
    if block.name != "server":
        return " ".join(block.args) if block.name == "location" else f"{block.name} ({' '.join(block.args)})"
    names = [name for each in block.find("server_name") for name in each.args]
    ports = list(dict.fromkeys(each.value for each in block.find("listen"))) or ["80"]
    return f"{', '.join(names) or '(any name)'} on {', '.join(ports)}"


def _of_a_block(config: NginxConfig, named: Named, names: list[str]) -> Iterator[Statement]:
    effective = config.effective(named.block)
    yield Statement(PART, named.words, "", "is there")
    for number, header in enumerate(effective.headers):
        same = [other for other in effective.headers[:number] if other.key == header.key]
        again = f" ({len(same) + 1})" if same else ""
        always = ", with every status" if header.always else ""
        yield Statement(PART, named.words, f"header {header.name}{again}", f"{header.value}{always}")
    for name in names:
        found = list(named.block.find(name) if name in OF_THE_BLOCK else effective.settings(name))
        if name in ("allow", "deny"):
            continue
        if name == "error_page":
            for page in found:
                codes = [word for word in page.args[:-1] if word.isdigit()]
                target = " ".join(page.args[len(codes) :])
                yield from (Statement(PART, named.words, f"error_page {code}", target) for code in codes)
        elif name in KEYED:
            keys = {each.value.lower(): (each.value, " ".join(each.args[1:]) or "is there") for each in found}
            yield from (Statement(PART, named.words, f"{name} {key}", value) for key, value in keys.values())
        elif found:
            yield Statement(PART, named.words, name, "; ".join(map(_said, found)))
    rules = [*effective.settings("allow"), *effective.settings("deny")]
    if rules:
        ordered = sorted(rules, key=lambda each: (each.place.path, each.place.line, each.place.column))
        yield Statement(PART, named.words, "access", "; ".join(f"{each.name} {each.value}" for each in ordered))


def _said(each: Directive) -> str:
    """The words of a setting, each amount in the largest unit that fits, those without an order sorted."""
    if each.name in SETS:
        return " ".join(sorted(each.args))
    if each.name.endswith("_timeout") or each.name in ("proxy_cache_lock_age", "keepalive_time", "reset_timedout"):
        return " ".join(map(_time, each.args))
    if each.name.endswith(("_size", "_length", "_buffers")):
        return " ".join(map(_size, each.args))
    return " ".join(each.args) or "is there"


def _time(word: str) -> str:
    seconds = time_s(word)
    if seconds is None or seconds != int(seconds):
        return word
    unit = next((unit for unit, length in (("d", 86400), ("h", 3600)) if seconds and seconds % length == 0), "s")
    return f"{int(seconds) // {'d': 86400, 'h': 3600, 's': 1}[unit]}{unit}"


def _size(word: str) -> str:
    size = size_bytes(word)
    if not size:
        return word
    power = next(power for power in (3, 2, 1, 0) if size % 1024**power == 0)
    return f"{size // 1024**power}{'bkmg'[power] if power else ''}"


def _order(named: Named, seen: dict[str, int]) -> Iterator[Statement]:
    """Regular expressions are tried in their order, so each has its rank among its neighbours."""
    if named.block.name != "location" or not named.block.value.startswith("~"):
        return
    around = named.words.rpartition(" ".join(named.block.args))[0]
    seen[around] = seen.get(around, 0) + 1
    yield Statement(PART, named.words, "rank among the regular expressions", str(seen[around]))


def _of_the_whole(config: NginxConfig) -> Iterator[Statement]:
    """What is not inherited by servers: workers, logs' formats, upstreams, maps, zones."""
    counts: dict[tuple[str, str], list[str]] = {}
    for each in _outside(config.directives):
        if each.block is not None:
            yield from _of_data(each)
        else:
            key = each.args[0] if each.name in ("log_format", "limit_req_zone") and each.args else ""
            counts.setdefault((each.name, key), []).append(_said(each))
    for (name, key), values in counts.items():
        yield Statement(PART, "everywhere", f"{name} {key}".strip(), "; ".join(values))


def _outside(directives: list[Directive]) -> Iterator[Directive]:
    for each in directives:
        if each.name in ("http", "events", "stream"):
            yield from _outside(each.children)
        elif each.name not in HEADS and not _is_inherited(each.name):
            yield each


def _of_data(block: Directive) -> Iterator[Statement]:
    subject = f"{block.name} {' '.join(block.args)}".strip()
    values: dict[str, list[str]] = {}
    for each in block.children:
        if each.name != "include":
            values.setdefault(each.name, []).append(_said(each))
    yield Statement(PART, subject, "", "is there")
    expressions = [each.name for each in block.children if each.name.startswith("~")]
    if len(expressions) > 1:
        yield Statement(PART, subject, "order of the expressions", "; ".join(expressions))
    for name, found in values.items():
        yield Statement(PART, subject, name, "; ".join(found))


@cache
def _is_inherited(name: str) -> bool:
    """Whether *name* may stand in a server or a location, so that the blocks there say what holds."""
    return name not in HEADS | HEADERS and any(mask & INHERITED for mask in masks().get(name, (INHERITED,)))
