import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from agentchat import answers
from agentchat.resources import Resources
from agentchat.tables import Conversation, Message, User

pytestmark = pytest.mark.anyio


async def conversation_id(resources: Resources) -> int:
    async with resources.database.transaction() as session:
        user = User(username="Ada", username_key="ada", password_hash="-")
        session.add(user)
        await session.flush()
        conversation = Conversation(user_id=user.id, title="")
        session.add(conversation)
    return conversation.id


async def kept(resources: Resources) -> list[tuple[str, bool]]:
    await resources.answers.finish()
    async with resources.database.transaction() as session:
        return [(one.text, one.complete) for one in await session.scalars(select(Message))]


async def endless() -> AsyncIterator[str]:
    yield "begun "
    yield "and"
    await asyncio.Event().wait()


async def whole() -> AsyncIterator[str]:
    yield "all of it"


async def silent() -> AsyncIterator[str]:
    nothing: tuple[str, ...] = ()
    for piece in nothing:
        yield piece


async def test_what_was_said_is_kept_when_the_reader_goes_away(resources: Resources) -> None:
    stream = resources.answers.stream(await conversation_id(resources), endless)
    read = [await anext(stream), await anext(stream)]

    await stream.aclose()

    assert len(read) == 2
    assert await kept(resources) == [("begun and", False)]


async def test_what_was_said_is_kept_when_the_request_is_cancelled(resources: Resources) -> None:
    stream = resources.answers.stream(await conversation_id(resources), endless)
    two_read = asyncio.Event()

    async def read() -> None:
        await anext(stream)
        await anext(stream)
        two_read.set()
        await anext(stream)

    request = asyncio.create_task(read())
    await two_read.wait()
    request.cancel()
    await asyncio.wait({request})

    assert await kept(resources) == [("begun and", False)]


async def test_an_answer_is_stored_once_when_the_reader_leaves_at_its_end(resources: Resources) -> None:
    stream = resources.answers.stream(await conversation_id(resources), whole)
    await anext(stream)

    await stream.aclose()

    assert len(await kept(resources)) == 1


async def test_a_model_that_says_nothing_is_an_error_and_leaves_no_message(resources: Resources) -> None:
    stream = resources.answers.stream(await conversation_id(resources), silent)

    events = [chunk async for chunk in stream]

    assert events == [b'event: error\ndata: {"message": "the model gave no answer; try again"}\n\n']
    assert await kept(resources) == []


async def test_an_answer_that_cannot_be_stored_is_an_error(resources: Resources) -> None:
    stream = resources.answers.stream(999, whole)

    events = [chunk async for chunk in stream]

    assert events[-1].startswith(b'event: error\ndata: {"message": "the answer could not be stored')


async def test_an_answer_that_takes_too_long_is_cut_off(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LONGEST_ANSWER_S", 0.0)
    stream = resources.answers.stream(await conversation_id(resources), endless)

    events = [chunk async for chunk in stream]

    assert b"more than ten minutes" in events[-1]


async def test_a_silent_model_leaves_signs_of_life_in_the_stream(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "HEARTBEAT_S", 0.0)
    stream = resources.answers.stream(await conversation_id(resources), endless)

    async for chunk in stream:
        if chunk == answers.HEARTBEAT:
            break
    await stream.aclose()

    assert await kept(resources) == [("begun and", False)]
