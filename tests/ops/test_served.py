"""What is really served is asked for by a handshake; whatever keeps it from coming is one line."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.ops.certificates.served import Endpoint, HandshakeError, asked_name, served
from fairlead.ops.certificates.x509 import read_chain

from ..authority import Authority

ISSUED = Authority(intermediate=True).issue("shop.test", "*.shop.test")
OURS = ("shop.test", "fairlead.shop.test")


def _server(folder: Path) -> ssl.SSLContext:
    (folder / "chain").write_text(ISSUED.chain)
    (folder / "key").write_text(ISSUED.key.value)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain", folder / "key")

    def named(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        return None if name in OURS else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = named
    return context


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens on this machine, and takes nobody in by itself."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def site(listener: socket.socket, tmp_path: Path) -> Endpoint:
    """A server that has a certificate for two names and refuses all others."""
    context = _server(tmp_path)

    def answer() -> None:
        connection, _ = listener.accept()
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()

    threading.Thread(target=answer, daemon=True).start()
    return _endpoint(listener)


def _endpoint(listener: socket.socket) -> Endpoint:
    return Endpoint("127.0.0.1", listener.getsockname()[1])


@pytest.mark.parametrize("name", ["shop.test", "*.shop.test"])
def test_the_certificate_of_the_handshake_is_given_whoever_signed_it(site, name):
    assert read_chain(ISSUED.chain)[0] == served(site, name)


def test_a_name_that_is_refused_is_said(site):
    with pytest.raises(HandshakeError) as caught:
        served(site, "evil.test")

    assert f"{site}: no certificate for evil.test: tlsv1 unrecognized name" == str(caught.value)
    assert 5 == caught.value.exit_code


def test_a_port_without_a_listener_is_said(listener):
    endpoint = _endpoint(listener)
    listener.close()

    with pytest.raises(HandshakeError, match=f"^{endpoint}: no certificate for shop.test: connection refused$"):
        served(endpoint, "shop.test")


def test_a_server_that_says_nothing_is_not_waited_for_long(listener):
    with pytest.raises(HandshakeError, match=r": no certificate for shop\.test: no answer in time$"):
        served(_endpoint(listener), "shop.test", timeout_s=0.1)


def test_a_server_without_tls_is_said(listener):
    def answer() -> None:
        connection, _ = listener.accept()
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    threading.Thread(target=answer, daemon=True).start()

    with pytest.raises(HandshakeError, match=r": no certificate for shop\.test: "):
        served(_endpoint(listener), "shop.test")


def test_an_address_of_ipv6_is_shown_in_brackets():
    assert ["[2001:db8::1]:443", "192.0.2.1:8443"] == [
        str(Endpoint("2001:db8::1")),
        str(Endpoint("192.0.2.1", 8443)),
    ]


def test_a_handshake_asks_for_a_name_below_a_wildcard():
    assert ("fairlead.shop.test", "shop.test") == (asked_name("*.shop.test"), asked_name("shop.test"))
