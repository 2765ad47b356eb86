"""Which servers and locations answer with something of their own: where headers, caching and compression matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from ...nginx import PASSES, Directive, NginxConfig, listens, location
from ...nginx.patterns import UnknownPatternError, matched
from ...policy import Policy

_NOT_CONTENT = ("stub_status", "empty_gif", "api", "grpc_pass")
"""Handlers whose answers no browser shows."""

_EVERYTHING = frozenset({"^", "^(.*)$", "^/(.*)$", "(.*)", "^/(.*)", "^.*$", ".*", "^/", "^(.*)", "/(.*)", "^/.*$"})
_REDIRECTS = ("permanent", "redirect")
_INTERNAL = ("127.", "[::1]", "localhost", "unix:")


def is_whole(config: NginxConfig) -> bool:
    """Whether it is a main file with all it includes, so that what is not in it is not there."""
    return config.http is not None


def is_site(block: Directive) -> bool:
    """
    Whether *block* belongs to a server that is a site of its own, as a file for conf.d has it.

    Where such a file is read by itself, the main file around it is not at hand: the distribution's, or the image's.
    None of those sends a security header.
    """
    server = block if block.name == "server" else block.enclosing("server")
    return server is not None and server.first("listen") is not None and server.first("server_name") is not None


def servers(config: NginxConfig) -> list[Directive]:
    """The servers that others than this machine can reach."""
    return [server for server in config.servers if not _is_internal(server)]


def _is_internal(server: Directive) -> bool:
    known: bool | None = server.memo.get("is_internal")
    if known is None:
        known = server.memo["is_internal"] = _listens_inside(server)
    return known


def _listens_inside(server: Directive) -> bool:
    return all(listen.address.startswith(_INTERNAL) for listen in listens(server))


def speaks_tls(server: Directive) -> bool:
    """Whether one of the server's own sockets speaks TLS, or it says so in the old way."""
    old = server.last("ssl")
    return any(listen.is_ssl for listen in listens(server)) or (old is not None and old.value == "on")


def answering(config: NginxConfig, server: Directive) -> list[Directive]:
    """The server, where requests come to no location, and its locations that answer with content."""
    blocks: list[Directive] | None = server.memo.get("answering")
    if blocks is None:
        blocks = server.memo["answering"] = _answering(config, server)
    return blocks


def _answering(config: NginxConfig, server: Directive) -> list[Directive]:
    if redirects(server) or server.first("return"):
        return []
    locations = [found for found in server.walk() if found.name == "location" and found.block is not None]
    blocks = [found for found in locations if _answers(config, found)]
    return [server, *blocks] if _answers_itself(config, server) else blocks


def _answers_itself(config: NginxConfig, server: Directive) -> bool:
    heads = [location(found) for found in server.find("location")]
    if any(head.is_prefix and head.pattern == "/" for head in heads):
        return False
    return not config.may_hold(server, "location") and _serves_files(config, server)


def _answers(config: NginxConfig, block: Directive) -> bool:
    at = config.effective(block)
    if at.returns or redirects(block) or at.access.denies_all or _is_acme(block):
        return False
    if at.handler:
        return at.handler.name not in _NOT_CONTENT
    return _serves_files(config, block)


def _serves_files(config: NginxConfig, block: Directive) -> bool:
    at = config.effective(block)
    return at.root is not None or _finds_file(at.tries)


def _finds_file(tries: Directive | None) -> bool:
    """Whether ``try_files`` may send a file: not where it only hands on to a named location."""
    return tries is not None and any(not word.startswith(("@", "=")) for word in tries.args)


def redirects(block: Directive) -> bool:
    """Whether every request is sent elsewhere."""
    found = block.first("return")
    if found:
        return found.value in ("301", "302", "303", "307", "308") or found.value.startswith(("http", "$scheme"))
    return any(each.args[-1:] and each.args[-1] in _REDIRECTS for each in block.find("rewrite") if _is_all(each))


def returning(config: NginxConfig, server: Directive) -> list[Directive]:
    """The server and its locations that redirect, or answer by a ``return`` that is no refusal."""
    blocks = [server, *(found for found in server.walk() if found.name == "location")]
    return [block for block in blocks if redirects(block) or _says(config.effective(block).returns)]


def _says(found: Directive | None) -> bool:
    return found is not None and found.value.startswith("2")


def _is_all(rewrite: Directive) -> bool:
    return rewrite.value in _EVERYTHING


def _is_acme(block: Directive) -> bool:
    return "well-known" in location(block).pattern


def is_page(config: NginxConfig, block: Directive, policy: Policy) -> bool:
    """Whether what *block* answers may be a page that a browser shows, as far as its address and settings tell."""
    known: bool | None = block.memo.get("is_page")
    if known is None:
        known = block.memo["is_page"] = _is_page(config, block, policy)
    return known


def _is_page(config: NginxConfig, block: Directive, policy: Policy) -> bool:
    at = config.effective(block)
    if at.handler and at.handler.name in ("grpc_pass", "memcached_pass"):
        return False
    if at.value("default_type").endswith(("json", "plain", "octet-stream")) and block.first("default_type"):
        return False
    head = at.location
    if block.name == "server" or head is None or head.modifier == "@":
        return True
    if _is_like(policy.headers.paths_without_pages, head.pattern):
        return False
    return _may_hold_page(head.pattern, head.modifier == "~*") if head.is_regex else not _is_asset(head.pattern)


@lru_cache(maxsize=1024)  # many servers have the same locations
def _may_hold_page(pattern: str, ignore_case: bool) -> bool:
    try:
        probes = ("/", "/index.html", "/page", "/a/page.html", "/index.php")
        return any(matched(pattern, probe, ignore_case) for probe in probes)
    except UnknownPatternError:
        return False


def _is_asset(pattern: str) -> bool:
    _, dot, extension = pattern.rpartition("/")[2].rpartition(".")
    return bool(dot) and extension.lower() not in ("html", "htm", "php")


def _is_like(patterns: tuple[str, ...], path: str) -> bool:
    return bool(patterns) and _joined(patterns).search(path) is not None


@cache
def _joined(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def is_passed_on(config: NginxConfig, block: Directive) -> bool:
    """Whether another server makes the answer."""
    handler = config.effective(block).handler
    return handler is not None and handler.name in PASSES


def own_statement(block: Directive, directive: Directive) -> Directive:
    """What brings *directive* into *block* in the block's own file: itself, or the ``include`` that does."""
    for include in directive.include_chain:
        if include.parent is block and include.via is block.via:
            return include
    return directive


def blocks_with(config: NginxConfig, name: str) -> Iterator[Directive]:
    """The blocks that hold a directive called *name* of their own, in order, each once."""
    seen: set[int] = set()
    for directive in config.find(name):
        block = directive.parent
        if block is not None and id(block) not in seen:
            seen.add(id(block))
            yield block
