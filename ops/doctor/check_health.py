"""The health address through the page and inside the container, and what the back end needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

from ..command import without
from .check_engine import USABLE
from .check_settings import COMPOSE
from .patient import Patient
from .seen import Seen
from .verdict import Check, Verdict, ok, skipped, unseen, wrong
from .web import WebError, fetch

GOOD = 200
NO_PROGRAM = 127
SHOWN_BODY = 200
ASK = """
url=$1
if command -v curl >/dev/null 2>&1; then exec curl -sS -m 6 -w '\\n%{http_code}' "$url"; fi
for python in python3 python; do
    command -v $python >/dev/null 2>&1 && exec $python -c '
import sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=6)
except urllib.error.HTTPError as error:
    answer = error
except OSError as error:
    sys.exit(str(getattr(error, "reason", error)))
sys.stdout.write(answer.read().decode("utf-8", "replace") + "\\n" + str(answer.status))
' "$url"
done
if command -v wget >/dev/null 2>&1; then wget -q -T 6 -O - "$url" && printf '\\n200'; exit; fi
exit 127
"""
"""Asks with what the image has; prints the body and, on a last line, the status."""


def checks(patient: Patient) -> Iterator[Check]:
    """Three checks."""
    yield Check("health.page", "through the page", lambda: _through_page(patient), ("settings.file",))
    for name in ("health", "ready"):
        address = getattr(patient.doctor, name)
        title = "in the container" if name == "health" else "what it needs"
        yield Check(
            f"health.{'inside' if name == 'health' else 'ready'}", title, _inside(patient, address, name), NEEDS
        )


NEEDS = (*USABLE, COMPOSE)


def _through_page(patient: Patient) -> Verdict:
    address = patient.address("health")
    if not address:
        return skipped("fairlead.yaml has no addresses.health")
    try:
        answer = fetch(address)
    except WebError as error:
        return wrong(str(error), "see containers and ports above; inv up starts what is missing")
    if answer.status != GOOD:
        return wrong(
            f"{address} answers {answer.status}", "see gunicorn, mysql and redis below, or who else answers there"
        )
    return ok(f"{address} answers 200")


def _inside(patient: Patient, address: str, name: str) -> Callable[[], Verdict]:
    def look() -> Verdict:
        if not address:
            return skipped(f"fairlead.yaml has no doctor.{name}")
        parts = urlsplit(address)
        service = parts.hostname or ""
        if service not in patient.services:
            return wrong(f"doctor.{name} names {service}, which is no service", "mend it in fairlead.yaml")
        running = [container for container in patient.of(service) if container.running]
        if not running:
            return skipped(f"{service} does not run")
        local = urlunsplit(parts._replace(netloc=f"127.0.0.1:{parts.port or 80}"))
        verdicts = [_asked(patient, container, local) for container in running]
        return next((verdict for verdict in verdicts if verdict.word != "ok"), verdicts[0])

    return look


def _asked(patient: Patient, container: Seen, url: str) -> Verdict:
    result = patient.inside(container, "sh", "-c", ASK, "ask", url)
    if result.exit_code == NO_PROGRAM:
        return unseen(f"{container.name} has neither curl nor Python nor wget to ask with")
    body, _, status = result.out.rpartition("\n")
    logs = f"inv logs --service {container.service} says why"
    if not result.ok or not status.strip().isdigit():
        return wrong(f"{container.name}: {url}: {without(result.reason, patient.secrets)}", logs)
    if int(status) != GOOD:
        return wrong(f"{container.name} answers {status.strip()}: {_says(body, patient)}", logs)
    return ok(f"{container.service} answers 200")


def _says(body: str, patient: Patient) -> str:
    try:
        told = json.loads(body).get("detail")
    except (ValueError, AttributeError):
        told = None
    return without(str(told or body).strip()[:SHOWN_BODY], patient.secrets)
