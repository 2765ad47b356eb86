"""A person who uses the page's API through the edge, as their browser would."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import httpx


@contextmanager
def person(site: str) -> Iterator[httpx.Client]:
    """A client that has registered and is logged in."""
    name, password = f"grace-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    with httpx.Client(base_url=site, timeout=30, headers={"Origin": site}) as client:
        answer = client.post("/api/register", json={"username": name, "password": password})
        assert answer.status_code == 201, answer.text
        # httpx keeps Secure cookies away from http://localhost; browsers do not
        for cookie in client.cookies.jar:
            cookie.secure = False
        client.headers["X-Test-Name"], client.headers["X-Test-Word"] = name, password
        yield client


def conversation(client: httpx.Client) -> str:
    """The path of a new conversation's messages."""
    return f"/api/conversations/{client.post('/api/conversations', json={'title': 'test'}).json()['id']}/messages"
