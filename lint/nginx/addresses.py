"""Addresses, ports, and what is said beside them; see `values`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..regex import regex

Wrong = tuple[int, str]
Check = Callable[[tuple[str, ...]], Iterator[Wrong]]

_PARAMETERS = (
    *("weight", "max_conns", "max_fails", "fail_timeout", "slow_start", "backup", "down", "drain", "resolve"),
    *("route", "service", "id", "srun_id"),
)
_LAST_PORT = 65535
_LISTEN_WORDS = frozenset(
    (
        "default_server",
        "default",
        "ssl",
        "http2",
        "quic",
        "proxy_protocol",
        "bind",
        "deferred",
        "reuseport",
        "udp",
        "multipath",
    )
)
_LISTEN_VALUES = frozenset(
    ("setfib", "fastopen", "backlog", "rcvbuf", "sndbuf", "accept_filter", "ipv6only", "so_keepalive")
)
_PORT_WORD = regex(r"[a-z][a-z0-9-]*|\d+[^\d-].*|")
"""What stands behind a colon and is no port; a word in capitals is for somebody to replace."""
_PORT_ALONE = regex(r"\d+[^\d.:-][^.:]*")
_BEFORE_PATH = regex(r"[/?]")
_SCHEMES = {"uwsgi_pass": ("uwsgi", "suwsgi"), "grpc_pass": ("grpc", "grpcs")}
_SECONDS = regex(r"(?:\d+[yMwdhms]\s*)*(?:\d+\s*)?")


def _upstream_server(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args):
        name, _, value = word.partition("=")
        if index and name not in _PARAMETERS:
            yield index, f'"{word}" is no parameter of a server; nginx knows {", ".join(_PARAMETERS[:7])}'
        elif index and name in ("weight", "max_fails", "max_conns") and (not value.isdigit() or word == "weight=0"):
            yield index, f'"{word}" is no number; write one such as {name}=3'
        elif index and name == "fail_timeout" and not (value and _SECONDS.fullmatch(value)):
            yield index, f'"{word}" is no time; write one such as fail_timeout=30s'
        elif index and name == "service" and "resolve" not in args:
            yield index, f'"{word}" is looked up while nginx runs; add "resolve"'
    yield from _back_end(args[0])


def _listen(args: tuple[str, ...]) -> Iterator[Wrong]:
    if args[0].startswith(":"):
        yield 0, f'"{args[0]}" has no address before the colon; write "{args[0][1:]}"'
    elif "/" in args[0] and not args[0].startswith("unix:"):
        yield 0, f'"{args[0]}" is no address; write a port, or an address and a port'
    else:
        yield from _port(args[0])
    for index, word in enumerate(args[1:], 1):
        name, equals, _ = word.partition("=")
        if name not in (_LISTEN_VALUES if equals else _LISTEN_WORDS):
            yield index, f'"{word}" is no parameter of a socket; remove it'


def _port(word: str) -> Iterator[Wrong]:
    if word.startswith("unix:"):
        if word == "unix:":
            yield 0, '"unix:" has no path; write one such as unix:/run/app.sock'
        return
    if (word.startswith("[") and not _is_ipv6(word)) or (not word.startswith("[") and "[" in word):
        yield 0, f'"{word}" is no address; write one such as [::]:80'
        return
    port = word.rpartition(":")[2] if ":" in word and not word.endswith("]") else word
    if port.isdigit() and not 1 <= int(port) <= _LAST_PORT:
        yield 0, f'"{port}" is no port; they end with {_LAST_PORT}'
    elif "$" not in word and (_PORT_WORD if port != word else _PORT_ALONE).fullmatch(port):
        yield 0, f'"{port or word}" is no port; write its number'


def _back_end(word: str) -> Iterator[Wrong]:
    if "@" in word and not word.startswith("unix:"):
        yield 0, "an address holds no user; send what proves who asks in a header"
    elif not word or word.startswith(":"):
        yield 0, f'"{word}" names no host; write one, and a port'
    elif not word.startswith("unix:") and ("/" in word or "?" in word):
        yield 0, f'"{word}" is no address; write a host and a port alone'
    elif ":" in word:
        yield from _port(word)


def _passed_to(name: str) -> Check:
    def check(args: tuple[str, ...]) -> Iterator[Wrong]:
        scheme, mark, rest = args[0].partition("://")
        known = _SCHEMES.get(name, ())
        if "$" in args[0]:
            return
        if mark and scheme.lower() not in known:
            what = f'write "{known[0]}://" or nothing' if known else "write a host and a port alone"
            yield 0, f'"{scheme}://" is no scheme of {name}; {what}'
        else:
            yield from _back_end(rest if mark else args[0])

    return check


def _is_ipv6(word: str) -> bool:
    import ipaddress  # noqa: PLC0415 - only addresses in brackets need it

    inner, bracket, rest = word[1:].partition("]")
    try:
        ipaddress.IPv6Address(inner)
    except ValueError:
        return False
    return bool(bracket) and (not rest or rest.startswith(":"))


def _proxy_pass(args: tuple[str, ...]) -> Iterator[Wrong]:
    scheme, _, rest = args[0].partition("://")
    if "$" in args[0]:
        return
    if scheme.lower() not in ("http", "https"):
        yield 0, f'"{args[0]}" has no scheme; write "http://{args[0].removeprefix("//")}"'
    else:
        yield from _back_end(rest if rest.startswith("unix:") else _BEFORE_PATH.split(rest, maxsplit=1)[0])


def _address(args: tuple[str, ...]) -> Iterator[Wrong]:
    import ipaddress  # noqa: PLC0415 - only lists of addresses need it

    if args[0] in ("all", "unix:"):
        return
    try:
        ipaddress.ip_network(args[0], strict=False)
        is_network = args[0].partition("/")[2].isdigit() or "/" not in args[0]
    except ValueError:
        is_network = False
    if not is_network:
        yield 0, f'"{args[0]}" is no address; write one such as 10.0.0.0/8, a name will not do'


ADDRESSES: Mapping[str, Check] = {
    "allow": _address,
    "deny": _address,
    "server": _upstream_server,
    "listen": _listen,
    "proxy_pass": _proxy_pass,
    **{name: _passed_to(name) for name in ("fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass", "grpc_pass")},
}
