"""The timer: this machine's own systemd or cron runs `inv certbot.renew` four times a day, and tells when it fails."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..command import Command
from ..engine import require_engine
from ..errors import FairleadError, SettingsError
from ..execute import execute
from ..host import Host, LocalHost
from ..lock import locked
from ..plan import plan_for
from ..progress import Progress
from ..stack import Stack, open_stack
from ..step import Run, Step, Write
from .job import open_job
from .renewers import MARK, other_renewers

Kind = Literal["systemd", "cron", "none"]
SYSTEMD_RUNS = "/run/systemd/system"
READABLE = 0o644
MINUTES, HOURS = 60, 6
ONLY_HERE = ("ACME_SERVER", "ACME_CA_BUNDLE", "HTTP_PORT", "HTTPS_PORT", "PUBLIC_ADDRESS", "BASE_REGISTRY")
"""Variables that the timer needs and that it has from the env file alone."""


@dataclass(frozen=True)
class Timer:
    """
    The timer as it is.

    Attributes:
        kind: What runs it, or would.
        armed: Whether it will run.
        next: When, as systemd or cron say it.
    """

    kind: Kind
    armed: bool
    next: str = ""


def install(*, yes: bool = False, dry: bool = False) -> None:
    """`inv certbot.install-timer`."""
    stack = open_stack(client=str(require_engine(LocalHost()).client))
    name = open_job(stack).stack.settings.name
    others = other_renewers(stack.host, stack.project.client, stack.project.name)
    if others and not yes:
        raise FairleadError(f"{name}: certificates are renewed here already by {others[0]}; end it, or say --yes")
    plan = plan_for(stack.host.name, *timer_steps(stack))
    if dry:
        print(plan)
        return
    with locked(stack.settings.state / "lock", "inv certbot.install-timer"), Progress() as progress:
        execute(plan, {stack.host.name: stack.host}, progress)
    found = timer(stack)
    print(f"{name}: renewed by {found.kind}, next {found.next or 'in at most six hours'}")
    lost = [variable for variable in ONLY_HERE if os.environ.get(variable)]
    if lost:
        print(f"note: the timer does not see {', '.join(lost)} of this shell; write them to {stack.settings.env.file}")


def timer(stack: Stack) -> Timer:
    """The timer of *stack* on its host."""
    kind = scheduler(stack.host)
    if kind == "systemd":
        return _systemd_timer(stack)
    if kind == "cron":
        return _cron_timer(stack)
    return Timer("none", armed=False)


def scheduler(host: Host) -> Kind:
    """What runs things at times on *host*."""
    if host.run(Command(("test", "-d", SYSTEMD_RUNS))).ok:
        return "systemd"
    return "cron" if host.run(Command(("sh", "-c", "command -v crontab"))).ok else "none"


def timer_steps(stack: Stack) -> Iterator[Step]:
    """
    What arms the timer; it can be done again at any time.

    Raises:
        SettingsError: the host has neither systemd nor cron.
    """
    kind = scheduler(stack.host)
    if kind == "none":
        raise SettingsError("neither systemd nor cron is here; in a container let it run: inv certbot.renew --loop")
    yield from _systemd_steps(stack) if kind == "systemd" else _cron_steps(stack)


def unit_texts(stack: Stack, program: Sequence[str], path: str) -> dict[str, str]:
    """
    The units of systemd by their names.

    Args:
        program: What `inv` is called by.
        path: PATH for it.
    """
    name, root = _unit(stack), stack.settings.root
    failed = stack.settings.acme.notify or ("logger", "--priority", "daemon.err", "--tag", MARK, _failure(stack))
    return {
        f"{name}.service": _lines(
            "[Unit]",
            f"Description=Renew the certificate of {stack.settings.name} where it is due",
            "Wants=network-online.target",
            "After=network-online.target docker.service",
            f"OnFailure={name}-failed.service",
            "",
            "[Service]",
            "Type=oneshot",
            f"WorkingDirectory={_escaped(str(root))}",
            f'Environment="PATH={_escaped(path)}"',
            f"ExecStart={' '.join(map(_quoted, (*program, 'certbot.renew')))}",
            "TimeoutStartSec=20min",
        ),
        f"{name}.timer": _lines(
            "[Unit]",
            f"Description=Renew the certificate of {stack.settings.name} four times a day",
            "",
            "[Timer]",
            "OnCalendar=*-*-* 00/6:00:00",
            "RandomizedDelaySec=1h",
            "Persistent=true",
            "",
            "[Install]",
            "WantedBy=timers.target",
        ),
        f"{name}-failed.service": _lines(
            "[Unit]",
            f"Description=Tell that the certificate of {stack.settings.name} was not renewed",
            "",
            "[Service]",
            "Type=oneshot",
            f"WorkingDirectory={_escaped(str(root))}",
            f'Environment="PATH={_escaped(path)}"',
            f"ExecStart={' '.join(map(_quoted, failed))}",
        ),
    }


def cron_line(stack: Stack, program: Sequence[str], path: str) -> str:
    """The line of cron; its minute and hour differ from stack to stack, so that a CA's clients are spread out."""
    number = int(hashlib.sha256(str(stack.settings.root).encode()).hexdigest(), 16)
    minute, hour = number % MINUTES, number // MINUTES % HOURS
    hours = ",".join(str(each) for each in range(hour, 24, HOURS))
    tell = stack.settings.acme.notify or ("logger", "-p", "daemon.err", "-t", MARK, _failure(stack))
    words = (
        f"cd {shlex.quote(str(stack.settings.root))} && PATH={shlex.quote(path)} {shlex.join(program)} certbot.renew"
    )
    line = f"{words} || {shlex.join(tell)}".replace("%", r"\%")
    return f"{minute} {hours} * * * {line} # {_unit(stack)}"


