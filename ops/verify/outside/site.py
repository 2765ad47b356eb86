"""A site as seen from outside: its page, the files that belong to it, and addresses that lead nowhere."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from ....lint.policy import Policy
from ...errors import SettingsError
from ..errors import NoAnswerError
from ..exchange import Exchange
from ..memory import Memory
from ..observatory import page
from ..tls.asking import Server
from ..web import Trust, Web

MOST_HOPS = 10
PORTS = {"http": 80, "https": 443}
FRESH = 299
"""The last status of a success."""


def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """
    Every address of *host*.

    Raises:
        NoAnswerError: the name leads nowhere.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise NoAnswerError(f"the name {host} leads nowhere", is_unknown_name=True) from None
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass
class Site(Memory):
    """
    One site. Two checks that look at the same address share the answer.

    Attributes:
        base: The address that was given, with a path.
        plain: The address over plain HTTP, where one is known.
        api: Paths that answer in JSON, where they are known; a stack's own settings name them.
        is_ours: Whether it is a stack of one's own, so that the faster rate may be used.
        names: All names of the site, where they are known; the certificate has to cover each.
        resolve: Gives every address of a name and a port.
        has_domains: Whether anybody could trust its certificate: a stack without names of its own has a placeholder.
    """

    base: str
    web: Web
    now: datetime
    trust: Trust = field(default_factory=Trust)
    policy: Policy = field(default_factory=Policy)
    plain: str = ""
    api: tuple[str, ...] = ()
    is_ours: bool = False
    has_domains: bool = True
    names: tuple[str, ...] = ()
    resolve: Callable[[str, int], tuple[str, ...]] = addresses_of
    nonce: str = field(default_factory=lambda: secrets.token_hex(5))

    @property
    def parts(self) -> SplitResult:
        """The parts of the base address."""
        return urlsplit(self.base)

    @property
    def host(self) -> str:
        """The name, in lower case; an IPv6 address without brackets."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The port of the base address."""
        return self.parts.port or PORTS[self.parts.scheme]

    @property
    def is_https(self) -> bool:
        """Whether it was given as an address of TLS."""
        return self.parts.scheme == "https"

    @property
    def is_local(self) -> bool:
        """Whether it is this machine's own loopback, where TLS protects nothing."""
        return is_loopback(self.host)

    @cached_property
    def hops(self) -> tuple[Exchange, ...]:
        """The answers from the base address on, each redirect followed; the last is the page or one too many."""
        return self.followed(self.base)

    @property
    def home(self) -> Exchange:
        """The page."""
        return self.hops[-1]

    @cached_property
    def page(self) -> page.Page:
        """What the page's HTML says; an empty one where it is none."""
        return page.read(self.home.text if self.home.kind == "text/html" else "")

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """The addresses of the files of the page that this very site serves, scripts and styles first."""
        own = urlsplit(self.home.url).netloc
        order = {"script": 0, "style": 1, "preload": 2}
        found = sorted(self.page.loaded, key=lambda each: order.get(each.kind, 3))
        links = [urljoin(self.home.url, each.link) for each in found if not each.link.startswith("data:")]
        return tuple(dict.fromkeys(link.partition("#")[0] for link in links if urlsplit(link).netloc == own))

    def at(self, path: str) -> str:
        """The address of *path* on the site that the page was found on."""
        return urljoin(self.home.url, path)

    @property
    def missing(self) -> Exchange:
        """The answer for a page that cannot exist: an error, or the fallback of a single-page application."""
        return self.web.ask(self.at(f"/fairlead-{self.nonce}"))

    @property
    def missing_file(self) -> Exchange:
        """The answer for a file that cannot exist, beside the page's own files where there are some."""
        beside = next(iter(self.assets), self.at("/"))
        return self.web.ask(urljoin(beside, f"fairlead-{self.nonce}.js"))

    def answers(self) -> tuple[Exchange, ...]:
        """Answers of different kinds: the page, a file, an API route, and what is not there; each address once."""
        found = [self.home, *(self.web.ask(asset) for asset in self.assets[:1])]
        found += [self.web.ask(self.at(path)) for path in self.api]
        found += [self.missing, self.missing_file]
        return tuple({exchange.url: exchange for exchange in found}.values())

    def followed(self, url: str) -> tuple[Exchange, ...]:
        """The answers from *url* on; `MOST_HOPS` redirects at most, and none twice."""
        seen = [self.web.ask(url)]
        while seen[-1].is_redirect and len(seen) <= MOST_HOPS:
            following = urljoin(seen[-1].url, seen[-1].header("location")).partition("#")[0]
            if urlsplit(following).scheme not in PORTS or any(each.url == following for each in seen):
                break
            seen.append(self.web.ask(following))
        return tuple(seen)

    @cached_property
    def server(self) -> Server:
        """Where TLS is spoken, at the address that connections go to."""
        parts = urlsplit(self.home.url) if not self.is_https else self.parts
        name, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        address, at_port = self.web.addresses.get((name, port), (name, port))
        return Server(name, address, at_port, self.web.budget)

    @property
    def speaks_tls(self) -> bool:
        """Whether the page, in the end, comes over TLS."""
        return self.is_https or self.home.url.startswith("https://")


def normal_url(text: str) -> str:
    """
    *text* as an address of a site: https where no scheme is said, a path at the end.

    Raises:
        SettingsError: it is none.
    """
    url = text.strip() if "://" in text else f"https://{text.strip()}"
    try:
        parts = urlsplit(url)
        fits = parts.scheme in PORTS and parts.hostname and parts.port != 0 and " " not in url
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(f'--url "{text}": no address of a site; write one such as https://example.com')
    if parts.username or parts.password:
        raise SettingsError("--url: leave the user and password out; inv verify asks without any")
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))


def counterpart(url: str) -> str:
    """The same site over plain HTTP, where ports are the usual ones; empty where that cannot be known."""
    parts = urlsplit(url)
    if parts.port not in (None, PORTS[parts.scheme]):
        return ""
    return urlunsplit(
        ("http", f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "", "/", "", "")
    )


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine by its own address or by the name localhost."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
