"""What reports draw of a stack, from what the checks have seen: locations by headers, replicas, latency, a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...doctor.patient import is_job, is_settled
from ...errors import FairleadError
from ..promises.comparing import WATCHED
from ..promises.probing import Witnessed
from .installation import Installation
from .speed import FACTS as LATENCY
from .streaming import FACTS as STREAM


def facts_of_stack(stack: Installation) -> dict[str, Any]:
    """The facts, those that no check asked for left out."""
    facts: dict[str, Any] = {"stack": _services(stack)}
    for name, key in ((LATENCY, "latency"), (STREAM, "stream")):
        found = stack.seen(name)
        if found:
            facts[key] = found
    try:
        covered = stack.seen("covered") or []
    except FairleadError:
        covered = []
    rows = [_row(witness) for each in covered for witness in each.witnessed]
    if rows:
        facts["headers"] = {"columns": list(WATCHED), "rows": rows}
    return facts


def _services(stack: Installation) -> list[dict[str, Any]]:
    return [
        {
            "service": name,
            "tier": service.get("x-fairlead-tier") or _tier(stack, name, service),
            "needs": sorted(service.get("depends_on") or ()),
            "containers": [
                {"name": each.name, "state": each.health or each.state, "ok": is_settled(each)}
                for each in stack.patient.of(name)
            ],
        }
        for name, service in sorted(stack.services.items())
    ]


def _tier(stack: Installation, name: str, service: Mapping[str, Any]) -> str:
    """By what it does: Compose leaves its own keys out of the merged model."""
    if is_job(service):
        return "job"
    if any(name in stack.patient.kind(kind) for kind in ("mysql", "redis")):
        return "data"
    return "edge" if stack.edge and stack.edge.service == name else "app"


def _row(witness: Witnessed) -> dict[str, Any]:
    promised: set[str] = set()
    if witness.expected:
        promised = {each.header.key for each in witness.expected.headers(witness.exchange.status)}
    broken = {each.name.lower(): each.kind for each in witness.headers()}
    return {
        "location": witness.aim.label,
        "path": witness.exchange.path,
        "status": witness.exchange.status,
        "cells": {name: _cell(name, witness, promised, broken) for name in WATCHED},
    }


def _cell(name: str, witness: Witnessed, promised: set[str], broken: Mapping[str, str]) -> str:
    """``kept``, ``missing``, ``different``, ``doubled``, ``extra``, ``unasked`` (another program's), or nothing."""
    if name in broken:
        return broken[name]
    if name in promised:
        return "kept"
    return "unasked" if witness.exchange.header(name) else ""
