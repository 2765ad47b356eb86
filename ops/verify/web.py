"""Requests of `inv verify`: its own User-Agent, no cookies, no proxy, no redirect followed, an end for everything."""

from __future__ import annotations

import errno
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpcore
import httpx

from ... import __version__
from ..errors import SettingsError
from . import attempts
from .budget import Budget
from .errors import NoAnswerError
from .exchange import Exchange
from .wire import Transport

ANSWER_S = 8.0
LARGEST_BODY = 4 * 1024**2
TRIES = 2

_GONE = (httpcore.ConnectError, httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)
_NO_WAY = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
Asked = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Trust:
    """
    Which certificates are believed.

    Attributes:
        bundle: A file of a private CA's certificates; empty for the system's own.
    """

    bundle: str = ""

    def context(self) -> ssl.SSLContext:
        """
        A context that believes them, for the checks of certificates.

        Raises:
            SettingsError: the file cannot be read or holds no certificate.
        """
        try:
            return ssl.create_default_context(cafile=self.bundle or None)
        except (OSError, ssl.SSLError) as error:
            reason = (error.strerror or "no certificates in it").lower()
            raise SettingsError(f"{self.bundle}: {reason}; --ca wants a file of PEM certificates") from None


def believing_all() -> ssl.SSLContext:
    """
    A context for every other look at a site, so that a bad certificate, reported by its own check, hides nothing.

    Nothing secret is ever sent over it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True)
class _Question:
    url: str
    method: str
    headers: Mapping[str, str]
    target: str
    most_bytes: int
    seconds: float


@dataclass
class Web:
    """
    Asks, and remembers answers: two checks that want the same make one request.

    Attributes:
        addresses: Where to connect instead, by host and port: the view of one host, past DNS and load balancers.
        run: The id of this run, part of the User-Agent, so that its requests are found in the access log.
    """

    budget: Budget
    addresses: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    run: str = field(default_factory=lambda: secrets.token_hex(6))
    answer_s: float = ANSWER_S
    _context: ssl.SSLContext = field(default_factory=believing_all, repr=False)
    _known: dict[Asked, Future[Exchange]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def agent(self) -> str:
        """The User-Agent."""
        return f"fairlead-verify/{__version__} (run={self.run})"

    def ask(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Exchange:
        """
        The answer to a request; the one of before where the very same was asked already.

        Raises:
            NoAnswerError: nobody answers, or not in time, or not in HTTP.
            BudgetSpentError: the run has asked enough.
        """
        key = (method, url, tuple(sorted((headers or {}).items())))
        with self._lock:
            known = self._known.get(key)
            future = known or self._known.setdefault(key, Future())
        if known is None:
            try:
                future.set_result(self.ask_anew(url, method, headers))
            except BaseException as error:
                future.set_exception(error)
        exchange = future.result()
        if exchange.tries > 1:
            attempts.note_again()
        return exchange

    def ask_anew(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        *,
        target: str = "",
        most_bytes: int = LARGEST_BODY,
        seconds: float | None = None,
    ) -> Exchange:
        """
        As `ask`, whatever was asked before.

        Args:
            target: The request's target instead of the address's path, sent as it is.
            most_bytes: Where the reading of the body ends.
            seconds: For the whole of it.
        """
        for attempt in range(1, TRIES + 1):
            self.budget.take()
            try:
                limit_s = seconds or self.answer_s
                asked = _Question(url, method, headers or {}, target or _target(url), most_bytes, limit_s)
                return self._once(asked, attempt)
            except NoAnswerError as error:
                if not error.is_network or attempt == TRIES:
                    raise
        raise NoAnswerError(f"{url}: no answer")

    def _once(self, asked: _Question, attempt: int) -> Exchange:
        begun, url = time.monotonic(), asked.url
        seconds = max(0.1, min(asked.seconds, self.budget.left_s))
        extensions = {"target": asked.target.encode("ascii")} if asked.target.isascii() else {}
        sent = {"User-Agent": self.agent, "Accept": "*/*", "Accept-Encoding": "identity", **asked.headers}
        try:
            with Transport(self._context, seconds, self.addresses) as transport:
                request = httpx.Request(asked.method, url, headers=sent, extensions=extensions)
                response = transport.handle_request(request)
                first = time.monotonic() - begun
                body, chunks, is_whole = _read(response, begun, asked.most_bytes, asked.method)
        except httpcore.TimeoutException:
            raise NoAnswerError(f"{url}: no answer within {seconds:g} s") from None
        except _GONE as error:
            raise _network_error(url, error) from None
        except (httpcore.ProtocolError, httpx.InvalidURL, UnicodeError) as error:
            raise NoAnswerError(f"{url}: {error}") from None
        return Exchange(
            url=url,
            method=asked.method,
            status=response.status_code,
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw),
            body=body,
            is_whole=is_whole,
            first_byte_s=first,
            seconds=time.monotonic() - begun,
            chunks=chunks,
            tries=attempt,
        )


def _target(url: str) -> str:
    """The path and query of *url* as they stand there: httpx would resolve the dots that a server has to see."""
    rest = url.partition("://")[2].partition("#")[0]
    slash, question = rest.find("/"), rest.find("?")
    if slash < 0 or -1 < question < slash:
        return "/" + (rest[question:] if question >= 0 else "")
    return rest[slash:]


def _read(
    response: httpx.Response, begun: float, most: int, method: str
) -> tuple[bytes, tuple[tuple[float, int], ...], bool]:
    """The body as far as it comes in time and in size; a body that never ends is cut, not an error."""
    parts: list[bytes] = []
    chunks: list[tuple[float, int]] = []
    size, is_whole = 0, True
    try:
        for part in response.stream if method != "HEAD" else ():  # type: ignore[union-attr]
            parts.append(part)
            chunks.append((round(time.monotonic() - begun, 4), len(part)))
            size += len(part)
            if size > most:
                is_whole = False
                break
    except (httpcore.TimeoutException, httpcore.RemoteProtocolError, httpcore.ReadError):
        is_whole = False
    finally:
        response.close()
    return b"".join(parts)[:most], tuple(chunks), is_whole


def _network_error(url: str, error: Exception) -> NoAnswerError:
    cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    if isinstance(cause, socket.gaierror):
        host = urlsplit(url).hostname
        return NoAnswerError(f"{url}: the name {host} leads nowhere", is_unknown_name=True)
    if isinstance(cause, ssl.SSLError):
        return NoAnswerError(f"{url}: TLS: {(cause.reason or str(cause)).lower().replace('_', ' ')}")
    if isinstance(error, httpcore.RemoteProtocolError):
        return NoAnswerError(f"{url}: the connection was closed without an answer", is_network=True)
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    is_local = isinstance(cause, OSError) and cause.errno in _NO_WAY
    return NoAnswerError(f"{url}: {(reason or type(cause).__name__).lower()}", is_network=True, is_local=is_local)
