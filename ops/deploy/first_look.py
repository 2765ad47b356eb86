"""Before anything is built: whether the stack can be deployed as releases, and the host has what it takes of it."""

from __future__ import annotations

from collections.abc import Iterator

from ..agent.having import absent
from ..command import Command
from ..errors import SettingsError
from ..host import Host
from ..inventory import ROLES, HostEntry
from ..settings import DeploySettings
from ..stack import Stack
from ..step import Do, Say, Step
from .bare_names import calls_of_both
from .fitting import nginx_of, projects_of
from .layout import Layout
from .making import probes_of, tiered
from .split import APP, JOB, Model, Projects
from .target import Target, TargetError

TITLE = "see that the stack can be deployed"
ASK_S = 60.0
LOOK = """
for path in "$@"; do
    test -e "$path" || test -L "$path" && continue
    above=$path; until test -e "$above"; do above=$(dirname -- "$above"); done
    test ! -x "$above" || printf '%s\\n' "$path"
done
"""
"""Prints what is not there; what this user may not look into may be there."""


def refuse_without_roles(entry: HostEntry) -> None:
    """
    Refuses a host that is to run a part of the stack only: a deploy would give it all of it, with empty databases.

    Raises:
        SettingsError: it lacks a role.
    """
    missing = [role for role in ROLES if role not in entry.roles]
    if missing:
        raise SettingsError(
            f"fairlead.yaml: hosts: {entry.name}: roles: without {', '.join(missing)}; a deploy brings the whole stack "
            "to one host, and several hosts for one stack are not supported yet: leave roles out, or name all three"
        )


def first_look(stack: Stack, host: Host, target: Target, layout: Layout, name: str) -> Step:
    """The step that refuses release *name* where it cannot be; prints what its operator should know."""

    def look(_: Host, say: Say) -> None:
        merged, root = tiered(stack), str(stack.settings.root)
        projects = projects_of(stack, merged, name, layout)
        nginx_of(stack, merged, name)
        say(f"what it takes from {host.name}")
        notes = [
            *calls_of_both(projects),
            *_early_jobs(merged, projects),
            *lacking(host, target.client, projects, root),
        ]
        probes = [*probes_of(stack, projects.services[APP], name)]
        for note in (*notes, *unasked(stack.settings.deploy, probes)):
            print(f"note: {note}", flush=True)

    return Do(TITLE, f"docker compose config; what it mounts of {host.name}", look)


def unasked(settings: DeploySettings, probes: list[str]) -> Iterator[str]:
    """What is asked of no release, so that a deploy proves less."""
    if not probes and not settings.smoke:
        yield (
            "nothing is asked of a release but its health checks: set doctor.health or doctor.ready, and deploy.smoke, "
            "in fairlead.yaml"
        )
    elif not probes:
        yield (
            "nothing is asked of the new release before nginx names it: set doctor.health or doctor.ready in "
            "fairlead.yaml to an address of a service of tier app"
        )
    elif not settings.smoke:
        yield "nothing is asked through nginx after the switch: set deploy.smoke in fairlead.yaml"


def lacking(host: Host, client: str, projects: Projects, root: str) -> Iterator[str]:
    """
    What *host* has not and the engine makes up for.

    Args:
        root: The folder here from which files travel.

    Raises:
        TargetError: what it has not and nobody makes.
    """
    for kind, known in (("volume", projects.volumes), ("network", projects.networks)):
        for name in absent(host, kind, (each for each, how in known.items() if how.get("external")), client):
            raise TargetError(
                f"{host.name}: the {kind} {name} is external in compose and not there; bring it there, or make it by "
                f"docker {kind} create {name}; nothing was changed there"
            )
    taken = {path: (f"services.{name}.volumes", made) for path, (name, made) in projects.outside.items()}
    taken |= {path: (where, False) for path, where in _devices(projects)}
    for path in _absent_paths(host, sorted(taken)):
        where, is_made = taken[path]
        if not is_made:
            raise TargetError(
                f"{host.name}: {path}: not there, and {where} mounts it; make it there, or keep it below {root}, from "
                "where files travel; nothing was changed there"
            )
        yield f"{path} is not on {host.name}: the engine makes an empty folder of it for {where}"


def _devices(projects: Projects) -> Iterator[tuple[str, str]]:
    """The folders behind volumes that are binds by their options, which no engine makes."""
    for name, how in projects.volumes.items():
        options = how.get("driver_opts") or {}
        if "bind" in str(options.get("o", "")).split(",") and str(options.get("device", "")).startswith("/"):
            yield str(options["device"]), f"the volume {name}"


def _absent_paths(host: Host, paths: list[str]) -> list[str]:
    if not paths:
        return []
    told = host.run(Command(("sh", "-c", LOOK, "sh", *paths)), timeout_s=ASK_S)
    return [path for path in told.out.splitlines() if path in paths]


def _early_jobs(merged: Model, projects: Projects) -> Iterator[str]:
    for name in projects.services[JOB]:
        for other in merged["services"][name].get("depends_on") or ():
            if other in projects.services[APP]:
                yield f"services.{name}: a job runs before the release starts, so it does not wait for {other}"
