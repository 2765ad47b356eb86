"""A CA of a test's own: Debian's pebble with a name server beside it, and one that refuses whatever it is asked for."""

from __future__ import annotations

import json
import secrets
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairlead.ops import bases
from fairlead.ops.certbot.records import NameServerError, addresses
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for

IMAGE = "fairlead-test-pebble"
DOCKERFILE = 'FROM fairlead/debian:trixie-slim\nRUN apt-install sid pebble ""\n'
SHORT_S = 60
PROFILES = {
    "default": {"description": "90 days", "validityPeriod": 90 * 86400},
    "tlsserver": {"description": "45 days", "validityPeriod": 45 * 86400},
    "shortlived": {"description": "seconds", "validityPeriod": SHORT_S},
}
QUICK = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}


def pebble_image(client: str) -> str:
    """The image with sid's pebble, which knows profiles and renewal windows; made where the engine has it not."""
    host = LocalHost()
    execute(plan_for(host.name, *bases.steps(host, client)), {host.name: host}, lambda *_: None)
    subprocess.run((client, "build", "--quiet", "--tag", IMAGE, "-"), input=DOCKERFILE.encode(), check=True)
    return IMAGE


def bridge_address(client: str) -> str:
    """The address under which containers reach this machine."""
    wanted = "{{(index .IPAM.Config 0).Gateway}}"
    asked = (client, "network", "inspect", "bridge", "--format", wanted)
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Pebble:
    """
    A CA and a name server, in containers that see this machine's network.

    Attributes:
        address: Where both listen; loopback addresses are where names lead.
        folder: Holds *bundle*, the certificates that the CA's API is trusted by.
        other_dns: The name server that is asked instead of the one beside it.
        owners: Who may have an account, key by number; where it is empty, anybody.
    """

    client: str
    address: str
    folder: Path
    http_port: int
    ports: tuple[int, int, int, int]
    other_dns: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"fairlead-test-pebble-{secrets.token_hex(4)}")

    @property
    def server(self) -> str:
        """The CA's directory."""
        return f"https://{self.address}:{self.ports[0]}/dir"

    @property
    def bundle(self) -> Path:
        """What the CA's own API is trusted by."""
        return self.folder / "ca.pem"

    @property
    def resolver(self) -> str:
        """The name server."""
        return self.other_dns or f"{self.address}:{self.ports[2]}"

    @property
    def records(self) -> str:
        """Where the name server's records are set."""
        return f"http://{self.address}:{self.ports[3]}"

    def start(self) -> None:
        """Starts both and waits until they answer."""
        key, chain = api_certificate(self.bundle, self.address)
        (self.folder / "key.pem").write_text(key)
        (self.folder / "chain.pem").write_text(chain)
        (self.folder / "config.json").write_text(json.dumps(self._config()))
        self._run("ca", "pebble", "-config", "/etc/pebble/config.json", "-dnsserver", self.resolver)
        trust = ssl.create_default_context(cafile=str(self.bundle))
        _until(lambda: httpx.get(self.server, verify=trust).status_code == 200)
        if self.other_dns:
            return
        dns = ("-dnsserver", self.resolver, "-management", f"{self.address}:{self.ports[3]}")
        off = ("-http01=", "-https01=", "-tlsalpn01=", "-doh=", "-defaultIPv6=", "-defaultIPv4=")
        self._run("dns", "pebble-challtestsrv", *dns, *off)
        _until(lambda: httpx.post(f"{self.records}/clear-txt", json={"host": "x."}).status_code == 200)

    def stop(self) -> None:
        """Ends both."""
        names = (f"{self.name}-ca", f"{self.name}-dns")
        subprocess.run((self.client, "rm", "--force", "--volumes", *names), capture_output=True, check=False)

    def root(self) -> str:
        """The root that the certificates are signed by."""
        trust = ssl.create_default_context(cafile=str(self.bundle))
        return httpx.get(f"https://{self.address}:{self.ports[1]}/roots/0", verify=trust).text

    def leads(self, name: str, *addresses: str) -> None:
        """Gives *name* these addresses and no others; without any it has none."""
        for kind in ("a", "aaaa"):
            self._set(f"clear-{kind}", {"host": f"{name}."})
        four = [each for each in addresses if ip_address(each).version == 4]
        six = [each for each in addresses if ip_address(each).version == 6]
        if four:
            self._set("add-a", {"host": f"{name}.", "addresses": four})
        if six:
            self._set("add-aaaa", {"host": f"{name}.", "addresses": six})

    @contextmanager
    def only(self, name: str, issuer: str) -> Iterator[None]:
        """Lets nobody but *issuer* issue for *name* while the block runs."""
        policies = [{"tag": "issue", "value": issuer}]
        self._set("add-caa", {"host": f"{name}.", "policies": policies})
        try:
            yield
        finally:
            self._set("clear-caa", {"host": f"{name}."})

    @contextmanager
    def broken(self, name: str) -> Iterator[None]:
        """Has the name server fail for *name* while the block runs."""
        self._set("set-servfail", {"host": f"{name}."})
        try:
            yield
        finally:
            self._set("clear-servfail", {"host": f"{name}."})

    def wants_renewal(self, certificate: str) -> None:
        """Puts the renewal window of a certificate into the past."""
        now = datetime.now(UTC)
        window = {"start": _stamp(now - timedelta(hours=2)), "end": _stamp(now - timedelta(hours=1))}
        told = json.dumps({"suggestedWindow": window})
        trust = ssl.create_default_context(cafile=str(self.bundle))
        url = f"https://{self.address}:{self.ports[1]}/set-renewal-info/"
        httpx.post(url, json={"certificate": certificate, "ariResponse": told}, verify=trust).raise_for_status()

    def _set(self, what: str, data: Mapping[str, Any]) -> None:
        httpx.post(f"{self.records}/{what}", json=data).raise_for_status()

    def _run(self, part: str, *command: str) -> None:
        quick = [word for name, value in QUICK.items() for word in ("--env", f"{name}={value}")]
        options = (
            "--detach",
            "--network=host",
            "--name",
            f"{self.name}-{part}",
            "--volume",
            f"{self.folder}:/etc/pebble",
        )
        subprocess.run((self.client, "run", *options, *quick, IMAGE, *command), capture_output=True, check=True)

    def _config(self) -> dict[str, Any]:
        return {
            "pebble": {
                "listenAddress": f"{self.address}:{self.ports[0]}",
                "managementListenAddress": f"{self.address}:{self.ports[1]}",
                "certificate": "/etc/pebble/chain.pem",
                "privateKey": "/etc/pebble/key.pem",
                "httpPort": self.http_port,
                "tlsPort": 5001,
                "ocspResponderURL": "",
                "externalAccountBindingRequired": bool(self.owners),
                "externalAccountMACKeys": dict(self.owners),
                "retryAfter": {"authz": 1, "order": 1},
                "keyAlgorithm": "ecdsa",
                "profiles": PROFILES,
            }
        }


