"""What a route asks for: the worker's resources, and the person who is logged in."""

from typing import Annotated

from fastapi import Cookie, Depends, Request

from ..problems import Problem
from ..resources import Resources
from ..sessions import COOKIE, Session, born
from ..tables import User

NOT_LOGGED_IN = "you are not logged in"


def resources(request: Request) -> Resources:
    held: Resources = request.app.state.resources
    return held


Held = Annotated[Resources, Depends(resources)]
Token = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]


async def current_session(held: Held, token: Token = None) -> Session:
    session = await held.sessions.find(token)
    if session is None:
        raise Problem(401, NOT_LOGGED_IN)
    return session


async def current_user(held: Held, session: Annotated[Session, Depends(current_session)]) -> User:
    async with held.database.transaction() as transaction:
        user = await transaction.get(User, session.user_id)
    if user is None or born(user) != session.born:
        raise Problem(401, NOT_LOGGED_IN)
    return user


Person = Annotated[User, Depends(current_user)]
