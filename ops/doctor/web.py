"""Plain HTTP requests of the doctor, straight to the address: no proxy, no cookies of its own."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from ..errors import UnreachableError

ANSWER_S = 8.0
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 307, 308)
LONGEST_BODY = 8 * 1024**2


class WebError(UnreachableError):
    """No answer; the message says which address and why."""


@dataclass(frozen=True)
class Answer:
    """
    One answer.

    Attributes:
        headers: By name in lower case; of several with one name the last.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """Its content type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def fetch(url: str, method: str = "GET", data: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """
    The answer to one request; GET follows redirects.

    Raises:
        WebError: nobody answers in time, or not in HTTP.
    """
    for _ in range(MOST_REDIRECTS):
        with opened(url, method, data, headers, ANSWER_S) as response:
            named = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(url, response.status, named, response.read(LONGEST_BODY))
        if method != "GET" or answer.status not in REDIRECTS or "location" not in answer.headers:
            return answer
        url = urljoin(url, answer.headers["location"])
    raise WebError(f"{url}: more than {MOST_REDIRECTS} redirects")


@contextmanager
def opened(
    url: str, method: str, data: Any, headers: Mapping[str, str] | None, timeout_s: float
) -> Iterator[http.client.HTTPResponse]:
    """The response while it is still being read, for streams; faults while reading come out as `WebError` too."""
    parts = urlsplit(url)
    connection = _connection(parts, timeout_s)
    body = None if data is None else json.dumps(data).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    try:
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        connection.request(method, target, body, {"User-Agent": "fairlead-doctor", **kind, **(headers or {})})
        yield connection.getresponse()
    except TimeoutError as error:
        raise WebError(f"{url}: no answer within {timeout_s:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise WebError(f"{url}: {_reason(error)}") from error
    finally:
        connection.close()


def _connection(parts: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host = parts.hostname or "localhost"
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, parts.port, timeout=timeout_s)


def _reason(error: OSError | http.client.HTTPException) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
