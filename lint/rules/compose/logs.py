"""What becomes of a service's output."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Logging, Project, Service, Unknown
from ...compose.edits import added, removed
from ...finding import Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import some, whole_services

_ROTATION = "https://docs.docker.com/engine/logging/drivers/json-file/"

_LEAST_BYTES = 65536
"""A smaller number was meant to have a unit."""


@rule(
    "compose/unbounded-log",
    Severity.WARNING,
    bad=(
        """
        services:
          app:  # <-
            image: python:3.13.5
        """,
        """
        services:
          app:
            image: python:3.13.5
            logging:  # <-
              driver: json-file
              options: {max-file: "3"}
        """,
    ),
    fixed="""
        services:
          app:
            image: python:3.13.5
            logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}
    """,
    good="""
        services:
          app:
            image: python:3.13.5
            logging:
              options: {max-size: 10m}
          local:
            image: python:3.13.5
            logging: {driver: local}
          elsewhere:
            image: python:3.13.5
            logging: {driver: "${LOG_DRIVER}"}
    """,
    unsafe=True,
    source="https://github.com/moby/moby/issues/8911",
    lacks=True,
)
def unbounded_log(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A log that grows until the disk is full.

    The engine's default driver, json-file, keeps every line for as long as the container exists; logs of 80 GB have
    been met. `max-size` and `max-file` bound it, as does the driver `local`. A `daemon.json` with these options does
    too, but no file of the stack can tell; suppress this rule where it is so.
    """
    for service in whole_services(project):
        logging = service.logging
        if logging is None:
            line = 'logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}'
            message = f'the log of service "{service.name}" has no limit; add "max-size" and "max-file" under logging'
            yield service.place, message, some(added(service.value, line, safe=False))
        elif logging.driver in (None, "json-file"):
            missing = [name for name in policy.services.required_log_options if name not in logging.options]
            if missing and not _is_unknown(service):
                yield logging.place, f'the log of service "{service.name}" has no limit; add the option "{missing[0]}"'


def _is_unknown(service: Service) -> bool:
    value = service.get("logging.options")
    return value is not None and isinstance(value.data, Unknown)


@rule(
    "compose/log-option-refused",
    Severity.ERROR,
    bad=(
        """
        services:
          app:
            logging:
              driver: json-file
              options:
                max-size: 10m
                compress: "true"  # <-
        """,
        """
        services:
          syslog:
            logging:
              driver: syslog
              options:
                max-size: 10m  # <-
        """,
    ),
    fixed="""
        services:
          app:
            logging:
              driver: json-file
              options:
                max-size: 10m
    """,
    unsafe=True,
    good="""
        services:
          app:
            logging:
              options: {max-size: 10m, max-file: "3", compress: "true"}
          local:
            logging: {driver: local, options: {max-file: "3"}}
          unknown:
            logging: {options: {max-size: 10m, max-file: "${FILES}", compress: "true"}}
    """,
    source=_ROTATION,
)
def log_option_refused(project: Project) -> Iterator[Report]:
    """
    Options of rotation that the driver refuses, so that no container is made or started.

    json-file compresses only what it rotates, so `compress` needs `max-size` and a `max-file` of 2 or more; drivers
    that send the lines elsewhere know none of the three.
    """
    for service in project.services.values():
        logging = service.logging
        if logging is not None and isinstance(service.data("logging.options"), dict):
            for name in _refused(logging):
                message = f'the engine refuses "{name}" here, and the container does not start; '
                why = "it needs max-size and a max-file of 2 or more" if name == "compress" else "remove it"
                yield logging.options[name].key_place, message + why, some(removed(logging.options[name], safe=False))


@rule(
    "compose/log-size-of-a-few-bytes",
    Severity.WARNING,
    bad="""
        services:
          app:
            logging:
              options:
                max-size: 10  # <-
                max-file: "3"
    """,
    good="""
        services:
          app:
            logging: {options: {max-size: 10m, max-file: "3"}}
          bytes:
            logging: {options: {max-size: "10485760", max-file: "3"}}
    """,
    source=_ROTATION,
)
def log_size_of_a_few_bytes(project: Project) -> Iterator[Report]:
    """A size of the log without a unit, which counts bytes: each line starts a new file, and the log is gone."""
    for service in project.services.values():
        value = service.logging.options.get("max-size") if service.logging is not None else None
        text = str(value.data) if value is not None else ""
        if value is not None and text.isdigit() and 0 < int(text) < _LEAST_BYTES:
            yield value.place, f'max-size "{text}" is {text} bytes; write a unit, such as "{text}m"'


def _refused(logging: Logging) -> Iterator[str]:
    if logging.driver in ("syslog", "journald", "gelf", "fluentd", "none"):
        yield from (name for name in ("max-size", "max-file") if name in logging.options)
    elif logging.driver in (None, "json-file") and "compress" in logging.options:
        files = logging.options.get("max-file")
        is_single = files is None or str(files.data) == "1"
        if str(logging.options["compress"].data).lower() == "true" and (is_single or "max-size" not in logging.options):
            yield "compress"


@rule(
    "compose/no-log",
    Severity.WARNING,
    bad="""
        services:
          app:
            logging:
              driver: none  # <-
    """,
    good="""
        services:
          app:
            logging: {driver: local}
          noisy:
            logging: {driver: "${DRIVER}"}
    """,
    source="https://docs.docker.com/engine/logging/configure/",
    preset="strict",
)
def no_log(project: Project) -> Iterator[Report]:
    """A service whose output is thrown away: after a crash nobody can say why."""
    for service in project.services.values():
        value = service.get("logging.driver")
        if value is not None and value.data == "none":
            yield value.place, f'the output of service "{service.name}" is thrown away; use driver "local"'
