"""Real nginx on the loopback, with a configuration of the test's own, and questions put to it."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fairlead.lint.nginx.table import Version, version
from fairlead.tests.nginx.packed import nginx_of_image

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Reply:
    """What nginx answered; *headers* in the order they came, names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key == name.lower()), "")


def nginx_binary() -> str:
    """The nginx to ask: the program, or the one of the image, that FAIRLEAD_NGINX names, or the one on PATH."""
    named = os.environ.get("FAIRLEAD_NGINX", "")
    if ":" in named:
        return nginx_of_image(named)
    found = named or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        raise RuntimeError("these tests need nginx: apt-get install nginx, or name one in FAIRLEAD_NGINX")
    return found


def nginx_version(binary: str) -> Version:
    """What ``nginx -v`` says."""
    said = subprocess.run([binary, "-v"], capture_output=True, text=True, check=True).stderr
    return version(said.split("/")[1].split()[0])


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """As many ports of the loopback, all different."""
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def main_file(folder: Path, http_block: str) -> Path:
    """An nginx.conf with *http_block* in ``http``, which keeps all that nginx writes inside *folder*."""
    path = folder / "nginx.conf"
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    path.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log crit;\n"
        f"events {{ worker_connections 512; }}\nhttp {{\naccess_log off; {temporary}\n"
        f"default_type text/plain; server_names_hash_bucket_size 128;\n{http_block}}}\n"
    )
    return path


@contextmanager
def running(path: Path, port: int, binary: str | None = None) -> Iterator[None]:
    """nginx with the configuration at *path*, which listens on *port*, until the block ends."""
    command = [binary or nginx_binary(), "-p", str(path.parent), "-c", str(path)]
    checked = subprocess.run([*command, "-t", "-q"], capture_output=True, text=True, check=False)
    if checked.returncode:
        raise RuntimeError(checked.stderr)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            continue
        return
    raise RuntimeError("nginx did not start")


def asked(
    port: int,
    uri: str,
    *,
    host: str = "localhost",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    address: str = "127.0.0.1",
) -> Reply:
    """What is answered on *port*; *uri* is sent as it is."""
    connection = http.client.HTTPConnection(address, port, timeout=10)
    try:
        connection.putrequest(method, uri, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": host, **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders()
        real = connection.getresponse()
        body = real.read().decode("latin-1")
        return Reply(real.status, tuple((name.lower(), value) for name, value in real.getheaders()), body)
    finally:
        connection.close()


def on_disk(path: str) -> Literal["file", "folder"] | None:
    """What is at *path*, as the model asks."""
    if Path(path).is_dir():
        return "folder"
    return "file" if Path(path).is_file() and not path.endswith("/") else None
