"""Under --dry every task that changes something prints what it would do, and changes nothing."""

from __future__ import annotations

import hashlib

import pytest

TASKS = [
    ("env",),
    ("bases",),
    ("build",),
    ("up",),
    ("up", "--dev", "--scale", "backend=2"),
    ("down",),
    ("down", "--volumes", "--prune", "--yes"),
    ("exec", "--service", "backend", "--command", "touch /tmp/touched"),
    ("doctor", "--fix", "--yes"),
    ("lint", "--fix", "--unsafe-fixes"),
]


@pytest.fixture(scope="module")
def project(checkout_at, tmp_path_factory):
    """A checkout that was never brought up, with something for the linter to mend."""
    checkout = checkout_at(tmp_path_factory.mktemp("dry"), "agentchat-test-dry")
    site = checkout.folder / "docker" / "nginx.conf"
    site.write_text(site.read_text().replace("    server_tokens off;\n", ""))
    return checkout


def _state(checkout):
    """Every file of the checkout, and everything of its project that the engine has."""
    files = {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in checkout.folder.rglob("*")
        if path.is_file()
    }
    label = f"label=com.docker.compose.project={checkout.name}"
    things = [checkout.docker(kind, "ls", "--quiet", "--filter", label) for kind in ("volume", "network", "image")]
    return files, things, checkout.docker("ps", "--all", "--quiet", "--filter", label)


@pytest.mark.parametrize("arguments", TASKS, ids=" ".join)
def test_a_dry_run_shows_and_changes_nothing(project, arguments):
    before = _state(project)

    ended = project.inv("--dry", *arguments)

    assert before == _state(project)
    assert "Traceback" not in ended.err
    assert (ended.out + ended.err).strip()


def test_a_dry_up_shows_every_step(project):
    shown = project.inv("--dry", "up").out

    for step in ("write .env", "write the files of the secrets", "switch the edge to g1", "start the services"):
        assert step in shown
    assert "(mode 0600)" in shown
    assert "up --detach" in shown


def test_a_dry_init_writes_nothing(project, tmp_path):
    (tmp_path / "docker-compose.yml").write_text("services:\n  web:\n    image: nginx:1.30.6\n")
    from dataclasses import replace

    ended = replace(project, folder=tmp_path).inv("--dry", "init")

    assert "fairlead.yaml" in ended.out
    assert ["docker-compose.yml"] == [path.name for path in tmp_path.iterdir()]
