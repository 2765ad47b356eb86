"""./inv on its way to the program: what needs neither pip nor a network. The first use itself is in tests/system."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Stands in for any Python: says what it was asked to run, and in which surroundings.
PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) exit {too_old} ;;
    *ensurepip*) exit {no_venv} ;;
    -V) echo "Python 3.9.2" ;;
    *) surroundings="path=${{PYTHONPATH-unset}} home=${{PYTHONHOME-unset}} venv=${{VIRTUAL_ENV-unset}}"
       printf '%s\\n' "$0" "$@" "$surroundings" "$PWD"
       exit {code} ;;
esac
"""


class Clone:
    """A folder as a clone leaves it, and a PATH that holds what the wrapper calls and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a clone, ünïcode & $spaces"
        self.bin = folder / "bin"
        for made in (self.root / "developer", self.bin):
            made.mkdir(parents=True)
        for name in ("inv", "requirements.lock", "developer/environment.py"):
            shutil.copy(ROOT / name, self.root / name)
        for tool in ("sh", "cmp", "readlink"):
            (self.bin / tool).symlink_to(shutil.which(tool) or "")

    def python(self, path: Path, *, too_old: int = 0, no_venv: int = 0, code: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PYTHON.format(too_old=too_old, no_venv=no_venv, code=code))
        path.chmod(0o755)

    def made(self, *, code: int = 0) -> None:
        """A .venv as the first use leaves it."""
        self.python(self.root / ".venv/bin/python", code=code)
        (self.root / ".venv/place").write_text(f"{self.root}\n")
        shutil.copy(self.root / "requirements.lock", self.root / ".venv")

    def run(
        self, *words: str, program: Path | str = "", cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program or self.root / "inv", *words],
            cwd=cwd or self.root,
            env={"PATH": str(self.bin), **more},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_arguments_and_the_exit_code_pass_unchanged(clone: Clone) -> None:
    clone.made(code=7)

    run = clone.run("up", "--scale", "backend=2", "two words", "", "$HOME", "é'\"\\")

    python = str(clone.root / ".venv/bin/python")
    expected = [python, "-I", "-m", "fairlead", "up", "--scale", "backend=2", "two words", "", "$HOME", "é'\"\\"]
    assert (7, expected) == (run.returncode, run.stdout.splitlines()[:-2])


def test_the_surroundings_of_the_caller_do_not_reach_python(clone: Clone) -> None:
    clone.made()

    run = clone.run(PYTHONPATH="/x", PYTHONHOME="/y", VIRTUAL_ENV="/z", CDPATH="/tmp")

    assert run.stdout.splitlines()[-2] == "path=unset home=unset venv=unset"


def test_the_folder_is_found_from_anywhere(clone: Clone, tmp_path: Path) -> None:
    clone.made()
    (clone.bin / "inv").symlink_to(clone.root / "inv")
    (tmp_path / "one").symlink_to("bin/inv")

    for program, cwd in [
        (clone.root / "inv", tmp_path),
        ("./inv", clone.root),
        (str(tmp_path / "one"), tmp_path),
        ("../one", clone.bin),
        ("inv", tmp_path),
    ]:
        run = clone.run("--list", program=program, cwd=cwd)

        python = str(clone.root / ".venv/bin/python")
        assert (python, str(cwd)) == (run.stdout.splitlines()[0], run.stdout.splitlines()[-1])


def test_a_shell_may_be_named(clone: Clone) -> None:
    clone.made()

    assert clone.run("inv", "--list", program="sh").stdout.splitlines()[4] == "--list"


@pytest.mark.parametrize(
    "harm",
    [
        lambda root: shutil.rmtree(root / ".venv"),
        lambda root: (root / ".venv/requirements.lock").unlink(),
        lambda root: (root / ".venv/place").unlink(),
        lambda root: (root / ".venv/place").write_text("/elsewhere\n"),
        lambda root: (root / ".venv/bin/python").unlink(),
        lambda root: (root / "requirements.lock").write_text("changed\n"),
    ],
    ids=["missing", "half-made", "without place", "moved", "its Python gone", "lock file changed"],
)
def test_a_venv_that_is_not_right_is_made_first(clone: Clone, harm: object) -> None:
    clone.made()
    clone.python(clone.bin / "python3", code=9)
    harm(clone.root)  # type: ignore[operator]

    run = clone.run("up")

    assert [str(clone.bin / "python3"), "-I", str(clone.root / "developer/environment.py")] == run.stdout.splitlines()[
        :3
    ]
    assert run.returncode == 9


def test_the_newest_python_that_can_make_a_venv_is_taken(clone: Clone) -> None:
    clone.python(clone.bin / "python3.13", no_venv=1)
    clone.python(clone.bin / "python3.12", code=1)
    clone.python(clone.bin / "python3", code=1)

    assert clone.run().stdout.splitlines()[0] == str(clone.bin / "python3.12")


def test_without_any_python_one_line_says_what_to_install(clone: Clone) -> None:
    run = clone.run("up")

    line = "inv: needs Python 3.11 or newer, found: none; on Debian or Ubuntu: apt install python3 python3-venv\n"
    assert (2, "", line) == (run.returncode, run.stdout, run.stderr)


def test_an_old_python_is_named(clone: Clone) -> None:
    clone.python(clone.bin / "python3", too_old=1)

    run = clone.run("up")

    assert run.returncode == 2
    assert "found: Python 3.9.2;" in run.stderr


def test_a_python_without_venv_is_named_with_its_package(clone: Clone) -> None:
    clone.python(clone.bin / "python3.11", no_venv=1)

    run = clone.run("up")

    line = "inv: python3.11 cannot make virtual environments; on Debian or Ubuntu: apt install python3.11-venv\n"
    assert (2, line) == (run.returncode, run.stderr)


def test_the_wrapper_is_executable_in_the_repository() -> None:
    assert os.access(ROOT / "inv", os.X_OK)
