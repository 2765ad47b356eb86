"""What ``error_page`` makes of an answer, and the form in which a redirect leaves."""

from __future__ import annotations

from typing import Literal

from .content import redirected
from .directive import Directive
from .request import Request, UndecidedError
from .rewriting import Response

_FIRST = 300
_REDIRECTS = ("301", "302", "303", "307", "308")
_CLOSED = 444


def handled(request: Request, response: Response) -> Response | Literal["server", "location"]:
    """
    The final form of *response*, or the phase at which the page for its error begins.

    Raises:
        UndecidedError: where the page's URI is not known.
    """
    if response.status < _FIRST or response.status == _CLOSED:
        return response
    request.error_status = response.status
    request.leads_to = response.target or request.leads_to
    settings = request.config.effective(request.block)
    page = _page(settings.error_pages, response.status)
    if page is None or request.has_error_page or request.changes <= 0:
        return response
    request.has_error_page = not settings.is_on("recursive_error_pages")
    return _sent_to(request, response, page)


def _page(pages: tuple[Directive, ...], status: int) -> Directive | None:
    return next((page for page in pages if str(status) in page.args[:-1]), None)


def _sent_to(request: Request, response: Response, page: Directive) -> Response | Literal["server", "location"]:
    overwrite = next((arg[1:] for arg in page.args[:-1] if arg.startswith("=")), None)
    if overwrite is not None:
        request.error_status = int(overwrite) if overwrite.isdigit() else 0
    uri = request.expanded(page.args[-1])
    request.note(f"error_page for {response.status}: {uri}", page)
    if not uri.startswith(("/", "@")):
        status = int(overwrite) if overwrite in _REDIRECTS else 302
        request.error_status, request.leads_to = status, uri
        return Response(status, uri, directive=page)
    if uri.startswith("/") and request.method != "HEAD":
        request.method = "GET"
    return redirected(request, uri, "" if uri.startswith("/") else request.args)


def absolute(request: Request, target: str) -> str:
    """The ``Location`` that the client gets: with scheme and host where ``absolute_redirect`` is on."""
    settings = request.config.effective(request.block)
    if not target.startswith("/") or not settings.is_on("absolute_redirect", True):
        return target
    try:
        host = request.variable("server_name" if settings.is_on("server_name_in_redirect") else "host")
    except UndecidedError:
        return target
    usual = 443 if request.target.scheme == "https" else 80
    with_port = request.target.port != usual and settings.is_on("port_in_redirect", True)
    return f"{request.target.scheme}://{host}{f':{request.target.port}' if with_port else ''}{target}"
