"""What the command line answers, with a namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from invoke import Collection, Context, task

from fairlead.ops.errors import LockedError
from fairlead.ops.program import Program


class Answer:
    """The exit code and what was printed."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            Program(_namespace()).run(["fairlead", *words])
        self.code = ended.value.code
        self.out, self.err = capfd.readouterr()


def _namespace() -> Collection:
    @task(auto_shortflags=False, help={"host": "Where.", "count": "How often.", "wait": "Not at once."})
    def deploy(_: Context, host: str = "", count: int = 1, wait: bool = True) -> None:
        """Brings a release to a host."""
        print(f"deployed {host} {count} {wait}")

    @task
    def locked(_: Context) -> None:
        """Finds the lock held."""
        error = LockedError("prod: locked by ann since 10:00; see inv lock.show")
        error.details = "pid 12"
        raise error

    @task
    def bare(_: Context) -> None:
        """Needs a package that is not there."""
        raise ModuleNotFoundError(name="fabric")

    @task
    def faulty(_: Context) -> None:
        """Has a fault."""
        raise KeyError("x")

    @task
    def unreadable(_: Context) -> None:
        """Meets a file that is not there."""
        open("/no/such/file")  # noqa: PTH123, SIM115 - for the error alone

    @task
    def interrupted(_: Context) -> None:
        """Is stopped by its user."""
        raise KeyboardInterrupt

    @task
    def dry(context: Context) -> None:
        """Shows whether --dry was given."""
        print(context.config.run.dry)

    certificates = Collection("certificates", renew=locked)
    certificates.add_task(deploy, name="due", default=True)
    return Collection(deploy, locked, bare, faulty, unreadable, interrupted, dry, certificates)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["deplyo"], 'no task "deplyo"; did you mean "deploy"?'),
        (["zzz"], 'no task "zzz"; see "fairlead --list"'),
        (["deploy", "--hots", "prod"], 'deploy: no flag "--hots"; did you mean "--host"?'),
        (["deploy", "-x"], 'deploy: no flag "-x"; see "fairlead deploy -h"'),
        (["deploy", "prod"], 'deploy: takes flags, not the word "prod"; see "fairlead deploy -h"'),
        (["certificates", "--hots"], 'certificates: no flag "--hots"; did you mean "--host"?'),
        (["certificates.renew", "-x"], 'certificates.renew: no flag "-x"; see "fairlead certificates.renew -h"'),
        (["--verison"], 'no flag "--verison"; did you mean "--version"?'),
        (["deploy", "--host"], 'deploy: --host needs a value; see "fairlead deploy -h"'),
        (["deploy", "--host", ""], "deploy: --host is empty; give it a value or leave it out"),
        (["deploy", "--host="], "deploy: --host is empty; give it a value or leave it out"),
        (["deploy", "--count", "many"], '--count takes a whole number, not "many"'),
        (["deploy", "--count=many"], '--count takes a whole number, not "many"'),
        (["--command-timeout", "soon", "deploy"], '--command-timeout takes a whole number, not "soon"'),
        (["--list-format", "xml", "--list"], "--list-format takes flat, nested or json"),
        (["--print-completion-script", "tcsh"], '--print-completion-script takes bash, zsh, fish, not "tcsh"'),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    words: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = Answer(capfd, *words)

    assert (2, "", f"{message}\n") == (answer.code, answer.out, answer.err)


@pytest.mark.parametrize(
    ("task_name", "code", "message"),
    [
        ("locked", 4, "prod: locked by ann since 10:00; see inv lock.show\npid 12"),
        ("bare", 2, 'the package "fabric" is missing; pip install "fairlead[deploy]"'),
        ("faulty", 3, "a fault of fairlead itself: KeyError: 'x'; --debug shows where"),
        ("unreadable", 3, "/no/such/file: No such file or directory; --debug shows where"),
        ("interrupted", 130, "interrupted"),
    ],
)
def test_an_error_is_a_line_and_its_exit_code(
    task_name: str, code: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = Answer(capfd, task_name)

    assert (code, "", f"{message}\n") == (answer.code, answer.out, answer.err)


def test_a_config_file_that_invoke_cannot_read_is_wrong_use(capfd: pytest.CaptureFixture[str]) -> None:
    answer = Answer(capfd, "--config", "settings.md", "dry")

    assert 2 == answer.code
    assert answer.err.startswith("--config settings.md: ")


def test_debug_shows_where_a_fault_is() -> None:
    with pytest.raises(KeyError):
        Program(_namespace()).run(["fairlead", "--debug", "faulty"])


@pytest.mark.parametrize("words", [["deploy", "-h"], ["deploy", "--help"], ["--help", "deploy"]])
def test_help_is_printed_and_nothing_runs(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    answer = Answer(capfd, *words)

    assert answer.code == 0
    assert "Brings a release to a host." in answer.out
    assert "--host=STRING" in answer.out
    assert "deployed" not in answer.out


def test_arguments_arrive_as_given(capfd: pytest.CaptureFixture[str]) -> None:
    answer = Answer(capfd, "deploy", "--host", "prod", "--count=3", "--no-wait")

    assert (0, "deployed prod 3 False\n") == (answer.code, answer.out)


@pytest.mark.parametrize("words", [["--dry", "dry"], ["dry", "--dry"], ["-R", "dry"]])
def test_dry_reaches_the_task_from_either_side(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert Answer(capfd, *words).out == "True\n"


def test_the_version_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    from fairlead import __version__

    assert Answer(capfd, "--version").out == f"fairlead {__version__}\n"


def test_a_run_leaves_the_writing_of_bytecode_as_it_was(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    Answer(capfd, "deploy")

    assert not sys.dont_write_bytecode


@pytest.mark.parametrize("words", [["--list"], ["--help"], ["--version"]])
def test_a_reader_that_went_away_is_no_error(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    run = subprocess.run(
        [sys.executable, "-I", "-m", "fairlead", *words], stdout=writer, stderr=subprocess.PIPE, check=False
    )

    os.close(writer)
    assert (141, b"") == (run.returncode, run.stderr)
