"""Text that no program reads as its author meant it."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...rule import Report, rule
from ...suppression import Audit


@rule(
    "lint/odd-text",
    Severity.WARNING,
    bad="server_name \x00example.com; # <-",
    good="server_name example.com; # café",
    source="https://datatracker.ietf.org/doc/html/rfc3629#section-4",
)
def odd_text(audit: Audit) -> Iterator[Report]:
    """
    A file with a NUL character or with bytes that are not UTF-8.

    YAML refuses such a file, nginx cuts a value at the NUL, and every program shows other characters for the bytes.
    """
    for message, place in audit.odd_texts:
        yield place, message
