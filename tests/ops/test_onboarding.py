"""A project that has never heard of us: init describes it, ready says what it lacks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fairlead.lint.data import load_yaml
from fairlead.schemas import errors

COMPOSE = """services:
  web:
    image: nginx:1.28
    ports: ["80:80"]
  db:
    image: mysql:8.4.3
"""
NGINX = """events {}
http {
    server {
        listen 80;
        location / {
            root /srv;
        }
    }
}
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "My Shop"
    (folder / "nginx").mkdir(parents=True)
    (folder / "docker-compose.yml").write_text(COMPOSE)
    (folder / "docker-compose.prod.yml").write_text("services:\n  web:\n    restart: unless-stopped\n")
    (folder / "nginx" / "nginx.conf").write_text(NGINX)
    (folder / ".env.example").write_text("TZ=UTC\n")
    return folder


def _fairlead(folder, *arguments):
    command = [sys.executable, "-m", "fairlead", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_init_describes_what_it_finds(project):
    _fairlead(project, "init")
    data = load_yaml((project / "fairlead.yaml").read_text(), "fairlead.yaml")

    assert [] == errors("fairlead", data)
    assert {
        "name": "my-shop",
        "compose": {"files": ["docker-compose.yml", "docker-compose.prod.yml"]},
        "env": {"example": ".env.example"},
        "nginx": ["nginx/nginx.conf"],
    } == data


def test_init_with_a_baseline_leaves_only_new_findings(project):
    begun = _fairlead(project, "init", "--baseline")

    assert (0, "") == (begun.returncode, begun.stderr)
    assert 0 == _fairlead(project, "lint").returncode
    (project / "nginx" / "nginx.conf").write_text(NGINX.replace("root /srv;", "root /srv;\n            autoindex on;"))
    assert 1 == _fairlead(project, "lint").returncode


def test_init_adds_to_the_hooks_that_are_there(project):
    hooks = project / ".pre-commit-config.yaml"
    hooks.write_text("repos:\n  - repo: local\n    hooks: []\n")
    _fairlead(project, "init")

    repos = load_yaml(hooks.read_text(), "hooks")["repos"]
    assert ["local", "fairlead-lint"] == [repos[0]["repo"], repos[1]["hooks"][0]["id"]]


def test_init_leaves_hooks_alone_that_it_cannot_add_to(project):
    text = "repos: []\n"
    (project / ".pre-commit-config.yaml").write_text(text)
    _fairlead(project, "init")

    assert text == (project / ".pre-commit-config.yaml").read_text()


def test_init_changes_nothing_when_dry_or_done_before(project):
    dry = _fairlead(project, "--dry", "init")
    assert "write " in dry.stdout
    assert not (project / "fairlead.yaml").exists()

    (project / "fairlead.yaml").write_text("name: mine\ncompose: {files: [docker-compose.yml]}\n")
    again = _fairlead(project, "init")
    assert (2, "fairlead.yaml is there already; inv ready says what the stack still lacks\n") == (
        again.returncode,
        again.stderr,
    )


def test_init_finds_nothing_to_describe_in_an_empty_folder(tmp_path):
    ended = _fairlead(tmp_path, "init")

    assert 2 == ended.returncode
    assert "no compose and no nginx file here or below" in ended.stderr
    assert [] == list(tmp_path.iterdir())


def test_ready_says_level_by_level_what_is_lacking(project):
    _fairlead(project, "init")
    ended = _fairlead(project, "ready", "--json")
    needs = json.loads(ended.stdout)

    assert 1 == ended.returncode
    assert ["lint", "verify", "certbot", "deploy"] == list(dict.fromkeys(need["level"] for need in needs))
    lacking = {need["what"]: need["mend"] for need in needs if not need["met"]}
    assert lacking["a health check for every service"] == "give web, db a health check"
    assert "a fairlead.yaml" not in lacking
    assert "a server on port 80" not in lacking


def test_port_80_may_be_another_one_inside_of_the_container(project):
    (project / "docker-compose.yml").write_text(COMPOSE.replace("80:80", "${HTTP_PORT:-80}:8080"))
    (project / "nginx" / "nginx.conf").write_text(NGINX.replace("listen 80", "listen 8080"))
    _fairlead(project, "init")
    needs = json.loads(_fairlead(project, "ready", "--json").stdout)

    assert [True] == [need["met"] for need in needs if need["what"] == "a server on port 80"]
