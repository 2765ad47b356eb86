"""Where a header is missing that should be sent, and the edits that would send it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...finding import Edit
from ...nginx import PASSES, Directive, NginxConfig, ResponseHeader, server_names
from ...place import Place
from ...policy import Policy
from ...record import dataclass
from .answering import answering, is_site, is_whole, returning, servers
from .insertion import after, inside, written

_PROGRAMS = (
    *("header_filter_by_lua_block", "header_filter_by_lua_file", "js_header_filter", "security_headers"),
    *("content_by_lua", "content_by_lua_block", "content_by_lua_file", "js_content", "perl"),
)
"""Directives of other modules that add headers of their own choice, or make the whole answer."""


@dataclass(frozen=True)
class Gap:
    """
    Blocks that answer without a header.

    Attributes:
        holder: Where the fault is reported: http when no server sends the header, a server when none of its blocks
            does, else the block itself.
    """

    holder: Directive
    blocks: tuple[Directive, ...]

    @property
    def place(self) -> Place:
        """The name of the holder."""
        return self.holder.place

    def __str__(self) -> str:
        if self.holder.name == "http":
            count = len({id(block if block.name == "server" else block.enclosing("server")) for block in self.blocks})
            return f"each of {count} servers"
        if self.holder.name == "location":
            return f'location "{" ".join(self.holder.args)}"'
        name = server_names(self.holder)[0]
        return f'server "{name}"' if name else "this server"

    @property
    def unless(self) -> str:
        """What cannot be seen here and would make it right."""
        return ", unless what is behind sends it" if any(map(_is_passed_on, self.blocks)) else ""


def _is_passed_on(block: Directive) -> bool:
    return block.last(*PASSES) is not None


@dataclass(frozen=True)
class Search:
    """
    The search for one header.

    Attributes:
        names: Those that make it superfluous, in lower case, the header itself first.
        is_due: Whether a block must send it.
        redirects: Whether servers that do nothing but redirect, or say a word, must send it, too.
    """

    config: NginxConfig
    policy: Policy
    names: tuple[str, ...]
    is_due: Callable[[Directive], bool] = lambda _: True
    redirects: bool = False

    def gaps(self) -> Iterator[Gap]:
        """Where it is missing and nothing suggests that it is sent in another way; a header that is lost is no gap."""
        found: list[Gap] = []
        complete = 0
        for server in servers(self.config):
            due = [block for block in self._blocks(server) if self.is_due(block) and self._is_known(block)]
            lacking = tuple(block for block in due if not self._has(block))
            if lacking and len(lacking) == len(due):
                found.append(Gap(server, lacking))
            else:
                complete += bool(due)
                found.extend(Gap(block, (block,)) for block in lacking)
        yield from self._joined(found, complete)

    def _blocks(self, server: Directive) -> Sequence[Directive]:
        blocks = answering(self.config, server)
        return blocks if blocks or not self.redirects else returning(self.config, server)

    def _joined(self, found: list[Gap], complete: int) -> Iterator[Gap]:
        http = self.config.http
        if http and len(found) > 1 and not complete and all(gap.holder.name == "server" for gap in found):
            yield Gap(http, tuple(block for gap in found for block in gap.blocks))
        else:
            yield from found

    def _has(self, block: Directive) -> bool:
        return not _seen(self.config, block).sent.isdisjoint(self.names) or _is_sent(self.config, block, self.names)

    def _is_known(self, block: Directive) -> bool:
        """Whether all headers of *block* are in sight, and none of these was lost on the way: that is a fault apart."""
        seen = _seen(self.config, block)
        if not seen.is_all or not seen.lost.isdisjoint(self.names):
            return False
        return is_whole(self.config) or self._is_of_a_site(block) or self._is_managed(block)

    def _is_of_a_site(self, block: Directive) -> bool:
        """In a site's own file: what files are served with; of what is passed on only TLS is surely nginx's matter."""
        return is_site(block) and (self.names[0] == "strict-transport-security" or not _is_passed_on(block))

    def _is_managed(self, block: Directive) -> bool:
        """Whether a fragment itself sets security headers for *block*, so that none come from around it."""
        security = {name.lower() for name in self.policy.headers.security}
        return any(header.key in security for header in self.config.effective(block).headers)


@dataclass(frozen=True)
class _Seen:
    """
    The headers of a block, in lower case, as each search asks for them.

    Attributes:
        is_all: Whether nothing out of sight may add others.
        sent: Those with a value.
        lost: Those that the block, or one around it, drops by having some of its own.
    """

    is_all: bool
    sent: frozenset[str]
    lost: frozenset[str]


def _seen(config: NginxConfig, block: Directive) -> _Seen:
    known: _Seen | None = block.memo.get("seen_headers")
    if known is None:
        is_all = not (config.may_hold(block, "add_header") or _runs_program(config, block))
        sent = frozenset(header.key for header in config.effective(block).headers if header.value != "")
        known = block.memo["seen_headers"] = _Seen(is_all, sent, _lost(config, block))
    return known


def is_set_elsewhere(config: NginxConfig, block: Directive, names: tuple[str, ...]) -> bool:
    """Whether something other than ``add_header`` sets one of *names* (in lower case) for *block*, or may do so."""
    return _runs_program(config, block) or _is_sent(config, block, names)


def _is_sent(config: NginxConfig, block: Directive, names: tuple[str, ...]) -> bool:
    """Whether headers-more sets it, or the answer of another server is known to bring it."""
    if not config.has("more_set_headers", "proxy_pass_header"):
        return False
    at = config.effective(block)
    words = [word for level in at.levels for found in level.find("more_set_headers") for word in found.args]
    passed = [found.value for found in at.settings("proxy_pass_header")]
    return any(word.partition(":")[0].strip().lower() in names for word in (*words, *passed))


def _runs_program(config: NginxConfig, block: Directive) -> bool:
    return config.has(*_PROGRAMS) and config.effective(block).setting(*_PROGRAMS) is not None


def _lost(config: NginxConfig, block: Directive) -> frozenset[str]:
    """The headers, in lower case, that *block* or a block around it drops by having some of its own."""
    found: frozenset[str] | None = block.memo.get("lost_headers")
    if found is None:
        own = config.effective(block).dropped_headers if block.name in ("server", "location", "if") else ()
        around = _lost(config, block.parent) if block.parent else frozenset()
        found = block.memo["lost_headers"] = around.union(header.key for header in own) if own else around
    return found


def filled(config: NginxConfig, gap: Gap, name: str, value: str) -> tuple[Edit, ...]:
    """
    The edits that add a header beside those that hold in each block, so that none of these is lost.

    A block that inherits from http gets nothing where only some servers are meant: it would change the others.
    """
    statement = f"add_header {name} {written(value)} always;"
    edits: dict[Edit, None] = {}
    seen: set[int] = set()
    for block in gap.blocks:
        source = last_header(config, block)
        level = source.parent if source else gap.holder
        if level is None or (level.name == "http" and gap.holder.name != "http"):
            return ()
        if id(level) not in seen:
            seen.add(id(level))
            edits[after(source, statement, safe=False) if source else inside(level, statement, safe=False)] = None
            lossy = _inner_headers(config, level, name.lower())
            edits.update(dict.fromkeys(after(inner, statement, safe=False) for inner in lossy))
    return tuple(edits)


def _inner_headers(config: NginxConfig, level: Directive, key: str) -> Iterator[Directive]:
    """The last ``add_header`` of each block inside *level* that has some without *key*, and would lose a new one."""
    known: list[tuple[Directive, frozenset[str]]] | None = level.memo.get("inner_headers")
    if known is None:
        blocks = ((block, block.last("add_header")) for block in level.walk() if block.block)
        found = ((last, config.effective(block).headers) for block, last in blocks if last is not None)
        known = [(last, frozenset(header.key for header in headers)) for last, headers in found]
        level.memo["inner_headers"] = known
    return (last for last, keys in known if key not in keys)


def last_header(config: NginxConfig, block: Directive) -> Directive | None:
    """The last ``add_header`` of the level whose headers hold in *block*; None without any."""
    if "last_header" not in block.memo:
        own = block.last("add_header")
        block.memo["last_header"] = own or (last_header(config, block.parent) if block.parent is not None else None)
    found: Directive | None = block.memo["last_header"]
    return found


def headers_named(config: NginxConfig, *names: str) -> Iterator[ResponseHeader]:
    """Every ``add_header`` of one of *names* (in lower case) with a value that is known here, each once."""
    seen: set[tuple[str, int]] = set()
    for directive in config.find("add_header"):
        if directive.value.lower() not in names or len(directive.args) < 2:  # noqa: PLR2004 - name and value
            continue
        key = directive.file.path, directive.token
        if key not in seen and not config.is_unknown(directive.args[1]):
            seen.add(key)
            yield ResponseHeader(directive.value, directive.args[1], directive, "always" in directive.args[2:])
