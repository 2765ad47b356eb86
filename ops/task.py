"""The decorator of this project's tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import invoke


def task(*body: Callable[..., None], **options: Any) -> Callable[..., Any]:
    """
    Invoke's own, without short flags and positional arguments.

    -h must stay help, and Invoke's positional arguments are never optional.
    """
    made: Callable[..., Any] = invoke.task(*body, **{"auto_shortflags": False, "positional": (), **options})
    return made
