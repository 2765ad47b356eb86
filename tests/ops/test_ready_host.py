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
   0: 00000000:{:04X} 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0        0 1
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


@pytest.mark.parametrize(
    ("port", "state", "answers", "says"),
    [
        (443, "0A", {"publish=443": "hand-made-web-1\n"}, "443, wanted by nginx, by container hand-made-web-1"),
        (443, "0A", {"ss ": 'LISTEN 0 511 *:443 *:* users:(("apache2",pid=77,fd=4))\n'}, "by process 77 (apache2)"),
        (8090, "0A", {}, "8090, wanted by page, by a process of another user"),
        (8090, "0A", {"publish=8090": "shop-base-nginx-1\n"}, ""),
        (443, "01", {}, ""),
        (80, "0A", {}, ""),
    ],
)
def test_a_port_that_somebody_else_holds_is_said_before_anything_is_sent(port, state, answers, says):
    host = Host(**{"/proc/net/tcp": LISTENING.format(port, state), **answers})
    if not says:
        check_ports(host, TARGET, LAYOUT, MERGED)
        return
    with pytest.raises(TargetError) as caught:
        check_ports(host, TARGET, LAYOUT, MERGED)

    assert str(caught.value).startswith("prod: ports are taken there: ")
    assert says in str(caught.value)
    assert str(caught.value).endswith("; end that, or set other ports; nothing was changed there")


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
