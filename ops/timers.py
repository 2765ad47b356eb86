"""Work at times: units of systemd, or a line of cron where there is no systemd, and whether they are armed."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .command import Command
from .errors import SettingsError, StepFailedError
from .host import Host
from .step import Do, Run, Say, Step, Write

Kind = Literal["systemd", "cron", "none"]
SYSTEMD_RUNS = "/run/systemd/system"
LINGERS = "/var/lib/systemd/linger"
MARK = "fairlead"
"""In the name of each timer and in each line of cron that is our own."""

READABLE = 0o644
MINUTES = 60
DAY_H, LATE_H = 24, 3
"""What runs once a day begins within three hours: its night would not be one otherwise."""


@dataclass(frozen=True)
class Timer:
    """
    A timer as it is.

    Attributes:
        kind: What runs it, or would.
        armed: Whether it will run.
        next: When, as systemd or cron say it.
    """

    kind: Kind
    armed: bool
    next: str = ""


@dataclass(frozen=True)
class Schedule:
    """
    What is run at times.

    Attributes:
        unit: The name of its units, and the mark of its line of cron.
        does: What it does, for those who read lists of units.
        when: How often, in the same sentence.
        command: What is run.
        failed: What is run where that fails.
        fails: What *failed* tells of.
        folder: Where both run, with *path* as PATH.
        calendar: When, as systemd has it; up to *jitter* later.
        hours: Every so many hours, for cron, beginning with the *first* hour or one of the next hours.
        limit: How long it may take, as systemd has it.
    """

    unit: str
    does: str
    when: str
    command: tuple[str, ...]
    failed: tuple[str, ...]
    fails: str
    folder: str
    path: str
    calendar: str
    jitter: str
    hours: int
    limit: str
    first: int = 0


def scheduler(host: Host) -> Kind:
    """What runs things at times on *host*."""
    if host.run(Command(("test", "-d", SYSTEMD_RUNS))).ok:
        return "systemd"
    return "cron" if host.run(Command(("sh", "-c", "command -v crontab"))).ok else "none"


def state(host: Host, unit: str) -> Timer:
    """The timer *unit* on *host*."""
    kind = scheduler(host)
    if kind == "systemd":
        return _systemd_state(host, unit)
    if kind == "cron":
        return _cron_state(host, unit)
    return Timer("none", armed=False)


def steps(host: Host, schedule: Schedule, instead: str) -> Iterator[Step]:
    """
    What arms the timer; it can be done again at any time.

    Args:
        instead: What to do where nothing runs at times.

    Raises:
        SettingsError: the host has neither systemd nor cron.
    """
    kind = scheduler(host)
    if kind == "none":
        raise SettingsError(f"neither systemd nor cron is here; {instead}")
    yield from _systemd_steps(host, schedule) if kind == "systemd" else _cron_steps(host, schedule)


def own_program(root: Path) -> tuple[str, ...]:
    """What `inv` is called by in the project at *root* where there is no shell of the operator's."""
    wrapper = root / "inv"
    return (str(wrapper),) if os.access(wrapper, os.X_OK) else (sys.executable, "-m", "fairlead")


def own_path() -> str:
    """This process's PATH, for what it leaves behind to run."""
    return os.environ.get("PATH") or os.defpath


def unit_texts(schedule: Schedule) -> dict[str, str]:
    """The units of systemd by their names."""
    name = schedule.unit
    place = (f"WorkingDirectory={_escaped(schedule.folder)}", f'Environment="PATH={_escaped(schedule.path)}"')
    return {
        f"{name}.service": _lines(
            "[Unit]",
            f"Description={schedule.does}",
            "Wants=network-online.target",
            "After=network-online.target docker.service",
            f"OnFailure={name}-failed.service",
            "",
            "[Service]",
            "Type=oneshot",
            *place,
            f"ExecStart={' '.join(map(_quoted, schedule.command))}",
            f"TimeoutStartSec={schedule.limit}",
        ),
        f"{name}.timer": _lines(
            "[Unit]",
            f"Description={schedule.does}, {schedule.when}",
            "",
            "[Timer]",
            f"OnCalendar={schedule.calendar}",
            f"RandomizedDelaySec={schedule.jitter}",
            "Persistent=true",
            "",
            "[Install]",
            "WantedBy=timers.target",
        ),
        f"{name}-failed.service": _lines(
            "[Unit]",
            f"Description=Tell that {schedule.fails}",
            "",
            "[Service]",
            "Type=oneshot",
            *place,
            f"ExecStart={' '.join(map(_quoted, schedule.failed))}",
        ),
    }


