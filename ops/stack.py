"""The stack on this machine: its settings, its variables, its compose project."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .certificates.generations import TlsStore
from .command import Command
from .compose import ComposeProject
from .engine import docker_client
from .environment import env_values
from .host import Host, LocalHost
from .settings import Settings, find_settings, load_settings

EXPRESSION = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}")
UNKNOWN_REVISION = "unknown"


@dataclass(frozen=True)
class Stack:
    """
    Attributes:
        values: Every variable, secrets among them: the env file and over it the operator's environment.
    """

    settings: Settings
    host: Host
    values: Mapping[str, str]
    project: ComposeProject
    development: bool

    def with_variables(self, **variables: str) -> Stack:
        """The same stack with *variables* set for Compose."""
        environment = {**self.project.environment, **variables}
        project = replace(self.project, environment=environment)
        return replace(self, values={**self.values, **variables}, project=project)

    def addresses(self) -> dict[str, str]:
        """The addresses of fairlead.yaml with their variables filled in, by name."""
        return {name: self.filled(text) for name, text in self.settings.addresses.items()}

    def filled(self, text: str) -> str:
        """*text* with its variables, ``${NAME:-default}``, filled in."""
        return EXPRESSION.sub(lambda found: self.values.get(found[1]) or found[2] or "", text)


def open_stack(*, development: bool = False, start: Path | None = None, client: str = "") -> Stack:
    """
    The stack of the fairlead.yaml found from *start* or the current folder upwards.

    Args:
        client: The docker client where it is known; empty: it is looked for.

    Raises:
        SettingsError: no fairlead.yaml, or a wrong one, or an env file that cannot be read.
    """
    settings = load_settings(find_settings(start or Path.cwd()))
    host = LocalHost()
    project = ComposeProject(
        client=client or docker_client(host),
        name=settings.name,
        files=settings.development_files if development else settings.compose_files,
        env_file=settings.env.file if settings.env.file.exists() else None,
        environment={
            "GIT_REVISION": os.environ.get("GIT_REVISION") or git_revision(host, settings.root),
            **({} if settings.tls is None else {"TLS_GROUP": TlsStore(host, settings.tls.folder).group()}),
        },
    )
    return Stack(settings, host, env_values(settings.env, os.environ), project, development)


def git_revision(host: Host, root: Path) -> str:
    """The short revision of the checkout at *root*, with ``-dirty`` where tracked files differ from it."""
    command = ("git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*")
    result = host.run(Command(command), timeout_s=20)
    return result.out.strip() if result.ok and result.out.strip() else UNKNOWN_REVISION
