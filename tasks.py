"""The tasks of Fairlead: `inv --list` shows them, `inv TASK -h` explains one."""

from __future__ import annotations

from importlib.util import find_spec

from invoke import Collection, Context

from fairlead import __version__
from fairlead.ops.certbot.tasks import certbot
from fairlead.ops.deploy.tasks import HOST, audit, deploy, drift, gc, lock, maintenance, provision, releases, rollback
from fairlead.ops.deploy.tasks import secrets as secrets_
from fairlead.ops.rehearse.tasks import rehearse
from fairlead.ops.task import task
from fairlead.ops.verify.tasks import verify

__all__ = ["__version__", "namespace"]


@task
def env(c: Context) -> None:
    """Write the env file from the example, with a random value for each secret; never overwrite a value."""
    from fairlead.ops import cli

    cli.env(dry=c.config.run.dry)


@task(help={"rebuild": "Build all of them anew, with today's packages."})
def bases(c: Context, rebuild: bool = False) -> None:
    """Build the base images from Debian's packages, where no container registry can be reached."""
    from fairlead.ops import cli

    cli.bases(rebuild=rebuild, dry=c.config.run.dry)


@task(help={"dev": "The developer's shape: code reloads, the API answers on 127.0.0.1 too."})
def build(c: Context, dev: bool = False) -> None:
    """Build or pull the images of the stack."""
    from fairlead.ops import cli

    cli.build(development=dev, dry=c.config.run.dry)


@task(
    iterable=["scale"],
    help={
        "dev": "The developer's shape: code reloads, the API answers on 127.0.0.1 too.",
        "scale": "SERVICE=N: run N containers of a service; may be given several times.",
    },
)
def up(c: Context, dev: bool = False, scale: list[str] | None = None) -> None:
    """Bring the stack up: make what is missing, build, start, wait until healthy, show state and addresses."""
    from fairlead.ops import cli

    cli.up(development=dev, scale=scale or [], dry=c.config.run.dry)


@task(
    iterable=["host"],
    help={
        "host": f"{HOST} Asks first: it takes the site down.",
        "volumes": "Delete the data too; asks first, naming it.",
        "yes": "Do not ask.",
        "prune": "Remove what builds left behind.",
    },
)
def down(
    c: Context, volumes: bool = False, yes: bool = False, prune: bool = False, host: list[str] | None = None
) -> None:
    """Stop the stack; data stays."""
    from fairlead.ops import cli

    cli.down(volumes=volumes, yes=yes, prune=prune, hosts=host or [], dry=c.config.run.dry)


@task(iterable=["host"], help={"json": "Print the state as JSON.", "host": HOST})
def status(c: Context, json: bool = False, host: list[str] | None = None) -> None:
    """Show the state of each service, and the addresses."""
    from fairlead.ops import cli

    cli.status(as_json=json, hosts=host or [])


@task(
    iterable=["host"],
    help={
        "host": HOST,
        "service": "One service; without it, all.",
        "follow": "Go on as lines come; Ctrl-C ends it.",
        "since": "Only from then on: 10m, 2h, 2026-11-22T08:00:00.",
    },
)
def logs(c: Context, service: str = "", follow: bool = False, since: str = "", host: list[str] | None = None) -> None:
    """Show the logs of the services."""
    from fairlead.ops import cli

    cli.logs(service=service, follow=follow, since=since, hosts=host or [])


@task(
    name="exec",
    iterable=["host"],
    help={"service": "The service.", "command": "What to run in its container.", "host": HOST},
)
def execute(c: Context, service: str = "", command: str = "", host: list[str] | None = None) -> None:
    """Run a command in a service's container."""
    from fairlead.ops import cli

    cli.execute(service=service, command=command, dry=c.config.run.dry, hosts=host or [])


@task(help={"dev": "The developer's shape.", "json": "Print JSON instead of YAML."})
def config(c: Context, dev: bool = False, json: bool = False) -> None:
    """Show the compose model as it is merged, secrets masked."""
    from fairlead.ops import cli

    cli.config(development=dev, as_json=json)


