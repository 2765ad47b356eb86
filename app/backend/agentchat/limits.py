"""How often somebody may try to log in, counted in Redis."""

from dataclasses import dataclass

from redis.asyncio import Redis

WINDOW_S = 900
FAILURES_PER_USER = 10
FAILURES_PER_CLIENT = 50


@dataclass(frozen=True)
class Attempt:
    """A login that has been counted before its password is looked at, so that many at once cannot slip through."""

    user_key: str
    client_key: str
    retry_after_s: int
    """Seconds to wait; 0 when the attempt is allowed."""


class LoginLimits:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def begin(self, username_key: str, client: str) -> Attempt:
        user_key, client_key = f"agentchat:login:user:{username_key}", f"agentchat:login:client:{client}"
        async with self.redis.pipeline(transaction=True) as pipe:
            for key in (user_key, client_key):
                pipe.incr(key)
                pipe.expire(key, WINDOW_S, nx=True)
                pipe.ttl(key)
            by_user, _, user_ttl, by_client, _, client_ttl = await pipe.execute()
        waits = [user_ttl] * (by_user > FAILURES_PER_USER) + [client_ttl] * (by_client > FAILURES_PER_CLIENT)
        return Attempt(user_key, client_key, max(waits, default=0))

    async def succeeded(self, attempt: Attempt) -> None:
        """Takes the attempt back: only failures count, and those of this name are forgiven."""
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.delete(attempt.user_key)
            pipe.decr(attempt.client_key)
            await pipe.execute()
