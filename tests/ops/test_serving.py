"""A release that was read from its host, and the way to what the host publishes."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from collections.abc import Mapping

import pytest

from fairlead.ops.agent.record import State
from fairlead.ops.command import Command, Result
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.target import Target, TargetError
from fairlead.ops.errors import FairleadError
from fairlead.ops.reach import on_this_machine
from fairlead.ops.serving.release import released
from fairlead.ops.serving.way import reached

LAYOUT = Layout("shop", "/srv/shop")
BASE = {
    "name": "shop-base",
    "services": {"nginx": {"image": "nginx:1", "networks": {"front": None}}},
    "networks": {"front": {"name": "shop_front", "external": True}},
    "secrets": {"key": {"file": "/srv/shop/base/secrets/key"}},
}
APP = {
    "name": "shop-r2",
    "services": {"web": {"image": "web:1", "networks": {"front": None, "egress": None}}},
    "networks": {"front": {"name": "shop_front", "external": True}, "egress": {}},
}
FILES = {
    "base/compose.yaml": json.dumps(BASE),
    "base/secrets/key": "of the base\n",
    "releases/r2/compose.yaml": json.dumps(APP),
    "releases/r2/release.json": json.dumps({"revision": "feedc0de", "services": {"app": ["web"]}}),
    "releases/r2/nginx/nginx.conf": "events {}\n",
    "releases/r2/nginx/site/names.conf": "server_name shop.test www.shop.test;\n",
    "releases/r2/secrets/token": "of the release",
}


class Machine:
    """A host whose one folder holds *files*."""

    name = "prod"

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def run(self, _: Command, timeout_s: float | None = None) -> Result:
        """The folder, packed."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path, text in self._files.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        return Result(0, base64.b64encode(packed.getvalue()).decode())


def _target(current: str = "r2") -> Target:
    return Target("docker", "linux/amd64", "999", "1000:1000", ("r1", "r2"), State(current))


def _released(files: Mapping[str, str], current: str = "r2"):
    return released(Machine(files), LAYOUT, _target(current))


def test_base_and_release_are_one_model_with_the_engines_names() -> None:
    found = _released(FILES)

    assert {"nginx", "web"} == set(found.merged["services"])
    assert {"front": "shop_front", "egress": "shop-r2_egress"} == {
        key: value["name"] for key, value in found.merged["networks"].items()
    }
    assert ["shop-base", "shop-r2"] == [project.name for project in found.projects]


def test_a_release_holds_its_nginx_its_names_and_its_secrets_and_shows_no_value() -> None:
    found = _released(FILES)

    assert {"nginx.conf", "site/names.conf"} == set(found.nginx)
    assert ("shop.test", "www.shop.test") == found.site_names("site/names.conf")
    assert () == found.site_names("elsewhere.conf")
    assert {"key": "of the base", "token": "of the release"} == found.secrets
    assert "of the release" not in repr(found)


def test_a_host_without_a_release_says_how_to_get_one() -> None:
    with pytest.raises(TargetError, match="prod: no release serves there; inv deploy --host prod"):
        _released(FILES, current="")


def test_a_release_whose_file_is_gone_or_broken_is_named() -> None:
    gone = {path: text for path, text in FILES.items() if not path.endswith("r2/compose.yaml")}

    with pytest.raises(FairleadError, match=r"prod: releases/r2/compose\.yaml is gone"):
        _released(gone)
    with pytest.raises(FairleadError, match=r"prod: base/compose\.yaml is no JSON"):
        _released({**FILES, "base/compose.yaml": "{"})


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://localhost:8090/version", "http://localhost:40001/version"),
        ("http://127.0.0.1/health?a=b", "http://127.0.0.1:40001/health?a=b"),
        ("https://shop.test/version", "https://shop.test/version"),
    ],
)
def test_only_what_a_host_keeps_for_itself_is_asked_another_way(url: str, wanted: str) -> None:
    assert wanted == reached(url, lambda _address, _port: ("127.0.0.1", 40001))
    assert url == reached(url, on_this_machine)
