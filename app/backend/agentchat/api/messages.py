"""The messages of a conversation, and the answer as it is written."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StringConstraints

from ..answers import add_message
from ..history import Entry
from ..models import Turn
from ..resources import Resources
from .conversations import own_conversation
from .current import Held, Person

LONGEST_TEXT = 16_000
TITLE_FROM_TEXT = 60
# What a model is given of the past.
REMEMBERED_MESSAGES = 40
INSTRUCTIONS = Turn("system", "You are AgentChat, a helpful assistant. Answer in the language of the person.")
STREAM_HEADERS = {"X-Accel-Buffering": "no"}

routes = APIRouter(prefix="/api/conversations/{conversation_id}/messages", tags=["messages"])


class NewMessage(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), Field(max_length=LONGEST_TEXT)]


class ShownMessage(BaseModel):
    id: int
    role: str
    text: str
    complete: bool
    created_at: str


@routes.get("")
async def messages(conversation_id: int, held: Held, person: Person) -> list[ShownMessage]:
    """The latest 200, oldest first."""
    async with held.database.transaction() as transaction:
        conversation = await own_conversation(transaction, person.id, conversation_id)
        return [ShownMessage(**asdict(entry)) for entry in await held.history.latest(transaction, conversation)]


@routes.post("", response_class=StreamingResponse)
async def send_message(conversation_id: int, given: NewMessage, held: Held, person: Person) -> StreamingResponse:
    """Stores the message and streams the answer: token {"text"}, then done {"message_id"} or error {"message"}."""
    past = await add_question(held, person.id, conversation_id, given.text)

    async def pieces() -> AsyncIterator[str]:
        found = await held.search.context(given.text)
        async for piece in held.model.answer([INSTRUCTIONS, *found, *past, Turn("user", given.text)]):
            yield piece

    stream = held.answers.stream(conversation_id, pieces)
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


async def add_question(held: Resources, user_id: int, conversation_id: int, text: str) -> list[Turn]:
    """Stores the question; what was said before it, as a model wants it."""
    async with held.database.transaction() as transaction:
        conversation = await own_conversation(transaction, user_id, conversation_id)
        entries = await held.history.latest(transaction, conversation)
        if not conversation.title:
            conversation.title = title_of(text)
        await add_message(transaction, conversation_id, "user", text)
    return turns(entries[-REMEMBERED_MESSAGES:])


def turns(entries: list[Entry]) -> list[Turn]:
    """Models want questions and answers in turn, a question first: runs of one role become one turn."""
    joined: list[Turn] = []
    for entry in entries:
        if joined and joined[-1].role == entry.role:
            joined[-1] = Turn(entry.role, f"{joined[-1].text}\n\n{entry.text}")
        elif joined or entry.role == "user":
            joined.append(Turn(entry.role, entry.text))
    return joined


def title_of(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_FROM_TEXT else f"{line[: TITLE_FROM_TEXT - 1]}…"
