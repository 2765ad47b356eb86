"""The developers' tasks: only this repository's namespace takes them in (`add_to`)."""

from __future__ import annotations

from invoke import Collection, Context

from ..ops.task import task


@task
def check(_: Context) -> None:
    """Run the fast checks: format, lint, types, unit and golden tests; under a minute."""
    from .checks import run_checks

    run_checks()


@task(
    help={"select": "Only the system tests whose names match this (pytest -k); the fast checks are left out."},
)
def test(_: Context, select: str = "") -> None:  # noqa: PT028 - a task, not a test
    """Run everything: the fast checks, then the system tests on a real engine; what CI runs."""
    from .checks import run_checks
    from .system import run_system_tests

    if not select:
        run_checks()
    run_system_tests(select)


@task(help={"name": "The one to run, a module of bench/; without it all of them."})
def bench(_: Context, name: str = "") -> None:
    """Measure against the peers: prints medians and ratios."""
    from .scripts import run_benchmarks

    run_benchmarks(name)


@task(help={"name": "The one to run, a module of tests/campaigns/."})
def campaign(_: Context, name: str = "") -> None:
    """Run a long campaign whole; it writes its dated table to docs/campaigns/."""
    from .scripts import run_campaign

    run_campaign(name)


@task(help={"upgrade": "Take the newest versions that pyproject.toml allows."})
def relock(_: Context, upgrade: bool = False) -> None:
    """Write requirements.lock and requirements-dev.lock anew from pyproject.toml."""
    from .locks import write_locks

    write_locks(upgrade=upgrade)


def add_to(namespace: Collection) -> None:
    """Adds these tasks to *namespace*, once."""
    for each in (check, test, bench, campaign, relock):
        if each.name not in namespace.tasks:
            namespace.add_task(each)
