"""What is looked at on a host before anything is built: its engine, its clock, its ports."""

from __future__ import annotations

import pytest

from fairlead.ops.command import Result
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.ready import check_ports, clock_note
from fairlead.ops.deploy.target import Target, TargetError, examine
from fairlead.ops.engine import EngineError

LAYOUT = Layout("shop", "/srv/shop")
TARGET = Target("docker", "linux/amd64", "999", "1000:1000", ())
MERGED = {
    "services": {
        "nginx": {"ports": [{"published": "443", "protocol": "tcp"}, {"published": "443", "protocol": "udp"}]},
        "page": {"ports": [{"published": "8090", "host_ip": "127.0.0.1"}]},
    }
}
LISTENING = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: {} 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0        0 1
"""


class Host:
    """A host that answers from a table, by how a command begins."""

    name = "prod"

    def __init__(self, **answers):
        self.answers = answers

    def run(self, command, timeout_s=None):
        shown = " ".join(command.argv)
        return next((Result(0, text) for part, text in self.answers.items() if part in shown), Result(127))


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (10_000, ""),
        (10_059, ""),
        (13_600, "prod: its clock is 60 minutes before this machine's: one of the two is wrong"),
        (6_400, "prod: its clock is 60 minutes behind this machine's"),
        (96_400, "prod: its clock is 24.0 hours before this machine's"),
    ],
)
def test_clocks_that_are_apart_are_said_with_what_to_do(there, says):
    note = clock_note(Host(date=str(there)), clock=lambda: 10_000.0)

    assert note.startswith(says)
    assert bool(says) == ("timedatectl says which, inv provision --host prod sets the host's" in note)


def test_a_host_without_an_answer_about_its_clock_is_not_judged():
    assert "" == clock_note(Host())


LOCAL, EVERY = "0100007F", "00000000"
LOCAL6, EVERY6 = "00000000000000000000000001000000", "0" * 32
HAND = "hand-made-web-1"


@pytest.mark.parametrize(
    ("table", "address", "port", "answers", "says"),
    [
        (
            "tcp",
            EVERY,
            443,
            {"docker ps": f"{HAND} 0.0.0.0:443->443/tcp"},
            f"443, wanted by nginx, by container {HAND}",
        ),
        ("tcp", EVERY, 443, {"ss ": 'LISTEN *:443 *:* users:(("apache2",pid=77,fd=4))\n'}, "by process 77 (apache2)"),
        ("tcp", LOCAL, 443, {}, "443, wanted by nginx, by a process of another user"),
        ("tcp6", EVERY6, 443, {}, "443, wanted by nginx"),
        ("udp", EVERY, 443, {}, "443/udp, wanted by nginx, by a process of another user"),
        ("udp6", EVERY6, 443, {}, "443/udp, wanted by nginx"),
        ("tcp", LOCAL, 8090, {}, "8090, wanted by page, by a process of another user"),
        ("tcp", "0A0000CB", 8090, {}, ""),
        ("tcp6", LOCAL6, 8090, {}, ""),
        ("tcp6", "0000000000000000FFFF00000100007F", 8090, {}, "8090, wanted by page"),
        ("udp", LOCAL, 8090, {}, ""),
        ("tcp", EVERY, 8090, {"docker ps": "shop-base-nginx-1 0.0.0.0:8090->8090/tcp, [::]:8090->8090/tcp"}, ""),
        ("tcp", EVERY, 80, {}, ""),
    ],
)
def test_a_port_that_somebody_else_has_is_said_before_anything_is_sent(table, address, port, answers, says):
    host = Host(**{"/proc/net/": _table(table, address, port), **answers})
    if not says:
        check_ports(host, TARGET, LAYOUT, MERGED)
        return
    with pytest.raises(TargetError) as caught:
        check_ports(host, TARGET, LAYOUT, MERGED)

    assert str(caught.value).startswith("prod: ports are taken there: ")
    assert says in str(caught.value)
    assert str(caught.value).endswith("; end that, or set other ports; nothing was changed there")


def _table(name, address, port, state=""):
    lines = LISTENING.format(f"{address}:{port:04X}", state or {"tcp": "0A", "udp": "07"}[name.rstrip("6")])
    return "".join(f"{name} {line}\n" for line in lines.splitlines())


@pytest.mark.parametrize(
    ("ports", "says"),
    [
        ("0.0.0.0:440-450->440-450/tcp", "443, wanted by nginx"),
        ("0.0.0.0:443->8443/udp", "443/udp, wanted by nginx"),
        ("127.0.0.1:8090->80/tcp", "8090, wanted by page"),
        ("203.0.113.5:8090->80/tcp, 8443/tcp", ""),
    ],
)
def test_a_port_that_a_container_publishes_is_taken_also_where_no_process_listens(ports, says):
    host = Host(**{"docker ps": f"{HAND} {ports}"})
    if not says:
        check_ports(host, TARGET, LAYOUT, MERGED)
        return
    with pytest.raises(TargetError, match=rf"{says}, by container {HAND}"):
        check_ports(host, TARGET, LAYOUT, MERGED)


def test_a_connection_of_a_process_takes_no_port():
    check_ports(Host(**{"/proc/net/": _table("tcp", EVERY, 443, "01")}), TARGET, LAYOUT, MERGED)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({}, "prod: no docker with Compose is installed; inv provision --host prod installs it"),
        (
            {"compose version": "2.20.0"},
            "prod: Compose is 2.20.0, at least 2.24.4 is needed; inv provision --host prod",
        ),
        (
            {"compose version": "2.30.0", "docker version": "24.0.9"},
            "prod: the engine is 24.0.9, at least 25.0 is needed; inv provision --host prod installs it",
        ),
    ],
)
def test_an_engine_that_will_not_do_is_said_with_the_hosts_name(answers, says):
    with pytest.raises(EngineError) as caught:
        examine(Host(**answers), LAYOUT)

    assert (5, True) == (caught.value.exit_code, str(caught.value).startswith(says))


def test_a_host_that_was_never_made_one_is_sent_to_provision():
    with pytest.raises(
        TargetError, match="prod: /srv/shop/releases: not there or not yours; inv provision --host prod"
    ):
        examine(Host(**{"compose version": "2.30.0", "docker version": "28.0.0"}), LAYOUT)


def test_a_release_never_gets_the_name_of_one_that_was_removed():
    host = Host(
        **{
            "compose version": "2.30.0",
            "docker version": "28.0.0",
            "test -w": "",
            "/srv/shop/releases": "r9\nr10\nhand-made\n",
            "/srv/shop/state/journal": "r9.jsonl\nr11.jsonl\nbase-data.jsonl\n",
        }
    )
    host.read = lambda path: None

    target = examine(host, LAYOUT)

    assert ("r12", ("r9", "r10")) == (target.next_release, target.releases)
