"""What one server makes of a path, without asking first which server answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..record import dataclass
from .answer import served
from .blocks import Location
from .config import NginxConfig
from .directive import Directive
from .request import Disk, Request, UndecidedError
from .rewriting import Response
from .uri import Target


@dataclass(frozen=True)
class Reply:
    """
    Attributes:
        location: The location that answers at last; None for the server itself.
        block: The block whose settings hold for the answer.
        status: None where another server answers.
        redirect: Where a redirect leads, as far as it is known.
        by: The directive that made the answer; None for a file and for an error of nginx's own.
    """

    location: Location | None
    block: Directive
    status: int | None
    redirect: str
    by: Directive | None


def reply(
    config: NginxConfig,
    server: Directive,
    path: str,
    *,
    scheme: str = "http",
    host: str = "localhost",
    headers: Mapping[str, str] | None = None,
    disk: Disk | None = None,
) -> Reply | None:
    """
    What *server* answers to a request for *path*; None where that is not sure.

    Args:
        disk: As for `answer`; without it every file is there.
    """
    target = Target(scheme, host, 443 if scheme == "https" else 80, path)
    request = Request(
        config, target, server, "GET", headers or {}, None, disk or _everything, path, "", server, is_told=False
    )
    try:
        response = served(request)
    except UndecidedError:
        return None
    if request.doubts:
        return None
    return Reply(
        request.location, request.block, _status(response), request.leads_to or _target(response), _by(response)
    )


def _everything(path: str) -> Literal["file", "folder"]:
    return "folder" if path.endswith("/") else "file"


def _status(response: Response | None) -> int | None:
    return response.status if response else None


def _target(response: Response | None) -> str:
    return response.target if response else ""


def _by(response: Response | None) -> Directive | None:
    return response.directive if response else None
