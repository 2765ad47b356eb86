"""The command line on files that hold any bytes: what must hold of its answers and of what it leaves behind."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from fairlead.lint.cli import main
from fairlead.lint.console import Streams
from fairlead.tests.lint.accidents import SECRET

_BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\0", b"\r", b"\x80" * 40, b"\xfe\xff", b"\x1b[31m")


def disk_faults(texts: Mapping[str, str], folder: Path, chance: Random) -> list[str]:
    """What went wrong with *texts* written below *folder*, some bytes of them wrong; empty when all held."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_spoilt(text.encode("utf-8", "surrogatepass"), chance))
    before = os.getcwd()  # noqa: PTH109 - to come back to
    os.chdir(folder)
    try:
        return list(_faults(Path(), set(texts)))
    finally:
        os.chdir(before)


def _faults(folder: Path, names: set[str]) -> Iterator[str]:
    yield from _run("--preset", "strict")
    yield from _run("--diff", "--unsafe-fixes", "--preset", "strict")
    yield from _run("--fix", "--unsafe-fixes", "--preset", "strict")
    mended = _contents(folder)
    yield from _run("--fix", "--unsafe-fixes", "--preset", "strict")
    if _contents(folder) != mended:
        yield "mending twice changes more"
    odd = [path for path in mended if path not in names and not _is_made_by_fixes(path)]
    if odd:
        yield f"left behind: {odd}"


def _is_made_by_fixes(path: str) -> bool:
    """Secrets move to env files, and those into what git and the build ignore."""
    return "env" in Path(path).name or Path(path).name in (".gitignore", ".dockerignore")


def _run(*arguments: str) -> Iterator[str]:
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO())
    try:
        code = main((".", *arguments), streams)
    except Exception as error:  # the very thing that is looked for
        yield f"{' '.join(arguments)}: {type(error).__name__}: {error}"
        return
    shown = streams.out.getvalue() + streams.err.getvalue()  # type: ignore[attr-defined]
    if code not in (0, 1, 2):
        yield f"{' '.join(arguments)}: exit code {code}"
    if "fairlead is at fault" in shown or "Traceback" in shown:
        yield f"{' '.join(arguments)}: {shown[-500:]}"
    if SECRET in shown:
        yield f"{' '.join(arguments)}: shows a secret: {next(line for line in shown.splitlines() if SECRET in line)}"


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _spoilt(content: bytes, chance: Random) -> bytes:
    for _ in range(chance.choice((0, 1, 1, 3))):
        at = chance.randint(0, len(content))
        if SECRET.encode() not in content[content.rfind(b"\n", 0, at) + 1 :].partition(b"\n")[0]:
            content = content[:at] + chance.choice(_BYTES) + content[at:]
    return content.replace(b"\n", b"\r\n") if chance.random() < 0.1 else content
