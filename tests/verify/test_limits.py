"""Limits, names and ports of a running nginx, and WebSockets, against servers made for the purpose."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.ops.settings import DoctorSettings, TlsSettings
from fairlead.ops.verify import websocket
from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.connection import Line
from fairlead.ops.verify.inside import limits, made, tickets
from fairlead.ops.verify.inside.installation import Installation
from fairlead.ops.verify.outside.site import Site
from fairlead.ops.verify.promises.disk import Folder
from fairlead.ops.verify.promises.running import Running, parsed
from fairlead.ops.verify.web import Web

from .installations import container, installation, said

PATH = "/etc/nginx/nginx.conf"
TEXT = """
events {}
http {
    server { listen 80; server_name localhost; return 301 https://$host; }
    server { listen 443 ssl default_server; server_name _; ssl_reject_handshake on; }
    server { listen 443 ssl; listen 443 quic; server_name localhost; }
}
"""
BOUND = {"80/tcp": 8080, "443/tcp": 8443, "443/udp": 8443}


def edge_with(text: str, bound: dict[str, int]) -> Installation:
    """A stack whose edge runs with *text* and publishes those ports."""
    ports = {name: [{"HostIp": "127.0.0.1", "HostPort": str(port)}] for name, port in bound.items()}
    tcp = {int(name.split("/")[0]): ("127.0.0.1", port) for name, port in bound.items() if "tcp" in name}
    config = parsed({PATH: text}, "nginx version: nginx/1.30.6", "nginx")
    nginx = Running("nginx", "nginx-1", config, {PATH: text}, tcp, {}, Folder(), tcp, frozenset({"nginx"}))
    tls = TlsSettings(Path("/certs"), "/tls", Path("/acme"))
    stack = installation(container("nginx"), inspected={"nginx-1": {"NetworkSettings": {"Ports": ports}}}, tls=tls)
    return replace(stack, nginxes=(nginx,))


def test_every_published_port_has_a_listener() -> None:
    assert {"PASS"} == {word for word, _ in said(made.listening, edge_with(TEXT, BOUND))}


def test_a_published_port_without_a_listener_is_named() -> None:
    quiet = TEXT.replace("listen 443 quic;", "").replace("listen 80;", "listen 8095;")
    red = [target for word, target in said(made.listening, edge_with(quiet, BOUND)) if word == "FAIL"]

    assert ["nginx-1 443/udp", "nginx-1 80/tcp"] == red


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", ["PASS", "PASS"]),
        ("listen 443 quic; server_name localhost;", "listen 443 quic; server_name other.test;", ["PASS", "FAIL"]),
        ("listen 443 ssl", "listen 443", ["PASS", "FAIL"]),
        ("listen 80; server_name localhost;", "listen 80; server_name other.test; ", ["PASS", "PASS"]),
        ("listen 80;", "listen 8080;", ["FAIL", "PASS"]),
    ],
)
def test_a_name_without_a_server_is_told(old: str, new: str, words: list[str]) -> None:
    found = said(tickets.every_name, edge_with(TEXT.replace(old, new), BOUND))

    assert list(zip(words, ("http://localhost", "https://localhost"), strict=True)) == found


@contextmanager
def serving(answer: Callable[[Line], None]) -> Iterator[Site]:
    """A site on this machine whose one connection *answer* has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def once() -> None:
            channel, _ = listener.accept()
            with channel:
                answer(Line(channel, time.monotonic() + 60, "client"))

        thread = threading.Thread(target=once)
        thread.start()
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}/", Web(Budget(1000)), datetime.now(UTC))
        thread.join()


def switched(line: Line) -> None:
    """The server's side of an opening."""
    head = line.until(b"\r\n\r\n").decode()
    key = next(each.split(": ")[1] for each in head.split("\r\n") if each.startswith("Sec-WebSocket-Key"))
    line.send(f"HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: {websocket.accept(key.encode())}\r\n\r\n".encode())


def echoes(line: Line) -> None:
    """Sends a text back."""
    switched(line)
    _, content = websocket.received(line)
    line.send(websocket.frame(websocket.TEXT, b"you said " + content, masked=False))


def pongs(line: Line) -> None:
    """Answers a ping alone."""
    switched(line)
    websocket.received(line)
    _, content = websocket.received(line)
    line.send(websocket.frame(websocket.PONG, content, masked=False))


def closes(line: Line) -> None:
    """Opens, and says goodbye."""
    switched(line)
    line.send(websocket.frame(websocket.CLOSE, b"\x03\xe9", masked=False))
    line.until(b"never")


def lies(line: Line) -> None:
    """Switches without having read the key."""
    line.until(b"\r\n\r\n")
    line.send(b"HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: anything\r\n\r\n")


def refuses(line: Line) -> None:
    """Takes no WebSockets."""
    line.until(b"\r\n\r\n")
    line.send(b"HTTP/1.1 404 Not Found\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "word"), [(echoes, "PASS"), (pongs, "PASS"), (closes, "FAIL"), (lies, "FAIL"), (refuses, "FAIL")]
)
def test_a_websocket_is_opened_and_answers(answer: Callable[[Line], None], word: str) -> None:
    with serving(answer) as site:
        stack = replace(installation(doctor=DoctorSettings(websocket="/chat")), site=site)
        found = said(limits.web_socket, stack)

    assert [word] == [each for each, _ in found]


def test_without_a_declared_route_no_websocket_and_no_limit_is_tried() -> None:
    stack = installation()

    assert ["SKIP"] * 2 == [word for check in (limits.web_socket, limits.too_often) for word, _ in said(check, stack)]


def test_a_long_message_has_its_length_in_front() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(websocket.frame(websocket.TEXT, b"a" * 300))

        assert (websocket.TEXT, b"a" * 300) == websocket.received(Line(ours, time.monotonic() + 60, "x"))