@task(
    iterable=["path", "select", "ignore", "compose_file"],
    help={
        "path": "Report only on this file or folder; may be given several times.",
        "format": "text, json, sarif, github, gitlab or junit.",
        "fix": "Mend what is safe to mend.",
        "unsafe-fixes": "Mend also where the meaning may change.",
        "diff": "Show what would be mended; change nothing.",
        "preset": "recommended, strict or swarm.",
        "select": "Only these rules: an id, a family or a pattern.",
        "ignore": "Without these rules.",
        "policy": "A file with a policy of your own.",
        "baseline": "A file of findings to put off; written where it does not exist.",
        "nginx-version": "Judge for this version of nginx.",
        "compose-file": "The compose files, in the order they are merged.",
        "fail-on": "Exit with 1 from this severity on: error, warning or info.",
    },
)
def lint(  # noqa: PLR0917 - the linter's flags
    c: Context,
    path: list[str] | None = None,
    format: str = "",  # noqa: A002 - the flag's name
    fix: bool = False,
    unsafe_fixes: bool = False,
    diff: bool = False,
    preset: str = "",
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    policy: str = "",
    baseline: str = "",
    nginx_version: str = "",
    compose_file: list[str] | None = None,
    fail_on: str = "",
) -> None:
    """Check the files of the stack against the production rules."""
    flags = dict(locals())
    from fairlead.ops import linting

    del flags["c"], flags["path"]
    linting.lint(flags, paths=path or (), dry=c.config.run.dry)


@task(help={"base": "The revision to compare with.", "format": "text, json or markdown (a pull-request comment)."})
def diff(_: Context, base: str = "main", format: str = "text") -> None:  # noqa: A002 - the flag's name
    """Say what the files as they are now change in the stack's behaviour."""
    from fairlead.lint.difference.command import difference

    print(difference(base, format), end="")


@task(help={"url": "An address of the site, such as https://example.com/api/me."})
def why(_: Context, url: str = "") -> None:
    """Show which nginx location answers an address and what it promises, each value with its file and line."""
    from fairlead.ops import linting

    linting.lint({"why": url})


@task(
    iterable=["host"],
    help={
        "host": HOST,
        "json": "Print the findings as JSON.",
        "fix": "First install or start the engine, after showing the commands and asking.",
        "yes": "Do not ask.",
    },
)
def doctor(c: Context, json: bool = False, fix: bool = False, yes: bool = False, host: list[str] | None = None) -> None:
    """Look at everything from the engine to a chat that works, and say what is wrong and what to do."""
    from fairlead.ops.doctor.doctor import doctor as examine

    examine(as_json=json, fix=fix, yes=yes, hosts=host or [], dry=c.config.run.dry)


@task(help={"baseline": "Freeze what the linter finds now; only new findings count from then on."})
def init(c: Context, baseline: bool = False) -> None:
    """Describe the stack of this folder in a fairlead.yaml, add the linter to pre-commit, and lint."""
    from fairlead.ops import onboarding

    onboarding.initialise(baseline=baseline, dry=c.config.run.dry)


@task(help={"json": "Print the answer as JSON."})
def ready(_: Context, json: bool = False) -> None:
    """Say, level by level, what this stack still lacks for lint, verify, certbot and deploy."""
    from fairlead.ops import onboarding

    onboarding.ready(as_json=json)


namespace = Collection(
    env,
    bases,
    build,
    up,
    down,
    provision,
    deploy,
    rollback,
    releases,
    audit,
    drift,
    gc,
    lock,
    maintenance,
    rehearse,
    status,
    logs,
    execute,
    config,
    doctor,
    lint,
    why,
    diff,
    init,
    ready,
)
namespace.add_collection(certbot)
namespace.add_collection(verify)
namespace.add_collection(secrets_)

if find_spec("fairlead.developer"):  # in this project's own checkout only
    from fairlead.developer.tasks import add_to

    add_to(namespace)
