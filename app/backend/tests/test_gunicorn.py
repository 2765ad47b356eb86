"""A real gunicorn with the shipped gunicorn.conf.py."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest

from agentchat.health import main as health

BACKEND = Path(__file__).parent.parent
PATIENCE_S = 60
SETTINGS = {"MYSQL_PASSWORD": "m", "REDIS_PASSWORD": "r", "JWT_SECRET_KEY": "s" * 40, "WEB_CONCURRENCY": "1"}


def gunicorn(port: int, folder: Path, settings: dict[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    return subprocess.Popen(
        [*command, "--pythonpath", "tests", "served:app"],
        cwd=BACKEND,
        env={"PATH": os.environ["PATH"], "SERVED_FROM": str(folder)} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def server(port: int, tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    process = gunicorn(port, tmp_path, SETTINGS)
    assert process.stderr is not None
    wait_for(process.stderr, "Application startup complete")
    yield process
    process.terminate()
    process.communicate(timeout=PATIENCE_S)


def wait_for(lines: IO[str], words: str) -> None:
    assert any(words in line for line in lines), f"the log ended before it said: {words}"


def sign_in(client: httpx.Client) -> dict[str, str]:
    answer = client.post("/api/register", json={"username": "ada", "password": "analytical engine"})
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_a_stream_in_flight_ends_well_after_sigterm(server: "subprocess.Popen[str]", port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
        cookie = sign_in(client)
        client.post("/api/conversations", json={}, headers=cookie)
        question = {"text": "one two three four five"}
        with client.stream("POST", "/api/conversations/1/messages", json=question, headers=cookie) as answer:
            lines = answer.iter_lines()
            first = next(lines)
            server.send_signal(signal.SIGTERM)
            rest = list(lines)

    assert first == "event: token"
    assert 'data: {"message_id": 2}' in rest
    out, _ = server.communicate(timeout=PATIENCE_S)
    assert server.returncode == 0
    last = json.loads(out.splitlines()[-1])
    assert tuple(last[key] for key in ("method", "path", "status")) == ("POST", "/api/conversations/1/messages", 200)


def test_the_containers_health_check_asks_the_running_server(
    server: "subprocess.Popen[str]", port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert health(("127.0.0.1", port)) == 0
    assert capsys.readouterr().out == "HTTP/1.1 200 OK\n"


def test_the_health_check_fails_in_one_line_where_nothing_listens(
    port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert health(("127.0.0.1", port)) == 1
    assert capsys.readouterr().err.startswith(f"unhealthy: 127.0.0.1:{port}: ")


def test_a_bad_setting_ends_the_start_with_one_line_and_no_restarts(port: int, tmp_path: Path) -> None:
    process = gunicorn(port, tmp_path, SETTINGS | {"REDIS_PORT": "six"})

    out, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, out, err) == (2, "", "agentchat: REDIS_PORT has to be a whole number, not 'six'\n")
