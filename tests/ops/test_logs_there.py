"""Logs of several hosts at once: what cannot be read is one line and an exit code, and the others are read."""

from __future__ import annotations

import pytest

from fairlead.ops.command import Command, Result
from fairlead.ops.deploy.looking import print_all
from fairlead.ops.errors import FairleadError, UnreachableError


class Host:
    """A host that says *lines*, and then ends so."""

    def __init__(self, name, lines=(), ends=None):
        self.name, self.lines, self.ends = name, lines, ends or Result(0)

    def stream(self, command, line):
        for text in self.lines:
            line(text)
        if isinstance(self.ends, BaseException):
            raise self.ends
        return self.ends


def _printed(*hosts):
    print_all([(host, Command(("docker", "compose", "logs")), f"{host.name} | ") for host in hosts])


def test_every_line_begins_with_its_host(capsys):
    _printed(Host("web1", ["a"]), Host("web2", ["b"]))

    assert {"web1 | a", "web2 | b"} == set(capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    ("ends", "says", "code"),
    [
        (UnreachableError("web1: the connection was lost"), "web1: the connection was lost", 5),
        (Result(1, "no such service: backend\n"), "web1: exit 1: no such service: backend", 1),
    ],
)
def test_a_host_whose_logs_cannot_be_read_is_said_and_the_others_are_printed(ends, says, code, capfd):
    with pytest.raises(FairleadError) as caught:
        _printed(Host("web1", ["a"], ends), Host("web2", ["b"]))

    out, err = capfd.readouterr()
    assert (says, code, "") == (str(caught.value), caught.value.exit_code, err)
    assert "web2 | b" in out


def test_a_reader_who_has_seen_enough_is_no_fault(capfd):
    _printed(Host("web1", ["a"], BrokenPipeError()))

    assert "" == capfd.readouterr().err
