"""Sessions: a signed token in a cookie that scripts cannot read and other sites cannot send."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
from fastapi import Response
from redis.asyncio import Redis
from redis.exceptions import RedisError

from .settings import Settings
from .tables import User

COOKIE = "agentchat_session"
ALGORITHM = "HS256"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Session:
    user_id: int
    born: str
    """When the account was made: a restored database gives the same number to somebody else."""
    token_id: str
    expires: datetime


class Sessions:
    def __init__(self, settings: Settings, redis: Redis) -> None:
        self.lifetime = timedelta(hours=settings.session_hours)
        self.signing_key = settings.jwt_secret_key
        self.accepted_keys = [key for key in (settings.jwt_secret_key, settings.jwt_secret_key_previous) if key]
        self.redis = redis

    def start(self, response: Response, user: User) -> None:
        now = datetime.now(UTC)
        claims = {"sub": str(user.id), "born": born(user), "jti": uuid4().hex, "iat": now, "exp": now + self.lifetime}
        token = jwt.encode(claims, self.signing_key, ALGORITHM)
        response.set_cookie(
            COOKIE,
            token,
            max_age=round(self.lifetime.total_seconds()),
            path="/api",
            secure=True,
            httponly=True,
            samesite="strict",
        )

    async def find(self, token: str | None) -> Session | None:
        """The session that *token* proves, unless it has ended or was logged out of."""
        session = self.read(token) if token else None
        if session is None or await self.is_revoked(session):
            return None
        return session

    async def end(self, response: Response, session: Session | None) -> None:
        response.delete_cookie(COOKIE, path="/api", secure=True, httponly=True, samesite="strict")
        if session is None:
            return
        left = max(1, round((session.expires - datetime.now(UTC)).total_seconds()))
        await self.redis.set(revocation_key(session), "1", ex=left)

    def read(self, token: str) -> Session | None:
        for key in self.accepted_keys:
            try:
                claims = jwt.decode(token, key, [ALGORITHM], options={"require": ["sub", "born", "jti", "exp"]})
                expires = datetime.fromtimestamp(claims["exp"], UTC)
                return Session(int(claims["sub"]), str(claims["born"]), str(claims["jti"]), expires)
            except (jwt.InvalidTokenError, ValueError):
                continue
        return None

    async def is_revoked(self, session: Session) -> bool:
        """While Redis is away the signature alone decides, so that people stay logged in."""
        try:
            return bool(await self.redis.exists(revocation_key(session)))
        except RedisError as error:
            log.warning("cannot see whether a session was ended: %s", error)
            return False


def born(user: User) -> str:
    return user.created_at.isoformat(timespec="microseconds")


def revocation_key(session: Session) -> str:
    return f"agentchat:revoked:{session.token_id}"
