"""The stack that serves on a host, as the doctor and verify look at one on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..backups import BackupSettings
from ..deploy.layout import Layout
from ..deploy.target import examine
from ..doctor.patient import Patient, held_secrets, machine_of
from ..doctor.seen import seen_containers
from ..engine import engine_facts
from ..environment import env_values
from ..host import Host
from ..masking import secret_values
from ..reach import Reach
from ..settings import SecretSettings, Settings, find_settings, load_settings
from ..stack import Stack
from .release import Released, released
from .way import Named, reached, way_to


@dataclass(frozen=True)
class Served:
    """
    What serves on a host.

    Attributes:
        named: Names ports in a text as they are on the host.
    """

    patient: Patient
    released: Released
    named: Named


@contextmanager
def served_by(host: Host, layout: Layout, environment: Mapping[str, str], *, changing: bool = True) -> Iterator[Served]:
    """
    What serves on *host*, while the block runs.

    Args:
        environment: The host's own variables in fairlead.yaml.

    Raises:
        UnreachableError: the host, or its engine, does not answer.
        TargetError: no release serves there.
    """
    target = examine(host, layout)
    found = released(host, layout, target)
    with way_to(host) as (reach, named):
        stack = _stack(host, found, environment, reach)
        engine = engine_facts(host)
        there = tuple(each for project in found.projects for each in seen_containers(host, project))
        secrets = sorted({*secret_values(stack), *held_secrets(there)}, key=len, reverse=True)
        patient = Patient(
            settings=stack.settings,
            host=host,
            engine=engine,
            stack=stack,
            merged=found.merged,
            trouble="",
            machine=machine_of(host, engine),
            containers=tuple(sorted(there, key=lambda each: (each.service, each.name))),
            changing=changing,
            secrets=tuple(secrets),
            released=found,
            reach=reach,
        )
        yield Served(patient, found, named)


def _stack(host: Host, found: Released, environment: Mapping[str, str], reach: Reach) -> Stack:
    """The stack of fairlead.yaml, where its values and places are those of the host and of the release."""
    settings = load_settings(find_settings(Path.cwd()))
    secrets = {name.upper(): value for name, value in found.secrets.items()}
    values = {**env_values(settings.env, os.environ), **environment, **secrets, "RELEASE": found.name}
    stack = Stack(settings, host, values, found.projects[0], development=False)
    return replace(stack, settings=_settings(stack, found, lambda text: reached(text, reach)))


def _settings(stack: Stack, found: Released, here: Callable[[str], str]) -> Settings:
    settings, layout = stack.settings, found.layout
    tls = settings.tls and replace(settings.tls, folder=Path(layout.certificates), webroot=Path(layout.webroot))
    site = settings.edge.site if settings.edge else None
    names = found.site_names(f"{site.name}/names.conf") if site else ()
    is_local = names in ((), ("localhost",))
    edge = settings.edge and replace(settings.edge, folder=Path(layout.edge))
    # the names of secrets' files are names of secrets, whatever they are called
    generate = (*settings.env.generate, *(name.upper() for name in found.secrets))
    return replace(
        settings,
        tls=tls,
        edge=edge,
        env=replace(settings.env, generate=generate),
        secrets=SecretSettings(found.private_folders[-1]),
        addresses={name: here(stack.filled(text)) for name, text in settings.addresses.items()},
        domains=() if is_local else tuple(replace(each, names=names) for each in settings.domains[:1]),
        backups=backups_there(settings, layout),
    )


def backups_there(settings: Settings, layout: Layout) -> tuple[BackupSettings, ...]:
    """The backups of a host: what fairlead.yaml names relative to its folder is below the stack's folder there."""
    here = f"{settings.root}/"

    def place(path: str) -> str:
        return f"{layout.root}/{path.removeprefix(here)}" if path.startswith(here) else path

    return tuple(
        replace(each, files=place(each.files), copies=place(each.copies), drill=place(each.drill))
        for each in settings.backups
    )
