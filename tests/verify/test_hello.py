"""The bytes of a TLS hello, and what a server's first answer says."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.ops.verify.tls.hello import Hello, NotTlsError, Refusal, client_hello, server_answer
from fairlead.ops.verify.tls.suites import SUITES, SUITES_13

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def record(kind: int, body: bytes) -> bytes:
    """A record of TLS."""
    return struct.pack("!BHH", kind, 0x0303, len(body)) + body


def server_hello(
    version: int, suite: int, extensions: bytes = b"", *, compression: int = 0, random: bytes = bytes(32)
) -> bytes:
    """A ServerHello in a record."""
    body = struct.pack("!H", version) + random + b"\x00" + struct.pack("!HB", suite, compression)
    body += struct.pack("!H", len(extensions)) + extensions
    return record(22, b"\x02" + len(body).to_bytes(3, "big") + body)


def extension(kind: int, data: bytes) -> bytes:
    """One extension."""
    return struct.pack("!HH", kind, len(data)) + data


def test_an_old_version_is_read_from_the_hello_itself() -> None:
    assert Hello(0x0301, 0x002F, renegotiates_safely=False) == server_answer(server_hello(0x0301, 0x002F))


def test_tls_1_3_is_read_from_its_extension_with_the_group_it_chose() -> None:
    extensions = extension(43, b"\x03\x04") + extension(51, b"\x11\xec")

    found = server_answer(server_hello(0x0303, 0x1301, extensions, random=RETRY))

    assert Hello(0x0304, 0x1301, group=0x11EC) == found


def test_compression_stapling_and_safe_renegotiation_are_seen() -> None:
    extensions = extension(5, b"") + extension(0xFF01, b"\x00")

    assert Hello(0x0303, 0xC02F, compression=True, staples=True) == server_answer(
        server_hello(0x0303, 0xC02F, extensions, compression=1)
    )


def test_an_alert_is_a_refusal() -> None:
    assert Refusal(70) == server_answer(record(21, b"\x02\x46"))


def test_a_hello_in_pieces_is_waited_for() -> None:
    whole = server_hello(0x0303, 0xC02F)

    assert [None] * (len(whole) - 1) == [server_answer(whole[:length]) for length in range(len(whole) - 1)]


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n", b"\x16\x00\x00\x00\x01x", b"220 mail.test ESMTP"])
def test_what_is_no_tls_is_told_from_a_refusal(data: bytes) -> None:
    with pytest.raises(NotTlsError):
        server_answer(data)


@given(st.binary(max_size=200))
def test_no_answer_breaks_the_reader(data: bytes) -> None:
    try:
        server_answer(data)
        server_answer(record(22, b"\x02" + data[:60]))
    except NotTlsError:
        return


def test_a_hello_names_the_host_unless_it_is_to_name_none() -> None:
    assert b"shop.test" in client_hello("shop.test", list(SUITES))
    assert b"xn--bcher-kva.test" in client_hello("bücher.test", list(SUITES))
    assert b"shop.test" not in client_hello("", list(SUITES_13), version=0x0304)


def test_a_hello_for_an_old_version_offers_nothing_newer() -> None:
    hello = client_hello("shop.test", list(SUITES), version=0x0301)

    assert (0x0301, 0x0301) == struct.unpack("!xH6xH", hello[:11])
    assert struct.pack("!HH", 43, 3) not in hello
