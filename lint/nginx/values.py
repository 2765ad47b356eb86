"""
The form of arguments: sizes, times, numbers, words of a list. What does not fit keeps nginx from starting.

Each was tried with nginx 1.22 and 1.30: see the system tests. Values with a variable, or with a mark of whatever fills
templates in, are not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache

from ..regex import regex
from .addresses import ADDRESSES
from .directive import Directive
from .forms import FORMS, WORDS
from .parameters import PARAMETERS, SMALLEST_ZONE

Wrong = tuple[int, str]
"""The index of an argument, and what is wrong with it."""

_LEVELS = ("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg")
_FLAGS = ("last", "break", "redirect", "permanent")
_FILLED_IN = regex(r"\$\{?[A-Z]|\$\{\w*-|[%<>]|\{[{%]|__|@\w+@")
"""What somebody, or some program, is to replace; variables of nginx's own are taken where a value is made up."""
_SIZE = regex(r"\d+[kKmM]?")
_OFFSET = regex(r"\d+[kKmMgG]?")
_TIME = regex(r"(?:\d+(?:ms|[yMwdhms])\s*)*(?:\d+\s*)?")
_SECONDS = regex(r"(?:\d+[yMwdhms]\s*)*(?:\d+\s*)?")
_NUMBER = regex(r"\d+")
_EXPIRY = regex(r"[+-]?(?:\d+[yMwdhms]\s*)*(?:\d+\s*)?(?<=[\w ])")
_RATE = regex(r"rate=\d+r/[sm]")
_FORM_OF = {
    "size": (_SIZE, "a size; write a number, or one with k or m"),
    "offset": (_OFFSET, "a size; write a number, or one with k, m or g"),
    "time": (_TIME, "a time; write a number with ms, s, m, h or d"),
    "seconds": (_SECONDS, "a time; write a number with s, m, h or d"),
    "number": (_NUMBER, "a number"),
}


def wrong_values(directive: Directive) -> Iterator[Wrong]:
    """The arguments of *directive* that nginx refuses."""
    return iter(_wrong_of(directive.name, directive.args) if directive.args and directive.block is None else ())


@lru_cache(maxsize=4096)  # many servers say the same
def _wrong_of(name: str, args: tuple[str, ...]) -> tuple[Wrong, ...]:
    check = _checks().get(name)
    found = check(args) if check is not None else ()
    return tuple((index, message) for index, message in found if not _FILLED_IN.search(args[index]))


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
        found[name] = _among(words, is_loose=name != "use")
    return {**found, **PARAMETERS, **ADDRESSES, **_OWN}


def _in_form(form: str) -> Check:
    pattern, what = _FORM_OF[form]

    def check(args: tuple[str, ...]) -> Iterator[Wrong]:
        if not args[0] or not pattern.fullmatch(args[0]):
            yield 0, f'"{args[0]}" is not {what}'

    return check


def _among(words: list[str], is_loose: bool) -> Check:
    known = {word.lower() if is_loose else word for word in words}

    def check(args: tuple[str, ...]) -> Iterator[Wrong]:
        for index, word in enumerate(args):
            if (word.lower() if is_loose else word) not in known:
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
        elif index > 1 and word in _LEVELS and args[index - 1] in _LEVELS:
            yield index, f'"{word}" is a second level; leave one'


def _return(args: tuple[str, ...]) -> Iterator[Wrong]:
    word = args[0]
    is_code = word.isdigit() and int(word) <= 999  # noqa: PLR2004 - nginx takes three digits
    is_target = len(args) == 1 and word.startswith(("http://", "https://", "$scheme"))
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
        elif not word.startswith("rate=") and word != "sync":
            yield index, f'"{word}" is no parameter here; nginx knows zone= and rate='
    yield from _unzoned(args)


def _limit_conn_zone(args: tuple[str, ...]) -> Iterator[Wrong]:
    for index, word in enumerate(args[1:], 1):
        if word.startswith("zone="):
            yield from _zone(index, word)
        else:
            yield index, f'"{word}" is no parameter here; write one such as zone=each:10m'


def _unzoned(args: tuple[str, ...]) -> Iterator[Wrong]:
    known = [word for word in args[1:] if word.startswith(("zone=", "rate="))]
    if len(known) == len(args) - 1 > 2:  # noqa: PLR2004 - a zone and a rate
        yield len(args) - 1, f'"{args[-1]}" is one parameter too many; a limit takes zone= and rate='
        return
    if len(known) == len(args) - 1 > 1 and not any(word.startswith("zone=") for word in known):
        yield len(args) - 1, f'a limit needs a zone; write one such as zone=each:10m instead of "{args[-1]}"'


def _zone(index: int, word: str) -> Iterator[Wrong]:
    name, _, size = word.removeprefix("zone=").partition(":")
    if not name or not _SIZE.fullmatch(size):
        yield index, f'"{word}" lacks a size; write one such as {word.partition(":")[0]}:10m'
    elif int(size.rstrip("kKmM")) * {"k": 1 << 10, "m": 1 << 20}.get(size[-1].lower(), 1) < SMALLEST_ZONE:
        yield index, f'"{word}" is too small; write one such as zone={name}:1m'


def _expires(args: tuple[str, ...]) -> Iterator[Wrong]:
    index = 1 if args[0] == "modified" and len(args) > 1 else 0
    word = args[index]
    time = word.removeprefix("@") if index == 0 else word
    is_word = index == 0 and word in ("epoch", "max", "off")
    if len(args) > 1 and index == 0:
        yield 0, f'"{word}" is not "modified"; a time with spaces belongs into quotes'
    elif "$" not in word and not is_word and not _EXPIRY.fullmatch(time):
        yield index, f'"{word}" is not a time; write one such as 30d, -1, max or off'


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
    "worker_processes": _worker_processes,
}
