"""Handshakes as a stranger makes them: one version, one cipher, one name at a time; and many under load."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fairlead.ops.certificates.x509 import read_der

TIMEOUT_S = 10


@dataclass(frozen=True)
class Hello:
    """What one handshake agreed on."""

    version: str
    cipher: str
    alpn: str
    certificate: str


def shake(port: int, name: str | None, context: ssl.SSLContext | None = None) -> Hello:
    """A handshake with 127.0.0.1; raises what ssl raises."""
    context = context or anything()
    with (
        socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        cipher = secure.cipher()
        der = secure.getpeercert(binary_form=True)
        certificate = read_der(der).fingerprint if der else ""
        return Hello(
            secure.version() or "", cipher[0] if cipher else "", secure.selected_alpn_protocol() or "", certificate
        )


def anything() -> ssl.SSLContext:
    """A client that takes every certificate, and offers what is old and weak too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def refusal(port: int, name: str | None, context: ssl.SSLContext | None = None) -> str:
    """The alert with which the server refused a handshake; empty where it did not."""
    try:
        shake(port, name, context)
    except ssl.SSLError as error:
        return error.reason or "no alert"
    return ""


@dataclass
class Load:
    """What the connections of a load came to: how many got which certificate, and what failed."""

    seen: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def connections(self) -> int:
        """How many were answered."""
        return sum(self.seen.values())


@contextmanager
def load(port: int, name: str, threads: int = 4) -> Iterator[Load]:
    """Opens one TLS connection after the other in each thread and asks for a page, until the block ends."""
    made = Load()
    workers = [threading.Thread(target=_ask, args=(made, port, name), daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield made
    finally:
        made.over.set()
        for worker in workers:
            worker.join()


def _ask(made: Load, port: int, name: str) -> None:
    request = f"GET /version HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    while not made.over.is_set():
        try:
            with (
                socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as plain,
                context.wrap_socket(plain, server_hostname=name) as secure,
            ):
                secure.sendall(request)
                answer = b"".join(iter(lambda: secure.recv(65536), b""))
                fingerprint = read_der(secure.getpeercert(binary_form=True) or b"").fingerprint
        except OSError as error:
            made.failures.append(repr(error))
            continue
        if answer.startswith(b"HTTP/1.1 200"):
            made.seen[fingerprint] += 1
        else:
            made.failures.append(repr(answer[:80]))
