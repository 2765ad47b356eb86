"""Addresses of the stack, asked from within a container: past every proxy, and what no proxy passes on too."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from ...doctor.patient import Patient
from ...doctor.seen import Seen

MOST_SECONDS = "4"
DESCRIPTIONS = ("/openapi.json", "/api/openapi.json")
"""Where an application describes its API, for programs."""

_SCRIPT = (
    'if command -v curl >/dev/null; then exec curl -s -m "$2" -w "\\n%{http_code}" "$1"; fi\n'
    "exec python3 -c 'import sys,urllib.request as u,urllib.error as e\n"
    "try: r=u.urlopen(sys.argv[1],timeout=float(sys.argv[2]))\n"
    "except e.HTTPError as x: r=x\n"
    'print(r.read().decode()); print(r.status,end="")\' "$1" "$2"'
)


def asked(patient: Patient, container: Seen, url: str) -> tuple[int, str] | None:
    """Status and body of *url*, asked within *container*; None where nobody answers, or nothing there can ask."""
    told = patient.inside(container, "sh", "-c", _SCRIPT, "ask", url, MOST_SECONDS)
    body, _, status = told.out.rpartition("\n")
    return (int(status), body.strip()) if told.ok and status.strip().isdigit() and status.strip() != "000" else None


def application(patient: Patient) -> tuple[list[Seen], int]:
    """The running containers of the service that ``doctor.health`` names, and its port."""
    parts = urlsplit(patient.doctor.health)
    return [each for each in patient.of(parts.hostname or "") if each.running], parts.port or 80


def description(patient: Patient, container: Seen, port: int) -> dict[str, Any] | None:
    """What the application in *container* says of its own API (OpenAPI); None where it says nothing."""
    for path in DESCRIPTIONS:
        found = asked(patient, container, f"http://127.0.0.1:{port}{path}")
        data = parsed(found[1]) if found else None
        if isinstance(data, dict) and isinstance(data.get("paths"), dict):
            return data
    return None


def parsed(body: str) -> Any:
    """*body* as JSON; None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None
