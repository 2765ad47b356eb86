"""HTTP/2 and QUIC by hand: what is sent, and what is made of answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fairlead.ops.verify import http2, quic
from fairlead.ops.verify.connection import Line
from fairlead.ops.verify.errors import NoAnswerError


@contextmanager
def answering(*frames: bytes) -> Iterator[Line]:
    """A server that has sent *frames* already and then closes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(frames))
        theirs.shutdown(socket.SHUT_WR)
        yield Line(ours, time.monotonic() + 60, "shop.test:443")


@pytest.mark.parametrize(
    ("block", "status"),
    [
        (b"\x88\x5f\x87", 200),
        (b"\x8d", 404),
        (b"\x48\x03301", 301),
        (b"\x08\x03503", 503),
        (b"\x48\x82\x64\x02", 302),  # Huffman, as in RFC 7541, C.6.1
        (b"\x20\x88", 200),
        (b"\x3f\xe1\x1f\x88", 200),  # a new size of the table first
        (b"", 0),
    ],
)
def test_the_status_is_read_however_it_is_written(block: bytes, status: int) -> None:
    assert status == http2.status_in(block)


def test_an_answer_comes_after_settings_and_windows() -> None:
    padded = http2.frame(http2.HEADERS, 0x0C, 1, b"\x02\x48\x03301\0\0")
    with answering(http2.frame(http2.SETTINGS, 0, 0, bytes(6)), http2.frame(8, 0, 0, bytes(4)), padded) as line:
        assert 301 == http2.status_of(line, "shop.test", "/", "test")


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ((http2.frame(http2.GO_AWAY, 0, 0, bytes(7) + b"\x01"),), "shop.test:443: HTTP/2 ends with error 1"),
        ((http2.frame(http2.RESET, 0, 1, bytes(3) + b"\x07"),), "shop.test:443: HTTP/2 ends with error 7"),
        ((), "shop.test:443: the connection of HTTP/2 was closed without an answer"),
    ],
)
def test_an_end_without_an_answer_is_told(frames: tuple[bytes, ...], said: str) -> None:
    with answering(*frames) as line, pytest.raises(NoAnswerError) as raised:
        http2.status_of(line, "shop.test", "/", "test")

    assert said == str(raised.value)


def test_a_long_path_is_written_whole() -> None:
    block = http2.request("shop.test", "/" + "a" * 300, "test")

    assert b"\x04\x7f\xae\x01/" + b"a" * 300 in block


def test_a_server_of_quic_names_its_versions_for_our_own_question_alone() -> None:
    ours, theirs = b"ours-ids", b"their-id"
    said = b"\xc0" + bytes(4) + b"\x08" + ours + b"\x08" + theirs + b"\0\0\0\x01\x1a\x2a\x3a\x4a"

    assert (1, 0x1A2A3A4A) == quic.named(said, ours, theirs)
    assert () == quic.named(said, theirs, ours)
    assert () == quic.named(b"\xc0\0\0\0\x01" + said[5:], ours, theirs)
    assert () == quic.named(b"HTTP/1.1 400", ours, theirs)


def test_a_port_where_something_else_answers_speaks_no_quic() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(5)

        def echo() -> None:
            for _ in range(quic.TRIES):
                data, sender = other.recvfrom(2000)
                other.sendto(data, sender)

        thread = threading.Thread(target=echo)
        thread.start()
        spoken = quic.versions("127.0.0.1", other.getsockname()[1])
        thread.join()

    assert () == spoken
    assert () == quic.versions("127.0.0.1", 141_809)
    assert quic.SMALLEST == len(quic.packet(b"12345678", b"12345678"))
