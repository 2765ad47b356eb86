"""Files with errors are not deployed; warnings are the business of `inv lint`."""

from __future__ import annotations

import sys

from ..command import Command
from ..errors import SettingsError
from ..host import Host
from ..stack import Stack
from ..step import Do, Say, Step


def lint_step(stack: Stack) -> Step:
    """Lints the files of *stack*; fails where there are errors."""
    command = Command((sys.executable, "-m", "fairlead.lint", "--fail-on", "error"), directory=str(stack.settings.root))

    def lint(host: Host, _: Say) -> None:
        result = host.run(command)
        if not result.ok:
            raise SettingsError("inv lint finds errors; mend them first, nothing was changed", result.out + result.err)

    return Do("lint the files", str(command), lint)
