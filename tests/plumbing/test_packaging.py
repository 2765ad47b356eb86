"""The wheel holds the library, all of it, and nothing of this repository's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ("lint", "ops", "schemas")
ROOT_MODULES = {"__init__.py", "__main__.py", "tasks.py", "py.typed", "requirements.lock"}
LARGEST_BYTES = 2_000_000
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


def _tracked() -> list[str]:
    """The files of the repository, those not yet added too."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted({name for name in names if name and (ROOT / name).is_file()})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from a copy, by the locked setuptools, without a network."""
    copy = tmp_path_factory.mktemp("copy")
    for name in _tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    subprocess.run([sys.executable, "-I", "-c", BUILD, copy / "dist"], cwd=copy, capture_output=True, check=True)
    (built,) = (copy / "dist").glob("fairlead-*-py3-none-any.whl")
    return zipfile.ZipFile(built)


def _belongs(name: str) -> bool:
    return name in ROOT_MODULES or name.split("/", maxsplit=1)[0] in LIBRARY or name.startswith("docker/base/")


def test_pyproject_lists_every_package() -> None:
    folders = {str(Path(name).parent) for name in _tracked() if name.endswith(".py") and name.split("/")[0] in LIBRARY}
    expected = ["fairlead", *sorted("fairlead." + folder.replace("/", ".") for folder in folders)]

    assert expected == tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]


def test_the_wheel_holds_every_file_of_the_library_and_no_other(wheel: zipfile.ZipFile) -> None:
    held = [name for name in wheel.namelist() if ".dist-info/" not in name]

    assert [f"fairlead/{name}" for name in _tracked() if _belongs(name)] == sorted(held)


def test_the_wheel_is_small(wheel: zipfile.ZipFile) -> None:
    assert Path(wheel.filename or "").stat().st_size < LARGEST_BYTES


def test_the_wheel_serves_a_project_that_has_a_lint_folder_and_a_tasks_file(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    wheel.extractall(tmp_path / "site")
    project = tmp_path / "project"
    (project / "lint").mkdir(parents=True)
    (project / "lint" / "__init__.py").write_text("OWN = 'their own lint'\n")
    (project / "tasks.py").write_text(
        "import sys; sys.path.insert(0, '../site')\n"
        "from invoke import Collection, task\n"
        "import lint\n"
        "from fairlead.tasks import namespace as library, up\n"
        "import fairlead\n"
        "@task\n"
        "def hello(c):\n"
        "    print(lint.OWN, up.name, 'check' in library.tasks, fairlead.__file__)\n"
        "namespace = Collection(hello, up)\n"
    )

    run = subprocess.run(
        [sys.executable, "-I", "-m", "invoke", "hello"], cwd=project, capture_output=True, text=True, check=False
    )

    installed = tmp_path / "site/fairlead/__init__.py"
    assert ("", f"their own lint up False {installed}\n") == (
        run.stderr,
        run.stdout.replace(f"{project}/../", f"{tmp_path}/"),
    )
