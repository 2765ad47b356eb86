"""Constant load on a site, and a count of what was lost: every request that got no whole answer, or one of 5xx."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LONGEST_LINE = 2**20


@dataclass(frozen=True)
class Ask:
    """
    One request.

    Attributes:
        headers: Lines beside Host and Content-Length.
        holds: What a whole answer holds; empty where its framing says enough.
    """

    path: str
    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: bytes = b""
    holds: bytes = b""

    def text(self, name: str) -> bytes:
        """The request as it is written, to the site *name*."""
        length = (f"Content-Length: {len(self.body)}",) if self.body else ()
        lines = (f"{self.method} {self.path} HTTP/1.1", f"Host: {name}", *self.headers, *length)
        return "\r\n".join((*lines, "", "")).encode() + self.body


@dataclass
class Load:
    """
    Clients that ask again and again over connections that they keep.

    A connection that the server closed before a request was written is opened anew and is no loss, as in a browser.

    Attributes:
        port: Where the site answers.
        name: What the site is called, in the handshake and in each request.
        asks: What is asked, in turn; a text is the path of a GET.
        plain: Whether it is asked without TLS.
        pause_s: How long a client rests between an answer and its next request.
        statuses: How many answers had which status.
        lost: What was lost, in words.
        bodies: How many answers began with which 200 bytes.
        took: Of each answer the seconds since the request was written.
    """

    address: str
    port: int
    name: str
    asks: Sequence[Ask | str]
    clients: int = 20
    plain: bool = False
    pause_s: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    bodies: Counter[bytes] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def requests(self) -> int:
        """How many were answered or lost."""
        return sum(self.statuses.values()) + len(self.lost)

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Asks while the block runs; every request that was begun is ended."""
        thread = threading.Thread(target=lambda: asyncio.run(self._all()), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    async def _all(self) -> None:
        await asyncio.gather(*(self._client(number) for number in range(self.clients)))

    async def _client(self, turn: int) -> None:
        while not self._over.is_set():
            try:
                reader, writer = await self._connect()
            except OSError as error:
                self.lost.append(f"connect: {error}")
                continue
            try:
                turn = await self._ask_on(reader, writer, turn)
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _ask_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: int) -> int:
        """Asks until the connection is over; gives whose turn it is then."""
        while not (self._over.is_set() or reader.at_eof()):
            given = self.asks[turn % len(self.asks)]
            ask = Ask(given) if isinstance(given, str) else given
            turn += 1
            begun = time.monotonic()
            try:
                status, body, keep = await self._ask(reader, writer, ask)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
                self.lost.append(f"{ask.path}: {error!r}")
                return turn
            self._count(ask, status, body, time.monotonic() - begun)
            if not keep:
                return turn
            await asyncio.sleep(self.pause_s)
        return turn

    def _count(self, ask: Ask, status: int, body: bytes, seconds: float) -> None:
        if status >= 500:  # noqa: PLR2004 - a server's own errors
            self.lost.append(f"{ask.path}: {status}")
        elif ask.holds not in body:
            self.lost.append(f"{ask.path}: {status}, an answer of {len(body)} bytes without its end")
        else:
            self.statuses[status] += 1
            self.bodies[body[:200]] += 1
            self.took.append(seconds)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.plain:
            return await asyncio.open_connection(self.address, self.port, limit=LONGEST_LINE)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return await asyncio.open_connection(
            self.address, self.port, ssl=context, server_hostname=self.name, limit=LONGEST_LINE
        )

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ask: Ask
    ) -> tuple[int, bytes, bool]:
        writer.write(ask.text(self.name))
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        status = int(lines[0].split()[1])
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
        is_last = headers.get("connection", "").lower() == "close"
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = await _chunks(reader)
        elif "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = await reader.read() if is_last else b""
        return status, body, not is_last


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body
