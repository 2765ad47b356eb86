"""How a service ends: with which signal, and how much time it has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project, Service
from ...compose.edits import added, replaced
from ...finding import Edit, Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .judging import image_name_of, lasting_services, some

_DEFAULT_S = 10.0
"""What the engine waits between SIGTERM and SIGKILL where nothing is said."""

_RELATIONAL = frozenset(["mysql", "mariadb", "percona", "percona-server", "postgres", "postgis", "timescaledb"])


@rule(
    "compose/short-stop-grace",
    Severity.WARNING,
    bad="""
        services:
          app:
            command: gunicorn --graceful-timeout 60 app:app  # <-
          api:
            command: [gunicorn, --graceful-timeout=30, "app:app"]
            stop_grace_period: 20s  # <-
          db:
            image: mysql:9.4.0
            stop_grace_period: 1s  # <-
    """,
    fixed="""
        services:
          app:
            command: gunicorn --graceful-timeout 60 app:app
            stop_grace_period: 70s
          api:
            command: [gunicorn, --graceful-timeout=30, "app:app"]
            stop_grace_period: 40s
          db:
            image: mysql:9.4.0
            stop_grace_period: 1m
    """,
    good="""
        services:
          app:
            command: gunicorn --graceful-timeout 60 app:app
            stop_grace_period: 70s
          api:
            command: gunicorn app:app
          db:
            image: mysql:9.4.0
            stop_grace_period: 1m
          other:
            command: gunicorn --graceful-timeout 60 app:app
            stop_grace_period: ${GRACE}
    """,
    source="https://github.com/docker/compose/issues/4199",
)
def short_stop_grace(project: Project, policy: Policy) -> Iterator[Report]:
    """
    Less time to stop than the program takes: it is killed in the middle of its work.

    The engine sends SIGKILL after `stop_grace_period`, 10 s where it is not written. gunicorn finishes its requests
    for as long as `--graceful-timeout` says; a database that is killed recovers for minutes when it starts again.
    """
    for service in project.services.values():
        grace, value = service.stop_grace_period, service.get("stop_grace_period")
        if value is not None and grace is None:
            continue
        seconds = grace.seconds if grace is not None else _DEFAULT_S
        wanted = _graceful_s(service)
        is_database = image_name_of(service) in _RELATIONAL and grace is not None
        place = value.place if value is not None else service.command.place if service.command else service.place
        if wanted and seconds <= wanted:
            message = f'service "{service.name}" is killed after {seconds:g} s but may take {wanted:g} s to stop; '
            yield place, message + "raise stop_grace_period above that", _longer(service, f"{wanted + _DEFAULT_S:g}s")
        elif is_database and seconds < policy.services.min_stop_grace_s:
            message = f'database "{service.name}" is killed after {seconds:g} s; give it a minute'
            yield place, message, _longer(service, "1m")


def _longer(service: Service, text: str) -> tuple[Edit, ...]:
    """The time to stop, raised where it is written or added where it is not."""
    value = service.get("stop_grace_period")
    if value is not None:
        return (replaced(value, text),)
    return some(added(service.value, f"stop_grace_period: {text}"))


def _graceful_s(service: Service) -> float | None:
    """What gunicorn or uvicorn takes at most to finish its requests, where the command says."""
    words = service.command.words if service.command else ()
    line = " ".join(word for word in words if isinstance(word, str))
    match = re.search(r"--(?:graceful-timeout|timeout-graceful-shutdown)[ =](\d+)", line)
    return float(match[1]) if match else None


@rule(
    "compose/rough-stop-signal",
    Severity.WARNING,
    bad="""
        services:
          app:
            stop_signal: SIGKILL  # <-
          web:
            image: nginx:1.29.4
            stop_signal: SIGTERM  # <-
    """,
    fixed="""
        services:
          app:
            stop_signal: SIGTERM
          web:
            image: nginx:1.29.4
            stop_signal: SIGQUIT
    """,
    good="""
        services:
          app:
            stop_signal: SIGTERM
          web:
            image: nginx:1.29.4
            stop_signal: SIGQUIT
          php:
            image: php:8.4-fpm
            stop_signal: ${SIGNAL}
    """,
    source="https://nginx.org/en/docs/control.html",
)
def rough_stop_signal(project: Project) -> Iterator[Report]:
    """
    A signal that ends the program in the middle of its requests.

    Nothing can answer SIGKILL. nginx takes SIGTERM for a fast shutdown, which cuts every connection, and SIGQUIT for
    a graceful one; its official image uses SIGQUIT where nothing is said.
    """
    for service in project.services.values():
        value = service.get("stop_signal")
        signal = str(value.data).upper().removeprefix("SIG") if value is not None and value.is_literal else ""
        if value is None or signal not in ("KILL", "9", "TERM", "15", "INT", "2"):
            continue
        is_nginx = image_name_of(service) in ("nginx", "nginx-unprivileged", "openresty")
        if signal in ("KILL", "9") or is_nginx:
            wanted = "SIGQUIT" if is_nginx else "SIGTERM"
            message = f'signal "{value.text}" cuts what service "{service.name}" is doing; use {wanted}'
            yield value.place, message, (replaced(value, wanted),)


_ENDS_IN_EXEC = regex(r"(?:^|[;&|]\s*)exec\s+\S+[^;&|]*$")


@rule(
    "compose/shell-without-init",
    Severity.INFO,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            command: ["sh", "-c", "python manage.py migrate && gunicorn app:app"]  # <-
    """,
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            command: ["sh", "-c", "python manage.py migrate && gunicorn app:app"]
            init: true
    """,
    unsafe=True,
    good="""
        services:
          app:
            command: ["sh", "-c", "python manage.py migrate && exec gunicorn app:app"]
          other:
            command: ["sh", "-c", "gunicorn app:app"]
            init: true
          direct:
            command: [gunicorn, "app:app"]
    """,
    source="https://docs.docker.com/reference/compose-file/services/#init",
    preset="strict",
)
def shell_without_init(project: Project) -> Iterator[Report]:
    """
    A shell as the first process, which hands no signal on.

    `docker stop` reaches the shell only; the program below it works on until it is killed ten seconds later. `exec`
    before the last command puts it in the shell's place.
    """
    for service in lasting_services(project):
        command = service.command
        words = command.words if command is not None else ()
        texts = [word if isinstance(word, str) else "" for word in words]
        if command is None or len(texts) < 3 or service.flag("init") is not None:  # noqa: PLR2004 - shell, -c, line
            continue
        is_shell = texts[0].rsplit("/", 1)[-1] in ("sh", "bash", "ash", "dash") and texts[1] in ("-c", "-ec", "-lc")
        is_known = bool(texts[2]) and service.get("entrypoint") is None
        if is_shell and is_known and re.search(r"&&|;|\n", texts[2]) and not _ENDS_IN_EXEC.search(texts[2].strip()):
            message = f'the shell of service "{service.name}" hands no signal on; write "exec" before the last command'
            yield command.place, message, some(added(service.value, "init: true", safe=False))
