"""A lock is held by one, says by whom, and goes with its holder."""

from __future__ import annotations

import os
import re
import threading

import pytest

from fairlead.ops.errors import LockedError, SettingsError
from fairlead.ops.lock import in_turn, locked


def test_who_comes_second_is_told_who_is_at_work(tmp_path):
    path = tmp_path / "state" / "lock"

    with locked(path, "inv up"), pytest.raises(LockedError) as caught, locked(path, "inv down"):
        pass

    since = r"since [\d-]{10} [\d:]{8} UTC"
    said = rf"inv down: inv up by \S+@\S+, {since} \(process {os.getpid()}\) is at work here; wait for it"
    assert re.fullmatch(said, str(caught.value))
    assert 4 == caught.value.exit_code


def test_who_is_served_by_the_holder_is_named(tmp_path):
    with locked(tmp_path / "lock", "deploy of r7", "ann@laptop"):
        assert (tmp_path / "lock").read_text().startswith("deploy of r7 by ann@laptop, since ")


def test_a_lock_is_free_again_and_names_nobody(tmp_path):
    for _ in range(2):
        with locked(tmp_path / "lock", "inv up"):
            assert "inv up" in (tmp_path / "lock").read_text()

    assert "" == (tmp_path / "lock").read_text()


def test_a_lock_names_nobody_after_a_run_that_failed(tmp_path):
    with pytest.raises(SettingsError), locked(tmp_path / "lock", "inv up"):
        raise SettingsError("no")

    assert "" == (tmp_path / "lock").read_text()


def test_a_lock_that_cannot_be_written_says_where_and_what_to_do(tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")

    said = r"state/lock: .+; run this as the user who owns .+state, or give it to yourself"

    with pytest.raises(SettingsError, match=said), locked(tmp_path / "state" / "lock", "inv up"):
        pass


def test_who_waits_for_a_turn_is_told_why_and_comes_when_the_holder_has_gone(tmp_path):
    path, told, order = tmp_path / "building" / "shop.lock", threading.Event(), []

    def second() -> None:
        with in_turn(path, "another builds here", lambda text: (order.append(text), told.set())):
            order.append("second")

    with in_turn(path, "nobody else is here", order.append):
        waiting = threading.Thread(target=second)
        waiting.start()
        told.wait()
        order.append("first")
    waiting.join()

    assert ["another builds here", "first", "second"] == order
