"""
A read-only container registry on loopback: what `docker pull` asks for, and nothing else.

It serves manifests and blobs by digest from a `BlobStore`, under a name that nobody can guess: other users of this
machine and of the host can reach the port.
Source: the OCI distribution specification, "pull".
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .layers import MANIFEST, BlobStore

CHUNK = 1 << 18
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass
class Registry:
    """
    A registry that runs.

    Attributes:
        name: The repository's name; whoever does not know it gets 404.
        sent: The bytes of layers sent so far.
        asked: How often anything was asked for, so far.
    """

    store: BlobStore
    name: str = field(default_factory=lambda: secrets.token_hex(16))
    port: int = 0
    sent: int = 0
    asked: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, size: int) -> None:
        """Counts *size* bytes more as sent; layers are sent side by side."""
        with self._counting:
            self.sent += size

    def reference(self, port: int, digest: str) -> str:
        """What `docker pull` is called with where the registry is reached at *port* of 127.0.0.1."""
        return f"127.0.0.1:{port}/{self.name}@{digest}"


@contextmanager
def serving(store: BlobStore) -> Iterator[Registry]:
    """A registry of *store* on a free port of 127.0.0.1, while the block runs."""
    registry = Registry(store)

    class Handler(Answering):
        serves = registry

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    registry.port = server.server_address[1]
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        running.join()


def _find(registry: Registry, path: str) -> tuple[Path, str] | None:
    """The file behind *path* and its media type; the empty type is that of a blob."""
    match = re.fullmatch(rf"/v2/{registry.name}/(manifests|blobs)/(sha256:[0-9a-f]{{64}})", path)
    file = registry.store.path(match[2]) if match else None
    if match is None or file is None or not file.is_file():
        return None
    return file, MANIFEST if match[1] == "manifests" else "application/octet-stream"


class Answering(BaseHTTPRequestHandler):
    """Answers for the registry *serves*."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"
    """Of what is none: containerd goes on without TLS only where its hello is answered with a status line."""

    timeout = 120

    serves: Registry

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *_: object) -> None:
        return  # the first thing that an engine sends is a TLS hello; nobody wants to read about it

    def _answer(self, *, body: bool) -> None:
        self.serves.asked += 1
        if self.path in ("/v2", "/v2/"):
            self._send(200, b"{}", body=body)
            return
        found = _find(self.serves, self.path)
        if found is None:
            error = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "not of this release"}]}
            self._send(404, json.dumps(error).encode(), body=body)
            return
        self._send_file(*found, body=body)

    def _send(self, status: int, data: bytes, *, body: bool) -> None:
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def _send_file(self, path: Path, kind: str, *, body: bool) -> None:
        size = path.stat().st_size
        wanted = RANGE.fullmatch(self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        end = min(int(wanted[2]) if wanted and wanted[2] else size - 1, size - 1)
        if start > end:
            self._send(416, b"{}", body=body)
            return
        self.send_response(206 if wanted else 200)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Docker-Content-Digest", f"sha256:{path.name}")
        self.send_header("Content-Type", kind)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.end_headers()
        if body:
            self._copy(path, start, end - start + 1)

    def _copy(self, path: Path, start: int, left: int) -> None:
        with path.open("rb") as file:
            file.seek(start)
            while left and (chunk := file.read(min(CHUNK, left))):
                self.wfile.write(chunk)
                self.serves.count(len(chunk))
                left -= len(chunk)
