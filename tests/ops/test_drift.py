"""What differs on a host is seen: containers, images, files of the release and of the base, and their secrets."""

from __future__ import annotations

import hashlib
import json

import pytest

from fairlead.ops.agent.record import State
from fairlead.ops.command import Result
from fairlead.ops.deploy.base_digests import FILE, base_digests
from fairlead.ops.deploy.drift import drift
from fairlead.ops.deploy.hashing import key_on, secret_hashes
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.target import Target
from fairlead.ops.deploy.upload import Upload
from fairlead.ops.errors import FairleadError
from fairlead.ops.host import LocalHost
from fairlead.ops.rotation import KEY, MYSQL, REDIS, Rotation

TARGET = Target("docker", "linux/amd64", "999", "0:0", ("r1",), State("r1"))
SERVICES = {"edge": ["nginx"], "app": ["web"], "data": [], "job": []}
OPEN = [Upload("compose.yaml", "{}"), Upload("nginx/nginx.conf", "# a"), *(Upload(f"files/{n}", "x") for n in "ab")]
SECRET = [Upload(f"secrets/{name}", name) for name in ("token", "api_key", "api_key_previous")]
BASE = [Upload("compose.yaml", "{}"), Upload("files/my.cnf", "# b"), Upload("secrets/root", "root")]


class Host(LocalHost):
    """This machine, with an engine that runs what the release says."""

    def __init__(self, running=("shop-base nginx", "shop-r1 web"), answers=True):
        super().__init__()
        self.name = "prod"
        self.running = running
        self.answers = answers

    def run(self, command, timeout_s=None):
        if command.argv[0] != "docker":
            return super().run(command, timeout_s)
        if not self.answers:
            return Result(1, err="Cannot connect to the Docker daemon")
        return Result(
            0, "\n".join(self.running) if command.argv[1] == "ps" else json.dumps([*map(_container, self.running)])
        )


def _container(place):
    project, service = place.split()
    labels = {"com.docker.compose.project": project, "com.docker.compose.service": service, "fairlead.stack": "shop"}
    return {"Name": f"/{project}-{service}-1", "Image": "sha256:a", "Config": {"Image": "shop/x:r1", "Labels": labels}}


def _write(folder, files):
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


@pytest.fixture
def layout(tmp_path):
    """A host as a deploy leaves it."""
    layout = Layout("shop", str(tmp_path))
    key = key_on(LocalHost(), layout)
    digests = {file.path: hashlib.sha256(file.data).hexdigest() for file in OPEN}
    manifest = {"services": SERVICES, "files": digests, "secret_hashes": secret_hashes(SECRET, key)}
    _write(tmp_path / "releases" / "r1", [*OPEN, *SECRET, Upload("release.json", json.dumps(manifest))])
    _write(tmp_path / "base", [*BASE, base_digests(BASE, key, [])])
    _write(tmp_path / "nginx" / "live", [Upload("nginx.conf", "# a")])
    return layout


def test_a_host_as_its_release_says_has_no_differences(layout):
    assert [] == drift(Host(), TARGET, layout)


@pytest.mark.parametrize(
    "path",
    [
        "releases/r1/files/a",
        "releases/r1/secrets/token",
        "base/compose.yaml",
        "base/files/my.cnf",
        "base/secrets/root",
    ],
)
def test_a_file_that_was_edited_or_is_gone_is_said(layout, tmp_path, path):
    file = tmp_path / path
    file.write_text("by hand")
    assert [f"{file}: was edited there"] == drift(Host(), TARGET, layout)

    file.unlink()
    assert [f"{file}: is gone"] == drift(Host(), TARGET, layout)


def test_no_content_of_a_secret_is_said(layout, tmp_path):
    (tmp_path / "releases/r1/secrets/token").write_text("s3cret-by-hand")

    assert "s3cret" not in "".join(drift(Host(), TARGET, layout))


