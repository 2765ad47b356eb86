"""A program behind nginx by FastCGI that tells with which parameters it was run."""

from __future__ import annotations

import socketserver
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

_BEGIN, _END, _PARAMS, _STDOUT = 1, 3, 4, 6


class _Program(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        params, number = b"", 0
        while True:
            _, kind, number, length, padding, _ = struct.unpack(">BBHHBB", self.rfile.read(8))
            content = self.rfile.read(length + padding)[:length]
            params += content if kind == _PARAMS else b""
            if kind == _PARAMS and not length:
                break
        text = "".join(f"{name}={value}\n" for name, value in _pairs(params))
        answer = f"Content-Type: text/plain\r\n\r\n{text}".encode()
        self.wfile.write(_record(_STDOUT, number, answer) + _record(_STDOUT, number, b""))
        self.wfile.write(_record(_END, number, bytes(8)))


def _record(kind: int, number: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, number, len(content), 0, 0) + content


def _pairs(data: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(data):
        sizes = []
        for _ in range(2):
            is_long = data[at] >> 7
            sizes.append(int.from_bytes(data[at : at + 4], "big") & 0x7FFFFFFF if is_long else data[at])
            at += 4 if is_long else 1
        name, value = data[at : at + sizes[0]], data[at + sizes[0] : at + sum(sizes)]
        at += sum(sizes)
        yield name.decode(), value.decode()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def program() -> Iterator[int]:
    """The port of the program; it answers with a line for each parameter."""
    with _Server(("127.0.0.1", 0), _Program) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()
