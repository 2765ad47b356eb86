"""
Makes .venv with the locked dependencies, for ./inv and for the developers' tasks.

./inv runs this file with whatever Python the machine has, so it imports the standard library alone.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PLACE = VENV / "place"
SCRIPTS = {"fairlead": "fairlead", "fairlead-lint": "fairlead.lint"}


class EnvironmentFailedError(Exception):
    """Why .venv could not be made, in one line; *exit_code* is the table's."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def main() -> int:
    """Makes .venv or puts it right; one line on standard error says what went wrong."""
    try:
        with _only_one():
            make()
    except EnvironmentFailedError as error:
        return _say(str(error), error.exit_code)
    except OSError as error:
        return _say(
            f"cannot write {error.filename or ROOT}: {error.strerror}; give yourself that right and try again", 2
        )
    except KeyboardInterrupt:
        return _say("interrupted; the next ./inv begins .venv anew", 130)
    return 0


def make() -> None:
    """
    Brings .venv in line with requirements.lock: anew where it is missing, half-made or moved, else in place.

    The stamp is taken away first and written last, so a .venv that has one is whole.
    """
    lock = ROOT / "requirements.lock"
    if is_installed(lock) and _is_whole():
        return
    started = time.monotonic()
    if not _is_whole():
        _say(f"first use: making .venv with Python {sys.version.split()[0]}, some 15 seconds")
        _make_anew()
    install(lock)
    _say(f".venv is ready ({time.monotonic() - started:.0f} s)")


def make_for_developers() -> None:
    """Adds what requirements-dev.lock names to .venv, once for each state of that file."""
    lock = ROOT / "requirements-dev.lock"
    with _only_one():
        if not is_installed(lock):
            _say("installing the developers' tools, some 30 seconds")
            install(lock)


def install(lock: Path) -> None:
    """Installs what *lock* names into .venv, every file checked against its hash, and stamps it."""
    stamp = VENV / lock.name
    stamp.unlink(missing_ok=True)
    _run_pip(lock)
    shutil.copyfile(lock, stamp.with_suffix(".new"))
    stamp.with_suffix(".new").rename(stamp)


def is_installed(lock: Path) -> bool:
    """Whether .venv has exactly what *lock* names; true only after the last step of `install`."""
    stamp = VENV / lock.name
    return stamp.is_file() and stamp.read_bytes() == lock.read_bytes()


def _is_whole() -> bool:
    stamped = (VENV / "requirements.lock").is_file()
    in_place = PLACE.is_file() and PLACE.read_text("utf-8", "surrogateescape") == f"{ROOT}\n"
    return stamped and in_place and (VENV / "bin/python").exists()


def _make_anew() -> None:
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    python = Path(
        sys.executable
    ).resolve()  # by its version's name, so that an upgrade of the machine's python3 is seen
    made = subprocess.run([python, "-I", "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        raise EnvironmentFailedError(f"cannot make .venv: {_last_line(made.stdout + made.stderr)}")
    _link_project()
    PLACE.write_text(f"{ROOT}\n", "utf-8", "surrogateescape")


def _link_project() -> None:
    """A link costs nothing at start-up, where an editable install's finder costs 30 ms, and it survives a move."""
    (site,) = VENV.glob("lib/python3*/site-packages")
    (site / "fairlead").symlink_to("../../../..")
    for name, module in SCRIPTS.items():
        script = VENV / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -I -m {module} "$@"\n')
        script.chmod(0o755)
    types = ROOT / ".types" / "fairlead"
    types.parent.mkdir(exist_ok=True)
    if not types.is_symlink():
        types.symlink_to("..")


def _run_pip(lock: Path) -> None:
    log = VENV / f"{lock.stem}.log"
    command = [str(VENV / "bin" / "python"), "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--no-user", "--require-hashes", "--no-deps", "--requirement", str(lock)]
    with log.open("w+") as output:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            _follow(process.stdout or (), output, lock)
        if process.returncode:
            output.seek(0)
            raise EnvironmentFailedError(_pip_failure(output.read(), log))


def _follow(lines: Iterable[str], output: TextIO, lock: Path) -> None:
    """Copies *lines* to *output*, and counts the packages aloud where a person watches."""
    total = sum("==" in line for line in lock.read_text().splitlines())
    done = 0
    for line in lines:
        output.write(line)
        if line.startswith("Collecting ") and sys.stderr.isatty():
            done += 1
            print(f"\rinv: {done} of {total} packages", end="", file=sys.stderr, flush=True)
    if done:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _pip_failure(output: str, log: Path) -> str:
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    said = _last_line("\n".join(errors) or output).removeprefix("ERROR: ")
    return (
        f"pip could not install the locked dependencies; is the package index in reach? pip: {said} (all of it: {log})"
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


@contextmanager
def _only_one() -> Iterator[None]:
    """Lets one process at a time make .venv; the kernel frees the lock of one that dies."""
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another ./inv is making .venv; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(message: str, code: int = 0) -> int:
    print(f"inv: {message}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
