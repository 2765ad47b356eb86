"""``python -m fairlead.lint`` and the console script ``fairlead-lint``."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def main() -> None:
    """
    Runs the linter and leaves with its exit code.

    Ends at once and silently when interrupted (130), and when whoever reads the output has gone.
    """
    gc.disable()  # what a run makes it needs to its end: looking for garbage took half the time of large files
    try:
        from . import kept  # noqa: PLC0415 - an interrupt during imports shows no traceback either

        kept.open_store()
        from .cli import main as run  # noqa: PLC0415 - as above

        code = run(sys.argv[1:])
        sys.stdout.flush()
        kept.save()
        leave(code)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)


def leave(code: int) -> NoReturn:
    """Ends the process without taking it to pieces, which would take a tenth of a run; what was printed is flushed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
