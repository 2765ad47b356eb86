"""Files travel as one archive and take their place in one step."""

from __future__ import annotations

import re
import subprocess

import pytest

from fairlead.ops.command import Result, Secret
from fairlead.ops.deploy.upload import Upload, send
from fairlead.ops.errors import StepFailedError
from fairlead.ops.host import LocalHost
from fairlead.ops.inventory import HostEntry
from fairlead.ops.ssh import RemoteHost


def _mode(path):
    return path.stat().st_mode & 0o777


def test_an_empty_folder_holds_what_was_sent(tmp_path):
    folder = tmp_path / "releases" / "r1"
    folder.mkdir(parents=True)

    send(
        LocalHost(),
        str(folder),
        [
            Upload("release.json", "{}", 0o640),
            Upload("files/bin/run", b"\x00\xff", 0o755),
            Upload("secrets/key", Secret("word \u00fc\n"), 0o444),
        ],
    )

    assert ["files", "release.json", "secrets"] == sorted(path.name for path in folder.iterdir())
    assert (b"\x00\xff", 0o755) == ((folder / "files/bin/run").read_bytes(), _mode(folder / "files/bin/run"))
    assert ("word \u00fc\n", 0o444) == ((folder / "secrets/key").read_text(), _mode(folder / "secrets/key"))
    assert (0o700, 0o755, 0o640) == tuple(_mode(folder / name) for name in ("secrets", "files", "release.json"))
    assert ["r1"] == [path.name for path in folder.parent.iterdir()]


def test_files_go_over_the_connection_piece_by_piece_and_how_far_it_is_is_known(tmp_path):
    done = []

    class Remote(RemoteHost):
        def pour(self, command, source):
            data = b""
            while piece := source.read(100):
                data += piece
                done.append(source.done)
            ended = subprocess.run(command.argv, input=data, check=False)
            return Result(ended.returncode)

    size = send(
        Remote(HostEntry("prod", "prod")), str(tmp_path / "r1"), [Upload("release.json", "{}"), Upload("a", "b")]
    )

    assert ("{}", "b") == tuple((tmp_path / "r1" / name).read_text() for name in ("release.json", "a"))
    assert [*range(100, size, 100), size] == done


def test_what_has_its_name_is_on_the_disk(tmp_path, monkeypatch):
    folder, tools = tmp_path / "r1", tmp_path / "tools"
    tools.mkdir()
    (tools / "sync").write_text(f'#!/bin/sh\necho "$2 $(ls "$2")" >>{tools}/synced\n')
    (tools / "sync").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")

    send(LocalHost(), str(folder), [Upload("release.json", "{}")])

    before, after = (tools / "synced").read_text().splitlines()
    assert re.fullmatch(rf"{folder}\.part\.\w{{6}} release\.json", before)
    assert f"{folder} release.json" == after


def test_a_folder_that_a_service_mounts_is_open_to_it_whatever_its_name(tmp_path):
    send(LocalHost(), str(tmp_path / "r1"), [Upload("files/conf/secrets/a", "x"), Upload("secrets/key", "x")])

    assert [0o755, 0o700] == [_mode(tmp_path / "r1" / name) for name in ("files/conf/secrets", "secrets")]


def test_of_two_that_send_the_same_the_second_gets_an_error_and_changes_nothing(tmp_path):
    folder = tmp_path / "r1"
    send(LocalHost(), str(folder), [Upload("mine", "x")])

    with pytest.raises(StepFailedError, match="nothing was changed there, run it again"):
        send(LocalHost(), str(folder), [Upload("theirs", "y")])

    assert ["r1"] == [path.name for path in tmp_path.iterdir()]
    assert ["mine"] == [path.name for path in folder.iterdir()]


def test_what_cannot_be_written_is_an_error_and_what_was_there_stays(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(StepFailedError, match="send the files of the release: "):
        send(LocalHost(), str(tmp_path / "file" / "r1"), [Upload("a", "b")])
    assert "x" == (tmp_path / "file").read_text()
