"""One run of `inv certbot`: the stack, the certificate that is wanted, and what is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ..certificates.material import material_in
from ..certificates.reconcile import Wanted
from ..certificates.settling import endpoints_of
from ..certificates.site import site_of, tls_of
from ..certificates.x509 import system_roots
from ..command import Command
from ..compose import model
from ..errors import SettingsError
from ..stack import Stack
from .authority import Authority, AuthorityError, Directory, Window, authority, directory, window
from .due import Due, due
from .lineage import Lineage, lineage
from .memory import Memory, read_memory, write_memory
from .program import SERVICE, Certbot

FOLDER = "certbot"


@dataclass(frozen=True)
class Job:
    """
    Attributes:
        merged: The compose model, with the service of certbot.
        now: Aware; the moment this run began.
    """

    certbot: Certbot
    merged: Mapping[str, Any]
    now: datetime

    @property
    def stack(self) -> Stack:
        """The stack, its compose project with the profile of certbot."""
        return self.certbot.stack

    @property
    def name(self) -> str:
        """What messages call the certificate."""
        return self.certbot.name

    @property
    def state(self) -> Path:
        """The folder with the CA's state."""
        return self.certbot.state()

    @property
    def authority(self) -> Authority:
        """The CA."""
        return self.certbot.authority

    @cached_property
    def directory(self) -> Directory | AuthorityError:
        """What the CA says of itself, asked once; the error where it could not be asked."""
        try:
            return directory(self.authority)
        except AuthorityError as error:
            return error

    def lineage(self) -> Lineage | None:
        """What certbot has now."""
        return lineage(self.stack.host, self.state / "config", self.name)

    def window(self, found: Lineage | None) -> Window | None:
        """When the CA would like *found* to be renewed."""
        if found is None or isinstance(self.directory, AuthorityError):
            return None
        return window(self.authority, self.directory, found.certificate)

    def due(self) -> Due:
        """What is to be done."""
        found = self.lineage()
        return due(self.certbot.wanted, found, self.window(found), self.now)

    def memory(self) -> Memory:
        """What was tried before."""
        return read_memory(self.stack.host, self.state)

    def remember(self, memory: Memory) -> None:
        """Writes down what was tried."""
        write_memory(self.stack.host, self.state, memory)

    def wanted(self, found: Lineage | None) -> Wanted:
        """What has to be served: what certbot has, if anything, on every address of this host."""
        roots = system_roots() if self.authority.is_lets_encrypt and found else None
        names = site_of(self.stack).names
        return Wanted(names, endpoints_of(self.stack, self.merged), found.material if found else None, roots)


def open_job(stack: Stack) -> Job:
    """
    The job for the certificate of *stack*.

    Raises:
        SettingsError: fairlead.yaml names no domain, the compose files have no certbot, or the CA is named wrongly.
    """
    settings = stack.settings
    site = site_of(stack)
    if not settings.domains or site.is_local:
        raise SettingsError("the site has no name yet; set domains in fairlead.yaml, or DOMAINS where that reads it")
    wanted = replace(settings.domains[0], names=site.names)
    _check_challenge(wanted.challenge.hook)
    _check_own(stack)
    user = stack.host.run(Command(("id", "-u"))).out.strip() + ":" + stack.host.run(Command(("id", "-g"))).out.strip()
    stack = stack.with_variables(COMPOSE_PROFILES=_profiles(), CERTBOT_USER=user)
    merged = model(stack.host, stack.project)
    if SERVICE not in merged["services"]:
        raise SettingsError(f"{settings.compose_files[0]}: no service {SERVICE}; see docs/https.md for one to copy")
    ca = authority(settings.acme, dict(stack.values), settings.root)
    certbot = Certbot(stack, wanted, wanted.name or settings.name, ca, settings.state / FOLDER)
    return Job(certbot, merged, datetime.now(UTC))


def _profiles() -> str:
    given = os.environ.get("COMPOSE_PROFILES", "")
    return ",".join(dict.fromkeys([*filter(None, given.split(",")), SERVICE]))


def _check_challenge(hook: Path | None) -> None:
    if hook is not None and not hook.is_file():
        raise SettingsError(f"{hook}: no such file; fairlead.yaml names it as the hook of a challenge")


def _check_own(stack: Stack) -> None:
    """Two sources of one certificate would take turns."""
    folder = tls_of(stack).folder
    if material_in(stack.host, folder) is not None:
        raise SettingsError(f"{folder}: holds a certificate of your own, which is served; take it away first")
