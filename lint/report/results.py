"""What the reports are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from ..cached import cached_property
from ..finding import Finding, Severity
from ..place import Place
from ..record import dataclass, field


class RuleFacts(Protocol):
    """What a report says about a rule."""

    @property
    def id(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def preset(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def documentation(self) -> str: ...
    @property
    def docs(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def covers(self) -> tuple[str, ...]: ...
    @property
    def fixable(self) -> bool: ...
    @property
    def conceals(self) -> bool: ...


@dataclass(frozen=True)
class Style:
    """How text is laid out: with colours or without, at most *width* columns wide."""

    colour: bool = False
    width: int = 100


@dataclass(frozen=True)
class Results:
    """
    A finished run.

    Attributes:
        findings: In the order they are reported.
        texts: The files that were read, by the path that findings name.
        rules: What is known of the rules that found something, by id.
        hidden: How many findings the baseline hides.
        is_whole: Whether everything could be read and every rule ran.
        stale: How many entries of the baseline hide nothing any more.
        secrets: Places whose text no report may show, beside those of *findings*.
    """

    findings: Sequence[Finding]
    texts: Mapping[str, str]
    rules: Mapping[str, RuleFacts]
    hidden: int = 0
    stale: int = 0
    notes: Sequence[str] = ()
    version: str = ""
    is_whole: bool = True
    style: Style = field(default_factory=Style)
    secrets: Collection[Place] = ()

    @cached_property
    def lines(self) -> Mapping[str, Sequence[str]]:
        """The lines of each file that has a finding, without their ends."""
        paths = {finding.place.path for finding in self.findings}
        return {path: self.texts.get(path, "").split("\n") for path in paths}

    @cached_property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings there are of each severity."""
        found = [finding.severity for finding in self.findings]
        return {severity: found.count(severity) for severity in Severity}

    @cached_property
    def secret_places(self) -> Sequence[Place]:
        """Places whose text no report may show."""
        return [*self.secrets, *(finding.place for finding in self.findings if self.conceals(finding.rule))]

    def conceals(self, rule: str) -> bool:
        """Whether the places of that rule's findings hold secrets."""
        facts = self.rules.get(rule)
        return facts is not None and facts.conceals

    def docs(self, rule: str) -> str:
        """The page of a rule, from the root of the repository."""
        return f"docs/rules/{rule}.md"
