"""Who may come in, and what a location answers once nobody has answered before: files, or another server."""

from __future__ import annotations

from typing import Literal

from .directive import Directive
from .effective import Effective
from .locations import named
from .request import BrokenAliasError, Request, UndecidedError
from .rewriting import Response

_READS = ("GET", "HEAD", "POST")


def refused(request: Request) -> Response | None:
    """The answer to those who may not come in."""
    access = request.config.effective(request.block).access
    by_address = _by_address(request, access.rules)
    password = access.password
    if access.request:
        request.doubt("auth_request asks another server whether the request may pass")
    if access.is_any and (by_address or (not access.rules and not password)):
        return None
    if by_address is False and not (access.is_any and password):
        return Response(403)
    if password and "authorization" not in request.headers and not (access.is_any and by_address):
        request.note("a password is asked for", password)
        return Response(401)
    return None


def _by_address(request: Request, rules: tuple[Directive, ...]) -> bool | None:
    """Whether the first rule that fits the client's address allows it; None where no rule fits."""
    for rule in rules:
        fits = _fits(rule.value, request.client)
        if fits is None:
            request.doubt("allow and deny decide by the client's address")
            return None
        if fits:
            request.note(f"{rule.name} {rule.value} fits the client", rule)
            return rule.name == "allow"
    return None


def _fits(network: str, client: str | None) -> bool | None:
    if network == "all":
        return True
    if client is None:
        return None
    if network == "unix:":
        return False
    import ipaddress  # noqa: PLC0415 - only answers to a client of a known address need it

    try:
        return ipaddress.ip_address(client) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return None


def made(request: Request) -> Response | Literal["server", "location"] | None:
    """
    What ``try_files`` and the handler make of the request: an answer, the phase an internal redirect goes to, or None
    where another server answers.
    """
    try:
        return _made(request)
    except BrokenAliasError:
        request.note("alias cannot follow a rewrite in place", request.config.effective(request.block).root)
        return Response(500)


def _made(request: Request) -> Response | Literal["server", "location"] | None:
    settings = request.config.effective(request.block)
    if settings.tries and (outcome := _tried(request, settings.tries)):
        return outcome
    if settings.handler:
        request.note(f"{settings.handler.name} {settings.handler.value}".strip(), settings.handler)
        own = settings.handler.name in ("stub_status", "empty_gif")
        return Response(request.error_status or 200, is_direct=True) if own else None
    if request.method not in _READS:
        return Response(405)
    return _index(request, settings) if request.uri.endswith("/") else _file(request)


def _tried(request: Request, tries: Directive) -> Response | Literal["server", "location"] | None:
    if len(tries.args) < 2:  # noqa: PLR2004 - a file and the fallback
        raise UndecidedError("nginx refuses a try_files without a fallback")
    *candidates, last = tries.args
    for candidate in candidates:
        wants_folder = candidate.endswith("/")
        uri = request.expanded(candidate.removesuffix("/") if wants_folder else candidate)
        kind = request.disk(request.file(uri) + ("/" if wants_folder and not uri.endswith("/") else ""))
        if kind == ("folder" if wants_folder else "file"):
            request.note(f"try_files finds {candidate}", tries)
            request.uri = uri
            return None
    request.note(f"try_files falls back to {last}", tries)
    if last.startswith("="):
        return Response(int(last[1:]) if last[1:].isdigit() else 500)
    return redirected(request, request.expanded(last), "")


def redirected(request: Request, uri: str, args: str) -> Response | Literal["server", "location"]:
    """Sends the request to another URI, or to a named location, inside nginx, unless that has happened too often."""
    request.changes -= 1
    if request.changes <= 0:
        request.note("the URI was changed ten times; nginx gives up")
        return Response(500)
    request.is_internal = True
    if uri.startswith("@"):
        location = named(request.server, uri)
        if location is None:
            return Response(500)
        request.location, request.block = location, location.directive
        return "location"
    request.fits_location = True
    path, question, own_args = uri.partition("?")
    request.uri, request.args = path, own_args if question else args
    return "server"


def _index(request: Request, settings: Effective) -> Response | Literal["server", "location"]:
    names = [name for directive in settings.settings("index") for name in directive.args] or ["index.html"]
    for name in map(request.expanded, names):
        if name.startswith("/"):
            return redirected(request, name, request.args)
        if request.disk(request.file(request.uri) + name) == "file":
            request.note(f"the folder's index is {name}", settings.setting("index"))
            return redirected(request, request.uri + name, request.args)
    kind = request.disk(request.file(request.uri))
    if kind != "folder":
        return Response(404 if kind is None else 500)
    if settings.is_on("autoindex"):
        return _sent(request)
    request.note("the folder has no index and may not be listed")
    return Response(403)


def _file(request: Request) -> Response:
    path = request.file(request.uri)
    kind = request.disk(path)
    if kind is None:
        request.note(f"there is no file {path}", request.config.effective(request.block).root)
        return Response(404)
    if kind == "folder":
        return Response(301, f"{request.uri}/{'?' if request.args else ''}{request.args}")
    request.note(f"the file {path}", request.config.effective(request.block).root)
    return Response(405) if request.method == "POST" else _sent(request)


def _sent(request: Request) -> Response:
    return Response(request.error_status or 200, is_direct=True)
