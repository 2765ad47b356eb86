"""The developers' tasks: what they print, and what they refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairlead.developer.checks import CHECKS, PYTHON, Check, CheckFailedError, run_checks
from fairlead.developer.environment import EnvironmentFailedError
from fairlead.developer.scripts import run_benchmarks, run_campaign

ROOT = Path(__file__).resolve().parents[2]


def test_a_check_that_passes_is_one_line_and_one_that_fails_shows_its_output(capfd: pytest.CaptureFixture[str]) -> None:
    good = Check("good", (PYTHON, "-c", "print('much'); print('all well')"))
    bad = Check("bad", (PYTHON, "-c", "print('here'); print('two faults'); raise SystemExit(1)"))

    with pytest.raises(CheckFailedError, match=r"^check: failed: bad; the output is above$") as failed:
        run_checks((good, bad))

    assert 1 == failed.value.exit_code
    lines = re.sub(r" +[0-9.]+ s", " N s", capfd.readouterr().out).splitlines()
    assert ["FAILED bad N s  two faults", "here", "ok     good N s  all well"] == sorted(lines[:-1])
    assert "check: 1 of 2 passed in N s" == lines[-1]


def test_every_python_file_is_checked_by_one_of_the_checks() -> None:
    commands = {check.title: check.command for check in CHECKS}

    assert commands["format"][-1] == commands["lint"][-1] == "."
    assert {"--ignore=tests/system", "--ignore=tests/campaigns"} < set(commands["tests"])
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"app", "tests", "bench"}
    assert packages == {part.removeprefix("-pfairlead.") for part in commands["types"] if part.startswith("-p")}


@pytest.mark.parametrize(("run", "folder"), [(run_benchmarks, "bench"), (run_campaign, "tests/campaigns")])
def test_a_name_that_is_not_there_is_answered_with_those_that_are(run: object, folder: str) -> None:
    names = sorted(path.stem for path in (ROOT / folder).glob("*.py") if not path.name.startswith("_"))
    known = ", ".join(names).replace("_", "-")

    with pytest.raises(EnvironmentFailedError) as failed:
        run("nonesuch")  # type: ignore[operator]

    assert (2, f'{folder}: no "nonesuch"; --name takes one of: {known}') == (failed.value.exit_code, str(failed.value))
