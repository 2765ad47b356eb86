"""Register, log in, log out, who am I."""

import re
import unicodedata
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from ..client import client_site
from ..problems import Problem
from ..resources import Resources
from ..tables import User
from .current import Held, Person, Token

NAME = re.compile(r"[\w.-]{3,32}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
WRONG = "the user name or the password is wrong"

routes = APIRouter(prefix="/api", tags=["accounts"])


def user_name(text: str) -> str:
    name = unicodedata.normalize("NFKC", text.strip())
    if not NAME.fullmatch(name):
        raise ValueError("has to be 3 to 32 letters, digits, dots, dashes or underscores")
    return name


def mail_address(text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    if not EMAIL.fullmatch(text.strip()):
        raise ValueError("has to be a mail address such as ada@example.org")
    return text.strip()


class Credentials(BaseModel):
    username: Annotated[str, Field(max_length=64), AfterValidator(user_name)]
    password: Annotated[str, Field(min_length=8, max_length=256)]


class Registration(Credentials):
    email: Annotated[str | None, Field(max_length=254), AfterValidator(mail_address)] = None


class Account(BaseModel):
    id: int
    username: str


@routes.post("/register", status_code=201)
async def register(given: Registration, held: Held, response: Response) -> Account:
    user = User(
        username=given.username,
        username_key=name_key(given.username),
        email=given.email,
        password_hash=await held.passwords.hashed(given.password),
    )
    try:
        async with held.database.transaction() as transaction:
            transaction.add(user)
    except IntegrityError:
        raise Problem(409, "this user name is taken; choose another one") from None
    held.sessions.start(response, user)
    if given.email:
        held.mail.welcome(given.email, given.username)
    return Account(id=user.id, username=user.username)


@routes.post("/login")
async def login(given: Credentials, held: Held, request: Request, response: Response) -> Account:
    attempt = await held.limits.begin(name_key(given.username), client_site(request.scope["agentchat.client"]))
    if attempt.retry_after_s:
        raise Problem(429, "too many failed logins", {"Retry-After": str(attempt.retry_after_s)})
    user = await find_user(held, given.username)
    matches = await held.passwords.matches(given.password, user.password_hash if user else None)
    if user is None or not matches:
        raise Problem(401, WRONG)
    await held.limits.succeeded(attempt)
    held.sessions.start(response, user)
    return Account(id=user.id, username=user.username)


@routes.post("/logout", status_code=204)
async def logout(held: Held, response: Response, token: Token = None) -> None:
    await held.sessions.end(response, await held.sessions.find(token))


@routes.get("/me")
async def me(person: Person) -> Account:
    return Account(id=person.id, username=person.username)


@routes.delete("/me", status_code=204)
async def delete_account(held: Held, person: Person, response: Response, token: Token = None) -> None:
    """The person, and with them every conversation; the tables' foreign keys see to that."""
    async with held.database.transaction() as transaction:
        await transaction.execute(delete(User).where(User.id == person.id))
    await held.sessions.end(response, await held.sessions.find(token))


async def find_user(held: Resources, username: str) -> User | None:
    async with held.database.transaction() as transaction:
        found: User | None = await transaction.scalar(select(User).where(User.username_key == name_key(username)))
    return found


def name_key(username: str) -> str:
    """Ada and ada are one person."""
    return username.casefold()
