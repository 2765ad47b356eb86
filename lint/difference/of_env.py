"""What an env file promises: its names. Values may be secrets, so only that one changed is ever said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ..envfile import EnvFile
from .statement import Statement

PART = "env"


def statements(file: EnvFile) -> Iterator[Statement]:
    """Every name of *file*; the value is a digest, for comparing."""
    for name, entry in file.by_name.items():
        digest = hashlib.sha256((entry.value or "").encode()).hexdigest()
        yield Statement(PART, file.path, name, digest if entry.value else "")
