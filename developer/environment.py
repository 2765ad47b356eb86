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
LOCK = ROOT / "requirements.lock"
DEVELOPERS_LOCK = ROOT / "requirements-dev.lock"
BACKEND_VENV = ROOT / ".cache" / "backend"
BACKEND_LOCK = ROOT / "app" / "backend" / "requirements-dev.lock"
SCRIPTS = {"fairlead": "fairlead", "fairlead-lint": "fairlead.lint"}
SCRIPT = """#!/bin/sh
self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
case $self in */*) ;; *) self=./$self ;; esac
exec "${{self%/*}}/python" -I -m {module} "$@"
"""


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
    """Brings .venv in line with requirements.lock, and links the project into it."""
    started = time.monotonic()
    if bring(VENV, LOCK, f"first use: making .venv with Python {sys.version.split()[0]}, some 15 seconds"):
        _say(f".venv is ready ({time.monotonic() - started:.0f} s)")


def make_for_developers() -> None:
    """Adds what requirements-dev.lock names to .venv, and makes the back end's own; nothing where they are current."""
    if is_installed(VENV, DEVELOPERS_LOCK) and is_installed(BACKEND_VENV, BACKEND_LOCK):
        return
    with _only_one():
        if not is_installed(VENV, DEVELOPERS_LOCK):
            _say("installing the developers' tools, some 30 seconds")
            install(VENV, DEVELOPERS_LOCK)
        bring(BACKEND_VENV, BACKEND_LOCK, "installing what the back end's tests need, some 15 seconds")


def bring(venv: Path, lock: Path, announcement: str) -> bool:
    """
    Brings *venv* in line with *lock*: anew where it is missing, half-made or moved, else in place.

    Returns:
        Whether there was anything to do.
    """
    if is_installed(venv, lock) and _is_whole(venv, lock):
        return False
    if not _is_whole(venv, lock):
        _say(announcement)
        _make_anew(venv)
    install(venv, lock)
    return True


def install(venv: Path, lock: Path) -> None:
    """
    Installs what *lock* names into *venv*, every file checked against its hash.

    The stamp, a copy of the file, is taken away first and written last, so what has one is whole.
    """
    stamp = venv / lock.name
    stamp.unlink(missing_ok=True)
    _run_pip(venv, lock)
    if venv == VENV:
        _link_project()
    shutil.copyfile(lock, stamp.with_suffix(".new"))
    stamp.with_suffix(".new").rename(stamp)


def is_installed(venv: Path, lock: Path) -> bool:
    """Whether *venv* has exactly what *lock* names; true only after the last step of `install`."""
    stamp = venv / lock.name
    return stamp.is_file() and stamp.read_bytes() == lock.read_bytes()


def _is_whole(venv: Path, lock: Path) -> bool:
    place = venv / "place"
    in_place = place.is_file() and place.read_text("utf-8", "surrogateescape") == f"{ROOT}\n"
    return in_place and (venv / lock.name).is_file() and (venv / "bin" / "python").exists()


def _make_anew(venv: Path) -> None:
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    shutil.rmtree(venv, ignore_errors=True)
    python = Path(sys.executable).resolve()  # the versioned name: a later upgrade of python3 is then seen
    made = subprocess.run([python, "-I", "-m", "venv", venv], capture_output=True, text=True, check=False)
    if made.returncode:
        raise EnvironmentFailedError(f"cannot make {venv}: {_last_line(made.stdout + made.stderr)}")
    (venv / "place").write_text(f"{ROOT}\n", "utf-8", "surrogateescape")


def _link_project() -> None:
    """A link costs nothing at start-up, where an editable install's finder costs 30 ms, and it survives a move."""
    (site,) = VENV.glob("lib/python3*/site-packages")
    for link, target in ((site / "fairlead", "../../../.."), (ROOT / ".types" / "fairlead", "..")):
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(target)
    for name, module in SCRIPTS.items():
        script = VENV / "bin" / name
        script.write_text(SCRIPT.format(module=module))
        script.chmod(0o755)


def _run_pip(venv: Path, lock: Path) -> None:
    log = venv / f"{lock.stem}.log"
    command = [str(venv / "bin" / "python"), "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
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
