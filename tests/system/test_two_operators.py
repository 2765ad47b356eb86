"""Two operators of one host: while the first one builds and sends, the second one is refused, and told of the first."""

from __future__ import annotations

import re

import pytest

from .deployed import ROOT, STACK, deployed


@pytest.fixture(scope="module")
def host(engine, tmp_path_factory):
    """The stack, deployed for the first time."""
    with deployed(engine, tmp_path_factory.mktemp("operators")) as made:
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
    assert re.fullmatch(rf"{who} is on its way there; wait for it; nothing was changed\n", second.err)
    assert re.fullmatch(rf"{who}, is on its way there\n", told.out)
    assert before == host.state

    host.deploy()

    now = host.state["current"]
    assert before["current"] != now == host.serving()
    assert f"prod: free; {now} serves\n" == host.inv("lock", "--host", "prod").out
