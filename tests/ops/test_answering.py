"""`inv up` ends when the addresses that it prints answer, not when what is behind nginx could."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fairlead.ops import answering
from fairlead.ops.answering import answer_step
from fairlead.ops.errors import StepFailedError
from fairlead.ops.host import LocalHost


@contextmanager
def _server(*statuses):
    """The address of a server that answers with *statuses*, with the last of them from then on."""
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/health"
        server.shutdown()
        thread.join()


def _said(*addresses):
    said = []
    answer_step(addresses).run(LocalHost(), said.append)
    return [line.rpartition(": ")[2] for line in said]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Requests follow at once."""
    monkeypatch.setattr(answering, "POLL_S", 0.0)


@pytest.mark.parametrize("gateway", [502, 504])
def test_it_waits_while_nginx_knows_nobody_behind_it(gateway):
    with _server(gateway, gateway, 200) as address:
        assert [str(gateway), str(gateway), "200"] == _said(address)


@pytest.mark.parametrize("status", [200, 401, 404, 500, 503])
def test_what_else_is_answered_is_an_answer(status):
    with _server(status) as address:
        assert [str(status)] == _said(address)


def test_each_address_is_asked():
    with _server(200) as page, _server(502, 200) as health:
        assert ["200", "502", "200"] == _said(page, health)


def test_who_never_answers_fails_the_start_with_the_address(monkeypatch):
    monkeypatch.setattr(answering, "DEADLINE_S", 0.0)
    with _server(502) as address, pytest.raises(StepFailedError, match=f"{address} answers 502, though every service"):
        _said(address)


def test_an_address_that_cannot_be_asked_is_told_and_not_waited_for():
    with _server(200) as address:
        gone = address
    assert ["connection refused"] == _said(gone)
