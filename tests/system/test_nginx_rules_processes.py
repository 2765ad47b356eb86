"""What real nginx does as a process where a rule reports something: its workers, users, modules, sockets and times."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairlead.tests.nginx.packed import nginx_of_image
from fairlead.tests.nginx.served import asked, free_port, nginx_binary, running
from fairlead.tests.nginx.site import Site, reports


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@contextmanager
def started(folder: Path, text: str) -> Iterator[int]:
    """The first process of an nginx with *text* as its main file, until the block ends."""
    path = folder / "nginx.conf"
    path.write_text(f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n{text}")
    process = subprocess.Popen([nginx_binary(), "-p", str(folder), "-c", str(path)], stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def children(pid: int) -> list[int]:
    """The processes that *pid* started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def user_of(pid: int) -> int:
    """As whom a process runs."""
    return Path(f"/proc/{pid}").stat().st_uid


SERVING = "events {{}}\nhttp {{ access_log off; server {{ listen 127.0.0.1:{}; return 204; }} }}\n"


def test_without_a_master_nobody_starts_another_worker(tmp_path: Path, until: Callable[..., None]) -> None:
    port = free_port()
    http = SERVING.format(port)
    with started(tmp_path, f"master_process off;\n{http}") as alone:
        until(lambda: _answers(port), "nginx")
        assert [] == children(alone)
        assert os.geteuid() == user_of(alone)

    with started(tmp_path, f"master_process on;\n{http}") as master:
        until(lambda: _answers(port), "nginx")
        (worker,) = children(master)
        os.kill(worker, signal.SIGKILL)
        until(lambda: children(master) not in ([], [worker]), "another worker")
        assert 204 == asked(port, "/").status

    assert (True, False) == tuple(reports("no-master-process", f"master_process {word};") for word in ("off", "on"))


def _answers(port: int) -> bool:
    try:
        return asked(port, "/").status == 204
    except OSError:
        return False


def test_the_user_of_the_workers_is_the_one_that_is_named_or_the_builds(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    port = free_port()
    http = SERVING.format(port)
    users = []
    for text in (http, f"user daemon;\n{http}", f"user root;\n{http}"):
        with started(tmp_path, text) as master:
            until(lambda: _answers(port), "nginx")
            users.append(user_of(children(master)[0]))

    assert 0 != users[0]
    assert [1, 0] == users[1:]
    assert reports("no-user", "events {}\nhttp { server { listen 80; return 404; } }")
    assert reports("runs-as-root", f"user root;\n{http}")


def test_one_worker_is_all_unless_more_are_asked_for(tmp_path: Path, until: Callable[..., None]) -> None:
    port = free_port()
    http = SERVING.format(port)
    for text, count in ((http, 1), (f"worker_processes auto;\n{http}", len(os.sched_getaffinity(0)))):
        with started(tmp_path, text) as master:
            until(lambda: _answers(port), "nginx")
            assert count == len(children(master))

    assert reports("one-worker", http.replace("{}", "{ worker_connections 1024; }"))


@pytest.mark.parametrize("module", ["modules/ngx_steam_module.so", "modules/ngx_http_js_module"])
def test_nginx_does_not_start_without_a_module(tmp_path: Path, module: str) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(f"load_module {module};\npid {tmp_path}/pid;\nevents {{}}\n")
    command = [nginx_binary(), "-p", str(tmp_path), "-c", str(path), "-e", str(tmp_path / "error.log"), "-t", "-q"]

    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert reports("module-misspelt", path.read_text())
    assert "dlopen()" in said.stderr
    assert "No such file" in said.stderr


def test_a_worker_may_open_fewer_files_than_it_takes_connections(tmp_path: Path, until: Callable[..., None]) -> None:
    port = free_port()
    found = []
    for most in (1024, 8192):
        http = SERVING.format(port).replace("{}", "{ worker_connections 4096; }")
        text = f"worker_rlimit_nofile {most};\n{http}"
        with started(tmp_path, text) as master:
            until(lambda: _answers(port), "nginx")
            limits = Path(f"/proc/{children(master)[0]}/limits").read_text()
        found.append((f"Max open files            {most} " in limits, reports("too-few-open-files", text)))

    assert [(True, True), (True, False)] == found


@pytest.mark.parametrize("time", ["client_header_timeout", "client_body_timeout"])
def test_a_silent_client_keeps_its_connection_for_as_long_as_it_may(site: Site, time: str) -> None:
    """Both clients stop in the middle; when nginx has left the one, the other goes on as if nothing had been."""
    http = "\n".join(
        f"server {{ listen 127.0.0.1:{port}; {time} {most}; location / {{ proxy_pass http://127.0.0.1:PORT/made; }} "
        "location /made { return 204; } }"
        for port, most in (("PORT", "10m"), ("BACK", "100ms"))
    )
    request = b"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecret"
    half = 10 if time == "client_header_timeout" else -3
    with (
        running(site.main(http), site.port),
        socket.create_connection(("127.0.0.1", site.port)) as patient,
        socket.create_connection(("127.0.0.1", site.back)) as other,
    ):
        patient.sendall(request[:half])
        other.sendall(request[:half])
        assert b"204" not in other.recv(100)
        patient.sendall(request[half:])
        assert b"204" in patient.recv(100)

    assert reports("client-timeout-long", f"http {{ {time} 10m; }}")


@pytest.mark.usefixtures("engine")
def test_a_browser_finds_nobody_where_only_http_3_is_spoken(site: Site) -> None:
    site.write("key.pem", "")
    files = ["-keyout", str(site.folder / "key.pem"), "-out", str(site.folder / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a.test", *files]
    subprocess.run(command, capture_output=True, check=True)
    tls = "ssl_certificate FOLDER/cert.pem; ssl_certificate_key FOLDER/key.pem;"
    beside = "server { listen 127.0.0.1:PORT; return 204; }"
    found = []
    for listen in ("listen 127.0.0.1:BACK quic;", "listen 127.0.0.1:BACK quic; listen 127.0.0.1:BACK ssl;"):
        http = f"{beside} server {{ {listen} {tls} return 204; }}"
        with running(site.main(http), site.port, nginx_of_image("fairlead/nginx:1.30.6")):
            reached = _connects(site.back)
        found.append((reached, reports("quic-without-tcp", http.replace("127.0.0.1:BACK", "443"))))

    assert [(False, True), (True, False)] == found


def _connects(port: int) -> bool:
    with socket.socket() as browser:
        return browser.connect_ex(("127.0.0.1", port)) == 0
