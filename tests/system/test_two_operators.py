"""Two operators of one host: while the first one builds and sends, the second one is refused, and told of the first."""

from __future__ import annotations

import re

import pytest

from .deployed import ROOT, STACK, copy_of


@pytest.fixture(scope="module")
def host(first_deploy, tmp_path_factory):
    """The stack, deployed for the first time."""
    with copy_of(first_deploy, tmp_path_factory.mktemp("operators")) as made:
        yield made


def _reserved(host, run):
    """Waits until the deploy *run* has reserved the host."""
    host.machine.root("timeout", "60", "sh", "-c", f"until test -s {ROOT}/state/sending; do sleep 0.05; done")
    assert run.poll() is None


def test_while_one_sends_the_other_is_refused_and_one_that_was_killed_holds_nothing(host):
    before = host.state
    host.change("# of two operators")
    first = host.start("deploy", "--host", "prod", "--allow-local-bases")
    try:
        _reserved(host, first)
        second = host.inv("deploy", "--host", "prod", "--allow-local-bases")
        told = host.inv("lock", "--host", "prod")
        assert "" == host.machine.root("docker", "ps", "--quiet", "--filter", f"name={STACK}-agent")
    finally:
        first.kill()
        out, _ = first.communicate()

    who = r"prod: deploy of r2 by \S+@\S+, since \S+ \S+ UTC"
    assert (4, 1) == (second.code, len(second.err.splitlines())), second.err + out
    assert re.fullmatch(rf"{who} has the host; wait for it; nothing was changed\n", second.err)
    assert re.fullmatch(rf"{who} has the host\n", told.out)
    assert before == host.state

    host.deploy()

    now = host.state["current"]
    assert before["current"] != now == host.serving()
    assert f"prod: free; {now} serves\n" == host.inv("lock", "--host", "prod").out


def test_what_was_cut_off_stays_so_while_it_is_only_asked_what_would_be_done(host):
    host.change("# of a dry abort")
    before = host.state["current"]
    assert 3 == _cut_off(host)
    seen = _all(host)
    pending = host.state["pending"]

    aborted = host.inv("--dry", "deploy", "--host", "prod", "--abort")
    resumed = host.inv("--dry", "deploy", "--host", "prod", "--resume")
    planned = [host.inv("deploy", "--host", "prod", flag, "--plan") for flag in ("--abort", "--resume")]

    assert (0, f"prod: would take back the switch to {pending}\n") == (aborted.code, aborted.out), aborted.err
    assert (0, f"prod: would go on with the switch to {pending}\n") == (resumed.code, resumed.out), resumed.err
    assert [(2, 1)] * 2 == [(each.code, len(each.err.splitlines())) for each in planned]
    assert seen == _all(host)

    ended = host.inv("deploy", "--host", "prod", "--abort")
    assert (0, before, "") == (ended.code, host.serving(), host.state["pending"]), ended.out + ended.err


def _cut_off(host):
    """The exit code of a deploy whose agent was killed when it began to start the new release."""
    process, name = host.start("deploy", "--host", "prod", "--allow-local-bases"), f"{STACK}-agent"
    step = '"start", "step": "start the new release"'
    wait = f"until docker logs {name} 2>/dev/null | grep -q '{step}'; do :; done; docker kill {name}"
    host.machine.root("timeout", "240", "sh", "-c", wait)
    process.communicate()
    return process.returncode


def _all(host):
    """What is kept about deployments, and every container."""
    words = f"cat {ROOT}/state/*.json* {ROOT}/state/journal/*; ls -A {ROOT}/releases {ROOT}/state"
    return host.machine.root("sh", "-c", f"{words}; docker ps --all --format '{{{{.ID}}}} {{{{.Names}}}}'")
