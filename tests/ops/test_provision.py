"""What a host lacks, decided from what its commands answer; the commands themselves run in tests/system."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.command import Result
from fairlead.ops.errors import FairleadError
from fairlead.ops.inventory import HostEntry
from fairlead.ops.provision.daemon import daemon_need
from fairlead.ops.provision.needs import needs

ENTRY = HostEntry("prod", "203.0.113.5", folder="/srv/shop")
INSTALLED = "dpkg-query --show '--showformat=${db:Status-Status}'"
UFW = "Status: active\n\nTo      Action  From\n"
SMALL = "MemTotal:        2048000 kB\n"


class Answers:
    """Answers commands from a table by how they are shown; any other command is not found."""

    name = "prod"

    def __init__(self, answers, files=None):
        self.answers = {
            "id -u": "0\n",
            "sh -c 'echo $SSH_CONNECTION'": "198.51.100.7 50000 203.0.113.5 2222\n",
            **answers,
        }
        self.files = {"/etc/os-release": "ID=debian\nVERSION_ID=13\n", **(files or {})}

    def run(self, command, timeout_s=None):
        answer = self.answers.get(str(command), Result(127))
        return Result(0, answer) if isinstance(answer, str) else answer

    def read(self, path):
        return self.files.get(path)


def _need(name, answers, files=None):
    return next(need for need in needs(Answers(answers, files), ENTRY, "deploy") if need.id == name)


def _shown(need):
    return [str(step) for step in need.steps]


def test_ssh_is_let_in_by_its_own_port_before_the_firewall_is_on():
    need = _need("firewall", {"ufw status": "Status: inactive\n"})

    assert [
        "ufw allow 2222/tcp",
        "ufw allow 80/tcp",
        "ufw allow 443/tcp",
        "ufw allow 443/udp",
        "ufw --force enable",
    ] == _shown(need)


def test_only_the_rules_that_are_missing_are_added():
    rows = "2222/tcp  LIMIT  Anywhere\n80  ALLOW  Anywhere\nWWW Secure  ALLOW  Anywhere\n"
    assert _need("firewall", {"ufw status": UFW + rows}).ok

    need = _need("firewall", {"ufw status": UFW + "2222/tcp  ALLOW  Anywhere\n80/tcp  DENY  Anywhere\n"})
    assert ["ufw allow 80/tcp", "ufw allow 443/tcp", "ufw allow 443/udp"] == _shown(need)


@pytest.mark.parametrize(
    "answers",
    [
        {"firewall-cmd --state": "running"},
        {"nft list chains": "type filter hook input priority filter; policy drop;"},
    ],
)
def test_another_firewall_is_left_to_its_owner(answers):
    need = _need("firewall", answers)

    assert (True, ()) == (need.ok, need.steps)


def test_a_host_whose_ssh_port_is_not_known_gets_no_firewall():
    with pytest.raises(FairleadError, match="prod: the port of sshd is not known"):
        _need("firewall", {"sh -c 'echo $SSH_CONNECTION'": "\n"})


@pytest.mark.parametrize(
    ("files", "ok", "steps"),
    [
        ({"/proc/meminfo": "MemTotal:        8048000 kB\n"}, True, 0),
        ({"/proc/meminfo": SMALL, "/proc/swaps": "Filename\n/dev/sda2 partition\n"}, True, 0),
        ({"/proc/meminfo": SMALL, "/proc/swaps": "Filename\n"}, False, 5),
        ({"/proc/meminfo": SMALL, "/etc/fstab": "/swapfile none swap sw 0 0\n"}, False, 4),
    ],
)
def test_a_small_machine_without_swap_gets_some(files, ok, steps):
    need = _need("swap", {}, files)

    assert (ok, steps) == (need.ok, len(need.steps))


def test_a_clock_is_looked_after_where_systemd_runs():
    assert _need("clock", {f"{INSTALLED} chrony": "installed"}).ok
    assert _need("clock", {}).ok
    assert "systemd-timesyncd" in _shown(_need("clock", {"test -d /run/systemd/system": ""}))[-1]


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ('APT::Periodic::Unattended-Upgrade "1";\n', True),
        ('APT::Periodic::Unattended-Upgrade "0";\n', False),
        ('// APT::Periodic::Unattended-Upgrade "1";\n', False),
        (None, False),
    ],
)
def test_upgrades_count_only_where_they_are_switched_on(text, ok):
    files = {"/etc/apt/apt.conf.d/20auto-upgrades": text} if text else {}

    assert ok == _need("upgrades", {f"{INSTALLED} unattended-upgrades": "installed"}, files).ok


def test_a_system_that_we_do_not_know_is_left_to_a_person():
    need = _need("upgrades", {}, {"/etc/os-release": "ID=alpine\n"})

    assert (False, True, ()) == (need.ok, need.blocked, need.steps)


FILE = "/etc/docker/daemon.json"
GOOD = {"live-restore": True, "log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "5"}}


def _written(data, answers=None):
    need = daemon_need(Answers(answers or {}, {FILE: json.dumps(data)}))
    return json.loads(str(need.steps[0]).partition(": ")[2]) if need.steps else None


def test_the_engines_settings_are_added_to_those_of_its_owner():
    assert _written(GOOD) is None
    assert GOOD == _written({})
    assert {**GOOD, "log-opts": {"max-size": "1m", "max-file": "5"}} == _written({"log-opts": {"max-size": "1m"}})
    assert {"log-driver": "journald", "live-restore": True} == _written({"log-driver": "journald"})


def test_an_engine_in_a_swarm_gets_no_live_restore():
    swarm = {"docker info --format '{{.Swarm.LocalNodeState}}'": "active\n"}

    assert "live-restore" not in _written({}, swarm)


def test_a_running_engine_takes_the_settings_by_a_reload_before_the_restart():
    running = {
        "docker compose version --short": "2.26.1",
        "docker version --format '{{.Server.Version}}'": "26.1.5",
        "test -d /run/systemd/system": "",
    }

    steps = daemon_need(Answers(running)).steps

    assert "systemctl reload docker && systemctl restart docker" == str(steps[1])
