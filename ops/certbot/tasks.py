"""The tasks `inv certbot`, `inv certbot.issue` and so on, as one collection."""

from __future__ import annotations

from invoke import Collection, Context

from ..deploy.tasks import HOST
from ..task import task


@task(
    name="due",
    iterable=["host"],
    help={
        "host": HOST,
        "yes": "Ask the CA although failures before say to wait.",
        "skip-preflight": "Ask the CA for a first certificate without looking first whether it would find the site.",
    },
)
def due(c: Context, yes: bool = False, skip_preflight: bool = False, host: list[str] | None = None) -> None:
    """Give the site a trusted certificate and keep it: issue, renew or reconcile, whatever is due."""
    from . import elsewhere

    elsewhere.due(host or [], yes=yes, skip_preflight=skip_preflight, dry=c.config.run.dry)


@task(
    name="issue",
    iterable=["host"],
    help={
        "host": HOST,
        "force-renewal": "Also where the certificate there is is good; needs --yes.",
        "yes": "Ask the CA although that costs one of the few it gives, or failures before say to wait.",
        "skip-preflight": "Do not look first whether the CA would find the site.",
    },
)
def issue(
    c: Context,
    force_renewal: bool = False,
    yes: bool = False,
    skip_preflight: bool = False,
    host: list[str] | None = None,
) -> None:
    """Get the certificate of fairlead.yaml: look, try it out at the CA's staging server, ask, switch, prove."""
    from . import elsewhere

    flags = {"force_renewal": force_renewal, "yes": yes, "skip_preflight": skip_preflight}
    elsewhere.issue(host or [], dry=c.config.run.dry, **flags)


@task(
    name="renew",
    iterable=["host"],
    help={
        "host": HOST,
        "force-renewal": "Also where nothing is due; needs --yes.",
        "yes": "Ask the CA although that costs one of the few it gives, or failures before say to wait.",
        "loop": "Go on for ever, four times a day at uneven times: for a container without systemd or cron.",
        "wait": "Minutes to wait for another run that is at work here.",
    },
)
def renew(  # noqa: PLR0917 - the flags of a renewal
    c: Context,
    force_renewal: bool = False,
    yes: bool = False,
    loop: bool = False,
    wait: int = 0,
    host: list[str] | None = None,
) -> None:
    """Renew the certificate where it is due, and see that the newest one is served: what the timer runs."""
    from . import elsewhere

    dry = c.config.run.dry
    elsewhere.renew(host or [], force_renewal=force_renewal, yes=yes, loop=loop, wait_s=60.0 * wait, dry=dry)


@task(name="status", iterable=["host"], help={"host": HOST, "json": "Print the state as JSON."})
def status(_: Context, json: bool = False, host: list[str] | None = None) -> None:
    """Show the certificate on disk, in use and served, its life, the timer, the last run and the CA's limits."""
    from . import elsewhere

    elsewhere.status(host or [], as_json=json)


@task(name="install-timer", iterable=["host"], help={"host": HOST, "yes": "Also where another renewer is found."})
def install_timer(c: Context, yes: bool = False, host: list[str] | None = None) -> None:
    """Have this machine, or a host, renew the certificate four times a day, by systemd or cron."""
    from . import elsewhere

    elsewhere.install_timer(host or [], yes=yes, dry=c.config.run.dry)


certbot = Collection("certbot", issue, renew, status, install_timer)
certbot.add_task(due, default=True)