def api_certificate(bundle: Path, address: str) -> tuple[str, str]:
    """Key and certificate of a CA's own API at *address*; who signed them is written to *bundle*."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _signed("api root", root_key, "api root", root_key, ca=True)
    bundle.write_bytes(root.public_bytes(Encoding.PEM))
    own = _signed("api", key, "api root", root_key, address=address)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), own.public_bytes(Encoding.PEM).decode()


BIND_IMAGE = "fairlead-test-bind"
BIND_DOCKERFILE = "FROM fairlead/debian:trixie-slim\nRUN apt-install trixie bind9\n"
NAMED = """\
options {{ directory "/tmp"; listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }}; recursion no; }};
key "certbot." {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "test" {{ type primary; file "/zone/test"; update-policy {{ grant certbot. zonesub TXT; }}; }};
"""
ZONE = """\
$TTL 1
@ SOA ns.test. ops.test. 1 3600 600 86400 1
@ NS ns.test.
ns A 127.0.0.1
wild A 127.0.0.1
*.wild A 127.0.0.1
"""


@contextmanager
def name_server(client: str, folder: Path, address: str, port: int, secret: str) -> Iterator[str]:
    """BIND with the zone ``test``, which takes updates that are signed with *secret*; gives its ``address:port``."""
    subprocess.run((client, "build", "--quiet", "--tag", BIND_IMAGE, "-"), input=BIND_DOCKERFILE.encode(), check=True)
    (folder / "named.conf").write_text(NAMED.format(address=address, port=port, secret=secret))
    (folder / "test").write_text(ZONE)
    name = f"fairlead-test-bind-{secrets.token_hex(4)}"
    options = ("--detach", "--network=host", "--name", name, "--volume", f"{folder}:/zone")
    try:
        command = (client, "run", *options, BIND_IMAGE, "named", "-g", "-c", "/zone/named.conf")
        subprocess.run(command, capture_output=True, check=True)
        _until(lambda: addresses("wild.test", [f"{address}:{port}"]) == ("127.0.0.1",))
        yield f"{address}:{port}"
    finally:
        subprocess.run((client, "rm", "--force", "--volumes", name), capture_output=True, check=False)


@contextmanager
def refusing_authority(folder: Path, address: str, port: int, problem: str, detail: str, **odd: int) -> Iterator[str]:
    """
    A CA that takes accounts and refuses orders; gives the address of its directory, its bundle is *folder*/ca.pem.

    Args:
        odd: ``ahead_s``: by how much its clock is ahead.
    """
    key, chain = api_certificate(folder / "ca.pem", address)
    (folder / "refusing.pem").write_text(key + chain)
    base = f"https://{address}:{port}"
    ahead = timedelta(seconds=odd.get("ahead_s", 0))

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            names = ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")
            self._answer(200, {name: f"{base}/{name}" for name in names} | {"meta": {}})

        def do_HEAD(self) -> None:
            self._answer(200, None)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/newAccount":
                self._answer(201, {"status": "valid"}, Location=f"{base}/account/1")
                return
            self._answer(429, {"type": f"urn:ietf:params:acme:error:{problem}", "detail": detail, "status": 429})

        def date_time_string(self, timestamp: float | None = None) -> str:  # type: ignore[override]
            return format_datetime(datetime.now(UTC) + ahead, usegmt=True)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

        def _answer(self, status: int, data: object, **headers: str) -> None:
            self.send_response(status)
            body = b"" if data is None else json.dumps(data).encode()
            told = {"Replay-Nonce": secrets.token_urlsafe(16), "Content-Length": str(len(body)), **headers}
            kind = "application/problem+json" if status >= 400 else "application/json"
            for name, value in {"Content-Type": kind, **told}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "refusing.pem")
    server = ThreadingHTTPServer((address, port), Refusing)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{base}/dir"
    finally:
        server.shutdown()
        server.server_close()


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    address: str = "",
    ca: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=2))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if address:
        where = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        builder = builder.add_extension(where, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _until(question: Any) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            if question():
                return
        except (httpx.TransportError, NameServerError):
            pass
        assert time.monotonic() < end, "it does not answer"
        time.sleep(0.1)
