"""What the faults in Compose files do to the real engine, and that what the rules call good works."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.lint.compose import parse
from fairlead.lint.discovery import Catalogue
from fairlead.lint.policy import Policy

DOCKER = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"
IMAGE = "fairlead-test/empty:1"
RUNNING = "fairlead/debian:trixie-slim"


def _docker(*words: str, text: str | bytes = b"") -> subprocess.CompletedProcess[str]:
    data = text.encode() if isinstance(text, str) else text
    done = subprocess.run([DOCKER, *words], input=data, capture_output=True, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """An image with nothing in it: containers of it can be made, and fail to start for want of a program."""
    made = _docker("build", "-q", "-t", IMAGE, "-", text='FROM scratch\nCMD ["/nothing"]\nLABEL a=b\n')
    assert made.returncode == 0, made.stderr
    yield IMAGE
    _docker("image", "rm", "-f", IMAGE)


def _config(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "docker-compose.yml").write_text(text)
    return _docker("compose", "-f", str(folder / "docker-compose.yml"), "config", "--format", "json")


def _made(folder: Path, text: str) -> str:
    """What the engine says when the containers of *text* are made and started; "" when it only misses the program."""
    (folder / "docker-compose.yml").write_text(text)
    compose = ("compose", "-p", "fairlead-rules", "-f", str(folder / "docker-compose.yml"))
    try:
        done = _docker(*compose, "up", "-d", "--quiet-pull", "--timeout", "1")
        message = done.stderr + done.stdout
        return "" if "/nothing" in message and "no such file" in message else message
    finally:
        _docker(*compose, "down", "--timeout", "1")


def _reported(rule: str, text: str) -> bool:
    found = Catalogue().find(f"compose/{rule}")
    assert found is not None
    return any(True for _ in found.findings(parse(text), Policy()))


REFUSED_BY_COMPOSE = {
    "conflicting-limits": (
        "mem_limit: 512m\n    deploy: {resources: {limits: {memory: 1g}}}",
        "mem_limit: 1024m\n    deploy: {resources: {limits: {memory: 1g}}}",
        "can't set distinct values",
    ),
    "container-name-with-replicas": (
        "container_name: one\n    deploy: {replicas: 2}",
        "container_name: one\n    deploy: {replicas: 1}",
        "container name must be unique",
    ),
}

REFUSED_BY_ENGINE = {
    "reservation-above-limit": (
        "mem_limit: 64m\n    mem_reservation: 65m",
        "mem_limit: 64m",
        "less than memory reservation",
    ),
    "limit-of-a-few-bytes": ("mem_limit: 512", "mem_limit: 512m", "Minimum memory limit allowed is 6MB"),
    "log-option-refused": (
        'logging: {driver: json-file, options: {max-size: 1m, compress: "true"}}',
        'logging: {driver: json-file, options: {max-size: 1m, max-file: "2", compress: "true"}}',
        "compress cannot be true",
    ),
}


@pytest.mark.parametrize("rule", REFUSED_BY_COMPOSE)
def test_compose_refuses_what_the_rule_reports(rule: str, tmp_path: Path) -> None:
    bad, good, message = REFUSED_BY_COMPOSE[rule]
    texts = [f"services:\n  app:\n    image: {IMAGE}\n    {part}\n" for part in (bad, good)]

    assert message in _config(tmp_path, texts[0]).stderr
    assert _config(tmp_path, texts[1]).returncode == 0
    assert [True, False] == [_reported(rule, text) for text in texts]


@pytest.mark.parametrize("rule", REFUSED_BY_ENGINE)
def test_the_engine_refuses_what_the_rule_reports(rule: str, image: str, tmp_path: Path) -> None:
    bad, good, message = REFUSED_BY_ENGINE[rule]
    texts = [f"services:\n  app:\n    image: {image}\n    {part}\n" for part in (bad, good)]

    assert message in _made(tmp_path, texts[0])
    assert _made(tmp_path, texts[1]) == ""
    assert [True, False] == [_reported(rule, text) for text in texts]


def test_a_service_that_waits_for_one_without_a_health_check_never_starts(tmp_path: Path) -> None:
    text = f"""\
services:
  app: {{image: {RUNNING}, command: sleep 60, depends_on: {{db: {{condition: service_healthy}}}}}}
  db: {{image: {RUNNING}, command: sleep 60, healthcheck: {{disable: true}}}}
"""

    assert "has no healthcheck configured" in _made(tmp_path, text)
    assert _reported("waiting-for-no-healthcheck", text)


def test_a_dollar_in_a_password_is_gone_and_two_are_one(tmp_path: Path) -> None:
    text = "services:\n  db:\n    image: a:1\n    environment: {{MYSQL_PASSWORD: {}}}\n"

    lost, kept = text.format("ab$cd"), text.format("ab$$cd")

    assert [True, False] == [_reported("dollar-in-secret", each) for each in (lost, kept)]
    values = [json.loads(_config(tmp_path, each).stdout)["services"]["db"]["environment"] for each in (lost, kept)]
    assert [{"MYSQL_PASSWORD": "ab"}, {"MYSQL_PASSWORD": "ab$$cd"}] == values


def _service(folder: Path, text: str) -> dict[str, object]:
    """The service "app" as Compose reads it."""
    found: dict[str, object] = json.loads(_config(folder, text).stdout)["services"]["app"]
    return found


@pytest.mark.parametrize("operator", ["&&", "||", ";", "|", ">", "&"])
def test_compose_drops_what_follows_an_operator(operator: str, tmp_path: Path) -> None:
    text = f"services:\n  app:\n    image: a:1.2\n    command: migrate {operator} serve\n"
    quoted = text.replace(f"migrate {operator} serve", f'sh -c "migrate {operator} serve"')

    assert ["migrate"] == _service(tmp_path, text)["command"]
    assert ["sh", "-c", f"migrate {operator} serve"] == _service(tmp_path, quoted)["command"]
    assert [True, False] == [_reported("command-cut-off", each) for each in (text, quoted)]


def test_a_variable_that_is_not_set_is_empty_and_one_that_is_handed_through_is_not_there(tmp_path: Path) -> None:
    text = "services:\n  app:\n    image: a:1.2\n    environment: {SMTP_PORT: %s}\n"
    texts = [text % "'${SMTP_PORT}'", text % "null"]

    assert [{"SMTP_PORT": ""}, {"SMTP_PORT": None}] == [_service(tmp_path, each)["environment"] for each in texts]
    assert [True, False] == [_reported("number-may-be-empty", each) for each in texts]


def test_compose_refuses_a_ring_by_network_mode_and_a_secret_of_a_build_that_nobody_defines(tmp_path: Path) -> None:
    ring = "services:\n  a: {image: 'a:1', network_mode: 'service:b'}\n  b: {image: 'b:1', depends_on: [a]}\n"
    secret = "services:\n  app:\n    build: {context: ., secrets: [nobody]}\n"

    assert "cycle" in _config(tmp_path, ring).stderr
    assert "undefined build secret" in _config(tmp_path, secret).stderr
    assert _reported("dependency-cycle", ring)
    assert _reported("undefined-secret", secret)
