"""The changes for people, for programs, and as a comment on a pull request."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from .comparing import Change

TITLES = {"nginx": "nginx", "service": "services", "stack": "stack", "image": "images", "env": "env files"}
NOTHING = "no change of behaviour"


def text(changes: Sequence[Change]) -> str:
    """A line for each change, under the part of the stack it belongs to."""
    if not changes:
        return f"{NOTHING}\n"
    lines = []
    for part, title in TITLES.items():
        found = [f"  {change.words}" for change in changes if change.part == part]
        lines += [title, *found] if found else []
    return "\n".join(lines) + "\n"


def as_json(changes: Sequence[Change]) -> str:
    """`schemas/difference.schema.json`."""
    listed = [
        {
            "part": change.part,
            "subjects": list(change.subjects),
            "aspect": change.aspect,
            "before": change.before,
            "after": change.after,
            "words": change.words,
        }
        for change in changes
    ]
    return json.dumps({"version": 1, "changes": listed}, indent=2) + "\n"


def markdown(changes: Sequence[Change]) -> str:
    """A comment on a pull request."""
    if not changes:
        return f"**{NOTHING.capitalize()}.**\n"
    lines = [f"**{len(changes)} change{'s' if len(changes) > 1 else ''} of behaviour**", ""]
    for part, title in TITLES.items():
        found = [f"- {_escaped(change.words)}" for change in changes if change.part == part]
        lines += [f"*{title}*", "", *found, ""] if found else []
    return "\n".join(lines).rstrip() + "\n"


REPORTS: dict[str, Callable[[Sequence[Change]], str]] = {"text": text, "json": as_json, "markdown": markdown}


def _escaped(words: str) -> str:
    return "".join(f"\\{character}" if character in "\\`*_<>|[]" else character for character in words)
