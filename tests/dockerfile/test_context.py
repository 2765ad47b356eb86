"""Which .dockerignore holds for a Dockerfile, and what it leaves out."""

from __future__ import annotations

import pytest

from fairlead.lint.dockerfile import Dockerfile, load
from fairlead.lint.dockerfile.ignore import is_ignored
from fairlead.lint.family import Options
from fairlead.lint.files import Files


def loaded(path: str, **texts: str) -> Dockerfile:
    files = Files({path: "FROM scratch\nCOPY . /\n", **texts}, only_overlay=True)
    return load([path], files, Options())[0]


def test_the_nearest_file_holds_and_one_of_its_own_before_all() -> None:
    others = {".dockerignore": "a\n", "app/.dockerignore": "b\n", "app/Dockerfile.dockerignore": "# x\n\nc\n"}

    assert loaded("app/Dockerfile", **others).ignored == ("c",)
    assert loaded("app/Other.Dockerfile", **others).ignored == ("b",)
    assert loaded("lib/deep/Dockerfile", **others).ignored == ("a",)
    assert loaded("Dockerfile").ignored is None


def test_only_a_file_beside_the_dockerfile_says_what_the_context_is() -> None:
    others = {".dockerignore": "a\n", ".env": "A=1\n"}

    assert loaded("Dockerfile", **others).is_context
    assert not loaded("app/Dockerfile", **others).is_context


@pytest.mark.parametrize(
    ("path", "patterns", "ignored"),
    [
        ("a", ["a"], True),
        ("a/b", ["a"], True),
        ("b/a", ["a"], False),
        ("b/a", ["**/a"], True),
        ("a", ["**/a"], True),
        ("a.md", ["*.md"], True),
        ("b/a.md", ["*.md"], False),
        ("a", ["/a/"], True),
        ("a/b", ["a", "!a/b"], False),
        ("a/c", ["a", "!a/b"], True),
        (".env", ["*", "!app"], True),
        ("app/x", ["*", "!app"], False),
        ("a1", ["a?"], True),
        ("ab", ["a[bc]"], True),
        ("a*", ["a\\*"], True),
        ("a", ["["], False),
    ],
)
def test_the_last_pattern_that_matches_decides(path: str, patterns: list[str], ignored: bool) -> None:
    assert ignored == is_ignored(path, patterns)
