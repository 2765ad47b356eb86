"""A host is reserved for one deploy for as long as this machine talks to it; by real processes, on this machine."""

from __future__ import annotations

import re
import subprocess
import threading

import pytest

from fairlead.ops.command import Result
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.reserving import HOLD, holder, reserved
from fairlead.ops.errors import FairleadError, LockedError, UnreachableError
from fairlead.ops.host import LocalHost

SAID = r"deploy of r7 by \S+@\S+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


class Host(LocalHost):
    """This machine, as one on which a command ends with the connection."""

    def __init__(self):
        super().__init__()
        self.name = "prod"
        self.processes = []

    def stream(self, command, line, source=None):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command.argv, **pipes) as process:
            self.processes.append(process)
            threading.Thread(target=self._feed, args=(process.stdin, source), daemon=True).start()
            out = []
            for raw in process.stdout:
                out.append(raw.decode())
                line(out[-1].rstrip())
            return Result(process.wait(), "".join(out))

    @staticmethod
    def _feed(stdin, source):
        with stdin:
            while data := source.read(1):
                stdin.write(data)
                stdin.flush()


@pytest.fixture
def layout(tmp_path):
    for name in ("state/journal", "releases"):
        (tmp_path / name).mkdir(parents=True)
    return Layout("shop", str(tmp_path))


def _refused(layout, release="r7"):
    with pytest.raises(FairleadError) as caught, reserved(Host(), layout, release):
        pass
    return caught.value


def test_a_second_deploy_is_refused_with_who_deploys_what_from_where_and_since_when(layout):
    with reserved(Host(), layout, "r7"):
        error = _refused(layout)
        told = holder(LocalHost(), layout)

    assert (LockedError, 4) == (type(error), error.exit_code)
    assert re.fullmatch(f"prod: {SAID} has the host; wait for it; nothing was changed", str(error))
    assert re.fullmatch(SAID, told)


def test_a_host_is_free_once_the_deploy_has_ended_however_it_ended(layout):
    with pytest.raises(KeyError), reserved(Host(), layout, "r7"):
        raise KeyError
    assert "" == holder(LocalHost(), layout)
    with reserved(Host(), layout, "r7"):
        assert re.fullmatch(SAID, holder(LocalHost(), layout))

    assert "" == (layout and holder(LocalHost(), layout))


def test_a_name_that_was_given_meanwhile_is_not_given_again(layout):
    folder, journal = f"{layout.root}/releases/r7", f"{layout.state}/journal/r8.jsonl"
    subprocess.run(("mkdir", folder), check=True)
    subprocess.run(("touch", journal), check=True)

    for release in ("r7", "r8"):
        error = _refused(layout, release)
        assert (LockedError, 4) == (type(error), error.exit_code)
        assert f"prod: another deploy has made {release} meanwhile; run it again; nothing was changed" == str(error)
    with reserved(Host(), layout, "r9"):
        assert True


def test_a_process_there_that_was_killed_holds_nothing(layout):
    host = Host()
    with reserved(host, layout, "r7"):
        host.processes[0].kill()
        host.processes[0].wait()

        with reserved(Host(), layout, "r7"):
            assert re.fullmatch(SAID, holder(LocalHost(), layout))


@pytest.mark.parametrize("ends", [True, False])
def test_a_machine_that_is_gone_or_falls_silent_holds_nothing(layout, ends):
    words = ("sh", "-c", HOLD, "sh", f"{layout.state}/sending", "deploy of r7", "0.2")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert b"held\n" == process.stdout.readline()
        if ends:
            process.stdin.close()

        assert 0 == process.wait(timeout=20)
    assert "" == holder(LocalHost(), layout)


def test_a_host_that_cannot_be_reserved_says_why_and_nothing_begins(tmp_path):
    error = _refused(Layout("shop", str(tmp_path / "not-there")))

    assert (FairleadError, 1) == (type(error), error.exit_code)
    assert re.match("prod: cannot be reserved for r7: .*not-there/state/sending.*; nothing was changed", str(error))


def test_a_connection_that_is_lost_at_once_is_told(layout):
    class Lost(Host):
        def stream(self, command, line, source=None):
            raise UnreachableError("prod: the connection was lost")

    with (
        pytest.raises(FairleadError, match="the connection was lost; nothing was changed"),
        reserved(Lost(), layout, "r7"),
    ):
        pass
