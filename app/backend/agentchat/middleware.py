"""What every request passes through: its id, the access log, the forgery check, no caching of answers."""

import logging
from collections.abc import Callable
from ipaddress import ip_network
from time import perf_counter
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .client import client_address, request_id
from .logs import current_request
from .origins import is_forged
from .settings import Settings

CLIENT_WENT_AWAY = 499
FORGED = "this page may not use the API: it comes from another address than the API does"

access = logging.getLogger("agentchat.access")


class Frontdoor:
    """Outermost layer of the application; a plain ASGI one, so that streams pass through piece by piece."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.allowed_origins = settings.allowed_origins
        self.trusted = [ip_network(network) for network in settings.trusted_proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["agentchat.client"] = client_address(scope, self.trusted)
        current_request.set(request_id(headers))
        inner = self.app
        if is_forged(scope["method"], headers, self.allowed_origins):
            inner = JSONResponse({"detail": FORGED}, 403)
        await answer(inner, scope, receive, send)


async def answer(inner: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Runs *inner* and writes one access line when its last byte is out, or when the client is gone."""
    started = perf_counter()
    status = CLIENT_WENT_AWAY

    async def send_uncached(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            MutableHeaders(scope=message)["Cache-Control"] = "no-store"
        await send(message)

    try:
        await inner(scope, receive, send_uncached)
    except Exception:
        status = 500 if status == CLIENT_WENT_AWAY else status
        raise
    finally:
        write_access_line(scope, status, started, perf_counter)


def write_access_line(scope: Scope, status: int, started: float, clock: Callable[[], float]) -> None:
    fields: dict[str, Any] = {
        "request_id": current_request.get(),
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "duration_ms": round((clock() - started) * 1000, 1),
        "client": scope["agentchat.client"],
    }
    access.info("request", fields)
