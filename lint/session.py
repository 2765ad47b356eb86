"""What a run was asked, from the command line and fairlead.yaml together."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .arguments import Arguments, UsageError
from .console import Streams
from .discovery import Catalogue
from .engine import Setup
from .files import Files, shown
from .finding import Severity
from .policy import Policy, PolicyError, policy_from
from .record import dataclass, replace
from .scope import Scope, scope_of
from .selection import Selection
from .settings import Settings, SettingsError, settings_for


@dataclass(frozen=True)
class Session:
    """One run: what was asked, and what it is asked of."""

    arguments: Arguments
    settings: Settings
    setup: Setup
    streams: Streams

    @property
    def threshold(self) -> Severity:
        """The severity from which on a finding makes the run fail."""
        name = self.arguments.fail_on or self.settings.lint.get("fail_on", "warning")
        try:
            return Severity[str(name).upper()]
        except KeyError:
            raise SettingsError(
                f'{self.settings.path}: lint.fail_on is "{name}"; write error, warning or info'
            ) from None

    def files(self) -> Files:
        """The files on disk, and what standard input stands for."""
        name = self.arguments.stdin_filename
        if name is None:
            return Files()
        if name == "":
            raise UsageError("--stdin-filename is empty; name the file that standard input stands for")
        return Files({shown(name): self.streams.read()})

    def scope(self, files: Files) -> Scope:
        """What is read and what is reported."""
        is_change = self.arguments.since is not None
        return scope_of(_paths(self.arguments), self.settings, files, self.arguments.kind, is_change=is_change)


def session(arguments: Arguments, streams: Streams) -> Session:
    """
    The run that *arguments* ask for, with the settings of the project that the first PATH lies in.

    Raises:
        SettingsError, SelectionError, PolicyError: for a setting that cannot be used.
    """
    settings = settings_for(_start(arguments))
    if arguments.compose_file:
        compose = tuple(shown(name) for name in arguments.compose_file)
        settings = replace(settings, named={**settings.named, "compose": compose}, merged=compose)
    return Session(arguments, settings, _setup(arguments, settings), streams)


def _start(arguments: Arguments) -> str:
    first = next(iter(_paths(arguments)), ".")
    return first if os.path.isdir(first) else os.path.dirname(first) or "."  # noqa: PTH112, PTH120 - names, not files


def _paths(arguments: Arguments) -> list[str]:
    named = [*arguments.paths, *arguments.compose_file]
    return [arguments.stdin_filename, *named] if arguments.stdin_filename else named


def _setup(arguments: Arguments, settings: Settings) -> Setup:
    catalogue = Catalogue(settings.rule_folders)
    selection = Selection(
        str(arguments.preset or settings.lint.get("preset", "recommended")),
        _names(arguments.select) or settings.names("select"),
        (*_names(arguments.ignore), *settings.names("ignore")),
    )
    selection.check(catalogue)
    options = settings.options
    if arguments.nginx_version:
        options = replace(options, nginx_version=arguments.nginx_version)
    return Setup(catalogue, selection, options, _policy(arguments, settings))


def _names(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _policy(arguments: Arguments, settings: Settings) -> Policy:
    overrides = []
    if settings.policy:
        overrides.append(policy_from(settings.policy, str(settings.path)))
    if arguments.policy is not None:
        overrides.append(policy_from(_data(arguments.policy), arguments.policy))
    return Policy(*overrides)


def _data(path: str) -> object:
    from .data import DataError, load_yaml  # noqa: PLC0415 - only a policy of one's own needs it

    try:
        return load_yaml(Files().read(path), path)
    except DataError as error:
        raise PolicyError(str(error)) from None
