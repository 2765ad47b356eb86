"""Percentiles, their intervals, and the release before."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.ops.verify.inside.speed import is_worse
from fairlead.ops.verify.latency import Figure, History, figure, percentile


@pytest.mark.parametrize(
    ("share", "value"),
    [(0.0, 10.0), (0.5, 30.0), (1.0, 50.0), (0.25, 20.0), (0.95, 48.0)],
)
def test_a_percentile_lies_between_its_neighbours(share: float, value: float) -> None:
    assert value == round(percentile([10.0, 20.0, 30.0, 40.0, 50.0], share), 6)


def test_one_value_is_every_percentile_of_itself() -> None:
    assert Figure(7.0, 7.0, 7.0) == figure([7.0], 95)


def test_an_interval_holds_its_percentile_and_is_the_same_each_time() -> None:
    values = [float(number % 17) + number / 10 for number in range(120)]

    found = figure(values, 95)

    assert found == figure(values, 95)
    assert found.low < found.value <= found.high


def test_slower_counts_only_beyond_the_interval_and_the_machines_weather() -> None:
    assert is_worse(Figure(30.0, 28.0, 33.0), (10.0, 9.0, 11.0))
    assert not is_worse(Figure(30.0, 12.0, 60.0), (10.0, 9.0, 11.0))
    assert not is_worse(Figure(4.0, 3.9, 4.1), (1.0, 0.9, 1.1))


def test_the_release_before_is_the_last_other_one(tmp_path: Path) -> None:
    history = History(tmp_path / "state" / "latency.json")
    assert history.before("r1") is None

    for release in ("r1", "r2", "r3", "r3"):
        history.keep(release, {"/": release})

    assert ("r3", {"/": "r3"}) == history.before("r4")
    assert ("r2", {"/": "r2"}) == history.before("r3")


def test_only_the_newest_releases_are_kept(tmp_path: Path) -> None:
    history = History(tmp_path / "latency.json")

    for number in range(30):
        history.keep(f"r{number}", {})

    assert 10 == history.path.read_text().count("{}")


def test_a_broken_file_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    path.write_text("[not json")

    assert History(path).before("r1") is None
