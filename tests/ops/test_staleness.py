"""What an earlier run left undone is seen by the next."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.ops.command import Result
from fairlead.ops.compose import ComposeProject, Container
from fairlead.ops.edge import point
from fairlead.ops.secret_files import forgotten_values
from fairlead.ops.settings import EdgeSettings, EnvSettings, SecretSettings, Settings
from fairlead.ops.stack import Stack
from fairlead.ops.staleness import LOADED, must_reload, stale_services

STARTED = "2026-11-22T10:00:00.123456789Z"
BEFORE, AFTER = 1795341600.0, 1795341601.0
"""10:00:00 and 10:00:01 of that day."""


class Engine:
    """A host whose one container began at STARTED; files are this machine's."""

    name = "localhost"

    def run(self, command, timeout_s=None):
        return Result(0, f"{STARTED}\n") if "inspect" in command.argv else Result(1)

    def read(self, path):
        file = Path(path)
        return file.read_text() if file.is_file() else None


@pytest.fixture
def stack(tmp_path):
    """A stack with one secret, whose file says what the environment says."""
    (tmp_path / "db_password").write_text("s3cret")
    env, secrets = EnvSettings(tmp_path / ".env"), SecretSettings(tmp_path)
    settings = Settings(tmp_path, "shop", (), (), env, secrets, None, {})
    project = ComposeProject("docker", "shop", (), None, {})
    return Stack(settings, Engine(), {"DB_PASSWORD": "s3cret"}, project, development=False)


@pytest.fixture
def merged(tmp_path):
    """The model: web reads the secret, page does not."""
    return {
        "services": {"web": {"secrets": [{"source": "db_password"}]}, "page": {}},
        "secrets": {"db_password": {"file": str(tmp_path / "db_password")}},
    }


WEB = Container("web", "shop-web-1", "running", "healthy", 0, "Up", ())
PAGE = replace(WEB, service="page", name="shop-page-1")


@pytest.mark.parametrize(("written", "stale"), [(BEFORE, []), (AFTER, ["web"])])
def test_a_service_is_stale_where_its_secret_was_written_after_its_start(stack, merged, tmp_path, written, stale):
    os.utime(tmp_path / "db_password", (written, written))

    assert stale == stale_services(stack, merged, (WEB, PAGE))


def test_a_service_is_stale_where_its_secret_is_going_to_be_written(stack, merged, tmp_path):
    os.utime(tmp_path / "db_password", (BEFORE, BEFORE))
    changed = replace(stack, values={"DB_PASSWORD": "another"})

    assert ["web"] == stale_services(changed, merged, (WEB, PAGE))
    assert [] == stale_services(changed, merged, (replace(WEB, state="exited"), PAGE))


def test_nginx_is_told_again_only_while_it_has_not_read_the_live_generation(tmp_path):
    edge = EdgeSettings("nginx", tmp_path, "/etc/nginx/edge", ())
    for name in ("g1", "g2"):
        (tmp_path / name).mkdir()
    point(edge, "g1")

    assert must_reload(edge)
    (tmp_path / LOADED).write_text("g1")
    assert not must_reload(edge)
    point(edge, "g2")
    assert must_reload(edge)


def test_a_value_that_only_a_secrets_file_still_holds_is_found(tmp_path):
    (tmp_path / "db_password").write_text("s3cret")
    (tmp_path / "mail_password").write_text("")

    assert ["DB_PASSWORD"] == forgotten_values(
        SecretSettings(tmp_path), ["DB_PASSWORD", "MAIL_PASSWORD", "NEW_KEY"], Engine()
    )
