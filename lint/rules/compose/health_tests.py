"""What a health check asks, and when."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Value
from ...compose.edits import added
from ...compose.places import part_place, written_scalars
from ...finding import Edit, Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule

_HEALTH = "https://docs.docker.com/reference/compose-file/services/#healthcheck"


_NEVER_FAILS = regex(r"(?:\|\|\s*(?:true|:|exit\s+0)|;\s*(?:true|exit\s+0))\s*$")
_CURL = regex(r"(?:^|[\s;&|(/])curl\s")
_CURL_FAILS = regex(r"\s(?:-[a-zA-Z]*f[a-zA-Z]*|--fail(?:-with-body)?)(?=\s|$)")
_OTHER_SCHEME = regex(r"\b(?!https?\b)[a-z]{2,10}://")
_COMPARED = regex(r"\bgrep\b|\btest\b|\[|\bjq\b|http_code|\bawk\b|\bcase\b")


@rule(
    "compose/healthcheck-cannot-fail",
    Severity.ERROR,
    bad=(
        """
        services:
          app:
            healthcheck:
              test: curl http://localhost:8000/health  # <-
          web:
            healthcheck:
              test: [CMD, "curl", "localhost:8000"]  # <-
        """,
        """
        services:
          db:
            healthcheck:
              test: ["CMD-SHELL", "mysqladmin ping || true"]  # <-
          block:
            healthcheck:
              test:
                - CMD  # <-
                - curl
                - http://localhost
        """,
    ),
    fixed="""
        services:
          app:
            healthcheck:
              test: curl --fail http://localhost:8000/health
          web:
            healthcheck:
              test: [CMD, "curl", "--fail", "localhost:8000"]
    """,
    unsafe=True,
    good="""
        services:
          app:
            healthcheck: {test: "curl -fsS http://localhost:8000/health || exit 1"}
          web:
            healthcheck: {test: [CMD, curl, --fail, http://localhost/]}
          search:
            healthcheck: {test: "curl -s http://localhost:9200/_cluster/health | grep -q green"}
          tcp:
            healthcheck: {test: [CMD, curl, "telnet://localhost:25"]}
    """,
    source="https://curl.se/docs/manpage.html#-f",
)
def healthcheck_cannot_fail(project: Project) -> Iterator[Report]:
    """
    A health check that says yes to everything.

    `curl` without `--fail` is content with an error 500, and what ends in `|| true` is always 0. Such a service is
    healthy while all its answers are errors.
    """
    for service in project.services.values():
        check, value = service.healthcheck, service.get("healthcheck.test")
        if check is None or value is None or check.disabled:
            continue
        line = " ".join(word for word in check.words if isinstance(word, str))
        if len(line.split()) and any(not isinstance(word, str) for word in check.words):
            continue
        if _NEVER_FAILS.search(line):
            yield value.place, f'the health check of service "{service.name}" cannot fail; remove what ends it with 0'
        elif (
            _CURL.search(line)
            and not _OTHER_SCHEME.search(line)
            and not _CURL_FAILS.search(line)
            and not _COMPARED.search(line)
        ):
            message = f'the health check of service "{service.name}" takes an error 500 for health; '
            yield value.place, message + "add --fail to curl", _failing(value)


def _failing(value: Value) -> tuple[Edit, ...]:
    """``--fail`` behind the first ``curl``: in a line of a shell, or in a list in brackets."""
    for scalar in written_scalars(value.node):
        body = scalar.source.body
        if scalar.text.rpartition("/")[2] == "curl" and body[scalar.end :].lstrip().startswith(","):
            place = scalar.source.place(scalar.end, scalar.end)
            return (Edit(place, f", {scalar.style}--fail{scalar.style}", safe=False),)
        match = _CURL.search(scalar.text)
        if match and body[scalar.start : scalar.end].count(scalar.text) == 1:
            return (Edit(part_place(scalar, match.end() - 1, match.end() - 1), " --fail", safe=False),)
    return ()


@rule(
    "compose/slow-healthcheck",
    Severity.INFO,
    bad="""
        services:
          app:
            healthcheck:
              test: [CMD, /app, health]
              interval: 10m  # <-
          other:
            healthcheck:
              test: [CMD, /app, health]
              interval: 5s
              timeout: 30s  # <-
    """,
    good="""
        services:
          app:
            healthcheck: {test: [CMD, /app, health], interval: 30s, timeout: 5s}
          other:
            healthcheck: {test: [CMD, /app, health], interval: "${INTERVAL}"}
    """,
    source=_HEALTH,
    preset="strict",
)
def slow_healthcheck(project: Project, policy: Policy) -> Iterator[Report]:
    """A health check that notices a failure late: it is seldom made, or given more time than lies between two."""
    for service in project.services.values():
        check = service.healthcheck
        if check is None or check.interval is None:
            continue
        interval, timeout = service.get("healthcheck.interval"), service.get("healthcheck.timeout")
        if interval and check.interval.seconds > policy.services.max_healthcheck_interval_s:
            yield interval.place, f'a failure is noticed only after "{interval.text}"; check more often'
        elif timeout and check.timeout and check.timeout > check.interval:
            yield timeout.place, f'timeout "{timeout.text}" is longer than the interval; shorten it'


@rule(
    "compose/healthcheck-without-times",
    Severity.INFO,
    bad="""
        services:
          app:
            healthcheck:  # <-
              test: [CMD, /app, health]
          other:
            healthcheck:  # <-
              test: [CMD, /app, health]
              interval: 15s
    """,
    fixed="""
        services:
          app:
            healthcheck:
              test: [CMD, /app, health]
              interval: 10s
              timeout: 5s
          other:
            healthcheck:
              test: [CMD, /app, health]
              interval: 15s
              timeout: 5s
    """,
    unsafe=True,
    good="""
        services:
          app:
            healthcheck: {test: [CMD, /app, health], interval: 30s, timeout: 5s}
          other:
            healthcheck: {test: [CMD, /app, health], interval: "${INTERVAL}", timeout: 3s}
          built:
            healthcheck: {start_period: 1m}
          off:
            healthcheck: {disable: true}
    """,
    source=_HEALTH,
    preset="strict",
    lacks=True,
)
def healthcheck_without_times(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A health check whose times are those of the engine: every 30 seconds, and 30 seconds to answer.

    A program that hangs is then found unhealthy after three minutes. Times of one's own, such as 10 and 5 seconds,
    find it within 45 seconds. A check without `test` changes that of the image and is left alone.
    """
    for service in project.services.values():
        value = service.get("healthcheck")
        if value is None or value.get("disable") is not None or value.get("test") is None:
            continue
        missing = [key for key in ("interval", "timeout") if value.get(key) is None]
        wanted = policy.recommended_healthcheck
        lines = [f"{key}: {wanted[key]}" for key in missing if wanted.get(key)]
        if missing and value.data.get("test") not in (["NONE"], "NONE"):
            message = f'the health check of service "{service.name}" has no {" and no ".join(missing)}; add what fits'
            yield value.key_place, message, _added(value, lines)


def _added(value: Value, lines: list[str]) -> tuple[Edit, ...]:
    """The *lines* as the last keys of a health check, in one edit: two would be for the same place."""
    first = added(value, lines[0], safe=False) if lines else None
    if first is None:
        return ()
    space = first.text[: first.text.index(lines[0])]
    return (Edit(first.place, first.text + "".join(f"{space}{line}" for line in lines[1:]), safe=False),)
