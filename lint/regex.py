"""Regular expressions that are compiled when they are first used: three hundred of them would cost 100 ms at start."""

from __future__ import annotations

import re
from typing import Any, cast

from .kept import expression


class _Lazy:
    """Stands for a compiled expression; its methods are those of `re.Pattern`, fetched at the first use of any."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = expression(self._text, self._flags)
        for method in ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split", "pattern"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """The expression *text*, to be kept at module level; takes what `re.compile` takes, is used as its result is."""
    return cast("re.Pattern[str]", _Lazy(text, flags))
