"""What is kept on the host about deployments: the state, a journal for each run, the audit."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


def state_of(text: str | None) -> State:
    """
    The state that state.json has as *text*; the first one where there is no file yet.

    Raises:
        SettingsError: it does not say what serves, or another version of this tool wrote it.
    """
    data = _state_data(text)
    return State(
        current=data.get("current", ""),
        generation=data.get("generation", ""),
        previous=tuple(data.get("previous", ())),
        pending=data.get("pending", ""),
        jobs=data.get("jobs", True),
    )


def _state_data(text: str | None) -> dict[str, Any]:
    """An empty file is none that this tool wrote: were it read as no file, a release that serves would be forgotten."""
    if text is not None and not text.strip():
        raise SettingsError(
            'state.json: empty, so nothing says what serves; write {"current": "rN", "generation": "gN"} there, '
            "which the links current and nginx/live beside its folder name"
        )
    data = data_of(text, "state.json")
    version = data.get("version", STATE_VERSION)
    if version != STATE_VERSION:
        raise SettingsError(
            f"state.json: of version {version}, and this tool reads {STATE_VERSION}; "
            "use the fairlead that deployed here last"
        )
    return data


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
        return state_of(path.read_text(encoding="utf-8") if path.exists() else None)

    def write_state(self, state: State) -> None:
        """Replaces the state in one step, on the disk before this returns."""
        self._write({"version": STATE_VERSION, **asdict(state)})

    def journal(self, release: str, **line: Any) -> None:
        """Adds a line to the release's journal, on the disk before this returns."""
        line = {"time": _now(), "run": self.run, **line}
        with _kept(self.folder / "journal" / f"{release}.jsonl") as path:
            _append(path, line)

    def audit(self, **line: Any) -> None:
        """
        Adds a line to the audit; each line holds the digest of the line before, so that a change is seen.

        One that a loss of power has torn is held beside it. What the last one is stands in the state, too, so lines
        are missed that were cut off at the end.
        """
        with _kept(self.folder / "audit.jsonl") as path:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
            whole = [each for each in lines if _data(each) is not None]
            torn = {"torn": _digest(lines[-1])} if lines and _data(lines[-1]) is None else {}
            before = _digest(whole[-1]) if whole else GENESIS
            last = _append(path, {"time": _now(), **line, **torn, "before": before})
        self._write({"audit": {"lines": len(lines) + 1, "last": _digest(last)}})

    def _write(self, part: dict[str, Any]) -> None:
        """Replaces *part* of state.json, and leaves what else is in it."""
        with _kept(self.folder / "state.json") as path:
            known = _state_data(path.read_text(encoding="utf-8") if path.exists() else None)
            write_durably(path, json.dumps({**known, **part}, indent=2) + "\n")


def chain_break(text: str) -> int:
    """The number of the first line of an audit that does not fit the line before it, from 1; 0 where all fit."""
    before, torn, torn_at = GENESIS, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        data = _data(line)
        if data is None and not torn:
            torn, torn_at = _digest(line), number  # a loss of power, where the next line says so
            continue
        if data is None or data.get("before") != before or data.get("torn", "") != torn:
            return torn_at if torn else number
        before, torn = _digest(line), ""
    return torn_at if torn and text.endswith("\n") else 0


def cut_off(text: str, state: str) -> int:
    """How many lines an audit had that was cut at its end, as the text of state.json knows; 0 where it was not."""
    told = data_of(state, "state.json").get("audit", {})
    lines, count = text.splitlines(), int(told.get("lines", 0))
    return 0 if not count or (len(lines) >= count and _digest(lines[count - 1]) == told.get("last")) else count


def _data(line: str) -> dict[str, Any] | None:
    """What a line says; None where it is no JSON."""
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data if isinstance(data, dict) else {}


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


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
    settle(path.parent)


def settle(folder: Path) -> None:
    """Has the names in *folder* outlast a loss of power; what is in its files has to be on the disk before."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _append(path: Path, line: dict[str, Any]) -> str:
    """Adds *line*, whole or not at all, and gives its text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    there = path.read_bytes() if path.exists() else b""
    # what a loss of power left of a line is no line
    torn = "" if not there or there.endswith(b"\n") else "\n"
    text = json.dumps(line)
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{torn}{text}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            os.truncate(path, len(there))
        raise
    return text


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
