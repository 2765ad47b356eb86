"""Runs Fairlead's tasks: what ./inv, ``python -m fairlead`` and the console script ``fairlead`` start."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Runs the task that the command line names."""
    from .lint import kept  # noqa: PLC0415 - as below

    kept.open_store()
    from .ops.program import Program, one_line_errors  # noqa: PLC0415 - an error while loading is shown as one line

    with one_line_errors(debug="--debug" in sys.argv):
        from .tasks import namespace  # noqa: PLC0415 - as above

        in_repository = Path(__file__).with_name("inv").exists()
        Program(namespace, binary="inv" if in_repository else "fairlead").run()


if __name__ == "__main__":
    main()
