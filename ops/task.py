"""The decorator of this project's tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import invoke

Task = invoke.Task[Any]


@overload
def task(body: Callable[..., None], /) -> Task: ...


@overload
def task(**options: Any) -> Callable[[Callable[..., None]], Task]: ...


def task(*body: Callable[..., None], **options: Any) -> Any:
    """
    Invoke's own, without short flags and positional arguments.

    -h must stay help, and Invoke's positional arguments are never optional.
    """
    return invoke.task(*body, **{"auto_shortflags": False, "positional": (), **options})
