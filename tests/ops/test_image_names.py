"""Images of a release have names of its own on the host, and stand there as they were sent."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.agent.gc import removal
from fairlead.ops.command import Result
from fairlead.ops.compose import ComposeProject
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.making import make_release
from fairlead.ops.deploy.naming import give_names, own_name
from fairlead.ops.deploy.sending import Sending
from fairlead.ops.deploy.target import Target
from fairlead.ops.errors import StepFailedError
from fairlead.ops.settings import load_settings
from fairlead.ops.stack import Stack

LAYOUT = Layout("shop", "/srv/shop")
NGINX, OURS, THEIRS = (f"sha256:{letter * 64}" for letter in "abc")
SETTINGS = """\
name: shop
compose: {files: [compose.yml]}
edge: {service: nginx, folder: edge, mount: /e, files: [nginx.conf]}
"""
SERVICES = {
    "nginx": {"x-fairlead-tier": "edge", "image": "nginx:1.30.6"},
    "api": {"x-fairlead-tier": "app", "image": "shop/api:latest", "networks": {"front": None}},
    "web": {"x-fairlead-tier": "app", "image": "shop/web:r2", "networks": {"front": None}},
    "migrate": {"x-fairlead-tier": "job", "image": "shop/api:latest"},
}


class Compose:
    """A host whose Compose knows one model, of files in *folder*."""

    name = "localhost"

    def __init__(self, folder):
        self.edge = {"type": "bind", "source": f"{folder}/edge", "target": "/e", "read_only": True}

    def run(self, command, timeout_s=None):
        nginx = {**SERVICES["nginx"], "entrypoint": ["nginx", "-c", "/e/live/nginx.conf"], "volumes": [self.edge]}
        services = {**SERVICES, "nginx": nginx}
        return Result(0, json.dumps({"name": "shop", "services": services, "networks": {"front": {}}}))


class Engine:
    """A host whose engine has images, by name."""

    name = "prod"

    def __init__(self, **images):
        self.images = {name.replace("_", "/", 1).replace("__", ":"): identity for name, identity in images.items()}

    def run(self, command, timeout_s=None):
        words = command.argv[1:]
        if words[0] == "tag" and words[1] in self.images:
            self.images[words[2]] = self.images[words[1]]
            return Result(0)
        if words[0] == "tag":
            return Result(1, err=f"Error: No such image: {words[1]}")
        return Result(0, "".join(f"{self.images.get(name, '')}\n" for name in words[4:]))


@pytest.fixture
def stack(tmp_path):
    for name in ("nginx.conf", "compose.yml"):
        (tmp_path / name).write_text("# as committed\n")
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    settings = load_settings(tmp_path / "fairlead.yaml")
    project = ComposeProject("docker", "shop", settings.compose_files, None, {})
    return Stack(settings, Compose(settings.root), {}, project, development=False)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("shop/api:r2", "shop/api:r2"),
        ("shop/api:1.4-r2", "shop/api:1.4-r2"),
        ("shop/api-r2:latest", "shop/api-r2:latest"),
        ("shop/api@sha256:abc", "shop/api@sha256:abc"),
        ("shop/api:latest", "shop/api:latest-r2"),
        ("shop/api", "shop/api:r2"),
        ("registry.example.com:5000/api", "registry.example.com:5000/api:r2"),
        ("registry.example.com:5000/api:1", "registry.example.com:5000/api:1-r2"),
        ("shop/api:r21", "shop/api:r21-r2"),
        ("shop/bar2", "shop/bar2:r2"),
    ],
)
def test_an_image_has_a_name_on_the_host_that_no_other_release_can_have(reference, name):
    assert name == own_name(reference, "r2")


def test_a_release_whose_image_has_the_same_name_as_the_one_before_runs_it_by_a_name_of_its_own(stack):
    ids = {"nginx:1.30.6": NGINX, "shop/api:latest": OURS, "shop/web:r2": OURS}
    release = make_release(stack, "r2", LAYOUT, ids)

    run = {name: each["image"] for name, each in release.projects.app["services"].items()}
    assert {"api": "shop/api:latest-r2", "migrate": "shop/api:latest-r2", "web": "shop/web:r2"} == run
    assert {"shop/api:latest-r2": "shop/api:latest"} == release.named
    manifest = json.loads(release.files[0].data)
    assert {"nginx:1.30.6": NGINX, "shop/api:latest-r2": OURS, "shop/web:r2": OURS} == manifest["images"]


def test_names_are_given_on_the_host_and_an_image_that_is_not_there_is_said():
    engine = Engine(shop_api__latest=OURS)
    give_names(engine, "docker", {"shop/api:latest-r2": "shop/api:latest"})

    assert OURS == engine.images["shop/api:latest-r2"]
    with pytest.raises(StepFailedError, match=r"shop/web: gets no name of its own: .*No such image"):
        give_names(engine, "docker", {"shop/web:r2": "shop/web"})


def _sending(stack, engine, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sending = Sending(engine, Target("docker", "linux/amd64", "999", "0:0", ()), LAYOUT, "r2", "docker", "agent:1")
    release = make_release(stack, "r2", LAYOUT, {"shop/api:latest": OURS, "shop/web:r2": OURS})
    vars(sending).update(release=release, wanted={"shop/api:latest": OURS, "shop/web:r2": OURS})
    return sending


def test_files_go_over_only_while_the_images_there_are_those_that_were_sent(stack, tmp_path, monkeypatch):
    engine = Engine(shop_api__latest=OURS, shop_web__r2=OURS)
    give_names(engine, "docker", {"shop/api:latest-r2": "shop/api:latest"})
    sending = _sending(stack, engine, tmp_path, monkeypatch)
    names = ("shop/api:latest-r2", "shop/web:r2", "nginx:1.30.6")
    assert dict.fromkeys(names[:2], OURS) == sending._ids_there(names)

    for name in names[:2]:
        engine.images |= {**dict.fromkeys(names[:2], OURS), name: THEIRS}
        with pytest.raises(StepFailedError, match=f"another run has replaced {name} there; run it again"):
            sending._ids_there(names)


def test_what_is_removed_with_a_release_are_the_names_that_only_it_has(tmp_path):
    folder = tmp_path / "releases" / "r2"
    folder.mkdir(parents=True)
    listed = ["nginx:1.30.6", "shop/api:latest-r2", "shop/web:r2", "shop/r2@sha256:abc", "shop/web:r21"]
    manifest = {
        **{"version": 1, "stack": "shop", "name": "r2", "networks": {}, "volumes": {}, "edge": "", "mount": ""},
        **{"services": {}, "probes": [], "smoke": [], "drain_s": 1, "watch_s": 1},
        "images": dict.fromkeys(listed, OURS),
    }
    (folder / "release.json").write_text(json.dumps(manifest))

    titles = [step.title for step in removal(str(tmp_path), "r2")]

    assert ["remove shop/api:latest-r2", "remove shop/web:r2"] == titles[1:-1]
