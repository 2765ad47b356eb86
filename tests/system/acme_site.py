"""A stack with names of its own and the CA that knows them, for the tests of `inv certbot`."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fairlead.ops.certificates.x509 import Certificate, read_chain, read_der

from .acme import Pebble, bridge_address, pebble_image
from .conftest import Checkout, Ended, free_port

NAMES = ("shop.test", "www.shop.test")
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
NOWHERE = "2001:db8::77"
SETTINGS = """
certbot:
  email: ops@shop.test
  resolvers: ["{resolver}"]
"""
ANYBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANYBODY.check_hostname, ANYBODY.verify_mode = False, ssl.CERT_NONE
FORCED = ("--force-renewal", "--yes")


@dataclass(frozen=True)
class First:
    """The first issue: how it ended and how long it took, and what was served before it, as `inv up` left it."""

    up: Ended
    before: Certificate
    ended: Ended
    took_s: float


@dataclass
class Site:
    """The stack of a checkout, the CA that knows its names, and how the first certificate came."""

    checkout: Checkout
    ca: Pebble
    first: First | None = None

    @property
    def port(self) -> int:
        """Where it answers by TLS."""
        return int(self.checkout.environment["HTTPS_PORT"])

    @property
    def state(self) -> Path:
        """certbot's configuration folder for the CA."""
        return self.checkout.folder / ".fairlead/certbot" / f"{self.ca.address}-{self.ca.ports[0]}-dir" / "config"

    def inv(self, *arguments: str, **environment: str) -> Ended:
        """Runs the tool."""
        return self.checkout.inv(*arguments, **environment)

    def served(self, name: str = NAMES[0]) -> Certificate:
        """The certificate that a client gets."""
        with (
            socket.create_connection((HERE, self.port), 5) as plain,
            ANYBODY.wrap_socket(plain, server_hostname=name) as secure,
        ):
            return read_der(secure.getpeercert(binary_form=True) or b"")

    def newest(self) -> Certificate:
        """The newest certificate that certbot has."""
        return read_chain((self.state / "live" / self.checkout.name / "fullchain.pem").read_text())[0]

    @contextmanager
    def edited(self, *edits: tuple[str, str, str]) -> Iterator[None]:
        """Has nginx run with other texts while the block runs: file of its generation, what is there, what instead."""
        live = (self.checkout.folder / ".fairlead/edge/live").resolve()
        before = {name: (live / name).read_text() for name, _, _ in edits}
        for name, old, new in edits:
            text = (live / name).read_text()
            assert old in text
            (live / name).write_text(text.replace(old, new))
        self._reload()
        try:
            yield
        finally:
            for name, text in before.items():
                (live / name).write_text(text)
            self._reload()

    def _reload(self) -> None:
        self.checkout.docker("kill", "--signal", "HUP", self.checkout.container("nginx"))


@contextmanager
def running_site(checkout: Checkout, folder: Path) -> Iterator[Site]:
    """The stack of *checkout* with a certificate from a CA of its own, whose files are in *folder*."""
    pebble_image(checkout.client)
    ports = (free_port(), free_port(), free_port(), free_port())
    http_port = int(checkout.environment["HTTP_PORT"])
    ca = Pebble(checkout.client, bridge_address(checkout.client), folder, http_port, ports)
    try:
        ca.start()
        yield _issued(checkout, ca)
    finally:
        checkout.inv("down", "--volumes", "--yes")
        ca.stop()


def _issued(checkout: Checkout, ca: Pebble) -> Site:
    names = {"DOMAINS": ",".join(NAMES), "ACME_SERVER": ca.server, "ACME_CA_BUNDLE": str(ca.bundle)}
    checkout.environment.update(names)
    settings = checkout.folder / "fairlead.yaml"
    settings.write_text(settings.read_text() + SETTINGS.format(resolver=ca.resolver))
    for name in NAMES:
        ca.leads(name, HERE)
    up = checkout.inv("up")
    assert up.code == 0, up.out + up.err
    site = Site(checkout, ca)
    before, begun = site.served(), time.monotonic()
    site.first = First(up, before, checkout.inv("certbot"), time.monotonic() - begun)
    return site
