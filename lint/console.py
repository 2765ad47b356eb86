"""Where a run reads and writes, and how it looks there."""

from __future__ import annotations

import os
from typing import TextIO

from .record import dataclass
from .report.masking import printable
from .report.results import Style

_WIDTH_OF_A_PIPE = 120


@dataclass(frozen=True)
class Streams:
    """Where a run reads and writes."""

    stdin: TextIO
    out: TextIO
    err: TextIO

    def write(self, text: str) -> None:
        """Prints *text*; characters that the output's encoding lacks become ``?``."""
        self.out.write(_encodable(text, self.out))

    def complain(self, line: str) -> None:
        """Says on standard error what went wrong, in one line."""
        self.err.write(_encodable(f"fairlead-lint: {printable(line)}\n", self.err))

    def read(self) -> str:
        """All of standard input; bytes that are not UTF-8 become U+FFFD."""
        buffer = getattr(self.stdin, "buffer", None)
        text: str = buffer.read().decode("utf-8", "replace") if buffer else self.stdin.read()
        return text

    @property
    def style(self) -> Style:
        """Colours for terminals, or as NO_COLOR and FORCE_COLOR say; the width of the terminal."""
        is_forced = os.environ.get("FORCE_COLOR", "0") not in ("", "0")
        is_terminal = self.out.isatty() and os.environ.get("TERM") != "dumb"
        return Style(not os.environ.get("NO_COLOR") and (is_forced or is_terminal), self._width)

    @property
    def _width(self) -> int:
        try:
            columns = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(self.out.fileno()).columns
        except (ValueError, OSError):
            return _WIDTH_OF_A_PIPE
        return max(40, min(columns, 160))


def _encodable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
