"""docker/frontend-entrypoint.sh: what it leaves in the folder that the releases share."""

import os
import subprocess
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).parents[2] / "docker" / "frontend-entrypoint.sh"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A built page with one script and its compressed twin."""
    assets = tmp_path / "page" / "assets"
    assets.mkdir(parents=True)
    (assets / "index-new.js").write_text("new")
    (assets / "index-new.js.gz").write_text("new, compressed")
    return assets.parent


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


def start(page: Path, shared: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FRONTEND_PAGE": str(page), "FRONTEND_SHARED_ASSETS": str(shared)}
    return subprocess.run(
        ["sh", str(ENTRYPOINT), *(command or ("echo", "serving"))],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_assets_are_shared_and_then_the_command_runs(page: Path, shared: Path) -> None:
    started = start(page, shared)

    assert (0, "serving\n", "") == (started.returncode, started.stdout, started.stderr)
    assert {"index-new.js": "new", "index-new.js.gz": "new, compressed"} == contents(shared)


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(folder.iterdir())}


def test_files_of_earlier_releases_stay_as_they_are(page: Path, shared: Path) -> None:
    (shared / "index-old.js").write_text("old")
    (shared / "index-new.js").write_text("here before")

    start(page, shared)

    assert {"index-new.js": "here before", "index-new.js.gz": "new, compressed", "index-old.js": "old"} == contents(
        shared
    )


def test_a_shared_file_can_be_read_by_every_user_and_written_by_none(page: Path, shared: Path) -> None:
    start(page, shared)

    assert {0o444} == {file.stat().st_mode & 0o777 for file in shared.iterdir()}


def test_without_a_shared_folder_the_command_runs_all_the_same(page: Path, shared: Path) -> None:
    shared.rmdir()

    assert "serving\n" == start(page, shared).stdout


def test_a_name_that_cannot_be_taken_is_told_and_the_command_runs_all_the_same(page: Path, shared: Path) -> None:
    (page / "assets" / ("x" * 250 + ".js")).write_text("its half-made name is too long for a file")

    started = start(page, shared)

    assert "serving\n" == started.stdout
    assert "does not take this release's assets" in started.stderr


def test_the_exit_code_is_that_of_the_command(page: Path, shared: Path) -> None:
    assert 3 == start(page, shared, "sh", "-c", "exit 3").returncode
