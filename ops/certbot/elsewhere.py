"""Each task of certbot, on this machine or, where hosts are named, on those."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import SettingsError
from . import cli, timer
from . import status as here


def due(hosts: Sequence[str], *, yes: bool, skip_preflight: bool, dry: bool) -> None:
    """`inv certbot`."""
    if hosts:
        _there(hosts, "certbot", dry=dry, yes=yes, skip_preflight=skip_preflight)
        return
    cli.certbot(yes=yes, preflight=not skip_preflight, dry=dry)


def issue(hosts: Sequence[str], *, force_renewal: bool, yes: bool, skip_preflight: bool, dry: bool) -> None:
    """`inv certbot.issue`."""
    if hosts:
        _there(hosts, "certbot.issue", dry=dry, force_renewal=force_renewal, yes=yes, skip_preflight=skip_preflight)
        return
    cli.certbot("issue", force=force_renewal, yes=yes, preflight=not skip_preflight, dry=dry)


def renew(hosts: Sequence[str], *, force_renewal: bool, yes: bool, loop: bool, wait_s: float, dry: bool) -> None:
    """
    `inv certbot.renew`.

    Raises:
        SettingsError: a loop on a host, which has a timer for that.
    """
    if not hosts:
        cli.renew(force=force_renewal, yes=yes, loop=loop, wait_s=wait_s, dry=dry)
        return
    if loop:
        raise SettingsError("certbot.renew: --loop is for a container here; on a host: inv certbot.install-timer")
    _there(hosts, "certbot.renew", dry=dry, force_renewal=force_renewal, yes=yes)


def status(hosts: Sequence[str], *, as_json: bool) -> None:
    """`inv certbot.status`."""
    if hosts:
        _there(hosts, "certbot.status", as_json=as_json, json=as_json)
        return
    here.status(as_json=as_json)


def install_timer(hosts: Sequence[str], *, yes: bool, dry: bool) -> None:
    """`inv certbot.install-timer`."""
    if not hosts:
        timer.install(yes=yes, dry=dry)
        return
    from ..keeper.timers import install_certbot  # noqa: PLC0415 - only where a host is meant: fabric takes 400 ms

    install_certbot(hosts, yes=yes, dry=dry)


def _there(hosts: Sequence[str], task: str, *, as_json: bool = False, dry: bool = False, **flags: bool) -> None:
    from ..keeper.certbot import certbot  # noqa: PLC0415 - as above

    certbot(hosts, task, as_json=as_json, dry=dry, **flags)
