"""Questions to a name server that is a socket of the test's."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fairlead.ops.certbot.records import Answer, NameServerError, addresses, lookup

NAME = b"\x04shop\x04test\0"
POINTER = b"\xc0\x0c"
KINDS = {1: "A", 28: "AAAA", 257: "CAA"}


def _record(kind: int, data: bytes, name: bytes = POINTER) -> bytes:
    return name + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def _reply(question: bytes, records: list[bytes], code: int = 0, flags: int = 0x8180) -> bytes:
    end = 12 + len(NAME) + 4
    header = question[:2] + struct.pack("!HHHHH", flags | code, 1, len(records), 0, 0)
    return header + question[12:end] + b"".join(records)


@contextmanager
def _server(answer: Callable[[bytes], list[bytes]], by_tcp: Callable[[bytes], bytes] | None = None) -> Iterator[str]:
    """A name server that sends *answer* of each question, datagram by datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as listener:
        port = _bound(datagrams, listener)

        def serve() -> None:
            while True:
                question, client = datagrams.recvfrom(4096)
                if not question:
                    return
                for datagram in answer(question):
                    datagrams.sendto(datagram, client)
                if by_tcp:
                    stream, _ = listener.accept()
                    with stream:
                        again = stream.recv(4096)[2:]
                        whole = by_tcp(again)
                        stream.sendall(struct.pack("!H", len(whole)) + whole)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            datagrams.sendto(b"", ("127.0.0.1", port))
            thread.join()


def _bound(datagrams: socket.socket, listener: socket.socket) -> int:
    """A port that is free for both; few programs take UDP ports."""
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port: int = listener.getsockname()[1]
    datagrams.bind(("127.0.0.1", port))
    return port


def _kind(question: bytes) -> str:
    return KINDS[struct.unpack_from("!H", question, 12 + len(NAME))[0]]


def test_every_address_of_a_name_is_found_behind_its_alias() -> None:
    alias = _record(5, b"\x04edge\x04test\0")
    records = {
        "A": [alias, _record(1, bytes([192, 0, 2, 1])), _record(1, bytes([192, 0, 2, 2]))],
        "AAAA": [alias, _record(28, bytes.fromhex("20010db8" + "00" * 11 + "01"))],
    }
    with _server(lambda question: [_reply(question, records[_kind(question)])]) as server:
        assert ("192.0.2.1", "192.0.2.2", "2001:db8::1") == addresses("shop.test", [server])


def test_a_name_that_is_not_there_has_no_address() -> None:
    with _server(lambda question: [_reply(question, [], code=3)]) as server:
        assert () == addresses("shop.test", [server])


def test_a_server_that_fails_is_said_to() -> None:
    with (
        _server(lambda question: [_reply(question, [], code=2)]) as server,
        pytest.raises(NameServerError, match=r"shop\.test: the name server answers SERVFAIL to A"),
    ):
        addresses("shop.test", [server])


def test_an_answer_to_another_question_is_waited_out() -> None:
    def answer(question: bytes) -> list[bytes]:
        forged = bytes([question[0] ^ 1]) + question[1:]
        return [_reply(forged, [_record(1, b"\x06\x06\x06\x06")]), _reply(question, [_record(1, b"\x01\x02\x03\x04")])]

    with _server(answer) as server:
        assert Answer(0, (b"\x01\x02\x03\x04",)) == lookup("shop.test", "A", [server])


def test_an_answer_that_does_not_fit_is_fetched_by_tcp() -> None:
    record = _record(257, b"\0\x05issueother.test")
    cut = lambda question: [_reply(question, [], flags=0x8380)]  # noqa: E731
    with _server(cut, by_tcp=lambda question: _reply(question, [record])) as server:
        assert (b"\0\x05issueother.test",) == lookup("shop.test", "CAA", [server]).data


@pytest.mark.parametrize("cut", [3, 15, 30, 41])
def test_an_answer_that_is_cut_off_is_none(cut: int) -> None:
    with (
        _server(lambda question: [_reply(question, [_record(1, b"\x01\x02\x03\x04")])[:cut]]) as server,
        pytest.raises(NameServerError, match=f"shop.test: no name server answers .{server}: "),
    ):
        lookup("shop.test", "A", [server])


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{free.getsockname()[1]}"

    with pytest.raises(NameServerError, match=f"no name server answers .{server}: .*Connection refused"):
        lookup("shop.test", "A", [server])
