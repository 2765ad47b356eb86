"""Constant load on a site, and a count of what was lost: every request that got no whole answer, or one of 5xx."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Load:
    """
    Clients that ask one path again and again over connections that they keep.

    A connection that the server closed before a request was written is opened anew and is no loss, as in a browser.

    Attributes:
        path: What is asked; a list is asked in turn.
        statuses: How many answers had which status.
        lost: What was lost, in words.
        bodies: How many answers had which body.
    """

    address: str
    port: int
    name: str
    paths: tuple[str, ...]
    clients: int = 20
    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    bodies: Counter[bytes] = field(default_factory=Counter)
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
            path = self.paths[turn % len(self.paths)]
            turn += 1
            try:
                status, body, keep = await self._ask(reader, writer, path)
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self.lost.append(f"{path}: {error!r}")
                return turn
            self.statuses[status] += 1
            self.bodies[body[:200]] += 1
            if status >= 500:
                self.lost.append(f"{path}: {status}")
            if not keep:
                return turn
        return turn

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return await asyncio.open_connection(self.address, self.port, ssl=context, server_hostname=self.name)

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> tuple[int, bytes, bool]:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.name}\r\n\r\n".encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        return int(lines[0].split()[1]), body, headers.get("connection", "").lower() != "close"


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body
