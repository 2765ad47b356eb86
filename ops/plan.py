"""A plan: the steps, in order, each with the host it is for."""

from __future__ import annotations

from dataclasses import dataclass

from .step import Step


@dataclass(frozen=True)
class Plan:
    """Steps by host name, in the order in which they run."""

    steps: tuple[tuple[str, Step], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __str__(self) -> str:
        if not self.steps:
            return "nothing to do"
        return "\n".join(f"{host}: {step.title}\n    {step}" for host, step in self.steps)


def plan_for(host: str, *steps: Step) -> Plan:
    """The plan that runs *steps* on one host."""
    return Plan(tuple((host, step) for step in steps))
