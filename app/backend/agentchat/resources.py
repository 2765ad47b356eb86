"""What one worker holds while it runs: its database pool, Redis, the HTTP client and what is built on them."""

from dataclasses import dataclass, field

import httpx
from redis.asyncio import BlockingConnectionPool, Redis

from .answers import Answers
from .database import Database, mysql_engine
from .history import History
from .limits import LoginLimits
from .mail import Mail
from .models import Model, choose_model
from .passwords import Passwords
from .search import Search
from .sessions import Sessions
from .settings import Settings

REDIS_TIMEOUT_S = 1.0
REDIS_CONNECTIONS = 20
CONNECT_TIMEOUT_S = 10.0


@dataclass
class Resources:
    """Built anew in each worker, after the fork: connections must not be shared."""

    settings: Settings
    database: Database
    redis: Redis
    http: httpx.AsyncClient
    model: Model = field(init=False)

    def __post_init__(self) -> None:
        self.model = choose_model(self.settings, self.http)
        self.sessions = Sessions(self.settings, self.redis)
        self.limits = LoginLimits(self.redis)
        self.history = History(self.redis)
        self.passwords = Passwords()
        self.search = Search(self.settings, self.http)
        self.mail = Mail(self.settings)
        self.answers = Answers(self.database, self.history)

    async def close(self) -> None:
        """Ends what is under way first: answers are stored before the pool they need closes."""
        await self.answers.finish()
        await self.mail.finish()
        await self.http.aclose()
        await self.redis.aclose()
        await self.database.close()


async def open_resources(settings: Settings) -> Resources:
    return Resources(settings, Database(mysql_engine(settings)), redis_client(settings), http_client(settings))


def redis_client(settings: Settings) -> Redis:
    pool = BlockingConnectionPool(
        host=settings.redis_host,
        port=settings.redis_port,
        username=settings.redis_user,
        password=settings.redis_password,
        decode_responses=True,
        max_connections=REDIS_CONNECTIONS,
        timeout=REDIS_TIMEOUT_S,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        health_check_interval=30,
        lib_name=None,
        lib_version=None,
    )
    return Redis.from_pool(pool)


def http_client(settings: Settings) -> httpx.AsyncClient:
    timeout = httpx.Timeout(settings.model_timeout_s, connect=CONNECT_TIMEOUT_S)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False)
