"""For each location a request that this very location answers: one for a success, one for an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ....lint.nginx import Directive, NginxConfig, listens, server_names
from ....lint.nginx import location as head_of
from ....lint.nginx.blocks import Listen, Location
from ....lint.nginx.expressions import UnknownExpressionError, sample, tree
from ....lint.nginx.uri import BadUriError
from .running import Running

MOST_TRIES = 4
ODD_NAMES = ("", "_")
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Listener:
    """
    One server on one published port.

    Attributes:
        inside: The address of the site as the configuration sees it, without a path.
        outside: As it is asked for.
        connect: Where to connect from here.
    """

    server: Directive
    name: str
    inside: str
    outside: str
    connect: tuple[str, int]

    @property
    def key(self) -> tuple[str, int]:
        """What a request names, for the table of addresses."""
        return self.name, urlsplit(self.outside).port or PORTS[urlsplit(self.outside).scheme]


@dataclass(frozen=True)
class Aim:
    """
    A location on a listener, and paths that should be answered by it.

    Attributes:
        location: None for a server without any.
        likely: Paths that should succeed, the best first.
        faulty: Paths that should not.
    """

    listener: Listener
    location: Location | None
    likely: tuple[str, ...]
    faulty: tuple[str, ...]

    @property
    def label(self) -> str:
        """For verdicts: the listener and the location."""
        return f"{self.listener.outside} {self.location or 'server'}"


@dataclass(frozen=True)
class Known:
    """
    Paths that a site is known to have.

    Attributes:
        assets: Of files that the page names.
        routes: Of the API's GET routes, parameters filled in.
        nonce: Makes names that cannot exist.
    """

    assets: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    nonce: str = "0"


def listeners(nginx: Running) -> Iterator[Listener]:
    """Each server with a name on each port that its machine publishes; those that refuse everybody are left out."""
    for server in nginx.config.servers:
        name = _name(server)
        if not name or refuses(nginx.config, server):
            continue
        for listen in listens(server):
            if listen.port in nginx.published and not listen.is_quic and not listen.is_unix:
                yield _listener(nginx, server, name, listen)


def _listener(nginx: Running, server: Directive, name: str, listen: Listen) -> Listener:
    port = listen.port or 0
    _, outside = nginx.published[port]
    is_tls = any(
        each.is_ssl for other in nginx.config.servers for each in listens(other) if each.socket == listen.socket
    )
    scheme = "https" if is_tls else "http"
    usual = "" if outside == PORTS[scheme] else f":{outside}"
    return Listener(server, name, f"{scheme}://{name}:{port}", f"{scheme}://{name}{usual}", nginx.reached[port])


def _name(server: Directive) -> str:
    """A name that this server answers; empty where it has none that can be asked for."""
    for name in server_names(server):
        if name.startswith(("*.", ".")):
            return f"fairlead{name.lstrip('*')}" if name[0] == "*" else name[1:]
        if name not in ODD_NAMES and not name.startswith("~") and not name.endswith(".*"):
            return name
    return ""


def refuses(config: NginxConfig, server: Directive) -> bool:
    """Whether *server* turns everybody away."""
    settings = config.effective(server)
    returns = settings.returns
    return settings.tls.rejects or (returns is not None and returns.value == "444")


def aims(nginx: Running, listener: Listener, known: Known) -> Iterator[Aim]:
    """Each location of the listener's server, at any depth, with paths worth trying."""
    blocks = [each for each in listener.server.walk() if each.name == "location" and each.block is not None]
    if not blocks:
        yield Aim(listener, None, ("/",), ())
    for block in blocks:
        location = head_of(block)
        likely, faulty = candidates(nginx, location, known)
        yield Aim(listener, location, tuple(likely), tuple(faulty))


def candidates(nginx: Running, location: Location, known: Known) -> tuple[list[str], list[str]]:
    """Paths for *location* that should succeed, and such that should not."""
    there = [*known.assets, *known.routes, *_served(nginx, location)]
    none = f"fairlead-{known.nonce}"
    if location.modifier == "@":
        return [], [*(f"{asset.rpartition('/')[0]}/{none}.js" for asset in known.assets[:1]), f"/{none}"]
    if location.modifier == "=":
        return [location.pattern], []
    if location.is_prefix:
        fitting = [path for path in there if path.startswith(location.pattern)]
        own = location.pattern if location.pattern.endswith("/") else f"{location.pattern}/"
        return [*fitting, location.pattern], [f"{own}{none}", f"{own}{none}.txt", f"{own}{none}.js"]
    text = _sampled(location.pattern)
    made = [path for path in (text, f"/{text.lstrip('/')}", f"/{none}{text}", f"{text}{none}") if path.startswith("/")]
    return [*there, *made], [f"/{none}{text}", f"{text}{none}", *made]


def _served(nginx: Running, location: Location) -> list[str]:
    """Files on the disk that the location's root puts below its pattern."""
    root = nginx.config.effective(location.directive).root
    if root is None or not location.is_prefix:
        return []
    base = root.value.rstrip("/")
    prefix = location.pattern if root.name == "alias" else ""
    folder = base if root.name == "alias" else base + location.pattern.rstrip("/")
    return [f"{prefix.rstrip('/')}{path[len(base) :]}" for path in nginx.folder.files_below(folder)][:MOST_TRIES]


def _sampled(pattern: str) -> str:
    try:
        return sample(tree(pattern))
    except (UnknownExpressionError, RecursionError):
        return ""


def answered_by(nginx: Running, listener: Listener, path: str, **request: Any) -> Any:
    """What the configuration answers to *path*; None where it is no path at all."""
    disk = nginx.folder if nginx.folder.is_known else None
    try:
        return nginx.config.answer(listener.inside + path, disk=disk, **request)
    except BadUriError:
        return None


def fitting(nginx: Running, aim: Aim, paths: Sequence[str]) -> list[str]:
    """Those of *paths* that this very location answers, as the configuration has it; `MOST_TRIES` at most."""
    wanted = aim.location.directive if aim.location else None
    found = []
    for path in dict.fromkeys(paths):
        answer = answered_by(nginx, aim.listener, path)
        if answer is None or answer.unknown or answer.server is not aim.listener.server:
            continue
        if (answer.location.directive if answer.location else None) is wanted:
            found.append(path)
    return found[:MOST_TRIES]
