"""What checks make of the state of renewal, as `inv certbot.status` has it, and of backups on the disk."""

from __future__ import annotations

import gzip
import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from fairlead.ops.backups import BackupSettings
from fairlead.ops.host import LocalHost
from fairlead.ops.verify.inside import backups, renewal
from fairlead.ops.verify.inside.installation import Installation
from fairlead.ops.verify.verdict import Check

from .installations import installation

STATUS: dict[str, Any] = {
    "name": "shop",
    "server": "https://ca.test/directory",
    "certificate": {"names": ["shop.test"]},
    "timer": {"next": "tomorrow"},
    "other_renewers": [],
    "last_run": {"time": "2026-11-22T18:00:00+00:00", "command": "inv certbot.renew", "outcome": "ok", "message": None},
    "certbot_version": "5.8.0",
    "settings_faults": [],
    "faults": [],
}
FAILED = {**STATUS["last_run"], "outcome": "failed", "message": "no answer"}
OLD = {**STATUS["last_run"], "time": "2026-11-21T18:00:00+00:00"}


def stack_with(status: dict[str, Any] | str) -> Installation:
    """A stack whose renewal stands as *status* says, on 2026-11-23."""
    stack = installation()
    stack.remembered("renewal", lambda: status)
    return stack


def words(check: Check[Installation], stack: Installation) -> list[str]:
    """The word of each verdict."""
    return [each.word for each in check.look(stack)]


def test_a_certificate_that_renews_itself_passes() -> None:
    assert ["PASS"] * 5 == [word for check in renewal.CHECKS for word in words(check, stack_with(STATUS))]


def test_without_domains_no_renewal_is_promised() -> None:
    assert ["SKIP"] * 5 == [word for check in renewal.CHECKS for word in words(check, stack_with("no domains"))]


@pytest.mark.parametrize(
    ("changes", "red"),
    [
        ({"faults": ["nothing renews it by itself"]}, ["RN1"]),
        ({"last_run": None}, ["RN2"]),
        ({"last_run": OLD}, ["RN2"]),
        ({"last_run": FAILED, "faults": ["the last run failed: no answer"]}, ["RN2"]),
        ({"settings_faults": ["a hook"], "faults": ["a hook"]}, ["RN3"]),
        ({"certbot_version": "2.1.0"}, ["RN6"]),
        ({"certbot_version": "4.0.0"}, ["RN6"]),
        ({"other_renewers": ["the timer x"], "faults": ["another renewer: the timer x"]}, ["RN8"]),
    ],
)
def test_each_fault_of_the_renewal_is_told_by_one_check(changes: dict[str, Any], red: list[str]) -> None:
    stack = stack_with({**STATUS, **changes})

    assert red == [check.id for check in renewal.CHECKS if "FAIL" in words(check, stack)]


def backed_up(folder: Path, *ages_h: float, size: int = 1000, **more: Any) -> Installation:
    """A stack with a backup of each of those ages, the first one last written."""
    for number, age in enumerate(ages_h):
        path = folder / f"mysql-{number}.sql.gz"
        path.write_bytes(gzip.compress(os.urandom(size)))
        os.utime(path, (time.time() - age * 3600,) * 2)
    wanted = BackupSettings("mysql", str(folder / "mysql-*.sql.gz"), **more)
    return installation(host=LocalHost(), backups=(wanted,))


def test_no_backup_is_promised_where_none_is_named() -> None:
    checks = (*backups.CHECKS, *backups.RENEWAL)

    assert ["SKIP"] * 6 == [word for check in checks for word in words(check, installation())]


def test_a_good_backup_passes(tmp_path: Path) -> None:
    copies, drill = tmp_path / "copies", tmp_path / "drill"
    copies.mkdir()
    drill.touch()
    stack = backed_up(tmp_path, 2, 26, 50, drill=str(drill))

    assert ["PASS", "PASS", "PASS", "SKIP", "PASS"] == [
        word for check in backups.CHECKS for word in words(check, stack)
    ]


def test_an_old_backup_and_none_at_all_fail(tmp_path: Path) -> None:
    assert ["FAIL"] == words(backups.young, backed_up(tmp_path, 27))
    assert ["FAIL"] == words(backups.young, backed_up(tmp_path / "empty"))


def test_the_state_of_the_ca_is_its_own_backup(tmp_path: Path) -> None:
    (tmp_path / "state.tar").write_text("state")
    state = BackupSettings("certbot", str(tmp_path / "*.tar"))
    stack = installation(host=LocalHost(), backups=(state,))

    assert (["PASS"], ["SKIP"]) == (words(backups.state, stack), words(backups.state, backed_up(tmp_path, 1)))


def test_a_dump_that_broke_off_is_smaller_than_those_before(tmp_path: Path) -> None:
    stack = backed_up(tmp_path, 2, 26, 50)
    newest = tmp_path / "mysql-0.sql.gz"
    newest.write_bytes(newest.read_bytes()[:300])

    assert (["FAIL"], ["FAIL"]) == (words(backups.usual, stack), words(backups.whole, stack))
    newest.write_bytes(b"")
    assert ["FAIL"] == words(backups.usual, stack)
    newest.write_bytes(os.urandom(9000))
    assert ["WARN"] == words(backups.usual, stack)


def test_the_first_backup_has_no_usual_size(tmp_path: Path) -> None:
    assert ["SKIP"] == words(backups.usual, backed_up(tmp_path, 1))


def test_a_sum_beside_a_backup_is_compared(tmp_path: Path) -> None:
    stack = backed_up(tmp_path, 1)
    newest = tmp_path / "mysql-0.sql.gz"
    beside = tmp_path / "mysql-0.sql.gz.sha256"
    beside.write_text(f"{hashlib.sha256(newest.read_bytes()).hexdigest()}  {newest.name}\n")

    assert ["PASS"] == words(backups.whole, stack)
    newest.write_bytes(gzip.compress(b"other"))
    assert ["FAIL"] == words(backups.whole, stack)


def test_a_copy_has_the_name_and_the_size_and_another_disk(tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    stack = backed_up(tmp_path, 1, copies=str(copies / "*"))
    (copies / "mysql-0.sql.gz").write_bytes(b"half of it")

    assert ["FAIL"] == words(backups.elsewhere, stack)
    (copies / "mysql-0.sql.gz").write_bytes((tmp_path / "mysql-0.sql.gz").read_bytes())
    assert ["WARN"] == words(backups.elsewhere, stack)


@pytest.mark.parametrize(("age_days", "word"), [(10, "PASS"), (100, "FAIL")])
def test_a_restore_was_tried_within_its_time(tmp_path: Path, age_days: int, word: str) -> None:
    drill = tmp_path / "restored"
    drill.touch()
    os.utime(drill, (time.time() - age_days * 86_400,) * 2)

    assert [word] == words(backups.tried, backed_up(tmp_path, 1, drill=str(drill)))
    assert ["FAIL"] == words(backups.tried, backed_up(tmp_path, 1, drill=str(tmp_path / "never")))
