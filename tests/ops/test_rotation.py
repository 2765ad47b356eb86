"""A secret with two values: what a database is told, in which order, and what is never seen."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fairlead.ops.command import Command, Result, Secret
from fairlead.ops.compose import ComposeProject
from fairlead.ops.env_change import changed_env
from fairlead.ops.errors import SettingsError, StepFailedError
from fairlead.ops.rotation import (
    MYSQL,
    REDIS,
    Place,
    Rotation,
    begun,
    digest_word,
    end_old,
    let_both_in,
    passwords_of,
    rotations_of,
    text_of,
    with_passwords,
)
from fairlead.ops.secret_files import secret_text
from fairlead.ops.settings import EnvSettings, SecretSettings

ACL = "user default off\nuser app on #{} ~app:* +@all\nuser keeper on #cc -@all\n"
DATABASE = Rotation("MYSQL_PASSWORD", MYSQL, "mysql", "app", by="root", password_file="/run/secrets/root")
CACHE = Rotation(
    "REDIS_PASSWORD",
    REDIS,
    "redis",
    "app",
    by="keeper",
    password_file="/run/secrets/keeper",
    acl="acl",
)


class Databases:
    """A host whose MySQL and Redis know a set of passwords; every command that it is given is kept."""

    name = "prod"

    def __init__(self, *passwords, files=()):
        self.valid = list(passwords)
        self.files = dict(files)
        self.seen: list[Command] = []

    def run(self, command, timeout_s=None):
        self.seen.append(command)
        words, stdin = " ".join(command.argv), command.stdin.value
        if "truncate" in words:
            self.files[command.argv[4]] = stdin
            return Result(0)
        if "ping" in words or "SELECT 1" in words:
            return Result(0, {"redis": "PONG", "mysql": "1"}[self._service(command)] if stdin in self.valid else "no")
        return self._change(words, stdin)

    def read(self, path):
        return self.files.get(path)

    def _service(self, command):
        return next(name for name in ("redis", "mysql") if name in command.argv)

    def _change(self, words, stdin):
        if "LOAD" in words:
            known = passwords_of(self.files["/secrets/acl"], "app")
            self.valid = [each for each in ("old", "new", "third") if digest_word(each) in known]
            return Result(0, "OK\n")
        if "RETAIN" in stdin:
            self.valid = [self.valid[-1], stdin.split("'")[5]]
        if "DISCARD" in stdin:
            self.valid = self.valid[-1:]
        return Result(0)


def _place(host):
    return Place(host, ComposeProject("docker", "shop-base", (Path("compose.yaml"),), None, {}), "/secrets")


def _acl(*passwords):
    return ACL.replace("#{}", " ".join(digest_word(each) for each in passwords))


def test_mysql_keeps_the_old_password_beside_the_new_one_until_it_ends():
    host = Databases("old", files={"/secrets/mysql_password": "old"})

    let_both_in(_place(host), DATABASE, Secret("new"))
    assert (["old", "new"], "new") == (host.valid, host.files["/secrets/mysql_password"])
    end_old(_place(host), DATABASE)
    assert ["new"] == host.valid


def test_a_run_that_is_repeated_does_not_take_the_old_password_away():
    host = Databases("old", files={"/secrets/mysql_password": "old"})

    for _ in range(2):
        let_both_in(_place(host), DATABASE, Secret("new"))

    assert ["old", "new"] == host.valid


def test_redis_has_both_passwords_until_the_old_one_ends():
    host = Databases("old", files={"/secrets/acl": _acl("old"), "/secrets/redis_password": "old"})

    let_both_in(_place(host), CACHE, Secret("new"))
    assert (["old", "new"], _acl("new", "old")) == (host.valid, host.files["/secrets/acl"])
    end_old(_place(host), CACHE)
    end_old(_place(host), CACHE)
    assert (["new"], _acl("new")) == (host.valid, host.files["/secrets/acl"])


def test_a_third_password_is_refused_and_the_two_stay():
    host = Databases("old", "new", files={"/secrets/acl": _acl("new", "old")})

    with pytest.raises(StepFailedError, match="REDIS_PASSWORD: redis: /secrets/acl: the user app has two already"):
        let_both_in(_place(host), CACHE, Secret("third"))
    assert (["old", "new"], _acl("new", "old")) == (host.valid, host.files["/secrets/acl"])


@pytest.mark.parametrize("rotation", [DATABASE, CACHE], ids=["mysql", "redis"])
def test_a_value_is_in_no_argument_and_in_no_command_that_is_shown(rotation):
    host = Databases("old", files={"/secrets/acl": _acl("old"), f"/secrets/{rotation.secret}": "old"})

    let_both_in(_place(host), rotation, Secret("new"))

    assert any("new" in command.stdin.value for command in host.seen)
    assert [] == [command for command in host.seen if "new" in f"{command} {command.argv}"]


def test_only_the_users_own_line_of_the_file_changes():
    assert _acl("new") == with_passwords(_acl("old", "older"), "app", [digest_word("new")])
    assert f"#{hashlib.sha256(b'old').hexdigest()}" == digest_word("old")
    assert [] == passwords_of(ACL, "somebody")


def test_what_has_begun_is_read_again_and_holds_no_value():
    started = begun(DATABASE, ["r2", "r1"], "ann@laptop", "2026-11-23T04:00:00+00:00")

    assert {"MYSQL_PASSWORD": started} == rotations_of(text_of({started.name: started}))
    assert ("r1", "r2") == started.releases
    assert {} == rotations_of("")


@pytest.mark.parametrize(
    "before", ["# mine\nA=1\nNAME=old\nB=2", "NAME='old'\nNAME_PREVIOUS=\n", "export NAME=old\nA=1\n"]
)
def test_the_env_file_keeps_every_other_line(tmp_path, before):
    (tmp_path / ".env").write_text(before)

    text = changed_env(EnvSettings(tmp_path / ".env"), {"NAME": "new", "NAME_PREVIOUS": "o d$x"}).value

    assert "NAME=new\n" in text
    assert "NAME_PREVIOUS='o d$x'" in text
    assert [line for line in before.splitlines() if "NAME" not in line] == [
        line for line in text.splitlines() if line and "NAME" not in line
    ]


@pytest.mark.parametrize(("before", "value"), [('NAME="two\nlines"\n', "new"), ("NAME=old\n", "it's")])
def test_a_line_of_the_env_file_that_cannot_be_changed_safely_is_said(tmp_path, before, value):
    (tmp_path / ".env").write_text(before)

    with pytest.raises(SettingsError, match="NAME cannot be changed safely; write each as one line NAME=value"):
        changed_env(EnvSettings(tmp_path / ".env"), {"NAME": value})


def test_a_word_of_a_template_is_left_out_where_its_variable_is_empty(tmp_path):
    template = tmp_path / "acl"
    template.write_text("user app on #${sha256:NEW} #${sha256:OLD:-} ~app:*\n")
    settings = SecretSettings(tmp_path, {"acl": template})

    def made(**values):
        return secret_text(settings, "acl", tmp_path / "acl", values).value

    assert f"user app on {digest_word('a')} ~app:*\n" == made(NEW="a", OLD="")
    assert f"user app on {digest_word('a')} {digest_word('b')} ~app:*\n" == made(NEW="a", OLD="b")
    with pytest.raises(SettingsError, match="NEW is empty"):
        made(OLD="b")
