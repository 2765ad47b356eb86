"""docker.env.example documents exactly what the stack reads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from fairlead.lint.data import load_yaml
from fairlead.lint.envfile import parse

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE = [DOCKER / "docker-compose.yml", DOCKER / "docker-compose.prod.yml"]

# Set by `inv` itself for each run.
OF_THE_RUN = {"RELEASE", "GIT_REVISION", "TLS_GROUP", "CERTBOT_USER", "CERTBOT_INPUTS"}
# Read by `inv` itself, not by Compose.
OF_INV = {
    *("DOMAINS", "ACME_SERVER", "ACME_CA_BUNDLE", "ACME_EAB_KID", "ACME_EAB_HMAC_KEY"),
    *("MYSQL_PASSWORD_PREVIOUS", "MYSQL_MIGRATION_PASSWORD_PREVIOUS", "REDIS_PASSWORD_PREVIOUS"),
}
# Limits of services that a small host need not change; their defaults stand in docker-compose.prod.yml.
LIMITS = re.compile(r"^(NGINX|FRONTEND|BACKEND|MIGRATE|MYSQL|REDIS|CERTBOT)_(CPUS|MEMORY)$")
# Fixed by the compose files, or by the image.
FIXED = {
    "MYSQL_HOST",
    "MYSQL_PORT",
    "MYSQL_USER",
    "MYSQL_MIGRATION_USER",
    "MYSQL_WAIT_S",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_USER",
    "TRUSTED_PROXIES",
}


def _documented() -> set[str]:
    path = DOCKER / "docker.env.example"
    return {entry.name for entry in parse(path.read_text(), str(path)).entries}


def _read() -> set[str]:
    texts = "".join(path.read_text() for path in COMPOSE)
    plain = re.sub(r"\$\$.", "", texts)
    secrets = load_yaml(COMPOSE[0].read_text(), str(COMPOSE[0]))["secrets"]
    settings = load_yaml((ROOT / "fairlead.yaml").read_text(), "fairlead.yaml")
    values = {name.upper() for name in secrets if name not in settings["secrets"]["templates"]}
    return set(re.findall(r"\$\{([A-Z_]+)", plain)) | values


def test_every_variable_that_is_read_is_documented():
    undocumented = _read() - _documented() - OF_THE_RUN

    assert set() == {name for name in undocumented if not LIMITS.match(name)}


def test_every_variable_that_is_documented_is_read():
    assert set() == _documented() - _read() - OF_INV


def test_every_setting_of_the_application_can_be_given():
    listed = subprocess.run(
        [sys.executable, "-m", "agentchat.settings", "--list"],
        cwd=ROOT / "app" / "backend",
        capture_output=True,
        text=True,
        check=True,
    )

    assert set() == {row["name"] for row in json.loads(listed.stdout)} - _documented() - FIXED


def test_the_example_holds_no_secret():
    path = DOCKER / "docker.env.example"
    settings = load_yaml((ROOT / "fairlead.yaml").read_text(), "fairlead.yaml")
    values = parse(path.read_text(), str(path)).values({})
    keys = {name for name in values if name.endswith(("_KEY", "_PASSWORD", "_PREVIOUS"))}

    assert set(settings["env"]["generate"]) <= keys
    assert {""} == {values[name] for name in keys}


def test_the_sections_are_those_of_the_seed():
    sections = re.findall(r"^# -+ (.+?) -+$", (DOCKER / "docker.env.example").read_text(), re.MULTILINE)

    assert [
        "AI models",
        "search",
        "mail",
        "security",
        "database",
        "application",
        "development",
    ] == sections
