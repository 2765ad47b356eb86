"""The first use of ./inv with the machine's own Python and pip, and what may go wrong in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys, pebblestone\nprint('ran', pebblestone.VERSION, *sys.argv[1:])\n"
HOSTILE = {
    "PIP_USER": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PYTHONPATH": "/nowhere",
    "PYTHONHOME": "/nowhere",
    "VIRTUAL_ENV": "/nowhere",
}


class Clone:
    """A small clone whose lock file names one package, served from a folder beside it: no network is needed."""

    first: tuple[int, str, str]

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a clone, ünïcode"
        self.wheels = folder / "wheels"
        for made in (self.root / "developer", self.wheels):
            made.mkdir(parents=True)
        for name in ("inv", "developer/environment.py"):
            shutil.copy(ROOT / name, self.root / name)
        (self.root / "__init__.py").touch()
        (self.root / "__main__.py").write_text(PROGRAM)
        self.lock("1.0")

    def lock(self, version: str, digest: str = "") -> None:
        """Asks for *version*, which the index has, by its true hash or by *digest*."""
        wheel = self.wheels / f"pebblestone-{version}-py3-none-any.whl"
        about = f"pebblestone-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("pebblestone.py", f"VERSION = {version!r}\n")
            archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: pebblestone\nVersion: {version}\n")
            archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{about}/RECORD", "")
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.root / "requirements.lock").write_text(f"pebblestone=={version} \\\n    --hash=sha256:{digest}\n")

    @property
    def environment(self) -> dict[str, str]:
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        return {"PATH": os.environ["PATH"], "HOME": str(self.wheels), **pip}

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.root / "inv", *words],
            env=self.environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, **more: str) -> tuple[int, str, str]:
        process = self.start(*words, **more)
        out, err = process.communicate()
        return process.returncode, out, err


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone after its first use; each test that takes it leaves it so that `run` puts it right."""
    clone = Clone(tmp_path_factory.mktemp("made"))
    clone.first = clone.run("up", "x y", **HOSTILE)
    return clone


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that every user may enter, as pytest's own is not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_the_first_use_makes_venv_whatever_the_surroundings_say(made: Clone) -> None:
    code, out, err = made.first

    assert (0, "ran 1.0 up x y\n") == (code, out)
    assert "inv: first use: making .venv with Python 3." in err


def test_later_uses_say_nothing_of_their_own(made: Clone) -> None:
    assert (0, "ran 1.0 down\n", "") == made.run("down")


def test_bytecode_is_kept_whatever_the_surroundings_say(made: Clone) -> None:
    made.run("down", PYTHONDONTWRITEBYTECODE="1")

    assert list(made.root.glob("__pycache__/*.pyc"))


def test_without_an_index_one_line_says_what_pip_said(made: Clone) -> None:
    made.lock("1.1")

    code, out, err = made.run("up", PIP_FIND_LINKS=os.devnull)

    last = err.splitlines()[-1]
    assert (1, "") == (code, out)
    assert last.startswith("inv: pip could not install the locked dependencies; is the package index in reach? pip: ")
    assert "No matching distribution found for pebblestone==1.1" in last


def test_a_changed_lock_file_is_installed(made: Clone) -> None:
    made.run()
    made.lock("2.0")

    code, out, err = made.run()

    assert (0, "ran 2.0\n") == (code, out)
    assert "first use" not in err


def test_a_package_with_another_hash_is_refused(made: Clone) -> None:
    made.run()
    made.lock("3.0", digest="0" * 64)

    code, _, err = made.run("up")

    assert 1 == code
    assert "hash" in err.lower()


def test_a_moved_clone_works_and_its_scripts_too(made: Clone) -> None:
    made.lock("4.0")
    made.root = made.root.rename(made.root.with_name("moved"))

    code, out, _ = made.run("up")

    assert (0, "ran 4.0 up\n") == (code, out)
    pip = subprocess.run([made.root / ".venv/bin/pip", "--version"], capture_output=True, text=True, check=True)
    assert str(made.root) in pip.stdout


def test_a_first_use_that_was_killed_is_begun_anew(clone: Clone) -> None:
    process = _begun(clone)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    code, out, err = clone.run("up")

    assert (0, "ran 1.0 up\n") == (code, out)
    assert "inv: first use:" in err


def test_an_interrupted_first_use_is_one_line(clone: Clone) -> None:
    process = _begun(clone)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()

    assert process.returncode in (130, -signal.SIGINT)  # dash dies of the signal too, which its caller shows as 130
    assert "inv: interrupted; the next ./inv begins .venv anew\n" == err.splitlines(keepends=True)[-1]
    assert "Traceback" not in err


def test_two_first_uses_at_once_both_end_well(clone: Clone) -> None:
    processes = [clone.start(name) for name in ("one", "two")]
    ended = [process.communicate() for process in processes]

    assert ["ran 1.0 one\n", "ran 1.0 two\n"] == [out for out, _ in ended]
    errors = "".join(err for _, err in ended)
    assert 1 == errors.count("first use") == errors.count("another ./inv is making .venv; waiting for it")


def test_a_link_named_venv_gives_way(clone: Clone, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    (clone.root / ".venv").symlink_to(other)

    assert 0 == clone.run()[0]
    assert (other / "kept").exists()


def test_an_unwritable_folder_is_one_line(readable: Path) -> None:
    clone = Clone(readable)
    clone.root.chmod(0o555)
    other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = clone.environment | {"PATH": "/usr/bin:/bin"}

    run = subprocess.run([clone.root / "inv"], env=environment, capture_output=True, text=True, check=False, **other)

    assert (2, 1) == (run.returncode, len(run.stderr.splitlines()))
    assert run.stderr.startswith(f"inv: cannot write {clone.root}")


def test_a_whole_clone_runs_its_four_programs(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONDONTWRITEBYTECODE": "1"}

    def said(*command: str) -> str:
        run = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
        assert 0 == run.returncode, run.stderr
        return run.stdout

    listed = said("./inv", "--list")
    assert "  up " in listed
    assert listed.split(":", 1)[1] == said(".venv/bin/inv", "--list").split(":", 1)[1]
    assert said("./inv", "--version") == said(".venv/bin/fairlead", "--version")
    assert "fairlead-lint" in said(".venv/bin/fairlead-lint", "--help")
    assert "" == said("git", "status", "--short")


def _begun(clone: Clone) -> subprocess.Popen[str]:
    """A first use that has said that it is at work."""
    process = clone.start()
    assert process.stderr
    assert "first use" in process.stderr.readline()
    return process
