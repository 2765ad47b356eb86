"""The engine's own settings: containers live through its restart, and no log fills the disk."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

from ..command import Command
from ..engine import engine_facts
from ..engine_install import SYSTEMD, start_step
from ..errors import FairleadError, StepFailedError
from ..host import Host
from ..step import Do, Say, Step
from .need import Need

FILE = "/etc/docker/daemon.json"
LOGS = {"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "5"}}
TITLE = "an engine that restarts without its containers, and logs that end"
RESTART = "let the engine take its settings; containers go on"
PID_FILE = "/var/run/docker.pid"
STOP_S, RELOAD_S = 60.0, 10.0


def daemon_need(host: Host) -> Need:
    """
    The settings in daemon.json; what its owner has set otherwise is kept.

    Raises:
        FairleadError: the file is no JSON.
    """
    text = host.read(FILE) or ""
    wanted = _merged(host, _parsed(host, text), swarm=_in_swarm(host))
    if wanted == _parsed(host, text):
        return Need("daemon", TITLE, ok=True, says=FILE)
    write = Do(
        f"write {FILE}",
        f"write {FILE}: {json.dumps(wanted)}",
        partial(_write, json.dumps(wanted, indent=2) + "\n"),
        partial(_put_back, text),
    )
    steps: tuple[Step, ...] = (write, _restart_step(host)) if engine_facts(host).running else (write,)
    return Need("daemon", TITLE, ok=False, says="not all of it is set", steps=steps)


def _parsed(host: Host, text: str) -> dict[str, Any]:
    try:
        data = json.loads(text or "{}")
    except ValueError as error:
        raise FairleadError(f"{host.name}: {FILE}: no JSON: {error}; mend it first, nothing was changed") from error
    if not isinstance(data, dict):
        raise FairleadError(f"{host.name}: {FILE}: no JSON object; mend it first, nothing was changed")
    return data


def _merged(host: Host, data: dict[str, Any], *, swarm: bool) -> dict[str, Any]:
    merged = dict(data)
    if not swarm:  # the engine refuses both together
        merged["live-restore"] = True
    driver = data.get("log-driver", "json-file")
    if driver == "json-file":
        merged |= {"log-driver": driver, "log-opts": LOGS["log-opts"] | data.get("log-opts", {})}
    return merged


def _in_swarm(host: Host) -> bool:
    answer = host.run(Command(("docker", "info", "--format", "{{.Swarm.LocalNodeState}}")))
    return answer.out.strip() not in {"", "inactive"}


def _write(text: str, host: Host, say: Say) -> None:
    say(FILE)
    host.put(FILE, text, 0o644)


def _put_back(text: str, host: Host) -> None:
    if text:
        host.put(FILE, text, 0o644)
    else:
        host.run(Command(("rm", "-f", FILE)))


def _restart_step(host: Host) -> Step:
    if host.run(Command(("test", "-d", SYSTEMD))).ok:
        shown = "systemctl reload docker && systemctl restart docker"
    else:
        shown = "kill -HUP and end dockerd, start it again"
    return Do(RESTART, shown, _restart)


def _restart(host: Host, say: Say) -> None:
    """First the reload, by which live-restore begins; only then the restart, which the log settings need."""
    if host.run(Command(("test", "-d", SYSTEMD))).ok:
        _systemctl(host, say, "reload")
        _await_live_restore(host, say)
        _systemctl(host, say, "restart")
        return
    pid = host.run(Command(("cat", PID_FILE))).out.strip()
    _signal(host, "HUP", pid)
    _await_live_restore(host, say)
    _signal(host, "TERM", pid)
    ended = host.run(Command(("tail", f"--pid={pid}", "-f", "/dev/null")), timeout_s=STOP_S)
    if not ended.ok:
        raise StepFailedError(host.name, RESTART, f"dockerd did not end: {ended.reason}")
    start_step(host, {}).run(host, say)


def _systemctl(host: Host, say: Say, word: str) -> None:
    say(f"systemctl {word} docker")
    result = host.run(Command(("systemctl", word, "docker")))
    if not result.ok:
        raise StepFailedError(host.name, RESTART, result.reason)


def _signal(host: Host, name: str, pid: str) -> None:
    result = host.run(Command(("kill", f"-{name}", pid)))
    if not result.ok:
        raise StepFailedError(host.name, RESTART, f"dockerd, process {pid or '?'}: {result.reason}")


def _await_live_restore(host: Host, say: Say) -> None:
    """A reload is over when the engine says so; one in a swarm never has live-restore."""
    if _in_swarm(host):
        return
    until = time.monotonic() + RELOAD_S
    while host.run(Command(("docker", "info", "--format", "{{.LiveRestoreEnabled}}"))).out.strip() != "true":
        if time.monotonic() > until:
            raise StepFailedError(host.name, RESTART, f"live-restore is not on {RELOAD_S:.0f} s after the reload")
        say("waiting for live-restore")
        time.sleep(0.2)
