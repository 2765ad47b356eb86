"""Waiting until all is healthy: as long as the slowest health check may take, and for whom it is about."""

from __future__ import annotations

import json

import pytest

from fairlead.ops import waiting
from fairlead.ops.command import Result
from fairlead.ops.compose import ComposeProject, containers
from fairlead.ops.errors import StepFailedError
from fairlead.ops.waiting import wait_step

PROJECT = ComposeProject("docker", "shop", (), None, {})
MINUTE = 60 * 10**9


class Host:
    """A host on which `web` is healthy after so many looks."""

    name = "prod"

    def __init__(self, looks, check, other="running"):
        self.looks = looks
        self.check = check
        self.other = other

    def run(self, command, timeout_s=None):
        if "ps" in command.argv:
            self.looks -= 1
            return Result(0, "\n".join(self._rows()))
        if ".Config.Healthcheck" in " ".join(command.argv):
            return Result(0, json.dumps(self.check) + "\n")
        return Result(0, "null")

    def _rows(self):
        labels = "com.docker.compose.project=shop,com.docker.compose.oneoff=True"
        yield json.dumps(
            {"Service": "job", "Name": "shop-job-run-1", "State": "exited", "ExitCode": 1, "Labels": labels}
        )
        health = "healthy" if self.looks <= 0 else "starting"
        yield json.dumps({"Service": "web", "Name": "shop-web-1", "State": "running", "Health": health})
        yield json.dumps(
            {"Service": "db", "Name": "shop-db-1", "State": self.other, "ExitCode": 137, "Health": "healthy"}
        )


def _waited(host, **more):
    wait_step(PROJECT, 0.0, **more).run(host, lambda _: None)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Looks follow at once."""
    monkeypatch.setattr(waiting, "POLL_S", 0.0)


@pytest.mark.parametrize(
    "check",
    [
        {"StartPeriod": 10 * MINUTE},
        {"Interval": MINUTE, "Retries": 10},
        {"Timeout": MINUTE, "Retries": 10, "Interval": 1},
        {"Test": ["CMD", "true"]},
    ],
)
def test_a_service_has_the_time_that_its_own_health_check_may_take(check):
    host = Host(5, check)

    _waited(host)

    assert 0 == host.looks


@pytest.mark.parametrize("check", [None, {"Interval": 1, "Timeout": 1, "Retries": 1}])
def test_a_service_that_is_not_healthy_by_then_is_said(check):
    with pytest.raises(StepFailedError, match="web is starting after 0 s; inv logs --service web has more"):
        _waited(Host(10_000, check))


def test_what_compose_run_left_is_no_service_and_not_waited_for():
    assert ["db", "web"] == [container.service for container in containers(Host(0, None), PROJECT)]


def test_only_the_services_that_are_named_are_waited_for():
    _waited(Host(0, None, "exited"), services=("web",))

    with pytest.raises(StepFailedError, match="db is"):
        _waited(Host(0, None, "exited"))
