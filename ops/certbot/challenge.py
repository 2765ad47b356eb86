"""The challenge, tried out: a file in the web root, fetched back as the CA would, through every address of a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ..errors import UnreachableError
from .asking import NoAnswerError, Reply, ask, unverified

PATH = "/.well-known/acme-challenge/"
MOST_REDIRECTS = 10
OK, REDIRECTS = 200, range(300, 400)
USUAL_PORTS = (80, 443)
SHOWN = 60


@dataclass(frozen=True)
class Token:
    """What lies in the web root: a file's name, and what is in it."""

    name: str
    text: str

    def url(self, host: str) -> str:
        """Where the CA would look for it."""
        return f"http://{host}{PATH}{self.name}"


@dataclass(frozen=True)
class Site:
    """
    The site that is asked.

    Attributes:
        http: Under which port the world reaches 80, as *https* is for 443; a CA asks no others.
        names: Names that lead to the same place, so that redirects among them are followed there.
        resolve: The addresses of another name.
    """

    names: tuple[str, ...]
    resolve: Callable[[str], tuple[str, ...]]
    http: int = 80
    https: int = 443


@dataclass(frozen=True)
class Fetched:
    """
    What came back of a token.

    Attributes:
        url: The last address that was asked, after redirects.
        fault: Why that is not the token, in a few words; empty where it is.
        reply: None where nobody answered.
        refused: Whether a machine was there and its port closed.
    """

    url: str
    fault: str = ""
    reply: Reply | None = None
    refused: bool = False


def fetch(token: Token, host: str, address: str, site: Site) -> Fetched:
    """Fetches *token* of *host* through *address*; redirects are followed as a CA follows them."""
    url = token.url(host)
    for _ in range(MOST_REDIRECTS):
        try:
            reply = _asked(url, address, site)
        except NoAnswerError as error:
            return Fetched(url, str(error), refused=error.refused)
        target = reply.headers.get("location")
        if reply.status not in REDIRECTS or not target:
            return Fetched(url, _fault(reply, token), reply)
        following = urljoin(url, target)
        fault = _bad_target(following, site)
        if fault or urlsplit(following).hostname not in site.names:
            fault = fault or _abroad(token, following, site)
            sent = f"answers {reply.status} and sends the CA to {following}: {fault}" if fault else ""
            return Fetched(url, sent, reply)
        url = following
    return Fetched(url, f"redirects more than {MOST_REDIRECTS} times", reply)


def _asked(url: str, address: str, site: Site) -> Reply:
    port = site.https if urlsplit(url).scheme == "https" else site.http
    return ask(url, address=address, port=port, context=unverified())


def _abroad(token: Token, url: str, site: Site) -> str:
    """Why the token is not at *url* of a host that is not ours; empty where it is. One more redirect is too many."""
    try:
        address = next(iter(site.resolve(urlsplit(url).hostname or "")), "")
        return _fault(ask(url, address=address, context=unverified()), token) if address else "the name has no address"
    except UnreachableError as error:
        return str(error)


def _bad_target(url: str, site: Site) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "a CA follows http and https only"
    try:
        port = parts.port
    except ValueError:
        return "that is no port"
    if port not in (None, *USUAL_PORTS, site.http, site.https):
        return "a CA follows to the ports 80 and 443 only"
    return ""


def _fault(reply: Reply, token: Token) -> str:
    if reply.status != OK:
        return f"answers {reply.status}"
    if reply.body.strip() == token.text.encode():
        return ""
    kind = reply.headers.get("content-type", "").partition(";")[0]
    if kind == "text/html" or reply.body.lstrip()[:1] == b"<":
        return "answers 200 with a page of html, as an application does to every path it does not know"
    return f'answers 200 with another text: "{reply.body[:SHOWN].decode("utf-8", "replace")}"'
