"""Which way an image takes to a host, whose kind it has to be, and what of it is kept here."""

from __future__ import annotations

import gzip
import hashlib
import json
import os

import pytest

from fairlead.ops.carriage import RegistrySettings
from fairlead.ops.command import Result
from fairlead.ops.deploy.agent_image import AGENT
from fairlead.ops.deploy.building import built_for, built_platforms, platform_of
from fairlead.ops.deploy.layers import BlobStore, LayerError, _pack
from fairlead.ops.deploy.pruning import prune
from fairlead.ops.deploy.pulling import logins_of, registry_of, repository_of
from fairlead.ops.errors import SettingsError
from fairlead.ops.inventory import HostEntry
from fairlead.ops.package_image import PLATFORM
from fairlead.ops.ssh import RemoteHost

BUILDX = (
    "Name:   default\nDriver: docker\n\nNodes:\nName:      default\nPlatforms: linux/amd64*, linux/arm64, linux/386\n"
)


class Told:
    """A host that says one thing, whatever it is asked."""

    name = "told"

    def __init__(self, out):
        self.out = out

    def run(self, command, timeout_s=None):
        return Result(0, self.out)


@pytest.mark.parametrize(
    ("reference", "registry", "repository"),
    [
        ("nginx:1.30.6", "docker.io", "nginx"),
        ("shop/api", "docker.io", "shop/api"),
        ("mirror.example.com/library/nginx:1.30.6", "mirror.example.com", "mirror.example.com/library/nginx"),
        ("box:5000/api:r1", "box:5000", "box:5000/api"),
        ("localhost/api@sha256:ab", "localhost", "localhost/api"),
        ("nginx:1.30.6@sha256:ab", "docker.io", "nginx"),
    ],
)
def test_an_image_has_a_registry_and_a_repository_in_its_name(reference, registry, repository):
    assert (registry, repository) == (registry_of(reference), repository_of(reference))


def test_a_login_takes_its_password_from_a_variable_and_an_empty_one_is_said():
    registries = {"box:5000": RegistrySettings("deploy", "BOX_TOKEN")}

    ((user, password),) = logins_of(registries, {"BOX_TOKEN": "t0ken"}).values()
    assert ("deploy", "t0ken", "***") == (user, password.value, str(password))
    with pytest.raises(SettingsError, match=r"^deploy.registries.box:5000: BOX_TOKEN is empty; give it the password$"):
        logins_of(registries, {"BOX_TOKEN": ""})


@pytest.mark.parametrize(
    ("told", "platform"),
    [("linux x86_64\n", "linux/amd64"), ("linux aarch64\n", "linux/arm64"), ("linux riscv64\n", "linux/riscv64")],
)
def test_an_engines_kind_is_named_as_images_name_it(told, platform):
    assert platform == platform_of(Told(told), "docker")


def test_fairlead_yaml_may_say_what_a_host_is():
    assert "linux/arm64" == platform_of(RemoteHost(HostEntry("prod", "192.0.2.1", platform="linux/arm64")))


def test_what_a_builder_emulates_is_among_what_it_builds_for():
    assert ("linux/amd64", "linux/arm64", "linux/386") == built_platforms(Told(BUILDX), "docker")
    assert () == built_platforms(Told("unknown command: docker buildx"), "docker")


def test_another_place_to_build_than_the_host_is_wrong_use():
    host = RemoteHost(HostEntry("prod", "192.0.2.1"))

    with pytest.raises(SettingsError, match=r"^--build-on prod: only the word host is known"), built_for(host, "prod"):
        pass


def test_an_agent_for_another_kind_of_machine_has_another_name(monkeypatch):
    mine = AGENT.name("")

    monkeypatch.setenv(PLATFORM, "linux/arm64")

    assert mine != AGENT.name("")


@pytest.fixture
def store(tmp_path):
    """Four blobs of 100 bytes, the first needed longest ago, and a note that names each."""
    store = BlobStore(tmp_path)
    for number in range(4):
        digest = store.add(bytes([number]) * 100)
        os.utime(store.path(digest), (number, number))
        (tmp_path / "by-content" / str(number)).write_text(digest)
    return store


def _left(store):
    return sorted(path.read_bytes()[0] for path in store.folder.iterdir() if path.is_file())


@pytest.mark.parametrize(
    ("oldest", "most_bytes", "left"), [(0, 1000, [0, 1, 2, 3]), (2, 1000, [2, 3]), (0, 299, [2, 3]), (9, 0, [])]
)
def test_blobs_go_by_age_and_by_size_and_the_last_needed_stay(store, oldest, most_bytes, left):
    removed = prune(store, [], oldest, most_bytes)

    assert (left, 400 - 100 * len(left)) == (_left(store), removed)
    assert [str(number) for number in left] == sorted(path.name for path in (store.folder / "by-content").iterdir())


def test_what_is_needed_now_stays_however_old_it_is(store):
    needed = store.add(b"\0" * 100)
    os.utime(store.path(needed), (0, 0))

    prune(store, [needed, "sha256:not-here"], 9, 0)

    assert [0] == _left(store)
    assert store.path(needed).stat().st_mtime > 1000


def _saved(folder, content, layer):
    """One image as `docker save` unpacks into *folder*, with one layer."""
    config = json.dumps({"rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]}})
    folder.mkdir()
    (folder / "config").write_text(config)
    (folder / "layer").write_bytes(layer)
    return {"Config": "config", "Layers": ["layer"]}


def test_a_layer_that_the_engine_keeps_compressed_is_the_same_layer(tmp_path):
    store, content = BlobStore(tmp_path / "blobs"), b"a tar of some files" * 100

    plain, packed = (
        _pack("shop:1", _saved(tmp_path / name, content, layer), tmp_path / name, BlobStore(tmp_path / f"of-{name}"))
        for name, layer in (("plain", content), ("packed", gzip.compress(content, 1)))
    )

    assert plain == packed
    with pytest.raises(LayerError, match="compressed with zstd"):
        _pack("shop:1", _saved(tmp_path / "z", content, b"\x28\xb5\x2f\xfd"), tmp_path / "z", store)
