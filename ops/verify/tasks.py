"""The tasks `inv verify`, `inv verify.nightly` and `inv verify.install-timer`, as one collection."""

from __future__ import annotations

from invoke import Collection, Context

from ..deploy.tasks import HOST
from ..task import task

CA = "A file of PEM certificates to believe, for a private authority."


@task(
    name="prove",
    iterable=["only", "host"],
    help={
        "host": HOST,
        "url": "A site to look at from outside alone, such as https://example.com; any site, no fairlead.yaml needed.",
        "only": "Only these checks: an id such as HD1, or a group such as tls.",
        "all": "All checks, not only the quick ones; show what passed too.",
        "fail-on": "Exit with 1 from this severity on: error, warning or info.",
        "baseline": "A file of failures to put off; written where it does not exist.",
        "wait": "Seconds to wait for a first answer.",
        "ca": CA,
        "json": "Print the report as JSON.",
        "junit": "Write a JUnit report to this file.",
        "html": "Write the report to this file as one page.",
    },
)
def prove(  # noqa: PLR0917 - the flags of a report
    c: Context,
    url: str = "",
    only: list[str] | None = None,
    all: bool = False,  # noqa: A002 - the flag's name
    fail_on: str = "",
    baseline: str = "",
    wait: str = "",
    ca: str = "",
    json: bool = False,
    junit: str = "",
    html: str = "",
    host: list[str] | None = None,
) -> None:
    """Prove on the live system what the files promise: every promise passes, fails, or is said not to be checked."""
    flags = dict(locals())
    from .verify import verify as look

    look({**flags, "dry": c.config.run.dry})


@task(name="nightly", iterable=["host"], help={"host": HOST, "ca": CA})
def nightly(c: Context, host: list[str] | None = None, ca: str = "") -> None:
    """Verify everything, tell the webhook where the verdict changed, write metrics: what the timer runs."""
    from .nightly import nightly as run

    run(host or [], ca=ca, dry=c.config.run.dry)


@task(name="install-timer", iterable=["host"], help={"host": HOST, "ca": CA})
def install_timer(c: Context, host: list[str] | None = None, ca: str = "") -> None:
    """Have this machine, or a host, verify the site every night, by systemd or cron."""
    from .timer import install

    install(host or [], ca=ca, dry=c.config.run.dry)


verify = Collection("verify", nightly, install_timer)
verify.add_task(prove, default=True)
