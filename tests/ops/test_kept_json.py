"""Files of ours on a host that somebody has edited."""

from __future__ import annotations

import pytest

from fairlead.ops.agent.bundle import checked
from fairlead.ops.agent.record import state_of
from fairlead.ops.deploy.assets import lists_assets
from fairlead.ops.deploy.ending import ending
from fairlead.ops.deploy.handing import moment_of, run_owed
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.target import Target
from fairlead.ops.deploy.tier_handing import begun_tier, run_owed_of_tier
from fairlead.ops.errors import SettingsError
from fairlead.ops.hosts import Opened
from fairlead.ops.kept_json import data_of


@pytest.mark.parametrize("text", ['{"services": {}}\n# by hand', "[1]", "{", "services: {}", "null", "\x00"])
def test_an_edited_file_is_named_with_what_to_do(text):
    with pytest.raises(SettingsError) as caught:
        data_of(text, "prod: /srv/shop/releases/r1/compose.yaml")

    assert str(caught.value).startswith("prod: /srv/shop/releases/r1/compose.yaml: no")
    assert str(caught.value).endswith("; put back what was edited there by hand")


def test_a_file_that_is_not_there_says_nothing():
    assert ({}, {}, {"a": 1}) == (data_of(None, ""), data_of("", ""), data_of('{"a": 1}', ""))


def test_an_edited_state_is_no_fault_of_the_tool():
    with pytest.raises(SettingsError, match=r"^state\.json: no JSON any more"):
        state_of("current: r1")


class Host:
    """A host with one file, below every folder, that somebody has edited; the other *files* are as they were."""

    name = "prod"

    def __init__(self, edited, files, text):
        self.edited, self.files, self.text = edited, files, text

    def read(self, path):
        return self.text if path.endswith(f"/{self.edited}") else self.files.get(path)


TARGET = Target("docker", "linux/amd64", "999", "0:0", ("r1",), state_of('{"current": "r1"}'))
READERS = {
    "release.json of assets": ("release.json", lambda opened: lists_assets(opened, TARGET)),
    "release.json of hooks": ("release.json", lambda opened: moment_of(opened, TARGET, "r1")),
    "hooks.json": ("hooks.json", lambda opened: run_owed(opened, TARGET)),
    "tier.json": ("tier.json", begun_tier),
    "tier-hooks.json": ("tier-hooks.json", lambda opened: run_owed_of_tier(opened, TARGET)),
    "rotations.json": ("rotations.json", lambda opened: ending(opened, ["r1"])),
}


@pytest.mark.parametrize("text", ["{", "[1]", "owed: []"])
@pytest.mark.parametrize(("file", "reads"), READERS.values(), ids=READERS)
def test_no_edited_file_on_a_host_is_a_fault_of_the_tool(file, reads, text, tmp_path, monkeypatch):
    (tmp_path / "fairlead.yaml").write_text("name: shop\ncompose: {files: [compose.yml]}\n")
    monkeypatch.chdir(tmp_path)
    host = Host(file, {"/srv/shop/state/tier": "base.next-1\n"}, text)

    with pytest.raises(SettingsError, match=rf"{file}: no.*; put back what was edited there"):
        reads(Opened(host, Layout("shop", "/srv/shop")))


@pytest.mark.parametrize("data", [{"version": 1}, {"version": 1, "services": 5, "stack": "shop", "name": "r1"}, {}])
def test_a_manifest_that_lacks_something_is_named_with_what_to_do(data):
    with pytest.raises(SettingsError, match=r"^prod: /srv/shop/releases/r1/release\.json: "):
        checked(data, "/srv/shop", "prod: /srv/shop/releases/r1/release.json")
