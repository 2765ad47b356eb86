"""A registry as others run them: behind TLS and a password, at an address that test machines reach too."""

from __future__ import annotations

import base64
import secrets
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path

from fairlead.ops.deploy.layers import BlobStore
from fairlead.ops.deploy.registry import Answering, Registry

CERTIFICATES = Path("/etc/docker/certs.d")


@dataclass
class PlainRegistry:
    """
    A registry that runs.

    Attributes:
        name: Its address and port, with which the names of its images begin.
        authority: The certificate that it is trusted by.
    """

    name: str
    authority: str
    user: str = "deploy"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


@contextmanager
def running(address: str, folder: Path, store: BlobStore) -> Iterator[PlainRegistry]:
    """A registry of *store* for the repository team/shop, at *address*; this machine's engine trusts it."""
    words = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1")
    names = ("-subj", "/CN=registry", "-addext", f"subjectAltName=IP:{address}")
    subprocess.run((*words, *names, "-keyout", folder / "key", "-out", folder / "crt"), check=True, capture_output=True)
    server = ThreadingHTTPServer((address, 0), Answering)
    made = PlainRegistry(f"{address}:{server.server_address[1]}", (folder / "crt").read_text())
    wanted = f"Basic {base64.b64encode(f'{made.user}:{made.password}'.encode()).decode()}"

    class Guarded(Answering):
        serves = Registry(store, "team/shop")

        def parse_request(self) -> bool:
            well = super().parse_request()
            if well and self.headers.get("Authorization") != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="shop"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return False
            return well

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.RequestHandlerClass = Guarded
    threading.Thread(target=server.serve_forever, daemon=True).start()
    trusted = CERTIFICATES / made.name
    trusted.mkdir(parents=True)
    (trusted / "ca.crt").write_text(made.authority)
    try:
        yield made
    finally:
        shutil.rmtree(trusted)
        server.shutdown()
        server.server_close()
