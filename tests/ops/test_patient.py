"""An engine that is away for a moment is waited for; a command that fails by itself is not run again."""

from __future__ import annotations

import pytest

from fairlead.ops.agent import patient
from fairlead.ops.agent.jobs import job_step
from fairlead.ops.agent.patient import PatientHost, once
from fairlead.ops.command import Command
from fairlead.ops.compose import ComposeProject
from fairlead.ops.errors import StepFailedError

SCRIPT = """#!/bin/sh
cd {folder}
echo "$1" >>asked
[ "$1" != version ] || {{ [ -e away ] || exit 0; rm away; exit 1; }}
[ "$1" != ps ] || exit 0
[ "$(grep -c "$1" asked)" -gt {fails} ] || {{ echo "{says}" >&2; exit 1; }}
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Makes a docker client that says something and fails, a few times, before it does as it is told."""
    monkeypatch.setattr(patient, "PAUSE_S", 0.0)
    monkeypatch.setattr(patient, "BACK_S", 5.0)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def make(says, fails, *, away):
        script = tmp_path / "docker"
        script.write_text(SCRIPT.format(folder=tmp_path, says=says, fails=fails))
        script.chmod(0o755)
        if away:
            (tmp_path / "away").touch()
        return tmp_path / "asked"

    return make


UP = Command(("docker", "up"))


@pytest.mark.parametrize("says", ["unexpected EOF", "error during connect: x", "read: connection reset by peer"])
def test_what_an_engine_that_restarts_cut_off_is_run_again_when_it_is_back(engine, says):
    asked = engine(says, 1, away=True)

    assert PatientHost().run(UP).ok
    assert 2 == asked.read_text().split().count("up")


@pytest.mark.parametrize("says", ["unexpected EOF", "peer: connection reset by peer", "no such table"])
def test_what_fails_while_the_engine_answers_is_not_run_again(engine, says):
    asked = engine(says, 9, away=False)

    assert not PatientHost().stream(UP, lambda _: None).ok
    assert 1 == asked.read_text().split().count("up")


def test_what_may_run_once_only_runs_once(engine):
    asked = engine("error during connect: x", 9, away=True)

    assert not once(PatientHost()).stream(UP, lambda _: None).ok
    assert ["up"] == asked.read_text().split()


def test_a_job_is_not_run_again_whatever_it_says(engine):
    asked = engine("error during connect: x", 9, away=False)
    step = job_step(ComposeProject("docker", "shop-r2", (), None, {}), "migrate")

    with pytest.raises(StepFailedError, match="run the job migrate: exit 1: error during connect: x"):
        step.run(PatientHost(), lambda _: None)
    assert 1 == asked.read_text().split().count("compose")
