"""The end of the chart: a person registers, asks, gets an answer as it streams, and clears up."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..doctor_settings import ChatSettings
from .patient import Patient
from .verdict import Check, Verdict, ok, skipped, wrong
from .web import Answer, WebError, fetch, opened

CREATED, GOOD = 201, 200
STREAM_S = 60.0
QUESTION = "Is everything all right?"
TODO = "the back end's log says more (inv logs); the model that answers is set in the env file"


class ChatError(WebError):
    """A step of the chat went wrong; the message says which and how."""


@dataclass(frozen=True)
class Streamed:
    """An answer of the model: its text, and in how many pieces it came."""

    text: str
    pieces: int


def checks(patient: Patient) -> Iterator[Check]:
    """One check."""
    yield Check("functional.chat", "chat", lambda: _chat(patient), ("page.html", "proxy.api"))


def _chat(patient: Patient) -> Verdict:
    chat, page = patient.doctor.functional, patient.address("page")
    if chat is None or not page:
        return skipped("fairlead.yaml has no doctor.functional")
    if not patient.changing:
        return skipped("it registers a person, and --dry changes nothing")
    begun = time.monotonic()
    try:
        streamed = talk(page, chat)
    except WebError as error:
        return wrong(str(error), TODO)
    said = f"answered in {streamed.pieces} pieces, {time.monotonic() - begun:.1f} s in all"
    return ok(f"registered, asked, {said}, cleared up")


def talk(page: str, chat: ChatSettings) -> Streamed:
    """
    One whole chat; conversation and person are deleted at the end, whatever happened.

    Raises:
        WebError: naming the step that failed.
    """
    headers = registered(page, chat.register)
    conversations = urljoin(page, chat.conversations)
    try:
        return _conversed(conversations, headers)
    finally:
        if chat.account:
            fetch(urljoin(page, chat.account), "DELETE", None, headers)


def _conversed(conversations: str, headers: Mapping[str, str]) -> Streamed:
    begun = fetch(conversations, "POST", {"title": "doctor"}, headers)
    number = (begun.json() or {}).get("id") if begun.status == CREATED else None
    if number is None:
        raise ChatError(f"starting a conversation: {_told(begun)}")
    own = f"{conversations.rstrip('/')}/{number}"
    try:
        return _asked(f"{own}/messages", headers)
    finally:
        fetch(own, "DELETE", None, headers)


def read_events(lines: Iterator[bytes]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The events of a stream: name and data."""
    name = "message"
    for line in lines:
        field, _, value = line.decode("utf-8", "replace").strip().partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
            name = "message"


def registered(page: str, path: str) -> dict[str, str]:
    """
    The headers of a person who was made for this run: Origin and Cookie.

    Raises:
        ChatError: nobody could be registered.
    """
    origin = urlsplit(page)
    person = {"username": f"doctor-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(24)}
    own = {"Origin": f"{origin.scheme}://{origin.netloc}"}
    answer = fetch(urljoin(page, path), "POST", person, own)
    if answer.status not in (GOOD, CREATED):
        raise ChatError(f"registering a person: {_told(answer)}")
    jar = SimpleCookie(answer.headers.get("set-cookie", ""))
    # set by hand: a Secure cookie goes to http://localhost in browsers only
    return {**own, "Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())}


def _asked(url: str, headers: Mapping[str, str]) -> Streamed:
    pieces: list[str] = []
    with opened(url, "POST", {"text": QUESTION}, headers, STREAM_S) as stream:
        if stream.status != GOOD:
            named = {name.lower(): value for name, value in stream.getheaders()}
            raise ChatError(f"sending a message: {_told(Answer(url, stream.status, named, stream.read()))}")
        for event, data in read_events(iter(stream.readline, b"")):
            if event == "error":
                raise ChatError(f"the answer of the model: {data.get('message', 'an error without a word')}")
            if event == "done":
                break
            pieces.append(str(data.get("text", "")))
        else:
            raise ChatError("the stream of the answer ended before the answer did")
    if not "".join(pieces).strip():
        raise ChatError("the model answered with nothing")
    return Streamed("".join(pieces), len(pieces))


def _told(answer: Answer) -> str:
    told = answer.json()
    detail = told.get("detail") if isinstance(told, dict) else None
    return f"{answer.status}, {detail}" if isinstance(detail, str) else f"{answer.status}"
