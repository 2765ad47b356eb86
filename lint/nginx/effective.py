"""
What holds in a block after inheritance: the settings that nginx uses there, each with the directive that set it.

nginx merges each level with the one around it: http, server, location, nested locations, ``if`` in a location.
A single value comes from the nearest level that sets it; a list (headers, access rules, log files) comes whole from
the nearest level that has any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from . import headers
from .blocks import Location, location, size_bytes, time_s
from .config import NginxConfig
from .directive import Directive
from .headers import ResponseHeader

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
        return next((found for level in self.levels if (found := level.last(*names))), None)

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
        return next((found for level in self.levels if (found := tuple(level.find(*names)))), ())

    def lost(self, *names: str) -> tuple[Directive, ...]:
        """The directives of *names* of the next level out that no longer hold, because a nearer level has its own."""
        with_any = [found for level in self.levels if (found := tuple(level.find(*names)))]
        return with_any[1] if len(with_any) > 1 else ()

    @cached_property
    def headers(self) -> tuple[ResponseHeader, ...]:
        """What ``expires`` and ``add_header`` put into an answer from here, in nginx's order."""
        return (*headers.expiry(self.levels), *headers.added(self.levels, self.config.version, "add_header"))

    @cached_property
    def trailers(self) -> tuple[ResponseHeader, ...]:
        """What ``add_trailer`` puts behind an answer."""
        return headers.added(self.levels, self.config.version, "add_trailer")

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
        return headers.dropped(self.levels, self.config.version)

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
        own = self.block.last(*HANDLERS)
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


@dataclass(frozen=True)
class Compression:
    """The settings of gzip and of precompressed files."""

    at: Effective

    @property
    def is_on(self) -> bool:
        """Whether answers are compressed as they are sent."""
        return self.at.is_on("gzip")

    @property
    def level(self) -> int | None:
        """1 to 9."""
        word = self.at.value("gzip_comp_level", "1")
        return int(word) if word.isdigit() else None

    @property
    def types(self) -> tuple[str, ...]:
        """The types that are compressed; ``text/html`` always is, ``*`` means all."""
        found = self.at.settings("gzip_types")
        return tuple(dict.fromkeys(("text/html", *(kind for each in found for kind in each.args))))

    @property
    def min_length_bytes(self) -> int | None:
        """Shorter answers stay as they are, where their length is known."""
        return self.at.bytes("gzip_min_length", 20)

    @property
    def sends_vary(self) -> bool:
        """Whether ``Vary: Accept-Encoding`` is added."""
        return self.at.is_on("gzip_vary")

    @property
    def proxied(self) -> tuple[str, ...]:
        """When requests with a ``Via`` header get compressed answers."""
        found = self.at.setting("gzip_proxied")
        return found.args if found else ("off",)

    @property
    def uses_files(self) -> bool:
        """Whether ``name.gz`` is sent where it lies beside ``name``."""
        return self.at.value("gzip_static", "off") in ("on", "always")

    def covers(self, media_type: str) -> bool:
        """Whether an answer of that type is compressed."""
        return self.is_on and ("*" in self.types or media_type in self.types)


