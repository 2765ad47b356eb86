"""Timers of any kind of work: systemd's units and lines of cron."""

from __future__ import annotations

import re

from fairlead.ops import timers
from fairlead.ops.timers import Schedule
from fairlead.ops.verify.timer import schedule_for

COMMAND = ("docker", "run", "fairlead-keeper:shop", "verify.nightly", "--host", "prod")


def _nightly(folder: str = "/srv/shop/keep/verify") -> Schedule:
    return schedule_for("shop", COMMAND, folder, "/usr/bin:/bin", "shop: found something")


def test_a_nightly_timer_is_made_up_for_and_tells_of_a_failure() -> None:
    texts = timers.unit_texts(_nightly())

    assert {f"fairlead-shop-verify{end}" for end in (".service", ".timer", "-failed.service")} == set(texts)
    timer = texts["fairlead-shop-verify.timer"].splitlines()
    assert {"OnCalendar=*-*-* 03:00:00", "RandomizedDelaySec=1h", "Persistent=true"} <= set(timer)
    service = texts["fairlead-shop-verify.service"].splitlines()
    assert f"ExecStart={' '.join(COMMAND)}" in service
    assert "OnFailure=fairlead-shop-verify-failed.service" in service
    assert "logger -p daemon.err" in texts["fairlead-shop-verify-failed.service"]


def test_a_night_of_cron_begins_from_two_to_five() -> None:
    folders = [f"/srv/shop{number}/keep/verify" for number in range(300)]
    starts = [re.match(r"(\d+) (\d+) \* \* \* ", timers.cron_line(_nightly(folder))) for folder in folders]
    hours = {int(found[2]) for found in starts if found}

    assert all(starts)
    assert {2, 3, 4} == hours
