"""MySQL and Redis: a real login, and the values that their command promises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from ..command import Result, without
from ..doctor_settings import LoginSettings
from .check_engine import USABLE
from .check_settings import COMPOSE
from .patient import Patient
from .seen import Seen
from .verdict import Check, Verdict, ok, skipped, unseen, wrong

NO_PROGRAM = 127
NO_LOGIN = 3
MYSQL = """
if [ -n "$2" ]; then password=$(cat "$2") && [ -n "$password" ] || exit 3
elif [ -n "$MYSQL_PASSWORD_FILE" ]; then password=$(cat "$MYSQL_PASSWORD_FILE")
else password=$MYSQL_PASSWORD; fi
user=${1:-$MYSQL_USER}
if [ -z "$user" ]; then
    user=root password=$MYSQL_ROOT_PASSWORD
    if [ -n "$MYSQL_ROOT_PASSWORD_FILE" ]; then password=$(cat "$MYSQL_ROOT_PASSWORD_FILE"); fi
fi
client=$(command -v mysql || command -v mariadb) || exit 127
printf '[client]\\nuser=%s\\npassword="%s"\\n' "$user" "$(printf %s "$password" | sed 's/[\\\\"]/\\\\&/g')" |
    "$client" --defaults-extra-file=/dev/stdin --host=127.0.0.1 --connect-timeout=4 --batch --skip-column-names \\
    --execute "$3"
"""
"""Logs in over TCP as the user of fairlead.yaml, else as the image's own variables say; no argument is a secret."""

REDIS = """
password=
if [ -n "$2" ]; then password=$(cat "$2") && [ -n "$password" ] || exit 3
elif [ -n "$REDIS_PASSWORD_FILE" ]; then password=$(cat "$REDIS_PASSWORD_FILE")
else password=$REDIS_PASSWORD; fi
client=$(command -v redis-cli || command -v valkey-cli) || exit 127
user=$1; shift 2
if [ -n "$password" ]; then export REDISCLI_AUTH="$password"; fi
exec "$client" ${user:+--user "$user"} --no-auth-warning "$@"
"""
SIZE = re.compile(r"(?i)^(\d+)([kmgt]?)b?$")
UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
SWITCHES = {"on": "1", "yes": "1", "true": "1", "off": "0", "no": "0", "false": "0"}
ROUNDED_UP = frozenset({"innodb_buffer_pool_size"})
LONGEST_SHOWN = 5


def checks(patient: Patient) -> Iterator[Check]:
    """Two checks for each service of both kinds."""
    for kind, login, values in (("mysql", _mysql_login, _mysql_values), ("redis", _redis_login, _redis_values)):
        services = patient.kind(kind)
        for service in services:
            first = f"{kind}.{service}.login"
            yield Check(first, f"{service}: login", _each(patient, service, login), (*USABLE, COMPOSE))
            yield Check(f"{kind}.{service}.values", f"{service}: values", _each(patient, service, values), (first,))
        if not services:
            yield Check(f"{kind}.none", "login", _none(kind), (*USABLE, COMPOSE))