def program_of(stack: Stack) -> tuple[str, ...]:
    """What `inv` is called by in a place without a shell of the operator's."""
    wrapper = stack.settings.root / "inv"
    return (str(wrapper),) if os.access(wrapper, os.X_OK) else (sys.executable, "-m", "fairlead")


def _systemd_steps(stack: Stack) -> Iterator[Step]:
    folder, control = _units_folder(stack.host)
    for name, text in unit_texts(stack, program_of(stack), _path()).items():
        if stack.host.read(str(folder / name)) != text:
            yield Write(f"write {name}", str(folder / name), text, READABLE)
    yield Run("have systemd read it", Command((*control, "daemon-reload")))
    yield Run("arm the timer", Command((*control, "enable", "--now", f"{_unit(stack)}.timer")))
    if "--user" in control:
        yield Run("let it run while nobody is logged in", Command(("loginctl", "enable-linger")))


def _units_folder(host: Host) -> tuple[Path, tuple[str, ...]]:
    """Where units go and how systemd is spoken to: the user's own manager where this is not root."""
    if host.run(Command(("id", "-u"))).out.strip() == "0":
        return Path("/etc/systemd/system"), ("systemctl",)
    home = host.run(Command(("sh", "-c", 'printf %s "${XDG_CONFIG_HOME:-$HOME/.config}"'))).out
    return Path(home, "systemd", "user"), ("systemctl", "--user")


def _cron_steps(stack: Stack) -> Iterator[Step]:
    before = stack.host.run(Command(("crontab", "-l")))
    kept = [line for line in before.out.splitlines() if not line.endswith(f"# {_unit(stack)}")] if before.ok else []
    text = "\n".join([*kept, cron_line(stack, program_of(stack), _path())]) + "\n"
    if text != before.out:
        yield Run("write the line of cron", Command(("crontab", "-"), stdin=text))


def _systemd_timer(stack: Stack) -> Timer:
    asked = ("show", f"{_unit(stack)}.timer", "--property=ActiveState,NextElapseUSecRealtime,UnitFileState")
    shown = stack.host.run(Command((*_units_folder(stack.host)[1], *asked)), timeout_s=10)
    told = dict(line.partition("=")[::2] for line in shown.out.splitlines())
    armed = told.get("ActiveState") == "active" and told.get("UnitFileState") == "enabled"
    return Timer("systemd", armed, told.get("NextElapseUSecRealtime", ""))


def _cron_timer(stack: Stack) -> Timer:
    listed = stack.host.run(Command(("crontab", "-l")))
    line = next((each for each in listed.out.splitlines() if each.endswith(f"# {_unit(stack)}")), "")
    runs = stack.host.run(Command(("pgrep", "-x", "cron|crond"))).ok
    return Timer("cron", bool(line) and runs, "at " + " ".join(line.split()[:2]) if line else "")


def _unit(stack: Stack) -> str:
    return f"{MARK}-{stack.settings.name}-certbot"


def _failure(stack: Stack) -> str:
    return f"{stack.settings.name}: the certificate was not renewed; inv certbot.status in {stack.settings.root}"


def _path() -> str:
    return os.environ.get("PATH") or os.defpath


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
