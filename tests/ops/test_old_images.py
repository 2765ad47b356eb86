"""What of a host's images nothing needs: agents but the newest, releases that are gone, and those without a name."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.agent.record import State
from fairlead.ops.command import Result
from fairlead.ops.deploy.collecting import _Old
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.old_images import old_images, remove
from fairlead.ops.deploy.target import Target
from fairlead.ops.errors import FairleadError
from fairlead.ops.hosts import Opened
from fairlead.ops.inventory import HostEntry

LAYOUT = Layout("shop", "/srv/shop")
TARGET = Target("docker", "linux/amd64", "999", "0:0", ("r4", "r5"))
NAMED = [
    ("fairlead-agent:c", "sha256:c"),
    ("fairlead-agent:b", "sha256:b"),
    ("fairlead-agent:a", "sha256:a"),
    ("shop/web:r2", "sha256:2"),  # another service of a release that is there runs it by this name
    ("shop/web:r3", "sha256:3"),
    ("shop/web:r4", "sha256:4"),
    ("shop/web:r5", "sha256:5"),
    ("shop/web:r6", "sha256:6"),  # on its way
    ("shop/api:latest-r3", "sha256:13"),
    ("shop/api:latest-r5", "sha256:15"),
    ("others/r3:latest", "sha256:23"),
    ("nginx:1.30.6", "sha256:n"),
]
NAMELESS = [("<none>:<none>", "sha256:old"), ("<none>:<none>", "sha256:14")]
MANIFESTS = {
    "/srv/shop/releases/r4/release.json": {
        "images": {"shop/web:r4": "sha256:4", "shop/api:latest": "sha256:14", "shop/web:r2": "sha256:2"}
    },
    "/srv/shop/releases/r5/release.json": {"images": {"shop/web:r5": "sha256:5", "shop/api:latest-r5": "sha256:15"}},
}


class Host:
    """A host with these images, some of which containers *use*."""

    name = "prod"

    def __init__(self, uses=(), manifests=MANIFESTS, answers=True):
        self.uses, self.files, self.answers = (
            uses,
            {path: json.dumps(each) for path, each in manifests.items()},
            answers,
        )
        self.entry = HostEntry("prod", "prod")
        self.removed = []

    def read(self, path):
        return self.files.get(path)

    def run(self, command, timeout_s=None):
        words = command.argv[1:]
        if words[0] == "image":
            self.removed.append(words[-1])
            return Result(0 if words[-1] not in self.uses else 1)
        if words[0] == "-c":
            return Result(0, "\n".join(self.uses))
        if not self.answers:
            return Result(1, err="Cannot connect to the Docker daemon")
        rows = NAMELESS if "dangling=true" in words else NAMED
        if words[-1] == "fairlead-agent":
            rows = [row for row in NAMED if row[0].startswith("fairlead-agent:")]
        return Result(0, "".join(f"{name} {identity}\n" for name, identity in rows))


def test_what_no_release_that_is_there_is_made_of_goes_and_all_else_stays():
    gone = ["fairlead-agent:b", "fairlead-agent:a", "shop/web:r3", "shop/api:latest-r3", "sha256:old"]

    assert gone == old_images(Host(), TARGET, LAYOUT)


def test_what_a_container_uses_stays():
    uses = ["fairlead-agent:a sha256:a", "shop/web:r3 sha256:3", "x sha256:old"]

    assert ["fairlead-agent:b", "shop/api:latest-r3"] == old_images(Host(uses), TARGET, LAYOUT)


def test_where_a_release_does_not_say_what_it_is_made_of_only_agents_go():
    host = Host()
    host.files["/srv/shop/releases/r4/release.json"] = "{"

    assert ["fairlead-agent:b", "fairlead-agent:a"] == old_images(host, TARGET, LAYOUT)


def test_an_engine_that_does_not_answer_has_nothing_removed():
    with pytest.raises(FairleadError, match="prod: docker images: exit 1: Cannot connect"):
        old_images(Host(answers=False), TARGET, LAYOUT)


def test_an_image_that_got_into_use_meanwhile_stays_and_is_not_counted():
    host = Host(uses=["b"])

    assert 1 == remove(host, "docker", ["a", "b"])
    assert ["a", "b"] == host.removed


def _asks(*, protected=False, releases=(), images=(), ends=False, sweeps=True, previous=("r4",)):
    host = Host()
    host.entry = HostEntry("prod", "prod", protected=protected)
    target = Target("docker", "", "", "", ("r3", "r4", "r5"), state=State("r5", previous=previous))
    return list(_Old(Opened(host, LAYOUT), target, releases, images, ends, sweeps).asks())


def test_a_person_is_asked_before_what_cannot_be_undone_and_not_for_what_nobody_misses():
    assert [] == _asks(releases=("r3",), images=("fairlead-agent:a",))
    assert ["no rollback goes back to r4 any more, and of dumps as many stay as of releases"] == _asks(
        releases=("r3", "r4")
    )
    assert ["old values of secrets are no longer valid after it"] == _asks(ends=True)


def test_at_a_protected_host_a_person_is_asked_before_anything_goes():
    assert ["is marked as protected in fairlead.yaml"] == _asks(
        protected=True, images=("fairlead-agent:a",), sweeps=False
    )
    assert [] == _asks(protected=True, sweeps=False)


def test_what_goes_is_told_in_a_line():
    target = Target("docker", "", "", "", ("r3",))

    assert "nothing to remove" == str(_Old(None, target, (), (), False, False))
    assert "r3, 2 images that nothing needs to remove" == str(_Old(None, target, ("r3",), ("a", "b"), False, False))
