"""What a change broke, beside what it changed."""

from __future__ import annotations

import json
import subprocess

import pytest

MAIN = "http {\n    include parts/*.inc;\n}\n"


@pytest.fixture
def repository(folder):
    """A repository whose one commit has an old fault in nginx.conf and an included file without one."""
    (folder / "nginx.conf").write_text(MAIN + "server_tokens on;\n")
    (folder / "parts").mkdir()
    (folder / "parts" / "web.inc").write_text("gzip on;\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    return folder


def git(folder, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def found(lint, *arguments: str) -> list[tuple[str, int]]:
    report = json.loads(lint("--format", "json", "--since", "HEAD", "--select", "nginx", *arguments).out)
    return [(it["path"], it["line"]) for it in report["findings"] if it["rule"] != "nginx/syntax"]


def test_an_old_fault_in_another_file_is_not_the_changes(repository, lint) -> None:
    (repository / "parts" / "web.inc").write_text("gzip on;\nserver_tokens on;\n")

    assert ("parts/web.inc", 2) in found(lint, "parts/web.inc")
    assert "nginx.conf" not in {path for path, _ in found(lint, "parts/web.inc")}


def test_a_changed_file_shows_all_its_faults_and_moved_ones_are_old(repository, lint) -> None:
    (repository / "nginx.conf").write_text("# moved\n" + MAIN + "server_tokens on;\n")

    assert ("nginx.conf", 5) in found(lint, "nginx.conf")
    assert [] == found(lint)


def test_an_old_fault_in_an_included_file_is_not_the_changes(repository, lint) -> None:
    (repository / "parts" / "old.inc").write_text("autoindex on;\n")
    git(repository, "add", ".")
    git(repository, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "second")
    (repository / "nginx.conf").write_text(MAIN)

    assert [] == found(lint, "nginx.conf")


def test_a_file_that_only_an_include_makes_ours_shows_its_old_faults_when_it_is_changed(repository, lint) -> None:
    (repository / "parts" / "old.inc").write_text("autoindex on;\n")
    git(repository, "add", ".")
    git(repository, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "second")
    (repository / "parts" / "old.inc").write_text("autoindex on;\n# as it was\n")

    assert [("parts/old.inc", 1)] == found(lint, "parts/old.inc")


def test_a_fault_that_a_change_causes_elsewhere_is_reported(repository, lint) -> None:
    (repository / "nginx.conf").write_text("http {\n    include parts/web.inc;\n}\n")
    git(repository, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "second")
    (repository / "parts" / "web.inc").unlink()

    assert [("nginx.conf", 2)] == found(lint, "parts/web.inc")


def test_a_changed_file_that_is_none_of_ours_is_no_mistake(repository, lint) -> None:
    (repository / "notes.txt").write_text("call mother\n")

    result = lint("--since", "HEAD", "notes.txt", "gone.txt")

    assert (0, "") == (result.code, result.err)


def test_a_commit_in_a_project_without_a_stack_is_clean(folder, lint) -> None:
    git(folder, "init", "-q")

    assert 0 == lint("--since", "HEAD").code


def test_before_the_first_commit_everything_is_new(folder, lint) -> None:
    (folder / "nginx.conf").write_text("server_tokens on;\n")
    git(folder, "init", "-q")

    assert [("nginx.conf", 1)] == found(lint)


@pytest.mark.parametrize(("revision", "complaint"), [("nowhere", "git knows no revision"), ("--all", "git knows no")])
def test_an_unknown_revision_is_refused(repository, lint, revision: str, complaint: str) -> None:
    result = lint(f"--since={revision}")

    assert 2 == result.code
    assert complaint in result.err


def test_outside_a_repository_it_says_so(folder, lint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    (folder / "nginx.conf").write_text("server_tokens on;\n")

    assert (
        "fairlead-lint: not in a git repository, so there is no revision to compare with\n"
        == lint("--since", "HEAD").err
    )
