"""That the certificate will be renewed, by one renewer that works: as `inv certbot.status --json` has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ...certbot.job import open_job
from ...certbot.status import look, status_json
from ..verdict import Check, Verdict, check, failed, passed, skipped
from .installation import Installation

GROUP = "renewal"
LATEST = timedelta(hours=24)
LEAST_VERSION = (4, 1)
"""The first certbot that asks the CA when it would like a renewal (ARI), which is free of every limit."""

MORE = "inv certbot.status says more"


def _status(stack: Installation) -> Mapping[str, Any] | str:
    """What `inv certbot.status --json` says; why nothing is promised, where that is so."""
    return stack.remembered("renewal", lambda: _asked(stack))


def _asked(stack: Installation) -> Mapping[str, Any] | str:
    patient = stack.patient
    if patient.stack is None or not stack.site.has_domains:
        return "fairlead.yaml has no domains, so no certificate is promised"
    if patient.released is None:
        return status_json(look(open_job(patient.stack)))
    from ...keeper.asking import renewal  # noqa: PLC0415 - only where a host is meant

    told = renewal(patient.host, patient.released, changing=patient.changing)
    return told or {"name": patient.released.layout.stack, "faults": [NOTHING]}


NOTHING = "nothing renews it there; inv certbot, inv certbot.install-timer"


@check("RN1", GROUP, "error", "the certificate renews itself")
def renewal(stack: Installation) -> Iterator[Verdict]:
    """What `inv certbot.status` would have a person do, but for what the checks beside this one tell."""
    status = _status(stack)
    if isinstance(status, str):
        yield skipped(status)
        return
    told = {
        *status.get("settings_faults", ()),
        *(f"another renewer: {each}" for each in status.get("other_renewers", ())),
    }
    told.add(f"the last run failed: {(status.get('last_run') or {}).get('message') or ''}")
    faults = [fault for fault in status["faults"] if fault not in told]
    for fault in faults:
        yield failed("nothing for a person to do", fault, status["name"], MORE)
    if not faults:
        following = (status.get("timer") or {}).get("next") or "armed"
        yield passed("nothing for a person to do", f"next: {following}", status["name"])


@check("RN2", GROUP, "error", "the last run of the renewal went well, within a day")
def last_run(stack: Installation) -> Iterator[Verdict]:
    """A timer that is armed and never comes to its end renews nothing."""
    status = _status(stack)
    if isinstance(status, str):
        yield skipped(status)
        return
    last, promised = status.get("last_run"), f"went well within {LATEST.total_seconds() / 3600:.0f} hours"
    if not last:
        yield failed(promised, "never ran", status["name"], "inv certbot.install-timer")
        return
    age = stack.site.now - datetime.fromisoformat(last["time"])
    observed = f"{last['command']} {last['outcome']}, {age.total_seconds() / 3600:.0f} hours ago"
    if last["outcome"] == "failed":
        yield failed(promised, f"{observed}: {stack.masked(last.get('message') or '')}", status["name"], MORE)
    elif age > LATEST:
        yield failed(promised, observed, status["name"], "see the timer: systemctl list-timers, or crontab -l")
    else:
        yield passed(promised, observed, status["name"])


@check("RN3", GROUP, "error", "certbot renews by the settings of this project")
def settings(stack: Installation) -> Iterator[Verdict]:
    """Its own file of the certificate: server, way of the challenge, no hook whose failure nobody sees."""
    status = _status(stack)
    if isinstance(status, str) or not status.get("certificate"):
        yield skipped(status if isinstance(status, str) else "certbot has no certificate yet; RN1 says so")
        return
    faults = status.get("settings_faults", ())
    for fault in faults:
        yield failed(f"renewed at {status['server']}, without hooks", fault, status["name"], "inv certbot.issue")
    if not faults:
        yield passed(f"renewed at {status['server']}, without hooks", "so it is", status["name"])


@check("RN6", GROUP, "warning", "certbot asks the CA when it would like the renewal")
def version(stack: Installation) -> Iterator[Verdict]:
    """By the version that wrote its file of the certificate."""
    status = _status(stack)
    text = "" if isinstance(status, str) else str(status.get("certbot_version") or "")
    if isinstance(status, str) or not text:
        yield skipped(status if isinstance(status, str) else "certbot has written no certificate yet")
        return
    promised = f"certbot {'.'.join(map(str, LEAST_VERSION))} or newer"
    numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if numbers >= LEAST_VERSION:
        yield passed(promised, text, status["name"])
    else:
        yield failed(promised, text, status["name"], "inv build --service certbot; an older one knows no ARI")


@check("RN8", GROUP, "error", "nobody else renews certificates here")
def alone(stack: Installation) -> Iterator[Verdict]:
    """Two renewers use up one limit, and the site serves what neither of them has put there."""
    status = _status(stack)
    if isinstance(status, str):
        yield skipped(status)
        return
    others = status.get("other_renewers", ())
    for other in others:
        yield failed("one renewer", other, status["name"], "end the other one")
    if not others:
        yield passed("one renewer", "no other timer, cron job or container", status["name"])


CHECKS: tuple[Check[Installation], ...] = (renewal, last_run, settings, version, alone)
