"""MySQL's tables are those of the release, nobody waits for a lock, and no network sees what is said in the clear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...doctor.seen import Seen
from ...doctor_settings import ServiceCommand
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen
from .asking import parsed
from .databases import NotToldError, each, mysql
from .installation import Installation

GROUP = "mysql"
LONG_S = 5
LOOPBACK = ("127.0.0.1", "::1", "localhost")
WAITING = (
    "SELECT CONCAT(TIME, ' s, ', STATE) FROM information_schema.PROCESSLIST"
    " WHERE STATE LIKE 'Waiting for%lock' AND TIME > 5"
)


@check("MY4", GROUP, "error", "MySQL is encrypted where others could listen")
@each("mysql")
def encrypted(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """On internal networks of one machine nobody else is; anywhere else plain connections have to be refused."""
    why = _open_ways(stack, container)
    if not why:
        yield skipped("it is reached over internal networks of this machine alone", container.name)
        return
    told = mysql(stack, container, "SHOW GLOBAL VARIABLES LIKE 'require_secure_transport'")
    value, promised = told.out.partition("\t")[2].strip(), f"require_secure_transport, since {why}"
    if not told.ok or not value:
        raise NotToldError
    if value == "ON":
        yield passed(promised, value, container.name)
    else:
        mend = "--require-secure-transport=ON, or no port beyond this machine and internal networks"
        yield failed(promised, value, container.name, mend)


def _open_ways(stack: Installation, container: Seen) -> str:
    """How other machines reach *container*, as the model has it; empty where they do not."""
    model: Mapping[str, Any] = stack.services.get(container.service) or {}
    ports = [each for each in model.get("ports") or () if (each.get("host_ip") or "") not in LOOPBACK]
    if ports:
        return f"it publishes {', '.join(str(each.get('published')) for each in ports)}"
    networks = (stack.patient.merged or {}).get("networks") or {}
    kinds = {name: networks.get(name) or {} for name in model.get("networks") or ()}
    spread = [name for name, network in kinds.items() if network.get("driver") in ("overlay", "macvlan", "ipvlan")]
    return f"its network {spread[0]} spans machines" if spread else ""


@check("MY6", GROUP, "error", "the tables are those of the release", quick=False)
def migrated(stack: Installation) -> Iterator[Verdict]:
    """The job that migrates says so itself; nothing may be pending."""
    wanted = stack.patient.doctor.migrations
    if wanted is None:
        yield skipped("fairlead.yaml has no doctor.migrations")
        return
    every = stack.compose("run", "--rm", "--no-deps", "--no-TTY", wanted.service, *wanted.command)
    told = next((each for each in every if each.ok), every[-1])
    yield _revision(wanted, parsed(told.out), stack.masked(told.reason))


def _revision(wanted: ServiceCommand, data: Any, reason: str) -> Verdict:
    promised = "nothing pending"
    if not isinstance(data, dict) or "head" not in data:
        return unseen(reason or "no JSON with current, head and pending", wanted.service, promised)
    current, head, pending = data.get("current"), data["head"], data.get("pending") or ()
    if pending:
        mend = f"inv up runs it; inv logs --service {wanted.service}"
        return failed(
            promised, f"at {current or 'none'}, pending: {', '.join(map(str, pending))}", wanted.service, mend
        )
    if current != head:
        observed = f"at {current}, which this release does not know; its own is {head}"
        return passed(promised, observed, wanted.service)
    return passed(promised, f"at {current}", wanted.service)


@check("MY8", GROUP, "warning", "nobody waits long for a lock of a table")
@each("mysql")
def locks(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """Among the application's own connections: a change of a table that waits stops all that come after it."""
    told = mysql(stack, container, WAITING)
    promised, lines = f"no wait above {LONG_S} s", told.out.strip().splitlines()
    if not told.ok:
        raise NotToldError
    if lines:
        mend = "SHOW PROCESSLIST as root: end the oldest transaction"
        yield failed(promised, f"{len(lines)}: {lines[0]}", container.name, mend)
    else:
        yield passed(promised, "none", container.name)


CHECKS: tuple[Check[Installation], ...] = (encrypted, migrated, locks)
