"""The hook for others' repositories, run by pre-commit itself on real commits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "pre-commit==4.7.0"
SETTINGS = """\
repos:
  - repo: {source}
    rev: {revision}
    hooks:
      - id: fairlead-lint
"""
NGINX = """\
events {}
http {
    include conf/logs.conf;
    include conf/old.conf;
}
"""
LOGS = "access_log /var/log/nginx/access.log;\n"
OLD = "autoindex on;\n"


class Repository:
    """A repository in which pre-commit is installed."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment

    def write(self, path: str, text: str) -> None:
        """Replaces a file and adds it."""
        (self.folder / path).parent.mkdir(exist_ok=True)
        (self.folder / path).write_text(text)
        self.git("add", path)

    def commit(self) -> tuple[bool, str]:
        """Whether the commit was made, and what was said."""
        done = self.git("commit", "--message", "change", check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def git(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs git."""
        return _run(("git", *words), self.folder, self._environment, check=check)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("pre-commit")
    programs = folder / "venv" / "bin"
    subprocess.run([sys.executable, "-I", "-m", "venv", folder / "venv"], check=True)
    pip = [programs / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PROGRAM], check=True)
    own = {"HOME": str(folder), "PRE_COMMIT_HOME": str(folder / "cache"), "GIT_CONFIG_NOSYSTEM": "1"}
    names = {f"GIT_{who}_{what}": "nobody@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **own, **names, "PATH": f"{programs}:{os.environ['PATH']}"}
    source = _source(folder / "source", environment)
    made = Repository(folder / "project", environment)
    made.folder.mkdir()
    made.git("init", "--quiet")
    revision = _run(("git", "rev-parse", "HEAD"), source, environment).stdout.strip()
    made.write("nginx.conf", NGINX)
    made.write("conf/logs.conf", LOGS)
    made.write("conf/old.conf", OLD)
    made.git("commit", "--quiet", "--message", "as it was")
    made.write(".pre-commit-config.yaml", SETTINGS.format(source=source.as_uri(), revision=revision))
    made.git("commit", "--quiet", "--message", "the hook")
    _run((programs / "pre-commit", "install", "--install-hooks"), made.folder, environment)
    return made


def test_old_findings_stay_quiet_until_their_file_is_changed(repository: Repository) -> None:
    repository.write("conf/logs.conf", LOGS + "error_log /var/log/nginx/error.log warn;\n")
    made, said = repository.commit()
    assert made, said

    repository.write("conf/old.conf", OLD + "# as it was\n")
    made, said = repository.commit()
    assert not made
    assert "conf/old.conf:1" in said
    assert "nginx/folder-listing" in said
    repository.write("conf/old.conf", OLD)


def test_a_commit_with_a_fault_is_refused_at_its_token(repository: Repository) -> None:
    repository.write("nginx.conf", NGINX.replace("http {", "http {\n    server_tokens on;"))
    made, said = repository.commit()
    repository.write("nginx.conf", NGINX)

    assert not made
    assert "nginx.conf:3:19" in said
    assert "conf/old.conf" not in said


def test_a_deleted_file_is_reported_where_it_is_still_included(repository: Repository) -> None:
    repository.git("rm", "--quiet", "conf/logs.conf")
    made, said = repository.commit()

    assert not made
    assert "nginx.conf:3" in said


def _source(folder: Path, environment: dict[str, str]) -> Path:
    """A repository with this very tree, so that what is not committed yet is tried, too."""
    names = _run(("git", "ls-files", "-z"), ROOT, environment).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "as it is")):
        _run(("git", *words), folder, environment)
    return folder


def _run(
    words: tuple[str | Path, ...], folder: Path, environment: dict[str, str], *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done
