"""What nginx answers to a request, and why: the phases a request goes through, as far as the files tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..cached import cached_property
from ..record import dataclass, replace
from . import content, errors, locations, servers
from .blocks import Location
from .config import NginxConfig
from .directive import Directive
from .effective import Effective
from .headers import ResponseHeader
from .request import Disk, Request, Step, UndecidedError
from .rewriting import Response, rewritten
from .uri import BadUriError, normalised, split, target


@dataclass(frozen=True)
class Answer:
    """
    What becomes of one request.

    Attributes:
        server: The server that answers; None where nothing listens.
        location: The location that answers at last, after internal redirects; None for the server itself.
        block: The block whose settings hold for the answer: the location, an ``if`` in it, or the server.
        status: None where only another server, or the disk, can tell.
        redirect: Where a redirect leads, as the client gets it.
        body: The text of a ``return``, where it is known.
        handler: What makes the answer: ``return``, ``files``, ``error``, or a directive such as ``proxy_pass``.
        steps: What happened, in order.
        unknown: What is not known and may change the answer; empty where it is sure.
        otherwise: The answer where the file that is asked for does not exist, if that is another one.
    """

    url: str
    server: Directive | None = None
    location: Location | None = None
    block: Directive | None = None
    status: int | None = None
    redirect: str = ""
    body: str | None = None
    handler: str = ""
    steps: tuple[Step, ...] = ()
    unknown: tuple[str, ...] = ()
    otherwise: Answer | None = None
    effective: Effective | None = None

    @cached_property
    def headers(self) -> tuple[ResponseHeader, ...]:
        """The headers that this nginx adds to the answer; those for 200 where the status is not known."""
        return self.effective.headers_for(self.status or 200) if self.effective else ()


def answer(
    config: NginxConfig,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    client: str | None = None,
    address: str | None = None,
    disk: Disk | None = None,
) -> Answer:
    """
    What *config* answers to a request for *url*.

    Args:
        headers: What the client sends beside ``Host``.
        client: The client's address, for ``allow`` and ``deny``.
        address: The address it connects to, where several sockets share the port.
        disk: Tells which files there are. Without it the file that is asked for is taken to exist, and
            `Answer.otherwise` is what happens if it does not.

    Raises:
        BadUriError: where *url* is no address of a page.
    """
    run = _Run(config, url, method, {key.lower(): value for key, value in (headers or {}).items()}, client, address)
    if disk:
        return run.answer(disk)
    there = run.answer(_everything)
    missing = run.answer(_Missing())
    same = (there.block, there.status, there.redirect) == (missing.block, missing.status, missing.redirect)
    return there if same else replace(there, otherwise=missing)


def _everything(path: str) -> Literal["file", "folder"] | None:
    return "folder" if path.endswith("/") else "file"


class _Missing:
    """A disk that lacks the first file it is asked for, in each of its forms, and has all others."""

    def __init__(self) -> None:
        self.asked: str | None = None

    def __call__(self, path: str) -> Literal["file", "folder"] | None:
        name = path.rstrip("/")
        if self.asked is None:
            self.asked = name
        return None if name.startswith(self.asked) else _everything(path)


@dataclass(frozen=True)
class _Run:
    config: NginxConfig
    url: str
    method: str
    headers: Mapping[str, str]
    client: str | None
    address: str | None

    def answer(self, disk: Disk) -> Answer:
        aim = target(self.url)
        choice = servers.chosen(self.config, aim.port, aim.host, self.address)
        if choice.server is None:
            return Answer(self.url, steps=(Step(choice.why),), unknown=self._unread())
        path, args = split(aim.raw)
        first = Step(f"server: {choice.why}", choice.server.place)
        block = choice.server
        request = Request(
            self.config, aim, block, self.method, self.headers, self.client, disk, path, args, block, steps=[first]
        )
        if choice.unknown:
            request.doubt(choice.unknown)
        return self._ended(request, self._response(request, choice))

    def _response(self, request: Request, choice: servers.Choice) -> Response | None:
        if choice.is_ssl != (request.target.scheme == "https"):
            request.note("the socket speaks TLS" if choice.is_ssl else "the socket speaks no TLS")
            return Response(400, is_direct=True) if choice.is_ssl else None
        first = self._first(request, choice)
        try:
            request.uri = normalised(request.uri, self.config.effective(first).is_on("merge_slashes", True))
        except BadUriError as error:
            request.note(f"nginx refuses {error}")
            request.server = request.block = first
            return Response(400, is_direct=True)
        try:
            return served(request)
        except UndecidedError as error:
            request.doubt(str(error))
            return None

    def _first(self, request: Request, choice: servers.Choice) -> Directive:
        """
        The server whose settings hold while the request line is read.

        The name comes later, in ``Host``, so it is the default server; with TLS the client has named it before.
        """
        return request.server if choice.is_ssl or choice.default is None else choice.default

    def _unread(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(f"{each.include.value} was not read" for each in self.config.unread if not each.names)
        )

    def _ended(self, request: Request, response: Response | None) -> Answer:
        handler = self.config.effective(request.block).handler
        made_by = _maker(response, handler)
        status = response.status if response else None
        return Answer(
            self.url,
            server=request.server,
            location=request.location,
            block=request.block,
            status=status,
            redirect=errors.absolute(request, request.leads_to),
            body=response.body if response else None,
            handler=made_by,
            steps=tuple(request.steps),
            unknown=(*request.doubts, *self._unread()),
            effective=self.config.effective(request.block),
        )


def _maker(response: Response | None, handler: Directive | None) -> str:
    if response and response.directive:
        return response.directive.name
    if response and response.status >= 300:  # noqa: PLR2004 - the first status that is not one of a handler
        return "error"
    return handler.name if handler else "files"


Phase = Literal["server", "find", "location"]


def served(request: Request) -> Response | None:
    """
    Runs *request* through its server until there is an answer; None where another server makes it.

    Raises:
        UndecidedError: where it cannot be told what happens.
    """
    phase: Phase = "server"
    while True:
        outcome = _from(request, phase)
        if not isinstance(outcome, Response):
            return None
        if outcome.is_direct:
            return replace(outcome, status=request.error_status or outcome.status)
        following = errors.handled(request, outcome)
        if isinstance(following, Response):
            return following
        phase = following


def _from(request: Request, phase: Phase) -> Response | None:
    """Runs the phases from *phase* on; internal redirects go round."""
    while True:
        if phase == "server":
            request.block, request.location = request.server, None
            response = _server_phase(request)
            phase = "find"
            if response:
                return response
        if phase == "find":
            response = _find(request)
            if response:
                return response
        following = _location_phases(request)
        if following is None or isinstance(following, Response):
            return following
        phase = following
        request.changes -= phase == "find"
        if request.changes <= 0:
            request.note("the URI was changed ten times; nginx gives up")
            return Response(500)


def _server_phase(request: Request) -> Response | None:
    request.uri_changed = False
    return rewritten(request, request.server)


def _find(request: Request) -> Response | None:
    match = locations.found(request.server, request.uri)
    request.location = match.location
    request.block = match.location.directive if match.location else request.server
    for step in match.why if request.is_told else ():
        request.note(step, request.block if step == match.why[-1] else None)
    if match.unknown:
        request.doubt(match.unknown)
    if match.match:
        request.captured(match.match)
    if match.location is None:
        return None
    internal = request.config.effective(request.block).setting("internal")
    if internal and not request.is_internal:
        request.note("the location is internal", internal)
        return Response(404)
    _limit_methods(request)
    if match.adds_slash:
        return Response(301, f"{match.location.pattern}{'?' if request.args else ''}{request.args}")
    return None


def _limit_methods(request: Request) -> None:
    """Enters ``limit_except`` where the method is not among those it names."""
    limit = request.block.first("limit_except")
    allowed = {*limit.args, *(("HEAD",) if limit and "GET" in limit.args else ())} if limit else set()
    if limit and limit.block is not None and request.method not in allowed:
        request.note(f"{request.method} is none of the methods named", limit)
        request.block = limit


def _location_phases(request: Request) -> Response | Phase | None:
    """Rewriting, access, ``try_files`` and content of the location that was found."""
    request.uri_changed = False
    if request.block is not request.server:
        response = rewritten(request, request.block)
        if response:
            return response
        if request.uri_changed:
            return "find"
    refused = content.refused(request)
    return refused or content.made(request)
