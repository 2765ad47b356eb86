"""What an nginx configuration promises: for every server and location what holds there after inheritance."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ..nginx import Directive, NginxConfig, answering_blocks
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
        found = named.block.find(name) if name in OF_THE_BLOCK else effective.settings(name)
        values = [" ".join(each.args) for each in found]
        if values:
            yield Statement(PART, named.words, name, "; ".join(values))


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
            counts.setdefault((each.name, key), []).append(" ".join(each.args))
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
            values.setdefault(each.name, []).append(" ".join(each.args))
    yield Statement(PART, subject, "", "is there")
    for name, found in values.items():
        yield Statement(PART, subject, name, "; ".join(found))


@cache
def _is_inherited(name: str) -> bool:
    """Whether *name* may stand in a server or a location, so that the blocks there say what holds."""
    return name not in HEADS | HEADERS and any(mask & INHERITED for mask in masks().get(name, (INHERITED,)))
