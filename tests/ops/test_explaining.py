"""Why a service does not come up: its last lines, its health check, and what a known error means."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.command import Result
from fairlead.ops.compose import ComposeProject, Container
from fairlead.ops.waiting import explain

PROJECT = ComposeProject("docker", "shop", (), None, {})


class Answering:
    """A host that answers `docker logs` and `docker inspect` from what it was made with."""

    name = "localhost"

    def __init__(self, log: str, health: str) -> None:
        self._answers = {"logs": Result(0, log), "inspect": Result(0, json.dumps({"Log": [{"Output": health}]}))}

    def run(self, command, timeout_s=None):
        return self._answers[command.argv[1]]


@pytest.mark.parametrize(
    ("service", "log", "health", "words"),
    [
        (
            "mysql",
            "ready for connections\n",
            "ERROR 1045 (28000): Access denied for user 'a'@'b'",
            "made with another one",
        ),
        ("db", "mysqld: unknown variable 'query_cache_size=256M'\n", "", "gone since MySQL 8.0.3"),
    ],
)
def test_a_known_error_is_explained(service, log, health, words):
    container = Container(service, f"shop-{service}-1", "running", "unhealthy", 0, "", ())

    said = explain(Answering(log, health), PROJECT, container)

    assert f"last lines of shop-{service}-1:\n    {log.strip()}" in said
    assert "that means: " in said
    assert words in said
    assert "what to do: " in said


def test_an_unknown_error_is_shown_as_it_is():
    container = Container("web", "shop-web-1", "running", "unhealthy", 0, "", ())

    assert "last lines of shop-web-1:\n    odd\nits health check said:\n    no" == explain(
        Answering("odd\n", "no"), PROJECT, container
    )
