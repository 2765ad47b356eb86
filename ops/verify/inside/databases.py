"""MySQL and Redis: the settings that their commands promise, what the application may do, what strangers may not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ...command import Result
from ...doctor.check_data import MYSQL, REDIS, differences, mysql_promises, redis_promises
from ...doctor.seen import Seen
from ...settings import LoginSettings
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from .installation import Installation

DURABLE = {"innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1"}
CHARSET = {"character_set_server": "utf8mb4"}
STRICT = "STRICT_TRANS_TABLES"
TOO_MUCH = re.compile(r"\b(ALL PRIVILEGES|SUPER|FILE|GRANT OPTION|CREATE USER|SHUTDOWN|PROCESS)\b|ON \*\.\* (?!TO)")
MEND = "somebody changed it while it ran: docker restart, and ask again"
DENIED = ("NOAUTH", "NOPERM", "WRONGPASS", "AUTH")
ADMIN = ("acl", "list")
"""A question that only an administrator's user gets an answer to, and that changes nothing."""


def _login(settings: LoginSettings | None) -> tuple[str, str]:
    return (settings.user, settings.password_file) if settings else ("", "")


def _mysql(stack: Installation, container: Seen, statement: str) -> Result:
    login = _login(stack.patient.doctor.mysql)
    return stack.inside(container, "sh", "-c", MYSQL, "mysql", *login, statement)


def _redis(stack: Installation, container: Seen, *arguments: str) -> Result:
    login = _login(stack.patient.doctor.redis)
    return stack.inside(container, "sh", "-c", REDIS, "redis", *login, *arguments)


def _running(stack: Installation, kind: str) -> list[Seen]:
    return [each for service in stack.patient.kind(kind) for each in stack.patient.of(service) if each.running]


def _variables(stack: Installation, container: Seen) -> dict[str, str] | None:
    """The server's variables; None where it does not say."""

    def asked() -> dict[str, str] | None:
        told = _mysql(stack, container, "SHOW GLOBAL VARIABLES")
        return dict(line.split("\t", 1) for line in told.out.splitlines() if "\t" in line) if told.ok else None

    return stack.remembered(f"mysql {container.name}", asked)


def _words(stack: Installation, container: Seen) -> tuple[str, ...]:
    """The command that the compose files promise; the container's own where they leave it to the image."""
    promised = (stack.services.get(container.service) or {}).get("command")
    return tuple(map(str, promised)) if promised else container.words


def _nothing(kind: str) -> Verdict:
    return skipped(f"no service runs {kind}")


def _unsaid(container: Seen) -> Verdict:
    return unseen("the server does not tell the application's user", container.name, mend="inv doctor says why")


@check("MY1", "mysql", "error", "MySQL runs with every setting that is promised")
def variables(stack: Installation) -> Iterator[Verdict]:
    """Those of the command line, as the server has them at this moment."""
    found = _running(stack, "mysql")
    if not found:
        yield _nothing("mysql")
    for container in found:
        there = _variables(stack, container)
        if there is None:
            yield _unsaid(container)
            continue
        for name, value in mysql_promises(_words(stack, container)).items():
            yield _setting(name, value, there, container)


def _setting(name: str, value: str, there: Mapping[str, str], container: Seen) -> Verdict:
    target = f"{container.name} {name}"
    if name not in there:
        return skipped("the server has no variable of this name", target)
    if differences({name: value}, there):
        return failed(value, there[name], target, MEND)
    return passed(value, there[name], target)


@check("MY2", "mysql", "error", "what MySQL confirms is on the disk")
def durable(stack: Installation) -> Iterator[Verdict]:
    """Both settings that a crash of the machine puts to the test."""
    yield from _wanted(stack, DURABLE, "a lost transaction that was confirmed")


@check("MY5", "mysql", "error", "MySQL keeps every character, and refuses what does not fit")
def characters(stack: Installation) -> Iterator[Verdict]:
    """utf8mb4 and strict mode."""
    yield from _wanted(stack, CHARSET, "text is cut")
    for container in _running(stack, "mysql"):
        mode = (_variables(stack, container) or {}).get("sql_mode")
        if mode is None:
            yield _unsaid(container)
        elif STRICT in mode:
            yield passed(STRICT, mode, f"{container.name} sql_mode")
        else:
            yield failed(STRICT, mode or "no mode at all", f"{container.name} sql_mode", MEND)


def _wanted(stack: Installation, wanted: Mapping[str, str], else_: str) -> Iterator[Verdict]:
    found = _running(stack, "mysql")
    if not found:
        yield _nothing("mysql")
    for container in found:
        there = _variables(stack, container)
        if there is None:
            yield _unsaid(container)
            continue
        for name, value in wanted.items():
            promised = mysql_promises(_words(stack, container)).get(name, value)
            target = f"{container.name} {name}"
            if there.get(name) == promised:
                yield passed(promised, promised, target)
            else:
                yield failed(promised, there.get(name, "unknown"), target, f"{MEND}; otherwise {else_}")


