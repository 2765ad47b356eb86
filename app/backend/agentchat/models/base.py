"""What a model is, and how its HTTP failures are told to a person."""

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

log = logging.getLogger(__name__)

REASONS = {
    400: "the model refused the request",
    401: "the model's API refuses our key; an administrator has to look at it",
    403: "the model's API refuses our key; an administrator has to look at it",
    404: "the model's API does not know the model; an administrator has to look at it",
    413: "the conversation is too long for the model; start a new one",
    429: "the model is busy or its quota is used up; try again in a minute",
}
LOGGED_BODY_BYTES = 2000


@dataclass(frozen=True)
class Turn:
    """One message as a model sees it; role is system, user or assistant."""

    role: str
    text: str


class ModelError(Exception):
    """The answer failed; the text is for the person who asked."""


class Model(Protocol):
    def answer(self, turns: Sequence[Turn]) -> AsyncIterator[str]:
        """
        The answer, in the pieces it arrives in.

        Raises:
            ModelError: when it fails or falls silent.
        """
        ...


async def streamed_events(
    http: httpx.AsyncClient, url: str, headers: Mapping[str, str], body: Mapping[str, Any]
) -> AsyncIterator[dict[str, Any]]:
    """JSON objects of a server-sent event stream, until it ends or says [DONE]."""
    async with reported_failures(), http.stream("POST", url, headers=headers, json=body) as response:
        if response.status_code != httpx.codes.OK:
            await refuse(response)
        async for line in response.aiter_lines():
            data = line.removeprefix("data:").strip()
            if not line.startswith("data:") or not data:
                continue
            if data == "[DONE]":
                return
            yield as_object(data)


@asynccontextmanager
async def reported_failures() -> AsyncIterator[None]:
    try:
        yield
    except httpx.TimeoutException:
        raise ModelError("the model did not answer in time; try again") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("the model's API cannot be reached: %s: %s", type(error).__name__, error)
        raise ModelError("the model cannot be reached at the moment; try again shortly") from None


async def refuse(response: httpx.Response) -> None:
    body = (await response.aread())[:LOGGED_BODY_BYTES].decode("utf-8", "replace")
    log.warning("the model's API answered %d: %s", response.status_code, body)
    raise ModelError(REASONS.get(response.status_code, "the model has a problem of its own; try again shortly"))


def as_object(data: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise ModelError("the model's answer could not be read; try again")
    if event.get("error"):
        log.warning("the model's stream reports: %s", event["error"])
        raise ModelError("the model broke off its answer; try again")
    return event
