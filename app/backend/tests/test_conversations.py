import json
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from fakeredis import FakeServer
from sqlalchemy.ext.asyncio import AsyncEngine

from agentchat.api.messages import turns
from agentchat.history import Entry
from agentchat.models import ModelError, Turn
from agentchat.resources import Resources
from agentchat.tables import Base

from .conftest import stream_events

pytestmark = pytest.mark.anyio


class Recorder:
    """A model that keeps what it was given, says two words and, where told, breaks."""

    def __init__(self, breaks: Exception | None = None) -> None:
        self.given: list[Sequence[Turn]] = []
        self.breaks = breaks

    async def answer(self, turns: Sequence[Turn]) -> AsyncIterator[str]:
        self.given.append(turns)
        for word in ("one ", "two"):
            yield word
        if self.breaks:
            raise self.breaks


async def start(client: httpx.AsyncClient, title: str = "") -> str:
    answer = await client.post("/api/conversations", json={"title": title})
    assert answer.status_code == 201, answer.text
    return f"/api/conversations/{answer.json()['id']}"


async def say(client: httpx.AsyncClient, conversation: str, text: str) -> Sequence[tuple[str, str]]:
    answer = await client.post(f"{conversation}/messages", json={"text": text})
    assert answer.status_code == 200, answer.text
    return stream_events(answer.text)


async def test_an_answer_streams_word_by_word_and_is_there_afterwards(ada: httpx.AsyncClient) -> None:
    conversation = await start(ada)

    events = await say(ada, conversation, "good morning 你好")

    said = [json.loads(data)["text"] for name, data in events if name == "token"]
    assert said == ["You ", "said: ", "good ", "morning ", "你好"]
    assert events[-1] == ("done", '{"message_id": 2}')
    kept = (await ada.get(f"{conversation}/messages")).json()
    assert [(message["role"], message["text"], message["complete"]) for message in kept] == [
        ("user", "good morning 你好", True),
        ("assistant", "You said: good morning 你好", True),
    ]


async def test_a_stream_tells_proxies_not_to_gather_it(ada: httpx.AsyncClient) -> None:
    conversation = await start(ada)

    answer = await ada.post(f"{conversation}/messages", json={"text": "hello"})

    assert tuple(answer.headers[name] for name in ("x-accel-buffering", "cache-control", "content-type")) == (
        "no",
        "no-store",
        "text/event-stream; charset=utf-8",
    )


async def test_a_model_gets_what_was_said_before(ada: httpx.AsyncClient, resources: Resources) -> None:
    resources.model = model = Recorder()
    conversation = await start(ada)
    await say(ada, conversation, "first")

    await say(ada, conversation, "second")

    roles = [(turn.role, turn.text) for turn in model.given[-1][1:]]
    assert roles == [("user", "first"), ("assistant", "one two"), ("user", "second")]


async def test_a_model_that_breaks_off_is_told_and_what_it_said_is_kept(
    ada: httpx.AsyncClient, resources: Resources
) -> None:
    resources.model = Recorder(ModelError("the model is busy"))
    conversation = await start(ada)

    events = await say(ada, conversation, "hello")

    assert events[-1] == ("error", '{"message": "the model is busy"}')
    last = (await ada.get(f"{conversation}/messages")).json()[-1]
    assert (last["role"], last["text"], last["complete"]) == ("assistant", "one two", False)


async def test_a_fault_of_ours_is_told_without_its_details(ada: httpx.AsyncClient, resources: Resources) -> None:
    resources.model = Recorder(KeyError("internal"))
    conversation = await start(ada)

    events = await say(ada, conversation, "hello")

    assert events[-1] == ("error", '{"message": "something went wrong on our side; try again"}')


async def test_history_is_read_from_mysql_while_redis_is_away(ada: httpx.AsyncClient, redis_server: FakeServer) -> None:
    conversation = await start(ada)
    await say(ada, conversation, "before")
    redis_server.connected = False

    await say(ada, conversation, "meanwhile")
    answer = await ada.get(f"{conversation}/messages")

    assert [one["text"] for one in answer.json()] == ["before", "You said: before", "meanwhile", "You said: meanwhile"]


