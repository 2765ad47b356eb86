"""The parameters of directives that take several kinds of them; see `values`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ..regex import regex

Wrong = tuple[int, str]
Check = Callable[[tuple[str, ...]], Iterator[Wrong]]

_SIZE = regex(r"\d+[kKmM]?")
SMALLEST_ZONE = 32768
_OFFSET = regex(r"\d+[kKmMgG]?")
_TIME = regex(r"(?=.)(?:\d+(?:ms|[yMwdhms])\s*)*(?:\d+\s*)?")
_NUMBER = regex(r"\d+")
_WORD = regex(r"[\s\S]+")
_CACHE = {
    "levels": regex(r"[12](?::[12]){0,2}"),
    "use_temp_path": regex(r"on|off"),
    "keys_zone": regex(r"[^:]+:\d+[kKmM]?"),
    "inactive": _TIME,
    "max_size": _OFFSET,
    "min_free": _OFFSET,
    "manager_files": _NUMBER,
    "manager_sleep": _TIME,
    "manager_threshold": _TIME,
    "loader_files": _NUMBER,
    "loader_sleep": _TIME,
    "loader_threshold": _TIME,
    "purger": regex(r"on|off"),
    "purger_files": _NUMBER,
    "purger_sleep": _TIME,
    "purger_threshold": _TIME,
}
_LOG = {"buffer": _SIZE, "gzip": _NUMBER, "flush": _TIME, "if": _WORD}
_LIMIT = {"zone": _WORD, "burst": _NUMBER, "delay": _NUMBER}
_FILES = {"max": _NUMBER, "inactive": _TIME}
_SESSIONS = regex(r"off|none|builtin(?::\d+)?|shared:[^:]+:\d+[kKmM]?")


def _parameters(known: Mapping[str, re.Pattern[str]], first: int, words: tuple[str, ...] = ()) -> Check:
    """Each argument from *first* on is ``name=value`` of *known*, or one of *words*."""

    def check(args: tuple[str, ...]) -> Iterator[Wrong]:
        for index, word in enumerate(args[first:], first):
            name, equals, value = word.partition("=")
            if word in words:
                continue
            if not equals or name not in known:
                names = ", ".join([*words, *(f"{each}=" for each in list(known)[:6])])
                yield index, f'"{word}" is no parameter here; nginx knows {names}'
            elif not known[name].fullmatch(value):
                yield index, f'"{value}" is nothing that "{name}" takes'

    return check


def _cache_path(args: tuple[str, ...]) -> Iterator[Wrong]:
    yield from _parameters(_CACHE, 1)(args)
    if not any(word.startswith("keys_zone=") for word in args[1:]):
        yield 0, "a cache needs a zone; add one such as keys_zone=pages:10m"


def _cache_valid(args: tuple[str, ...]) -> Iterator[Wrong]:
    if not _TIME.fullmatch(args[-1]):
        yield len(args) - 1, f'"{args[-1]}" is not a time; write a number with s, m, h or d'
    for index, word in enumerate(args[:-1]):
        if word != "any" and not (word.isdigit() and 100 <= int(word) <= 599):  # noqa: PLR2004 - what nginx takes
            yield index, f'"{word}" is neither a status nor "any"'


def _param(args: tuple[str, ...]) -> Iterator[Wrong]:
    if len(args) == 3 and args[2] != "if_not_empty":  # noqa: PLR2004 - behind name and value
        yield 2, f'"{args[2]}" is not "if_not_empty"; a value with spaces belongs into quotes'


def _access_log(args: tuple[str, ...]) -> Iterator[Wrong]:
    if args[0] == "off":
        yield from ((index, f'"{word}" stands behind "off"; remove it') for index, word in enumerate(args[1:], 1))
    elif len(args) > 1 and (args[1] == "gzip" or args[1].startswith(tuple(f"{name}=" for name in _LOG))):
        yield 1, f'"{args[1]}" stands where the name of a format does; write "combined {args[1]}"'
    else:
        yield from _parameters(_LOG, 2, ("gzip",))(args)


def _sessions(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args):
        if not _SESSIONS.fullmatch(word):
            yield index, f'"{word}" is no cache; write one such as shared:TLS:10m'


def _open_files(args: tuple[str, ...]) -> Iterator[Wrong]:
    yield from () if args == ("off",) else _parameters(_FILES, 0)(args)


def _number(args: tuple[str, ...]) -> Iterator[Wrong]:
    if not args[0].isdigit():
        yield 0, f'"{args[0]}" is no number'


def _limit_conn(args: tuple[str, ...]) -> Iterator[Wrong]:
    if len(args) > 1 and (not args[1].isdigit() or not 0 < int(args[1]) < 65536):  # noqa: PLR2004 - 16 bits
        yield 1, f'"{args[1]}" is no number of connections'


def _zone(args: tuple[str, ...]) -> Iterator[Wrong]:
    size = args[1] if len(args) > 1 else "1m"
    if not _SIZE.fullmatch(size):
        yield 1, f'"{size}" is not a size; write one such as 64k'
    elif int(size.rstrip("kKmM")) * {"k": 1 << 10, "m": 1 << 20}.get(size[-1].lower(), 1) < SMALLEST_ZONE:
        yield 1, f'"{size}" is too small for a zone; write one such as 64k'


def _server_name(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, name in enumerate(args):
        if name == "." or (name.startswith("*") and (not name.startswith("*.") or len(name) < 3)):  # noqa: PLR2004 - *.a
            yield index, f'"{name}" is no name; a "*" stands for whole parts, as in "*.example.com"'


def _redirect(args: tuple[str, ...]) -> Iterator[Wrong]:
    if len(args) == 1 and args[0] not in ("off", "default", "false"):
        yield 0, f'"{args[0]}" is neither "off" nor "default"; what it is to become is missing'


def _hash(args: tuple[str, ...]) -> Iterator[Wrong]:
    if len(args) > 1 and args[1] != "consistent":
        yield 1, f'"{args[1]}" is not "consistent"'


PARAMETERS: Mapping[str, Check] = {
    **dict.fromkeys(("proxy_cache_path", "fastcgi_cache_path", "uwsgi_cache_path", "scgi_cache_path"), _cache_path),
    **dict.fromkeys(
        ("proxy_cache_valid", "fastcgi_cache_valid", "uwsgi_cache_valid", "scgi_cache_valid"), _cache_valid
    ),
    **dict.fromkeys(("fastcgi_param", "uwsgi_param", "scgi_param"), _param),
    "access_log": _access_log,
    "ssl_session_cache": _sessions,
    "open_file_cache": _open_files,
    "keepalive": _number,
    "hash": _hash,
    "proxy_redirect": _redirect,
    "limit_req": _parameters(_LIMIT, 0, ("nodelay",)),
    "limit_conn": _limit_conn,
    "zone": _zone,
    "server_name": _server_name,
}
