"""What git does with env files: the index and .gitignore as git itself writes and reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fairlead.lint.envfile.keeping import Keeping, ignore_file, keeping
from fairlead.lint.files import Files


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> int:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    return subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, check=False).returncode


def written(folder: Path, name: str, text: str = "A=1\n") -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return name


def test_a_file_in_the_index_is_tracked(repository: Path) -> None:
    name = written(repository, "docker/.env")
    before = keeping(name, Files())
    git(repository, "add", name)

    assert (Keeping.OPEN, Keeping.TRACKED) == (before, keeping(name, Files()))


def test_a_file_of_a_similar_name_is_not_tracked(repository: Path) -> None:
    git(repository, "add", written(repository, "other/.env"), written(repository, "a.env"))

    assert keeping(written(repository, ".env"), Files()) is Keeping.OPEN


def test_the_index_of_a_worktree_is_read(repository: Path) -> None:
    git(repository, "add", written(repository, ".env"))
    git(repository, "commit", "-qm", "a")
    git(repository, "worktree", "add", "-q", "tree")

    assert keeping("tree/.env", Files()) is Keeping.TRACKED


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (".env", ".env"),
        (".env", "docker/.env"),
        ("/docker/.env", "docker/.env"),
        ("docker/", "docker/.env"),
        (".env*\n!.env.example", ".env.prod"),
        ("*.env", "app.env"),
        ("/.env", "docker/.env"),
        ("node_modules", ".env"),
        (".env\n!.env", ".env"),
        ("# .env", ".env"),
    ],
)
def test_a_pattern_means_what_it_means_to_git(repository: Path, pattern: str, name: str) -> None:
    written(repository, ".gitignore", f"{pattern}\n")
    written(repository, name)

    expected = Keeping.IGNORED if git(repository, "check-ignore", "-q", name) == 0 else Keeping.OPEN
    assert keeping(name, Files()) is expected


def test_the_excludes_of_the_repository_count(repository: Path) -> None:
    written(repository, ".git/info/exclude", ".env\n")

    assert keeping(written(repository, ".env"), Files()) is Keeping.IGNORED


def test_without_a_repository_nothing_can_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert keeping(written(tmp_path, ".env"), Files()) is None


def test_the_nearest_ignore_file_takes_the_line(repository: Path) -> None:
    written(repository, ".gitignore", "a\n")
    name = written(repository, "docker/.env")

    assert ignore_file(name, Files()) == ".gitignore"
    assert ignore_file(".env", Files()) == ".gitignore"


def test_without_an_ignore_file_one_is_made_beside_the_file(repository: Path) -> None:
    assert ignore_file(written(repository, "docker/.env"), Files()) == "docker/.gitignore"
