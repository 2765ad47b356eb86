"""Which checks a run takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import SettingsError
from .verdict import Check


def selected(checks: Sequence[Check[Any]], only: Iterable[str], *, everything: bool) -> list[Check[Any]]:
    """
    Those of *checks* that are wanted: by id or group where *only* names some, the quick ones or all otherwise.

    Raises:
        SettingsError: *only* names something that there is not.
    """
    wanted = [word.strip() for text in only for word in text.split(",") if word.strip()]
    if not wanted:
        return [check for check in checks if check.quick or everything]
    names = {name.lower() for check in checks for name in (check.id, check.group)}
    unknown = [word for word in wanted if word.lower() not in names]
    if unknown:
        groups = ", ".join(dict.fromkeys(check.group for check in checks))
        raise SettingsError(
            f"--only {unknown[0]}: no such check here; there are ids such as HD1 and the groups {groups}"
        )
    lower = {word.lower() for word in wanted}
    return [check for check in checks if {check.id.lower(), check.group.lower()} & lower]
