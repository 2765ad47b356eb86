"""A person's conversations."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..problems import Problem
from ..tables import TITLE_LENGTH, Conversation
from .current import Held, Person

UNTITLED = "New conversation"
SHOWN_CONVERSATIONS = 200

routes = APIRouter(prefix="/api/conversations", tags=["conversations"])


class NewConversation(BaseModel):
    title: Annotated[str, Field(max_length=TITLE_LENGTH)] = ""


class Shown(BaseModel):
    id: int
    title: str
    created_at: str
    updated_at: str


@routes.get("")
async def conversations(held: Held, person: Person) -> list[Shown]:
    """The latest used 200, the latest first."""
    query = select(Conversation).where(Conversation.user_id == person.id)
    newest_first = query.order_by(Conversation.updated_at.desc(), Conversation.id.desc()).limit(SHOWN_CONVERSATIONS)
    async with held.database.transaction() as transaction:
        return [shown(conversation) for conversation in await transaction.scalars(newest_first)]


@routes.post("", status_code=201)
async def start_conversation(held: Held, person: Person, given: NewConversation | None = None) -> Shown:
    """Without a title the first message becomes the title."""
    title = given.title.strip() if given else ""
    conversation = Conversation(user_id=person.id, title=title)
    async with held.database.transaction() as transaction:
        transaction.add(conversation)
    return shown(conversation)


@routes.delete("/{conversation_id}", status_code=204)
async def delete_conversation(conversation_id: int, held: Held, person: Person) -> None:
    async with held.database.transaction() as transaction:
        conversation = await own_conversation(transaction, person.id, conversation_id)
        await transaction.execute(delete(Conversation).where(Conversation.id == conversation.id))


async def own_conversation(transaction: AsyncSession, user_id: int, conversation_id: int) -> Conversation:
    """The conversation; somebody else's is as absent as one that never was."""
    conversation: Conversation | None = await transaction.scalar(
        select(Conversation).where(Conversation.id == conversation_id, Conversation.user_id == user_id)
    )
    if conversation is None:
        raise Problem(404, "this conversation does not exist, or not any more")
    return conversation


def shown(conversation: Conversation) -> Shown:
    return Shown(
        id=conversation.id,
        title=conversation.title or UNTITLED,
        created_at=utc(conversation.created_at),
        updated_at=utc(conversation.updated_at),
    )


def utc(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds')}Z"
