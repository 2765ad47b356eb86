"""What a person reads while images go over."""

from __future__ import annotations

import threading

import pytest

from fairlead.ops.deploy.ticking import progress_line, ticking


@pytest.mark.parametrize(
    ("done", "seconds", "line"),
    [
        (0, 9.0, "web: 0.0 of 10.0 MB"),
        (1_000_000, 1.0, "web: 1.0 of 10.0 MB"),
        (2_000_000, 4.0, "web: 2.0 of 10.0 MB, 16 s left at 0.50 MB/s"),
        (500_000, 10.0, "web: 0.5 of 10.0 MB, 3 min 10 s left at 0.05 MB/s, a slow line"),
        (10_000_000, 4.0, "web: 10.0 MB sent; the engine there unpacks them"),
        (10_000_001, 4.0, "web: 10.0 MB sent; the engine there unpacks them"),
    ],
)
def test_bytes_and_the_time_left_are_told_once_they_are_known(done, seconds, line):
    assert line == progress_line("web", done, 10_000_000, seconds)


def test_it_is_said_again_and_again_until_all_is_over():
    said, twice = [], threading.Event()

    def say(line):
        said.append(line)
        if len(said) == 2:
            twice.set()

    with ticking(say, "web", lambda: 5, 10, every_s=0.001):
        assert twice.wait(30)
    count = len(said)

    assert said[0].startswith("web: 0.0 of 0.0 MB")
    assert count == len(said)
