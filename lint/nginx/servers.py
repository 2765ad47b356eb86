"""Which server answers a connection and a name, as nginx chooses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..record import dataclass, replace
from .blocks import Listen, listens, server_names
from .config import NginxConfig
from .directive import Directive
from .patterns import UnknownPatternError, matched


@dataclass(frozen=True)
class Choice:
    """
    The server that answers, and why.

    Attributes:
        server: None where nothing listens there.
        default: The server whose settings hold until the name is known.
        socket: Every ``listen`` of the socket, of all servers.
        unknown: Why it is not sure, where it is not.
    """

    server: Directive | None
    why: str
    socket: tuple[Listen, ...] = ()
    unknown: str = ""
    default: Directive | None = None

    @property
    def is_ssl(self) -> bool:
        """Whether TLS is spoken on the socket: one ``listen`` with ``ssl`` is enough for all its servers."""
        return any(listen.is_ssl for listen in self.socket)


def sockets(config: NginxConfig) -> dict[tuple[str, int | None], list[tuple[Directive, Listen]]]:
    """The servers on each socket, in order."""
    known: dict[tuple[str, int | None], list[tuple[Directive, Listen]]] | None = config.memo.get("sockets")
    if known is None:
        known = config.memo["sockets"] = {}
        for server in config.servers:
            for listen in listens(server):
                if not listen.is_quic:
                    known.setdefault(listen.socket, []).append((server, listen))
    return known


def default_server(on_socket: Sequence[tuple[Directive, Listen]]) -> Directive:
    """The server that answers where no name fits: the one called so, or the first."""
    return next((server for server, listen in on_socket if listen.is_default), on_socket[0][0])


def chosen(config: NginxConfig, port: int, host: str, address: str | None = None) -> Choice:
    """
    The server that answers a request for *host* on *port*.

    Args:
        address: The address the client connects to; without one, the socket for all addresses is meant, or the only
            one there is.
    """
    socket = _socket(config, port, address, host)
    if not socket:
        return Choice(None, f"no server listens on port {port}")
    listeners = tuple(listen for _, listen in socket)
    servers = list(dict.fromkeys(server for server, _ in socket))
    if len(servers) == 1:
        return Choice(servers[0], "the only server on this socket", listeners, default=servers[0])
    return replace(_named(servers, socket, _clean(host), listeners), default=default_server(socket))


def _socket(config: NginxConfig, port: int, address: str | None, host: str) -> Sequence[tuple[Directive, Listen]]:
    by_socket = {key: value for key, value in sockets(config).items() if key[1] == port}
    wanted = (address or host).lower()
    exact = by_socket.get((wanted, port))
    if exact is not None:
        return exact
    for wildcard in ("[::]", "*") if wanted.startswith("[") else ("*", "[::]"):
        if (wildcard, port) in by_socket:
            return by_socket[wildcard, port]
    return next(iter(by_socket.values())) if len(by_socket) == 1 and address is None else ()


def _clean(host: str) -> str:
    host = host.lower()
    return host.removesuffix(".")


def _named(
    servers: Sequence[Directive],
    socket: Sequence[tuple[Directive, Listen]],
    host: str,
    listeners: tuple[Listen, ...],
) -> Choice:
    names = list(_kept([(server, name) for server in servers for name in server_names(server)]))
    if server := _exact(names, host):
        return Choice(server, f'server_name "{host}" is its own', listeners)
    if found := _wildcard(names, host):
        return Choice(found[0], f'server_name "{found[1]}" fits', listeners)
    unknown = ""
    for server, name in names:
        if name.startswith("~"):
            try:
                if matched(name[1:], host, ignore_case=True):
                    return Choice(server, f'server_name "{name}" is the first expression to match', listeners, unknown)
            except UnknownPatternError as error:
                unknown = unknown or str(error)
    default = default_server(socket)
    return Choice(default, f'no server_name fits "{host}"; this is the default server', listeners, unknown)


def _kept(names: Sequence[tuple[Directive, str]]) -> Iterator[tuple[Directive, str]]:
    """
    Without the names that nginx ignores as conflicting with an earlier one, of another server or of the same.

    ``.a.test`` stands for ``a.test`` and ``*.a.test`` and is ignored whole where either is taken; yet even then it
    takes ``a.test`` from those that follow.
    """
    taken: set[str] = set()
    for server, name in names:
        keys = [name] if name[:1] != "." else [name[1:], f"*{name}"]
        if name.startswith("~"):
            yield server, name
            continue
        is_free = True
        for key in keys:
            is_free = is_free and key not in taken
            if is_free:
                taken.add(key)
        if is_free:
            yield server, name


def _exact(names: Sequence[tuple[Directive, str]], host: str) -> Directive | None:
    return next((server for server, name in names if host in (name, name.removeprefix(".")) and name[:1] != "~"), None)


def _wildcard(names: Sequence[tuple[Directive, str]], host: str) -> tuple[Directive, str] | None:
    """The server with the longest ``*.name`` that fits, or else with the longest ``name.*``."""
    heads = [
        (len(name.lstrip("*")), server, name)
        for server, name in names
        if name.startswith(("*.", ".")) and host.endswith(name.lstrip("*")) and len(host) > len(name.lstrip("*"))
    ]
    tails = [
        (len(name), server, name)
        for server, name in names
        if name.endswith(".*") and not name.startswith(("*", "~")) and host.startswith(name[:-1])
    ]
    for group in (heads, tails):
        if group:
            length = max(found[0] for found in group)
            return next((server, name) for size, server, name in group if size == length)
    return None
