"""Errors as a person can read them: always {"detail": "one sentence"}."""

import asyncio
import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import JSONResponse

AWAY = "the service cannot reach its database at the moment; try again shortly"
BROKEN = "something went wrong on our side; try again shortly"
NOT_AN_OBJECT = frozenset({"json_invalid", "model_attributes_type", "missing_body"})
RETRY_AFTER_S = "5"

log = logging.getLogger(__name__)


class Problem(HTTPException):
    """A refusal with its sentence."""

    def __init__(self, status_code: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status_code, detail, headers)


async def explain_bad_input(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    return JSONResponse({"detail": "; ".join(fault_sentence(fault) for fault in error.errors())}, 422)


def fault_sentence(fault: dict[str, object]) -> str:
    """One fault of the input, never its value: it could be a password."""
    where = fault["loc"] if isinstance(fault["loc"], tuple) else ()
    names = [str(part) for part in where if part not in ("body", "path", "query") and not isinstance(part, int)]
    if fault["type"] in NOT_AN_OBJECT:
        return "the request has to be a JSON object, sent as application/json"
    words = str(fault["msg"]).removeprefix("Value error, ")
    return f"{'.'.join(names) or 'the request'}: {words[:1].lower()}{words[1:]}"


async def explain_absence(request: Request, error: Exception) -> JSONResponse:
    log.error("a data service failed: %s: %s", type(error).__name__, error)
    return JSONResponse({"detail": AWAY}, 503, {"Retry-After": RETRY_AFTER_S})


async def explain_fault(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": BROKEN}, 500, {"Cache-Control": "no-store"})


def register(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, explain_bad_input)
    for absent in (
        OperationalError,
        InterfaceError,
        PoolTimeoutError,
        RedisError,
        asyncio.TimeoutError,
        ConnectionError,
    ):
        app.add_exception_handler(absent, explain_absence)
    app.add_exception_handler(Exception, explain_fault)