def differences(promised: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """What of *promised* the server does not have; names that it does not know are left out."""
    known = {name: value for name, value in promised.items() if name in there}
    return [
        f"{name} is {there[name]}, not {value}" for name, value in known.items() if not _same(name, value, there[name])
    ]


def mysql_promises(words: tuple[str, ...]) -> dict[str, str]:
    """The server variables that a command line sets, with the names that SHOW VARIABLES has."""
    pairs = (word.removeprefix("--").partition("=") for word in words if word.startswith("--") and "=" in word)
    return {name.replace("-", "_"): value for name, _, value in pairs if not name.startswith("loose")}


def redis_promises(words: tuple[str, ...]) -> dict[str, str]:
    """The settings that a command line gives Redis: ``--name value``; files and passwords are left out."""
    pairs = pairwise(words)
    left_out = ("--aclfile", "--requirepass", "--masterauth", "--user")
    return {name[2:]: value for name, value in pairs if name.startswith("--") and name not in left_out}


def _each(patient: Patient, service: str, look: Callable[[Patient, Seen], Verdict]) -> Callable[[], Verdict]:
    def looking() -> Verdict:
        running = [container for container in patient.of(service) if container.running]
        if not running:
            return skipped(f"{service} does not run")
        verdicts = [look(patient, container) for container in running]
        return next((verdict for verdict in verdicts if verdict.word != "ok"), verdicts[0])

    return looking


def _none(kind: str) -> Callable[[], Verdict]:
    return lambda: skipped(f"no service runs {kind}")


def _mysql_login(patient: Patient, container: Seen) -> Verdict:
    result = _mysql(patient, container, "SELECT CONCAT(SUBSTRING_INDEX(CURRENT_USER(), '@', 1), ' on ', VERSION())")
    return _login_verdict(patient, container, result, result.ok)


def _redis_login(patient: Patient, container: Seen) -> Verdict:
    result = _redis(patient, container, "ping")
    # redis-cli exits with 0 on NOAUTH too
    good = result.out.strip() == "PONG"
    return _login_verdict(
        patient, container, Result(result.exit_code, "PONG" if good else "", result.out + result.err), good
    )


def _login_verdict(patient: Patient, container: Seen, result: Result, good: bool) -> Verdict:
    if good:
        return ok(result.out.strip())
    if result.exit_code == NO_PROGRAM:
        return unseen(f"{container.name} has no client to log in with")
    if result.exit_code == NO_LOGIN:
        return wrong(f"{container.name}: the file with the password is empty or not there", "inv up writes the secrets")
    said = without(result.err.strip().splitlines()[-1] if result.err.strip() else result.reason, patient.secrets)
    return wrong(
        f"{container.name} does not let the application in: {said}",
        "the password of the secrets and that of the server differ: see secrets above; inv up restarts who reads them",
    )


def _mysql_values(patient: Patient, container: Seen) -> Verdict:
    result = _mysql(patient, container, "SHOW GLOBAL VARIABLES")
    if not result.ok:
        return unseen(f"{container.name}: {without(result.reason, patient.secrets)}")
    there = dict(line.split("\t", 1) for line in result.out.splitlines() if "\t" in line)
    return _compared(mysql_promises(container.words), there, container)


def _redis_values(patient: Patient, container: Seen) -> Verdict:
    promised = redis_promises(container.words)
    if not promised:
        return ok("the command sets none")
    result = _redis(patient, container, "config", "get", *promised)
    lines = result.out.splitlines()
    if not result.ok or len(lines) % 2 or not lines:
        return skipped("the application's user may not read the server's settings")
    return _compared(promised, dict(zip(lines[::2], lines[1::2], strict=True)), container)


def _compared(promised: Mapping[str, str], there: Mapping[str, str], container: Seen) -> Verdict:
    different = differences(promised, there)
    if different:
        says = f"{container.service} does not run with what its command says: {'; '.join(different[:LONGEST_SHOWN])}"
        return wrong(says, "somebody changed it while it ran, or it cannot have it; docker restart, then ask again")
    shown = [f"{name} {value}" for name, value in promised.items() if name in there]
    return ok(", ".join(shown[:2]) or "the command sets none")


def _same(name: str, promised: str, there: str) -> bool:
    if name in ROUNDED_UP:
        return _number(promised) <= _number(there) < 2 * _number(promised)
    if SIZE.match(promised) and SIZE.match(there):
        return _number(promised) == _number(there)
    return _plain(promised) == _plain(there)


def _number(text: str) -> int:
    found = SIZE.match(text)
    return int(found[1]) * UNITS[found[2].lower()] if found else 0


def _plain(text: str) -> str:
    return SWITCHES.get(text.lower(), text.lower())


def _mysql(patient: Patient, container: Seen, statement: str) -> Result:
    login = _login(patient.doctor.mysql)
    return patient.inside(container, "sh", "-c", MYSQL, "mysql", *login, statement)


def _redis(patient: Patient, container: Seen, *arguments: str) -> Result:
    login = _login(patient.doctor.redis)
    return patient.inside(container, "sh", "-c", REDIS, "redis", *login, *arguments)


def _login(settings: LoginSettings | None) -> tuple[str, str]:
    return (settings.user, settings.password_file) if settings else ("", "")
