"""The tasks `inv certbot`, `inv certbot.issue` and so on, as one collection."""

from __future__ import annotations

from invoke import Collection, Context

from ..task import task


@task(
    name="due",
    help={
        "yes": "Ask the CA although failures before say to wait.",
        "skip-preflight": "Ask the CA for a first certificate without looking first whether it would find the site.",
    },
)
def due(c: Context, yes: bool = False, skip_preflight: bool = False) -> None:
    """Give the site a trusted certificate and keep it: issue, renew or reconcile, whatever is due."""
    from .cli import certbot as run

    run(yes=yes, preflight=not skip_preflight, dry=c.config.run.dry)


@task(
    name="issue",
    help={
        "force-renewal": "Also where the certificate there is is good; needs --yes.",
        "yes": "Ask the CA although that costs one of the few it gives, or failures before say to wait.",
        "skip-preflight": "Do not look first whether the CA would find the site.",
    },
)
def issue(c: Context, force_renewal: bool = False, yes: bool = False, skip_preflight: bool = False) -> None:
    """Get the certificate of fairlead.yaml: look, try it out at the CA's staging server, ask, switch, prove."""
    from .cli import certbot as run

    run("issue", force=force_renewal, yes=yes, preflight=not skip_preflight, dry=c.config.run.dry)


@task(
    name="renew",
    help={
        "force-renewal": "Also where nothing is due; needs --yes.",
        "yes": "Ask the CA although that costs one of the few it gives, or failures before say to wait.",
        "loop": "Go on for ever, four times a day at uneven times: for a container without systemd or cron.",
    },
)
def renew(c: Context, force_renewal: bool = False, yes: bool = False, loop: bool = False) -> None:
    """Renew the certificate where it is due, and see that the newest one is served: what the timer runs."""
    from .cli import renew as run

    run(force=force_renewal, yes=yes, loop=loop, dry=c.config.run.dry)


@task(name="status", help={"json": "Print the state as JSON."})
def status(_: Context, json: bool = False) -> None:
    """Show the certificate on disk, in use and served, its life, the timer, the last run and the CA's limits."""
    from .status import status as show

    show(as_json=json)


@task(name="install-timer", help={"yes": "Also where another renewer is found."})
def install_timer(c: Context, yes: bool = False) -> None:
    """Have this machine renew the certificate four times a day, by systemd or cron."""
    from .timer import install

    install(yes=yes, dry=c.config.run.dry)


certbot = Collection("certbot", issue, renew, status, install_timer)
certbot.add_task(due, default=True)
