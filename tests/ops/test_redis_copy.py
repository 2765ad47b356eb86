"""Copies of what Redis keeps on the disk: whole or not there, for their owner alone, no password in any argument."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime

import pytest

from fairlead.ops.agent.dump import copy_path, old_dumps
from fairlead.ops.agent.redis import Redis, Store, options, settings_in, words_of
from fairlead.ops.agent.redis_copy import parts, saved, title
from fairlead.ops.errors import StepFailedError
from fairlead.ops.host import LocalHost

PASSWORD = "not-for-any-argument"
MANIFEST = "file appendonly.aof.3.base.rdb seq 3 type b\nfile appendonly.aof.7.incr.aof seq 7 type i\n"
SERVER = {"config": "", "bgsave": "Background saving started", "info": "rdb_last_bgsave_status:ok"}


@pytest.fixture
def made(tmp_path):
    """
    Makes a docker client that runs what stands behind `exec CONTAINER`, and a redis-cli for it that answers *server*.

    Each login is noted, with what the client got as arguments.
    """

    def make(words=(), **server):
        tools, data = tmp_path / "tools", tmp_path / "data"
        tools.mkdir()
        (data / "appendonlydir").mkdir(parents=True)
        for name in ("appendonly.aof.3.base.rdb", "appendonly.aof.7.incr.aof"):
            (data / "appendonlydir" / name).write_text("REDIS of " + name)
        (data / "appendonlydir" / "appendonly.aof.manifest").write_text(MANIFEST)
        (data / "dump.rdb").write_text("REDIS0012 and more")
        config = "".join(f'"{word}",' for word in words).rstrip(",")
        _script(
            tools / "docker",
            f"if [ $1 = inspect ]; then echo '[null, [{config}]]'; exit; fi\n"
            f'shift; [ $1 = --interactive ] && shift; shift; echo "$*" >>{tools}/argv; PATH="{tools}:$PATH" exec "$@"',
        )
        answers = {**SERVER, **server}
        cases = "".join(f"{name}) echo '{text}';;" for name, text in answers.items())
        _script(
            tools / "redis-cli",
            f'echo "$REDISCLI_AUTH" >>{tools}/logins; echo "$*" >>{tools}/argv; '
            f'while [ "${{1#-}}" != "$1" ]; do [ "$1" = --user ] && shift; shift; done; '
            f'if [ "$1 $2" = "config get" ] && [ -e {tools}/conf/$3 ]; then echo $3; cat {tools}/conf/$3; exit; fi; '
            f"case $1 in {cases} esac",
        )
        return tools, data

    return make


def _script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _told(tools, data, **settings):
    """The server tells its settings."""
    (tools / "conf").mkdir()
    for name, value in {"dir": data, "appendonly": "no", "save": "60 1", "dbfilename": "dump.rdb", **settings}.items():
        (tools / "conf" / name).write_text(f"{value}\n")


def _saved(tmp_path, tools, *logins):
    said = []
    redis = Redis(LocalHost(), str(tools / "docker"), "c0ffee", Store("cache", logins))
    return saved(redis, tmp_path / "backups" / "r2.redis.tar.gz", said.append), said


def test_a_log_of_every_write_is_copied_whole_and_for_its_owner_alone(tmp_path, made):
    tools, data = made()
    _told(tools, data, appendonly="yes")

    copied, said = _saved(tmp_path, tools)

    with tarfile.open(copied.path) as archive:
        assert {f"appendonlydir/{name}" for name in (*parts(MANIFEST), "appendonly.aof.manifest")} <= set(
            archive.getnames()
        )
    assert (0o600, 0o700) == (copied.path.stat().st_mode & 0o777, copied.path.parent.stat().st_mode & 0o777)
    assert str(copied) == said[-1]
    assert "bgsave" not in (tools / "argv").read_text()


def test_where_there_is_no_log_it_is_told_to_save_first(tmp_path, made):
    tools, data = made()
    _told(tools, data)

    copied, _ = _saved(tmp_path, tools)

    with tarfile.open(copied.path) as archive:
        assert ["dump.rdb"] == archive.getnames()
    assert "--no-auth-warning bgsave" in (tools / "argv").read_text()


def test_a_password_is_read_from_its_file_and_is_in_no_argument(tmp_path, made):
    tools, data = made()
    _told(tools, data)
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)

    _saved(tmp_path, tools, ("keeper", str(secret)))

    assert {PASSWORD} == set((tools / "logins").read_text().split())
    assert "--user keeper --no-auth-warning bgsave" in (tools / "argv").read_text()
    assert PASSWORD not in (tools / "argv").read_text()


def test_a_password_of_the_servers_own_command_goes_in_on_standard_input(tmp_path, made):
    tools, data = made(words=("redis-server", "--requirepass", PASSWORD), bgsave='[ -n "$REDISCLI_AUTH" ]')
    _told(tools, data)
    _script(
        tools / "redis-cli",
        f'echo "$REDISCLI_AUTH $*" >>{tools}/seen; [ "$REDISCLI_AUTH" ] || {{ echo NOAUTH; exit; }}; '
        f"case $2 in config) echo $4; cat {tools}/conf/$4;; bgsave) echo Background saving started;; "
        "info) echo rdb_last_bgsave_status:ok;; esac",
    )

    assert _saved(tmp_path, tools)[0] is not None
    assert f"{PASSWORD} --no-auth-warning bgsave" in (tools / "seen").read_text()
    assert PASSWORD not in (tools / "argv").read_text()


def test_one_that_keeps_nothing_on_the_disk_has_nothing_to_copy(tmp_path, made):
    tools, data = made()
    _told(tools, data, save="")

    assert None is _saved(tmp_path, tools)[0]
    assert not (tmp_path / "backups").exists()


def test_one_that_tells_nobody_its_settings_is_known_by_its_command(tmp_path, made):
    tools, _ = made(words=("redis-server", "--dir", str(tmp_path / "data"), "--appendonly", "yes"))

    copied, _ = _saved(tmp_path, tools)

    with tarfile.open(copied.path) as archive:
        assert "appendonlydir/appendonly.aof.manifest" in archive.getnames()


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ({"bgsave": "NOPERM User app has no permissions"}, "may BGSAVE: NOPERM User app has no permissions; give"),
        ({"info": "rdb_last_bgsave_status:err"}, "whether BGSAVE succeeded is not known: its log says why"),
        ({"info": "NOPERM no"}, "whether BGSAVE succeeded is not known: NOPERM no"),
    ],
)
def test_what_cannot_be_saved_is_refused_with_the_servers_own_words(tmp_path, made, server, says):
    tools, data = made(**server)
    _told(tools, data)

    with pytest.raises(StepFailedError, match=says) as caught:
        _saved(tmp_path, tools)
    assert str(caught.value).endswith("; nothing was changed")
    assert title("cache") in str(caught.value)


@pytest.mark.parametrize(
    ("break_", "says"),
    [
        (lambda folder: (folder / "appendonly.aof.7.incr.aof").unlink(), "appendonly.aof.7.incr.aof was gone"),
        (lambda folder: (folder / "appendonly.aof.manifest").unlink(), "was written anew while it was copied"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "its append-only log is not in"),
    ],
    ids=["a part is gone", "no manifest", "not there"],
)
def test_a_log_that_is_not_whole_is_not_taken_for_a_copy(tmp_path, made, break_, says):
    tools, data = made()
    _told(tools, data, appendonly="yes")
    break_(data / "appendonlydir")

    with pytest.raises(StepFailedError, match=says):
        _saved(tmp_path, tools)
    assert [] == [*(tmp_path / "backups").glob("*")]


def test_files_that_cannot_be_read_are_said_in_the_words_of_tar(tmp_path, made):
    tools, data = made()
    _told(tools, data, appendonly="yes")
    _script(tools / "tar", "echo 'tar: appendonlydir: Permission denied' >&2; exit 2")

    with pytest.raises(StepFailedError, match="cache: tar: appendonlydir: Permission denied; nothing was changed"):
        _saved(tmp_path, tools)
    assert [] == [*(tmp_path / "backups").glob("*")]


def test_a_file_that_is_no_dump_of_redis_is_no_copy(tmp_path, made):
    tools, data = made()
    _told(tools, data)
    (data / "dump.rdb").write_text("something else")

    with pytest.raises(StepFailedError, match=r"dump\.rdb is no file of its data"):
        _saved(tmp_path, tools)


def test_settings_are_read_from_a_command_and_from_a_file():
    words = words_of(("sh", "-c", "exec redis-server /etc/redis.conf --save 60 1 --appendonly yes"))

    assert {"save": "60 1", "appendonly": "yes"} == options(words)
    assert "/etc/redis.conf" in words
    assert {"save": ""} == options(("redis-server", "--save", ""))
    assert {"save": "900 1 60 5", "dir": "/my data", "port": "7000"} == settings_in(
        '# save 1 1\nsave 900 1\nsave 60 5\ndir "/my data"\n\nport 7000'
    )


def test_as_many_copies_of_each_redis_stay_as_dumps_of_mysql(tmp_path):
    moments = [datetime(2026, 11, day, tzinfo=UTC) for day in (21, 22, 23)]
    names = [copy_path(tmp_path, "r9", name, moment).name for name in ("cache", "queue-2") for moment in moments]
    dumps = [f"r{day}-data-from-0001-202611{day}T000000Z.sql.gz" for day in (21, 22)]

    assert "r9-data-cache-20261121T000000Z.redis.tar.gz" == names[0]
    assert {names[0], names[3]} == set(old_dumps([*names, *dumps], 2))
    assert {*names[:2], *names[3:5], dumps[0]} == set(old_dumps([*names, *dumps], 1))
