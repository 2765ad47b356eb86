"""A person at a terminal is asked, and sees the question, wherever standard output goes."""

from __future__ import annotations

import io
import json
import os
import pty
import sys

import pytest

from fairlead.ops.deploy.consent import RefusedError, ask_once
from fairlead.ops.deploy.events import json_events
from fairlead.ops.person import person

QUESTION = "prod: is protected\nGo on? Type yes: "


@pytest.fixture
def terminal(monkeypatch):
    """What the person types goes in here."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as typed, os.fdopen(theirs, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield typed


def _ask():
    ask_once("prod", ["is protected"], yes=False, ask=person())
    print("went on")


def test_a_question_is_seen_where_output_is_events_for_programs(terminal, capsys):
    terminal.write(b"yes\n")

    with json_events(True):
        _ask()

    out, err = capsys.readouterr()
    assert QUESTION == err
    assert [("text", "went on"), ("end", "")] == [
        (each["event"], each["text"]) for each in map(json.loads, out.splitlines())
    ]


@pytest.mark.parametrize("typed", [b"no\n", b"\n", b"\x04"])
def test_all_but_yes_is_no_also_the_end_of_the_input(typed, terminal, capsys):
    terminal.write(typed)

    with pytest.raises(RefusedError, match="prod: not wanted; nothing was changed"):
        _ask()
    assert (QUESTION, "") == (capsys.readouterr().err, "")


def test_nobody_is_asked_where_nobody_is_there(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))

    assert person() is None
