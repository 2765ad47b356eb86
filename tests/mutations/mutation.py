"""One fault put into the good stack of `stack/`, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Edit = tuple[str, str, str]
"""The file, a text that stands in it, and what stands there instead."""


@dataclass(frozen=True)
class Mutation:
    """
    Attributes:
        edits: The fault; the first edit is the one that the rule points at.
        at: What the finding starts at, or one of these, when that is not in the lines that the edits changed.
        where: The file of the finding, when that is not the one of the first edit.
        also: Rules that rightly find something too, each with the reason.
        nginx: The version of nginx, when that is not the one of the stack.
        files: Files that are there beside those of the good stack; without a text, files that are not there.
        policy: What the policy says otherwise.
        times: How many findings there are, where several services have the fault by one line.
    """

    edits: tuple[Edit, ...]
    at: str | tuple[str, ...] = ""
    where: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    nginx: str | None = None
    files: Mapping[str, str | None] = field(default_factory=dict)
    policy: Mapping[str, object] = field(default_factory=dict)
    times: int = 1
