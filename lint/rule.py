"""What a rule is: a function over a model, with examples that are run as tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .cached import cached_property
from .finding import Edit, Finding, Severity
from .place import Place
from .record import dataclass

Example = str | Mapping[str, str]
"""
The text of one file, or texts by file name.

A first line such as ``# nginx 1.22.1`` says for which nginx an example is judged; without it, the newest stable one.
One such as ``# mode 0644`` is the mode of that file.
"""

Report = tuple[Place, str] | tuple[Place, str, tuple[Edit, ...]]
"""What a check yields for each fault: the place, the message, and the edits that mend it."""

Check = Callable[..., Iterator[Report]]

MARK = "# <-"
"""Ends each line of a bad example that the rule must report."""


PRESETS = ("recommended", "strict", "swarm")
"""``strict`` and ``swarm`` hold their own rules and those of ``recommended``."""


@dataclass(frozen=True)
class Rule:
    """
    A named fault and the check that finds it.

    Attributes:
        id: ``family/fault-named``; the family says which model *check* receives.
        check: Takes the model, or the model and the policy, and yields a report for each fault.
        examples: The bad, good and fixed texts as they were written; read them through `bad`, `good` and `fixed`.
        unsafe: Whether the mending needs ``--unsafe-fixes``.
        conceals: Whether its places hold secrets; no report shows the text at such a place.
        lacks: Whether it reports what a whole service or server lacks. Good examples of other rules show one thing and
            are not judged by it.
        preset: ``recommended``, ``strict`` or ``swarm``.
        covers: The peers' checks that this one covers, as ``peer:name``.
        source: Where the fault was met or is documented.
        since: The first version of Fairlead that has the rule.
    """

    id: str
    severity: Severity
    check: Check
    examples: tuple[tuple[Example, ...], tuple[Example, ...], Example | None]
    unsafe: bool
    conceals: bool
    lacks: bool
    preset: str
    covers: tuple[str, ...]
    source: str
    since: str

    @property
    def family(self) -> str:
        """``nginx``, ``compose``, ``dockerfile``, ``env`` or ``stack``."""
        return self.id.partition("/")[0]

    @cached_property
    def bad(self) -> tuple[Example, ...]:
        """Examples whose marked lines, and no others, are reported."""
        return tuple(map(_dedented, self.examples[0]))

    @cached_property
    def good(self) -> tuple[Example, ...]:
        """Examples on which every rule of the family is silent."""
        return tuple(map(_dedented, self.examples[1]))

    @cached_property
    def fixed(self) -> Example | None:
        """What ``--fix`` makes of the first bad example, or None where it cannot mend."""
        return None if self.examples[2] is None else _dedented(self.examples[2])

    @property
    def fixable(self) -> bool:
        """Whether the rule can mend what it finds, perhaps only with ``--unsafe-fixes``."""
        return self.examples[2] is not None

    @property
    def docs(self) -> str:
        """The rule's page, from the root of the repository."""
        return f"docs/rules/{self.id}.md"

    @property
    def title(self) -> str:
        """The first line of the documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def documentation(self) -> str:
        """The check's docstring, without its indentation."""
        import textwrap  # noqa: PLC0415 - only reports of a fault need it; inspect.cleandoc would cost 6 ms

        first, _, rest = (self.check.__doc__ or "").expandtabs().partition("\n")
        return f"{first.lstrip()}\n{textwrap.dedent(rest)}".strip("\n")

    @cached_property
    def takes_policy(self) -> bool:
        """Whether *check* wants the policy beside the model."""
        code = getattr(self.check, "__code__", None)
        return code is not None and code.co_argcount > 1

    def findings(self, model: Any, policy: Any) -> Iterator[Finding]:
        """What the check finds in *model*."""
        arguments = (model, policy) if self.takes_policy else (model,)
        seen: set[Place] = set()
        for place, message, *edits in self.check(*arguments):
            if self.family == "compose" and place in seen:
                continue  # several services share what stands under an anchor
            seen.add(place)
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
    conceals: bool = False,
    lacks: bool = False,
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
            examples=(_several(bad), _several(good), fixed),
            unsafe=unsafe,
            conceals=conceals,
            lacks=lacks,
            preset=preset,
            covers=tuple(covers),
            source=source,
            since=since,
        )

    return made


def _several(examples: Example | tuple[Example, ...]) -> tuple[Example, ...]:
    return examples if isinstance(examples, tuple) else (examples,)


def _dedented(example: Example) -> Example:
    import textwrap  # noqa: PLC0415 - only tests and documentation read examples

    if isinstance(example, str):
        return textwrap.dedent(example).strip("\n") + "\n"
    return {name: textwrap.dedent(text).strip("\n") + "\n" for name, text in example.items()}
