"""The tables about database servers and swarms, held to the real programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.lint.compose import parse
from fairlead.lint.discovery import Catalogue
from fairlead.lint.policy import Policy
from fairlead.lint.rules.compose import swarm
from fairlead.lint.rules.compose.server_facts import CHANGES
from fairlead.lint.rules.compose.server_values import _GONE_MODES

DOCKER = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"
MYSQL, VERSION = "fairlead/mysql:9.7.4", (9, 7, 4)
REDIS = "fairlead/redis:8.0.6"

VALUES = {
    "cpus": "1",
    "depends_on": "[b]",
    "tmpfs": "[/x]",
    "scale": "2",
    "profiles": "[a]",
    "volumes_from": "[b]",
    "develop": "{watch: []}",
    "device_cgroup_rules": "[a]",
    "dns_opt": "[a]",
    "devices": '["/dev/x:/dev/x"]',
    "external_links": "[b]",
    "links": "[b]",
    "group_add": "[a]",
    "privileged": "true",
    "security_opt": "[a]",
    "build": ".",
}
"""Values of the right kind for keys that take no text."""


def _mysqld(folder: Path, options: list[str]) -> str:
    """What mysqld says about a configuration file with *options*, without starting."""
    file = folder / "my.cnf"
    file.write_text("\n".join(["[mysqld]", *options, ""]))
    file.chmod(0o644)
    folder.chmod(0o755)
    words = ["run", "--rm", "--network", "none", "--user", "999:999", "--volume", f"{file}:/my.cnf:ro"]
    server = ["--entrypoint", "mysqld", MYSQL, "--defaults-file=/my.cnf", "--validate-config"]
    done = subprocess.run([DOCKER, *words, *server], capture_output=True, text=True, check=False)
    return done.stderr + done.stdout


REMOVED = sorted(name for name, change in CHANGES["mysql"].items() if change.removed and change.removed <= VERSION)
DEPRECATED = sorted(name for name, change in CHANGES["mysql"].items() if change.removed is None)


UNKNOWN = """
for option; do
    printf '[mysqld]\\n%s\\n' "$option" >/tmp/my.cnf
    mysqld --defaults-file=/tmp/my.cnf --validate-config 2>&1 | grep -q unknown && echo "$option"
