"""What the target of a ``*_pass`` is made of where variables are in it."""

from __future__ import annotations

from ...nginx import Directive
from ...regex import regex

VARIABLE = regex(r"\$(?:\{(\w+)\}|(\w+))")
_PATH = regex(r"[/?]|\$\{?(?:request_uri|uri|document_uri|is_args)\b")


def authority(target: str) -> str:
    """The scheme, host and port of a target, up to its path."""
    start = target.find("://")
    begin = start + 3 if start >= 0 else 0
    end = _PATH.search(target, begin)
    return target[: end.start()] if end else target


def setting_of(directive: Directive, name: str) -> Directive | None:
    """The ``set`` in the blocks around *directive*, up to the server, that gives ``$name`` its value."""
    for outer in directive.ancestors:
        for each in outer.find("set"):
            if len(each.args) > 1 and each.value.lower() == f"${name.lower()}":
                return each
        if outer.name == "server":
            return None
    return None
