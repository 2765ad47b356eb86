"""Which base images are built, and when; that they are the ones the stack's files name."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from fairlead.ops import base_build, base_cache
from fairlead.ops.base_catalogue import FOLDER, base_images, common_key
from fairlead.ops.base_present import missing_images
from fairlead.ops.bases import needed, registry_reachable
from fairlead.ops.command import Result
from fairlead.ops.engine import EngineNotRunningError
from fairlead.ops.errors import FairleadError, StepFailedError
from fairlead.ops.host import LocalHost

ROOT = Path(__file__).parents[2]
RUNNING = {"docker compose version --short": "2.26.1", "docker version --format '{{.Server.Version}}'": "26.1.5"}
DIRECT = {"docker info --format '{{len .RegistryConfig.Mirrors}}{{.HTTPProxy}}{{.HTTPSProxy}}'": "0"}


class EngineHost:
    """An engine that has some images; other commands are answered from a table, and kept."""

    name = "localhost"

    def __init__(self, images=None, answers=None):
        self.images = images or {}
        self.answers = {**RUNNING, **DIRECT, **(answers or {})}
        self.asked = []

    def run(self, command, timeout_s=None):
        self.asked.append(str(command))
        if command.argv[1:3] == ("image", "inspect"):
            found = [name for name in command.argv[5:] if name in self.images]
            rows = [f"{json.dumps([name])}\t{self.images[name]}\n" for name in found]
            return Result(0 if len(found) == len(command.argv[5:]) else 1, "".join(rows))
        answer = self.answers.get(str(command), Result(1, err="no"))
        return Result(0, answer) if isinstance(answer, str) else answer

    def stream(self, command, line):
        return self.run(command)

    def attach(self, command):
        return 1

    def put(self, path, content, mode):
        raise AssertionError(path)

    def read(self, path):
        return None


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "base")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def _keys(images):
    return {image.name: image.key for image in images}


def _changed(before, after):
    return {name for name, key in after.items() if before[name] != key}


def test_the_stacks_files_name_only_images_that_can_be_built_here():
    names = {name.removeprefix("fairlead/") for image in base_images(b"") for name in image.references}
    files = [*ROOT.glob("docker/*.yml"), *ROOT.glob("docker/Dockerfile*")]
    wanted = set()
    for path in files:
        text = path.read_text()
        tags = dict(re.findall(r"^ARG (\w+_TAG)=(\S+)", text, re.MULTILINE))
        for name, tag in re.findall(r"\$\{BASE_REGISTRY[-:]*\}(\w+):(\S+)", text):
            wanted.add(f"{name}:{tags[tag[2:-1]] if tag.startswith('$') else tag}")

    assert wanted
    assert set() == wanted - names


def test_debian_comes_first_since_all_others_stand_on_it():
    assert ["debian", "mysql", "nginx", "node", "python", "redis"] == sorted(_keys(base_images(b"")))
    assert "debian" == base_images(b"")[0].name


def test_the_first_tag_is_a_whole_version():
    tags = {image.name: image.tags[0] for image in base_images(b"") if image.name != "debian"}

    assert [] == [name for name, tag in tags.items() if not re.match(r"\d+\.\d+\.\d+(-|$)", tag)]


def test_no_address_of_any_machine_is_written_down():
    texts = {path: path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}

    assert [] == [path for path, text in texts.items() if re.search(rb"https?://(?!127\.0\.0\.1|localhost)", text)]


def test_a_key_is_the_same_wherever_the_files_lie(folder):
    assert _keys(base_images(b"ca", FOLDER)) == _keys(base_images(b"ca", folder))


def test_a_changed_file_builds_its_own_image_again_and_no_other(folder):
    before = base_images(b"ca", folder)
    with (folder / "nginx" / "entrypoint.sh").open("a") as file:
        file.write("\n")
    after = base_images(b"ca", folder)

    assert {"nginx"} == _changed(_keys(before), _keys(after))
    assert common_key(before) != common_key(after)


def test_a_file_that_may_be_run_is_another_file(folder):
    before = _keys(base_images(b"ca", folder))
    (folder / "mysql" / "init.sh").chmod(0o755)

    assert {"mysql"} == _changed(before, _keys(base_images(b"ca", folder)))


def test_a_changed_entry_builds_its_image_again(folder):
    before = _keys(base_images(b"ca", folder))
    catalogue = folder / "images.toml"
    catalogue.write_text(catalogue.read_text().replace('"redis-tools"]', '"redis-tools", "redis-sentinel"]'))

    assert {"redis"} == _changed(before, _keys(base_images(b"ca", folder)))


def test_debian_and_the_machines_certificates_go_into_all():
    before, after = _keys(base_images(b"one")), _keys(base_images(b"two"))

    assert set(before) == _changed(before, after)


def test_a_folder_without_a_catalogue_is_named(tmp_path):
    with pytest.raises(FairleadError, match=r"images\.toml: not found; base images are built from a checkout"):
        base_images(b"", tmp_path)


def test_an_image_of_other_contents_or_without_all_its_tags_is_built_again():
    images = base_images(b"")
    there = {name: image.key for image in images for name in image.references}
    assert () == missing_images(EngineHost(there), "docker", images)

    there["fairlead/nginx:1.30.6"] = "other"
    del there["fairlead/node:24-trixie-slim"]

    assert ["node", "nginx"] == [image.name for image in missing_images(EngineHost(there), "docker", images)]


def test_nothing_is_asked_of_the_network_where_the_engine_has_all():
    host = EngineHost({"nginx:1.30.6": "", "redis:8.0.6": ""})

    assert not needed(host, "docker", {"nginx:1.30.6", "redis:8.0.6"})
    assert [] == [command for command in host.asked if "manifest" in command]


def test_base_images_are_needed_where_one_is_absent_and_no_registry_answers():
    assert needed(EngineHost({"nginx:1.30.6": ""}), "docker", {"nginx:1.30.6", "redis:8.0.6"})


def test_base_images_are_not_needed_where_the_registry_answers():
    host = EngineHost(answers={"docker manifest inspect redis:8.0.6": "{}"})

    assert not needed(host, "docker", {"redis:8.0.6"})


@pytest.mark.parametrize("ways", ["1", "0http://proxy.example.com:3128"])
def test_an_engine_with_a_mirror_or_a_proxy_is_trusted_to_reach_its_registry(ways):
    host = EngineHost(answers={next(iter(DIRECT)): ways})

    assert registry_reachable(host, "docker", "redis:8.0.6")


def test_an_engine_that_does_not_run_is_no_reason_to_build():
    host = EngineHost(answers={"docker version --format '{{.Server.Version}}'": Result(1, err="no daemon")})

    with pytest.raises(EngineNotRunningError):
        needed(host, "docker", {"redis:8.0.6"})


def test_passwords_of_proxies_stay_out_of_arguments(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:word@proxy.example.com")
    image = base_images(b"")[1]

    command = base_build._command("docker", image, ())

    assert ["--build-arg", "HTTPS_PROXY"] == [*command.argv[5:7]]
    assert "word" not in " ".join(command.argv)


def test_a_mirror_on_this_machine_is_reached_through_its_own_network():
    assert "--network" in base_build._options("default", "http://localhost:3142/debian", rebuild=False)
    assert "--network" not in base_build._options("default", "http://mirror.example.com/debian", rebuild=False)


def test_only_the_newest_copies_stay_and_what_killed_runs_left_goes(cache):
    for age, name in enumerate(("bases-a.tar.zst", "bases-b.tar.zst", "rootfs-a.tar", "bases-c.tar.zst")):
        (cache / name).touch()
        os.utime(cache / name, (age, age))
    (cache / "bases-d.tar.zst.123.unfinished").touch()

    base_cache.forget_older(cache / "bases-c.tar.zst")

    assert ["bases-b.tar.zst", "bases-c.tar.zst", "rootfs-a.tar"] == sorted(path.name for path in cache.iterdir())


def test_a_damaged_copy_is_deleted_so_that_the_next_run_builds(cache):
    kept = cache / "bases-a.tar.zst"
    kept.write_bytes(b"half a file")

    with pytest.raises(StepFailedError, match="is damaged and was deleted, the same command again builds the images"):
        base_cache.load(LocalHost(), "cat", kept, print)

    assert not kept.exists()


def test_a_second_run_is_told_that_it_waits(cache):
    class WaitsError(Exception):
        pass

    def refuse(text):
        raise WaitsError(text)

    with base_cache.only_one(print), pytest.raises(WaitsError, match="waits for another run"):
        base_cache.only_one(refuse).__enter__()
    with base_cache.only_one(refuse):
        assert (cache / ".lock").exists()