done
exit 0
"""
"""Prints the options that mysqld does not know; one container for all, since to start one takes longer than to ask."""


def test_mysql_knows_none_of_the_removed_options() -> None:
    options = [f"{name}=1" for name in (*REMOVED, "port")]
    words = [DOCKER, "run", "--rm", "--network", "none", "--user", "999:999", "--entrypoint", "sh", MYSQL]
    asked = subprocess.run([*words, "-c", UNKNOWN, "sh", *options], capture_output=True, text=True, check=True)

    assert options[:-1] == asked.stdout.split()


def test_mysql_still_takes_the_deprecated_options(tmp_path: Path) -> None:
    values = {"binlog-format": "ROW"}
    names = [f"skip-{name}" if name == "slave-start" else f"{name}={values.get(name, '1')}" for name in DEPRECATED]

    assert "[ERROR]" not in _mysqld(tmp_path, names)


def test_mysql_skips_a_loose_option_and_takes_a_removed_one_for_a_fault(tmp_path: Path) -> None:
    assert "[ERROR]" not in _mysqld(tmp_path, ["loose-query-cache-size=0"])
    assert "unknown variable" in _mysqld(tmp_path, ["query_cache_size=0"])


def test_mysql_refuses_a_collation_of_another_character_set(tmp_path: Path) -> None:
    message = _mysqld(tmp_path, ["character-set-server=latin1", "collation-server=utf8mb4_general_ci"])

    assert "is not valid for CHARACTER SET" in message


def _stack(folder: Path, service: str, top: str = "") -> subprocess.CompletedProcess[str]:
    file = folder / "stack.yml"
    file.write_text(f'version: "3.12"\n{top}\nservices:\n  a:\n    image: a\n    {service}\n  b: {{image: b}}\n')
    return subprocess.run([DOCKER, "stack", "config", "-c", str(file)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("key", sorted(swarm._REFUSED))
def test_a_swarm_refuses_the_keys_of_the_table(tmp_path: Path, key: str) -> None:
    done = _stack(tmp_path, f"{key}: {VALUES.get(key, 'x')}")

    assert done.returncode != 0
    assert key in done.stderr or "forbidden" in done.stderr


@pytest.mark.parametrize("key", sorted(swarm._IGNORED))
def test_a_swarm_reads_the_keys_that_it_then_leaves_out(tmp_path: Path, key: str) -> None:
    assert 0 == _stack(tmp_path, f"{key}: {VALUES.get(key, 'x')}").returncode


def test_a_swarm_says_that_it_leaves_out_the_address_of_a_port(tmp_path: Path) -> None:
    assert "ignoring IP-address" in _stack(tmp_path, 'ports: ["127.0.0.1:80:80"]').stderr


FORMS = (
    "deploy: {resources: {limits: {cpus: 0.5}}}",
    "deploy: {resources: {limits: {memory: 100000000}}}",
    "deploy: {resources: {limits: {swap: 1g}}}",
    "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
    "deploy: {replicas: '3'}",
    "environment: {A: true}",
    "labels: {A: true}",
    "healthcheck: {test: [CMD, a], retries: '3'}",
    "healthcheck: {test: [CMD, a], interval: 5}",
    "hostname: ${HOME:+a}",
    "networks: {net: {priority: 5}}",
    "networks: {net: {mac_address: '02:42:ac:11:65:43'}}",
    "ports: [{target: 80, published: '8080'}]",
    "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 10m}}]",
    "stop_grace_period: 90",
    "command: [a, 1]",
    "init: 'true'",
)
TAKEN = (
    "deploy: {replicas: 3, resources: {limits: {cpus: '0.5', memory: 100m, pids: 5}}}",
    "environment: {A: 'true', B: 4, C: }",
    "healthcheck: {test: [CMD, a], retries: 3, interval: 5s, start_interval: 1s}",
    "hostname: ${NAME:-${OTHER:-a}}",
    "networks: {net: {aliases: [a], ipv4_address: 10.0.0.3}}",
    "ports: [{target: 80, published: 8080, mode: host}]",
    "volumes: [{type: tmpfs, target: /x, tmpfs: {size: 1000}}]",
    "secrets: [{source: s, mode: 0440}]",
    "ulimits: {nofile: 100, nproc: {soft: 1, hard: 2}}",
    "ports: !reset []",
)
TOP = "networks: {net: {driver: overlay}}\nsecrets: {s: {external: true}}"


@pytest.mark.parametrize("service", FORMS)
def test_a_swarm_refuses_the_form_that_is_reported(tmp_path: Path, service: str) -> None:
    done = _stack(tmp_path, service, TOP)

    assert (True, True) == (done.returncode != 0, _reported_in_swarm(service))


@pytest.mark.parametrize("service", TAKEN)
def test_a_swarm_takes_the_form_that_is_not_reported(tmp_path: Path, service: str) -> None:
    done = _stack(tmp_path, service, TOP)

    assert (0, False) == (done.returncode, _reported_in_swarm(service))


def _reported_in_swarm(service: str) -> bool:
    text = f"services:\n  a:\n    image: a\n    {service}\n  b: {{image: b}}\n{TOP}\n"
    rules = (Catalogue().find(f"compose/{name}") for name in ("form-refused-by-swarm", "refused-by-swarm"))
    return any(True for rule in rules if rule is not None for _ in rule.findings(parse(text), Policy()))


@pytest.mark.parametrize(
    "options",
    [
        ("--maxmemory-policy", "allkeys_lru"),
        ("--appendonly", "true"),
        ("--maxmemory", "1.5gb"),
        ("--loglevel", "info"),
        ("--protected-mode", "false"),
    ],
)
def test_redis_refuses_the_value_that_is_reported(options: tuple[str, str]) -> None:
    words = ["run", "--rm", "--network", "none", "--entrypoint", "redis-server", REDIS, *options]

    done = subprocess.run([DOCKER, *words], capture_output=True, text=True, check=False, timeout=60)

    assert (1, True) == (done.returncode, "FATAL CONFIG" in done.stderr + done.stdout)


@pytest.mark.parametrize("mode", sorted(_GONE_MODES))
def test_mysql_refuses_the_modes_of_the_table(tmp_path: Path, mode: str) -> None:
    assert "Error while setting value" in _mysqld(tmp_path, [f"sql-mode={mode}"])
