"""What a shell offers after <TAB>."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from invoke import Collection, Context
from invoke.parser import Argument, ParserContext

from fairlead.ops.completion import SCRIPTS, candidates
from fairlead.ops.task import task

SETTINGS = """\
name: shop
compose:
  files: [compose.yml, compose.prod.yml]
hosts:
  prod: {address: prod.example.com}
  staging: {address: staging.example.com}
groups:
  web: [prod, staging]
"""
COMPOSE = "services: {web: {image: nginx}, api: {image: api}}\n"
OVERRIDE = "services: {web: {ports: !override []}}\n"


def offered(*words: str) -> list[str]:
    @task(help={"host": "Where.", "to": "Which.", "service": "Of what.", "wait": "Not at once."})
    def deploy(_: Context, host: str = "", to: str = "", service: str = "", wait: bool = True) -> None:
        """Deploys."""

    @task
    def up(_: Context) -> None:
        """Starts."""

    tasks = {context.name: context for context in Collection(deploy, up).to_contexts()}
    return candidates(words, tasks, ParserContext(args=[Argument(names=("dry", "R"), kind=bool)]))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with hosts, services and a release; the shell is in a folder below it."""
    (tmp_path / "fairlead.yaml").write_text(SETTINGS)
    (tmp_path / "compose.yml").write_text(COMPOSE)
    (tmp_path / "compose.prod.yml").write_text(OVERRIDE)
    kept = tmp_path / ".fairlead/hosts/prod/releases.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"served": ["r9", "r41"]}')
    (tmp_path / "bin").mkdir()
    _ssh(tmp_path, "exit 255")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


def _ssh(project: Path, script: str) -> None:
    path = project / "bin" / "ssh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("words", [(), ("",), ("de",), ("up", "")])
def test_where_a_task_may_stand_tasks_are_offered(words: tuple[str, ...]) -> None:
    assert ["deploy", "up"] == offered(*words)


def test_after_a_dash_the_long_flags_of_the_task_and_of_the_program_are_offered() -> None:
    assert ["--dry", "--host", "--no-wait", "--service", "--to", "--wait"] == offered("deploy", "--")
    assert ["--dry"] == offered("-")


@pytest.mark.parametrize(
    ("flag", "values"), [("--host", ["prod", "staging", "web"]), ("--service", ["api", "web"]), ("--to", ["r41", "r9"])]
)
def test_values_that_are_known_here_are_offered(project: Path, flag: str, values: list[str]) -> None:
    assert project.exists()
    assert values == offered("deploy", "--host", "prod", flag, "")
    assert values == offered("deploy", "--host=prod", flag, "=", "p")


def test_releases_are_those_of_the_host_that_the_line_names(project: Path) -> None:
    assert [] == offered("deploy", "--host", "staging", "--to", "")
    assert [] == offered("deploy", "--to", ""), "which of the two hosts is meant is not known"
    assert ["r41", "r9"] == offered("deploy", "--host", "web", "--to", "")


def test_a_host_that_answers_at_once_is_asked_for_its_releases(project: Path) -> None:
    said = '{"current": "r43", "previous": ["r42", "r41"]}'
    _ssh(project, f"echo \"$@\" >{project}/asked; echo '{said}'")

    assert ["r42", "r41"] == offered("deploy", "--host", "prod", "--to", "")
    asked = (project / "asked").read_text()
    assert asked.endswith("prod.example.com cat /srv/shop/state/state.json\n")
    assert "BatchMode=yes" in asked
    _ssh(project, "exit 255")
    assert ["r41", "r9"] == offered("deploy", "--host", "prod", "--to", "")


def test_a_host_that_does_not_answer_at_once_is_not_waited_for(project: Path) -> None:
    _ssh(project, "exec sleep 86395")

    assert ["r41", "r9"] == offered("deploy", "--host", "prod", "--to", "")


@pytest.mark.parametrize("settings", ["", "a: [", "hosts: 3", "[]", "compose: {files: [gone.yml]}"])
@pytest.mark.parametrize("flag", ["--host", "--service", "--to"])
def test_settings_that_cannot_be_read_offer_nothing(project: Path, settings: str, flag: str) -> None:
    (project / "fairlead.yaml").write_text(settings)

    assert [] == offered("deploy", flag, "")


def test_outside_of_a_project_no_value_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert [] == offered("deploy", "--host", "")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_script_is_printed_for_each_shell(shell: str) -> None:
    run = subprocess.run(
        [sys.executable, "-I", "-m", "fairlead", "--print-completion-script", shell],
        capture_output=True,
        text=True,
        check=True,
    )

    assert SCRIPTS[shell] == run.stdout


def test_bash_completes_the_program_on_its_line(project: Path) -> None:
    program = project / "inv"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -m fairlead "$@"\n')
    program.chmod(0o755)
    line = f"COMP_WORDS=({program} logs --service a) COMP_CWORD=3; _fairlead inv a --service; echo ${{COMPREPLY[*]}}"

    run = subprocess.run(["bash", "-c", SCRIPTS["bash"] + line], capture_output=True, text=True, check=True)

    assert ("", "api\n") == (run.stderr, run.stdout)
