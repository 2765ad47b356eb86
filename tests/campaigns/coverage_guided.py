"""
Feeds a parser what reaches new branches of it, by atheris, which is no dependency: install it in an environment apart.

    python -m fairlead.tests.campaigns.coverage_guided nginx corpus/ -max_total_time=400 -max_len=1500

The targets are ``nginx`` (lexer, parser and effective settings), ``expressions``, ``dockerfile`` and ``env``. What is
found is written to a file by libFuzzer; a traceback is a fault, and so is an input that takes more than 2 s of CPU.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

SLOW_CPU_S = 2.0


def _nginx(text: str) -> None:
    from fairlead.lint.family import Options
    from fairlead.lint.files import Files
    from fairlead.lint.nginx import load

    for config in load(["nginx.conf"], Files({"nginx.conf": text}, only_overlay=True), Options()):
        for directive in config.walk():
            config.effective(directive.parent)


def _expressions(text: str) -> None:
    from fairlead.lint.nginx import backtracking, expressions, patterns

    try:
        expressions.tree(text)
        patterns.matched(text, "/a/b.php")
    except (expressions.UnknownExpressionError, patterns.UnknownPatternError):
        return
    finally:
        backtracking.blowup(text)


def _dockerfile(text: str) -> None:
    from fairlead.lint.dockerfile import parse

    for stage in parse(text, "Dockerfile").stages:
        list(stage.runs())


def _env(text: str) -> None:
    from fairlead.lint.envfile import parse

    parse(text, ".env").values({"A": "1"})


TARGETS: dict[str, Callable[[str], None]] = {
    "nginx": _nginx,
    "expressions": _expressions,
    "dockerfile": _dockerfile,
    "env": _env,
}


def main() -> None:
    """Runs until libFuzzer's own options say stop."""
    import atheris

    target = TARGETS[sys.argv.pop(1)]

    def one(data: bytes) -> None:
        start = time.process_time()
        target(data.decode("utf-8", "replace"))
        if time.process_time() - start > SLOW_CPU_S:
            raise RuntimeError("slow")

    with atheris.instrument_imports(include=["fairlead.lint"]):
        target("")
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
