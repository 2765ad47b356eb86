"""What a rule is: a function over a model, with examples that are run as tests."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .finding import Edit, Finding, Severity
from .place import Place

Example = str | Mapping[str, str]
"""The text of one file, or for the family ``stack`` texts by file name."""

Report = tuple[Place, str] | tuple[Place, str, tuple[Edit, ...]]
"""What a check yields for each fault: the place, the message, and the edits that mend it."""

Check = Callable[..., Iterator[Report]]

MARK = "# <-"
"""Ends each line of a bad example that the rule must report."""


@dataclass(frozen=True)
class Rule:
    """
    A named fault and the check that finds it.

    Attributes:
        id: ``family/fault-named``; the family says which model *check* receives.
        check: Takes the model, or the model and the policy, and yields a report for each fault.
        bad: Examples whose marked lines, and no others, are reported.
        good: Examples on which every rule of the family is silent.
        fixed: What ``--fix`` makes of the first bad example, or None where it cannot mend.
        unsafe: Whether the mending needs ``--unsafe-fixes``.
        preset: ``recommended``, ``strict`` or ``swarm``.
        covers: The peers' checks that this one covers, as ``peer:name``.
        source: Where the fault was met or is documented.
        since: The first version of Fairlead that has the rule.
    """

    id: str
    severity: Severity
    check: Check
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    fixed: Example | None
    unsafe: bool
    preset: str
    covers: tuple[str, ...]
    source: str
    since: str

    @property
    def family(self) -> str:
        """``nginx``, ``compose``, ``dockerfile``, ``env`` or ``stack``."""
        return self.id.partition("/")[0]

    @property
    def title(self) -> str:
        """The first line of the documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def documentation(self) -> str:
        """The check's docstring, without its indentation."""
        return inspect.cleandoc(self.check.__doc__ or "")

    def findings(self, model: Any, policy: Any) -> Iterator[Finding]:
        """What the check finds in *model*."""
        arguments = (model, policy) if len(inspect.signature(self.check).parameters) > 1 else (model,)
        for place, message, *edits in self.check(*arguments):
            yield Finding(self.id, self.severity, place, message, *edits)


def rule(
    id: str,  # noqa: A002 - the word every reader expects
    severity: Severity,
    *,
    bad: Example | tuple[Example, ...],
    good: Example | tuple[Example, ...],
    source: str,
    fixed: Example | None = None,
    unsafe: bool = False,
    preset: str = "recommended",
    covers: Iterable[str] = (),
    since: str = "0.1",
) -> Callable[[Check], Rule]:
    """Makes a rule of the function below it; see `Rule` for the arguments."""

    def made(check: Check) -> Rule:
        return Rule(
            id=id,
            severity=severity,
            check=check,
            bad=tuple(map(_dedented, _several(bad))),
            good=tuple(map(_dedented, _several(good))),
            fixed=None if fixed is None else _dedented(fixed),
            unsafe=unsafe,
            preset=preset,
            covers=tuple(covers),
            source=source,
            since=since,
        )

    return made


def _several(examples: Example | tuple[Example, ...]) -> tuple[Example, ...]:
    return examples if isinstance(examples, tuple) else (examples,)


def _dedented(example: Example) -> Example:
    if isinstance(example, str):
        return textwrap.dedent(example).strip("\n") + "\n"
    return {name: textwrap.dedent(text).strip("\n") + "\n" for name, text in example.items()}
