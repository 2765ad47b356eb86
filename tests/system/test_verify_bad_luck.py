"""`inv verify` on servers that misbehave: an end for everything, a verdict for what was seen, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fairlead.tests.nginx.served import free_port

TOOL = Path(sys.executable).parent / "fairlead"
Behaviour = Callable[[socket.socket], None]

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def ended(connection: socket.socket) -> None:
    """Takes the request and closes."""
    connection.recv(65536)


def silent(connection: socket.socket) -> None:
    """Takes the request and never says a word."""
    while connection.recv(65536):
        pass


def dripping(connection: socket.socket) -> None:
    """Sends a byte of its headers now and then."""
    connection.recv(65536)
    for byte in PAGE * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def endless(connection: socket.socket) -> None:
    """Sends a body that never ends."""
    connection.recv(65536)
    connection.sendall(PAGE + b"\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def looping(connection: socket.socket) -> None:
    """Redirects to itself, for ever with another query."""
    asked = connection.recv(65536).split()[1].decode()
    connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {asked}x\r\nContent-Length: 0\r\n\r\n".encode())


def no_http(connection: socket.socket) -> None:
    """Speaks something else."""
    connection.sendall(b"220 mail.test ESMTP\r\n")


def lying(connection: socket.socket) -> None:
    """Says gzip and sends none, twice the length, and headers of any kind."""
    connection.recv(65536)
    odd = b"Content-Encoding: gzip\r\nContent-Length: 40\r\nSet-Cookie: =;;;\r\nETag: \xff\r\n"
    more = b"Content-Security-Policy: ;;;\r\nStrict-Transport-Security: max-age=\r\nCache-Control: max-age=x\r\n\r\n"
    connection.sendall(PAGE + odd + more + b"no gzip at all")


@contextmanager
def server(behaviour: Behaviour) -> Iterator[int]:
    """A server on a port of this machine; each connection in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accepting, args=(listener, behaviour), daemon=True).start()
        yield listener.getsockname()[1]


def _accepting(listener: socket.socket, behaviour: Behaviour) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_served, args=(connection, behaviour), daemon=True).start()


def _served(connection: socket.socket, behaviour: Behaviour) -> None:
    with connection:
        try:
            behaviour(connection)
        except OSError:
            return


def looked(url: str, *arguments: str, seconds: float = 100, wait: str = "1") -> tuple[int, dict[str, Any], str]:
    """The exit code, the report and the errors of a run."""
    command = [TOOL, "verify", "--json", "--wait", wait, "--url", url, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def words(report: dict[str, Any]) -> set[str]:
    """The words of all verdicts."""
    return {each["verdict"] for each in report["findings"]}


@pytest.mark.parametrize("behaviour", [ended, silent, dripping, no_http])
def test_a_server_without_an_answer_is_not_reached(behaviour: Behaviour) -> None:
    with server(behaviour) as port:
        code, report, err = looked(f"http://127.0.0.1:{port}/")

    assert (5, False, {"ERROR"}, "") == (code, report["reached"], words(report), err)


def test_nobody_at_all_is_not_reached() -> None:
    code, report, _ = looked(f"http://127.0.0.1:{free_port()}/")

    assert (5, {"ERROR"}) == (code, words(report))
    assert report["findings"][0]["observed"].endswith("connection refused")


def test_a_name_that_leads_nowhere_is_said_at_once() -> None:
    code, report, _ = looked("https://nobody.invalid/", seconds=30, wait="60")

    assert 5 == code
    assert (
        "not checked: https://nobody.invalid/: the name nobody.invalid leads nowhere"
        == report["findings"][0]["observed"]
    )


def test_a_baseline_puts_todays_failures_off(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    with server(endless) as port:
        url = f"http://127.0.0.1:{port}/"
        first, _, told = looked(url, "--only", "HD2", "--baseline", str(known))
        second, report, _ = looked(url, "--only", "HD2", "--baseline", str(known))
        third, _, _ = looked(url, "--only", "HD5", "--baseline", str(known))

    assert (0, 0, 1) == (first, second, third)
    assert "known failures put off for 90 days" in told
    assert {"WARN"} == words(report)
    assert all(each["known_until"] for each in report["findings"])


def test_any_site_is_looked_at_where_there_is_no_fairlead_yaml(tmp_path: Path) -> None:
    with server(lying) as port:
        command = [TOOL, "verify", "--url", f"http://127.0.0.1:{port}/", "--only", "RD0"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert "only from outside: what is promised inside was not looked at" in done.stdout


def test_a_body_that_never_ends_is_cut_and_said() -> None:
    with server(endless) as port:
        code, report, _ = looked(f"http://127.0.0.1:{port}/", "--only", "RD0,HD2")

    found = {each["id"]: each for each in report["findings"]}
    assert ("WARN", "the body never ended within its limits") == (found["RD0"]["verdict"], found["RD0"]["observed"])
    assert "FAIL" == found["HD2"]["verdict"]
    assert 1 == code


def test_redirects_without_an_end_are_a_failure() -> None:
    with server(looping) as port:
        code, report, _ = looked(f"http://127.0.0.1:{port}/", "--only", "reach")

    failed = {each["id"] for each in report["findings"] if each["verdict"] == "FAIL"}
    assert (1, {"RD0", "RD2"}) == (code, failed)


def test_an_answer_that_contradicts_itself_breaks_no_check() -> None:
    with server(lying) as port:
        code, report, err = looked(f"http://127.0.0.1:{port}/", "--all")

    assert (1, "") == (code, err)
    assert [] == [each["observed"] for each in report["findings"] if "a fault of fairlead" in each["observed"]]


def test_plain_http_under_an_https_address_is_not_reached() -> None:
    with server(lying) as port:
        code, report, _ = looked(f"https://127.0.0.1:{port}/", "--only", "tls")

    assert (5, {"ERROR"}) == (code, words(report))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", "ftp://a.test"), "no address of a site"),
        (("--url", "http://127.0.0.1", "--only", "XX"), "--only XX: no such check"),
        (("--url", "http://127.0.0.1", "--ca", "/none.pem"), "/none.pem: no such file or directory"),
        (("--url", "http://127.0.0.1", "--fail-on", "high"), "--fail-on takes"),
        (("--url", "http://127.0.0.1", "--html", "/none/report.html"), "--html /none/report.html"),
    ],
)
def test_wrong_use_is_one_line_and_asks_nobody(arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run([TOOL, "verify", *arguments], capture_output=True, text=True, check=False)

    assert (2, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert said in done.stderr


def test_ctrl_c_reports_what_was_seen() -> None:
    again = threading.Event()
    with server(silent_after_first(again)) as port:
        command = [TOOL, "verify", "--json", "--url", f"http://127.0.0.1:{port}/"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert again.wait(60)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)

    report = json.loads(out)
    assert (True, "") == (report["interrupted"], err)
    assert "ERROR" in words(report)


def silent_after_first(again: threading.Event) -> Behaviour:
    """Answers once, then never again; *again* is set by the second request."""
    answered = threading.Event()

    def behaviour(connection: socket.socket) -> None:
        if answered.is_set():
            again.set()
            silent(connection)
        answered.set()
        lying(connection)

    return behaviour
