"""Remembers, for each thread, whether a request of the check that runs in it had to be made again."""

from __future__ import annotations

import threading

_state = threading.local()


def begin() -> None:
    """A check begins in this thread."""
    _state.again = False


def note_again() -> None:
    """An answer was used that came only at a second attempt."""
    _state.again = True


def was_again() -> bool:
    """Whether the check of this thread used such an answer."""
    return bool(getattr(_state, "again", False))
