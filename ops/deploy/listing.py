"""`inv releases`, `inv audit`, `inv drift`: what is on a host, who changed what there, where it differs. Asks only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from ..agent.record import chain_break, cut_off
from ..errors import FairleadError
from ..hosts import open_hosts
from .drift import drift
from .remembered import remember
from .target import Target, examine

AUDITED = ("time", "release", "what", "before_release", "reason", "who")


def releases(names: Iterable[str], *, as_json: bool = False) -> None:
    """`inv releases`."""
    told = []
    with open_hosts(names) as hosts:
        for opened in hosts:
            target = examine(opened.host, opened.layout)
            remember(opened.state, opened.host.name, target.served)
            found = [(name, _what_it_is(target, name)) for name in reversed(target.releases)]
            told.append(
                {
                    "host": opened.host.name,
                    "current": target.state.current,
                    "pending": target.state.pending,
                    "releases": [{"name": name, "state": state} for name, state in found],
                }
            )
            if not as_json:
                print("".join(f"{opened.host.name}  {name}  {state}\n" for name, state in found), end="")
    _told(told, as_json=as_json)


def audit(names: Iterable[str], *, as_json: bool = False) -> None:
    """`inv audit`; exits with 1 where a line was changed or removed."""
    told = []
    with open_hosts(names) as hosts:
        for opened in hosts:
            text = opened.host.read(f"{opened.layout.state}/audit.jsonl") or ""
            number = chain_break(text)
            missing = cut_off(text, opened.host.read(f"{opened.layout.state}/state.json") or "")
            broken = number or (len(text.splitlines()) + 1 if missing else None)
            told.append({"host": opened.host.name, "lines": _lines(text), "broken_at": broken})
            if as_json:
                continue
            for line in text.splitlines():
                print(f"{opened.host.name}  {_audited(line)}")
            if number:
                print(f"{opened.host.name}: line {number} does not fit the one before: the audit was changed by hand")
            elif missing:
                print(f"{opened.host.name}: there were {missing} lines: the audit was changed or cut by hand")
    _told(told, as_json=as_json)
    _exit_if(any(each["broken_at"] for each in told))


def differences(names: Iterable[str], *, as_json: bool = False) -> None:
    """`inv drift`; exits with 1 where something differs."""
    told: list[dict[str, Any]] = []
    with open_hosts(names) as hosts:
        for opened in hosts:
            target = examine(opened.host, opened.layout)
            current = target.state.current
            lines = drift(opened.host, target, opened.layout) if current else []
            told.append({"host": opened.host.name, "release": current, "differences": lines})
            well = f"as {current} says" if current else "no release serves"
            if not as_json:
                print("\n".join(f"{opened.host.name}: {line}" for line in lines or [well]))
    _told(told, as_json=as_json)
    _exit_if(any(each["differences"] for each in told))


def _told(hosts: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"version": 1, "hosts": hosts}, indent=2))


def _exit_if(wrong: bool) -> None:
    if wrong:
        sys.exit(FairleadError.exit_code)


def _lines(text: str) -> list[Any]:
    """The audit's lines as they are; one that is no JSON as its text."""
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            found.append(line)
    return found


def _audited(line: str) -> str:
    """A line of the audit for people; as it stands where it is none of ours."""
    try:
        data = json.loads(line)
        return "  ".join(str(data[key]) for key in AUDITED if data.get(key))
    except (ValueError, TypeError, AttributeError):
        return line


def _what_it_is(target: Target, name: str) -> str:
    if name == target.state.pending:
        return "a switch to it has not ended"
    if name == target.state.current:
        return "serves"
    return "served before" if name in target.served else "never served"