def test_thousands_of_files_are_compared(layout, tmp_path):
    files = [Upload(f"files/{number:0200d}", "x") for number in range(4000)]
    manifest = json.loads((tmp_path / "releases/r1/release.json").read_text())
    manifest["files"] = {file.path: hashlib.sha256(file.data).hexdigest() for file in files}
    _write(tmp_path / "releases" / "r1", [*files, Upload("release.json", json.dumps(manifest))])
    (tmp_path / "releases" / "r1" / files[7].path).write_text("y")

    assert [f"{tmp_path}/releases/r1/{files[7].path}: was edited there"] == drift(Host(), TARGET, layout)


def test_files_that_cannot_be_compared_are_said_once_and_not_taken_for_gone(layout, tmp_path):
    class Bare(Host):
        def run(self, command, timeout_s=None):
            return (
                Result(127, err="xargs: not found") if command.argv[0] == "xargs" else super().run(command, timeout_s)
            )

    folders = (tmp_path / "releases" / "r1", tmp_path / "base")
    said = [f"{folder}: its files cannot be compared: exit 127: xargs: not found" for folder in folders]
    assert said == drift(Bare(), TARGET, layout)


def test_what_a_rotation_changes_by_intent_is_no_difference(layout, tmp_path):
    (tmp_path / "releases/r1/secrets/api_key_previous").write_text("taught")
    rotations = [Rotation("ROOT", MYSQL), Rotation("API_KEY", KEY), Rotation("CACHE", REDIS, acl="redis_acl")]
    changing = [
        *BASE,
        *(Upload(f"secrets/{name}", name) for name in ("api_key", "api_key_previous", "cache", "redis_acl")),
    ]
    _write(tmp_path / "base", [*changing, base_digests(changing, key_on(LocalHost(), layout), rotations)])
    for file in changing:
        if file.path.startswith("secrets/"):
            (tmp_path / "base" / file.path).write_text("another")

    assert [] == drift(Host(), TARGET, layout)


def test_a_change_of_one_tier_keeps_what_is_known_of_the_files_of_the_other(layout, tmp_path):
    key, known = key_on(LocalHost(), layout), json.loads((tmp_path / "base" / FILE).read_text())
    new = [Upload("compose.yaml", '{"a": 1}'), Upload("secrets/new", "n")]
    _write(tmp_path / "base", [*new, base_digests(new, key, [], known)])
    assert [] == drift(Host(), TARGET, layout)

    (tmp_path / "base/files/my.cnf").write_text("by hand")
    assert [f"{tmp_path}/base/files/my.cnf: was edited there"] == drift(Host(), TARGET, layout)


def test_a_manifest_that_is_gone_or_edited_is_a_difference_and_not_an_error(layout, tmp_path):
    path = tmp_path / "releases/r1/release.json"
    path.write_text("{")
    assert [True] == [line.startswith(f"{path}: no JSON any more") for line in drift(Host(), TARGET, layout)]

    path.unlink()
    assert [f"{path}: is gone"] == drift(Host(), TARGET, layout)


def test_containers_that_do_not_run_or_are_strangers_are_said(layout):
    host = Host(running=("shop-base nginx", "shop-r0 web"))

    assert ["web: no container of shop-r1 runs", "shop-r0-web-1: runs, and shop-r0 is not what serves"] == drift(
        host, TARGET, layout
    )


def test_an_engine_that_does_not_answer_is_not_taken_for_one_that_runs_nothing(layout):
    with pytest.raises(FairleadError, match=r"prod: docker ps: .*Cannot connect"):
        drift(Host(answers=False), TARGET, layout)


def test_an_edge_whose_configuration_is_gone_is_said(layout, tmp_path):
    (tmp_path / "nginx/live/nginx.conf").unlink()
    (tmp_path / "nginx/live").rmdir()

    (line,) = drift(Host(), TARGET, layout)

    assert line.startswith("the edge's configuration: cannot be compared: ")
