import jwt
import pytest
from fakeredis import FakeAsyncRedis
from fastapi import Response

from agentchat.sessions import Sessions
from agentchat.settings import Settings
from agentchat.tables import User, now

pytestmark = pytest.mark.anyio

OLD, NEW, OTHER = "o" * 40, "n" * 40, "x" * 40


def sessions(key: str, previous: str = "") -> Sessions:
    settings = Settings(jwt_secret_key=key, jwt_secret_key_previous=previous, mysql_password="m", redis_password="r")
    return Sessions(settings, FakeAsyncRedis(decode_responses=True))


def token_of(started: Sessions) -> str:
    response = Response()
    started.start(response, User(id=7, created_at=now()))
    return response.headers["set-cookie"].partition("=")[2].partition(";")[0]


async def test_a_session_outlives_the_change_of_the_key_by_the_previous_one() -> None:
    session = await sessions(NEW, previous=OLD).find(token_of(sessions(OLD)))

    assert session is not None
    assert session.user_id == 7


async def test_new_sessions_are_signed_with_the_new_key_alone() -> None:
    token = token_of(sessions(NEW, previous=OLD))

    assert await sessions(OLD).find(token) is None
    assert await sessions(NEW).find(token) is not None


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "7", "born": "b", "jti": "j", "exp": 1},
        {"sub": "7", "born": "b", "jti": "j"},
        {"sub": "7", "born": "b", "exp": 9_999_999_999},
        {"sub": "7", "jti": "j", "exp": 9_999_999_999},
        {"sub": "seven", "born": "b", "jti": "j", "exp": 9_999_999_999},
    ],
)
async def test_a_token_that_is_expired_or_lacks_a_claim_is_none(claims: dict[str, object]) -> None:
    assert await sessions(NEW).find(jwt.encode(claims, NEW, "HS256")) is None


@pytest.mark.parametrize("token", [None, "", "junk", "a.b.c"])
async def test_what_is_no_token_is_no_session(token: str | None) -> None:
    assert await sessions(NEW).find(token) is None


async def test_a_token_signed_by_somebody_else_or_not_at_all_is_none() -> None:
    claims = {"sub": "7", "born": "b", "jti": "j", "exp": 9_999_999_999}
    foreign, unsigned = jwt.encode(claims, OTHER, "HS256"), jwt.encode(claims, "", "none")

    assert [await sessions(NEW).find(token) for token in (foreign, unsigned)] == [None, None]
