"""The tasks about hosts; tasks.py takes them into its namespace."""

from __future__ import annotations

from invoke import Collection, Context

from ..task import task

EVENTS = "Print what happens as JSON, one object a line."
HOST = "A host or group of fairlead.yaml, or all; may be given several times."


@task(
    iterable=["host"],
    help={
        "host": HOST,
        "check": "Only say what is missing; exits with 1 where something is.",
        "yes": "Do not ask.",
    },
)
def provision(c: Context, host: list[str] | None = None, check: bool = False, yes: bool = False) -> None:
    """Make a machine into a host: engine, folders, firewall, log limits, clock; shows what it does and asks once."""
    from ..provision.cli import provision as run

    run(host or [], check=check, yes=yes, dry=c.config.run.dry)


@task(
    iterable=["host"],
    help={
        "host": HOST,
        "resume": "Follow a switch that runs, or go on with one that was cut off.",
        "abort": "Take back a switch that was cut off.",
        "allow_local_bases": "Deploy on base images of inv bases too, which are for trying out.",
        "build_on": "host: build the images there, for a machine of another kind than this one.",
        "plan": "Build, then only show what would happen on the host.",
        "plan_out": "The same, and write it to this file.",
        "apply": "Run exactly the plan in this file; refused where host or repository have changed since.",
        "yes": "Do not ask.",
        "tier": "edge or data: replace nginx or the databases, and leave the app as it is; this has a gap.",
        "no_backup": "With --tier data: copy nothing before, such as where a database does not run any more.",
        "json": EVENTS,
    },
)
def deploy(  # noqa: PLR0917 - each is a flag
    c: Context,
    host: list[str] | None = None,
    resume: bool = False,
    abort: bool = False,
    allow_local_bases: bool = False,
    build_on: str | None = None,
    plan: bool = False,
    plan_out: str | None = None,
    apply: str | None = None,
    yes: bool = False,
    tier: str | None = None,
    no_backup: bool = False,
    json: bool = False,
) -> None:
    """Build, send what the host has not, and switch to the new release without losing a request; else take it back."""
    from . import agreeing, cli

    wish = agreeing.wish_of(
        plan=plan, plan_out=plan_out or "", apply=apply or "", yes=yes, tier=tier or "", backup=not no_backup
    )
    told = {"resume": resume, "abort": abort, "local_bases": allow_local_bases, "dry": c.config.run.dry}
    told["as_json"] = json
    cli.deploy(host or wish.hosts, wish, build_on=build_on or "", **told)


@task(
    iterable=["host"],
    help={
        "host": HOST,
        "to": "The release to go back to; without it the one before.",
        "yes": "Do not ask.",
        "json": EVENTS,
    },
)
def rollback(
    c: Context, host: list[str] | None = None, to: str | None = None, yes: bool = False, json: bool = False
) -> None:
    """Go back to a release that is still on the host, with its configuration and its secrets."""
    from . import cli

    cli.rollback(host or [], to=to or "", yes=yes, dry=c.config.run.dry, as_json=json)


@task(iterable=["host"], help={"host": HOST, "json": "Print JSON."})
def releases(_: Context, host: list[str] | None = None, json: bool = False) -> None:
    """List the releases on a host, the newest first, and which of them serves."""
    from . import listing

    listing.releases(host or [], as_json=json)


@task(
    iterable=["host"],
    help={
        "host": HOST,
        "keep": "How many stay, the one that serves among them.",
        "yes": "Do not ask.",
        "json": EVENTS,
    },
)
def gc(c: Context, host: list[str] | None = None, keep: int = 3, yes: bool = False, json: bool = False) -> None:
    """Remove the oldest releases from a host: containers, images, folders, the assets that no other lists."""
    from .collecting import collect

    collect(host or [], keep=keep, yes=yes, dry=c.config.run.dry, as_json=json)


@task(iterable=["host"], help={"host": HOST, "json": "Print JSON."})
def audit(_: Context, host: list[str] | None = None, json: bool = False) -> None:
    """Show who changed what on a host, and whether the record is whole."""
    from . import listing

    listing.audit(host or [], as_json=json)


@task(iterable=["host"], help={"host": HOST, "json": "Print JSON."})
def drift(_: Context, host: list[str] | None = None, json: bool = False) -> None:
    """Show where a host differs from the release that serves there."""
    from . import listing

    listing.differences(host or [], as_json=json)


@task(
    iterable=["host", "allow"],
    help={
        "host": f"{HOST} Without it: the stack on this machine.",
        "on": "Every visitor gets 503 and a page from now on.",
        "off": "The site is open again.",
        "allow": "An address or network that is let in all the same; may be given several times.",
    },
)
def maintenance(
    c: Context,
    host: list[str] | None = None,
    on: bool = False,
    off: bool = False,
    allow: list[str] | None = None,
) -> None:
    """Close the site to the public and open it again, without losing a request; without a flag: say what is."""
    from ..maintenance import cli

    cli.maintenance(host or [], on=on, off=off, allow=allow or [], dry=c.config.run.dry)


@task(
    iterable=["host"],
    help={
        "host": HOST,
        "on": "Freeze it: no deploy and no rollback until --off.",
        "off": "Thaw it.",
        "reason": "Why, for those who meet it.",
    },
)
def lock(
    c: Context,
    host: list[str] | None = None,
    on: bool = False,
    off: bool = False,
    reason: str = "",
) -> None:
    """Freeze a host against deploys and thaw it; without a flag: say who is at work there or has frozen it."""
    from . import holding

    holding.lock(host or [], on=on, off=off, reason=reason, dry=c.config.run.dry)


@task(
    iterable=["host"],
    help={
        "host": f"{HOST} Without it: the stack on this machine.",
        "name": "The variable that holds it, such as MYSQL_PASSWORD.",
        "end": "End the old value now; for the stack on this machine alone.",
    },
)
def rotate(c: Context, name: str = "", host: list[str] | None = None, end: bool = False) -> None:
    """Give a secret a new value; the old one stays valid until no release on the host knows only that."""
    from .rotating import rotate as run

    run(host or [], name, end=end, dry=c.config.run.dry)


secrets = Collection("secrets", rotate)
