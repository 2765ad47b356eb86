"""While no release serves, edge and data are sent anew: what was wrong with a first try can be mended."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from fairlead.ops.agent.record import State
from fairlead.ops.deploy.base import send_base
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.sending import Sending
from fairlead.ops.deploy.target import Target
from fairlead.ops.deploy.upload import Upload
from fairlead.ops.errors import LockedError, StepFailedError
from fairlead.ops.host import LocalHost

FILES = [Upload("compose.yaml", "new"), Upload("secrets/root", "new", 0o444)]


@pytest.fixture
def there(tmp_path):
    """A host's folder, and an engine that notes what it is told; *agent* there means that one runs."""
    client = tmp_path / "docker"
    client.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/told\n'
        f'test "$1" = ps && test -e {tmp_path}/agent && echo id\n! test -e {tmp_path}/broken || test "$1" = ps\n'
    )
    client.chmod(0o755)
    (tmp_path / "state").mkdir()
    return tmp_path, str(client), Layout("shop", str(tmp_path))


def _earlier(folder):
    (folder / "base" / "files").mkdir(parents=True)
    (folder / "base" / "compose.yaml").write_text("old")


def test_the_first_base_is_sent_and_nothing_is_ended(there):
    folder, client, layout = there
    send_base(LocalHost(), client, layout, FILES)

    assert ("new", False) == ((folder / "base/compose.yaml").read_text(), (folder / "told").exists())


def test_what_a_failed_first_deploy_left_is_replaced_and_its_containers_end(there):
    folder, client, layout = there
    _earlier(folder)
    send_base(LocalHost(), client, layout, FILES)

    assert ["compose.yaml", "secrets"] == sorted(path.name for path in (folder / "base").iterdir())
    assert "new" == (folder / "base/compose.yaml").read_text()
    assert ["ps --quiet --filter name=^/shop-agent$", "compose --project-name shop-base down"] == (
        (folder / "told").read_text().splitlines()
    )


@pytest.mark.parametrize("state", [{"current": "r1"}, {"pending": "r1"}, {}])
def test_a_deploy_that_has_begun_meanwhile_is_left_alone(there, state):
    folder, client, layout = there
    _earlier(folder)
    (folder / "state/state.json").write_text(json.dumps(state))
    if not state:
        (folder / "agent").touch()

    with pytest.raises(LockedError, match="another deploy has begun there meanwhile"):
        send_base(LocalHost(), client, layout, FILES)
    assert "old" == (folder / "base/compose.yaml").read_text()


def test_the_base_is_kept_once_a_release_serves():
    base = {"services": {}}
    target = Target("docker", "linux/amd64", "999", "0:0", ("r1",), base=base)

    assert (None, base) == (target.kept, replace(target, state=State("r1", "g1")).kept)


@pytest.mark.parametrize(("state", "sent"), [(State(), ["r2", "base"]), (State("r1", "g1"), ["r2"])])
def test_a_deploy_sends_the_base_as_long_as_no_release_serves(there, state, sent):
    folder, client, layout = there
    _earlier(folder)
    (folder / "releases").mkdir()
    target = Target(client, "linux/amd64", "999", "0:0", ("r1",), state, base={"services": {}})
    sending = Sending(LocalHost(), target, layout, "r2", client, "agent:1")
    settings = SimpleNamespace(secrets=None)
    vars(sending).update(release=SimpleNamespace(files=(), base=FILES), stack=SimpleNamespace(settings=settings))
    said = []
    sending._send(LocalHost(), said.append)

    assert sent == [text.rpartition("/")[2] for text in said if text.startswith(str(folder))]
    assert ("new" if "base" in sent else "old") == (folder / "base/compose.yaml").read_text()


def test_containers_that_do_not_end_leave_the_files_that_they_mount(there):
    folder, client, layout = there
    _earlier(folder)
    (folder / "broken").touch()

    with pytest.raises(StepFailedError, match=r"send the files of edge and data: .*base: .*; nothing serves there"):
        send_base(LocalHost(), client, layout, FILES)
    assert "old" == (folder / "base/compose.yaml").read_text()
