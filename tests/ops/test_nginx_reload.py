"""A reload is over when new workers are at work and the old ones have been told to end: not a moment before."""

from __future__ import annotations

import pytest

from fairlead.ops.agent import nginx as module
from fairlead.ops.agent.nginx import Nginx, NginxError
from fairlead.ops.command import Result

OLD = "7 nginx: worker process"
ENDING = "7 nginx: worker process is shutting down"
NEW = "9 nginx: worker process"


class Host:
    """A host whose `docker top` shows one table of processes after the other; the last one stays."""

    name = "prod"

    def __init__(self, *tables):
        self.tables = list(tables)
        self.looks = 0

    def run(self, command, timeout_s=None):
        if command.argv[1] != "top":
            return Result(0, err="2026/11/23 [emerg] 1#1: host not found\n" if command.argv[1] == "logs" else "")
        self.looks += 1
        rows = self.tables.pop(0) if len(self.tables) > 1 else self.tables[0]
        return Result(0, "\n".join(("PID COMMAND", "1 nginx: master process", *rows)))


def test_a_reload_is_over_when_the_old_workers_only_end_what_they_have():
    host = Host([OLD], [OLD], [OLD, NEW], [OLD, NEW], [ENDING, NEW])
    Nginx(host, "edge", "/e").reload()

    assert (5, {"7"}, {"9"}) == (host.looks, Nginx(host, "edge", "/e").leaving(), Nginx(host, "edge", "/e").workers())


def test_a_reload_is_over_when_the_old_workers_are_gone_already():
    host = Host([OLD], [NEW])
    Nginx(host, "edge", "/e").reload()

    assert 2 == host.looks


def test_an_nginx_that_starts_no_new_worker_goes_on_as_it_was(monkeypatch):
    monkeypatch.setattr(module, "RELOAD_S", 0.0)

    with pytest.raises(NginxError, match=r"goes on with the old configuration: .*host not found"):
        Nginx(Host([OLD]), "edge", "/e").reload()
