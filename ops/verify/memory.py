"""What several checks want to know is found out once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Made = TypeVar("Made")


@dataclass(kw_only=True)
class Memory:
    """A base for what checks look at, which many threads do at a time."""

    _known: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def remembered(self, name: str, make: Callable[[], Made]) -> Made:
        """What *make* gave the first time it was asked for under *name*; others wait meanwhile."""
        with self._lock:
            if name not in self._known:
                self._known[name] = make()
            found: Made = self._known[name]
            return found

    def seen(self, name: str) -> Any:
        """What was remembered under *name*, or None."""
        return self._known.get(name)
