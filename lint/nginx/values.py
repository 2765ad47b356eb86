"""
The form of arguments: sizes, times, numbers, words of a list. What does not fit keeps nginx from starting.

Each entry was tried with nginx 1.22 and 1.30: see the system tests. Values with a variable, or with a mark of whatever
fills templates in, are not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from ..regex import regex
from .directive import Directive

Wrong = tuple[int, str]
"""The index of an argument, and what is wrong with it."""

_FORMS = """
size client_body_buffer_size client_header_buffer_size proxy_buffer_size proxy_busy_buffers_size
size proxy_max_temp_file_size proxy_temp_file_write_size fastcgi_buffer_size fastcgi_busy_buffers_size
size fastcgi_max_temp_file_size fastcgi_temp_file_write_size uwsgi_buffer_size uwsgi_busy_buffers_size scgi_buffer_size
size scgi_busy_buffers_size grpc_buffer_size memcached_buffer_size gzip_min_length ssl_buffer_size sendfile_max_chunk
size connection_pool_size request_pool_size postpone_output subrequest_output_buffer_size read_ahead ssi_value_length
size http2_chunk_size http2_body_preread_size http2_recv_buffer_size
offset client_max_body_size
time client_body_timeout client_header_timeout send_timeout resolver_timeout proxy_connect_timeout proxy_read_timeout
time proxy_send_timeout fastcgi_connect_timeout fastcgi_read_timeout fastcgi_send_timeout uwsgi_connect_timeout
time uwsgi_read_timeout uwsgi_send_timeout scgi_connect_timeout scgi_read_timeout scgi_send_timeout
time grpc_connect_timeout grpc_read_timeout grpc_send_timeout memcached_connect_timeout memcached_read_timeout
time memcached_send_timeout lingering_time lingering_timeout proxy_next_upstream_timeout proxy_cache_lock_timeout
time proxy_cache_lock_age worker_shutdown_timeout auth_delay accept_mutex_delay keepalive_time
time fastcgi_next_upstream_timeout fastcgi_cache_lock_timeout
seconds ssl_session_timeout open_file_cache_valid
number worker_connections worker_rlimit_nofile keepalive_requests types_hash_max_size types_hash_bucket_size
number server_names_hash_max_size server_names_hash_bucket_size variables_hash_max_size variables_hash_bucket_size
number map_hash_max_size map_hash_bucket_size proxy_headers_hash_max_size proxy_headers_hash_bucket_size
number ssl_verify_depth proxy_ssl_verify_depth proxy_next_upstream_tries fastcgi_next_upstream_tries
number proxy_cache_min_uses fastcgi_cache_min_uses open_file_cache_min_uses max_ranges
number http2_max_concurrent_streams
buffers proxy_buffers fastcgi_buffers uwsgi_buffers scgi_buffers gzip_buffers output_buffers
buffers large_client_header_buffers
"""

_WORDS = """
satisfy all any
proxy_http_version 1.0 1.1 2
gzip_http_version 1.0 1.1
gzip_static on off always
gzip_proxied off expired no-cache no-store private no_last_modified no_etag auth any
ssl_protocols SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3
proxy_ssl_protocols SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3
ssl_verify_client on off optional optional_no_ca
if_modified_since off exact before
client_body_in_file_only on off clean
lingering_close on off always
autoindex_format html json jsonp xml
keepalive_disable none msie6 safari
limit_req_log_level info notice warn error
limit_conn_log_level info notice warn error
proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504 http_403 http_404 http_429 non_idempotent updating off
fastcgi_next_upstream error timeout invalid_header http_500 http_503 http_403 http_404 http_429 non_idempotent updating off
proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Expires Cache-Control Set-Cookie Vary
fastcgi_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Expires Cache-Control Set-Cookie Vary
proxy_cache_use_stale error timeout invalid_header updating http_500 http_502 http_503 http_504 http_403 http_404 http_429 off
fastcgi_cache_use_stale error timeout invalid_header updating http_500 http_503 http_403 http_404 http_429 off
proxy_cache_methods GET HEAD POST
use epoll poll select kqueue eventport /dev/poll
"""  # noqa: E501 - one directive a line

_LEVELS = ("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg")
_FLAGS = ("last", "break", "redirect", "permanent")
_PARAMETERS = (
    *("weight", "max_conns", "max_fails", "fail_timeout", "slow_start", "backup", "down", "drain", "resolve"),
    *("route", "service", "id", "srun_id"),
)
_FILLED_IN = regex(r"[$@%<>{}]|__")
_SIZE = regex(r"\d+[kKmM]?")
_OFFSET = regex(r"\d+[kKmMgG]?")
_TIME = regex(r"(?:\d+(?:ms|[yMwdhms])\s*)*(?:\d+\s*)?")
_SECONDS = regex(r"(?:\d+[yMwdhms]\s*)*(?:\d+\s*)?")
_NUMBER = regex(r"\d+")
_EXPIRY = regex(r"[+-]?(?:\d+[yMwdhms]\s*)*(?:\d+\s*)?(?<=[\w ])")
_RATE = regex(r"rate=\d+r/[sm]")
_LAST_PORT = 65535
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
    for line in _FORMS.strip().split("\n"):
        form, *names = line.split()
        found.update(dict.fromkeys(names, _buffers if form == "buffers" else _in_form(form)))
    for line in _WORDS.strip().split("\n"):
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
    yield from _port(args[0])


def _port(word: str) -> Iterator[Wrong]:
    if word.startswith("unix:"):
        return
    port = word.rpartition(":")[2] if ":" in word and not word.endswith("]") else word
    if port.isdigit() and not 1 <= int(port) <= _LAST_PORT:
        yield 0, f'"{port}" is no port; they end with {_LAST_PORT}'


def _proxy_pass(args: tuple[str, ...]) -> Iterator[Wrong]:
    if not args[0].lower().startswith(("http://", "https://")):
        yield 0, f'"{args[0]}" has no scheme; write "http://{args[0].removeprefix("//")}"'


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
