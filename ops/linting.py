"""`inv lint` and `inv why`: the linter's own command line, reached through a task."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping, Sequence

from ..lint import kept
from ..lint.__main__ import leave
from ..lint.cli import main

Flag = str | bool | Sequence[str] | None


def lint(flags: Mapping[str, Flag], *, paths: Sequence[str] = (), dry: bool = False) -> None:
    """
    Runs the linter and exits with its code.

    Args:
        flags: As the linter names them, with underscores; what is empty or False is left out.
        dry: Show what ``fix`` would mend instead of mending it.
    """
    shown = {"diff": True, "fix": False} if dry and flags.get("fix") else {}
    gc.disable()  # as in fairlead-lint
    code = main([*_arguments({**flags, **shown}), *paths])
    sys.stdout.flush()
    kept.save()
    leave(code)


def _arguments(flags: Mapping[str, Flag]) -> Iterator[str]:
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            yield from [flag] if value else []
            continue
        for text in [value] if isinstance(value, str) else value or ():
            yield from [flag, text] if text else []
