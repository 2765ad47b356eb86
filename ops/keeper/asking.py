"""Asks the keeper of a host how the renewal of the certificate stands there."""

from __future__ import annotations

import json
import os
from typing import Any

from ..command import Command
from ..errors import FairleadError
from ..host import Host
from ..reach import HERE
from ..serving.release import Released
from ..settings import FILE_NAME
from .noting import note
from .running import Keeper

ASK_S = 90.0
JOB = "certbot"


def renewal(host: Host, found: Released, *, changing: bool = True) -> dict[str, Any] | None:
    """
    What `inv certbot.status --json` says there; None where certbot was never run there.

    Raises:
        FairleadError: it does not say.
    """
    keeper = Keeper(host, found.target, found.layout, JOB)
    if not host.run(Command(("test", "-e", f"{keeper.folder}/{FILE_NAME}"))).ok:
        return None
    if changing and not os.environ.get(HERE):
        note(keeper)
    told = host.run(keeper.command("certbot.status", "--json", named="asked"), timeout_s=ASK_S)
    try:
        status: dict[str, Any] = json.loads(told.out)
    except ValueError as error:
        raise FairleadError(f"{host.name}: inv certbot.status: {told.reason}") from error
    return status