@check("MY3", "mysql", "error", "the application may only use its own tables")
def grants(stack: Installation) -> Iterator[Verdict]:
    """No right on all databases, none to make users or to read files."""
    found = _running(stack, "mysql")
    if not found:
        yield _nothing("mysql")
    for container in found:
        told = _mysql(stack, container, "SHOW GRANTS")
        if not told.ok:
            yield _unsaid(container)
            continue
        lines = [re.sub(r" IDENTIFIED .*", "", line) for line in told.out.splitlines()]
        much = [line for line in lines if TOO_MUCH.search(line.replace("GRANT USAGE ON *.* TO", ""))]
        promised = "rights on one database"
        if much:
            yield failed(promised, much[0], container.name, "REVOKE what it does not need", *map(stack.masked, much))
        else:
            yield passed(promised, "; ".join(line for line in lines if "USAGE" not in line)[:160], container.name)


@check("RE1", "redis", "error", "Redis runs with every setting that is promised")
def redis_settings(stack: Installation) -> Iterator[Verdict]:
    """Those of the command line, as the server has them at this moment."""
    found = _running(stack, "redis")
    if not found:
        yield _nothing("redis")
    for container in found:
        promised = redis_promises(_words(stack, container))
        told = _redis(stack, container, "config", "get", *promised) if promised else Result(0)
        lines = told.out.splitlines()
        if not told.ok or len(lines) % 2 or (promised and not lines):
            yield _unsaid(container)
            continue
        there = dict(zip(lines[::2], lines[1::2], strict=True))
        for name, value in promised.items():
            yield _setting(name, value, there, container)


@check("RE2", "redis", "error", "Redis answers nobody without a password")
def redis_password(stack: Installation) -> Iterator[Verdict]:
    """Asked as a stranger in its own network would ask."""
    found = _running(stack, "redis")
    if not found:
        yield _nothing("redis")
    for container in found:
        client = "redis-cli" if "redis" in container.image else "valkey-cli"
        told = stack.inside(container, "env", "-u", "REDISCLI_AUTH", client, "ping")
        said = f"{told.out} {told.err}".strip()
        promised = "NOAUTH"
        if "PONG" in said:
            yield failed(promised, "PONG", container.name, "user default off in the ACL file, or requirepass")
        elif any(word in said for word in DENIED):
            yield passed(promised, stack.masked(said.splitlines()[0]), container.name)
        else:
            yield unseen(stack.masked(said or told.reason), container.name, promised)


@check("RE3", "redis", "error", "the application may not administer Redis")
def redis_rights(stack: Installation) -> Iterator[Verdict]:
    """Its user is refused what only an administrator needs."""
    found = _running(stack, "redis")
    if not found:
        yield _nothing("redis")
    for container in found:
        told = _redis(stack, container, *ADMIN)
        said = f"{told.out} {told.err}".strip()
        if "NOPERM" in said:
            yield passed("NOPERM for ACL LIST", "NOPERM", container.name)
        elif "user " in told.out:
            yield failed("NOPERM for ACL LIST", "an answer", container.name, "-@admin -@dangerous in the ACL file")
        else:
            yield _unsaid(container)


@check("RE4", "redis", "error", "Redis keeps what it is given")
def redis_state(stack: Installation) -> Iterator[Verdict]:
    """No write to the disk failed; evictions are worth a warning."""
    found = _running(stack, "redis")
    if not found:
        yield _nothing("redis")
    for container in found:
        told = _redis(stack, container, "info")
        info = dict(line.split(":", 1) for line in told.out.splitlines() if ":" in line)
        if "rdb_last_bgsave_status" not in info:
            yield _unsaid(container)
            continue
        bad = [
            f"{name} {info[name].strip()}"
            for name in ("rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status")
            if info.get(name, "ok").strip() != "ok"
        ]
        evicted = int(info.get("evicted_keys", "0").strip() or 0)
        if bad:
            yield failed(
                "every write succeeded", ", ".join(bad), container.name, "see the disk and the rights on its volume"
            )
        elif evicted:
            yield warned("nothing evicted", f"{evicted} keys", container.name, "raise maxmemory")
        else:
            yield passed("every write succeeded", "ok", container.name)


@check("MY7", "mysql", "error", "databases are reached from inside alone")
def unpublished(stack: Installation) -> Iterator[Verdict]:
    """No port of theirs on this machine."""
    for kind in ("mysql", "redis"):
        for container in _running(stack, kind):
            if container.published:
                yield failed(
                    "no port",
                    ", ".join(map(str, container.published)),
                    container.name,
                    "take ports: out of the service",
                )
            else:
                yield passed("no port", "none", container.name)


CHECKS: tuple[Check[Installation], ...] = (
    variables,
    durable,
    grants,
    characters,
    unpublished,
    redis_settings,
    redis_password,
    redis_rights,
    redis_state,
)
