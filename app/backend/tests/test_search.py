from collections.abc import Callable

import httpx
import pytest

from agentchat.models import ModelError, Turn
from agentchat.search import Search
from agentchat.settings import Settings

pytestmark = pytest.mark.anyio


async def context(text: str, respond: Callable[[httpx.Request], httpx.Response], url: str = "https://s/") -> list[Turn]:
    settings = Settings(
        jwt_secret_key="s" * 40, mysql_password="m", redis_password="r", search_url=url, search_api_key="k"
    )
    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        return await Search(settings, http).context(text)


def refuse(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing was to be asked")


async def test_the_first_five_results_are_handed_to_the_model() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        assert dict(request.url.params) == {"q": "nginx resolve", "format": "json"}
        assert request.headers["authorization"] == "Bearer k"
        return httpx.Response(200, json={"results": [{"title": f"t{n}", "url": f"u{n}"} for n in range(9)]})

    turns = await context("/search nginx resolve", respond)

    assert [(turn.role, "t4\nu4" in turn.text, "t5" in turn.text) for turn in turns] == [("system", True, False)]


@pytest.mark.parametrize("text", ["hello", "/searching is fun", "what does /search do"])
async def test_a_message_that_asks_for_no_search_causes_none(text: str) -> None:
    assert await context(text, refuse) == []


async def test_where_search_is_not_set_up_the_person_is_told() -> None:
    with pytest.raises(ModelError, match="search is not set up here"):
        await context("/search words", refuse, url="")


@pytest.mark.parametrize("body", ["<html>", "[]", '{"results": null}', '{"results": ["text"]}'])
async def test_a_service_that_answers_something_else_is_a_failed_search(body: str) -> None:
    with pytest.raises(ModelError, match="the search failed"):
        await context("/search words", lambda request: httpx.Response(200, text=body))
