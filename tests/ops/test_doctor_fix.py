"""`inv doctor --fix` shows what it will do, asks, and only then does it."""

from __future__ import annotations

import io

import pytest

from fairlead.ops.command import Result
from fairlead.ops.doctor.fix import fix
from fairlead.ops.errors import SettingsError

START = "systemctl enable --now docker"
SERVER = "docker version --format '{{.Server.Version}}'"


class SleepingHost:
    """A machine with everything installed, whose engine runs once systemd was told to start it."""

    name = "localhost"

    def __init__(self):
        self.seen = []

    def run(self, command, timeout_s=None):
        self.seen.append(str(command))
        answers = {
            "docker compose version --short": "2.26.1",
            "dockerd --version": "Docker version 26.1.5, build 411e817",
            "test -d /run/systemd/system": "",
            "id -u": "0",
            START: "",
        }
        if str(command) == SERVER:
            return Result(0, "26.1.5") if START in self.seen else Result(1, err="Cannot connect to the Docker daemon")
        return Result(0, answers[str(command)]) if str(command) in answers else Result(1)


class Terminal(io.StringIO):
    """A standard input with a person behind it."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)


def test_the_plan_is_shown_and_run_where_a_person_agrees(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", Terminal())
    host, asked = SleepingHost(), []
    fix(host, yes=False, dry=False, ask=lambda question: asked.append(question) or "yes")

    assert START in host.seen
    assert ["Run this? Type yes to go on: "] == asked
    assert f"to make the engine usable:\nlocalhost: start the engine\n    {START}\n" in capsys.readouterr().out


def test_nothing_is_run_where_a_person_says_no(monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal())
    host = SleepingHost()

    with pytest.raises(SettingsError, match=r"^nothing was done$"):
        fix(host, yes=False, dry=False, ask=lambda _: "no")
    assert START not in host.seen


def test_nothing_is_run_where_nobody_is_there(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    host = SleepingHost()

    with pytest.raises(SettingsError, match="nobody is here to ask; say --yes"):
        fix(host, yes=False, dry=False)
    assert START not in host.seen


def test_yes_asks_nobody_and_standard_output_stays_free_for_json(capsys):
    host = SleepingHost()
    fix(host, yes=True, dry=False, quiet=True)

    out, err = capsys.readouterr()
    assert START in host.seen
    assert ("", True) == (out, "start the engine" in err)


def test_under_dry_the_plan_is_shown_and_nothing_is_run(capsys):
    host = SleepingHost()
    fix(host, yes=True, dry=True)

    assert f"localhost: start the engine\n    {START}\n" == capsys.readouterr().out
    assert START not in host.seen


def test_an_engine_elsewhere_is_not_mended_from_here(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    host = SleepingHost()

    with pytest.raises(Exception, match=r"^DOCKER_HOST is tcp://192.0.2.1:2375: the engine does not run: .*unset it$"):
        fix(host, yes=True, dry=False)
    assert START not in host.seen
