"""Images for a host of another kind than this machine: built for it, or refused before they are sent."""

from __future__ import annotations

import os
import subprocess
import uuid

import pytest

from fairlead.ops.deploy.building import built_for, built_platforms, platform_of, refuse_foreign
from fairlead.ops.deploy.target import TargetError
from fairlead.ops.host import LocalHost
from fairlead.ops.inventory import HostEntry
from fairlead.ops.ssh import RemoteHost

OTHER = "linux/386"
"""What an engine on amd64 builds without an emulation."""


@pytest.fixture
def image(engine, tmp_path):
    """The image of a compose project, and what builds it."""
    name = f"fairlead-test-{uuid.uuid4().hex[:8]}:1"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    (tmp_path / "compose.yaml").write_text(f"services: {{a: {{image: '{name}', build: .}}}}\n")
    command = (engine, "compose", "--file", str(tmp_path / "compose.yaml"), "build")
    yield name, lambda: subprocess.run(command, check=True, capture_output=True)
    subprocess.run((engine, "image", "rm", "--force", name), check=False, capture_output=True)


def _host(platform):
    return RemoteHost(HostEntry("prod", "192.0.2.1", platform=platform))


def test_an_image_is_built_for_the_hosts_kind_and_no_other_host_is_sent_it(engine, image):
    name, build = image
    assert platform_of(LocalHost(), engine) in built_platforms(LocalHost(), engine)

    with built_for(_host(OTHER), ""):
        build()

    assert "DOCKER_DEFAULT_PLATFORM" not in os.environ
    refuse_foreign(_host(OTHER), OTHER, engine, [name])
    with pytest.raises(TargetError, match=f"^prod: runs linux/arm64, and {name} is here for {OTHER}; nothing was sent"):
        refuse_foreign(_host("linux/arm64"), "linux/arm64", engine, [name])


def test_a_host_of_this_machines_kind_is_built_for_as_ever(engine, image):
    name, build = image
    mine = platform_of(LocalHost(), engine)

    with built_for(_host(f"{mine}/v1"), ""):
        build()

    refuse_foreign(_host(mine), mine, engine, [name])


def test_a_kind_that_nothing_here_builds_for_is_refused():
    said = "^prod: runs linux/s390x, and this machine builds for .* alone; --build-on host builds there"

    with pytest.raises(TargetError, match=said), built_for(_host("linux/s390x"), ""):
        pass
