"""The application on SQLite and a Redis in memory: the same code above the drivers; tests/system has the real ones."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fakeredis import FakeAsyncRedis, FakeServer
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from agentchat.application import create_app
from agentchat.database import Database
from agentchat.models.echo import EchoModel
from agentchat.passwords import Passwords
from agentchat.resources import Resources
from agentchat.settings import Settings
from agentchat.tables import Base

ORIGIN = "https://chat.example"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def settings() -> Settings:
    return Settings(jwt_secret_key="s" * 40, mysql_password="m", redis_password="r")


@pytest.fixture
def redis_server() -> FakeServer:
    return FakeServer()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'chat.db'}")
    event.listen(engine.sync_engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
async def resources(settings: Settings, redis_server: FakeServer, engine: AsyncEngine) -> AsyncIterator[Resources]:
    redis = FakeAsyncRedis(server=redis_server, decode_responses=True)
    held = Resources(settings, Database(engine), redis, httpx.AsyncClient())
    held.model = EchoModel(pause_s=0)
    held.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield held
    await held.close()


@pytest.fixture
async def app(settings: Settings, resources: Resources) -> FastAPI:
    app = create_app(settings)
    app.state.resources = resources
    return app


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Keeps cookies as a browser on our own page does."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("10.0.0.9", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
async def ada(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that is logged in."""
    answer = await browser.post("/api/register", json={"username": "Ada", "password": "analytical engine"})
    assert answer.status_code == 201, answer.text
    return browser


def stream_events(body: str) -> Sequence[tuple[str, str]]:
    blocks = [block for block in body.split("\n\n") if block and not block.startswith(":")]
    lines = [block.split("\n", 1) for block in blocks]
    return [(name.removeprefix("event: "), data.removeprefix("data: ")) for name, data in lines]
