"""The timer's units, as systemd itself reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fairlead.ops.certbot.timer import schedule_of
from fairlead.ops.compose import ComposeProject
from fairlead.ops.host import LocalHost
from fairlead.ops.settings import load_settings
from fairlead.ops.stack import Stack
from fairlead.ops.timers import unit_texts

TEXT = """\
name: shop
compose: {files: [compose.yml]}
certbot: {notify: [logger, "100 % of $HOME is \\"not\\" renewed"]}
"""


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "a folder % with $odd names"
    folder.mkdir()
    (folder / "fairlead.yaml").write_text(TEXT)
    settings = load_settings(folder / "fairlead.yaml")
    project = ComposeProject("docker", "shop", settings.compose_files, None, {})
    stack = Stack(settings, LocalHost(), {}, project, development=False)
    for name, text in unit_texts(schedule_of(stack, ("/bin/true",), "/usr/bin:/bin")).items():
        (tmp_path / name).write_text(text)
    return sorted(tmp_path.glob("fairlead-*"))


def test_systemd_has_nothing_against_the_units(units: list[Path]) -> None:
    command = ("systemd-analyze", "verify", "--man=no", *map(str, units))
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 3 == len(units)
    assert [] == [line for line in checked.stderr.splitlines() if "fairlead-shop" in line]


def test_the_timer_elapses_four_times_a_day() -> None:
    command = (
        "systemd-analyze",
        "calendar",
        "--iterations=5",
        "--base-time=2026-11-23 01:00:00 UTC",
        "*-*-* 00/6:00:00",
    )
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"}
    )

    hours = [line.split()[-2] for line in told.stdout.splitlines() if line.strip().endswith("UTC") and "2026" in line]
    assert ["06:00:00", "12:00:00", "18:00:00", "00:00:00", "06:00:00"] == hours
