"""`pip install fairlead` in a fresh venv, beside a project that has a lint folder and a tasks file of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TASKS = """\
import lint
from fairlead.tasks import namespace as library, up
from invoke import Collection, task


@task
def hello(c):
    print(lint.OWN, "check" in library.tasks)


namespace = Collection(hello, up)
"""
NGINX = """\
events {}
http {
    server_tokens on;
}
"""


class Installed:
    """The programs of a venv in which pip has put the wheel, and the folder of another project."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "venv" / "bin"
        self.project = folder / "project"

    def run(self, program: str, *words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [self.bin / program, *words], cwd=self.project, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    wheel = _built(folder)
    subprocess.run([sys.executable, "-I", "-m", "venv", folder / "venv"], check=True)
    locked = [line.rstrip("\\ ") for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line]
    (folder / "constraints.txt").write_text("\n".join(locked))
    pip = [folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", folder / "constraints.txt", wheel], check=True)
    found = Installed(folder)
    (found.project / "lint").mkdir(parents=True)
    (found.project / "lint" / "__init__.py").write_text("OWN = 'their own lint'\n")
    (found.project / "tasks.py").write_text(TASKS)
    (found.project / "nginx.conf").write_text(NGINX)
    return found


def test_the_other_project_keeps_its_own_names(installed: Installed) -> None:
    assert (0, "their own lint False\n", "") == installed.run("inv", "hello")


def test_a_task_is_taken_into_another_namespace(installed: Installed) -> None:
    code, out, err = installed.run("inv", "up", "-h")

    assert (0, "") == (code, err)
    assert "--scale" in out


def test_the_program_is_there_without_the_developers_tasks(installed: Installed) -> None:
    code, out, err = installed.run("fairlead", "--list")

    assert (0, "") == (code, err)
    assert "  up " in out
    assert "campaign" not in out


def test_the_linter_works_from_the_wheel(installed: Installed) -> None:
    code, out, err = installed.run("fairlead-lint", "nginx.conf")

    assert (1, "") == (code, err)
    assert out.startswith("nginx.conf:3:")


def test_the_stack_on_this_machine_needs_no_extra(installed: Installed) -> None:
    assert 1 == installed.run("python", "-c", "import fabric")[0]
    assert (0, "", "") == installed.run("python", "-c", "import fairlead.ops.cli")


def _built(folder: Path) -> Path:
    """The wheel, built from the files that git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for path in (Path(name) for name in names if name and (ROOT / name).is_file()):
        (folder / "copy" / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / "copy" / path)
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-I", "-c", build, folder], cwd=folder / "copy", capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
