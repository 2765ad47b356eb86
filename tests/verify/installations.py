"""A running stack of answers known beforehand: what each container says to a command, and what the model promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fairlead.ops.command import Command, Result
from fairlead.ops.compose import ComposeProject
from fairlead.ops.doctor.patient import Patient
from fairlead.ops.doctor.seen import Seen
from fairlead.ops.doctor_settings import DoctorSettings
from fairlead.ops.engine import Engine
from fairlead.ops.host import LocalHost
from fairlead.ops.settings import EnvSettings, Settings
from fairlead.ops.stack import Stack
from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.inside.installation import Installation
from fairlead.ops.verify.outside.site import Site
from fairlead.ops.verify.verdict import Check
from fairlead.ops.verify.web import Web


@dataclass
class Answering(LocalHost):
    """Answers a command by the first of *told* that stands in its words; all else fails."""

    told: Mapping[str, str | Result] = field(default_factory=dict)
    name: str = "host"

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        text = " ".join(map(str, command.argv))
        found = next((answer for part, answer in self.told.items() if part in text), Result(1, err="no such answer"))
        return found if isinstance(found, Result) else Result(0, found)


def container(service: str, number: int = 1, **more: Any) -> Seen:
    """A healthy container of *service*."""
    plain = Seen(service, f"{service}-{number}", "running", "healthy", 0, "", False, "", 0, service, (), {}, (), "")
    return replace(plain, **more)


def installation(
    *containers: Seen,
    told: Mapping[str, str | Result] | None = None,
    services: Mapping[str, Any] | None = None,
    doctor: DoctorSettings | None = None,
    inspected: Mapping[str, Mapping[str, Any]] | None = None,
    root: Path = Path("/nowhere"),
    host: LocalHost | None = None,
    **more: Any,
) -> Installation:
    """A stack with *containers*; *told* as `Answering` has it, unless there is a *host*, *more* for the settings."""
    host = host or Answering(told=told or {})
    settings = Settings(root, "shop", (root / "compose.yaml",), (), EnvSettings(root / ".env"), None, None, {}, **more)
    settings = replace(settings, doctor=doctor or DoctorSettings())
    project = ComposeProject("docker", "shop", settings.compose_files, None, {})
    stack = Stack(settings, host, {}, project, development=False)
    merged = {"services": {name: {} for name in {each.service for each in containers}} | dict(services or {})}
    patient = Patient(settings, host, Engine("docker"), stack, merged, "", {}, tuple(containers))
    site = Site("https://shop.test/", Web(Budget(1000)), datetime(2026, 11, 23, tzinfo=UTC), is_ours=True)
    return Installation(patient, inspected or {each.name: {} for each in containers}, (), site)


def said(check: Check[Installation], stack: Installation) -> list[tuple[str, str]]:
    """Word and target of each verdict."""
    return [(each.word, each.target) for each in check.look(stack)]


def observed(check: Check[Installation], stack: Installation) -> list[str]:
    """What each verdict has seen."""
    return [each.observed for each in check.look(stack)]
