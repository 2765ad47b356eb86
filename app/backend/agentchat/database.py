"""MySQL: one pool for each worker, and transactions that end in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from .settings import Settings

# 4 workers x (5 + 10) connections: 16 replicas fit into max_connections 1000.
POOL_SIZE = 5
POOL_OVERFLOW = 10
CONNECT_TIMEOUT_S = 5
POOL_TIMEOUT_S = 5
RECYCLE_S = 1800
TRANSACTION_TIMEOUT_S = 10


def mysql_engine(settings: Settings) -> AsyncEngine:
    """An engine that connects when first used, and again after MySQL was away."""
    url = URL.create(
        "mysql+aiomysql",
        settings.mysql_user,
        settings.mysql_password,
        settings.mysql_host,
        settings.mysql_port,
        settings.mysql_database,
        {"charset": "utf8mb4"},
    )
    return create_async_engine(
        url,
        hide_parameters=True,  # rows are not for the log
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=RECYCLE_S,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "init_command": "SET time_zone = '+00:00'"},
    )


class Database:
    """A pool of connections and the transactions on it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commits at the end, rolls back on an error; TimeoutError after 10 seconds."""
        async with asyncio.timeout(TRANSACTION_TIMEOUT_S), self.sessions.begin() as session:
            yield session

    async def ping(self) -> None:
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()
