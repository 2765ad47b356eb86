"""What `inv doctor --fix` does: an engine from the distribution's own packages, and a daemon that runs."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Mapping
from functools import partial

from . import debian
from .command import Command
from .debian import Distribution, distribution, install_step, update_step
from .engine import (
    MINIMUM_COMPOSE,
    MINIMUM_ENGINE,
    EngineError,
    EngineForbiddenError,
    EngineTooOldError,
    engine_facts,
    version_of,
)
from .errors import StepFailedError
from .host import Host
from .plan import Plan, plan_for
from .step import Do, Run, Say, Step

DEBIAN_PACKAGES = ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "iptables")
UBUNTU_PACKAGES = ("docker.io", "docker-compose-v2", "docker-buildx", "iptables")
VENDOR_PACKAGES = ("docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin")
"""Docker's own packages; those of the distribution cannot stand beside them."""

TRIXIE_SOURCE = "/etc/apt/sources.list.d/fairlead-trixie.list"
TRIXIE_PINS = "/etc/apt/preferences.d/fairlead-trixie"
TRIXIE_PIN_TEXT = """\
Package: *
Pin: release n=trixie
Pin-Priority: 50

Package: docker.io docker-cli docker-compose docker-buildx containerd
Pin: release n=trixie
Pin-Priority: 900
"""

DAEMON_FLAGS = "FAIRLEAD_DOCKERD_FLAGS"
"""Further arguments of a dockerd that we start; for tests, which give it a data folder of its own."""
DAEMON_LOG, DAEMON_LOG_NAME = "/var/log/dockerd.log", "FAIRLEAD_DOCKERD_LOG"
DAEMON_PID, DAEMON_PID_NAME = "/run/fairlead-dockerd.pid", "FAIRLEAD_DOCKERD_PIDFILE"
"""Written when we start dockerd ourselves, so that who started it can end it; the names move them, for tests."""
READY_S = 60.0

START = "start the engine"
SYSTEMD = "/run/systemd/system"
INSTALL = "install the engine and Compose"


class InstallError(EngineError):
    """We do not know how to install an engine here."""


def fix_plan(host: Host, environment: Mapping[str, str] | None = None) -> Plan:
    """
    What makes the engine of *host* usable: nothing, a start, or an installation and a start.

    Raises:
        InstallError: this distribution is none that we know.
        EngineForbiddenError: only the user's rights are missing, which no package mends.
        EngineTooOldError: a newer engine is installed, and the old one still runs; only its owner may end it.
        FairleadError: no root and no sudo, or no mirror of Debian.
    """
    names = os.environ if environment is None else environment
    facts = engine_facts(host)
    problem = facts.problem
    if problem is None:
        return Plan()
    if isinstance(problem, EngineForbiddenError):
        raise problem
    installed = _is_installed(host)
    if installed and facts.running:
        raise EngineTooOldError(
            f"{str(problem).partition(';')[0]}; a newer one is installed and the old one still runs: restart it, which "
            "stops its containers for a moment: sudo systemctl restart docker"
        )
    installing = () if installed else tuple(_install(host, names))
    return plan_for(host.name, *installing, start_step(host, names))


def start_step(host: Host, environment: Mapping[str, str]) -> Step:
    """Starts the engine, by systemd where it runs, else by itself, and waits until it answers."""
    root = debian.as_root(host)
    if host.run(Command(("test", "-d", SYSTEMD))).ok:
        command = Command((*root, "systemctl", "enable", "--now", "docker"))
        return Do(START, str(command), partial(_start, command, None))
    flags = shlex.split(environment.get(DAEMON_FLAGS, ""))
    log, pid = environment.get(DAEMON_LOG_NAME, DAEMON_LOG), environment.get(DAEMON_PID_NAME, DAEMON_PID)
    # setsid, so that neither this terminal's end nor its Ctrl-C reaches the engine
    script = 'log=$0 pid=$1; shift; : >"$log"; setsid dockerd "$@" >>"$log" 2>&1 </dev/null & echo $! >"$pid"'
    command = Command((*root, "sh", "-c", script, log, pid, *flags))
    shown = shlex.join((*root, "setsid", "dockerd", *flags))
    return Do(START, f"{shown} >{shlex.quote(log)} 2>&1 &", partial(_start, command, (log, pid)))


