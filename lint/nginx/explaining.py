"""An answer in words: which server and location, why, and every setting that holds with the line that set it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .answer import Answer, answer
from .config import NginxConfig
from .directive import Directive
from .effective import PASSES, Effective
from .headers import ResponseHeader

_SHOWN = {
    "files": ("root", "alias", "index", "try_files"),
    "compression": ("gzip", "gzip_comp_level", "gzip_min_length", "gzip_vary", "gzip_proxied", "gzip_static"),
    "caching": ("open_file_cache", "proxy_cache", "fastcgi_cache"),
    "proxy": (
        "proxy_http_version",
        "proxy_buffering",
        "proxy_connect_timeout",
        "proxy_read_timeout",
        "proxy_send_timeout",
    ),
    "limits": ("client_max_body_size", "limit_rate"),
    "access": ("satisfy", "auth_basic", "auth_request"),
    "tls": ("ssl_protocols", "ssl_ciphers", "ssl_certificate", "ssl_prefer_server_ciphers", "ssl_session_cache"),
}
_LISTS = {
    "compression": ("gzip_types",),
    "proxy": ("proxy_set_header",),
    "limits": ("limit_req", "limit_conn"),
    "access": ("allow", "deny"),
    "answers": ("error_page",),
    "logs": ("access_log",),
}


def explain(config: NginxConfig, url: str) -> str:
    """
    What nginx answers to *url* and why, for people: one setting a line, with its file and line.

    Raises:
        BadUriError: where *url* is no address of a page.
    """
    return "\n".join(_lines(config, answer(config, url))) + "\n"


def explain_all(configs: Sequence[NginxConfig], url: str) -> str:
    """
    As `explain`, by every configuration that listens on the port of *url*; by all where none does.

    Raises:
        BadUriError: where *url* is no address of a page.
    """
    answered = [config for config in configs if answer(config, url).server]
    return "\n".join(f"{config.path}: {explain(config, url)}" for config in answered or configs)


def _lines(config: NginxConfig, found: Answer) -> Iterator[str]:
    yield found.url
    if found.server is None:
        yield from (f"  {step.text}" for step in found.steps)
        return
    yield from _steps(found)
    yield f"  answer: {_outcome(found)}"
    yield from (f"  not known: {reason}" for reason in found.unknown)
    if found.effective:
        yield from _settings(found.effective, found)
    if found.otherwise:
        yield "  if there is no such file:"
        yield from (f"  {line}" for line in _steps(found.otherwise))
        yield f"    answer: {_outcome(found.otherwise)}"


def _steps(found: Answer) -> Iterator[str]:
    for step in found.steps:
        yield f"  {step.text}" + (f"  [{step.place.path}:{step.place.line}]" if step.place else "")


def _outcome(found: Answer) -> str:
    if found.handler in PASSES and found.effective and found.effective.handler:
        return f"by {found.effective.handler.value}"
    status = str(found.status) if found.status else "not known from the files"
    return f"{status} to {found.redirect}" if found.redirect else f"{status} ({found.handler})"


def _settings(settings: Effective, found: Answer) -> Iterator[str]:
    yield "  response headers"
    for header in settings.headers:
        yield f"    {_header(header, found.status or 200)}"
    for header in settings.dropped_headers:
        yield f"    lost: {header.name}{_at(header.directive)}"
    for topic in dict.fromkeys((*_SHOWN, *_LISTS)):
        lines = list(_topic(settings, topic))
        if lines:
            yield f"  {topic}"
            yield from (f"    {line}" for line in lines)


def _header(header: ResponseHeader, status: int) -> str:
    value = "as the time of the request makes it" if header.value is None else header.value
    kept = "" if header.is_sent(status) else f" (not with {status})"
    return f"{header.name}: {value}{' (always)' if header.always else ''}{kept}{_at(header.directive)}"


def _topic(settings: Effective, topic: str) -> Iterator[str]:
    if topic == "proxy" and (settings.handler is None or settings.handler.name != "proxy_pass"):
        return
    for name in _SHOWN.get(topic, ()):
        found = settings.tries if name == "try_files" else settings.setting(name)
        if found and (name not in ("root", "alias") or found is settings.root):
            yield _directive(found)
    if topic == "access":
        yield from map(_directive, settings.access.rules)
        return
    for name in _LISTS.get(topic, ()):
        yield from map(_directive, settings.settings(name))


def _directive(directive: Directive) -> str:
    return f"{directive.name} {' '.join(directive.args)}{_at(directive)}"


def _at(directive: Directive) -> str:
    place = directive.place
    return f"  [{place.path}:{place.line}]"
