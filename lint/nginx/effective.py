"""
What holds in a block after inheritance: the settings that nginx uses there, each with the directive that set it.

nginx merges each level with the one around it: http, server, location, nested locations, ``if`` in a location.
A single value comes from the nearest level that sets it; a list (headers, access rules, log files) comes whole from
the nearest level that has any of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..cached import cached_property
from ..record import dataclass
from . import headers
from .blocks import Location, location, size_bytes, time_s
from .config import NginxConfig
from .directive import Directive
from .headers import ResponseHeader
from .topics import Access, Compression, Proxy, Tls

HANDLERS = (
    "proxy_pass",
    "fastcgi_pass",
    "uwsgi_pass",
    "scgi_pass",
    "grpc_pass",
    "memcached_pass",
    "stub_status",
    "empty_gif",
    "perl",
    "flv",
    "mp4",
    "api",
    "js_content",
    "content_by_lua_block",
    "content_by_lua_file",
)
"""Directives that decide who answers; a nested location does not inherit them, an ``if`` does."""
_HANDLERS = frozenset(HANDLERS)

PASSES = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")
"""Handlers that ask another server."""


@dataclass(frozen=True)
class Effective:
    """
    The settings in one block: http, a server, a location, or an ``if`` or ``limit_except`` in one.

    What an include that could not be read may change is not known here: see `NginxConfig.may_hold`.
    """

    config: NginxConfig
    block: Directive

    @cached_property
    def levels(self) -> tuple[Directive, ...]:
        """The blocks whose settings hold, the innermost first."""
        return (self.block, *self.block.ancestors)

    def setting(self, *names: str) -> Directive | None:
        """The directive of one of *names* that holds here: the nearest one."""
        if not self.config.has(*names):
            return None
        for level in self.levels:
            if found := level.last(*names):
                return found
        return None

    def value(self, name: str, default: str = "") -> str:
        """The first argument of the setting *name*, or what nginx takes without one."""
        found = self.setting(name)
        return found.value if found else default

    def is_on(self, name: str, default: bool = False) -> bool:
        """Whether the flag *name* is on."""
        found = self.setting(name)
        return found.value.lower() == "on" if found else default

    def seconds(self, name: str, default: float) -> float | None:
        """The time *name* in seconds; None where it is made up for each request or filled in."""
        found = self.setting(name)
        return time_s(found.value) if found else default

    def bytes(self, name: str, default: int) -> int | None:
        """The size *name* in bytes; None where it is filled in."""
        found = self.setting(name)
        return size_bytes(found.value) if found else default

    def settings(self, *names: str) -> tuple[Directive, ...]:
        """The directives of *names* that hold here: all of the nearest level that has any."""
        if not self.config.has(*names):
            return ()
        for level in self.levels:
            if found := tuple(level.find(*names)):
                return found
        return ()

    def lost(self, *names: str) -> tuple[Directive, ...]:
        """The directives of *names* of the next level out that no longer hold, because a nearer level has its own."""
        with_any = [found for level in self.levels if (found := tuple(level.find(*names)))]
        return with_any[1] if len(with_any) > 1 else ()

    @cached_property
    def headers(self) -> tuple[ResponseHeader, ...]:
        """What ``expires`` and ``add_header`` put into an answer from here, in nginx's order."""
        expiring = self.setting("expires")
        return (*headers.expiry(expiring), *self.added) if expiring else self.added

    @cached_property
    def added(self) -> tuple[ResponseHeader, ...]:
        """What ``add_header`` alone puts in."""
        if self.config.has("add_header_inherit"):
            return headers.added(self.levels, self.config.version, "add_header")
        outer, own = self.block.parent, self.block.find("add_header")
        return tuple(map(headers.response, own)) or (self.config.effective(outer).added if outer else ())

    def headers_for(self, status: int) -> tuple[ResponseHeader, ...]:
        """The headers that an answer with *status* gets; without ``always`` only some statuses get any."""
        return tuple(header for header in self.headers if header.is_sent(status))

    def header(self, name: str, status: int = 200) -> ResponseHeader | None:
        """The first header of that name in an answer with *status*."""
        key = name.lower()
        return next((header for header in self.headers_for(status) if header.key == key), None)

    @cached_property
    def dropped_headers(self) -> tuple[ResponseHeader, ...]:
        """The headers of the levels around that are lost here, since this level has an ``add_header`` of its own."""
        outer = self.block.parent
        if outer is None or self.block.first("add_header") is None:
            return ()
        kept = {each.key for each in self.added}  # what is set again by the same name is not lost
        around = self.config.effective(outer).added
        return tuple(each for each in around if each.key not in kept and each.value != "")

    @cached_property
    def compression(self) -> Compression:
        """How answers are compressed."""
        return Compression(self)

    @cached_property
    def proxy(self) -> Proxy:
        """How another server is asked; meaningful where `handler` is one that passes on."""
        return Proxy(self)

    @cached_property
    def access(self) -> Access:
        """Who may come in."""
        return Access(self)

    @cached_property
    def tls(self) -> Tls:
        """The server's TLS."""
        return Tls(self)

    @cached_property
    def handler(self) -> Directive | None:
        """What answers here: a ``*_pass`` or the like; None where files are served."""
        own = self.block.last_among(_HANDLERS)
        if own or self.block.name not in ("if", "limit_except") or self.block.parent is None:
            return own
        return self.config.effective(self.block.parent).handler

    @cached_property
    def returns(self) -> Directive | None:
        """The ``return`` that always answers here, whatever the request; those inside ``if`` are not meant."""
        return self.block.first("return")

    @cached_property
    def root(self) -> Directive | None:
        """The ``root`` or ``alias`` by which files are found."""
        return self.setting("root", "alias")

    @cached_property
    def tries(self) -> Directive | None:
        """The ``try_files`` of this very block; it is not inherited by a location, nor by an ``if``."""
        if self.block.name == "location":
            return self.block.last("try_files")
        return self.setting("try_files") if self.block.name == "server" else None

    @cached_property
    def location(self) -> Location | None:
        """The head of the location, of the nearest one around for an ``if``."""
        found = self.block if self.block.name == "location" else self.block.enclosing("location")
        return location(found) if found else None

    @cached_property
    def server(self) -> Directive | None:
        """The server around it."""
        return self.block if self.block.name == "server" else self.block.enclosing("server")

    @property
    def error_pages(self) -> tuple[Directive, ...]:
        """The ``error_page`` directives that hold."""
        return self.settings("error_page")

    @property
    def logs(self) -> tuple[Directive, ...]:
        """The ``access_log`` directives that hold; none means nginx's own, with format ``combined``."""
        return self.settings("access_log")

    @property
    def limits(self) -> tuple[Directive, ...]:
        """The ``limit_req`` and ``limit_conn`` that hold; each of the two is inherited by itself."""
        return (*self.settings("limit_req"), *self.settings("limit_conn"))

    @property
    def max_body_bytes(self) -> int | None:
        """``client_max_body_size``; 0 lifts the limit."""
        return self.bytes("client_max_body_size", 1024 * 1024)


def answering_blocks(config: NginxConfig) -> Iterator[Directive]:
    """The blocks an answer may come from: servers, locations, and ``if`` in locations, in order."""
    for directive in config.find("server", "location", "if", "limit_except"):
        if directive.block is not None and (directive.name != "if" or directive.is_inside("location")):
            yield directive
