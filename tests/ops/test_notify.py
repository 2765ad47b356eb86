"""A webhook is told what happened, in small JSON; that it cannot be told changes nothing and shows no address."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fairlead.ops.errors import FairleadError, LockedError, SettingsError
from fairlead.ops.notify import announced, notify
from fairlead.ops.settings import load_settings

SETTINGS = "name: shop\ncompose: {files: [compose.yml]}\nnotify: {webhook: SHOP_WEBHOOK}\n"


@pytest.fixture
def webhook(monkeypatch):
    """A server that keeps what it is told, and answers with the statuses that it is given."""
    told, statuses = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(statuses.pop(0) if statuses else 204)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("SHOP_WEBHOOK", f"http://127.0.0.1:{server.server_port}/services/T0KEN")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield told, statuses
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    return load_settings(tmp_path / "fairlead.yaml")


EVENT = {"event": "deploy", "host": "prod", "release": "r7", "outcome": "done"}


def test_an_event_is_small_json_with_a_sentence_for_people(settings, webhook):
    notify(settings, EVENT)

    ((path, kind, body),) = webhook[0]
    assert ("/services/T0KEN", "application/json") == (path, kind)
    assert (1, "shop", "deploy", "prod", "r7", "done") == tuple(
        body[key] for key in ("version", "stack", "event", "host", "release", "outcome")
    )
    assert "shop: deploy prod r7 done" == body["text"]


@pytest.mark.parametrize(
    ("statuses", "pauses", "says"),
    [
        ([500, 503], [1.0, 2.0], ""),
        ([429], [1.0], ""),
        ([500, 500, 500], [1.0, 2.0], "the webhook was not told of this: it answers 500\n"),
        ([404], [], "the webhook was not told of this: it answers 404\n"),
        ([302], [], "the webhook was not told of this: it answers 302\n"),
    ],
)
def test_it_is_tried_again_where_that_may_help(settings, webhook, capsys, *, statuses, pauses, says):
    told, given = webhook
    given += statuses
    paused = []
    notify(settings, EVENT, paused.append)

    assert (1 + len(pauses), pauses, ("", says)) == (len(told), paused, tuple(capsys.readouterr()))


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1:1/T0KEN", "Connection refused"),
        ("http://T0KEN.invalid/", ""),
        ("http://127.0.0.1:notaport/T0KEN", "no answer"),
        ("file:///etc/passwd", "its address begins with neither http:// nor https://"),
        ("", "SHOP_WEBHOOK is not set"),
    ],
)
def test_what_cannot_be_told_is_one_line_without_the_address(settings, monkeypatch, capsys, address, says):
    monkeypatch.setenv("SHOP_WEBHOOK", address)
    monkeypatch.setenv("NO_PROXY", "*")
    notify(settings, EVENT, lambda _: None)

    out, err = capsys.readouterr()
    assert ("", 1) == (out, len(err.splitlines()))
    assert says in err
    assert "T0KEN" not in err


def test_what_is_not_wanted_is_not_told(tmp_path, webhook):
    (tmp_path / "fairlead.yaml").write_text(SETTINGS.replace("SHOP_WEBHOOK", "SHOP_WEBHOOK, events: [failure]"))
    settings = load_settings(tmp_path / "fairlead.yaml")
    notify(settings, EVENT)
    notify(settings, {**EVENT, "event": "failure"})

    assert ["failure"] == [body["event"] for _, _, body in webhook[0]]


def test_a_stack_without_a_webhook_tells_nobody(tmp_path, webhook, capsys):
    (tmp_path / "fairlead.yaml").write_text(SETTINGS.partition("notify")[0])
    notify(load_settings(tmp_path / "fairlead.yaml"), EVENT)

    assert ([], ("", "")) == (webhook[0], tuple(capsys.readouterr()))


class RunningError(FairleadError):
    exit_code = 6


def test_how_a_run_ended_is_told(settings, webhook):
    with announced(settings, {"event": "deploy", "host": "prod"}) as event:
        event["release"] = "r7"
    for error in (FairleadError("start: no"), RunningError("gone")):
        with pytest.raises(FairleadError), announced(settings, {"event": "rollback"}):
            raise error
    told = [body for _, _, body in webhook[0]]

    assert [("deploy", "done", 0), ("failure", "failed", 1), ("rollback", "running", 6)] == [
        (body["event"], body["outcome"], body["exit"]) for body in told
    ]
    assert ("r7", "rollback") == (told[0]["release"], told[1]["during"])
    assert "@" in told[0]["who"]
    assert "shop: failure failed: start: no" == told[1]["text"]


@pytest.mark.parametrize("error", [SettingsError("wrong"), LockedError("somebody")])
def test_wrong_use_and_locks_are_nobody_elses_business(settings, webhook, error):
    with pytest.raises(FairleadError), announced(settings, {"event": "deploy"}):
        raise error

    assert [] == webhook[0]


def test_a_block_may_have_nothing_to_tell(settings, webhook):
    with announced(settings, {"event": "deploy"}) as event:
        event.clear()

    assert [] == webhook[0]
