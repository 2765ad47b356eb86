"""Each known error of a log is found in a line that its program really writes, and explained."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.ops.doctor.check_logs import explained, log_since
from fairlead.ops.doctor.known_errors import KNOWN_ERRORS

TEXT = (Path(__file__).parent / "doctor-log-lines.txt").read_text()
LINES = [tuple(line.split(" | ")) for line in TEXT.splitlines() if not line.startswith("#")]

GOOD = [
    ("mysql", "[Warning] [MY-010068] [Server] CA certificate ca.pem is self signed."),
    ("mysql", "[System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '9.7.4-2'"),
    ("mysql", "[Warning] [MY-010453] [Server] root@localhost is created with an empty password !"),
    ("redis", "1:M * Background saving terminated with success"),
    ("redis", "1:C # WARNING Memory overcommit must be enabled!"),
    ("gunicorn", '{"message": "Booting worker with pid: 19"}'),
    ("gunicorn", '{"method": "POST", "path": "/api/login", "status": 401}'),
    ("gunicorn", '{"level": "info", "message": "agentchat: started"}'),
    ("nginx", "2026/11/22 10:00:00 [notice] 1#1: signal 17 (SIGCHLD) received from 9"),
    ("nginx", '{"method":"GET","path":"/emerg","status":404}'),
    ("nginx", '2026/11/22 [error] 7#7: *1 open() "/srv/page/x.map" failed (2: No such file or directory), client'),
]


@pytest.mark.parametrize(("kind", "line", "part"), LINES)
def test_a_line_of_a_program_in_trouble_is_explained(kind, line, part):
    (found,) = explained([line], frozenset({kind}), lasting_only=False)

    assert part in f"{found.error.means} {found.error.todo}"


@pytest.mark.parametrize(("kind", "line"), GOOD)
def test_a_line_of_a_program_that_is_well_means_nothing(kind, line):
    assert [] == explained([line], frozenset({kind}), lasting_only=False)


def test_every_known_error_has_a_line_that_shows_it():
    shown = {explained([line], frozenset({kind}), lasting_only=False)[0].error for kind, line, _ in LINES}

    assert [] == [error.means for error in KNOWN_ERRORS if error not in shown]


def test_the_same_error_is_told_once_with_a_count_and_its_last_line():
    timeouts = [f"WORKER TIMEOUT (pid:{pid})" for pid in (19, 20, 21)]
    found = explained([*timeouts, "Worker failed to boot."], frozenset({"gunicorn"}), lasting_only=False)

    assert [(3, "WORKER TIMEOUT (pid:21)"), (1, "Worker failed to boot.")] == [(one.count, one.line) for one in found]


def test_what_is_over_is_left_out_where_all_is_well():
    lines = ["connect() failed (111: Connection refused)", "1024 worker_connections are not enough"]
    found = explained(lines, frozenset({"nginx"}), lasting_only=True)

    assert ["1024 worker_connections are not enough"] == [one.line for one in found]


@pytest.mark.parametrize(
    ("started_at", "calm", "since"),
    [
        ("2026-11-22T11:55:00.5Z", True, "2026-11-22T11:55:00.5Z"),
        ("2026-11-22T09:00:00.5Z", True, "2026-11-22T11:50:00Z"),
        ("2026-11-22T09:00:00.5Z", False, "2026-11-22T09:00:00.5Z"),
    ],
)
def test_what_was_before_the_last_start_is_never_read(started_at, calm, since):
    assert since == log_since(started_at, datetime(2026, 11, 22, 12, tzinfo=UTC), calm=calm)


def test_a_line_of_another_program_is_not_taken_for_ones_own():
    assert [] == explained(["unknown variable 'a'"], frozenset({"nginx"}), lasting_only=False)
