"""What is kept on the host about deployments: the state, a journal for each run, the audit."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import FairleadError, SettingsError
from ..kept_json import data_of

STATE_VERSION = 1


class RecordError(FairleadError):
    """What is kept cannot be written: the disk is full, or the folder is another user's."""


GENESIS = "0" * 64


@dataclass(frozen=True)
class State:
    """
    What serves. A cache: containers' labels and nginx's link are the truth.

    Attributes:
        current: The release that serves; empty before the first.
        generation: The edge's generation that names it.
        previous: Releases that served before, the last first, whose containers may still be there, stopped.
        pending: The release that a switch has begun with and not ended; empty where none has.
        jobs: Whether that switch runs the release's jobs; a rollback runs none, also when it is gone on with.
    """

    current: str = ""
    generation: str = ""
    previous: tuple[str, ...] = ()
    pending: str = ""
    jobs: bool = True

    def served_by(self, release: str, generation: str) -> State:
        """The state once *release* serves, and the switch has only to tidy up."""
        before = [name for name in (self.current, *self.previous) if name and name != release]
        return State(release, generation, tuple(dict.fromkeys(before)), release, self.jobs)

    def ended(self) -> State:
        """The state once no switch is under way."""
        return replace(self, pending="", jobs=True)

    def before(self, release: str) -> str:
        """The release that stops when *release* serves; empty where there is none."""
        return next((name for name in (self.current, *self.previous) if name != release), "")

    def refuse_pending(self, then: str) -> None:
        """
        Refuses *then* while a switch is half done.

        Raises:
            SettingsError: one is.
        """
        if self.pending:
            raise SettingsError(
                f"a switch to {self.pending} has begun and not ended; "
                f"inv deploy --resume goes on with it, --abort takes it back; then {then}"
            )


def state_of(text: str) -> State:
    """The state that state.json has as *text*; the first one where there is none yet."""
    data = data_of(text, "state.json")
    return State(
        current=data.get("current", ""),
        generation=data.get("generation", ""),
        previous=tuple(data.get("previous", ())),
        pending=data.get("pending", ""),
        jobs=data.get("jobs", True),
    )


@dataclass
class Records:
    """The files below the state folder."""

    folder: Path
    run: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}")

    @property
    def root(self) -> Path:
        """The folder of the stack on this host."""
        return self.folder.parent

    def state(self) -> State:
        """The state as it was last written."""
        path = self.folder / "state.json"
        if not path.exists():
            return State()
        return state_of(path.read_text(encoding="utf-8"))

    def write_state(self, state: State) -> None:
        """Replaces the state in one step, on the disk before this returns."""
        text = json.dumps({"version": STATE_VERSION, **asdict(state)}, indent=2)
        with _kept(self.folder / "state.json") as path:
            write_durably(path, text + "\n")

    def journal(self, release: str, **line: Any) -> None:
        """Adds a line to the release's journal, on the disk before this returns."""
        line = {"time": _now(), "run": self.run, **line}
        with _kept(self.folder / "journal" / f"{release}.jsonl") as path:
            _append(path, line)

    def audit(self, **line: Any) -> None:
        """Adds a line to the audit; each line holds the digest of the line before, so that a change is seen."""
        with _kept(self.folder / "audit.jsonl") as path:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            before = hashlib.sha256(lines[-1].encode()).hexdigest() if lines else GENESIS
            _append(path, {"time": _now(), **line, "before": before})


def chain_break(text: str) -> int:
    """The number of the first line of an audit that does not fit the line before it, from 1; 0 where all fit."""
    before = GENESIS
    for number, line in enumerate(text.splitlines(), 1):
        if _before(line) != before:
            return number
        before = hashlib.sha256(line.encode()).hexdigest()
    return 0


def _before(line: str) -> object:
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data.get("before") if isinstance(data, dict) else None


@contextmanager
def _kept(path: Path) -> Iterator[Path]:
    try:
        yield path
    except OSError as error:
        raise RecordError(f"{path}: {(error.strerror or 'cannot be written').lower()}; make room there") from error


def write_durably(path: Path, text: str, mode: int = 0o640) -> None:
    """Replaces *path* in one step; after a loss of power either the old or the new text is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _append(path: Path, line: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    # what a loss of power left of a line is no line
    torn = "" if not text or text.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{torn}{json.dumps(line)}\n")
        file.flush()
        os.fsync(file.fileno())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
