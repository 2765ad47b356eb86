"""A task that fails ends alike under stock Invoke, the `inv` of an activated environment, and under our program."""

from __future__ import annotations

import json

import invoke
import pytest
from invoke import Collection, Context

from fairlead.ops.deploy.events import json_events
from fairlead.ops.errors import LockedError, SettingsError
from fairlead.ops.program import Program
from fairlead.ops.task import task

LOCKED = "prod: locked by ann since 10:00; see inv lock"


def _namespace() -> Collection:
    @task(help={"json": "For programs."})
    def locked(_: Context, json: bool = False) -> None:
        """Finds the lock held."""
        raise LockedError(LOCKED, "pid 12")

    @task(help={"json": "For programs.", "keep": "How many."})
    def events(_: Context, json: bool = False, keep: int = 3) -> None:
        """Tells programs itself."""
        with json_events(json):
            print("begun")
            raise SettingsError(f"--keep {keep}: no")

    @task
    def named(_: Context, to: str | None = None) -> None:
        """Goes somewhere."""
        print(to)

    @task
    def faulty(_: Context) -> None:
        """Has a fault."""
        raise KeyError("x")

    @task
    def missing(_: Context) -> None:
        """Needs a package that is not there."""
        raise ModuleNotFoundError(name="fabric")

    @task
    def interrupted(_: Context) -> None:
        """Is stopped by its user."""
        raise KeyboardInterrupt

    @task()
    def well(_: Context) -> None:
        """Does what it says."""
        print("well")

    return Collection(locked, events, named, faulty, missing, interrupted, well)


def _stock() -> invoke.Program:
    return invoke.Program(namespace=_namespace(), name="inv", binary="inv")


def _ours() -> Program:
    return Program(_namespace(), "inv")


PROGRAMS = pytest.mark.parametrize("program", [_stock, _ours])


def _run(program, capfd: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    code: object = 0
    try:
        program().run(["inv", *words])
    except SystemExit as ended:
        code = ended.code
    return code, *capfd.readouterr()


@PROGRAMS
@pytest.mark.parametrize(
    ("words", "code", "err"),
    [
        (["locked"], 4, f"{LOCKED}\npid 12\n"),
        (["faulty"], 3, "a fault of fairlead itself: KeyError: 'x'; --debug shows where\n"),
        (["missing"], 2, 'the package "fabric" is missing; pip install "fairlead[deploy]"\n'),
        (["interrupted"], 130, "interrupted\n"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code_under_any_program(program, words, code, err, capfd):
    assert (code, "", err) == _run(program, capfd, *words)


@PROGRAMS
def test_an_empty_value_is_not_taken_for_no_flag(program, capfd):
    code, out, err = _run(program, capfd, "named", "--to", "")

    assert (2, "") == (code, out)
    assert "--to is empty; give it a value or leave it out\n" in err


@PROGRAMS
def test_a_task_that_ends_well_is_left_alone(program, capfd):
    assert (0, "well\n", "") == _run(program, capfd, "well")


@PROGRAMS
def test_with_json_programs_are_told_of_an_error_that_the_task_did_not_tell_itself(program, capfd):
    code, out, err = _run(program, capfd, "locked", "--json")

    assert (4, f"{LOCKED}\npid 12\n") == (code, err)
    told = json.loads(out)
    assert ("end", 4, LOCKED, "pid 12") == (told["event"], told["exit"], told["text"], told["details"])


@PROGRAMS
def test_what_a_task_has_told_programs_is_told_once(program, capfd):
    _, out, err = _run(program, capfd, "events", "--json")

    assert "--keep 3: no\n" == err
    assert ["text", "end"] == [json.loads(line)["event"] for line in out.splitlines()]


def test_with_json_programs_are_told_of_wrong_use_too(capfd):
    code, out, err = _run(_ours, capfd, "events", "--keep", "abc", "--json")

    assert (2, '--keep takes a whole number, not "abc"\n') == (code, err)
    told = json.loads(out)
    assert ("end", 2, '--keep takes a whole number, not "abc"') == (told["event"], told["exit"], told["text"])
