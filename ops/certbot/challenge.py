"""The challenge, tried out: a file in the web root, fetched back as the CA would, through every address of a name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from .asking import NoAnswerError, Reply, ask, unverified

PATH = "/.well-known/acme-challenge/"
MOST_REDIRECTS = 10
OK, REDIRECTS = 200, range(300, 400)
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
class Ports:
    """Under which ports the world reaches 80 and 443; a CA asks no others."""

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


def fetch(token: Token, host: str, address: str, ports: Ports) -> Fetched:
    """Fetches *token* of *host* through *address*; redirects are followed as a CA follows them."""
    url = token.url(host)
    for _ in range(MOST_REDIRECTS):
        try:
            reply = _asked(url, host, address, ports)
        except NoAnswerError as error:
            return Fetched(url, str(error), refused=error.refused)
        target = reply.headers.get("location")
        if reply.status not in REDIRECTS or not target:
            return Fetched(url, _fault(reply, token), reply)
        following = urljoin(url, target)
        if fault := _bad_target(following):
            return Fetched(url, f"answers {reply.status} and sends the CA to {following}: {fault}", reply)
        url = following
    return Fetched(url, f"redirects more than {MOST_REDIRECTS} times", reply)


def _asked(url: str, host: str, address: str, ports: Ports) -> Reply:
    parts = urlsplit(url)
    port = ports.https if parts.scheme == "https" else ports.http
    same = parts.hostname == host
    return ask(url, address=address if same else "", port=port if same else 0, context=unverified())


def _bad_target(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "a CA follows http and https only"
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
