import json
from collections.abc import Callable

import httpx
import pytest

from agentchat.models import ModelError, Turn, choose_model
from agentchat.models.echo import EchoModel
from agentchat.settings import Settings, load

pytestmark = pytest.mark.anyio

TURNS = [Turn("system", "be brief"), Turn("user", "hello")]
OPENAI_STREAM = """\
: comment

data: {"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}

data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": null}]}

data:{"choices": [{"delta": {"content": " 你"}, "finish_reason": null}]}

data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}

data: {"choices": [], "usage": {"total_tokens": 3}}

data: [DONE]

"""
ANTHROPIC_STREAM = """\
event: message_start
data: {"type": "message_start", "message": {"id": "m", "content": []}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}

event: message_stop
data: {"type": "message_stop"}

"""


def with_keys(**keys: str) -> Settings:
    required = {"JWT_SECRET_KEY": "s" * 40, "MYSQL_PASSWORD": "m", "REDIS_PASSWORD": "r"}
    return load(Settings, required | {name.upper(): value for name, value in keys.items()})


async def answer(settings: Settings, respond: Callable[[httpx.Request], httpx.Response]) -> list[str]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        return [piece async for piece in choose_model(settings, http).answer(TURNS)]


def stream(text: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, text=text)


async def test_an_openai_compatible_api_is_asked_as_it_wants_and_read_as_it_speaks() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=OPENAI_STREAM)

    settings = with_keys(openai_api_key="sk-1", openai_base_url="https://ai.example/v1", openai_model="big")
    pieces = await answer(settings, respond)

    assert pieces == ["Hi", " 你"]
    assert (str(seen[0].url), seen[0].headers["authorization"]) == (
        "https://ai.example/v1/chat/completions",
        "Bearer sk-1",
    )
    assert json.loads(seen[0].content) == {
        "model": "big",
        "stream": True,
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
    }


async def test_anthropics_api_gets_the_instructions_beside_the_messages() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=ANTHROPIC_STREAM)

    pieces = await answer(with_keys(anthropic_api_key="sk-2"), respond)

    body = json.loads(seen[0].content)
    assert pieces == ["Hi"]
    assert (seen[0].url.path, seen[0].headers["x-api-key"]) == ("/v1/messages", "sk-2")
    assert (body["system"], body["messages"]) == ("be brief", [{"role": "user", "content": "hello"}])


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "refuses our key"), (404, "does not know the model"), (429, "busy"), (500, "problem of its own")],
)
@pytest.mark.parametrize("name", ["openai", "qwen", "anthropic"])
async def test_a_refusal_is_told_without_the_apis_own_words(name: str, status: int, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        await answer(
            with_keys(**{f"{name}_api_key": "k"}), lambda request: httpx.Response(status, text="secret detail")
        )

    assert "secret detail" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (httpx.ReadTimeout("slow"), "did not answer in time"),
        (httpx.ConnectError("refused"), "cannot be reached"),
        (httpx.RemoteProtocolError("cut"), "cannot be reached"),
    ],
)
async def test_a_broken_connection_is_told_in_words(fault: Exception, words: str) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(ModelError, match=words):
        await answer(with_keys(openai_api_key="k"), respond)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('data: {"choices": [{"delta": {"content": "Hi"}}]}\n\n', "broke off"),
        ('data: {"error": {"message": "overloaded"}}\n\n', "broke off"),
        ("data: <html>\n\n", "could not be read"),
        ("data: []\n\n", "could not be read"),
        ("", "broke off"),
    ],
)
async def test_a_stream_that_ends_too_early_or_is_none_is_an_error(text: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        await answer(with_keys(qwen_api_key="k"), stream(text))


async def test_an_error_event_of_anthropics_breaks_the_answer_off() -> None:
    text = 'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n'

    with pytest.raises(ModelError, match="broke off"):
        await answer(with_keys(anthropic_api_key="k"), stream(text))


async def test_without_a_key_the_echo_answers_and_keeps_every_space() -> None:
    async with httpx.AsyncClient() as http:
        assert isinstance(choose_model(with_keys(), http), EchoModel)

    pieces = [piece async for piece in EchoModel(0).answer([Turn("user", "two  spaces\nand a line")])]

    assert "".join(pieces) == "You said: two  spaces\nand a line"
    assert len(pieces) == 7


async def test_the_provider_that_is_named_wins_over_the_first_with_a_key() -> None:
    settings = with_keys(openai_api_key="k", anthropic_api_key="k", model_provider="anthropic")

    pieces = await answer(settings, stream(ANTHROPIC_STREAM))

    assert pieces == ["Hi"]
