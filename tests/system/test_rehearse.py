"""A rehearsal of the real stack: what it measures, what it leaves, what it refuses."""

from __future__ import annotations

import json

import pytest

from .conftest import make_checkout

OWN = {"BASE_REGISTRY": "fairlead/", "PUBLIC_ADDRESS": "", "MYSQL_BUFFER_POOL_SIZE": "128M", "WEB_CONCURRENCY": "2"}


@pytest.fixture
def checkout(engine, tmp_path):
    return make_checkout(engine, tmp_path, "agentchat")


def test_a_rehearsal_counts_what_is_lost_and_leaves_nothing(checkout, engine):
    before = _machines(checkout)

    ended = checkout.inv("rehearse", "--changes=1", "--clients=5", "--allow-local-bases", "--json", **OWN)

    assert 0 == ended.code, ended.out + ended.err
    stages = json.loads(ended.out)
    assert ["make the host", "first deploy", "deploy 1", "rollback"] == [stage["title"] for stage in stages]
    assert [0] * 4 == [stage["lost"] for stage in stages]
    assert all(stage["requests"] > 100 for stage in stages[2:])
    assert all(0 < stage["serving_s"] < stage["seconds"] for stage in stages[2:])
    assert before == _machines(checkout)
    assert not (checkout.folder / ".fairlead").exists()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--clients=0",), "--changes and --clients have to be 1 or more"),
        (("--path=api",), "--path api: a path begins with /"),
    ],
)
def test_wrong_use_is_refused_in_one_line(checkout, flags, says):
    ended = checkout.inv("rehearse", *flags, **OWN)

    assert 2 == ended.code
    assert says in ended.err
    assert 1 == len(ended.err.splitlines())


def _machines(checkout):
    return checkout.docker("ps", "--all", "--quiet", "--filter", "name=fairlead-machine").split()
