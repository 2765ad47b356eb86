"""Whether a line feed, which a client can send as ``%0a``, may be in what an expression matches."""

from __future__ import annotations

from .expressions import Bytes, Group, Mark, One, Row, UnknownExpressionError, tree, walk

_NEWLINE: Bytes = 1 << 10


def may_hold_newline(pattern: str, capture: str, ignore_case: bool = False) -> bool:
    """Whether what ``$capture`` (a number or a name) holds of *pattern* may contain a line feed; False if not known."""
    try:
        groups = [node for node in walk(tree(pattern, ignore_case)) if isinstance(node, Group)]
    except UnknownExpressionError:
        return False
    wanted = [group for group in groups if capture in (str(group.number), group.name) and group.number]
    return any(
        isinstance(node, One) and bool(node.allowed & _NEWLINE) for group in wanted for node in walk(group.inner)
    )


def forbids_newline(pattern: str, ignore_case: bool = False) -> bool:
    """Whether no text with a line feed before its end matches *pattern*: it is anchored and no part takes one."""
    try:
        node = tree(pattern, ignore_case)
    except UnknownExpressionError:
        return False
    parts = node.parts if isinstance(node, Row) else (node,)
    is_anchored = len(parts) > 1 and parts[0] == Mark("^") and parts[-1] == Mark("$")
    return is_anchored and not any(isinstance(each, One) and each.allowed & _NEWLINE for each in walk(node))