async def test_a_cached_history_is_never_older_than_the_last_message(
    ada: httpx.AsyncClient, redis_server: FakeServer
) -> None:
    conversation = await start(ada)
    await say(ada, conversation, "before")
    await ada.get(f"{conversation}/messages")
    redis_server.connected = False
    await say(ada, conversation, "meanwhile")
    redis_server.connected = True

    answer = await ada.get(f"{conversation}/messages")

    assert len(answer.json()) == 4


async def test_a_database_made_anew_shows_nothing_of_the_one_before(
    ada: httpx.AsyncClient, resources: Resources, engine: AsyncEngine
) -> None:
    conversation = await start(ada)
    await say(ada, conversation, "a secret of the person before")
    await ada.get(f"{conversation}/messages")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    before = {"Cookie": f"agentchat_session={ada.cookies['agentchat_session']}"}
    await ada.post("/api/register", json={"username": "Bob", "password": "another engine"})

    again = await start(ada)
    await say(ada, again, "hello")

    assert again == conversation
    assert (await ada.get("/api/me", headers=before)).status_code == 401
    assert [one["text"] for one in (await ada.get(f"{again}/messages")).json()] == ["hello", "You said: hello"]


async def test_the_first_message_becomes_the_title(ada: httpx.AsyncClient) -> None:
    untitled, titled = await start(ada), await start(ada, "Plans")

    await say(ada, titled, "something")
    await say(ada, untitled, "a  very long question\n" + "x" * 60)

    titles = [one["title"] for one in (await ada.get("/api/conversations")).json()]
    assert titles == ["a very long question " + "x" * 38 + "…", "Plans"]


async def test_somebody_elses_conversation_is_as_absent_as_none(ada: httpx.AsyncClient) -> None:
    conversation = await start(ada)
    await ada.post("/api/register", json={"username": "Bob", "password": "another engine"})

    answers = [
        await ada.get(f"{conversation}/messages"),
        await ada.post(f"{conversation}/messages", json={"text": "hello"}),
        await ada.delete(conversation),
        await ada.delete("/api/conversations/999"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert answers[0].json() == {"detail": "this conversation does not exist, or not any more"}
    assert (await ada.get("/api/conversations")).json() == []


async def test_a_deleted_conversation_takes_its_messages_with_it(ada: httpx.AsyncClient) -> None:
    conversation = await start(ada)
    await say(ada, conversation, "hello")

    assert (await ada.delete(conversation)).status_code == 204
    assert (await ada.get(f"{conversation}/messages")).status_code == 404


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 16_001])
async def test_an_empty_and_an_endless_message_are_refused(ada: httpx.AsyncClient, text: str) -> None:
    conversation = await start(ada)

    answer = await ada.post(f"{conversation}/messages", json={"text": text})

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("text: ")


async def test_without_a_session_everything_is_refused(browser: httpx.AsyncClient) -> None:
    answers = [
        await browser.get("/api/me"),
        await browser.get("/api/conversations"),
        await browser.post("/api/conversations", json={}),
        await browser.delete("/api/conversations/1"),
        await browser.get("/api/conversations/1/messages"),
        await browser.post("/api/conversations/1/messages", json={"text": "hello"}),
    ]

    assert [(one.status_code, one.json()) for one in answers] == [(401, {"detail": "you are not logged in"})] * 6


def test_a_model_gets_questions_and_answers_in_turn_a_question_first() -> None:
    said = [("assistant", "cut"), ("user", "one"), ("user", "two"), ("assistant", "three")]

    joined = turns([Entry(number, role, text, True, "") for number, (role, text) in enumerate(said)])

    assert [Turn("user", "one\n\ntwo"), Turn("assistant", "three")] == joined
