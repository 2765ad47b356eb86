import json
import logging
from dataclasses import replace

import httpx
import pytest
from fakeredis import FakeServer
from fastapi import FastAPI

from agentchat.application import create_app
from agentchat.logs import AccessLines, JsonLines
from agentchat.resources import Resources
from agentchat.settings import Settings

pytestmark = pytest.mark.anyio


async def test_health_is_fine_whatever_else_is_away(browser: httpx.AsyncClient, redis_server: FakeServer) -> None:
    redis_server.connected = False

    assert (await browser.get("/health")).json() == {"status": "ok"}


async def test_ready_names_what_is_away_and_nothing_of_its_address(
    browser: httpx.AsyncClient, redis_server: FakeServer
) -> None:
    ready = await browser.get("/ready")
    redis_server.connected = False
    unready = await browser.get("/ready")

    assert (ready.status_code, ready.json()["checks"]) == (200, {"mysql": "ok", "redis": "ok"})
    assert (unready.status_code, unready.json()) == (
        503,
        {
            "status": "not ready",
            "detail": "not ready: redis",
            "failed": ["redis"],
            "checks": {"mysql": "ok", "redis": "cannot be used; see the log"},
        },
    )


async def test_version_says_which_release_answers(browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE", "r42")
    monkeypatch.setenv("GIT_REVISION", "0123abc")

    assert (await browser.get("/version")).json() == {"release": "r42", "revision": "0123abc"}


async def test_the_api_is_described_to_the_stack_and_not_to_the_world(browser: httpx.AsyncClient) -> None:
    described = await browser.get("/openapi.json")
    for_all = ("/docs", "/redoc", "/api/docs", "/api/openapi.json")

    assert "/api/conversations/{conversation_id}/messages" in described.json()["paths"]
    assert [(await browser.get(path)).status_code for path in for_all] == [404, 404, 404, 404]


async def test_the_api_is_described_to_all_where_a_setting_says_so(settings: Settings) -> None:
    transport = httpx.ASGITransport(create_app(replace(settings, api_docs=True)))
    async with httpx.AsyncClient(transport=transport, base_url="https://chat.example") as visitor:
        found = [(await visitor.get(path)).status_code for path in ("/api/docs", "/api/openapi.json", "/openapi.json")]

    assert found == [200, 200, 404]


async def test_another_sites_page_is_refused_in_words(ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/api/logout", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert "another address" in answer.json()["detail"]
    assert (await ada.get("/api/me")).status_code == 200


async def test_no_answer_of_the_api_may_be_kept_by_a_cache(ada: httpx.AsyncClient) -> None:
    answers = [await ada.get("/api/me"), await ada.get("/api/nope"), await ada.post("/api/login", json={})]

    assert {"no-store"} == {answer.headers["cache-control"] for answer in answers}


async def test_a_fault_of_ours_is_one_sentence_and_a_500(app: FastAPI, ada: httpx.AsyncClient) -> None:
    del app.state.resources.sessions

    answer = await ada.get("/api/me")

    assert (answer.status_code, answer.headers["cache-control"]) == (500, "no-store")
    assert answer.json() == {"detail": "something went wrong on our side; try again shortly"}


async def test_an_access_line_has_the_request_id_and_the_client_but_no_query(
    browser: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "agentchat.access"):
        await browser.get("/health?token=hunter2", headers={"X-Request-ID": "abc-1", "X-Real-IP": "203.0.113.7"})

    line = json.loads(AccessLines().format(caplog.records[-1]))
    assert line.pop("duration_ms") >= 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "request_id": "abc-1",
        "method": "GET",
        "path": "/health",
        "status": 200,
        "client": "203.0.113.7",
    }


def test_an_error_with_its_traceback_stays_on_one_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed: %s", (error,), (type(error), error, None))

    line = JsonLines().format(record)

    assert "\n" not in line
    assert json.loads(line)["message"] == "failed: two\nlines"


async def test_a_password_is_never_part_of_a_logged_database_error(resources: Resources) -> None:
    from agentchat.database import mysql_engine

    assert mysql_engine(resources.settings).sync_engine.hide_parameters
