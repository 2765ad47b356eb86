"""A folder to lint in, and the command line run inside this process."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.lint.cli import main
from fairlead.lint.console import Streams


@dataclass(frozen=True)
class Run:
    """What a run of the command line left behind."""

    code: int
    out: str
    err: str


Linted = Callable[..., Run]


@pytest.fixture(autouse=True)
def on_a_day_the_tables_are_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that read a dated table fall silent some day; their examples are judged on the day it was made."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790640000")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, made the current one; without colours."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def lint(folder: Path) -> Linted:
    """Runs ``fairlead-lint`` with the given arguments in the folder."""

    def run(*arguments: str, stdin: str = "") -> Run:
        streams = Streams(io.StringIO(stdin), io.StringIO(), io.StringIO())
        code = main(arguments, streams)
        assert isinstance(streams.out, io.StringIO)
        assert isinstance(streams.err, io.StringIO)
        return Run(code, streams.out.getvalue(), streams.err.getvalue())

    return run
