"""What every task of the namespace keeps to; the list grows by itself."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap

import pytest

from fairlead.ops.program import Program
from fairlead.ops.task import Task
from fairlead.tasks import namespace

TASKS: dict[str, Task] = {name: namespace[name] for name in namespace.task_names}

# These change nothing but what they print, or, being the developers' own, files that git shows; all others heed --dry.
READ_ONLY = {
    "status",
    "logs",
    "config",
    "why",
    "diff",
    "ready",
    "releases",
    "audit",
    "drift",
    "certbot.status",
    "check",
    "test",
    "bench",
    "campaign",
    "relock",
}
LONGEST_BODY = 15

every_task = pytest.mark.parametrize("name", TASKS)


def _body(name: str) -> list[ast.stmt]:
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(TASKS[name].body))).body
    assert isinstance(function, ast.FunctionDef)
    return function.body


@every_task
def test_a_task_is_one_sentence_and_explains_every_flag(name: str) -> None:
    task = TASKS[name]

    first = (inspect.getdoc(task) or "").splitlines()[0]
    assert first[0].isupper()
    assert first.endswith(".")
    assert [] == [argument.name for argument in task.get_arguments() if not argument.help]


@every_task
def test_a_task_has_long_flags_alone(name: str) -> None:
    arguments = TASKS[name].get_arguments()

    assert [] == [argument.names for argument in arguments if argument.positional]
    assert [] == [short for argument in arguments for short in argument.names if len(short) == 1]


@every_task
def test_a_flag_that_is_not_said_has_a_value_of_its_own(name: str) -> None:
    _, *flags = inspect.signature(TASKS[name].body).parameters.values()

    assert [] == [flag.name for flag in flags if flag.default is flag.empty]  # Invoke would give None


@every_task
def test_help_is_printed_and_nothing_runs(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Program(namespace).run(["fairlead", name, "-h"])

    out, err = capfd.readouterr()
    assert (0, "") == (ended.value.code, err)
    assert out.startswith(f"Usage: fairlead [--core-opts] {name} ")


@every_task
def test_a_task_is_short_and_decides_nothing(name: str) -> None:
    body = _body(name)
    logic = (ast.For, ast.While, ast.Try, ast.With, ast.comprehension, ast.Lambda, ast.FunctionDef)

    assert (body[-1].end_lineno or 0) - body[0].lineno < LONGEST_BODY
    assert [] == [ast.unparse(node) for part in body for node in ast.walk(part) if isinstance(node, logic)]


@every_task
def test_a_task_that_changes_something_heeds_dry(name: str) -> None:
    heeds = any("config.run.dry" in ast.unparse(part) for part in _body(name))

    assert heeds != bool({name, name.partition(".")[0]} & READ_ONLY)


def test_listing_the_tasks_loads_nothing_heavy() -> None:
    program = "import sys, fairlead.tasks; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)

    heavy = {"jsonschema", "ruamel", "ruamel.yaml", "crossplane", "fabric", "paramiko", "httpx", "rich", "pytest"}
    assert set() == heavy & set(run.stdout.split())
