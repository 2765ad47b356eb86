"""What faults between the files of a stack do to the real engine, beside what the rules say of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairlead.lint.engine import Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.recognition import by_family, found_below
from fairlead.lint.selection import Selection

DEBIAN, NGINX = "fairlead/debian:trixie-slim", "fairlead/nginx:1.30.6"
PROJECT = "fairlead-stack-rules"


@pytest.fixture
def docker(engine: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Runs the client in the folder of the test; what it made there is gone afterwards."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([engine, *words], cwd=tmp_path, capture_output=True, text=True, check=False)

    yield run
    run("compose", "-p", PROJECT, "down", "--volumes", "--timeout", "1", "--rmi", "local")
    run("image", "rm", "--force", f"{PROJECT}-app")


def reported(folder: Path) -> set[str]:
    """The rules about stacks that report something in *folder*, with our base images taken for the official ones."""
    texts = {path: Path(path).read_text().replace("fairlead/", "") for path in found_below(str(folder))}
    files = Files(texts)
    outcome = lint(by_family(texts, files), files, Setup(selection=Selection("recommended", select=("stack",))))

    assert outcome.failures == []
    return {finding.rule for finding in outcome.findings}


@pytest.mark.parametrize(
    ("given", "source", "starts"),
    [
        ("secrets: [value]", "secrets: {value: {file: ./value}}", True),
        ("secrets: [value]", "secrets: {value: {environment: HOME}}", False),
        ("configs: [value]", "configs: {value: {content: hello}}", False),
    ],
)
def test_what_is_written_into_a_read_only_service_keeps_it_from_starting(docker, tmp_path, given, source, starts):
    (tmp_path / "value").write_text("x")
    service = f"services:\n  app:\n    image: {DEBIAN}\n    command: [sleep, '60']\n    read_only: true\n    {given}\n"
    (tmp_path / "compose.yaml").write_text(f"{service}{source}\n")

    up = docker("compose", "-p", PROJECT, "up", "-d")

    assert ((up.returncode == 0), "read-only" in up.stderr) == (starts, not starts)
    assert ("stack/secret-in-readonly-service" in reported(tmp_path)) is not starts


@pytest.mark.parametrize(("check", "status"), [("curl -f http://127.0.0.1", "unhealthy"), ("test -d /tmp", "healthy")])
def test_a_check_without_its_program_is_never_healthy(docker, tmp_path, until, check, status):
    health = f"{{test: {check}, interval: 1s, retries: 1}}"
    service = f"services:\n  app:\n    image: {DEBIAN}\n    command: [sleep, '60']\n    healthcheck: {health}\n"
    (tmp_path / "compose.yaml").write_text(service)

    assert docker("compose", "-p", PROJECT, "up", "-d").returncode == 0

    def state() -> str:
        shown = docker("inspect", f"{PROJECT}-app-1", "--format", "{{json .State.Health.Status}}").stdout
        return str(json.loads(shown))

    until(lambda: state() != "starting", "the first check")
    assert state() == status
    assert ("stack/healthcheck-tool-missing" in reported(tmp_path)) is (status == "unhealthy")


@pytest.mark.parametrize(("prepared", "is_writable"), [("true", False), ("install -d -o 10001 /app/uploads", True)])
def test_a_fresh_volume_belongs_to_whom_the_image_gave_the_folder(docker, tmp_path, prepared, is_writable):
    (tmp_path / "Dockerfile").write_text(f"FROM {DEBIAN}\nRUN {prepared}\nUSER 10001\n")
    service = "services:\n  app:\n    build: .\n    volumes: [uploads:/app/uploads]\nvolumes: {uploads: {}}\n"
    (tmp_path / "compose.yaml").write_text(service)

    run = docker("compose", "-p", PROJECT, "run", "--build", "--rm", "app", "touch", "/app/uploads/x")

    assert (run.returncode == 0) is is_writable, run.stderr
    assert ("stack/volume-of-root" in reported(tmp_path)) is not is_writable


@pytest.mark.parametrize(("host", "is_known"), [("backand", False), ("backend", True)])
def test_nginx_ends_where_a_host_is_unknown(docker, tmp_path, host, is_known):
    (tmp_path / "nginx.conf").write_text(
        f"events {{}}\nhttp {{ server {{ listen 8080; location / {{ proxy_pass http://{host}:8000; }} }} }}\n"
    )
    (tmp_path / "compose.yaml").write_text(
        f"services:\n  web:\n    image: {NGINX}\n    depends_on: [backend]\n"
        "    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']\n"
        f"  backend:\n    image: {DEBIAN}\n    command: [sleep, '60']\n"
    )

    run = docker("compose", "-p", PROJECT, "run", "--rm", "web", "nginx", "-t")

    assert ("host not found in upstream" in run.stderr) is not is_known, run.stderr
    assert ("stack/upstream-host-unknown" in reported(tmp_path)) is not is_known


@pytest.mark.parametrize(("given", "says"), [("", ""), ("command: [echo, served]", "served")])
def test_an_entrypoint_drops_the_command_of_the_image(docker, tmp_path, given, says):
    (tmp_path / "Dockerfile").write_text(f'FROM {DEBIAN}\nWORKDIR /app\nCOPY wait.sh ./\nCMD ["echo", "served"]\n')
    (tmp_path / "wait.sh").write_text('#!/bin/sh\nexec "$@"\n')
    (tmp_path / "compose.yaml").write_text(
        f"services:\n  app:\n    build: .\n    entrypoint: [sh, /app/wait.sh]\n    {given}\n"
    )

    run = docker("compose", "-p", PROJECT, "run", "--build", "--rm", "app")
    up = docker("compose", "-p", PROJECT, "up", "--no-log-prefix", "app")

    assert run.returncode == 0, run.stderr
    assert ("served" in up.stdout) is bool(says), up.stdout
    assert ("stack/entrypoint-drops-command" in reported(tmp_path)) is not bool(says)


@pytest.mark.parametrize(("command", "starts"), [("[--workers, '4']", False), ("[echo, --workers]", True)])
def test_options_alone_are_no_program(docker, tmp_path, command, starts):
    (tmp_path / "compose.yaml").write_text(f"services:\n  app:\n    image: {DEBIAN}\n    command: {command}\n")

    up = docker("compose", "-p", PROJECT, "up", "--exit-code-from", "app")

    assert (up.returncode == 0) is starts, up.stderr
    assert ("stack/command-without-program" in reported(tmp_path)) is not starts


@pytest.mark.parametrize(("files", "warns"), [(256, True), (4096, False)])
def test_nginx_warns_of_fewer_files_than_connections(docker, tmp_path, files, warns):
    (tmp_path / "nginx.conf").write_text(
        "error_log stderr warn;\npid /tmp/nginx.pid;\n"
        "events { worker_connections 1024; }\nhttp { server { listen 8080; } }\n"
    )
    (tmp_path / "compose.yaml").write_text(
        f"services:\n  web:\n    image: {NGINX}\n    ulimits: {{nofile: {files}}}\n"
        "    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']\n"
    )

    run = docker("compose", "-p", PROJECT, "run", "--rm", "web", "timeout", "2", "nginx", "-g", "daemon off;")

    assert ("exceed open file resource limit" in run.stderr + run.stdout) is warns, run.stderr
    assert ("stack/open-files-below-connections" in reported(tmp_path)) is warns


@pytest.mark.parametrize(
    ("options", "is_writable"), [("mode=0755", False), ("mode=0700,uid=1000", True), ("size=1m", True)]
)
def test_a_folder_in_memory_belongs_to_root_unless_told(docker, tmp_path, options, is_writable):
    (tmp_path / "compose.yaml").write_text(
        f"services:\n  app:\n    image: {DEBIAN}\n    user: '1000'\n    tmpfs: ['/x:{options}']\n"
    )

    run = docker("compose", "-p", PROJECT, "run", "--rm", "app", "touch", "/x/a")

    assert (run.returncode == 0) is is_writable, run.stderr
    assert ("stack/tmpfs-of-root" in reported(tmp_path)) is not is_writable
