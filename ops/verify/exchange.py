"""One request and what came back, as checks read it."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

LARGEST_DECODED = 8 * 1024**2
REDIRECTS = (301, 302, 303, 307, 308)
_HIDDEN = {"set-cookie", "authorization", "cookie", "x-request-id"}
"""Headers whose values do not belong into a report."""


@dataclass(frozen=True)
class Exchange:
    """
    Attributes:
        headers: As sent, in their order, repeated ones too.
        body: As sent, still compressed.
        is_whole: Whether the body ended before the limits on size and time.
        chunks: Seconds from the request on, and size, of each piece of the body as it came.
        tries: 2 where the network gave way the first time.
    """

    url: str
    method: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(default=b"", repr=False)
    is_whole: bool = True
    first_byte_s: float = 0.0
    seconds: float = 0.0
    chunks: tuple[tuple[float, int], ...] = ()
    tries: int = 1

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of the header *name*, in order."""
        key = name.lower()
        return tuple(value for each, value in self.headers if each.lower() == key)

    def header(self, name: str) -> str:
        """The values of *name* joined as a client reads them; empty where there is none."""
        return ", ".join(self.values(name))

    @property
    def kind(self) -> str:
        """Its content type without parameters, in lower case."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def path(self) -> str:
        """The path of the address, ``/`` where it has none."""
        return urlsplit(self.url).path or "/"

    @property
    def is_redirect(self) -> bool:
        """Whether it leads elsewhere."""
        return self.status in REDIRECTS and bool(self.header("location"))

    @property
    def encoding(self) -> str:
        """Its content encoding; empty for none."""
        return self.header("content-encoding").strip().lower().replace("identity", "")

    @cached_property
    def content(self) -> bytes | None:
        """The body decompressed; None where that cannot be done here (br, zstd) or goes wrong."""
        if not self.encoding:
            return self.body
        if self.encoding not in ("gzip", "x-gzip", "deflate"):
            return None
        try:
            return zlib.decompressobj(47).decompress(self.body, LARGEST_DECODED)
        except zlib.error:
            return None

    @cached_property
    def text(self) -> str:
        """The content as text; empty where it cannot be read."""
        return (self.content or b"").decode("utf-8", "replace")

    @cached_property
    def digest(self) -> str:
        """What tells two contents apart."""
        return hashlib.sha256(self.content if self.content is not None else self.body).hexdigest()

    def json(self) -> Any:
        """The content as JSON, or None where it is none."""
        try:
            return json.loads(self.content or b"")
        except ValueError:
            return None

    @property
    def line(self) -> str:
        """The request and its outcome, for evidence."""
        return f"{self.method} {self.url} -> {self.status}"

    def shown(self, names: Iterable[str] = ()) -> tuple[str, ...]:
        """The request line and the headers *names*, those with a secret's likeness without their values."""
        wanted = {name.lower() for name in names}
        return (self.line, *(f"{name}: {_safe(name, value)}" for name, value in self.headers if name.lower() in wanted))


def _safe(name: str, value: str) -> str:
    if name.lower() != "set-cookie":
        return "***" if name.lower() in _HIDDEN else value
    cookie, _, attributes = value.partition(";")
    return f"{cookie.partition('=')[0]}=***;{attributes}"
