"""The files as an earlier revision of git has them, to tell what a change broke."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from .engine import Setup, lint
from .errors import LintError
from .files import Files, shown
from .fingerprint import fingerprints
from .record import replace


class RevisionError(LintError):
    """A revision that git cannot give."""


def known_at(revision: str, paths: Mapping[str, Sequence[str]], setup: Setup) -> frozenset[str]:
    """
    The fingerprints of what the chosen rules found at *revision*.

    Files that git does not follow count as they are today.

    Args:
        paths: For each family the files to read, as for `lint`.

    Raises:
        RevisionError: outside a repository, or where there is no such revision.
    """
    if not _exists(revision):
        return frozenset()
    texts = _changed_texts(revision)
    files = Files({path: text for path, text in texts.items() if text is not None})
    files = replace(files, absent=frozenset(path for path, text in texts.items() if text is None))
    there = {family: [path for path in names if path not in files.absent] for family, names in paths.items()}
    outcome = lint(there, files, setup)
    return frozenset(fingerprints(outcome.findings, outcome.texts))


def texts_at(revision: str) -> dict[str, str | None]:
    """
    The files that differ from *revision*, as findings name them, with their texts then; None for new ones.

    Raises:
        RevisionError: outside a repository, or where there is no such revision.
    """
    return _changed_texts(revision) if _exists(revision) else {}


def _exists(revision: str) -> bool:
    """Whether there is such a revision; before the first commit there is no HEAD, and nothing was known."""
    if _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").returncode == 0:
        return True
    if _git("rev-parse", "--git-dir").returncode != 0:
        raise RevisionError("not in a git repository, so there is no revision to compare with")
    if revision == "HEAD":
        return False
    raise RevisionError(f'git knows no revision "{revision}"')


def _changed_texts(revision: str) -> dict[str, str | None]:
    """The files that differ from *revision*, as findings name them, with their texts then; None for new ones."""
    top = os.fsdecode(_git("rev-parse", "--show-toplevel").stdout.rstrip(b"\n"))
    listed = os.fsdecode(_git("-C", top, "diff", "--name-only", "--no-renames", "-z", revision, "--").stdout)
    names = [name for name in listed.split("\0") if name and "\n" not in name]
    asked = os.fsencode("".join(f"{revision}:{name}\n" for name in names))
    answers = _answers(_git("cat-file", "--batch", asked=asked).stdout)
    return {shown(os.path.join(top, name)): text for name, text in zip(names, answers, strict=False)}  # noqa: PTH118


def _answers(output: bytes) -> Iterator[str | None]:
    while output:
        head, _, rest = output.partition(b"\n")
        words = head.split()
        if len(words) != 3 or words[1] != b"blob":  # noqa: PLR2004 - "<name> blob <size>"
            yield None
            output = rest
            continue
        size = int(words[2])
        yield rest[:size].decode(errors="replace")
        output = rest[size + 1 :]


def _git(*arguments: str, asked: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], input=asked, capture_output=True, check=False)
    except OSError:
        raise RevisionError("no git on PATH") from None
