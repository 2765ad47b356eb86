"""Dumps of a database: whole or not there, for their owner's eyes, with no password in any argument."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime

import pytest

from fairlead.ops.agent.database import Database, DatabaseError, Found, Migrations, migrations_data, migrations_of
from fairlead.ops.agent.dump import Dump, dump, dump_path, needed_bytes, old_dumps
from fairlead.ops.command import Result
from fairlead.ops.errors import StepFailedError
from fairlead.ops.host import LocalHost
from fairlead.ops.migrations import Lineage

TEXT = "-- a dump\nCREATE TABLE a (b int);\n"


@pytest.fixture
def made(tmp_path):
    """Makes a docker client that runs what stands behind `exec CONTAINER`, and a mysqldump that says *text*."""

    def make(text=f"{TEXT}-- Dump completed on 2026-11-23\n", code=0):
        tools = tmp_path / "tools"
        tools.mkdir()
        _script(tools / "docker", 'shift 2\nPATH="$(dirname "$0"):$PATH" exec "$@"')
        (tools / "said").write_text(text)
        here = '"$(dirname "$0")"'
        _script(
            tools / "mysqldump",
            f'cat >{here}/stdin; echo "$*" >{here}/argv; cat {here}/said; [ {code} = 0 ] || echo "no table" >&2; '
            f"exit {code}",
        )
        secret = tmp_path / "password"
        secret.write_text('pa"ss\\word\n')
        return tools, Migrations(Lineage(), "mysql", "chat", "root", str(secret))

    return make


def _script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _dumped(tmp_path, tools, migrations, size_bytes=1000):
    said = []
    path = tmp_path / "backups" / "r2.sql.gz"
    database = Database(LocalHost(), str(tools / "docker"), "c0ffee", migrations)
    return dump(database, Found(("1",), size_bytes), path, said.append), said


def test_a_dump_is_whole_compressed_and_for_its_owner_alone(tmp_path, made):
    tools, migrations = made()

    dumped, said = _dumped(tmp_path, tools, migrations)

    assert gzip.decompress(dumped.path.read_bytes()).startswith(TEXT.encode())
    assert (0o600, 0o700) == (dumped.path.stat().st_mode & 0o777, dumped.path.parent.stat().st_mode & 0o777)
    content = dumped.path.read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (dumped.bytes, dumped.sha256)
    assert str(dumped.path) in said[-1]


def test_the_password_comes_on_standard_input_with_its_quotes_and_is_in_no_argument(tmp_path, made):
    tools, migrations = made()
    _dumped(tmp_path, tools, migrations)

    assert '[client]\nuser="root"\npassword="pa\\"ss\\\\word"\n' == (tools / "stdin").read_text()
    assert "pa" not in (tools / "argv").read_text().replace("--set-gtid-purged", "").replace("--no-tablespaces", "")
    assert (tools / "argv").read_text().startswith("--defaults-extra-file=/dev/stdin --single-transaction ")


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [(TEXT, 0, r"ended early \(exit 0\)"), (f"{TEXT}-- Dump completed", 2, "no table")],
    ids=["cut off", "failed"],
)
def test_a_dump_that_is_not_whole_is_not_there(tmp_path, made, text, code, says):
    tools, migrations = made(text, code)

    with pytest.raises(StepFailedError, match=says):
        _dumped(tmp_path, tools, migrations)
    assert [] == list((tmp_path / "backups").iterdir())


def test_a_dump_that_has_no_room_is_not_begun(tmp_path, made):
    tools, migrations = made()

    with pytest.raises(StepFailedError, match="are needed"):
        _dumped(tmp_path, tools, migrations, 1 << 60)
    assert not (tools / "argv").exists()


def test_a_dump_is_named_by_what_comes_what_was_and_when(tmp_path):
    now = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)

    assert "r7-from-0001-20261123T040506Z.sql.gz" == dump_path(tmp_path, "r7", Found(("0001",)), now).name
    assert "r1-from-none-20261123T040506Z.sql.gz" == dump_path(tmp_path, "r1", Found(), now).name
    assert needed_bytes(Found(size_bytes=10**9)) > 5 * 10**8
    assert "/b/x.sql.gz (1.5 MB, sha256 abc)" == str(Dump(tmp_path.__class__("/b/x.sql.gz"), 1_500_000, "abc"))


def test_the_oldest_dumps_go_by_their_time_and_other_files_stay():
    names = [f"r{number}-from-1-20261123T04050{second}Z.sql.gz" for number, second in ((9, 1), (10, 3), (2, 2))]

    assert [names[0]] == old_dumps([*names, "notes.txt", ".r1.sql.gz.abc"], 2)
    assert [] == old_dumps(names, 3)


class Answers:
    """A host whose database answers *answers*, one after the other."""

    name = "prod"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def run(self, command, timeout_s=None):
        self.asked.append(command.argv)
        return self.answers.pop(0)


def _looked(*answers):
    migrations = Migrations(Lineage(), "mysql", "chat", "root", "/run/secrets/p")
    return Database(Answers(*answers), "docker", "c", migrations).look()


def test_a_database_is_asked_for_its_revision_only_where_it_can_have_one():
    assert Found((), 0) == _looked(Result(0, "0\t0\n"))
    assert Found(("a", "b"), 512) == _looked(Result(0, "512\t1\n"), Result(0, "a\nb\n"))


def test_a_database_that_does_not_answer_is_said_in_its_own_words():
    with pytest.raises(DatabaseError, match="prod: the database does not answer: exit 1: ERROR 1045"):
        _looked(Result(1, err="ERROR 1045 (28000): Access denied\n"))


def test_what_a_manifest_says_of_migrations_is_read_again():
    migrations = Migrations(Lineage(("1",), {"1": ()}), "mysql", "chat", "root", "/p", dump=False)

    assert migrations == migrations_of({"migrations": migrations_data(migrations)})
    assert None is migrations_of({}) is migrations_of({"migrations": migrations_data(None)})
