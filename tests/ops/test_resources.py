"""Networks and volumes of a stack keep the names by which others, or data that was there before, are found."""

from __future__ import annotations

import pytest

from fairlead.ops.agent.having import have_networks, have_volumes
from fairlead.ops.command import Result
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.mounting import Sources
from fairlead.ops.deploy.split import split
from fairlead.ops.errors import StepFailedError

LAYOUT = Layout("shop", "/srv/shop")
MERGED = {
    "name": "shop",
    "services": {
        "nginx": {"x-fairlead-tier": "edge", "networks": {"front": None, "proxy": None}},
        "web": {
            "x-fairlead-tier": "app",
            "networks": {"front": None, "proxy": None, "mail": None, "back": None, "own": None, "named": None},
            "volumes": [
                {"type": "volume", "source": "uploads", "target": "/up"},
                {"type": "volume", "target": "/var/cache"},
            ],
        },
        "db": {
            "x-fairlead-tier": "data",
            "networks": {"front": None},
            "volumes": [
                {"type": "volume", "source": "pg", "target": "/data"},
                {"type": "volume", "source": "wal", "target": "/wal"},
            ],
        },
    },
    "networks": {
        "front": {"name": "shop_front"},
        "proxy": {"name": "traefik", "external": True},
        "mail": {"name": "mail", "external": True},
        "back": {"name": "shop_back", "external": True},
        "own": {"name": "shop_own", "internal": True},
        "named": {"name": "shop-partners"},
    },
    "volumes": {
        "pg": {"name": "old-shop-pgdata", "external": True},
        "wal": {"name": "wal-of-shop", "driver": "local"},
        "uploads": {"name": "shop_uploads"},
    },
}


class Engine:
    """An engine that has *there*, and remembers what it was told."""

    name = "prod"

    def __init__(self, *there):
        self.there = there
        self.seen = []

    def run(self, command, timeout_s=None):
        kind, verb, name = command.argv[1], command.argv[2], command.argv[-1]
        self.seen.append(f"{kind} {verb} {name}")
        found = verb != "inspect" or f"{kind} {name}" in self.there
        return Result(0 if found else 1, err="" if found else "no such thing")


def _projects():
    return split(MERGED, "r1", LAYOUT, Sources("/work/shop"), dict.fromkeys(MERGED["services"], "image:1"))


def _run(steps, engine):
    for step in steps:
        step.run(engine, lambda _: None)
    return engine.seen


def test_a_volume_of_others_and_one_with_a_name_keep_their_name():
    projects = _projects()

    assert {
        "pg": {"name": "old-shop-pgdata", "external": True},
        "wal": {"name": "wal-of-shop", "external": True},
    } == projects.base["volumes"]
    assert {"uploads": {"name": "shop_uploads", "external": True}} == projects.app["volumes"]
    assert {"old-shop-pgdata", "wal-of-shop", "shop_uploads"} == set(projects.volumes)


def test_a_network_of_others_and_one_with_a_name_keep_their_name():
    projects = _projects()

    assert {
        "front": {"name": "shop_front", "external": True},
        "proxy": {"name": "traefik", "external": True},
    } == projects.base["networks"]
    assert {
        "front": {"name": "shop_front", "external": True},
        "proxy": {"name": "traefik", "external": True},
        "mail": {"name": "mail", "external": True},
        "back": {"name": "shop_back", "external": True},
        "named": {"name": "shop-partners", "external": True},
        "own": {"internal": True},
    } == projects.app["networks"]
    assert {"shop_front", "traefik", "mail", "shop_back", "shop-partners"} == set(projects.networks)


def test_what_is_external_is_never_made():
    projects = _projects()
    engine = Engine("volume old-shop-pgdata", "network traefik", "network mail", "network shop_back")
    seen = _run([*have_volumes(projects.volumes), *have_networks(projects.networks)], engine)

    assert {
        "volume create wal-of-shop",
        "volume create shop_uploads",
        "network create shop_front",
        "network create shop-partners",
    } == {each for each in seen if "create" in each}


@pytest.mark.parametrize("steps", [have_volumes, have_networks])
def test_what_is_external_and_not_there_is_said(steps):
    with pytest.raises(StepFailedError) as caught:
        _run(steps({"old": {"name": "old", "external": True}}), Engine())

    kind = "volume" if steps is have_volumes else "network"
    assert (
        f"prod: have the {kind} old: not there, and external in compose: docker {kind} create old, or restore it"
        == str(caught.value)
    )


def test_what_is_there_is_left_as_it_is():
    assert ["volume inspect a", "network inspect b"] == _run(
        [*have_volumes({"a": {"driver": "local"}}), *have_networks({"b": {}})], Engine("volume a", "network b")
    )