def cron_line(schedule: Schedule) -> str:
    """The line of cron; its minute and hour differ from stack to stack, so that not all ask at one time."""
    number = int(hashlib.sha256(schedule.folder.encode()).hexdigest(), 16)
    late = schedule.hours if schedule.hours < DAY_H else LATE_H
    minute, hour = number % MINUTES, schedule.first + number // MINUTES % late
    hours = ",".join(str(each) for each in range(hour, 24, schedule.hours))
    folder, path = shlex.quote(schedule.folder), shlex.quote(schedule.path)
    words = f"cd {folder} && PATH={path} {shlex.join(schedule.command)} >/dev/null"  # of what is left cron makes a mail
    line = f"{words} || {shlex.join(schedule.failed)}".replace("%", r"\%")
    return f"{minute} {hours} * * * {line} # {schedule.unit}"


def journalled(text: str) -> tuple[str, ...]:
    """A command that writes *text* as an error into the system's journal."""
    return ("logger", "-p", "daemon.err", "-t", MARK, text)


def _systemd_steps(host: Host, schedule: Schedule) -> Iterator[Step]:
    manager = _manager(host)
    if manager.user and not host.run(Command(("test", "-e", f"{LINGERS}/{manager.user}"))).ok:
        yield _lingering(manager.user)
    if manager.user and not host.run(Command(("test", "-S", manager.socket))).ok:
        wait = ("timeout", "60", "sh", "-c", 'until [ -S "$0" ]; do sleep 0.2; done', manager.socket)
        yield Run("wait until the user's systemd is up", Command(wait))
    for name, text in unit_texts(schedule).items():
        if host.read(str(manager.folder / name)) != text:
            yield Write(f"write {name}", str(manager.folder / name), text, READABLE)
    yield Run("have systemd read it", manager.command("daemon-reload"))
    yield Run("arm the timer", manager.command("enable", "--now", f"{schedule.unit}.timer"))


@dataclass(frozen=True)
class _Manager:
    """A systemd that is spoken to: the machine's, or that of *user* with the number *uid*; *folder* has its units."""

    folder: Path
    user: str = ""
    uid: str = ""

    @property
    def socket(self) -> str:
        """Where the user's listens."""
        return f"/run/user/{self.uid}/systemd/private"

    def command(self, *words: str) -> Command:
        if not self.user:
            return Command(("systemctl", *words))
        # A shell that came by sudo or su does not know where the user's manager listens.
        return Command(("systemctl", "--user", *words), environment=(("XDG_RUNTIME_DIR", f"/run/user/{self.uid}"),))


def _manager(host: Host) -> _Manager:
    """The user's own where this is not root."""
    uid = host.run(Command(("id", "-u"))).out.strip()
    if uid == "0":
        return _Manager(Path("/etc/systemd/system"))
    home = host.run(Command(("sh", "-c", 'printf %s "${XDG_CONFIG_HOME:-$HOME/.config}"'))).out
    return _Manager(Path(home, "systemd", "user"), host.run(Command(("id", "-un"))).out.strip(), uid)


def _lingering(user: str) -> Step:
    title, command = "let it run while nobody is logged in", Command(("loginctl", "enable-linger", user))

    def allow(host: Host, _: Say) -> None:
        result = host.run(command, timeout_s=30)
        if not result.ok:
            raise StepFailedError(host.name, title, f"{result.reason}; let root say it once: {command}")

    return Do(title, str(command), allow)


def _cron_steps(host: Host, schedule: Schedule) -> Iterator[Step]:
    before = host.run(Command(("crontab", "-l")))
    kept = [line for line in before.out.splitlines() if not line.endswith(f"# {schedule.unit}")] if before.ok else []
    text = "\n".join([*kept, cron_line(schedule)]) + "\n"
    if text != before.out:
        yield Run("write the line of cron", Command(("crontab", "-"), stdin=text))


def _systemd_state(host: Host, unit: str) -> Timer:
    asked = ("show", f"{unit}.timer", "--property=ActiveState,NextElapseUSecRealtime,UnitFileState")
    shown = host.run(_manager(host).command(*asked), timeout_s=10)
    told = dict(line.partition("=")[::2] for line in shown.out.splitlines())
    armed = told.get("ActiveState") == "active" and told.get("UnitFileState") == "enabled"
    return Timer("systemd", armed, told.get("NextElapseUSecRealtime", ""))


def _cron_state(host: Host, unit: str) -> Timer:
    listed = host.run(Command(("crontab", "-l")))
    line = next((each for each in listed.out.splitlines() if each.endswith(f"# {unit}")), "")
    runs = host.run(Command(("pgrep", "-x", "cron|crond"))).ok
    return Timer("cron", bool(line) and runs, "at " + " ".join(line.split()[:2]) if line else "")


def _quoted(word: str) -> str:
    """One word as systemd reads it: quoted, with its own specials doubled."""
    text = _escaped(word).replace("$", "$$")
    if re.fullmatch(r"[A-Za-z0-9_./:=@+-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"
