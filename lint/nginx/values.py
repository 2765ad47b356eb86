"""
The form of arguments: sizes, times, numbers, words of a list. What does not fit keeps nginx from starting.

Each was tried with nginx 1.22 and 1.30: see the system tests. Values with a variable, or with a mark of whatever fills
templates in, are not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from ..regex import regex
from .directive import Directive
from .forms import FORMS, WORDS

Wrong = tuple[int, str]
"""The index of an argument, and what is wrong with it."""

_LEVELS = ("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg")
_FLAGS = ("last", "break", "redirect", "permanent")
_PARAMETERS = (
    *("weight", "max_conns", "max_fails", "fail_timeout", "slow_start", "backup", "down", "drain", "resolve"),
    *("route", "service", "id", "srun_id"),
)
_FILLED_IN = regex(r"[$%<>{}]|__|@\w+@")
_SIZE = regex(r"\d+[kKmM]?")
_OFFSET = regex(r"\d+[kKmMgG]?")
_TIME = regex(r"(?:\d+(?:ms|[yMwdhms])\s*)*(?:\d+\s*)?")
_SECONDS = regex(r"(?:\d+[yMwdhms]\s*)*(?:\d+\s*)?")
_NUMBER = regex(r"\d+")
_EXPIRY = regex(r"[+-]?(?:\d+[yMwdhms]\s*)*(?:\d+\s*)?(?<=[\w ])")
_RATE = regex(r"rate=\d+r/[sm]")
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
_PORT_WORD = regex(r"[a-z][a-z0-9-]*")
_FORM_OF = {
    "size": (_SIZE, "a size; write a number, or one with k or m"),
    "offset": (_OFFSET, "a size; write a number, or one with k, m or g"),
    "time": (_TIME, "a time; write a number with ms, s, m, h or d"),
    "seconds": (_SECONDS, "a time; write a number with s, m, h or d"),
    "number": (_NUMBER, "a number"),
}


def wrong_values(directive: Directive) -> Iterator[Wrong]:
    """The arguments of *directive* that nginx refuses."""
    check = _checks().get(directive.name)
    if check is not None and directive.args and directive.block is None:
        for index, message in check(directive.args):
            if not _FILLED_IN.search(directive.args[index]):
                yield index, message


def judged() -> tuple[str, ...]:
    """The directives whose arguments are judged."""
    return tuple(_checks())


Check = Callable[[tuple[str, ...]], Iterator[Wrong]]


@cache
def _checks() -> Mapping[str, Check]:
    found: dict[str, Check] = {}
    for line in FORMS.strip().split("\n"):
        form, *names = line.split()
        found.update(dict.fromkeys(names, _buffers if form == "buffers" else _in_form(form)))
    for line in WORDS.strip().split("\n"):
        name, *words = line.split()
        found[name] = _among(words)
    return {**found, **_OWN}


def _in_form(form: str) -> Check:
    pattern, what = _FORM_OF[form]

    def check(args: tuple[str, ...]) -> Iterator[Wrong]:
        if not args[0] or not pattern.fullmatch(args[0]):
            yield 0, f'"{args[0]}" is not {what}'

    return check


def _among(words: list[str]) -> Check:
    def check(args: tuple[str, ...]) -> Iterator[Wrong]:
        for index, word in enumerate(args):
            if word.lower() not in map(str.lower, words):
                yield index, f'"{word}" is none of {", ".join(words)}'

    return check


def _buffers(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, form in enumerate(("number", "size")):
        pattern, what = _FORM_OF[form]
        if index < len(args) and not pattern.fullmatch(args[index]):
            yield index, f'"{args[index]}" is not {what}'


def _keepalive_timeout(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args):
        if not word or not _TIME.fullmatch(word):
            yield index, f'"{word}" is not {_FORM_OF["time"][1]}'


def _numbered(least: int, most: int) -> Check:
    def check(args: tuple[str, ...]) -> Iterator[Wrong]:
        if not args[0].isdigit() or not least <= int(args[0]) <= most:
            yield 0, f'"{args[0]}" is not a number from {least} to {most}'

    return check


def _error_log(args: tuple[str, ...]) -> Iterator[Wrong]:
    levels = (*_LEVELS, "debug_core", "debug_alloc", "debug_mutex", "debug_event", "debug_http", "debug_mail")
    for index, word in enumerate(args[1:], 1):
        if word not in (*levels, "debug_stream"):
            yield index, f'"{word}" is no level; write one of {", ".join(_LEVELS)}'


def _return(args: tuple[str, ...]) -> Iterator[Wrong]:
    word = args[0]
    is_code = word.isdigit() and int(word) <= 999  # noqa: PLR2004 - nginx takes three digits
    is_target = len(args) == 1 and word.startswith(("http://", "https://"))
    if not is_code and not is_target:
        yield 0, f'"{word}" is no status; write a number, or an address that begins with a scheme'


def _error_page(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args[:-1]):
        is_answer = word.startswith("=") and index == len(args) - 2
        if is_answer and (word[1:].isdigit() or word == "="):
            continue
        if not word.isdigit() or not 300 <= int(word) <= 599:  # noqa: PLR2004 - what nginx takes
            yield index, f'"{word}" is not a number from 300 to 599'


def _try_files(args: tuple[str, ...]) -> Iterator[Wrong]:
    last = args[-1]
    if last.startswith("=") and not (last[1:].isdigit() and int(last[1:]) <= 999):  # noqa: PLR2004 - three digits
        yield len(args) - 1, f'"{last}" is no status; write one such as =404'


def _rewrite(args: tuple[str, ...]) -> Iterator[Wrong]:
    if len(args) == 3 and args[2] not in _FLAGS:  # noqa: PLR2004 - a flag is the third
        yield 2, f'"{args[2]}" is none of {", ".join(_FLAGS)}'


def _set(args: tuple[str, ...]) -> Iterator[Wrong]:
    if not args[0].startswith("$"):
        yield 0, f'"{args[0]}" is no variable; write "${args[0]}"'


def _add_header(args: tuple[str, ...]) -> Iterator[Wrong]:
    if len(args) == 3 and args[2] != "always":  # noqa: PLR2004 - behind name and value
        yield 2, f'"{args[2]}" is not "always"; a value with spaces belongs into quotes'


def _limit_req_zone(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args[1:], 1):
        if word.startswith("rate=") and not _RATE.fullmatch(word):
            yield index, f'"{word}" is no rate; write one such as rate=10r/s or rate=30r/m'
        elif word.startswith("zone="):
            yield from _zone(index, word)


def _limit_conn_zone(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args[1:], 1):
        if word.startswith("zone="):
            yield from _zone(index, word)


def _zone(index: int, word: str) -> Iterator[Wrong]:
    name, _, size = word.removeprefix("zone=").partition(":")
    if not name or not _SIZE.fullmatch(size):
        yield index, f'"{word}" lacks a size; write one such as {word.partition(":")[0]}:10m'


def _upstream_server(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args):
        name, _, value = word.partition("=")
        if index and name not in _PARAMETERS:
            yield index, f'"{word}" is no parameter of a server; nginx knows {", ".join(_PARAMETERS[:7])}'
        elif index and name in ("weight", "max_fails", "max_conns") and not value.isdigit():
            yield index, f'"{word}" is no number; write one such as {name}=3'
        elif index and name == "fail_timeout" and not (value and _SECONDS.fullmatch(value)):
            yield index, f'"{word}" is no time; write one such as fail_timeout=30s'
    yield from _port(args[0])


def _listen(args: tuple[str, ...]) -> Iterator[Wrong]:
    if args[0].startswith(":"):
        yield 0, f'"{args[0]}" has no address before the colon; write "{args[0][1:]}"'
    else:
        yield from _port(args[0])
    for index, word in enumerate(args[1:], 1):
        name, equals, _ = word.partition("=")
        if name not in (_LISTEN_VALUES if equals else _LISTEN_WORDS):
            yield index, f'"{word}" is no parameter of a socket; remove it'


def _port(word: str) -> Iterator[Wrong]:
    if word.startswith("unix:"):
        return
    port = word.rpartition(":")[2] if ":" in word and not word.endswith("]") else word
    if port.isdigit() and not 1 <= int(port) <= _LAST_PORT:
        yield 0, f'"{port}" is no port; they end with {_LAST_PORT}'
    elif port != word and "$" not in word and _PORT_WORD.fullmatch(port):
        yield 0, f'"{port}" is no port; write its number'


def _proxy_pass(args: tuple[str, ...]) -> Iterator[Wrong]:
    scheme, _, rest = args[0].partition("://")
    if scheme.lower() not in ("http", "https"):
        yield 0, f'"{args[0]}" has no scheme; write "http://{args[0].removeprefix("//")}"'
    elif ":" in rest.partition("/")[0]:
        yield from _port(rest.partition("/")[0])


def _expires(args: tuple[str, ...]) -> Iterator[Wrong]:
    index = 1 if args[0] == "modified" and len(args) > 1 else 0
    word = args[index]
    time = word.removeprefix("@") if index == 0 else word
    is_word = index == 0 and word in ("epoch", "max", "off")
    if not is_word and not _EXPIRY.fullmatch(time):
        yield index, f'"{word}" is not a time; write one such as 30d, -1, max or off'


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


def _worker_processes(args: tuple[str, ...]) -> Iterator[Wrong]:
    if args[0] != "auto" and not args[0].isdigit():
        yield 0, f'"{args[0]}" is neither a number nor "auto"'


_OWN: Mapping[str, Check] = {
    "keepalive_timeout": _keepalive_timeout,
    "gzip_comp_level": _numbered(1, 9),
    "limit_req_status": _numbered(400, 599),
    "limit_conn_status": _numbered(400, 599),
    "error_log": _error_log,
    "return": _return,
    "error_page": _error_page,
    "try_files": _try_files,
    "rewrite": _rewrite,
    "set": _set,
    "add_header": _add_header,
    "limit_req_zone": _limit_req_zone,
    "limit_conn_zone": _limit_conn_zone,
    "expires": _expires,
    "allow": _address,
    "deny": _address,
    "server": _upstream_server,
    "listen": _listen,
    "proxy_pass": _proxy_pass,
    "worker_processes": _worker_processes,
}
