"""The latest messages of a conversation, kept in Redis for an hour."""

import json
import logging
from dataclasses import asdict, dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import Conversation, Message

KEPT_MESSAGES = 200
KEPT_S = 3600

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A message as it is cached and shown; created_at is ISO 8601 in UTC."""

    id: int
    role: str
    text: str
    complete: bool
    created_at: str


class History:
    """The conversation's last change is part of the key, so what is found is never stale."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def latest(self, session: AsyncSession, conversation: Conversation) -> list[Entry]:
        """At most 200 messages, oldest first; from MySQL where Redis has none or is away."""
        key = cache_key(conversation)
        try:
            cached = await self.cached(key)
        except RedisError as error:
            log.warning("history is read from MySQL: %s", error)
            return await stored(session, conversation.id)
        return cached if cached is not None else await self.kept(key, await stored(session, conversation.id))

    async def cached(self, key: str) -> list[Entry] | None:
        text = await self.redis.get(key)
        return None if text is None else [Entry(**fields) for fields in json.loads(text)]

    async def kept(self, key: str, entries: list[Entry]) -> list[Entry]:
        try:
            await self.redis.set(key, json.dumps([asdict(entry) for entry in entries]), ex=KEPT_S)
        except RedisError as error:
            log.warning("history is not cached: %s", error)
        return entries


def cache_key(conversation: Conversation) -> str:
    """Has the time in it too: a database that was made anew or restored counts the same numbers again."""
    changed = conversation.updated_at.isoformat(timespec="microseconds")
    return f"agentchat:history:{conversation.id}:{conversation.revision}:{changed}"


async def stored(session: AsyncSession, conversation_id: int) -> list[Entry]:
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.id.desc())
        .limit(KEPT_MESSAGES)
    )
    return [entry(message) for message in reversed((await session.scalars(query)).all())]


def entry(message: Message) -> Entry:
    created_at = f"{message.created_at.isoformat(timespec='milliseconds')}Z"
    return Entry(message.id, message.role, message.text, message.complete, created_at)
