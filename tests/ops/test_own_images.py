"""A release runs the images that it was made with, also when another has got their name."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.agent.bundle import FILE, VERSION, load
from fairlead.ops.agent.own_images import TITLE, own_images_step
from fairlead.ops.command import Result
from fairlead.ops.errors import StepFailedError

OURS, THEIRS, JOB = (f"sha256:{letter * 64}" for letter in "abc")


class Engine:
    """A host whose engine has images by name, and *kept* ones that have none."""

    name = "prod"

    def __init__(self, images, kept=()):
        self.images = dict(images)
        self.kept = {*self.images.values(), *kept}

    def run(self, command, timeout_s=None):
        words = command.argv[1:]
        if words[0] == "tag":
            if words[1] not in self.kept:
                return Result(1, err="Error response from daemon: No such image")
            self.images[words[2]] = words[1]
            return Result(0)
        found = self.images.get(words[-1])
        return Result(0, f"{found}\n") if found else Result(1, err="Error: No such image")


def _bundle(tmp_path, image="shop/api:r2", images=None):
    folder = tmp_path / "releases" / "r2"
    folder.mkdir(parents=True)
    services = {"api": {"image": image}, "migrate": {"image": "shop/migrate:r2"}}
    (folder / "compose.yaml").write_text(json.dumps({"services": services}))
    manifest = {
        **{"version": VERSION, "stack": "shop", "name": "r2", "networks": {}, "volumes": {}, "edge": "nginx"},
        **{"mount": "/etc/nginx/live", "probes": [], "smoke": [], "drain_s": 1, "watch_s": 1},
        "services": {"edge": [], "app": ["api"], "data": [], "job": ["migrate"]},
        "images": images if images is not None else {image: OURS, "shop/migrate:r2": JOB},
    }
    (folder / FILE).write_text(json.dumps(manifest))
    return load(str(tmp_path), "r2")


def _looked(bundle, engine, *, jobs=False):
    said = []
    (step,) = own_images_step(bundle, jobs=jobs)
    step.run(engine, said.append)
    return said


def test_a_release_whose_images_are_its_own_starts(tmp_path):
    assert [] == _looked(_bundle(tmp_path), Engine({"shop/api:r2": OURS, "shop/migrate:r2": JOB}), jobs=True)


@pytest.mark.parametrize(
    ("there", "is_now"),
    [({"shop/api:r2": THEIRS}, f"is sha256:{'b' * 12} on this host"), ({}, "is not on this host")],
)
def test_a_release_does_not_start_with_the_code_of_another(tmp_path, there, is_now):
    bundle = _bundle(tmp_path)

    with pytest.raises(StepFailedError) as caught:
        _looked(bundle, Engine(there))

    said = f"shop/api:r2 {is_now}, and r2 was made with sha256:{'a' * 12}; deploy it anew"
    assert f"prod: {TITLE}: {said}" == str(caught.value)


def test_a_name_that_another_image_got_is_given_back_where_the_own_one_is_still_there(tmp_path):
    engine = Engine({"shop/api:latest": THEIRS}, kept=[OURS])

    said = _looked(_bundle(tmp_path, "shop/api:latest"), engine)

    assert {"shop/api:latest": OURS} == engine.images
    assert [f"shop/api:latest: stands for sha256:{'b' * 12}; r2 was made with sha256:{'a' * 12}"] == said


def test_images_of_jobs_count_only_where_jobs_run(tmp_path):
    bundle = _bundle(tmp_path)

    assert [] == _looked(bundle, Engine({"shop/api:r2": OURS}))
    with pytest.raises(StepFailedError, match="shop/migrate:r2 is not on this host"):
        _looked(bundle, Engine({"shop/api:r2": OURS}), jobs=True)


def test_images_of_which_the_manifest_knows_no_id_are_taken_as_they_are(tmp_path):
    assert [] == _looked(_bundle(tmp_path, images={}), Engine({"shop/api:r2": THEIRS}))
