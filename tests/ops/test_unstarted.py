"""What a `docker compose up` that was cut off leaves, and what the next one would trip over."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.ops.agent.unstarted import recreate, remove_unstarted
from fairlead.ops.command import Result
from fairlead.ops.compose import ComposeProject
from fairlead.ops.errors import StepFailedError
from fairlead.ops.step import Run

PROJECT = ComposeProject("docker", "shop-base", (Path("/srv/shop/base/compose.yaml"),), None, {})
UP = Run("replace the containers", PROJECT.command("up"))
NAME = 'exit 1: Error response from daemon: Conflict. The container name "/1_shop-base-mysql-1" is already in use'


class Engine:
    """A host with *containers*: lines of id, state and service; `up` ends with *ups*, one after the other."""

    name = "here"

    def __init__(self, containers="", ups=(), removes=True):
        self.containers = containers
        self.ups = list(ups)
        self.removes = removes
        self.told = []

    def run(self, command, timeout_s=None):
        words = command.argv
        if words[1] == "ps":
            return Result(0, self.containers)
        self.told.append(words[1:])
        return Result(0) if self.removes else Result(1, err="device is busy")

    def stream(self, command, line):
        self.told.append(("up",))
        return self.ups.pop(0)


@pytest.mark.parametrize(
    ("containers", "told"),
    [
        ("a exited mysql\nb created mysql\nc running redis\n", [("rm", "b")]),
        ("a running mysql\nb created mysql\n", [("rm", "b")]),
        ("b created mysql\nc running redis\n", []),
        ("a exited mysql\nc running redis\n", []),
        ("", []),
    ],
    ids=["stopped", "still at work", "the old one is gone", "nothing is left", "no container"],
)
def test_what_was_made_and_never_started_goes_where_the_old_one_is_still_there(containers, told):
    engine = Engine(containers)

    remove_unstarted(engine, PROJECT, UP.title)

    assert told == engine.told


def test_what_cannot_be_removed_is_said_with_the_step():
    with pytest.raises(StepFailedError, match="replace the containers: exit 1: device is busy"):
        remove_unstarted(Engine("a exited mysql\nb created mysql\n", removes=False), PROJECT, UP.title)


def test_a_name_that_is_still_in_use_is_tried_once_more():
    engine = Engine(ups=[Result(1, err=NAME), Result(0)])

    recreate(engine, PROJECT, UP, lambda _: None)

    assert [("up",), ("up",)] == engine.told


@pytest.mark.parametrize("ups", [[Result(1, err="no room")], [Result(1, err=NAME), Result(1, err=NAME)]])
def test_any_other_failure_is_one(ups):
    engine = Engine(ups=ups)

    with pytest.raises(StepFailedError):
        recreate(engine, PROJECT, UP, lambda _: None)
    assert [] == engine.ups