def _is_installed(host: Host) -> bool:
    """Whether client, Compose and daemon are there and new enough, so that only the start is missing."""
    facts = engine_facts(host)
    answer = host.run(Command(("dockerd", "--version")))
    daemon = version_of(answer.out.removeprefix("Docker version "))
    return version_of(facts.compose) >= MINIMUM_COMPOSE and daemon >= MINIMUM_ENGINE


def _install(host: Host, environment: Mapping[str, str]) -> Iterator[Step]:
    found = distribution(host)
    if debian.is_installed(host, "docker-ce"):
        yield update_step(host)
        yield install_step(host, INSTALL, *VENDOR_PACKAGES)
        return
    if found.id == "debian" and found.version == (12,):
        yield from _trixie_sources(host, environment)
    yield update_step(host)
    yield install_step(host, INSTALL, *_packages(found))


def _packages(found: Distribution) -> tuple[str, ...]:
    # without a number it is Debian's testing or unstable
    if found.id == "debian" and (not found.version or found.version >= (12,)):
        return DEBIAN_PACKAGES
    if found.id == "ubuntu" and found.version >= (24, 4):
        return UBUNTU_PACKAGES
    raise InstallError(
        f"{found.name}: we install an engine on Debian 12 and later and on Ubuntu 24.04 and later only; "
        f"install Docker {MINIMUM_ENGINE[0]} or later with Compose {'.'.join(map(str, MINIMUM_COMPOSE))} or later "
        "by this system's own way"
    )


def _trixie_sources(host: Host, environment: Mapping[str, str]) -> Iterator[Step]:
    """Debian 12's own engine is 20.10; Debian 13's needs no newer libc, and nothing else is taken from there."""
    root = debian.as_root(host)
    address = debian.mirror(host, environment.get("FAIRLEAD_DEBIAN_MIRROR", ""))
    files = ((TRIXIE_PINS, TRIXIE_PIN_TEXT), (TRIXIE_SOURCE, f"deb {address} trixie main\n"))
    for path, text in files:
        back = Command((*root, "rm", "-f", path))
        yield Run("take the engine from Debian 13, and only the engine", Command((*root, "tee", path), text), back)


def _start(command: Command, ours: tuple[str, str] | None, host: Host, say: Say) -> None:
    """Runs *command* and waits until the engine answers; *ours* is log and pid file where no manager looks after it."""
    result = host.run(command, timeout_s=READY_S)
    if not result.ok:
        raise StepFailedError(host.name, START, result.reason)
    until = time.monotonic() + READY_S
    while (facts := engine_facts(host)).server == "":
        if ours and not _is_alive(host, ours[1]):
            raise StepFailedError(host.name, START, f"dockerd ended; its log is {ours[0]}", _tail(host, ours[0]))
        if time.monotonic() > until:
            where = ours[0] if ours else "journalctl -u docker"
            raise StepFailedError(host.name, START, f"no answer after {READY_S:.0f} s; its log is {where}")
        say(facts.trouble)
        time.sleep(0.3)
    if facts.problem is not None:
        raise facts.problem


def _is_alive(host: Host, pid_file: str) -> bool:
    pid = (host.read(pid_file) or "").strip()
    # a dead one may stay as a zombie where process 1 is no init
    return pid.isdigit() and host.run(Command(("grep", "-q", "^State:[[:space:]]*[^Z]", f"/proc/{pid}/status"))).ok


def _tail(host: Host, log: str) -> str:
    return host.run(Command(("tail", "-n", "15", log))).out
