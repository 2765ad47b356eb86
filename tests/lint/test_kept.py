"""What is kept between runs changes their time, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fairlead.lint
from fairlead.lint import kept

ROOT = Path(fairlead.lint.__file__).parents[1]
FAULTY = "server {\n    listen 80;\n    location /files {\n        alias /srv/files/;\n    }\n}\n"


def expressions() -> Iterator[tuple[str, int]]:
    """The text and flags of each expression at the head of a module."""
    for module in pkgutil.walk_packages(fairlead.lint.__path__, "fairlead.lint."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if type(value).__name__ == "_Lazy":
                    yield value._text, value._flags


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> kept.Store:
    store = kept.Store(str(tmp_path / "kept"))
    monkeypatch.setattr(kept, "_stores", [store])
    return store


def test_a_kept_expression_is_the_one_that_python_compiles(store: kept.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sorted(set(expressions()))
    made = [kept.expression(*each) for each in found]
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    store.save()
    monkeypatch.setattr(kept, "_stores", [again := kept.Store(store.path)])

    assert len(found) > 200
    assert made == [re.compile(*each) for each in found]
    assert made == [kept.expression(*each) for each in found]
    assert not again.added


def test_a_broken_expression_is_refused_as_python_refuses_it(store: kept.Store) -> None:
    with pytest.raises(re.error, match="unterminated character set"):
        kept.expression("[a", 0)

    assert not store.added


def test_statements_are_compiled_once(store: kept.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def double(number): return 2 * number"
    made = kept.code(text)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    store.save()
    monkeypatch.setattr(kept, "_stores", [kept.Store(store.path)])

    assert made == kept.code(text)


class Copy:
    """The linter in a folder of its own, where its sources may be changed."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "fairlead"
        shutil.copytree(ROOT / "lint", self.package / "lint", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "schemas", self.package / "schemas", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "__init__.py", self.package)
        (folder / "nginx.conf").write_text(FAULTY)
        self.folder = folder

    @property
    def kept(self) -> Path:
        return self.package / "lint" / "__pycache__" / f"kept.{sys.implementation.cache_tag}"

    def run(self, *arguments: str) -> str:
        """The report on a faulty file."""
        command = [sys.executable, *arguments, "-m", "fairlead.lint", "--select", "nginx/alias-traversal", "nginx.conf"]
        done = subprocess.run(command, cwd=self.folder, env={}, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        assert not done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("copy"))


def test_a_run_with_what_was_kept_says_what_the_run_before_said(copy: Copy) -> None:
    first = copy.run()
    size = copy.kept.stat().st_size

    assert "nginx/alias-traversal" in first
    assert size > 100_000
    assert first == copy.run()
    assert size == copy.kept.stat().st_size


def test_a_changed_source_counts_at_once(copy: Copy) -> None:
    rule = copy.package / "lint" / "rules" / "nginx" / "alias_traversal.py"
    before = copy.run()
    was = rule.read_text()
    rule.write_text(was.replace("end the path with", "let the path end with"))

    assert "let the path end with" not in before
    assert "let the path end with" in copy.run()
    rule.write_text(was)
    assert before == copy.run()


@pytest.mark.parametrize("content", [b"", b"\0" * 10_000, None], ids=["empty", "rubbish", "cut"])
def test_a_damaged_file_is_made_again(copy: Copy, content: bytes | None) -> None:
    before = copy.run()
    whole = copy.kept.read_bytes()
    copy.kept.write_bytes(whole[:-1] if content is None else content)

    assert before == copy.run()
    assert copy.kept.stat().st_size == len(whole)


def test_where_nothing_can_be_kept_all_is_as_before(copy: Copy) -> None:
    before = copy.run()
    copy.kept.unlink()
    copy.kept.mkdir()

    assert before == copy.run()
    copy.kept.rmdir()
    assert before == copy.run("-B")
    assert not copy.kept.exists()


def test_expressions_that_stand_in_code_are_kept_and_others_are_not(
    store: kept.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from re import _compiler  # type: ignore[attr-defined]

    monkeypatch.setattr(_compiler, "compile", _compiler.compile)
    kept._keep_constants()
    made = "".join(["of a", "file[0-9]+"])

    assert re.fullmatch(r"never written [b]efore", "never written before")
    assert re.fullmatch(made, "of afile12")
    assert {key for key in store.added if isinstance(key, tuple)} == {(r"never written [b]efore", 0)}


def test_data_is_read_again_once_its_file_has_changed(store: kept.Store, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "table.txt"
    path.write_text("one")
    first = kept.data(str(path), lambda name: Path(name).read_text().split())
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    store.save()
    monkeypatch.setattr(kept, "_stores", [kept.Store(store.path)])

    assert first == ["one"] == kept.data(str(path), lambda _: pytest.fail("it is kept"))
    path.write_text("one two")
    assert kept.data(str(path), lambda name: Path(name).read_text().split()) == ["one", "two"]
