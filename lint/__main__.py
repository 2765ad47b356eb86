"""``python -m fairlead.lint`` and the console script ``fairlead-lint``."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """
    Runs the linter and leaves with its exit code.

    Ends at once and silently when interrupted (130), and when whoever reads the output has gone.
    """
    gc.disable()  # what a run makes it needs to its end: looking for garbage took half the time of large files
    try:
        from .cli import main as run  # noqa: PLC0415 - an interrupt during imports shows no traceback either

        code = run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)


if __name__ == "__main__":
    main()
