"""What counts as worse than before a switch."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fairlead.ops.agent.nginx import Log
from fairlead.ops.agent.proving import watch
from fairlead.ops.agent.watching import Answers, answers_in, is_failing, is_slow
from fairlead.ops.host import LocalHost

OURS = '{{"time":"2026-11-23T03:39:31+00:00","path":"/","status":{},"bytes":992,"duration_s":{},"upstream":"x"}}'
COMBINED = '172.18.0.1 - - [23/Nov/2026:03:39:31 +0000] "GET / HTTP/1.1" {} 992 "-" "curl/8.14.1" rt={}'


@pytest.mark.parametrize("form", [OURS, COMBINED])
def test_statuses_and_times_are_read_from_json_and_from_the_common_form(form):
    lines = [form.format(200, "0.250"), form.format(502, "1.500"), "nginx: [notice] signal process started"]

    assert Answers(2, 1, (0.25, 1.5)) == answers_in(lines)
    assert 0 == answers_in(lines, meant={502}).bad


def test_a_log_without_times_gives_statuses_alone():
    line = '172.18.0.1 - - [23/Nov/2026:03:39:31 +0000] "GET / HTTP/1.1" 200 992 "-" "curl/8.14.1"'
    assert Answers(1, 0, ()) == answers_in([line])


@pytest.mark.parametrize(
    ("before", "since", "fails"),
    [
        (Answers(1000, 0), Answers(100, 2), False),
        (Answers(1000, 0), Answers(100, 3), True),
        (Answers(1000, 0), Answers(1000, 5), False),
        (Answers(0, 0), Answers(5, 4), True),
        (Answers(1000, 50), Answers(100, 6), False),
        (Answers(1000, 50), Answers(100, 10), True),
    ],
)
def test_a_release_fails_by_more_errors_than_an_accident_and_than_before(before, since, fails):
    assert fails == bool(is_failing(before, since))


@pytest.mark.parametrize(
    ("before", "since", "slow"),
    [
        ((0.1,) * 100, (0.9,) * 100, False),
        ((0.1,) * 100, (1.2,) * 100, True),
        ((0.1,) * 100, (1.2,) * 49, False),
        ((2.0,) * 100, (5.0,) * 100, False),
        ((2.0,) * 100, (6.0,) * 100, True),
        ((0.1,) * 100, (0.1,) * 96 + (9.0,) * 4, False),
    ],
)
def test_a_release_is_slow_where_a_twentieth_of_its_answers_come_much_later(before, since, slow):
    assert slow == bool(is_slow(Answers(seconds=before), Answers(seconds=since)))


def test_the_reason_names_both_sides():
    assert "4 of 8 answers were 5xx since the switch, before it 1 of 90" == is_failing(Answers(90, 1), Answers(8, 4))


class Nginx:
    """One that logs the same line at each look; a hundred looks are too many."""

    looks = 0

    def log(self, since, until=None):
        self.looks += 1
        assert self.looks < 100, "the watch does not end"
        return Log((OURS.format(200, 0.1),))


def test_a_clock_that_is_set_back_does_not_prolong_the_watch_and_there_is_always_one_look(monkeypatch):
    now = iter((1000.0, *(-2600.0 for _ in range(200))))
    monkeypatch.setattr(
        "fairlead.ops.agent.proving.time",
        SimpleNamespace(time=lambda: next(now), monotonic=iter(range(1000)).__next__, sleep=lambda _: None),
    )
    nginx = Nginx()
    assert "" == watch(LocalHost(), nginx, "watch", lambda _: None, begun=1000.0, watch_s=5.0, closed=False)

    late = Nginx()
    now = iter((2000.0,))  # the moments before took longer than the watch
    assert "" == watch(LocalHost(), late, "watch", lambda _: None, begun=1000.0, watch_s=5.0, closed=False)
    assert late.looks > 1