@dataclass(frozen=True)
class Proxy:
    """How ``proxy_pass`` asks; the other protocols have settings of the same names with their own prefix."""

    at: Effective

    @property
    def set_headers(self) -> tuple[Directive, ...]:
        """The ``proxy_set_header`` that hold: one level's, never two levels' together."""
        return self.at.settings("proxy_set_header")

    @property
    def lost_headers(self) -> tuple[Directive, ...]:
        """The ``proxy_set_header`` of the level around that are lost here."""
        return self.at.lost("proxy_set_header")

    def sent(self, name: str) -> str | None:
        """What the other server gets as header *name*; None where the client's own is passed on."""
        key = name.lower()
        found = [header.args[1] for header in self.set_headers if len(header.args) > 1 and header.value.lower() == key]
        if found:
            return found[-1]
        if key == "host":
            return "$proxy_host"
        return "close" if key == "connection" and not self._keeps_alive else None

    @property
    def _keeps_alive(self) -> bool:
        return self.at.config.version >= (1, 29, 7)

    @property
    def http_version(self) -> str:
        """``1.0`` unless set, and ``1.1`` from nginx 1.29.7 on."""
        return self.at.value("proxy_http_version", "1.1" if self._keeps_alive else "1.0")

    @property
    def is_buffered(self) -> bool:
        """Whether the answer is read whole before it is sent on."""
        return self.at.is_on("proxy_buffering", True)

    @property
    def connect_timeout_s(self) -> float | None:
        """How long a connection may take."""
        return self.at.seconds("proxy_connect_timeout", 60)

    @property
    def read_timeout_s(self) -> float | None:
        """How long the other server may stay silent."""
        return self.at.seconds("proxy_read_timeout", 60)

    @property
    def send_timeout_s(self) -> float | None:
        """How long the other server may not take anything."""
        return self.at.seconds("proxy_send_timeout", 60)

    @property
    def cache(self) -> Directive | None:
        """The ``proxy_cache`` that holds; None where there is none or it is off."""
        found = self.at.setting("proxy_cache")
        return None if found is None or found.value == "off" else found


@dataclass(frozen=True)
class Access:
    """The rules of ``allow`` and ``deny``, passwords, and how they are joined."""

    at: Effective

    @property
    def rules(self) -> tuple[Directive, ...]:
        """``allow`` and ``deny`` in their order; the first that fits decides."""
        return self.at.settings("allow", "deny")

    @property
    def is_any(self) -> bool:
        """Whether one of the checks is enough."""
        return self.at.value("satisfy", "all") == "any"

    @property
    def password(self) -> Directive | None:
        """The ``auth_basic`` that holds; None where there is none or it is off."""
        found = self.at.setting("auth_basic")
        return None if found is None or found.value == "off" else found

    @property
    def request(self) -> Directive | None:
        """The ``auth_request`` that holds; None where there is none or it is off."""
        found = self.at.setting("auth_request")
        return None if found is None or found.value == "off" else found

    @property
    def denies_all(self) -> bool:
        """Whether nobody comes in by address: ``deny all`` before any ``allow``."""
        return bool(self.rules) and self.rules[0].name == "deny" and self.rules[0].value == "all"

    @property
    def is_open(self) -> bool:
        """Whether everybody may come in."""
        return not self.rules and self.password is None and self.request is None


@dataclass(frozen=True)
class Tls:
    """
    The TLS settings of a server.

    ``ssl_protocols`` of a server other than the default one of its socket has no effect before OpenSSL has read the
    name the client asks for: what counts is the default server's (see `answer.default_server`).
    """

    at: Effective

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols, nginx's own choice where none are set: from 1.27.3 on without TLS 1.0 and 1.1."""
        found = self.at.setting("ssl_protocols")
        if found:
            return found.args
        new = ("TLSv1.2", "TLSv1.3")
        if self.at.config.version >= (1, 27, 3):
            return new
        return ("TLSv1", "TLSv1.1", *new) if self.at.config.version >= (1, 23, 4) else ("TLSv1", "TLSv1.1", "TLSv1.2")

    @property
    def ciphers(self) -> str:
        """The OpenSSL cipher list."""
        return self.at.value("ssl_ciphers", "HIGH:!aNULL:!MD5")

    @property
    def certificates(self) -> tuple[Directive, ...]:
        """The certificates, one for each kind of key."""
        return self.at.settings("ssl_certificate")

    @property
    def keys(self) -> tuple[Directive, ...]:
        """The keys, in the order of the certificates."""
        return self.at.settings("ssl_certificate_key")

    @property
    def rejects(self) -> bool:
        """Whether every handshake is refused."""
        return self.at.is_on("ssl_reject_handshake")


def answering_blocks(config: NginxConfig) -> Iterator[Directive]:
    """The blocks an answer may come from: servers, locations, and ``if`` in locations, in order."""
    for directive in config.find("server", "location", "if", "limit_except"):
        if directive.block is not None and (directive.name != "if" or directive.is_inside("location")):
            yield directive
