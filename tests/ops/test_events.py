"""With --json every line is one event, whoever printed it."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.deploy.events import json_events, progress
from fairlead.ops.deploy.telling import Teller
from fairlead.ops.errors import StepFailedError
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for
from fairlead.ops.progress import Progress
from fairlead.ops.step import Do


def _events(capsys):
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [{key: value for key, value in line.items() if key not in ("time", "seconds")} for line in lines]


def test_steps_here_and_there_and_printed_lines_are_events(capsys):
    with json_events(wanted=True):
        with progress() as shown:
            execute(plan_for("here", Do("build", "b", lambda _, say: say("half"))), {"here": LocalHost()}, shown)
        print("  sent 2 KB")
        with Teller() as teller:
            teller({"event": "start", "step": "switch"})
            teller({"event": "note", "text": "a dump is in shared/backups"})
            teller({"event": "done", "step": "switch"})

    assert [
        {"event": "start", "step": "build", "host": "here"},
        {"event": "say", "step": "build", "host": "here", "text": "half"},
        {"event": "done", "step": "build", "host": "here"},
        {"event": "text", "text": "sent 2 KB"},
        {"event": "start", "step": "switch"},
        {"event": "text", "text": "a dump is in shared/backups"},
        {"event": "done", "step": "switch"},
        {"event": "end", "exit": 0, "text": "", "details": ""},
    ] == _events(capsys)


def test_the_last_event_says_why_it_failed(capsys):
    with pytest.raises(StepFailedError), json_events(wanted=True):
        raise StepFailedError("prod", "start", "unhealthy", "the log")

    assert [{"event": "end", "exit": 1, "text": "prod: start: unhealthy", "details": "the log"}] == _events(capsys)


def test_without_json_people_are_shown_what_they_were(capsys):
    with json_events(wanted=False):
        print("as it is")
        assert isinstance(progress(), Progress)

    assert "as it is\n" == capsys.readouterr().out
