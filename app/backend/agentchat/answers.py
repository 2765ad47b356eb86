"""Answers under way: each is a task of its own, so that it is stored whatever becomes of the one who asked."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Database
from .history import History
from .models import ModelError
from .tables import Conversation, Message, now

# Written while a model is silent, so that proxies keep the stream open.
HEARTBEAT = b": still there\n\n"
HEARTBEAT_S = 15.0
LONGEST_ANSWER_S = 600.0
NOT_STORED = "the answer could not be stored; copy what you need and try again"
TOO_LONG = "the answer took more than ten minutes and was cut off"
EMPTY = "the model gave no answer; try again"
BROKEN = "something went wrong on our side; try again"

log = logging.getLogger(__name__)

Pieces = Callable[[], AsyncIterator[str]]


class Answers:
    def __init__(self, database: Database, history: History) -> None:
        self.database = database
        self.history = history
        self.under_way: set[asyncio.Task[None]] = set()

    async def stream(self, conversation_id: int, pieces: Pieces) -> AsyncGenerator[bytes]:
        """
        Server-sent events: token for each piece, then done or error.

        When the reader goes away the model is stopped, and what it said so far is stored as incomplete.
        """
        said: list[str] = []
        events: asyncio.Queue[bytes | None] = asyncio.Queue()
        listening = asyncio.create_task(listen(pieces, said, events))
        self.keep(asyncio.create_task(self.conclude(conversation_id, listening, said, events)))
        try:
            async for chunk in with_heartbeats(events):
                yield chunk
        finally:
            listening.cancel()

    def keep(self, task: "asyncio.Task[None]") -> None:
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def conclude(
        self,
        conversation_id: int,
        listening: "asyncio.Task[str | None]",
        said: list[str],
        events: "asyncio.Queue[bytes | None]",
    ) -> None:
        """Stores the answer when the model is done; never cancelled itself, so that nothing is stored twice."""
        await asyncio.wait({listening})
        text = "".join(said)
        fault = None if listening.cancelled() else listening.result()
        if listening.cancelled() or fault is not None:
            await self.store_rest(conversation_id, text)
            events.put_nowait(event("error", {"message": fault}))
        else:
            events.put_nowait(await self.store_whole(conversation_id, text))
        events.put_nowait(None)

    async def store_whole(self, conversation_id: int, text: str) -> bytes:
        """The stream's last event."""
        try:
            message_id = await self.store(conversation_id, text, complete=True)
        except Exception:
            log.exception("an answer was not stored")
            return event("error", {"message": NOT_STORED})
        return event("done", {"message_id": message_id})

    async def store_rest(self, conversation_id: int, text: str) -> None:
        if not text:
            return
        try:
            await self.store(conversation_id, text, complete=False)
        except Exception:
            log.exception("the rest of an answer was not stored")

    async def store(self, conversation_id: int, text: str, *, complete: bool) -> int:
        async with self.database.transaction() as session:
            return await add_message(session, conversation_id, "assistant", text, complete=complete)

    async def finish(self) -> None:
        """Waits until every answer is stored."""
        await asyncio.gather(*self.under_way, return_exceptions=True)


async def listen(pieces: Pieces, said: list[str], events: "asyncio.Queue[bytes | None]") -> str | None:
    """Hands each piece on as it comes; None at the end, or the sentence that says why it ended too early."""
    try:
        async with asyncio.timeout(LONGEST_ANSWER_S):
            async for piece in pieces():
                said.append(piece)
                events.put_nowait(event("token", {"text": piece}))
    except ModelError as error:
        return str(error)
    except TimeoutError:
        return TOO_LONG
    except Exception:
        log.exception("an answer failed")
        return BROKEN
    return None if said else EMPTY


async def add_message(
    session: AsyncSession, conversation_id: int, role: str, text: str, *, complete: bool = True
) -> int:
    """The new message's id; the conversation's revision goes up with it."""
    message = Message(conversation_id=conversation_id, role=role, text=text, complete=complete)
    changes = {"revision": Conversation.revision + 1, "updated_at": now()}
    await session.execute(update(Conversation).where(Conversation.id == conversation_id).values(changes))
    session.add(message)
    await session.flush()
    return message.id


async def with_heartbeats(events: "asyncio.Queue[bytes | None]") -> AsyncIterator[bytes]:
    while True:
        try:
            chunk = await asyncio.wait_for(events.get(), HEARTBEAT_S)
        except TimeoutError:
            chunk = HEARTBEAT
        if chunk is None:
            return
        yield chunk


def event(name: str, data: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
