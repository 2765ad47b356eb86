"""What test_gunicorn.py lets a real gunicorn serve: the application on SQLite and a Redis in memory."""

import os
from pathlib import Path

import httpx
from fakeredis import FakeAsyncRedis
from sqlalchemy.ext.asyncio import create_async_engine

from agentchat.application import create_app
from agentchat.database import Database
from agentchat.resources import Resources
from agentchat.settings import Settings, load_or_exit
from agentchat.tables import Base


async def connect(settings: Settings) -> Resources:
    engine = create_async_engine(f"sqlite+aiosqlite:///{Path(os.environ['SERVED_FROM']) / 'chat.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return Resources(settings, Database(engine), FakeAsyncRedis(decode_responses=True), httpx.AsyncClient())


app = create_app(load_or_exit(Settings), connect)
