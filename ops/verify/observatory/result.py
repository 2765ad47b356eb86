"""What one of the Observatory's tests gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """
    Attributes:
        test: The test's name, such as ``csp``.
        word: What it found.
        modifier: What that adds to the score.
    """

    test: str
    word: str
    modifier: int


@dataclass(frozen=True)
class Observed:
    """
    The answers that a grade is made of.

    Attributes:
        url: Where the page was found in the end.
        headers: Of the page, in order, repeated ones too.
        html: The page's text; empty where it is none.
        hops: Where plain HTTP leads: the address asked first, then each one redirected to; empty where nobody answers.
        origin_headers: Of the answer to a request from a foreign origin.
        is_trusted: Whether the certificate is believed.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    html: str = ""
    hops: tuple[str, ...] = ()
    origin_headers: tuple[tuple[str, str], ...] = ()
    is_trusted: bool = True

    def values(self, name: str) -> list[str]:
        """Every value of the header *name*."""
        return [value for each, value in self.headers if each.lower() == name]

    def joined(self, name: str) -> str | None:
        """All values of *name* as one, or None where there is none."""
        values = self.values(name)
        return ", ".join(values) if values else None

    @property
    def is_https(self) -> bool:
        """Whether the page comes over TLS."""
        return self.url.startswith("https://")
